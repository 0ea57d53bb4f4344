//! Pictures of organizations.

use super::{Answer, Org, Person, TestApp, both_databases, with};
use crate::role::Role;
use image::{DynamicImage, ImageFormat};
use std::io::Cursor;

both_databases!(
    a_picture_is_made_anew_and_shown_to_members,
    what_is_no_picture_is_told_at_its_field,
    a_picture_can_be_replaced_and_taken_away,
    a_picture_of_another_workspace_is_not_there,
    forms_with_files_have_bounds,
    a_foreign_form_with_a_file_is_refused,
);

fn png(side: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::new_rgb8(side, side).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// The body of a form with a file, as browsers write it.
fn body(fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    if let Some((name, bytes)) = file {
        let head = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--xyz--\r\n");
    body
}

async fn sends(person: &Person, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
    let page = [("page", "/acme/settings/general"), ("org", "acme")];
    let fields: Vec<_> = page.iter().chain(fields).copied().collect();
    let form = with(
        person.form("/api/organizations/set_avatar"),
        "content-type",
        "multipart/form-data; boundary=xyz",
    );
    person.send(form, body(&fields, file)).await
}

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

/// The colour that was chosen for the avatar; without one, it comes of the organization's id.
async fn hue(acme: &Org) -> i64 {
    acme.count("SELECT coalesce(hue, -1) FROM organizations WHERE id = $1").await
}

const NONE: i64 = -1;

/// Where the page shows the picture from.
async fn shown(person: &Person) -> Option<String> {
    let page = person.get("/acme/settings/general").await.status(200);
    let url = page.body.split("src=\"/acme/image/").nth(1)?;
    url.split('"').next().map(|id| format!("/acme/image/{id}"))
}

async fn a_picture_is_made_anew_and_shown_to_members(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let sent = [&png(300)[..], b"<script>alert(1)</script>"].concat();
    sends(&ana, &[("hue", "")], Some(("me.png", &sent))).await.leads_to("/acme/settings/general");
    let url = shown(&ana).await.unwrap();
    let answer = ana.get(&url).await.status(200).has("content-type", "image/png");
    let answer = answer.has("cache-control", "private, max-age=31536000, immutable").hides("script");
    answer
        .has("x-content-type-options", "nosniff")
        .has("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    let vic = acme.has("Vic", Role::Viewer).await;
    vic.get(&url).await.status(200);
    vic.get("/vic").await.says(&url);
    app.somebody("Stranger").await.get(&url).await.status(404);
    app.browser().get(&url).await.status(401);
    sends(&vic, &[("hue", "")], Some(("me.png", &png(10)))).await.status(403);
    assert_eq!(shown(&ana).await, Some(url));
}

async fn what_is_no_picture_is_told_at_its_field(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (name, bytes, why) in [
        ("x.svg", &svg[..], "Use a PNG, JPEG or WebP image."),
        ("x.png", b"GIF89a", "Use a PNG, JPEG or WebP image."),
        ("x.png", &png(100)[..60], "This image can't be read"),
        ("x.png", &png(2001)[..], "at most 2,000 by 2,000 pixels"),
        ("big.png", &vec![0; 1024 * 1024 + 1], "Use an image of at most 1 MiB."),
    ] {
        let answer = sends(&ana, &[("hue", "60")], Some((name, bytes))).await.status(422).says(why);
        answer.says("id=\"avatar-image-error\"");
    }
    assert_eq!(shown(&ana).await, None);
    // No file chosen: browsers send an empty one.
    sends(&ana, &[("hue", "60")], Some(("", b""))).await.status(303);
    assert_eq!(hue(&acme).await, 60);
}

async fn a_picture_can_be_replaced_and_taken_away(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    sends(&ana, &[("hue", "")], Some(("a.png", &png(10)))).await.status(303);
    let first = shown(&ana).await.unwrap();
    sends(&ana, &[("hue", "")], Some(("b.png", &png(20)))).await.status(303);
    let second = shown(&ana).await.unwrap();
    assert_ne!(first, second);
    ana.get(&first).await.status(404);
    // The colour is changed by itself.
    sends(&ana, &[("hue", "100")], None).await.status(303);
    assert_eq!(shown(&ana).await, Some(second.clone()));
    sends(&ana, &[("hue", ""), ("remove", "true")], None).await.status(303);
    assert_eq!(shown(&ana).await, None);
    ana.get(&second).await.status(404);
    assert_eq!(acme.count("SELECT count(*) FROM organization_images WHERE org_id = $1").await, 0);
}

async fn a_picture_of_another_workspace_is_not_there(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let other = app.org("Other", &app.somebody("Ben").await).await;
    let image = other.has_image().await;
    for url in [format!("/acme/image/{image}"), other.page(&format!("image/{image}")), "/acme/image/x".into()]
    {
        ana.get(&url).await.status(404);
    }
    assert_eq!(acme.owners().await, 1);
}

async fn forms_with_files_have_bounds(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let many: Vec<_> = (0..300).map(|_| ("x", "y")).collect();
    sends(&ana, &many, None).await.status(422);
    let huge = vec![0; 11 * 1024 * 1024];
    sends(&ana, &[("hue", "")], Some(("x.png", &huge))).await.status(413);
    let long = "x".repeat(300 * 1024);
    sends(&ana, &[("hue", &long)], None).await.status(413);
    for broken in
        [&b"--xyz"[..], b"", b"--xyz\r\n\r\n", b"--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xyz--"]
    {
        let form = with(
            ana.form("/api/organizations/set_avatar"),
            "content-type",
            "multipart/form-data; boundary=xyz",
        );
        let answer = ana.send(form, broken).await;
        assert!(answer.status < 500, "{broken:?}: {answer}");
    }
    // Who is signed out sends no files at all.
    let stranger = app.browser();
    let form = with(
        stranger.form("/api/organizations/set_avatar"),
        "content-type",
        "multipart/form-data; boundary=xyz",
    );
    stranger.send(form, body(&[("hue", "")], Some(("x.png", &vec![0; 300 * 1024])))).await.status(413);
}

async fn a_foreign_form_with_a_file_is_refused(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.test"), ("origin", "null")]
    {
        let mut form = ana.asks(axum::http::Method::POST, "/api/organizations/set_avatar");
        form = with(form, "content-type", "multipart/form-data; boundary=xyz");
        let answer = ana.send(with(form, name, value), body(&[("org", "acme"), ("hue", "25")], None)).await;
        answer.status(403);
    }
    assert_eq!(hue(&acme).await, NONE);
}
