//! Names, passwords entered once more, and the browsers somebody is signed in on.

use super::{Org, PASSWORD, Person, TestApp, both_databases, with};
use crate::{role::Role, time::Span};

both_databases!(
    a_new_name_is_seen_wherever_the_old_one_was,
    a_new_password_needs_the_old_one_and_ends_other_sessions,
    sessions_are_listed_with_browser_and_place,
    a_session_that_is_ended_is_ended_at_once,
    nobody_ends_a_session_of_somebody_else,
    all_others_are_ended_and_this_one_stays,
    what_cannot_be_taken_back_wants_a_password_of_late,
    guessing_at_the_password_inside_backs_off,
);

const NEW: &str = "eight blue lanterns";

async fn ana_of_acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

async fn a_new_name_is_seen_wherever_the_old_one_was(app: TestApp) {
    let (ana, acme) = ana_of_acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    eve.get("/acme/settings/members").await.says(">Ana<");
    ana.account("rename", &[("name", "Ana <Novak>")]).await.status(303);
    eve.get("/acme/settings/members").await.says(">Ana &lt;Novak&gt;<").hides(">Ana<");
    let blank = [("page", "/account"), ("name", " ")];
    ana.post("/api/account/rename", &blank).await.status(422).says("Enter a name.");
    ana.get("/account").await.says("value=\"Ana &lt;Novak&gt;\"");
}

async fn a_new_password_needs_the_old_one_and_ends_other_sessions(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let elsewhere = app.browser_of(ana.id).await;
    for (old, new, why) in [
        ("wrong one", NEW, "Wrong password."),
        ("", NEW, "Wrong password."),
        (PASSWORD, "short", "Use at least 8 characters"),
        (PASSWORD, "password1", "harder to guess"),
        (PASSWORD, PASSWORD, "This is your current password. Choose another one."),
    ] {
        let answer =
            ana.account("change_password", &[("current_password", old), ("new_password", new)]).await;
        // Neither comes back.
        let answer = answer.status(422).says(why);
        assert!(!answer.body.contains(NEW) && !answer.body.contains(PASSWORD), "{answer}");
    }
    elsewhere.get("/ana").await.status(200);
    ana.account("change_password", &[("current_password", PASSWORD), ("new_password", NEW)])
        .await
        .status(303);
    ana.get("/account/security").await.status(200).says("Password changed");
    let told = app.letter_to("ana@example.com").await;
    assert_eq!(told.subject, "Your password was changed");
    assert!(told.text.contains("If this wasn't you, reset your password now."), "{}", told.text);
    assert!(told.text.contains("http://localhost:3000/forgot-password"), "{}", told.text);
    assert_eq!(app.letters_to("ana@example.com").await, 1, "of what failed nothing is told");
    elsewhere.get("/ana").await.leads_to("/sign-in?next=/ana");
    app.browser().signs_in("ana@example.com", PASSWORD).await.status(422);
    app.browser().signs_in("ana@example.com", NEW).await.leads_to("/");
}

async fn sessions_are_listed_with_browser_and_place(app: TestApp) {
    app.somebody("Ana").await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let browser = app.browser().from("192.0.2.7");
    let form = with(browser.form("/api/accounts/sign_in"), "user-agent", firefox);
    browser
        .send(form, format!("email=ana%40example.com&password={}", PASSWORD.replace(' ', "+")))
        .await
        .status(303);
    let page = browser.get("/account/security").await.status(200).says("This browser");
    page.says("Firefox on Linux").says("192.0.2.7").says("Unknown browser");
    // Where it was seen last is noted, a minute later at the earliest.
    app.clock.advance(Span::minutes(2));
    let moved = browser.from("198.51.100.9");
    moved.get("/ana").await.status(200);
    super::super::support::eventually("the new place", async || {
        moved.get("/account/security").await.body.contains("198.51.100.9").then_some(())
    })
    .await;
}

async fn a_session_that_is_ended_is_ended_at_once(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let (session, lost) = app.session_of(ana.id).await;
    lost.get("/ana").await.status(200);
    ana.account("end_session", &[("session", &session.to_string())]).await.status(303);
    lost.get("/ana").await.leads_to("/sign-in?next=/ana");
    ana.get("/ana").await.status(200);
    ana.account("end_session", &[("session", &session.to_string())]).await.status(404);
}

async fn nobody_ends_a_session_of_somebody_else(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let (session, browser) = app.session_of(ben.id).await;
    ana.account("end_session", &[("session", &session.to_string())]).await.status(404);
    browser.get("/ben").await.status(200);
    ana.account("end_session", &[("session", "x")]).await.status(422);
}

async fn all_others_are_ended_and_this_one_stays(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let others = [app.browser_of(ana.id).await, app.browser_of(ana.id).await];
    ana.account("end_other_sessions", &[]).await.status(303);
    for other in &others {
        other.get("/ana").await.leads_to("/sign-in?next=/ana");
    }
    ana.get("/ana").await.status(200).hides("Sign out everywhere else");
    ben.get("/ben").await.status(200);
}

async fn what_cannot_be_taken_back_wants_a_password_of_late(app: TestApp) {
    let (ana, acme) = ana_of_acme(&app).await;
    let zone = "/acme/settings/danger-zone";
    ana.get(zone).await.status(200).hides("type=\"password\"");
    app.clock.advance(Span::minutes(16));
    ana.get(zone).await.status(200).says("type=\"password\"");
    let delete =
        |password: &'static str| [("page", zone), ("org", "acme"), ("slug", "acme"), ("password", password)];
    // What was typed is not lost, and the field that is missing appears.
    let answer = ana.post("/api/organizations/delete", &delete("")[..3]).await.status(422);
    answer.says("Enter your password to continue.").says("value=\"acme\"");
    ana.post("/api/organizations/delete", &delete("wrong one")).await.status(422).says("Wrong password.");
    assert_eq!(acme.owners().await, 1);
    ana.get("/acme").await.status(200);
    for (action, fields) in [
        ("/api/transfers/offer", vec![("org", "acme"), ("email", "eve@example.com")]),
        ("/api/transfers/accept", vec![("org", "acme")]),
        ("/api/account/begin_two_factor", vec![]),
        ("/api/account/renew_recovery_codes", vec![]),
        ("/api/account/change_address", vec![("email", "new@example.com")]),
        ("/api/account/close", vec![("email", "ana@example.com")]),
    ] {
        ana.call(action, &fields).await.status(422).says("Enter your password to continue.");
    }
    ana.post("/api/organizations/delete", &delete(PASSWORD)).await.leads_to("/account/organizations");
    // Entered once, it counts for a quarter of an hour.
    ana.get("/account/closure").await.status(200).hides("type=\"password\"");
}

async fn guessing_at_the_password_inside_backs_off(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let thief = ana.copy();
    let guess = [("current_password", "wrong one"), ("new_password", NEW)];
    for _ in 0..5 {
        thief.account("change_password", &guess).await.status(422);
    }
    // The wait doubles. Of each some goes by while the machine is busy.
    let waits = async || {
        let refused = thief.account("change_password", &guess).await.status(429).says("Too many attempts.");
        refused.header("retry-after").unwrap().parse::<i64>().unwrap()
    };
    let first = waits().await;
    assert!((1..=2).contains(&first), "{first}");
    app.clock.advance(Span::seconds(2));
    thief.account("change_password", &guess).await.status(422);
    let second = waits().await;
    assert!((3..=4).contains(&second), "{second}");
}
