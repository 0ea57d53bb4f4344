//! The headers of every kind of answer.

use super::{Answer, PASSWORD, TestApp, both_databases, with};
use crate::role::Role;
use axum::http::Method;

both_databases!(
    every_answer_is_fenced_in,
    pages_of_the_app_run_only_scripts_of_their_own,
    pages_outside_the_app_have_no_script,
    somebody_signed_out_is_sent_to_sign_in_whatever_they_accept,
    nothing_of_a_person_is_kept_by_caches,
    pages_with_a_token_tell_no_referrer,
    public_pages_load_no_wasm,
    the_mailbox_is_for_development_only,
    files_of_the_site_are_kept_by_their_hash,
    signing_out_leaves_nothing_in_the_browser,
    letters_lead_to_the_configured_host_whatever_a_request_says,
);

/// One answer of each kind.
async fn one_of_each(app: &TestApp) -> Vec<(&'static str, Answer)> {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    let foreign = with(ana.form("/api/accounts/sign_out"), "sec-fetch-site", "cross-site");
    vec![
        ("a page", ana.get("/acme").await.status(200)),
        ("a public page", app.browser().get("/sign-in").await.status(200)),
        ("not found", ana.get("/nowhere").await.status(404)),
        ("no such file", ana.get("/pkg/x/nothing.css").await.status(404)),
        ("no such function", ana.post("/api/nothing", &[]).await.status(404)),
        ("forbidden", vic.get("/acme/settings/invitations").await.status(403)),
        ("gone", ana.get("/confirm/x").await.status(410)),
        ("a redirect", app.browser().get("/acme").await.status(302)),
        (
            "a form that went well",
            ana.post("/api/accounts/set_theme", &[("theme", "dark")]).await.status(303),
        ),
        ("a form that failed", app.browser().signs_in("x", "y").await.status(422)),
        ("an answer to a script", ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200)),
        ("an error to a script", vic.invites(&acme, "x@example.com", Role::Viewer).await.status(403)),
        ("a foreign form", ana.send(foreign, "").await.status(403)),
        ("a stream that is refused", app.browser().get("/acme/events").await.status(401)),
        ("healthz", app.browser().get("/healthz").await.status(200)),
        ("readyz", app.browser().get("/readyz").await.status(200)),
    ]
}

async fn signing_out_leaves_nothing_in_the_browser(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let answer = ana.post("/api/accounts/sign_out", &[]).await.status(303);
    assert_eq!(answer.header("clear-site-data"), Some("\"storage\""), "drafts that were not saved: {answer}");
    let answer = ana.post("/api/accounts/set_theme", &[("theme", "dark")]).await;
    assert_eq!(answer.header("clear-site-data"), None);
}

async fn every_answer_is_fenced_in(app: TestApp) {
    for (what, answer) in one_of_each(&app).await {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {what}: {answer}");
        }
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{what}: {answer}"));
        assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
        let referrer = answer.header("referrer-policy").unwrap();
        assert!(matches!(referrer, "same-origin" | "no-referrer"), "{what}: {referrer}");
        assert!(answer.header("permissions-policy").is_some(), "{what}");
        assert!(answer.header("server").is_none() && answer.header("x-powered-by").is_none(), "{what}");
    }
}

async fn pages_of_the_app_run_only_scripts_of_their_own(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.org("Acme", &ana).await;
    let mut nonces = std::collections::BTreeSet::new();
    let settings = ["general", "members", "invitations", "invitations/new"];
    let settings = settings.map(|page| format!("/acme/settings/{page}"));
    for page in ["/acme".to_owned(), "/new".to_owned()].into_iter().chain(settings) {
        let answer = ana.get(&page).await.status(200);
        let policy = answer.header("content-security-policy").unwrap();
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
        assert!(
            !scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'"),
            "{page}: {scripts}"
        );
        let nonce = scripts.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(nonce.len() >= 16, "{page}: {scripts}");
        assert!(nonces.insert(nonce.to_owned()), "{page}: a nonce was used twice");
        let tags: Vec<_> = answer
            .body
            .match_indices("<script")
            .map(|(at, _)| answer.body[at..].split('>').next().unwrap())
            .collect();
        assert!(!tags.is_empty(), "{page} has scripts");
        for tag in tags {
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{page}: {tag}");
        }
        for handler in [" onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!answer.body.contains(handler), "{page}: {handler}");
        }
        for part in ["base-uri 'none'", "form-action 'self'", "connect-src 'self'"] {
            assert!(policy.contains(part), "{page}: {policy}");
        }
    }
}

async fn pages_outside_the_app_have_no_script(app: TestApp) {
    let nobody = app.browser();
    for page in ["/sign-in", "/sign-up", "/forgot-password", "/confirm/x", "/invite/x", "/nowhere"] {
        assert!(!nobody.get(page).await.body.contains("<script"), "{page}");
    }
}

async fn somebody_signed_out_is_sent_to_sign_in_whatever_they_accept(app: TestApp) {
    for accepted in ["text/html", "*/*", "application/json"] {
        let mut request = app.browser().asks(Method::GET, "/acme/settings/members?role=admin");
        request.headers_mut().unwrap().insert("accept", accepted.parse().unwrap());
        let answer = app.browser().send(request, "").await.status(302);
        assert_eq!(
            answer.location(),
            Some("/sign-in?next=/acme/settings/members%3Frole%3Dadmin"),
            "{accepted}"
        );
    }
}

async fn nothing_of_a_person_is_kept_by_caches(app: TestApp) {
    for (what, answer) in one_of_each(&app).await.into_iter().filter(|(what, _)| *what != "no such file") {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    }
}

async fn pages_with_a_token_tell_no_referrer(app: TestApp) {
    let browser = app.browser();
    browser.signs_up("Ana", "ana@example.com").await.status(303);
    let token = app.link_for("ana@example.com", "/confirm/").await;
    for path in [format!("/confirm/{token}"), format!("/reset-password/{token}"), format!("/invite/{token}")]
    {
        browser.get(&path).await.has("referrer-policy", "no-referrer").has("cache-control", "no-store");
    }
    // The answer to a form on such a page is such a page.
    let page = format!("/confirm/{token}");
    let fields = [("page", page.as_str()), ("token", &token), ("password", "not it")];
    let answer = app.browser().post("/api/accounts/confirm", &fields).await.status(422);
    answer.has("referrer-policy", "no-referrer").hides("not it\"");
}

async fn public_pages_load_no_wasm(app: TestApp) {
    for path in
        ["/sign-in", "/sign-up", "/sign-up/sent", "/forgot-password", "/invite/x", "/confirm/x", "/nowhere"]
    {
        let answer = app.browser().get(path).await;
        assert!(
            !answer.body.contains(".wasm") && !answer.body.contains("prompt-studio.js"),
            "{path}: {}",
            answer.body
        );
    }
    let ana = app.somebody("Ana").await;
    ana.get("/ana").await.says(".wasm");
}

async fn the_mailbox_is_for_development_only(app: TestApp) {
    app.browser().signs_up("Ana", "ana@example.com").await.status(303);
    app.letter_to("ana@example.com").await;
    let list = app.browser().get("/dev/mailbox").await.status(200).says("Confirm your email");
    let letter = list.body.split("href=\"/dev/mailbox/").nth(1).unwrap().split('"').next().unwrap();
    app.browser().get(&format!("/dev/mailbox/{letter}")).await.status(200).says("/confirm/");
    app.browser().get("/sign-in").await.says("/dev/mailbox");
    let smtp = app.another(|config| config.smtp_url = Some("smtp://127.0.0.1:9".into())).await;
    for server in [app.without_mail().await, smtp] {
        let browser = server.browser();
        browser.get("/dev/mailbox").await.status(404).hides("Confirm your email");
        browser.get(&format!("/dev/mailbox/{letter}")).await.status(404);
        browser.get("/sign-in").await.hides("/dev/mailbox");
    }
}

async fn files_of_the_site_are_kept_by_their_hash(app: TestApp) {
    let (browser, css) = (app.browser(), app.web().assets.url("public.css"));
    let answer = browser.get(&css).await;
    assert_eq!(answer.status, 200, "the site is not built: run the tests by `cargo xtask test`");
    let answer = answer
        .has("cache-control", "public, max-age=31536000, immutable")
        .has("x-content-type-options", "nosniff");
    answer.has("content-type", "text/css; charset=utf-8").has("vary", "accept-encoding");
    let small = with(browser.asks(Method::GET, &css), "accept-encoding", "gzip, br");
    browser.send(small, "").await.status(200).has("content-encoding", "br");
    browser.get("/favicon.svg").await.status(200).has("content-type", "image/svg+xml");
    for path in
        ["/pkg/../Cargo.toml", "/pkg/%2e%2e/master.key", "/pkg/", "/pkg", "/favicon.svg/x", "/studio.db"]
    {
        let answer = browser.get(path).await;
        assert!(matches!(answer.status, 302 | 404), "{path}: {answer}");
    }
}

async fn letters_lead_to_the_configured_host_whatever_a_request_says(app: TestApp) {
    app.somebody("Ana").await;
    let browser = app.browser();
    let mut request = browser.form("/api/accounts/forgot_password");
    for (name, value) in
        [("host", "evil.test"), ("x-forwarded-host", "evil.test"), ("forwarded", "host=evil.test")]
    {
        request = with(request, name, value);
    }
    browser.send(request, "email=ana%40example.com").await.leads_to("/forgot-password/sent");
    let letter = app.letter_to("ana@example.com").await;
    assert!(
        letter.text.contains("http://localhost:3000/reset-password/") && !letter.text.contains("evil.test")
    );
    assert!(!letter.html.contains("evil.test") && !letter.html.contains(PASSWORD));
}
