//! The further fence on PostgreSQL: row-level security, under which a statement that forgets its
//! organization still sees and touches only one.

use super::{Cast, TestApp, Two, Who, casts};
use crate::{
    id::OrgId,
    kernel::db::Tx,
    tests::support::{PASSWORD, postgres_only, sql},
};

postgres_only!(
    wide_statements_stay_in_their_organization,
    every_change_of_tenants_rows_is_made_behind_the_fence,
);

/// A transaction fenced to an organization, as `OrgChange` begins one.
async fn fenced(app: &TestApp, org: OrgId) -> Tx {
    let mut tx = app.outside_tenancy().begin().await.unwrap();
    let fence = tx.query("SELECT set_config('app.org_id', $1, true)").bind(org.to_string());
    fence.execute().await.unwrap();
    tx
}

async fn wide_statements_stay_in_their_organization(app: TestApp) {
    let (ours, theirs) = casts(&app).await;
    let two = Box::pin(Two::set(&ours, &theirs, Who::Owner)).await;
    let before = two.theirs(&app).await;
    let (us, them) = (two.ours.org.id, two.theirs.org.id);
    let mut tx = fenced(&app, us).await;
    for table in ["members", "invitations"] {
        let select = sql(format!("SELECT count(*), count(*) FILTER (WHERE org_id = $1) FROM {table}"));
        let (all, own): (i64, i64) = tx.query(select).bind(us).one().await.unwrap();
        assert!(all == own && all > 0, "{table}: {all} rows, {own} of them ours");
    }
    for statement in [
        "UPDATE members SET joined_at = 0",
        "UPDATE invitations SET state = 'revoked'",
        "DELETE FROM invitations",
        // An Owner stays in any case.
        "DELETE FROM members WHERE role <> 'owner'",
    ] {
        assert!(tx.query(sql(statement)).execute().await.unwrap() > 0, "{statement}");
    }
    tx.commit().await.unwrap();
    assert_eq!(two.theirs(&app).await, before);
    let mut tx = fenced(&app, us).await;
    let insert =
        tx.query("INSERT INTO members (org_id, user_id, role, joined_at) VALUES ($1, $2, 'owner', 0)");
    let refused = insert.bind(them).bind(two.ours.own_invitation.id.0).execute().await;
    assert!(refused.unwrap_err().to_string().contains("row-level security"));
}

/// Notes of each change of a tenant's row which organization it was fenced to.
const WATCH: &[&str] = &[
    "CREATE TABLE fence_log (row_of UUID, fenced_to TEXT, what TEXT)",
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO fence_log VALUES (coalesce(new.org_id, old.org_id), current_setting('app.org_id', true), tg_op || ' ' || tg_table_name);
       RETURN coalesce(new, old);
     END $$",
    "CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON members FOR EACH ROW EXECUTE FUNCTION note()",
    "CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON invitations FOR EACH ROW EXECUTE FUNCTION note()",
];

async fn every_change_of_tenants_rows_is_made_behind_the_fence(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    let stage = super::Stage::set(&cast, Who::Owner).await;
    for statement in WATCH {
        app.execute(statement).await;
    }
    everything_happens(&stage).await;
    let log = app.outside_tenancy().query(
        "SELECT what, count(*), count(*) FILTER (WHERE fenced_to = CAST(row_of AS TEXT)) FROM fence_log GROUP BY what",
    );
    let log: Vec<(String, i64, i64)> = log.all().await.unwrap();
    assert_eq!(log.len(), 5, "{log:?}");
    for (what, all, fenced) in log {
        // A new organization's first Owner is put there as the organization is made.
        let founding = if what == "INSERT members" { 2 } else { 0 };
        assert_eq!(all - fenced, founding, "{what}: {all} changes, {fenced} behind the fence");
    }
}

/// Every way there is to change members and invitations.
async fn everything_happens(stage: &super::Stage) {
    let target = stage.target.id.to_string();
    let org = ("org", stage.org.slug.as_str());
    let new = [("token", stage.invitation.token.as_str()), ("name", "New"), ("password", PASSWORD)];
    let somebody = stage.browser.app.browser();
    somebody.call("/api/invitations/join", &new).await.status(200);
    for (action, fields) in [
        ("organizations/create", vec![("name", "New"), ("slug", &stage.word)]),
        ("members/set_role", vec![org, ("user", &target), ("role", "editor")]),
        ("members/remove", vec![org, ("user", &target)]),
        ("invitations/invite", vec![org, ("emails", "a@example.com b@example.com"), ("role", "viewer")]),
        ("invitations/invite", vec![org, ("emails", "a@example.com"), ("role", "editor")]),
        ("invitations/accept", vec![("token", &stage.own_invitation.token)]),
        ("members/leave", vec![org]),
    ] {
        stage.browser.call(&format!("/api/{action}"), &fields).await.status(200);
    }
}
