//! The list is kept until something happens: what is kept is each organization's and each role's own,
//! and never older than the last change.

use super::{Org, Person, Role, TestApp, acme, both_databases};
use crate::{tenancy::jobs, time::Span};

const LIST: &str = "/acme/settings/members";

both_databases!(
    each_role_has_its_own,
    ones_own_row_is_ones_own,
    each_change_is_seen_at_once,
    another_organization_has_another,
    times_go_on,
    it_is_never_older_after_events_are_swept,
    many_who_ask_at_once_all_get_it,
);

/// Somebody new comes in from a letter.
async fn joins(app: &TestApp, org: &Org, by: &Person, name: &str) -> Person {
    let guest = app.somebody(name).await;
    let planted = org.planted(by, &guest.email, Role::Viewer).await;
    guest.accepts(&planted.token).await.status(200);
    guest
}

async fn each_role_has_its_own(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (eve, ed, vic) = (
        acme.has("Eve", Role::Admin).await,
        acme.has("Ed", Role::Editor).await,
        acme.has("Vic", Role::Viewer).await,
    );
    // Twice, so that each reads what the one before has left.
    for _ in 0..2 {
        ana.get(LIST).await.says("Remove Eve").says("Role of Eve").says("value=\"owner\"");
        eve.get(LIST).await.says("Remove Ed").says("Role of Vic").hides("Remove Ana").hides("Role of Ana");
        ed.get(LIST).await.hides("Remove").hides("Role of");
        vic.get(LIST).await.hides("Remove").hides("Role of");
    }
}

async fn ones_own_row_is_ones_own(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (eve, eva) = (acme.has("Eve", Role::Viewer).await, acme.has("Eva", Role::Viewer).await);
    for person in [&eve, &eva, &eve, &ana, &eva] {
        let page = person.get(LIST).await.status(200).body;
        assert_eq!(page.matches(">You<").count(), 1);
        let row = page.split("<tr id=\"").find(|row| row.contains(">You<")).unwrap();
        assert!(row.starts_with(&format!("m-{}", person.id.0.simple())), "{row}");
        assert_eq!(page.matches("Leave Acme").count(), 2, "the question and the button");
        let order: Vec<_> = page.split("class=\"person-name\">").skip(1).map(|rest| &rest[..3]).collect();
        assert_eq!(order, ["Ana", "Eva", "Eve"]);
    }
}

async fn each_change_is_seen_at_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.get(LIST).await.says("1 person");
    let eve = joins(&app, &acme, &ana, "Eve").await;
    ana.get(LIST).await.says("2 people").says("Eve");
    ana.sets_role(&acme, &eve, Role::Admin).await.status(200);
    eve.get(LIST).await.says("Role of Eve");
    ana.sets_role(&acme, &eve, Role::Viewer).await.status(200);
    eve.get(LIST).await.hides("Role of Eve");
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    ana.get(LIST).await.says("Pending invitations (1)");
    ana.removes(&acme, &eve).await.status(200);
    ana.get(LIST).await.says("1 person").hides("Eve");
}

async fn another_organization_has_another(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let bcme = app.org("Bcme", &ana).await;
    bcme.has("Bob", Role::Viewer).await;
    for _ in 0..2 {
        ana.get(LIST).await.says("1 person").hides("Bob");
        ana.get("/bcme/settings/members").await.says("2 people").says("Bob");
    }
}

async fn times_go_on(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    acme.has("Eve", Role::Viewer).await;
    let times = async || {
        let page = ana.get(LIST).await.status(200).body;
        let times =
            page.split("data-label=\"Joined\"").skip(1).filter_map(|cell| cell.split("</time>").next());
        times.filter_map(|time| time.rsplit('>').next()).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let before = times().await;
    app.clock.advance(Span::days(3));
    let after = times().await;
    assert_eq!((before.len(), after.len()), (2, 2));
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?} {after:?}");
}

async fn it_is_never_older_after_events_are_swept(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.get(LIST).await.says("1 person");
    let eve = joins(&app, &acme, &ana, "Eve").await;
    ana.get(LIST).await.says("2 people");
    // Past the age of events, and back: the same minute, so only the number of the event tells.
    app.clock.advance(Span::hours(2));
    jobs::sweep(&app).await.unwrap();
    app.clock.advance(Span::hours(-2));
    ana.get(LIST).await.says("2 people");
    ana.removes(&acme, &eve).await.status(200);
    ana.get(LIST).await.says("1 person");
}

async fn many_who_ask_at_once_all_get_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    acme.has("Eve", Role::Viewer).await;
    let pages = futures_util::future::join_all((0..40).map(|_| ana.get(LIST))).await;
    assert!(pages.into_iter().all(|page| page.status(200).body.contains("2 people")));
}
