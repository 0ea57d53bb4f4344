//! Forgotten passwords.

use super::{Answer, Browser, PASSWORD, TestApp, both_databases};
use crate::{tenancy::sessions, time::Span};
use futures_util::future::{join, join_all};
use std::time::Duration;

both_databases!(
    a_new_password_ends_all_other_sessions,
    an_unknown_address_is_answered_like_a_known_one,
    a_link_works_once_and_for_an_hour,
    of_many_uses_of_one_link_one_wins,
    a_reset_waits_for_what_changes_the_account,
    a_new_password_kills_the_other_links,
    a_bad_password_is_told_and_costs_nothing,
    the_page_says_where_the_link_went,
);

const NEW: &str = "eight blue lanterns";

impl Browser {
    async fn forgets(&self, email: &str) -> Answer {
        let fields = [("page", "/forgot-password"), ("email", email)];
        self.post("/api/accounts/forgot_password", &fields).await
    }

    async fn resets(&self, token: &str, password: &str) -> Answer {
        let page = format!("/reset-password/{token}");
        let fields = [("page", page.as_str()), ("token", token), ("password", password)];
        self.post("/api/accounts/reset_password", &fields).await
    }
}

async fn reset_link(app: &TestApp) -> String {
    app.browser().forgets("ana@example.com").await.leads_to("/forgot-password/sent");
    app.link_for("ana@example.com", "/reset-password/").await
}

async fn a_new_password_ends_all_other_sessions(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let (elsewhere, browser) = (app.browser_of(ana.id).await, app.browser());
    let token = reset_link(&app).await;
    let page = browser.get(&format!("/reset-password/{token}")).await.status(200).says("ana@example.com");
    page.has("referrer-policy", "no-referrer").has("cache-control", "no-store");
    ana.get("/ana").await.status(200);
    browser.resets(&token, NEW).await.leads_to("/");
    browser.get("/ana").await.status(200).says("Password changed. Other devices are signed out");
    let told = app.letter_to("ana@example.com").await;
    assert_eq!(told.subject, "Your password was reset");
    assert!(told.text.contains("If this wasn't you, someone else can read your email."), "{}", told.text);
    for other in [&ana.browser, &elsewhere] {
        other.get("/ana").await.leads_to("/sign-in?next=/ana");
    }
    ben.get("/ben").await.status(200);
    app.browser().signs_in("ana@example.com", PASSWORD).await.status(422);
    app.browser().signs_in("ana@example.com", NEW).await.leads_to("/");
}

async fn an_unknown_address_is_answered_like_a_known_one(app: TestApp) {
    app.somebody("Ana").await;
    let known = app.browser().forgets("ana@example.com").await;
    let unknown = app.browser().forgets("nobody@example.com").await;
    assert_eq!(
        (known.status, known.location(), &known.body),
        (unknown.status, unknown.location(), &unknown.body)
    );
    // The browser keeps, sealed, where the letter went.
    let kept = |answer: &Answer| -> Vec<String> {
        answer.cookies().into_iter().filter_map(|one| Some(one.split_once('=')?.0.to_owned())).collect()
    };
    assert_eq!(kept(&known), kept(&unknown));
    for name in known.headers.keys().filter(|name| !["set-cookie", "x-request-id"].contains(&name.as_str())) {
        assert_eq!(known.headers.get(name), unknown.headers.get(name), "{name}");
    }
    assert_eq!(known.headers.len(), unknown.headers.len());
    let letter = app.letter_to("nobody@example.com").await;
    assert_eq!(letter.subject, "No account with this email");
    assert!(!letter.text.contains("/reset-password/"), "{}", letter.text);
    app.browser().forgets("no address").await.status(422).says("value=\"no address\"");
}

async fn a_link_works_once_and_for_an_hour(app: TestApp) {
    app.somebody("Ana").await;
    let late = reset_link(&app).await;
    app.clock.advance(Span::hours(1));
    let browser = app.browser();
    browser.get(&format!("/reset-password/{late}")).await.status(410).says("This link is no longer valid");
    browser.resets(&late, NEW).await.status(410);
    let token = reset_link(&app).await;
    let before = app.everything().await;
    for _ in 0..3 {
        app.browser().get(&format!("/reset-password/{token}")).await.status(200);
    }
    assert_eq!(app.everything().await, before, "opening it changes nothing");
    app.clock.advance(Span::minutes(59));
    browser.resets(&token, NEW).await.leads_to("/");
    app.browser().resets(&token, "nine red kettles").await.status(410);
    app.browser().signs_in("ana@example.com", NEW).await.leads_to("/");
}

async fn of_many_uses_of_one_link_one_wins(app: TestApp) {
    app.somebody("Ana").await;
    for n in 0..5 {
        app.clock.advance(Span::hours(2));
        let token = reset_link(&app).await;
        let passwords: Vec<_> = (0..4).map(|i| format!("number {n} of lantern {i}")).collect();
        let browsers: Vec<_> = (0..4).map(|_| app.browser()).collect();
        let tries =
            browsers.iter().zip(&passwords).map(|(browser, password)| browser.resets(&token, password));
        let answers = join_all(tries).await;
        let won: Vec<_> = (0..4).filter(|i| answers[*i].status == 303).collect();
        assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        app.browser().signs_in("ana@example.com", &passwords[won[0]]).await.leads_to("/");
    }
}

async fn a_reset_waits_for_what_changes_the_account(app: TestApp) {
    let (ana, browser) = (app.somebody("Ana").await, app.browser());
    let token = reset_link(&app).await;
    let mut change = app.change_outside_tenancy().await.unwrap();
    assert!(sessions::lock(&mut change, ana.id).await.unwrap());
    // As a new password does.
    let changes = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let void = change.query("DELETE FROM password_resets WHERE user_id = $1").bind(ana.id);
        void.execute().await.unwrap();
        change.commit().await.unwrap();
    };
    join(browser.resets(&token, NEW), changes).await.0.status(410);
    app.browser().signs_in(&ana.email, PASSWORD).await.leads_to("/");
}

async fn a_new_password_kills_the_other_links(app: TestApp) {
    app.somebody("Ana").await;
    let (first, second) = (reset_link(&app).await, reset_link(&app).await);
    assert_ne!(first, second);
    app.browser().resets(&second, NEW).await.leads_to("/");
    app.browser().resets(&first, "nine red kettles").await.status(410);
    app.browser().signs_in("ana@example.com", NEW).await.leads_to("/");
}

async fn a_bad_password_is_told_and_costs_nothing(app: TestApp) {
    let ana = app.somebody("Ana Novak").await;
    app.browser().forgets(&ana.email).await.status(303);
    let token = app.link_for(&ana.email, "/reset-password/").await;
    let browser = app.browser();
    for (bad, why) in [
        ("short", "Use at least 8 characters."),
        ("password1", "Too common"),
        ("ana.novak", "isn't your name or email"),
    ] {
        browser.resets(&token, bad).await.status(422).says(why).hides(&format!("value=\"{bad}\""));
    }
    browser.resets(&token, NEW).await.leads_to("/");
}

async fn the_page_says_where_the_link_went(app: TestApp) {
    app.somebody("Ana").await;
    // Whether or not the address has an account.
    for email in ["ana@example.com", "nobody@example.com"] {
        let browser = app.browser();
        browser.post("/api/accounts/forgot_password", &[("email", email)]).await.status(303);
        let page = browser.get("/forgot-password/sent").await.status(200).says("Send again");
        page.says(&format!("We sent a link to <strong>{email}</strong>"));
        assert!(!browser.cookie("studio-reset-sent").unwrap().contains("example"));
    }
    let stranger = app.browser();
    stranger.get("/forgot-password/sent").await.status(200).hides("example.com").hides("Send again");
    stranger.keep("studio-reset-sent", "bm90IHNlYWxlZA");
    stranger.get("/forgot-password/sent").await.status(200).hides("Send again");
}
