//! What the server does on its own: what fails in one organization keeps no other from its turn.

use super::support::{Org, TestApp, both_databases};
use crate::{
    environments::purge,
    error::{Error, Result},
    library::trash,
    orgs::closure,
    prompts::room,
    tenancy::jobs::{Chore, run},
    time::Span,
};

both_databases!(
    trash_is_purged_in_every_organization,
    environments_are_removed_in_every_organization,
    organizations_are_purged_one_by_one,
    room_is_made_in_every_organization,
    every_chore_is_done,
);

/// Two organizations with a library each, the one that comes first in all of these first.
async fn two(app: &TestApp) -> (Org, Org) {
    let ana = app.somebody("Ana").await;
    let first = app.org("Acme", &ana).await;
    first.has_library().await;
    let second = app.org("Other", &ana).await;
    second.has_library().await;
    (first, second)
}

async fn trash_is_purged_in_every_organization(app: TestApp) {
    let (first, second) = two(&app).await;
    let left = async |org: &Org| org.count("SELECT count(*) FROM trash WHERE org_id = $1").await;
    let condition = format!("NEW.org_id = {} AND NEW.purged_at IS NOT NULL", app.literal(first.id.0));
    app.breaks("UPDATE", "trash", &condition).await;
    app.clock.advance(Span::days(31));
    assert!(trash::purge_due(&app).await.is_err());
    assert_eq!((left(&first).await, left(&second).await), (1, 0));
    app.mends("trash").await;
    trash::purge_due(&app).await.unwrap();
    assert_eq!(left(&first).await, 0);
}

async fn environments_are_removed_in_every_organization(app: TestApp) {
    let (first, second) = two(&app).await;
    let left = async |org: &Org| {
        org.count("SELECT count(*) FROM environments WHERE org_id = $1 AND purged_at IS NOT NULL").await
    };
    app.breaks("DELETE", "environments", &format!("OLD.org_id = {}", app.literal(first.id.0))).await;
    app.execute("UPDATE environments SET purged_at = 1 WHERE name = 'development'").await;
    assert!(purge::remove_purged(&app).await.is_err());
    assert_eq!((left(&first).await, left(&second).await), (1, 0));
    app.mends("environments").await;
    purge::remove_purged(&app).await.unwrap();
    assert_eq!(left(&first).await, 0);
}

async fn organizations_are_purged_one_by_one(app: TestApp) {
    let (first, second) = two(&app).await;
    let left = async |org: &Org| org.count("SELECT count(*) FROM organizations WHERE id = $1").await;
    let condition = format!("NEW.id = {} AND NEW.purged_at IS NOT NULL", app.literal(first.id.0));
    app.breaks("UPDATE", "organizations", &condition).await;
    for org in [&first, &second] {
        org.is_deleted().await;
    }
    app.clock.advance(Span::days(31));
    assert!(closure::purge_due(&app).await.is_err());
    assert_eq!((left(&first).await, left(&second).await), (1, 0));
    app.mends("organizations").await;
    closure::purge_due(&app).await.unwrap();
    assert_eq!(left(&first).await, 0);
}

async fn room_is_made_in_every_organization(app: TestApp) {
    let (first, second) = two(&app).await;
    let left = async |org: &Org| org.count("SELECT count(*) FROM draft_revisions WHERE org_id = $1").await;
    let all = left(&first).await;
    assert!(all > 2 && all == left(&second).await, "{all}");
    app.breaks("DELETE", "draft_revisions", &format!("OLD.org_id = {}", app.literal(first.id.0))).await;
    let make_room = async || room::make_room_for(&app, Span::minutes(5), (2, i64::MAX)).await;
    assert!(make_room().await.is_err());
    assert_eq!((left(&first).await, left(&second).await), (all, 2));
    app.mends("draft_revisions").await;
    make_room().await.unwrap();
    assert_eq!(left(&first).await, 2);
}

async fn panics() -> Result<()> {
    panic!("as with a fault of ours")
}

async fn fails() -> Result<()> {
    Err(Error::Forbidden)
}

async fn every_chore_is_done(app: TestApp) {
    let chores: [Chore; 3] = [
        |_| Box::pin(panics()),
        |_| Box::pin(fails()),
        |server| Box::pin(async move { trash::purge_due(&server).await }),
    ];
    let (org, _) = two(&app).await;
    app.clock.advance(Span::days(31));
    run(&app, &chores).await;
    assert_eq!(org.count("SELECT count(*) FROM trash WHERE org_id = $1").await, 0);
}
