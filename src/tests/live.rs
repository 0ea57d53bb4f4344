//! What one person does, others see: the stream of an organization, read through the real router.

use super::support::{Authenticator, Browser, Org, Person, TestApp, both_databases, postgres_only, with};
use crate::{role::Role, time::Span};
use axum::{
    body::{Body, BodyDataStream},
    http::{Method, header},
};
use futures_util::StreamExt;
use std::time::Duration;

both_databases!(
    a_member_hears_what_others_do,
    a_viewer_hears_nothing_of_invitations,
    another_organization_is_not_heard,
    removed_members_are_told_and_cut_off,
    a_demoted_member_is_told_and_hears_less,
    signing_out_ends_the_stream,
    a_new_password_ends_the_streams,
    only_members_on_a_page_of_ours_may_listen,
    a_deleted_workspace_ends_its_streams,
    asking_for_a_second_factor_ends_the_streams_without,
    a_session_that_is_ended_ends_its_streams,
    what_is_undone_is_not_announced,
    what_happened_while_a_page_was_read_is_told_first,
    a_page_that_is_up_to_date_is_told_nothing,
    a_stream_begins_only_where_an_event_can_be,
    a_quiet_stream_ends_with_its_session,
    a_quiet_stream_asks_who_it_belongs_to,
);

postgres_only!(two_servers_on_one_database_hear_each_other,);

/// Long enough, on a machine with much else to do, for what takes some milliseconds.
const SOON: Duration = Duration::from_secs(10);

/// An open stream.
struct Stream {
    body: BodyDataStream,
    heard: String,
}

impl Stream {
    async fn open(browser: &Browser, org: &Org) -> Self {
        Self::begin(browser, &org.page("events")).await
    }

    /// Opens it as a page does: its URL stands in the page.
    async fn of_page(browser: &Browser, page: &str) -> Self {
        let url = page.split_once("data-events=\"").and_then(|(_, rest)| rest.split('"').next());
        Self::begin(browser, url.expect("the URL of the stream")).await
    }

    async fn begin(browser: &Browser, url: &str) -> Self {
        let request = browser.asks(Method::GET, url);
        let response = browser.open(with(request, "sec-fetch-site", "same-origin"), "").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        let mut stream = Self { body: response.into_body().into_data_stream(), heard: String::new() };
        stream.until(": open\n\n").await;
        stream
    }

    /// Reads until something is heard, within the time it may take.
    async fn until(&mut self, wanted: &str) {
        let read = async {
            while !self.heard.contains(wanted) {
                let chunk = self
                    .body
                    .next()
                    .await
                    .unwrap_or_else(|| panic!("ended before {wanted:?}: {}", self.heard));
                self.heard += std::str::from_utf8(&chunk.unwrap()).unwrap();
            }
        };
        let in_time = tokio::time::timeout(SOON, read).await.is_ok();
        assert!(in_time, "{wanted:?} is not heard in {SOON:?}, but {:?}", self.heard);
        self.heard.clear();
    }

    async fn hears(&mut self, topic: &str) {
        self.until(&format!("event: change\ndata: {topic}\n\n")).await;
    }

    /// Reads to the end, which must come in time.
    async fn ends(&mut self) {
        let rest = async { while self.body.next().await.is_some() {} };
        assert!(tokio::time::timeout(SOON, rest).await.is_ok(), "the stream goes on");
    }
}

/// A name is changed, so that what came before in the stream has been heard when this is.
async fn renames(person: &Person, org: &Org) {
    let fields =
        [("org", org.slug.as_str()), ("name", "New"), ("default_role", "editor"), ("invitation_hours", "24")];
    person.call("/api/organizations/update_settings", &fields).await.status(200);
}

async fn acme(app: &TestApp) -> (Person, Org) {
    app.hears().await;
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

async fn a_member_hears_what_others_do(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (eve, zoe) = (acme.has("Eve", Role::Editor).await, acme.has("Zoe", Role::Viewer).await);
    let mut stream = Stream::open(&ana, &acme).await;
    let guest = app.somebody("Guest").await;
    let planted = acme.planted(&ana, &guest.email, Role::Viewer).await;
    guest.accepts(&planted.token).await.status(200);
    stream.hears("invitations").await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    stream.hears("invitations").await;
    ana.sets_role(&acme, &eve, Role::Viewer).await.status(200);
    stream.hears("members").await;
    zoe.leaves(&acme).await.status(200);
    stream.hears("members").await;
    renames(&ana, &acme).await;
    stream.hears("organization").await;
}

async fn a_viewer_hears_nothing_of_invitations(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    let mut stream = Stream::open(&vic, &acme).await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    renames(&ana, &acme).await;
    stream.silent_until("organization", "invitations").await;
}

impl Stream {
    /// Claims that one topic is not heard before another.
    async fn silent_until(&mut self, wanted: &str, silent: &str) {
        let end = format!("event: change\ndata: {wanted}\n\n");
        let read = async {
            while !self.heard.contains(&end) {
                self.heard += std::str::from_utf8(&self.body.next().await.unwrap().unwrap()).unwrap();
            }
        };
        assert!(tokio::time::timeout(SOON, read).await.is_ok(), "heard {:?}", self.heard);
        assert!(!self.heard.contains(silent), "{}", self.heard);
        self.heard.clear();
    }
}

async fn another_organization_is_not_heard(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Admin).await;
    let other = app.org("Other", &ana).await;
    other.admits(&eve, Role::Editor).await;
    let mut stream = Stream::open(&eve, &acme).await;
    ana.sets_role(&other, &eve, Role::Viewer).await.status(200);
    ana.removes(&other, &eve).await.status(200);
    ana.invites(&other, "x@example.com", Role::Viewer).await.status(200);
    renames(&ana, &acme).await;
    stream.silent_until("organization", "members").await;
}

async fn removed_members_are_told_and_cut_off(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Editor).await;
    let mut stream = Stream::open(&eve, &acme).await;
    ana.removes(&acme, &eve).await.status(200);
    stream.until("event: gone\ndata: You're no longer a member of this organization.\n\n").await;
    stream.ends().await;
}

async fn a_demoted_member_is_told_and_hears_less(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    let mut stream = Stream::open(&adam, &acme).await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    stream.hears("invitations").await;
    ana.sets_role(&acme, &adam, Role::Editor).await.status(200);
    stream.until("event: reload\n").await;
    ana.invites(&acme, "y@example.com", Role::Viewer).await.status(200);
    renames(&ana, &acme).await;
    stream.silent_until("organization", "invitations").await;
    ana.sets_role(&acme, &adam, Role::Admin).await.status(200);
    stream.until("event: reload\n").await;
    ana.invites(&acme, "z@example.com", Role::Viewer).await.status(200);
    stream.hears("invitations").await;
}

async fn signing_out_ends_the_stream(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let elsewhere = app.browser_of(ana.id).await;
    let (mut here, mut there) = (Stream::open(&ana, &acme).await, Stream::open(&elsewhere, &acme).await);
    ana.post("/api/accounts/sign_out", &[]).await.status(303);
    here.until("event: gone\ndata: You're signed out.\n\n").await;
    here.ends().await;
    let again = app.browser_of(ana.id).await;
    let ana = Person { browser: again, ..ana };
    renames(&ana, &acme).await;
    there.hears("organization").await;
}

async fn a_new_password_ends_the_streams(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let mut stream = Stream::open(&ana, &acme).await;
    let browser = app.browser();
    browser.post("/api/accounts/forgot_password", &[("email", &ana.email)]).await.status(303);
    let token = app.link_for(&ana.email, "/reset-password/").await;
    let fields = [("token", token.as_str()), ("password", "eight blue lanterns")];
    browser.post("/api/accounts/reset_password", &fields).await.status(303);
    stream.until("event: gone\ndata: You're signed out.\n\n").await;
    stream.ends().await;
}

async fn only_members_on_a_page_of_ours_may_listen(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (stranger, path) = (app.somebody("Zoe").await, acme.page("events"));
    app.browser().get(&path).await.status(401);
    let theirs = stranger.get(&path).await.status(404);
    let nowhere = stranger.get("/no-such-place/events").await.status(404);
    assert_eq!(theirs.body, nowhere.body);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
    ] {
        let request = with(ana.asks(Method::GET, &path), name, value);
        ana.send(request, Body::empty()).await.status(403);
    }
    app.clock.advance(Span::days(15));
    ana.get(&path).await.status(401);
}

async fn a_deleted_workspace_ends_its_streams(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Editor).await;
    let mut stream = Stream::open(&eve, &acme).await;
    ana.call("/api/organizations/delete", &[("org", "acme"), ("slug", "acme")]).await.status(200);
    stream.until("event: gone\ndata: You're no longer a member of this organization.\n\n").await;
    stream.ends().await;
}

async fn asking_for_a_second_factor_ends_the_streams_without(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Editor).await;
    Authenticator::on(&app, &ana).await;
    let (mut without, mut with_it) = (Stream::open(&eve, &acme).await, Stream::open(&ana, &acme).await);
    let fields = [("org", "acme"), ("two_factor", "true")];
    ana.call("/api/organizations/set_access", &fields).await.status(200);
    without.until("event: gone\ndata: This organization requires two-factor authentication.\n\n").await;
    without.ends().await;
    with_it.hears("organization").await;
}

async fn a_session_that_is_ended_ends_its_streams(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (session, elsewhere) = app.session_of(ana.id).await;
    let mut stream = Stream::open(&elsewhere, &acme).await;
    ana.call("/api/account/end_session", &[("session", &session.to_string())]).await.status(200);
    stream.until("event: gone\ndata: You're signed out.\n\n").await;
    stream.ends().await;
}

async fn what_is_undone_is_not_announced(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Admin).await;
    let mut stream = Stream::open(&eve, &acme).await;
    // Refused within the transaction, after which nothing has happened.
    ana.leaves(&acme).await.status(409);
    eve.sets_role(&acme, &ana, Role::Viewer).await.status(403);
    ana.invites(&acme, "eve@example.com", Role::Viewer).await.status(422);
    renames(&ana, &acme).await;
    stream.silent_until("organization", "data: members").await;
}

async fn what_happened_while_a_page_was_read_is_told_first(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    let pages = async || (ana.get(&acme.page("")).await.body, vic.get(&acme.page("")).await.body);
    let (early, early_of_vic) = pages().await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    let (late, late_of_vic) = pages().await;
    renames(&ana, &acme).await;
    // These were read before the name was changed, and after the invitation.
    Stream::of_page(&ana, &late).await.silent_until("organization", "invitations").await;
    Stream::of_page(&vic, &late_of_vic).await.silent_until("organization", "invitations").await;
    // And these before both.
    Stream::of_page(&ana, &early).await.hears("invitations").await;
    Stream::of_page(&vic, &early_of_vic).await.silent_until("organization", "invitations").await;
}

async fn a_page_that_is_up_to_date_is_told_nothing(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    renames(&ana, &acme).await;
    let page = ana.get(&acme.page("")).await.body;
    let mut stream = Stream::of_page(&ana, &page).await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    stream.silent_until("invitations", "organization").await;
}

async fn a_stream_begins_only_where_an_event_can_be(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for garbage in ["", "x", "99999999999999999999", "-9223372036854775808", "9223372036854775807"] {
        let url = format!("{}?since={garbage}", acme.page("events"));
        let answer = ana.open(with(ana.asks(Method::GET, &url), "sec-fetch-site", "same-origin"), "").await;
        assert!(answer.status().as_u16() < 500, "{url}: {answer:?}");
    }
}

async fn a_quiet_stream_ends_with_its_session(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (_, elsewhere) = app.session_of(ana.id).await;
    let mut stream = Stream::open(&ana, &acme).await;
    app.clock.advance(Span::days(13));
    // One that is used goes on, and the stream of the other is none of its business.
    elsewhere.get(&acme.page("")).await.status(200);
    app.writes_notes().await.unwrap();
    let mut used = Stream::open(&elsewhere, &acme).await;
    app.clock.advance(Span::days(2));
    stream.until("event: gone\ndata: You're signed out.\n\n").await;
    stream.ends().await;
    renames(&Person { browser: elsewhere, ..ana }, &acme).await;
    used.hears("organization").await;
}

/// Should an event ever be missed.
async fn a_quiet_stream_asks_who_it_belongs_to(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    let mut stream = Stream::open(&adam, &acme).await;
    app.execute("UPDATE members SET role = 'editor' WHERE role = 'admin'").await;
    app.clock.advance(Span::seconds(50));
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    stream.hears("invitations").await;
    app.clock.advance(Span::seconds(10));
    stream.until("event: reload\n").await;
    ana.invites(&acme, "y@example.com", Role::Viewer).await.status(200);
    renames(&ana, &acme).await;
    stream.silent_until("organization", "invitations").await;
    app.execute("DELETE FROM members WHERE role = 'editor'").await;
    app.clock.advance(Span::minutes(1));
    stream.until("event: gone\ndata: You're no longer a member of this organization.\n\n").await;
    stream.ends().await;
}

async fn two_servers_on_one_database_hear_each_other(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let other = app.another(|_| {}).await;
    other.hears().await;
    let eve = acme.has("Eve", Role::Editor).await;
    let mut stream = Stream::open(&eve.at(&other), &acme).await;
    renames(&ana, &acme).await;
    stream.hears("organization").await;
    ana.removes(&acme, &eve).await.status(200);
    stream.until("event: gone\n").await;
    let mut stream = Stream::open(&ana, &acme).await;
    ana.at(&other).post("/api/accounts/sign_out", &[]).await.status(303);
    stream.until("event: gone\n").await;
}
