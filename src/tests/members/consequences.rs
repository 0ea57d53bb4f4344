//! What follows from a change: at once, for the session that is open, for invitations, for the
//! personal workspace, and on the page.

use super::{Answer, Org, Person, Role, TestApp, acme, both_databases};

both_databases!(
    a_new_role_bites_on_the_next_request,
    a_removed_member_is_out_on_the_next_request,
    demoting_revokes_invitations_above_the_new_ceiling,
    removing_and_leaving_revoke_all_of_them,
    a_personal_workspace_stays_with_its_person,
    a_personal_workspace_has_one_owner,
    what_one_may_not_do_is_not_on_the_page,
    somebody_who_is_no_member_cannot_be_changed,
    every_change_is_in_the_audit_log,
);

async fn a_new_role_bites_on_the_next_request(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    eve.get("/acme/settings/invitations").await.status(403);
    ana.sets_role(&acme, &eve, Role::Admin).await.status(200);
    eve.get("/acme/settings/invitations").await.status(200);
    ana.sets_role(&acme, &eve, Role::Editor).await.status(200);
    eve.get("/acme/settings/invitations").await.status(403);
    eve.removes(&acme, &ana).await.status(403);
}

async fn a_removed_member_is_out_on_the_next_request(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Admin).await;
    eve.get("/acme").await.status(200);
    let fields = [("page", "/acme/settings/members"), ("org", "acme"), ("user", &eve.id.to_string())];
    ana.post("/api/members/remove", &fields).await.leads_to("/acme/settings/members");
    ana.get("/acme/settings/members").await.says("Member removed").hides("eve@example.com");
    eve.get("/acme").await.status(404);
    eve.sets_role(&acme, &ana, Role::Viewer).await.status(404);
    eve.leaves(&acme).await.status(404);
    eve.get("/").await.leads_to("/eve");
}

async fn demoting_revokes_invitations_above_the_new_ceiling(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let otto = acme.has("Otto", Role::Owner).await;
    for role in Role::ALL {
        acme.planted(&otto, &format!("{}@example.com", role.as_str()), role).await;
        acme.planted(&ana, &format!("{}@example.net", role.as_str()), role).await;
    }
    ana.sets_role_knowing(&acme, &otto, Role::Admin, 1).await.status(200);
    assert_eq!(revoked(&app).await, ["owner@example.com"]);
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'invitation.revoked'";
    assert_eq!(acme.count(told).await, 1);
    // An Editor invites nobody: nothing of what he sent could be sent by him now.
    ana.sets_role_knowing(&acme, &otto, Role::Editor, 3).await.status(200);
    let all = ["admin@example.com", "editor@example.com", "owner@example.com", "viewer@example.com"];
    assert_eq!(revoked(&app).await, all);
    assert_eq!(acme.count(told).await, 4);
    assert_eq!(acme.invitations("pending").await, 4);
}

async fn revoked(app: &TestApp) -> Vec<String> {
    let revoked =
        "SELECT email FROM invitations WHERE state = 'revoked' AND closed_at IS NOT NULL ORDER BY email";
    let rows: Vec<(String,)> = app.outside_tenancy().query(revoked).all().await.unwrap();
    rows.into_iter().map(|(email,)| email).collect()
}

async fn removing_and_leaving_revoke_all_of_them(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, alma) = (acme.has("Adam", Role::Admin).await, acme.has("Alma", Role::Admin).await);
    acme.planted(&adam, "a@example.com", Role::Viewer).await;
    acme.planted(&alma, "b@example.com", Role::Viewer).await;
    acme.planted(&ana, "c@example.com", Role::Viewer).await;
    ana.removes_knowing(&acme, &adam, 1).await.status(200);
    alma.leaves(&acme).await.status(200);
    assert_eq!(revoked(&app).await, ["a@example.com", "b@example.com"]);
    assert_eq!(acme.invitations("pending").await, 1);
}

async fn a_personal_workspace_stays_with_its_person(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let own = Org::personal(&ana).await;
    ana.leaves(&own).await.status(409).says("You can't leave or transfer a personal workspace.");
    ana.removes(&own, &ana).await.status(409);
    ana.sets_role(&own, &ana, Role::Viewer).await.status(409);
    ana.get(&own.page("settings/members")).await.status(200).hides("/api/members/leave");
    assert_eq!(own.role_of(&ana).await, Some(Role::Owner));
}

async fn a_personal_workspace_has_one_owner(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let own = Org::personal(&ana).await;
    let eve = own.has("Eve", Role::Editor).await;
    let answer = ana.sets_role(&own, &eve, Role::Owner).await.status(409);
    answer.says("A personal workspace has one Owner.");
    ana.sets_role(&own, &eve, Role::Admin).await.status(200);
    eve.sets_role(&own, &ana, Role::Viewer).await.status(403);
    eve.removes(&own, &ana).await.status(403);
    eve.leaves(&own).await.status(200);
    assert_eq!(own.owners().await, 1);
}

/// Whether a page has a form that does something to somebody.
fn acts_on(answer: &Answer, person: &Person) -> bool {
    let ids = [person.id.to_string(), person.id.0.simple().to_string()];
    ids.iter().any(|id| answer.body.contains(&format!("name=\"user\" value=\"{id}\"")))
}

async fn what_one_may_not_do_is_not_on_the_page(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, eve) = (acme.has("Adam", Role::Admin).await, acme.has("Eve", Role::Editor).await);
    let page = "/acme/settings/members";
    let answer = ana.get(page).await.status(200).says("/api/members/leave").says("<option value=\"owner\"");
    assert!(acts_on(&answer, &adam) && acts_on(&answer, &eve), "{answer}");
    let answer = adam.get(page).await.status(200).says("/api/members/remove").says("/api/invitations/invite");
    assert!(acts_on(&answer, &eve) && !acts_on(&answer, &ana), "{answer}");
    // The only Owner to choose is that of the filter.
    assert_eq!(answer.body.matches("<option value=\"owner\"").count(), 1, "{answer}");
    let answer = eve.get(page).await.status(200).says("/api/members/leave").says("ana@example.com");
    answer.hides("/api/members/set_role").hides("/api/members/remove").hides("/api/invitations");
}

async fn somebody_who_is_no_member_cannot_be_changed(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let zoe = app.somebody("Zoe").await;
    let missing = ana.sets_role(&acme, &zoe, Role::Editor).await.status(404);
    let nobody = [("org", "acme"), ("user", "00000000-0000-7000-8000-000000000000"), ("role", "editor")];
    let unknown = ana.call("/api/members/set_role", &nobody).await.status(404);
    assert_eq!(missing.body, unknown.body, "whether somebody has an account is not told");
    ana.removes(&acme, &zoe).await.status(404);
    for garbage in ["", "1", "' OR 1=1 --", "00000000-0000-7000-8000-00000000000g"] {
        let fields = [("org", "acme"), ("user", garbage), ("role", "editor")];
        ana.call("/api/members/set_role", &fields).await.status(422);
    }
    let roles = "Choose one of the roles.";
    for (role, says) in
        [("", roles), ("OWNER", roles), (" owner", roles), ("root", roles), ("owner\0", "NUL")]
    {
        let fields = [("org", "acme"), ("user", &ana.id.to_string()), ("role", role)];
        ana.call("/api/members/set_role", &fields).await.status(422).says(says);
    }
    assert_eq!(acme.role_of(&zoe).await, None);
}

async fn every_change_is_in_the_audit_log(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (eve, adam) = (acme.has("Eve", Role::Viewer).await, acme.has("Adam", Role::Admin).await);
    adam.sets_role(&acme, &eve, Role::Editor).await.status(200);
    // Nothing changed, so nothing was done; a refusal is told.
    adam.sets_role(&acme, &eve, Role::Editor).await.status(200);
    adam.removes(&acme, &ana).await.status(403);
    ana.removes(&acme, &eve).await.status(200);
    adam.leaves(&acme).await.status(200);
    app.writes_notes().await.unwrap();
    let log = app.outside_tenancy().query(
        "SELECT action, actor_role, CAST(details AS TEXT) FROM audit_log WHERE org_id = $1 ORDER BY created_at, id",
    );
    let log: Vec<(String, String, String)> = log.bind(acme.id).all().await.unwrap();
    let acts: Vec<_> = log.iter().map(|(act, role, _)| format!("{act} by {role}")).collect();
    assert_eq!(
        acts,
        [
            "member.role_changed by admin",
            "access.denied by admin",
            "member.removed by owner",
            "member.left by admin"
        ]
    );
    assert!(log[0].2.contains("viewer") && log[0].2.contains("editor"), "{log:?}");
}
