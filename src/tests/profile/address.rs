//! Changing one's address.

use super::{PASSWORD, Person, TestApp, both_databases};
use crate::{role::Role, time::Span};
use futures_util::future::{join, join_all};
use std::time::Duration;

both_databases!(
    the_new_address_proves_itself_and_the_old_one_is_told,
    an_address_with_an_account_is_told_to_nobody_but_its_mailbox,
    a_link_is_good_once_for_its_person_and_a_day,
    invitations_stay_with_their_address,
    a_letter_to_the_old_address_sets_no_password,
    a_letter_asked_for_meanwhile_sets_no_password,
    a_new_password_cancels_it,
    without_mail_it_is_changed_at_once,
    tokens_of_one_kind_are_no_good_as_another,
);

const NEW: &str = "ana@new.example";

async fn asks(ana: &Person, email: &str) -> super::Answer {
    ana.post("/api/account/change_address", &[("page", "/account"), ("email", email)]).await
}

async fn a_new_password_cancels_it(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for by in ["change", "reset"] {
        asks(&ana, NEW).await.leads_to("/account");
        let token = app.link_for(NEW, "/account/address/").await;
        if by == "change" {
            let fields = [("current_password", PASSWORD), ("new_password", "eight blue lanterns")];
            ana.call("/api/account/change_password", &fields).await.status(200);
        } else {
            let browser = app.browser();
            browser.post("/api/accounts/forgot_password", &[("email", "ana@example.com")]).await.status(303);
            let reset = app.link_for("ana@example.com", "/reset-password/").await;
            let fields = [("token", reset.as_str()), ("password", "nine green kettles")];
            browser.call("/api/accounts/reset_password", &fields).await.status(200);
        }
        let again = app.browser_of(ana.id).await;
        again.call("/api/account/confirm_address", &[("token", &token)]).await.status(409);
        again.get("/account").await.hides(NEW);
        assert_eq!(app.email_of(&ana).await, "ana@example.com", "{by}");
        app.execute("DELETE FROM letters").await;
    }
}

async fn the_new_address_proves_itself_and_the_old_one_is_told(app: TestApp) {
    let ana = app.somebody("Ana").await;
    asks(&ana, "Ana@NEW.example ").await.leads_to("/account");
    ana.get("/account").await.says("We sent a link to ana@new.example.");
    assert_eq!(app.email_of(&ana).await, "ana@example.com");
    let token = app.link_for(NEW, "/account/address/").await;
    let page = format!("/account/address/{token}");
    // Opening it changes nothing.
    for _ in 0..2 {
        ana.get(&page).await.status(200).says(NEW).has("referrer-policy", "no-referrer");
    }
    assert_eq!(app.email_of(&ana).await, "ana@example.com");
    let fields = [("page", page.as_str()), ("token", token.as_str())];
    ana.post("/api/account/confirm_address", &fields).await.leads_to("/account");
    ana.get("/account").await.says("Email changed").says("You sign in with ana@new.example");
    let told = app.letter_to("ana@example.com").await;
    assert_eq!(told.subject, "Your email was changed");
    assert!(!told.text.contains(NEW), "the old mailbox is not told the new address in full: {}", told.text);
    app.browser().signs_in("ana@example.com", super::PASSWORD).await.status(422);
    app.browser().signs_in(NEW, super::PASSWORD).await.leads_to("/");
}

async fn an_address_with_an_account_is_told_to_nobody_but_its_mailbox(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.somebody("Ben").await;
    let (known, unknown) = (asks(&ana, "ben@example.com").await, asks(&ana, "nobody@example.com").await);
    assert_eq!((known.status, known.location()), (unknown.status, unknown.location()));
    let letter = app.letter_to("ben@example.com").await;
    assert_eq!(letter.subject, "This email already has an account");
    assert!(!letter.text.contains("/account/address/"), "{}", letter.text);
    asks(&ana, "ana@example.com").await.status(422).says("This is already your email.");
    asks(&ana, "nonsense").await.status(422).says("value=\"nonsense\"");
    // Somebody signs up with it in the meantime: first come, first served.
    asks(&ana, NEW).await.status(303);
    let token = app.link_for(NEW, "/account/address/").await;
    app.browser().signs_up("Other", NEW).await.status(303);
    let confirm = app.link_for(NEW, "/confirm/").await;
    let fields = [("token", confirm.as_str()), ("password", super::PASSWORD)];
    app.browser().call("/api/accounts/confirm", &fields).await.status(200);
    ana.call("/api/account/confirm_address", &[("token", &token)]).await.status(409).says("has an account");
    assert_eq!(app.email_of(&ana).await, "ana@example.com");
}

async fn a_link_is_good_once_for_its_person_and_a_day(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    asks(&ana, NEW).await.status(303);
    let token = app.link_for(NEW, "/account/address/").await;
    let page = format!("/account/address/{token}");
    ben.get(&page).await.status(410).says("for a different account");
    ben.call("/api/account/confirm_address", &[("token", &token)]).await.status(409);
    app.browser().get(&page).await.leads_to(&format!("/sign-in?next={page}"));
    // A newer letter replaces the older one.
    asks(&ana, "ana@newer.example").await.status(303);
    ana.call("/api/account/confirm_address", &[("token", &token)]).await.status(409);
    let token = app.link_for("ana@newer.example", "/account/address/").await;
    app.clock.advance(Span::hours(24));
    let ana = Person { browser: app.browser_of(ana.id).await, ..ana };
    ana.call("/api/account/confirm_address", &[("token", &token)]).await.status(409);
    asks(&ana, NEW).await.status(303);
    let token = app.link_for(NEW, "/account/address/").await;
    let fields = [("token", token.as_str())];
    let devices = [app.browser_of(ana.id).await, app.browser_of(ana.id).await, app.browser_of(ana.id).await];
    let answers =
        join_all(devices.iter().map(|device| device.call("/api/account/confirm_address", &fields))).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((won, app.email_of(&ana).await.as_str()), (1, NEW));
}

async fn invitations_stay_with_their_address(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let acme = app.org("Acme", &ben).await;
    let invitation = acme.planted(&ben, "ana@example.com", Role::Editor).await;
    asks(&ana, NEW).await.status(303);
    let token = app.link_for(NEW, "/account/address/").await;
    ana.call("/api/account/confirm_address", &[("token", &token)]).await.status(200);
    ana.accepts(&invitation.token).await.status(409).says("is for a•••@example.com");
    assert_eq!(acme.role_of(&ana).await, None);
}

async fn a_letter_to_the_old_address_sets_no_password(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let forgets = [("email", "ana@example.com")];
    app.browser().post("/api/accounts/forgot_password", &forgets).await.status(303);
    let reset = app.link_for("ana@example.com", "/reset-password/").await;
    asks(&ana, NEW).await.status(303);
    let token = app.link_for(NEW, "/account/address/").await;
    ana.call("/api/account/confirm_address", &[("token", &token)]).await.status(200);
    let fields = [("token", reset.as_str()), ("password", "eight blue lanterns")];
    app.browser().call("/api/accounts/reset_password", &fields).await.status(409);
}

async fn a_letter_asked_for_meanwhile_sets_no_password(app: TestApp) {
    let (ana, browser) = (app.somebody("Ana").await, app.browser());
    // The address is about to be another one: its links are void already, and this is not seen yet.
    let mut change = app.change_outside_tenancy().await.unwrap();
    let set = change.query("UPDATE users SET email = $2 WHERE id = $1").bind(ana.id).bind(NEW.to_owned());
    set.execute().await.unwrap();
    let changes = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        change.commit().await.unwrap();
    };
    let asks = browser.post("/api/accounts/forgot_password", &[("email", "ana@example.com")]);
    join(asks, changes).await.0.status(303);
    assert_eq!(app.letter_to("ana@example.com").await.subject, "No account with this email");
    assert!(app.rows("password_resets", "1 = 1").await.is_empty());
}

async fn without_mail_it_is_changed_at_once(app: TestApp) {
    let app = app.without_mail().await;
    let ana = app.somebody("Ana").await;
    asks(&ana, NEW).await.leads_to("/account");
    assert_eq!((app.email_of(&ana).await.as_str(), app.verified(&ana).await), (NEW, false));
    let ben = app.somebody("Ben").await;
    asks(&ben, NEW).await.status(409).says("This email already has an account.");
}

async fn tokens_of_one_kind_are_no_good_as_another(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let invitation = acme.planted(&ana, "new@example.com", Role::Viewer).await.token;
    app.browser().signs_up("New", "new@example.com").await.status(303);
    let sign_up = app.link_for("new@example.com", "/confirm/").await;
    let forgets = [("email", "ana@example.com")];
    app.browser().post("/api/accounts/forgot_password", &forgets).await.status(303);
    let reset = app.link_for("ana@example.com", "/reset-password/").await;
    asks(&ana, NEW).await.status(303);
    let address = app.link_for(NEW, "/account/address/").await;
    let before = app.everything().await["users"].clone();
    let password = ("password", "eight blue lanterns");
    for (action, own) in [
        ("accounts/confirm", &sign_up),
        ("accounts/reset_password", &reset),
        ("account/confirm_address", &address),
        ("invitations/accept", &invitation),
        ("invitations/join", &invitation),
        ("invitations/decline", &invitation),
    ] {
        for token in [&sign_up, &reset, &address, &invitation].into_iter().filter(|token| *token != own) {
            let fields = [("token", token.as_str()), password, ("name", "Mallory")];
            let answer = ana.copy().call(&format!("/api/{action}"), &fields).await;
            assert_eq!(answer.status, 409, "{action}: {answer}");
        }
    }
    assert_eq!(app.everything().await["users"], before);
}
