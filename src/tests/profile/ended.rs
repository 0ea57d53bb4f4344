//! What is under way while a session, a password or an account ends.

use super::{Answer, Authenticator, PASSWORD, TestApp, both_databases};
use crate::{
    role::Role,
    tenancy::{Change, sessions},
};
use futures_util::future::join;
use std::time::Duration;

both_databases!(
    nothing_is_changed_by_a_session_that_ended_meanwhile,
    nothing_is_changed_in_an_organization_either,
    nobody_signs_in_by_a_password_that_was_reset_meanwhile,
    a_new_password_ends_what_waits_for_a_second_factor,
    nobody_joins_while_their_account_closes,
);

/// Asks for something while a change is under way, which is committed once that waits for it.
async fn while_under_way(change: Change, asks: impl Future<Output = Answer>) -> Answer {
    let commits = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        change.commit().await.unwrap();
    };
    join(asks, commits).await.0
}

/// All that somebody can change of their account.
async fn all(app: &TestApp) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for table in [
        "users",
        "members",
        "organizations",
        "invitations",
        "two_factors",
        "recovery_codes",
        "address_changes",
        "audit_log",
    ] {
        all.push(app.rows(table, "1 = 1").await);
    }
    all
}

async fn nothing_is_changed_by_a_session_that_ended_meanwhile(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    app.org("Acme", &ana).await.admits(&ben, Role::Owner).await;
    app.org("Gone", &ana).await;
    app.execute(&format!("UPDATE organizations SET deleted_at = {} WHERE slug = 'gone'", app.clock.now().0))
        .await;
    let invitation = app.org("Theirs", &ben).await.planted(&ben, &ana.email, Role::Editor).await.token;
    ana.call("/api/account/change_address", &[("email", "ana@new.example")]).await.status(200);
    let token = app.link_for("ana@new.example", "/account/address/").await;
    ana.call("/api/account/begin_two_factor", &[]).await.status(200);
    let (other, _) = app.session_of(ana.id).await;
    let other = other.to_string();
    for (action, fields) in [
        ("account/rename", vec![("name", "Other")]),
        ("account/change_password", vec![("current_password", PASSWORD), ("new_password", "eight lanterns")]),
        ("account/change_address", vec![("email", "ana@later.example")]),
        ("account/confirm_address", vec![("token", token.as_str())]),
        ("account/end_session", vec![("session", other.as_str())]),
        ("account/end_other_sessions", vec![]),
        ("account/begin_two_factor", vec![]),
        ("account/confirm_two_factor", vec![("code", "000000")]),
        ("account/finish_two_factor", vec![]),
        ("account/renew_recovery_codes", vec![]),
        ("account/end_two_factor", vec![]),
        ("account/close", vec![("email", "ana@example.com")]),
        ("organizations/create", vec![("name", "New"), ("slug", "brand-new")]),
        ("organizations/restore", vec![("slug", "gone")]),
        ("invitations/accept", vec![("token", invitation.as_str())]),
    ] {
        let browser = app.browser_of(ana.id).await;
        let before = all(&app).await;
        let mut change = app.change_outside_tenancy().await.unwrap();
        sessions::end_all(&mut change, ana.id).await.unwrap();
        let action = format!("/api/{action}");
        let answer = while_under_way(change, browser.call(&action, &fields)).await;
        assert_eq!(answer.status, 401, "{action}: {answer}");
        assert_eq!(all(&app).await, before, "{action}");
        assert_eq!(app.rows("sessions", "1 = 1").await.len(), 1, "{action}: that of Ben");
    }
}

async fn nothing_is_changed_in_an_organization_either(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let before = all(&app).await;
    let mut change = app.change_outside_tenancy().await.unwrap();
    sessions::end_all(&mut change, ana.id).await.unwrap();
    // Whoever changes something in it waits.
    let lock = change.query("UPDATE organizations SET name = name WHERE id = $1");
    lock.bind(acme.id).execute().await.unwrap();
    while_under_way(change, ana.invites(&acme, "guest@example.com", Role::Viewer)).await.status(401);
    assert_eq!(all(&app).await, before);
}

async fn nobody_signs_in_by_a_password_that_was_reset_meanwhile(app: TestApp) {
    let (ana, browser) = (app.somebody("Ana").await, app.browser());
    let mut change = app.change_outside_tenancy().await.unwrap();
    sessions::end_all(&mut change, ana.id).await.unwrap();
    let set = change.query("UPDATE users SET password_hash = $2 WHERE id = $1");
    set.bind(ana.id).bind("another".to_owned()).execute().await.unwrap();
    let answer = while_under_way(change, browser.signs_in(&ana.email, PASSWORD)).await;
    answer.status(422).says("Wrong email or password.");
    assert_eq!(browser.cookie("studio"), None);
    assert!(app.rows("sessions", "1 = 1").await.is_empty());
    assert!(app.rows("audit_log", "action = 'account.signed_in'").await.is_empty());
}

async fn a_new_password_ends_what_waits_for_a_second_factor(app: TestApp) {
    let (ana, thief, browser) = (app.somebody("Ana").await, app.browser(), app.browser());
    let authenticator = Authenticator::on(&app, &ana).await;
    thief.signs_in(&ana.email, PASSWORD).await.leads_to("/sign-in/code");
    browser.post("/api/accounts/forgot_password", &[("email", &ana.email)]).await.status(303);
    let token = app.link_for(&ana.email, "/reset-password/").await;
    let fields = [("token", token.as_str()), ("password", "eight blue lanterns")];
    browser.post("/api/accounts/reset_password", &fields).await.leads_to("/sign-in/code");
    let code = authenticator.code();
    let fields = [("code", code.as_str())];
    let refused = thief.call("/api/accounts/prove_second_factor", &fields).await.status(409);
    refused.says("Your sign-in timed out.");
    browser.post("/api/accounts/prove_second_factor", &fields).await.leads_to("/");
}

async fn nobody_joins_while_their_account_closes(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let theirs = app.org("Theirs", &ben).await;
    let token = theirs.planted(&ben, &ana.email, Role::Editor).await.token;
    let mut change = app.change_outside_tenancy().await.unwrap();
    assert!(sessions::lock(&mut change, ana.id).await.unwrap());
    let close = change.query("UPDATE users SET deleted_at = $2 WHERE id = $1");
    close.bind(ana.id).bind(app.clock.now()).execute().await.unwrap();
    while_under_way(change, ana.accepts(&token)).await.status(401);
    assert_eq!((theirs.role_of(&ana).await, theirs.invitations("accepted").await), (None, 0));
}
