//! Handing an organization over.

use super::{Answer, Org, Person, Role, TestApp, acme, both_databases};
use crate::{tests::support::PASSWORD, time::Span};
use futures_util::future::join;

both_databases!(
    an_offer_is_taken_and_the_roles_change_together,
    only_the_one_it_is_for_can_take_it,
    an_offer_can_be_declined_and_canceled,
    ten_an_hour_are_offered,
    an_offer_runs_out,
    an_offer_dies_with_its_people,
    what_cannot_be_offered_is_not,
    a_personal_workspace_is_not_given_away,
    accepting_against_leaving,
    accepting_against_canceling,
);

impl Person {
    async fn offers(&self, org: &Org, to: &Self) -> Answer {
        self.call("/api/transfers/offer", &[("org", &org.slug), ("email", &to.email)]).await
    }

    async fn transfer(&self, org: &Org, act: &str) -> Answer {
        self.call(&format!("/api/transfers/{act}"), &[("org", &org.slug)]).await
    }
}

async fn an_offer_is_taken_and_the_roles_change_together(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    ana.invites(&acme, "owner@example.com", Role::Owner).await.status(200);
    ana.offers(&acme, &vic).await.status(200);
    let letter = app.letter_to(&vic.email).await;
    assert_eq!(letter.subject, "Ana wants to transfer Acme to you");
    assert!(letter.text.contains("http://localhost:3000/acme/transfer"), "{}", letter.text);
    ana.get("/acme/settings/danger-zone")
        .await
        .status(200)
        .says("Vic (vic@example.com)")
        .says("Cancel offer");
    vic.get("/acme").await.status(200).says("wants to transfer this organization to you");
    vic.get("/acme/transfer").await.status(200).says("Become Owner of Acme");
    assert_eq!(acme.role_of(&vic).await, Some(Role::Viewer), "nothing changed so far");
    vic.transfer(&acme, "accept").await.status(200);
    assert_eq!((acme.role_of(&vic).await, acme.role_of(&ana).await), (Some(Role::Owner), Some(Role::Admin)));
    // Who is no Owner any more has invited nobody as Owner.
    assert_eq!(acme.invitations("pending").await, 0);
    vic.get("/acme/settings/danger-zone").await.status(200).says("Send transfer offer");
    ana.get("/acme/settings/danger-zone").await.status(403);
    assert_eq!(app.letter_to(&ana.email).await.subject, "Vic is now an Owner of Acme");
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action LIKE 'transfer.%'";
    assert_eq!(acme.count(told).await, 2);
    vic.transfer(&acme, "accept").await.status(409);
}

async fn only_the_one_it_is_for_can_take_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, vic) = (acme.has("Adam", Role::Admin).await, acme.has("Vic", Role::Viewer).await);
    let ben = acme.has("Ben", Role::Owner).await;
    ana.offers(&acme, &vic).await.status(200);
    for other in [&adam, &ben, &ana] {
        other.get("/acme/transfer").await.status(404);
        other.transfer(&acme, "accept").await.status(409);
        other.transfer(&acme, "decline").await.status(409);
    }
    for other in [&adam, &vic] {
        other.transfer(&acme, "cancel").await.status(403);
        other.offers(&acme, &ben).await.status(403);
    }
    // The password is asked for where it was entered long ago.
    app.clock.advance(Span::minutes(16));
    vic.transfer(&acme, "accept").await.status(422).says("Enter your password to continue.");
    let fields = [("org", "acme"), ("password", PASSWORD)];
    vic.call("/api/transfers/accept", &fields).await.status(200);
}

async fn an_offer_can_be_declined_and_canceled(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (ben, vic) = (acme.has("Ben", Role::Owner).await, acme.has("Vic", Role::Viewer).await);
    ana.offers(&acme, &vic).await.status(200);
    ana.offers(&acme, &ben).await.status(409).says("This organization is already offered to Vic.");
    vic.transfer(&acme, "decline").await.status(200);
    vic.transfer(&acme, "accept").await.status(409);
    ana.offers(&acme, &vic).await.status(200);
    // Any Owner may take it back.
    ben.transfer(&acme, "cancel").await.status(200);
    ben.transfer(&acme, "cancel").await.status(409).says("This offer is no longer open.");
    vic.get("/acme/transfer").await.status(404);
    vic.get("/acme").await.hides("wants to transfer this organization to you");
    assert_eq!(acme.role_of(&vic).await, Some(Role::Viewer));
}

async fn ten_an_hour_are_offered(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    for _ in 0..10 {
        ana.offers(&acme, &vic).await.status(200);
        ana.transfer(&acme, "cancel").await.status(200);
    }
    let elsewhere = Person { browser: app.browser_of(ana.id).await, ..ana.clone() };
    for ana in [&ana, &elsewhere] {
        ana.offers(&acme, &vic).await.status(429).says("Too many attempts.");
    }
    assert_eq!(app.letters_to(&vic.email).await, 10);
    app.clock.advance(Span::minutes(6));
    ana.offers(&acme, &vic).await.status(200);
}

async fn an_offer_runs_out(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    ana.offers(&acme, &vic).await.status(200);
    app.clock.advance(Span(Span::days(7).0 - 60_000));
    let vic = Person { browser: app.browser_of(vic.id).await, ..vic };
    vic.get("/acme/transfer").await.status(200);
    app.clock.advance(Span::minutes(2));
    vic.get("/acme/transfer").await.status(404);
    vic.transfer(&acme, "accept").await.status(409);
    // Another can be made in its place.
    let ana = Person { browser: app.browser_of(ana.id).await, ..ana };
    ana.offers(&acme, &vic).await.status(200);
    vic.transfer(&acme, "accept").await.status(200);
}

async fn an_offer_dies_with_its_people(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = acme.has("Ben", Role::Owner).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    // The one it is for leaves, and comes back.
    ana.offers(&acme, &vic).await.status(200);
    vic.leaves(&acme).await.status(200);
    acme.admits(&vic, Role::Viewer).await;
    vic.transfer(&acme, "accept").await.status(409);
    // Who made it is an Owner no more, and becomes one again.
    ana.offers(&acme, &vic).await.status(200);
    ben.sets_role(&acme, &ana, Role::Editor).await.status(200);
    vic.transfer(&acme, "accept").await.status(409);
    ben.sets_role(&acme, &ana, Role::Owner).await.status(200);
    vic.transfer(&acme, "accept").await.status(409);
    // Who made it is removed.
    ana.offers(&acme, &vic).await.status(200);
    ben.removes(&acme, &ana).await.status(200);
    vic.transfer(&acme, "accept").await.status(409);
    assert_eq!((acme.owners().await, acme.role_of(&vic).await), (1, Some(Role::Viewer)));
}

async fn what_cannot_be_offered_is_not(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let stranger = app.somebody("Stranger").await;
    acme.has("Vic", Role::Viewer).await;
    ana.offers(&acme, &stranger).await.status(422).says("No member of this organization has this email.");
    ana.offers(&acme, &ana).await.status(422).says("This is your own email.");
    let fields = [("page", "/acme/settings/danger-zone"), ("org", "acme"), ("email", "x\"y")];
    let answer = ana.post("/api/transfers/offer", &fields).await.status(422);
    answer.says("id=\"transfer-email-error\"");
    let fields = [("page", "/acme/settings/danger-zone"), ("org", "acme"), ("email", "")];
    ana.post("/api/transfers/offer", &fields).await.status(422).says("Choose a member.");
    // Everybody else is there to be chosen.
    let page = ana.get("/acme/settings/danger-zone").await.status(200);
    page.says("value=\"vic@example.com\"").says("Vic (vic@example.com)").hides("value=\"ana@example.com\"");
}

async fn a_personal_workspace_is_not_given_away(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let (own, ben) = (Org::personal(&ana).await, app.somebody("Ben").await);
    own.admits(&ben, Role::Admin).await;
    ana.offers(&own, &ben).await.status(409).says("You can't leave or transfer a personal workspace.");
    ana.leaves(&own).await.status(409);
    let delete = [("org", own.slug.as_str()), ("slug", &own.slug)];
    ana.call("/api/organizations/delete", &delete)
        .await
        .status(409)
        .says("deleted together with its account");
    ana.get("/ana/settings/danger-zone").await.status(200).hides("Send transfer offer").hides("Delete Ana");
    assert_eq!(own.owners().await, 1);
}

async fn accepting_against_leaving(app: TestApp) {
    let (ana, vic) = (app.somebody("Ana").await, app.somebody("Vic").await);
    let elsewhere = Person { browser: app.browser_of(vic.id).await, ..vic.clone() };
    for trial in 0..50 {
        let org = app.org(&format!("Acme {trial}"), &ana).await;
        org.admits(&vic, Role::Viewer).await;
        org.is_offered(&ana, &vic).await;
        let (accepted, left) = join(vic.transfer(&org, "accept"), elsewhere.leaves(&org)).await;
        // A person who left first took nothing over; who took it over is its only Owner and stays.
        match (accepted.status, left.status) {
            (200, 409) => assert_eq!(org.role_of(&vic).await, Some(Role::Owner)),
            (404 | 409, 200) => assert_eq!(org.role_of(&ana).await, Some(Role::Owner)),
            other => panic!("{other:?}: {accepted}\n{left}"),
        }
        assert_eq!(org.owners().await, 1);
    }
}

async fn accepting_against_canceling(app: TestApp) {
    let (ana, vic) = (app.somebody("Ana").await, app.somebody("Vic").await);
    for trial in 0..50 {
        let org = app.org(&format!("Acme {trial}"), &ana).await;
        org.admits(&vic, Role::Viewer).await;
        org.is_offered(&ana, &vic).await;
        let (accepted, canceled) = join(vic.transfer(&org, "accept"), ana.transfer(&org, "cancel")).await;
        let won = accepted.status == 200;
        assert_ne!(won, canceled.status == 200, "{accepted}\n{canceled}");
        assert_eq!(org.role_of(&vic).await == Some(Role::Owner), won);
        assert_eq!(org.owners().await, 1);
    }
}
