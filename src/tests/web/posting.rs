//! A form that failed leads back to its page, where what was typed is; a form that is sent twice does the
//! thing once.

use super::{Answer, Browser, Org, PASSWORD, Person, TestApp, both_databases, encode, with};
use crate::{
    role::Role,
    tests::support::{assert_absent, cut_off},
    time::Span,
};
use axum::http::Method;
use futures_util::future::join_all;

both_databases!(
    a_form_that_failed_leads_back_to_its_page,
    a_visitor_finds_what_was_typed,
    a_script_is_answered_at_once,
    nobody_else_finds_what_was_typed,
    what_is_kept_is_bounded,
    a_person_keeps_no_more_in_many_browsers,
    an_address_keeps_no_more_than_it_may,
    a_secret_is_there_for_a_minute,
    a_form_that_is_sent_twice_does_the_thing_once,
    a_form_goes_on_when_nobody_waits_for_it,
    a_form_that_failed_may_be_sent_again,
    other_forms_of_the_same_page_are_others,
    a_page_acts_for_the_person_it_was_made_for,
);

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

/// Posts a form and stays where that leads.
async fn posts(browser: &Browser, action: &str, fields: &[(&str, &str)]) -> Answer {
    browser.send_only(browser.form(&format!("/api/{action}")), encode(fields)).await
}

/// Posts a form that fails, and tells the page it leads back to.
async fn fails(browser: &Browser, action: &str, fields: &[(&str, &str)]) -> String {
    let answer = posts(browser, action, fields).await.status(303);
    answer.location().unwrap().to_owned()
}

async fn kept(app: &TestApp) -> usize {
    app.rows("posted_forms", "1 = 1").await.len()
}

async fn prompts(org: &Org) -> i64 {
    org.count("SELECT count(*) FROM prompts WHERE org_id = $1").await
}

async fn a_form_that_failed_leads_back_to_its_page(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let page = "/acme/prompts/new?folder=";
    let fields = [("page", page), ("org", "acme"), ("name", "a/b"), ("kind", "chat")];
    let back = fails(&ana, "prompts/create", &fields).await;
    assert!(back.starts_with("/acme/prompts/new?folder=&posted="), "{back}");
    // As often as it is loaded, with the page's own address in its form.
    for _ in 0..2 {
        let shown = ana.get(&back).await.status(422).says("value=\"a/b\"").says("aria-invalid=\"true\"");
        assert!(!shown.body.contains("posted="), "{shown}");
    }
    ana.get("/acme/prompts/new").await.status(200).hides("a/b");
    // It is for this page, and not for ever.
    let name = back.rsplit_once("posted=").unwrap().1;
    ana.get(&format!("/acme/prompts/folders/new?posted={name}")).await.status(200).hides("a/b");
    app.clock.advance(Span::minutes(10));
    ana.get(&back).await.status(200).hides("a/b");
    // Where the form does not name its page, the browser does.
    let from = with(ana.form("/api/prompts/create"), "referer", &format!("{}{back}", super::BASE));
    let again = ana.send_only(from, encode(&fields[1..])).await.status(303);
    assert_eq!(again.location().unwrap().matches("posted=").count(), 1, "{again}");
}

async fn a_visitor_finds_what_was_typed(app: TestApp) {
    let browser = app.browser();
    let fields =
        [("page", "/sign-up"), ("name", "Ana"), ("email", "no address"), ("password", "secret words")];
    let back = fails(&browser, "accounts/sign_up", &fields).await;
    browser.get(&back).await.status(422).says("value=\"no address\"").hides("secret words");
    assert_absent(&app.everything().await, b"no address");
    // Signed in, the browser is at another session.
    let ana = app.somebody("Ana").await;
    browser.keep("studio", &ana.cookie("studio").unwrap());
    let shown = browser.get(&back).await;
    assert!(shown.status != 422 && !shown.body.contains("no address"), "{shown}");
}

async fn a_script_is_answered_at_once(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", "a/b"), ("kind", "chat")];
    let in_place = with(ana.form("/api/prompts/create"), "x-in-place", "1");
    ana.send(in_place, encode(&fields)).await.status(422).says("value=\"a/b\"");
    assert_eq!(kept(&app).await, 0);
}

async fn nobody_else_finds_what_was_typed(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = acme.has("Ben", Role::Editor).await;
    let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", "a/b"), ("kind", "chat")];
    let back = fails(&ana, "prompts/create", &fields).await;
    ben.get(&back).await.status(200).hides("a/b");
    // Not with the browser's cookie either, which is not the session; nor with the session alone.
    ben.keep("studio-form", &ana.cookie("studio-form").unwrap());
    ben.get(&back).await.status(200).hides("a/b");
    let elsewhere = ana.copy();
    elsewhere.keep("studio-form", &"x".repeat(43));
    elsewhere.get(&back).await.status(200).hides("a/b");
    ana.get(&back).await.status(422);
}

async fn what_is_kept_is_bounded(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", "a/b"), ("kind", "chat")];
    let first = fails(&ana, "prompts/create", &fields).await;
    for _ in 0..12 {
        app.clock.advance(Span::seconds(1));
        fails(&ana, "prompts/create", &fields).await;
    }
    assert_eq!(kept(&app).await, 8);
    ana.get(&first).await.status(200);
    let long = "x".repeat(100_000);
    let typed = [("page", "/sign-up"), ("name", long.as_str()), ("email", "x"), ("password", PASSWORD)];
    let back = fails(&app.browser(), "accounts/sign_up", &typed).await;
    assert!(back.starts_with("/sign-up?posted="));
    let rows = app.rows("posted_forms", "session_id IS NULL").await;
    assert!(rows.len() == 1 && rows[0].len() < 10_000, "{} bytes", rows[0].len());
}

async fn a_person_keeps_no_more_in_many_browsers(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let long = "x".repeat(100_000);
    let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", long.as_str()), ("kind", "chat")];
    let mut last = (ana.browser.clone(), String::new());
    for n in 0..30 {
        app.clock.advance(Span::seconds(1));
        // Another browser, as it says, and another session now and then.
        let browser = if n % 2 == 0 { ana.copy() } else { app.browser_of(ana.id).await };
        browser.keep("studio-form", &format!("{n:0>43}"));
        let back = fails(&browser, "prompts/create", &fields).await;
        assert!(back.contains("posted="), "{back}");
        last = (browser, back);
    }
    let bytes: usize = app.rows("posted_forms", "1 = 1").await.iter().map(String::len).sum();
    assert!(bytes < 3 * 1024 * 1024 && kept(&app).await <= 10, "{bytes} bytes of {}", kept(&app).await);
    last.0.get(&last.1).await.status(422);
    // Another person's are theirs.
    let ben = app.somebody("Ben").await;
    let back = fails(&ben, "organizations/create", &[("page", "/new"), ("name", ""), ("slug", "x")]).await;
    app.clock.advance(Span::seconds(1));
    fails(&ana, "prompts/create", &fields).await;
    ben.get(&back).await.status(422);
}

async fn an_address_keeps_no_more_than_it_may(app: TestApp) {
    let browser = app.browser();
    for action in ["accounts/sign_in", "accounts/sign_up", "accounts/reset_password", "accounts/confirm"] {
        for n in 0..20 {
            browser.keep("studio-form", &format!("{action:0>41}{n:0>2}").replace('/', "0"));
            let typed =
                [("page", "/sign-in"), ("email", "x"), ("name", ""), ("password", "x"), ("token", "x")];
            // It is shown all the same.
            let answer = browser.post(&format!("/api/{action}"), &typed).await;
            assert!(matches!(answer.status, 409 | 422), "{action}: {answer}");
        }
    }
    assert_eq!(kept(&app).await, 60);
}

async fn a_secret_is_there_for_a_minute(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let page = ("page", "/acme/settings/api-keys/new");
    let fields = [page, ("org", "acme"), ("name", "Robot"), ("preset", "runtime"), ("expires", "never")];
    let back = fails(&ana, "api_keys/create", &[&fields[..], &[("password", PASSWORD)]].concat()).await;
    assert!(back.starts_with("/acme/settings/api-keys/new?posted="), "{back}");
    for _ in 0..2 {
        ana.get(&back).await.status(200).says("ps_").has("cache-control", "no-store");
    }
    let page = ana.get(&back).await.body;
    let sign = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let letters = |text: &str| text.chars().take_while(sign).collect::<String>();
    let key = page.split("ps_").skip(1).map(letters).max_by_key(String::len).unwrap();
    assert!(key.len() > 20, "{key}");
    assert_absent(&app.everything().await, key.as_bytes());
    app.clock.advance(Span::minutes(1));
    ana.get(&back).await.status(200).hides(&key);
}

async fn a_form_that_is_sent_twice_does_the_thing_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let form = ana.get("/acme/prompts/new").await.status(200);
    let once = form.body.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", "Triage"), ("kind", "chat")];
    let fields = [&fields[..], &[("once", once)]].concat();
    let answers = join_all((0..4).map(|_| posts(&ana, "prompts/create", &fields))).await;
    let led: Vec<_> = answers.iter().map(|answer| answer.location().unwrap_or_default()).collect();
    assert!(led.iter().all(|to| to.starts_with("/acme/prompts/") && *to == led[0]), "{led:?}");
    assert!(!led[0].contains("new"), "{led:?}");
    assert_eq!(prompts(&acme).await, 1);
    let told = answers.iter().filter(|answer| answer.cookies().concat().contains("sent-twice")).count();
    assert_eq!(told, 3);
    ana.get(led[0]).await.status(200).says("the form was sent twice");
    // A secret that one of them was answered with is what the other leads to.
    let key = [("page", "/acme/settings/api-keys/new"), ("org", "acme"), ("name", "Robot"), ("once", "1")];
    let key = [&key[..], &[("preset", "runtime"), ("expires", "never"), ("password", PASSWORD)]].concat();
    let (first, other) =
        (fails(&ana, "api_keys/create", &key).await, fails(&ana, "api_keys/create", &key).await);
    assert_eq!(first, other);
    assert_eq!(acme.count("SELECT count(*) FROM api_keys WHERE org_id = $1").await, 1);
    ana.get(&other).await.status(200).says("ps_");
}

async fn a_form_goes_on_when_nobody_waits_for_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for polls in [1, 2, 3, 5, 8, 13, 21] {
        let name = format!("Prompt {polls}");
        let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", &name), ("kind", "chat")];
        let fields = [&fields[..], &[("once", "x")]].concat();
        // The first click is given up for the second.
        cut_off(posts(&ana, "prompts/create", &fields), polls).await;
        let led = posts(&ana, "prompts/create", &fields).await.status(303);
        assert!(!led.location().unwrap().contains("posted="), "{led}");
    }
    assert_eq!(prompts(&acme).await, 7);
}

async fn a_form_that_failed_may_be_sent_again(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", "Triage"), ("once", "x")];
    let wrong = [&fields[..], &[("kind", "poem")]].concat();
    for _ in 0..2 {
        assert!(fails(&ana, "prompts/create", &wrong).await.contains("posted="));
    }
    let right = [&fields[..], &[("kind", "chat")]].concat();
    posts(&ana, "prompts/create", &right).await.status(303);
    assert_eq!(prompts(&acme).await, 1);
}

async fn other_forms_of_the_same_page_are_others(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = acme.has("Ben", Role::Editor).await;
    let makes = async |who: &Person, name: &str, once: &str| {
        let fields = [("page", "/acme/prompts/new"), ("org", "acme"), ("name", name), ("kind", "chat")];
        posts(who, "prompts/create", &[&fields[..], &[("once", once)]].concat()).await.status(303)
    };
    makes(&ana, "One", "x").await;
    // A page that came back from the browser's memory has its number still.
    makes(&ana, "Two", "x").await;
    assert_eq!(prompts(&acme).await, 2);
    // Somebody else's is not the same, and neither is it after a while.
    let taken = makes(&ben, "Two", "x").await;
    assert!(taken.location().unwrap().contains("posted="), "{taken}");
    app.clock.advance(Span::minutes(11));
    assert!(makes(&ana, "Two", "x").await.location().unwrap().contains("posted="));
}

async fn a_page_acts_for_the_person_it_was_made_for(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = acme.has("Ben", Role::Editor).await;
    let (page, says) =
        ("/acme/prompts/new", "You're now signed in as Ben, but someone else opened this page");
    ana.get(page).await.status(200).says(&format!("data-person=\"{}\"", ana.id));
    let fields = [("page", page), ("org", "acme"), ("name", "Triage"), ("kind", "chat")];
    let sends = async |browser: &Browser, whose: &Person| {
        let form = with(browser.form("/api/prompts/create"), "x-in-place", "1");
        browser.send_only(with(form, "x-person", &whose.id.to_string()), encode(&fields)).await
    };
    // Ben has signed in on her browser, where her page is still open.
    sends(&ben.browser, &ana).await.status(412).says(says);
    let again = with(ben.asks(Method::GET, page), "x-person", &ana.id.to_string());
    ben.send_only(again, "").await.status(412).says(says);
    assert_eq!(prompts(&acme).await, 0);
    sends(&ben.browser, &ben).await.status(303);
    // What she types there once he has signed out is not kept for him.
    let shared = app.browser();
    shared.signs_in(&ben.email, PASSWORD).await.status(303);
    shared.post("/api/accounts/sign_out", &[]).await.status(303);
    sends(&shared, &ana).await.status(412).says("Someone else has signed in on this browser");
    assert_eq!((kept(&app).await, prompts(&acme).await), (0, 1));
}
