//! What somebody typed while their session had ended is there again once they have signed in, on their browser and for
//! nobody else.

use super::{Answer, Browser, Org, PASSWORD, Person, TestApp, both_databases, encode, with};
use crate::{
    role::Role,
    tests::support::{Authenticator, assert_absent},
    time::Span,
};

both_databases!(
    what_was_typed_comes_back_after_signing_in,
    the_text_of_a_prompt_comes_back,
    it_comes_back_with_a_second_sign_in_step,
    it_comes_back_after_setting_up_a_second_factor,
    a_script_is_led_the_same_way,
    nobody_else_gets_it,
    secrets_are_not_kept,
    it_is_kept_for_a_while_and_bounded,
    a_browser_that_nobody_signed_in_on_keeps_nothing,
);

/// Ana, who signed in by the form, and her organization.
async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    ana.signs_in(&ana.email, PASSWORD).await.status(303);
    (ana, acme)
}

/// A while after which no session goes on.
fn too_late(app: &TestApp) {
    app.clock.advance(Span::days(15));
}

const FORM: [(&str, &str); 5] = [
    ("page", "/acme/prompts/new"),
    ("org", "acme"),
    ("name", "Typed with care"),
    ("kind", "chat"),
    ("once", "x"),
];

async fn posts(browser: &Browser, action: &str, fields: &[(&str, &str)]) -> Answer {
    browser.send_only(browser.form(&format!("/api/{action}")), encode(fields)).await
}

/// The page that comes after signing in, as the sign-in page has it.
#[track_caller]
fn next(answer: &Answer) -> String {
    let to = answer.location().unwrap().strip_prefix("/sign-in?").unwrap().to_owned();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&to).unwrap();
    pairs.into_iter().find(|(name, _)| name == "next").unwrap().1
}

async fn signs_in(browser: &Browser, email: &str, next: &str) -> Answer {
    let fields = [("page", "/sign-in"), ("email", email), ("password", PASSWORD), ("next", next)];
    posts(browser, "accounts/sign_in", &fields).await.status(303)
}

async fn prompts(org: &Org) -> i64 {
    org.count("SELECT count(*) FROM prompts WHERE org_id = $1").await
}

async fn kept(app: &TestApp) -> Vec<String> {
    app.rows("posted_forms", "1 = 1").await
}

const SAYS: &str = "You were signed out, so nothing was saved. Check what you entered and send it again.";

async fn what_was_typed_comes_back_after_signing_in(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for signs_out in [false, true] {
        if signs_out {
            // In another tab.
            ana.post("/api/accounts/sign_out", &[]).await.leads_to("/sign-in");
        } else {
            too_late(&app);
        }
        let answer = posts(&ana, "prompts/create", &FORM).await.status(303);
        let next = next(&answer);
        assert!(next.starts_with("/acme/prompts/new?posted="), "{next}");
        let page = ana.get(answer.location().unwrap()).await.status(200);
        page.says("what you typed is still there").hides("Typed with care");
        assert_absent(&app.everything().await, b"Typed with care");
        signs_in(&ana, &ana.email, &next).await.leads_to(&next);
        // As often as it is loaded; nothing was done, and nothing is.
        for _ in 0..2 {
            let page = ana.get(&next).await.status(422).says("value=\"Typed with care\"").says(SAYS);
            assert!(!page.body.contains("posted=") && !page.body.contains("value=\"x\""), "{page}");
        }
        assert_eq!(prompts(&acme).await, 0);
        ana.get("/acme/prompts/new").await.status(200).hides("Typed with care");
    }
    // Sent again it is done.
    let answer = posts(&ana, "prompts/create", &FORM).await.status(303);
    assert!(answer.location().unwrap().starts_with("/acme/prompts/"), "{answer}");
    assert_eq!(prompts(&acme).await, 1);
}

async fn the_text_of_a_prompt_comes_back(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let stock = acme.has_library().await;
    let page = format!("/acme/prompts/{}", stock.prompt);
    let long = "A long thought. ".repeat(10_000);
    let fields = [
        ("page", page.as_str()),
        ("org", "acme"),
        ("prompt", &stock.prompt.to_string()),
        ("revision", "6"),
        ("kind", "text"),
        ("text", &long),
    ];
    let part = |(name, value): &(&str, &str)| {
        format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!("{}--xyz--\r\n", fields.iter().map(part).collect::<String>());
    too_late(&app);
    let form = with(ana.form("/api/prompts/save_draft"), "content-type", "multipart/form-data; boundary=xyz");
    let next = next(&ana.send_only(form, body).await.status(303));
    signs_in(&ana, &ana.email, &next).await.leads_to(&next);
    let shown = ana.get(&next).await.status(422).says(SAYS).says(&long);
    shown.says("name=\"revision\" value=\"6\"");
    let drafts = app.rows("drafts", "1 = 1").await.concat();
    assert!(!drafts.contains("A long thought."), "{drafts}");
}

async fn it_comes_back_with_a_second_sign_in_step(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let authenticator = Authenticator::on(&app, &ana).await;
    too_late(&app);
    let next = next(&posts(&ana, "prompts/create", &FORM).await.status(303));
    signs_in(&ana, &ana.email, &next).await.leads_to("/sign-in/code");
    let code = [("page", "/sign-in/code"), ("code", &*authenticator.code())];
    posts(&ana, "accounts/prove_second_factor", &code).await.leads_to(&next);
    ana.get(&next).await.status(422).says("value=\"Typed with care\"");
}

async fn it_comes_back_after_setting_up_a_second_factor(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    app.execute("UPDATE organizations SET two_factor_since = 1 WHERE slug = 'acme'").await;
    let answer = posts(&ana, "prompts/create", &FORM).await.status(303);
    let security = answer.location().unwrap().to_owned();
    let query = security.strip_prefix("/account/security?next=").unwrap_or_else(|| panic!("{security}"));
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("next={query}")).unwrap();
    let back = &pairs[0].1;
    assert!(back.starts_with("/acme/prompts/new?posted="), "{back}");
    ana.get(&security).await.status(200).says("Go back to it").hides("Typed with care");
    // Without it the organization stays closed.
    ana.get(back).await.leads_to("/account/security");
    assert_absent(&app.everything().await, b"Typed with care");
    Authenticator::on(&app, &ana).await;
    ana.get(&security).await.status(200).says("Go back to it");
    let shown = ana.get(back).await.status(422).says("value=\"Typed with care\"");
    shown.says("Two-factor authentication was missing, so nothing was saved.");
    assert_eq!(prompts(&acme).await, 0);
}

async fn a_script_is_led_the_same_way(app: TestApp) {
    let (ana, _) = acme(&app).await;
    too_late(&app);
    let in_place = with(ana.form("/api/prompts/create"), "x-in-place", "1");
    let next = next(&ana.send_only(in_place, encode(&FORM)).await.status(303));
    signs_in(&ana, &ana.email, &next).await.leads_to(&next);
    ana.get(&next).await.status(422).says("value=\"Typed with care\"");
}

async fn nobody_else_gets_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = acme.has("Ben", Role::Editor).await;
    too_late(&app);
    let next = next(&posts(&ana, "prompts/create", &FORM).await.status(303));
    // Another one who signs in on her browser, and herself on another one.
    let shared = ana.copy();
    signs_in(&shared, &ben.email, &next).await.leads_to(&next);
    shared.get(&next).await.status(200).hides("Typed with care");
    let elsewhere = app.browser();
    signs_in(&elsewhere, &ana.email, &next).await.leads_to(&next);
    elsewhere.get(&next).await.status(200).hides("Typed with care");
    // Nobody who is not signed in, and no page of another name.
    ana.get(&next).await.status(302);
    signs_in(&ana, &ana.email, &next).await;
    let other = next.replace("/prompts/new", "/prompts/folders/new");
    ana.get(&other).await.status(200).hides("Typed with care");
    ana.get(&next).await.status(422).says("Typed with care");
    // Another site can't have a form kept.
    too_late(&app);
    let before = kept(&app).await;
    let foreign = with(ana.form("/api/prompts/create"), "sec-fetch-site", "cross-site");
    ana.send_only(foreign, encode(&FORM)).await.status(403);
    assert_eq!(kept(&app).await, before);
}

async fn secrets_are_not_kept(app: TestApp) {
    let (ana, _) = acme(&app).await;
    too_late(&app);
    let fields = [
        ("page", "/acme/settings/api-keys/new"),
        ("org", "acme"),
        ("name", "Robot"),
        ("preset", "runtime"),
        ("expires", "never"),
        ("password", "a secret of hers"),
        ("code", "123987"),
        ("token", "tokentoken"),
    ];
    let next = next(&posts(&ana, "api_keys/create", &fields).await.status(303));
    signs_in(&ana, &ana.email, &next).await;
    let shown = ana.get(&next).await.status(422).says("value=\"Robot\"");
    shown.hides("a secret of hers").hides("123987").hides("tokentoken");
}

async fn it_is_kept_for_a_while_and_bounded(app: TestApp) {
    let (ana, _) = acme(&app).await;
    too_late(&app);
    let long = "x".repeat(200_000);
    let mut fields: [(&str, &str); 5] = FORM;
    fields[2].1 = &long;
    let mut last = String::new();
    for n in 0..20 {
        app.clock.advance(Span::seconds(1));
        // It may say each time that it is another browser.
        ana.keep("studio-form", &format!("{n:0>43}"));
        last = next(&posts(&ana, "prompts/create", &fields).await.status(303));
    }
    let all = kept(&app).await;
    let bytes: usize = all.iter().map(String::len).sum();
    assert!(bytes < 3 * 1024 * 1024 && all.len() <= 5, "{bytes} bytes of {}", all.len());
    signs_in(&ana, &ana.email, &last).await;
    ana.get(&last).await.status(422).says(&long);
    app.clock.advance(Span::minutes(15));
    ana.get(&last).await.status(200).hides(&long);
}

async fn a_browser_that_nobody_signed_in_on_keeps_nothing(app: TestApp) {
    acme(&app).await;
    let browser = app.browser();
    for device in [None, Some("AAAA"), Some("x")] {
        if let Some(device) = device {
            browser.keep("studio-device", device);
        }
        let answer = posts(&browser, "prompts/create", &FORM).await;
        assert_eq!(answer.location(), Some("/sign-in?next=/acme/prompts/new"), "{answer}");
    }
    assert_eq!(kept(&app).await.len(), 0);
}
