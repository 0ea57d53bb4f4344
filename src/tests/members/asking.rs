//! What follows from a change is said before it is made; afterwards it is said who is what, with the way back.

use super::{Answer, Org, Person, Role, TestApp, acme, both_databases};
use crate::time::Span;

both_databases!(
    what_makes_or_unmakes_an_owner_is_asked_first,
    what_can_be_taken_back_is_not_asked,
    the_invitations_that_end_are_counted_before,
    what_was_told_must_still_be_true,
    whoever_acts_can_take_the_invitations_over,
    removing_says_what_ends_too,
    leaving_says_what_ends_too,
    ones_own_loss_is_asked_and_not_undone,
    nobody_is_asked_what_they_may_not_do,
    what_the_browser_says_was_changed_is_no_text,
);

const LIST: &str = "/acme/settings/members";

/// Where it is asked whether somebody becomes something else.
fn question(of: &Person, to: &str) -> String {
    format!("{LIST}/{}?to={to}", of.id.0.simple())
}

/// Posts the form of a row, or of the page that asks.
async fn posts(by: &Person, of: &Person, role: Role, more: &[(&str, &str)]) -> Answer {
    let id = of.id.to_string();
    let fields = [("page", LIST), ("org", "acme"), ("user", &id), ("role", role.as_str())];
    by.post("/api/members/set_role", &[&fields[..], more].concat()).await
}

async fn sender_of(app: &TestApp, email: &str) -> String {
    let sender = app.outside_tenancy().query(
        "SELECT u.name FROM invitations i JOIN users u ON u.id = i.inviter_id WHERE i.email = $1 AND i.state = 'pending'",
    );
    let sender: Option<(String,)> = sender.bind(email.to_owned()).optional().await.unwrap();
    sender.map(|(name,)| name).unwrap_or_default()
}

async fn what_makes_or_unmakes_an_owner_is_asked_first(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    for (was, to) in [(Role::Admin, Role::Owner), (Role::Owner, Role::Editor)] {
        let page = question(&adam, to.as_str());
        posts(&ana, &adam, to, &[]).await.leads_to(&page);
        assert_eq!(acme.role_of(&adam).await, Some(was), "nothing changed so far");
        let asks = ana.get(&page).await.status(200);
        asks.says(&format!("Make Adam {}?", to.with_article())).says("name=\"agreed\" value=\"0\"");
        assert_eq!(acme.role_of(&adam).await, Some(was), "nor by opening the page");
        posts(&ana, &adam, to, &[("agreed", "0")]).await.leads_to(LIST);
        assert_eq!(acme.role_of(&adam).await, Some(to));
        ana.get(LIST).await.says(&format!("Adam is now {}", to.with_article())).says(">Undo<");
        // It is said once, and taken back as any change is made.
        ana.get(LIST).await.hides("Adam is now").hides(">Undo<");
    }
    posts(&ana, &adam, Role::Owner, &[("agreed", "0")]).await.leads_to(LIST);
    assert_eq!(acme.owners().await, 2);
}

async fn what_can_be_taken_back_is_not_asked(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    for role in [Role::Editor, Role::Admin, Role::Viewer] {
        posts(&ana, &eve, role, &[]).await.leads_to(LIST);
        assert_eq!(acme.role_of(&eve).await, Some(role));
        ana.get(LIST).await.says(&format!("Eve is now {}", role.with_article()));
    }
}

async fn the_invitations_that_end_are_counted_before(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    acme.planted(&adam, "old@example.com", Role::Viewer).await;
    app.execute("UPDATE invitations SET expires_at = 1").await;
    for (email, role) in [("x@example.com", Role::Viewer), ("y@example.com", Role::Admin)] {
        acme.planted(&adam, email, role).await;
    }
    acme.planted(&ana, "z@example.com", Role::Viewer).await;
    let page = question(&adam, "editor");
    posts(&ana, &adam, Role::Editor, &[]).await.leads_to(&page);
    let asks = ana.get(&page).await.says("2 invitations that they sent will be revoked.");
    asks.says("name=\"agreed\" value=\"2\"").says("Take them over");
    assert_eq!(acme.role_of(&adam).await, Some(Role::Admin));
    posts(&ana, &adam, Role::Editor, &[("agreed", "2"), ("invitations", "revoke")]).await.leads_to(LIST);
    assert_eq!(acme.role_of(&adam).await, Some(Role::Editor));
    assert_eq!((acme.invitations("pending").await, acme.invitations("revoked").await), (1, 3));
    // Who has sent none is asked nothing.
    posts(&ana, &adam, Role::Viewer, &[]).await.leads_to(LIST);
}

async fn what_was_told_must_still_be_true(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    acme.planted(&adam, "x@example.com", Role::Viewer).await;
    let page = question(&adam, "viewer");
    ana.get(&page).await.says("1 invitation that they sent will be revoked.");
    acme.planted(&adam, "y@example.com", Role::Viewer).await;
    posts(&ana, &adam, Role::Viewer, &[("agreed", "1")]).await.leads_to(&page);
    assert_eq!((acme.role_of(&adam).await, acme.invitations("pending").await), (Some(Role::Admin), 2));
    ana.get(&page).await.says("2 invitations that they sent will be revoked.");
}

async fn whoever_acts_can_take_the_invitations_over(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, guest) = (acme.has("Adam", Role::Admin).await, app.somebody("Guest").await);
    let planted = acme.planted(&adam, &guest.email, Role::Editor).await;
    acme.planted(&adam, "old@example.com", Role::Viewer).await;
    app.execute("UPDATE invitations SET expires_at = 1 WHERE email = 'old@example.com'").await;
    let agreed = [("agreed", "1"), ("invitations", "take_over")];
    posts(&ana, &adam, Role::Viewer, &agreed).await.leads_to(LIST);
    assert_eq!(sender_of(&app, &guest.email).await, "Ana");
    assert_eq!((acme.invitations("pending").await, acme.invitations("revoked").await), (1, 1));
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'invitation.taken_over'";
    assert_eq!(acme.count(told).await, 1);
    // Adam may come and go: they are hers now.
    ana.removes(&acme, &adam).await.status(200);
    guest.accepts(&planted.token).await.status(200);
    assert_eq!(acme.role_of(&guest).await, Some(Role::Editor));
}

async fn removing_says_what_ends_too(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    acme.planted(&adam, "x@example.com", Role::Viewer).await;
    let id = adam.id.to_string();
    let fields = [("page", LIST), ("org", "acme"), ("user", id.as_str())];
    let page = question(&adam, "removed");
    ana.post("/api/members/remove", &fields).await.leads_to(&page);
    assert_eq!(acme.role_of(&adam).await, Some(Role::Admin));
    ana.get(&page).await.says("Remove Adam from Acme?").says("1 invitation that they sent will be revoked.");
    let agreed = [("agreed", "1"), ("invitations", "take_over")];
    ana.post("/api/members/remove", &[&fields[..], &agreed].concat()).await.leads_to(LIST);
    assert_eq!((acme.role_of(&adam).await, sender_of(&app, "x@example.com").await), (None, "Ana".into()));
}

async fn leaving_says_what_ends_too(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    adam.get(LIST).await.says("Leave Acme").hides("you sent will be revoked");
    acme.planted(&adam, "x@example.com", Role::Viewer).await;
    acme.planted(&ana, "y@example.com", Role::Viewer).await;
    adam.get(LIST).await.says("1 invitation you sent will be revoked.");
    adam.get("/account/organizations").await.says("1 invitation you sent will be revoked.");
}

async fn ones_own_loss_is_asked_and_not_undone(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    acme.has("Otto", Role::Owner).await;
    let page = question(&ana, "viewer");
    posts(&ana, &ana, Role::Viewer, &[]).await.leads_to(&page);
    ana.get(&page).await.says("Make yourself a Viewer?").hides("Take them over");
    posts(&ana, &ana, Role::Viewer, &[("agreed", "0")]).await.leads_to(LIST);
    ana.get(LIST).await.says("You're now a Viewer").hides(">Undo<");
}

async fn nobody_is_asked_what_they_may_not_do(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, eve) = (acme.has("Adam", Role::Admin).await, acme.has("Eve", Role::Viewer).await);
    let stranger = app.somebody("Stranger").await;
    eve.get(&question(&adam, "viewer")).await.status(403);
    adam.get(&question(&ana, "viewer")).await.status(403);
    adam.get(&question(&eve, "owner")).await.status(403);
    adam.get(&question(&eve, "editor")).await.status(200);
    for path in [question(&stranger, "editor"), question(&eve, "root"), format!("{LIST}/none?to=editor")] {
        ana.get(&path).await.status(404);
    }
    assert_eq!(Org::find(&app, "acme").await.owners().await, 1);
}

async fn what_the_browser_says_was_changed_is_no_text(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    let stranger = app.somebody("Stranger").await;
    for said in [
        format!("role-changed~user={}~role=owner", stranger.id),
        "role-changed~user=<b>~role=owner".to_owned(),
        format!("role-changed~user={}~role=<b>", eve.id),
        "role-changed".to_owned(),
    ] {
        ana.keep("studio-notice", &said);
        ana.get(LIST).await.status(200).hides("Stranger").hides("<b>").says("Role changed");
    }
    app.clock.advance(Span::minutes(1));
    ana.keep("studio-notice", &format!("role-changed~user={}~role=editor", eve.id));
    ana.get(LIST).await.says("Eve is now a Viewer").says(">Undo<");
}
