//! The end of an organization, and its return.

use super::{Answer, Org, Person, TestApp, both_databases};
use crate::{
    orgs::closure,
    role::Role,
    tenancy::{Topic, jobs::sweep},
    time::Span,
};
use futures_util::future::join;

both_databases!(
    a_deleted_workspace_is_hidden_at_once,
    its_invitations_are_dead_and_come_back_with_it,
    an_offer_of_it_comes_back_with_it,
    its_owners_and_nobody_else_restore_it,
    after_thirty_days_it_is_purged_and_nothing_is_left,
    what_is_being_purged_is_not_restored,
    its_address_stays_reserved,
    deleting_wants_the_address_typed,
    a_change_that_began_before_does_not_come_after,
);

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

impl Person {
    async fn deletes(&self, org: &Org) -> Answer {
        let fields = [("page", "/acme/settings/danger-zone"), ("org", &org.slug), ("slug", &org.slug)];
        self.post("/api/organizations/delete", &fields).await
    }

    async fn restores(&self, org: &Org) -> Answer {
        self.call("/api/organizations/restore", &[("slug", &org.slug)]).await
    }
}

async fn a_deleted_workspace_is_hidden_at_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    adam.get("/acme").await.status(200);
    let mut events = app.events.subscribe();
    app.hears().await;
    ana.deletes(&acme).await.leads_to("/account/organizations");
    let told = async {
        while let Ok(event) = events.recv().await {
            if event.topic == Topic::Organization {
                return event.org_id;
            }
        }
        None
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(20), told).await.unwrap();
    assert_eq!(told, Some(acme.id), "streams are told");
    ana.get("/account/organizations").await.status(200).says("Restore Acme").says("Organization deleted");
    for person in [&ana, &adam] {
        for page in [
            "/acme",
            "/acme/settings/members",
            "/acme/settings/audit-log",
            "/acme/events",
            "/acme/settings/members.csv",
        ] {
            person.get(page).await.status(404);
        }
        person.leaves(&acme).await.status(404);
        person.get("/").await.leads_to(if person.id == ana.id { "/ana" } else { "/adam" });
    }
    adam.invites(&acme, "x@example.com", Role::Viewer).await.status(404);
    adam.get("/adam").await.hides("/acme");
    let letter = app.letter_to(&ana.email).await;
    assert_eq!(letter.subject, "Acme was deleted");
    adam.get("/account/organizations").await.hides("Acme");
}

async fn its_invitations_are_dead_and_come_back_with_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody("Guest").await;
    let invitation = acme.planted(&ana, &guest.email, Role::Editor).await;
    let page = format!("/invite/{}", invitation.token);
    guest.get(&page).await.status(200);
    ana.deletes(&acme).await.status(303);
    guest.get(&page).await.status(404).hides("Acme");
    guest.accepts(&invitation.token).await.status(409);
    guest.call("/api/invitations/decline", &[("token", &invitation.token)]).await.status(409);
    app.browser().joins(&invitation.token, "Guest").await.status(409);
    ana.restores(&acme).await.status(200);
    guest.accepts(&invitation.token).await.status(200);
    assert_eq!(acme.role_of(&guest).await, Some(Role::Editor));
}

async fn an_offer_of_it_comes_back_with_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    acme.is_offered(&ana, &vic).await;
    let accept = [("org", "acme")];
    ana.deletes(&acme).await.status(303);
    vic.get("/acme/transfer").await.status(404);
    vic.call("/api/transfers/accept", &accept).await.status(404);
    ana.restores(&acme).await.status(200);
    vic.get("/acme/transfer").await.status(200);
    vic.call("/api/transfers/accept", &accept).await.status(200);
    assert_eq!(acme.role_of(&vic).await, Some(Role::Owner));
}

async fn its_owners_and_nobody_else_restore_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (ben, adam) = (acme.has("Ben", Role::Owner).await, acme.has("Adam", Role::Admin).await);
    let before = app.rows("members", "1 = 1").await.len();
    ana.restores(&acme).await.status(404);
    ana.deletes(&acme).await.status(303);
    for other in [&adam, &app.somebody("Stranger").await] {
        other.restores(&acme).await.status(404);
    }
    let fields = [("page", "/account/organizations"), ("slug", "acme")];
    ben.post("/api/organizations/restore", &fields).await.leads_to("/acme");
    ana.get("/acme").await.status(200);
    adam.get("/acme").await.status(200);
    assert_eq!(app.rows("members", "1 = 1").await.len(), before + 1, "and the stranger's own");
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action IN ('organization.deleted', 'organization.restored')";
    assert_eq!(acme.count(told).await, 2);
    // At the last moment it is still there, and then it is not.
    ana.deletes(&acme).await.status(303);
    app.clock.advance(Span(Span::days(30).0 - 60_000));
    closure::purge_due(&app).await.unwrap();
    let ana = Person { browser: app.browser_of(ana.id).await, ..ana };
    ana.get("/account/organizations").await.says("Restore Acme");
    app.clock.advance(Span::minutes(2));
    ana.get("/account/organizations").await.hides("Restore Acme");
    ana.restores(&acme).await.status(404);
}

async fn after_thirty_days_it_is_purged_and_nothing_is_left(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (vic, other) = (acme.has("Vic", Role::Viewer).await, app.org("Other", &ana).await);
    // Something of everything there is.
    acme.has_image().await;
    let stock = acme.has_library().await;
    acme.awaits(&ana, (stock.environment, stock.live)).await;
    acme.awaits_change(&ana, stock.environment).await;
    acme.serves().await;
    acme.is_offered(&ana, &vic).await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    app.browser().signs_in(&vic.email, super::PASSWORD).await.status(303);
    ana.get("/acme").await.status(200);
    let all = app.everything_of(acme.id).await;
    for table in [
        "audit_log",
        "audit_readers",
        "drafts",
        "events",
        "folders",
        "invitations",
        "letters",
        "members",
        "old_paths",
        "organization_images",
        "prompt_references",
        "prompt_search",
        "prompts",
        "transfers",
        "trash",
        "variables",
        "versions",
    ] {
        assert!(!all[table].is_empty(), "nothing of {table} to purge");
    }
    let empty: Vec<_> = all.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert!(empty.is_empty(), "a table of tenants that this test and `orgs::closure` should know: {empty:?}");
    let untouched = app.everything_of(other.id).await;
    ana.deletes(&acme).await.status(303);
    app.clock.advance(Span::days(31));
    // On two processes at once.
    let (one, two) = join(closure::purge_due(&app), closure::purge_due(&app)).await;
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(app.everything_of(other.id).await, untouched);
    // What tells other processes of it goes with the sweep.
    app.clock.advance(Span::hours(2));
    sweep(&app).await.unwrap();
    for (table, rows) in app.everything_of(acme.id).await {
        assert!(rows.is_empty() || table == "audit_log", "{table}: {rows:?}");
    }
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'organization.purged'";
    assert_eq!(acme.count(told).await, 1);
}

async fn what_is_being_purged_is_not_restored(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let stock = acme.has_library().await;
    acme.fills((stock.folder, "Support"), 600, 2).await;
    ana.deletes(&acme).await.status(303);
    app.clock.advance(Span::days(31));
    app.breaks("DELETE", "members", "OLD.role = 'owner'").await;
    assert!(closure::purge_due(&app).await.is_err());
    // What came before it broke is done. It is as gone as it will be.
    let all = app.everything_of(acme.id).await;
    assert!(all["versions"].is_empty() && all["prompts"].is_empty() && !all["members"].is_empty());
    let ana = Person { browser: app.browser_of(ana.id).await, ..ana };
    ana.restores(&acme).await.status(404);
    // Nor by a process whose clock is behind.
    let deleted_at = app.clock.now().0;
    app.execute(&format!("UPDATE organizations SET deleted_at = {deleted_at} WHERE slug = 'acme'")).await;
    ana.get("/account/organizations").await.hides("Restore Acme");
    ana.restores(&acme).await.status(404);
    app.mends("members").await;
    let (one, two) = join(closure::purge_due(&app), closure::purge_due(&app)).await;
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert_eq!(app.rows("organizations", "slug = 'acme'").await, [""; 0]);
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'organization.purged'";
    assert_eq!(acme.count(told).await, 1);
}

async fn its_address_stays_reserved(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = app.somebody("Ben").await;
    ana.deletes(&acme).await.status(303);
    for days in [0, 31, 58] {
        app.clock.advance(Span::days(days));
        closure::purge_due(&app).await.unwrap();
        let ben = Person { browser: app.browser_of(ben.id).await, ..ben.clone() };
        ben.creates_at("Mine", "acme").await.status(422).says("acme is already taken");
    }
    app.clock.advance(Span::days(2));
    closure::purge_due(&app).await.unwrap();
    let ben = Person { browser: app.browser_of(ben.id).await, ..ben };
    ben.creates_at("Mine", "acme").await.leads_to("/acme");
}

async fn deleting_wants_the_address_typed(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for typed in ["", "ACME", "Acme", "acme2", "ana"] {
        let fields = [("page", "/acme/settings/danger-zone"), ("org", "acme"), ("slug", typed)];
        let answer = ana.post("/api/organizations/delete", &fields).await.status(422);
        answer.says("match the URL. Check the spelling.").says("id=\"delete-slug-error\"");
    }
    assert_eq!(acme.owners().await, 1);
    ana.get("/acme").await.status(200);
}

async fn a_change_that_began_before_does_not_come_after(app: TestApp) {
    let app = app.another(|config| config.rate_limits = 0).await;
    let ana = app.somebody("Ana").await;
    for trial in 0..50 {
        let org = app.org(&format!("Acme {trial}"), &ana).await;
        let address = format!("x{trial}@example.com");
        let (invited, deleted) = join(ana.invites(&org, &address, Role::Viewer), ana.deletes(&org)).await;
        assert_eq!(deleted.status, 303, "{deleted}");
        assert!(matches!(invited.status, 200 | 404), "{invited}");
        assert_eq!(org.invitations("pending").await, i64::from(invited.status == 200));
    }
}
