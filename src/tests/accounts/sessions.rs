//! Signing in and out, and the session between.

use super::{BASE, Browser, PASSWORD, TestApp, both_databases, encode, eventually, with};
use crate::time::Span;
use futures_util::future::join_all;

both_databases!(
    a_wrong_password_and_an_unknown_address_are_answered_alike,
    signing_in_rotates_the_id,
    the_id_before_is_good_for_what_is_under_way,
    a_planted_cookie_is_not_adopted,
    signing_out_kills_the_session,
    a_session_ends_without_use,
    a_session_ends_in_any_case,
    the_cookie_is_bound_to_the_host,
    what_comes_next_never_leaves_the_site,
    signed_out_people_come_back_to_where_they_were,
    old_hashes_are_renewed_at_sign_in,
    several_sign_in_at_once_with_an_old_hash,
    garbage_in_the_cookie_is_nobody,
);

async fn a_wrong_password_and_an_unknown_address_are_answered_alike(app: TestApp) {
    app.somebody("Ana").await;
    let browser = app.browser();
    let wrong = browser.signs_in("ana@example.com", "not her password").await.status(422);
    for (unknown, password) in [("ben@example.com", "whatever it is"), ("ben@example.com", PASSWORD)] {
        let answer = browser.signs_in(unknown, password).await.status(422);
        assert_eq!(
            answer.stable_body().replace(unknown, "X"),
            wrong.stable_body().replace("ana@example.com", "X")
        );
        assert_eq!(answer.headers.len(), wrong.headers.len());
    }
    wrong.says("Wrong email or password.").hides("not her password");
    browser.signs_in("no address", PASSWORD).await.status(422).says("Wrong email or password");
    browser.signs_in("ana@example.com", &"x".repeat(100_000)).await.status(422);
    assert_eq!(browser.cookie("studio"), None);
}

async fn signing_in_rotates_the_id(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let (before, thief) = (ana.cookie("studio").unwrap(), ana.copy());
    ana.signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    assert_ne!(ana.cookie("studio").unwrap(), before);
    ana.get("/ana").await.status(200);
    // The session before is gone, not only forgotten.
    thief.get("/ana").await.leads_to("/sign-in?next=/ana");
    assert_eq!(app.rows("sessions", "1 = 1").await.len(), 1);
    // So it is when what the session may do grows.
    let before = ana.cookie("studio").unwrap();
    ana.creates("Acme").await;
    assert_ne!(ana.cookie("studio").unwrap(), before);
    ana.get("/acme").await.status(200);
}

async fn the_id_before_is_good_for_what_is_under_way(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.clock.advance(Span::minutes(20));
    let before = ana.copy();
    ana.call("/api/account/begin_two_factor", &[("password", PASSWORD)]).await.status(200);
    assert_ne!(ana.cookie("studio"), before.cookie("studio"));
    // A page that was asked for before is answered, and the answer takes no cookie away.
    let answer = before.get("/account/closure").await.status(200);
    assert_eq!(answer.cookies(), Vec::<String>::new());
    // The password entered counts for whoever has the fresh id alone.
    answer.says("type=\"password\"");
    ana.get("/account/closure").await.status(200).hides("type=\"password\"");
    before
        .call("/api/account/begin_two_factor", &[])
        .await
        .status(422)
        .says("Enter your password to continue.");
    app.clock.advance(Span::seconds(11));
    before.get("/account").await.leads_to("/sign-in?next=/account");
    ana.get("/account").await.status(200);
}

async fn a_planted_cookie_is_not_adopted(app: TestApp) {
    app.somebody("Ana").await;
    let (browser, planted) = (app.browser(), tower_sessions::session::Id::default().to_string());
    browser.keep("studio", &planted);
    browser.get("/sign-in").await.status(200);
    browser.signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    assert_ne!(browser.cookie("studio").unwrap(), planted);
    let mallory = app.browser();
    mallory.keep("studio", &planted);
    mallory.get("/ana").await.leads_to("/sign-in?next=/ana");
}

async fn signing_out_kills_the_session(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let (thief, elsewhere) = (ana.copy(), app.browser_of(ana.id).await);
    let answer = ana.post("/api/accounts/sign_out", &[]).await.leads_to("/sign-in");
    assert!(answer.cookies().iter().any(|cookie| cookie.starts_with("studio=;")), "{answer}");
    assert_eq!(ana.cookie("studio"), None);
    ana.get("/sign-in").await.says("You're signed out");
    thief.get("/ana").await.leads_to("/sign-in?next=/ana");
    elsewhere.get("/ana").await.status(200);
    // A second time is no error.
    thief.post("/api/accounts/sign_out", &[]).await.leads_to("/sign-in");
}

async fn a_session_ends_without_use(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.clock.advance(Span(Span::days(14).0 - 60_000));
    let idle = app.browser_of(ana.id).await;
    ana.get("/ana").await.status(200);
    // That visit counts, once it has been written down.
    let seen = format!("seen_at > {}", (app.clock.now() - Span::hours(1)).0);
    eventually("the visit to be noted", async || {
        (app.rows("sessions", &seen).await.len() == 2).then_some(())
    })
    .await;
    app.clock.advance(Span(Span::days(14).0 - 60_000));
    ana.get("/ana").await.status(200);
    app.clock.advance(Span::minutes(2));
    idle.get("/ana").await.leads_to("/sign-in?next=/ana");
    app.clock.advance(Span::days(14));
    ana.get("/ana").await.leads_to("/sign-in?next=/ana");
}

async fn a_session_ends_in_any_case(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for _ in 0..8 {
        app.clock.advance(Span::days(11));
        ana.get("/ana").await.status(200);
        let now = app.clock.now();
        // As if the visit had been noted.
        app.execute(&format!("UPDATE sessions SET seen_at = {}", now.0)).await;
    }
    app.clock.advance(Span(Span::days(2).0 - 60_000));
    ana.get("/ana").await.status(200);
    app.clock.advance(Span::minutes(2));
    ana.get("/ana").await.leads_to("/sign-in?next=/ana");
}

async fn the_cookie_is_bound_to_the_host(app: TestApp) {
    app.somebody("Ana").await;
    let answer = app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    let cookie = answer.cookies().into_iter().find(|cookie| cookie.starts_with("studio=")).unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    let secure = app.another(|config| config.base_url = "https://studio.test".parse().unwrap()).await;
    let browser = secure.browser();
    let request = with(browser.form("/api/accounts/sign_in"), "origin", "https://studio.test");
    let fields = encode(&[("email", "ana@example.com"), ("password", PASSWORD)]);
    let answer = browser.send(request, fields).await.leads_to("/");
    for cookie in answer.cookies() {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    browser
        .get("/ana")
        .await
        .status(200)
        .has("strict-transport-security", "max-age=63072000; includeSubDomains");
    assert!(app.browser().get("/sign-in").await.header("strict-transport-security").is_none());
}

const FOREIGN: &[&str] = &[
    "//evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.test",
    "/\n/evil.test",
    "\t//evil.test",
    " //evil.test",
    "///evil.test",
    "evil.test",
    "http://localhost:3000@evil.test/",
    "/%0d%0aSet-Cookie:x=1\r\nX: y",
    "",
];

async fn what_comes_next_never_leaves_the_site(app: TestApp) {
    app.somebody("Ana").await;
    for next in FOREIGN {
        let encoded = encode(&[("next", next)]);
        let page = app.browser().get(&format!("/sign-in?{encoded}")).await.status(200);
        let page = page.says("name=\"next\" value=\"\"");
        // The form says where it stands, which is this page, as it was asked for.
        assert!(!page.body.replace(&format!("/sign-in?{encoded}"), "").contains("evil.test"), "{page}");
        let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", next)];
        let browser = app.browser();
        browser.post("/api/accounts/sign_in", &fields).await.leads_to("/");
        let answer = browser.get(&format!("/sign-in?{encoded}")).await.leads_to("/");
        assert_eq!(answer.cookies().iter().filter(|cookie| cookie.contains("x=1")).count(), 0);
        browser.post("/api/accounts/sign_out", &[("next", next)]).await.leads_to("/sign-in");
        // Nor does the page that a failed form is shown on.
        let fields = [("page", *next), ("email", "ana@example.com"), ("password", "wrong one")];
        let answer = app.browser().post("/api/accounts/sign_in", &fields).await;
        assert!(answer.location().is_none_or(|to| to.starts_with('/') && !to.starts_with("//")), "{answer}");
        answer.hides("evil.test");
    }
    // Encoded once more they are paths of this site that lead nowhere.
    for next in ["/%2f%2fevil.test", "/%5cevil.test"] {
        let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", next)];
        let browser = app.browser();
        browser.post("/api/accounts/sign_in", &fields).await.leads_to(next);
        browser.get(next).await.status(404);
    }
}

async fn signed_out_people_come_back_to_where_they_were(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let page = "/ana/settings/members?search=a%26b";
    let next = "/sign-in?next=/ana/settings/members%3Fsearch%3Da%2526b";
    let browser = app.browser();
    browser.get(page).await.leads_to(next);
    browser.get(next).await.status(200).says("value=\"/ana/settings/members?search=a%26b\"");
    let fields = [("email", ana.email.as_str()), ("password", PASSWORD), ("next", page)];
    browser.post("/api/accounts/sign_in", &fields).await.leads_to(page);
    browser.get(next).await.leads_to(page);
    assert!(BASE.starts_with("http://"), "the links above are of this host");
}

async fn old_hashes_are_renewed_at_sign_in(app: TestApp) {
    app.somebody("Ana").await;
    app.execute(&format!("UPDATE users SET password_hash = '{}'", weak_hash())).await;
    let weak = app.rows("users", "password_hash LIKE '%m=8,%'").await;
    assert_eq!(weak.len(), 1);
    app.browser().signs_in("ana@example.com", "another one").await.status(422);
    assert_eq!(app.rows("users", "1 = 1").await, weak);
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    assert_eq!(app.rows("users", "password_hash LIKE '%m=19456,t=2,p=1%'").await.len(), 1);
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
}

async fn several_sign_in_at_once_with_an_old_hash(app: TestApp) {
    app.somebody("Ana").await;
    app.execute(&format!("UPDATE users SET password_hash = '{}'", weak_hash())).await;
    let browsers: Vec<_> = (0..4).map(|_| app.browser()).collect();
    for answer in join_all(browsers.iter().map(|one| one.signs_in("ana@example.com", PASSWORD))).await {
        answer.leads_to("/");
    }
    for browser in browsers {
        browser.get("/ana").await.status(200);
    }
    assert_eq!(app.rows("users", "password_hash LIKE '%m=19456,t=2,p=1%'").await.len(), 1);
}

/// A hash of the password by parameters that were never good enough.
fn weak_hash() -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::SaltString};
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    let salt = SaltString::encode_b64(b"sixteen bytes 16").unwrap();
    weak.hash_password(PASSWORD.as_bytes(), &salt).unwrap().to_string()
}

async fn garbage_in_the_cookie_is_nobody(app: TestApp) {
    app.somebody("Ana").await;
    for garbage in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "../../etc/passwd", "%00", &"A".repeat(4000)] {
        let browser: Browser = app.browser();
        browser.keep("studio", garbage);
        browser.get("/ana").await.leads_to("/sign-in?next=/ana");
        browser.get("/sign-in").await.status(200);
    }
}
