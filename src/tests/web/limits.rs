//! How often something may be tried, as people meet it.

use super::{PASSWORD, TestApp, both_databases, with};
use crate::{role::Role, time::Span, web::client};
use axum::{
    body::Body,
    http::{Method, Request},
};

both_databases!(
    signing_in_is_limited_by_address_and_says_when,
    guessing_locks_nobody_out_of_a_known_device,
    every_door_is_limited,
    the_proxy_is_believed_only_where_one_is_configured,
    a_known_device_is_nobody_elses,
);

async fn signing_in_is_limited_by_address_and_says_when(app: TestApp) {
    app.somebody("Ana").await;
    let browser = app.browser();
    // What is no address at all costs no hash, and counts as well.
    for _ in 0..20 {
        browser.signs_in("nonsense", "wrong one").await.status(422);
    }
    let answer = browser.signs_in("ana@example.com", PASSWORD).await.status(429);
    let answer =
        answer.says("Too many attempts. Try again in ").says("value=\"ana@example.com\"").hides(PASSWORD);
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{answer}");
    // Other addresses, and other functions, go on.
    app.browser().signs_in("ana@example.com", PASSWORD).await.status(303);
    browser.get("/sign-in").await.status(200);
    app.clock.advance(Span::seconds(7));
    browser.signs_in("ana@example.com", PASSWORD).await.status(303);
}

async fn guessing_locks_nobody_out_of_a_known_device(app: TestApp) {
    let ana = app.browser();
    app.somebody("Ana").await;
    ana.signs_in("ana@example.com", PASSWORD).await.status(303);
    ana.post("/api/accounts/sign_out", &[]).await.status(303);
    // Others guess, from many places.
    for _ in 0..5 {
        app.browser().signs_in("ana@example.com", "wrong one").await.status(422);
    }
    // Now a browser that is none of her devices has to wait, even with the right password.
    app.browser().signs_in("ana@example.com", PASSWORD).await.status(429).says("Too many attempts.");
    app.browser().signs_in(" ANA@example.com", PASSWORD).await.status(429);
    ana.signs_in("ana@example.com", PASSWORD).await.status(303);
    // It is the same for an address without an account: nothing is told.
    for _ in 0..5 {
        app.browser().signs_in("nobody@example.com", "wrong one").await.status(422);
    }
    app.browser().signs_in("nobody@example.com", "wrong one").await.status(429);
    app.clock.advance(Span::minutes(15));
    app.browser().signs_in("ana@example.com", PASSWORD).await.status(303);
}

async fn a_known_device_is_nobody_elses(app: TestApp) {
    let (browser, thief) = (app.browser(), app.browser());
    app.somebody("Ana").await;
    app.somebody("Ben").await;
    browser.signs_in("ana@example.com", PASSWORD).await.status(303);
    thief.signs_in("ben@example.com", PASSWORD).await.status(303);
    thief.post("/api/accounts/sign_out", &[]).await.status(303);
    for _ in 0..5 {
        thief.signs_in("ana@example.com", "wrong one").await.status(422);
    }
    thief.signs_in("ana@example.com", PASSWORD).await.status(429);
    // Nor is one made up, or one of another studio.
    for made_up in ["x", "AAAA", &"A".repeat(200)] {
        let browser = app.browser();
        browser.keep("studio-device", made_up);
        browser.signs_in("ana@example.com", PASSWORD).await.status(429);
    }
    let device = browser.cookie("studio-device").unwrap();
    let copy = app.browser();
    copy.keep("studio-device", &device);
    copy.signs_in("ana@example.com", PASSWORD).await.status(303);
}

async fn every_door_is_limited(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let nothing = "x".repeat(43);
    for (function, fields) in [
        ("accounts/sign_in", vec![("email", "x"), ("password", "x")]),
        ("accounts/sign_up", vec![("name", ""), ("email", "x"), ("password", "x")]),
        ("accounts/confirm", vec![("token", nothing.as_str())]),
        ("accounts/forgot_password", vec![("email", "x")]),
        ("accounts/reset_password", vec![("token", nothing.as_str()), ("password", "x")]),
        ("accounts/prove_second_factor", vec![("code", "x")]),
        ("invitations/join", vec![("token", nothing.as_str()), ("name", "x"), ("password", "x")]),
        ("invitations/decline", vec![("token", nothing.as_str())]),
        ("invitations/invite", vec![("org", "acme"), ("emails", "x"), ("role", "viewer")]),
        ("invitations/resend", vec![("org", "acme"), ("invitation", "x")]),
        ("organizations/create", vec![("name", ""), ("slug", "x")]),
        ("account/confirm_address", vec![("token", nothing.as_str())]),
        ("members/set_role", vec![("org", "acme"), ("user", "x"), ("role", "x")]),
        ("invitations/accept", vec![("token", nothing.as_str())]),
    ] {
        let statuses = {
            let mut statuses = Vec::new();
            for _ in 0..400 {
                let status = ana.call(&format!("/api/{function}"), &fields).await.status;
                statuses.push(status);
                if status == 429 {
                    break;
                }
            }
            statuses
        };
        assert_eq!(statuses.last(), Some(&429), "{function} was called {} times", statuses.len());
        assert!(statuses.len() > 5, "{function} is limited at once");
    }
    // A person has one count wherever they are, where it matters.
    let elsewhere = app.browser_of(ana.id).await;
    let mut status = 0;
    // There may be room for one more by now, but not for many.
    for _ in 0..5 {
        if status != 429 {
            status = elsewhere.call("/api/invitations/accept", &[("token", &nothing)]).await.status;
        }
    }
    assert_eq!(status, 429);
    assert_eq!(acme.role_of(&ana).await, Some(Role::Owner));
}

async fn the_proxy_is_believed_only_where_one_is_configured(app: TestApp) {
    let forged = async |app: &TestApp, browser: &crate::tests::support::Browser, n: usize| {
        let form = with(
            browser.at(app).form("/api/accounts/sign_in"),
            "x-forwarded-for",
            &format!("192.0.2.{n}, 198.51.100.{n}"),
        );
        let form = with(form, "accept", "application/json");
        browser.at(app).send(form, "email=nonsense&password=x").await.status
    };
    let browser = app.browser();
    let mut last = 0;
    for n in 0..21 {
        last = forged(&app, &browser, n).await;
    }
    assert_eq!(last, 429, "the header says nothing");
    let behind = app.another(|config| config.client_ip_header = Some("x-forwarded-for".into())).await;
    for n in 0..25 {
        assert_eq!(forged(&behind, &browser, n).await, 422, "each comes from elsewhere");
    }
    // What the client itself put before the proxy's word counts for nothing.
    let mut last = 0;
    for n in 0..21 {
        let form = with(
            browser.at(&behind).form("/api/accounts/sign_in"),
            "x-forwarded-for",
            &format!("192.0.2.{n}, 203.0.113.1"),
        );
        let form = with(form, "accept", "application/json");
        last = browser.at(&behind).send(form, "email=nonsense&password=x").await.status;
    }
    assert_eq!(last, 429);
    // Of several lines the last one is the proxy's.
    let mut request = Request::builder();
    for line in ["192.0.2.1", "198.51.100.2, [2001:db8::7]:443"] {
        request = request.header("x-forwarded-for", line);
    }
    let told = client::client(&behind, &request.body(Body::empty()).unwrap());
    assert_eq!(told.ip, Some("2001:db8::7".parse().unwrap()));
    let get = browser.at(&behind).asks(Method::GET, "/sign-in");
    browser.at(&behind).send(with(get, "x-forwarded-for", "garbage"), "").await.status(200);
}
