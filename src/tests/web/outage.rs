//! The database is away: a plain answer that says so, and no more.

use super::{Answer, Browser, PASSWORD, TestApp, both_databases, eventually, with};
use crate::tests::support::Kind;
use axum::{
    body::Body,
    http::{Method, Request},
};

both_databases!(
    without_the_database_everything_says_so,
    without_the_database_services_go_on_as_long_as_is_safe,
    a_flood_of_sign_ins_is_told_to_come_back,
);

async fn without_the_database_everything_says_so(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let ready = app.browser().get("/readyz").await.status(200);
    assert_eq!(ready.body, "ready\n");
    // A server of its own, so that the test keeps its database.
    let away = app.another(|_| {}).await;
    away.outside_tenancy().close().await;
    let (signed_in, nobody) = (ana.at(&away), away.browser());
    nobody.get("/healthz").await.status(200);
    nobody.get("/readyz").await.status(503).hides("Pool");
    for path in ["/", "/ana", "/ana/settings/members", "/sign-in", "/ana/events", "/new"] {
        plain(&signed_in, path).await;
    }
    let fields = [("page", "/sign-in"), ("email", "ana@example.com"), ("password", PASSWORD)];
    for action in ["/api/accounts/sign_in", "/api/accounts/sign_out", "/api/accounts/forgot_password"] {
        let answer = signed_in.copy().post(action, &fields).await.status(503).hides(PASSWORD);
        assert!(answer.header("retry-after").is_some(), "{action}: {answer}");
        let answer = nobody.call("/api/accounts/sign_in", &fields).await.status(503);
        assert!(answer.header("retry-after").is_some(), "{answer}");
    }
    // Nobody loses a session over it.
    assert!(ana.cookie("studio").is_some());
    ana.get("/ana").await.status(200);
}

async fn plain(browser: &Browser, path: &str) {
    let answer = browser.send(browser.asks(Method::GET, path), "").await.status(503);
    let answer = answer.says("The server is busy or under maintenance.");
    for told in ["SELECT", "sqlx", "pool", "Pool", "postgres", "sqlite", "studio.db", ".rs"] {
        assert!(!answer.body.contains(told), "{path} tells of {told}: {answer}");
    }
    assert!(answer.header("retry-after").is_some(), "{path}: {answer}");
    assert!(answer.header("content-security-policy").is_some(), "{path}: {answer}");
}

async fn without_the_database_services_go_on_as_long_as_is_safe(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    acme.has_library().await;
    let (_, key) = acme.has_key("read:prompts").await;
    let away = app.another(|_| {}).await;
    let fetch = async |path: &str| {
        let request = Request::builder().uri(format!("/api/v1/prompts/{path}"));
        let request = request.header("authorization", format!("Bearer {}", key.as_str()));
        Answer::read(away.send(request.body(Body::empty()).unwrap()).await).await
    };
    let (kept, other) = ("Tone?environment=development", "Support%2FTriage?version=1");
    for _ in 0..2 {
        fetch(kept).await.status(200);
    }
    away.outside_tenancy().close().await;
    let refused = if app.database.kind == Kind::Postgres {
        // For the two seconds in which others wait for it, and no longer.
        eventually("the process to stop serving", async || {
            let answer = fetch(kept).await;
            (answer.status != 200).then_some(answer)
        })
        .await
    } else {
        fetch(kept).await.status(200);
        fetch(other).await
    };
    let refused = refused.status(503).has("content-type", "application/problem+json");
    assert!(refused.header("retry-after").is_some(), "{refused}");
}

async fn a_flood_of_sign_ins_is_told_to_come_back(app: TestApp) {
    app.somebody("Ana").await;
    let app = &app;
    let tries = (0..200).map(|n| async move {
        let browser = app.browser();
        let request = with(browser.form("/api/accounts/sign_in"), "accept", "application/json");
        browser.send(request, format!("email=p{n}%40example.com&password=wrong+one")).await
    });
    let answers = futures_util::future::join_all(tries).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!refused.is_empty() && answers.iter().any(|answer| answer.status == 422));
    assert!(refused.iter().all(|answer| answer.header("retry-after").is_some()), "{}", refused[0]);
    // Afterwards it goes on.
    eventually("a sign-in to go through", async || {
        (app.browser().signs_in("ana@example.com", PASSWORD).await.status == 303).then_some(())
    })
    .await;
}
