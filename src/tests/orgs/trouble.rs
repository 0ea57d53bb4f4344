//! Where there is no page, or none for the person who asks: what is said, and what stays around it.

use super::{Answer, Org, Person, TestApp, both_databases, with};
use crate::{role::Role, time::Span};
use axum::http::Method;

both_databases!(
    the_navigation_stays,
    what_does_not_exist_and_what_is_of_others_look_the_same,
    it_is_said_who_changed_what,
    what_an_open_page_reads_again_is_no_refusal,
);

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

/// Whether the navigation of an organization is around what is said.
#[track_caller]
fn is_within(answer: Answer, org: &str) -> Answer {
    answer
        .says("class=\"sidebar\"")
        .says(&format!("href=\"/{org}/prompts\""))
        .says(&format!("/{org}/events?"))
}

async fn the_navigation_stays(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    for (page, status, says) in [
        ("/acme/settings/invitations", 403, "This page is for Admins and Owners."),
        ("/acme/settings/danger-zone", 403, "This page is for Owners."),
        ("/acme/prompts/new", 403, "Your role doesn't allow this"),
        ("/acme/settings/nothing", 404, "Page not found"),
        ("/acme/prompts/00000000-0000-7000-8000-000000000000", 404, "Page not found"),
    ] {
        let answer =
            eve.get(page).await.status(status).says(says).says("href=\"/acme\"").says(">Go to Acme<");
        is_within(answer, "acme").hides("changed your role");
    }
    // Elsewhere it is that of the organization one was in last.
    app.writes_notes().await.unwrap();
    is_within(eve.get("/no-such-place").await.status(404), "acme");
    let nobody = app.browser();
    nobody.get("/no/such/page").await.status(404).hides("class=\"sidebar\"");
}

async fn what_does_not_exist_and_what_is_of_others_look_the_same(app: TestApp) {
    acme(&app).await;
    let stranger = app.somebody("Stranger").await;
    let (theirs, none) = (stranger.get("/acme").await.status(404), stranger.get("/bcme").await.status(404));
    assert_eq!(theirs.stable_body().replace("acme", "bcme"), none.stable_body());
}

async fn it_is_said_who_changed_what(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Admin).await;
    eve.get("/acme/settings/invitations").await.status(200);
    ana.sets_role(&acme, &eve, Role::Editor).await.status(200);
    let says = "Ana changed your role to Editor. This page is for Admins and Owners.";
    eve.get("/acme/settings/invitations").await.status(403).says(says);
    // Of what is long ago nobody wonders.
    app.clock.advance(Span::days(2));
    let eve = Person { browser: app.browser_of(eve.id).await, ..eve };
    eve.get("/acme/settings/invitations").await.status(403).hides("changed your role");
}

/// Reads a page again as an open one does when something happened.
async fn rereads(person: &Person, page: &str) -> Answer {
    let request = with(person.asks(Method::GET, page), "sec-fetch-site", "same-origin");
    person.send(with(request, "x-reread", "1"), "").await
}

async fn what_an_open_page_reads_again_is_no_refusal(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (eve, vic) = (acme.has("Eve", Role::Owner).await, acme.has("Vic", Role::Viewer).await);
    let page = "/acme/settings/danger-zone";
    let denied = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'access.denied'";
    ana.sets_role(&acme, &eve, Role::Editor).await.status(200);
    let says = "Ana changed your role to Editor. This page is for Owners.";
    is_within(rereads(&eve, page).await.status(403).says(says), "acme");
    assert_eq!(acme.count(denied).await, 0);
    // A person who asks for it is refused, and so is what only says that it reads again.
    eve.get(page).await.status(403);
    rereads(&vic, page).await.status(403);
    let id = vic.id.to_string();
    let fields = [("org", "acme"), ("user", id.as_str()), ("role", "owner")];
    eve.call("/api/members/set_role", &fields).await.status(403);
    app.writes_notes().await.unwrap();
    assert_eq!(acme.count(denied).await, 3);
}
