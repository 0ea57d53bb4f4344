//! The database is away: a plain answer that says so, and no more.

use super::{Browser, PASSWORD, TestApp, both_databases, eventually, with};
use axum::http::Method;

both_databases!(without_the_database_everything_says_so, a_flood_of_sign_ins_is_told_to_come_back);

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
    let answer = answer.says("The service is busy or being looked after.");
    for told in ["SELECT", "sqlx", "pool", "Pool", "postgres", "sqlite", "studio.db", ".rs"] {
        assert!(!answer.body.contains(told), "{path} tells of {told}: {answer}");
    }
    assert!(answer.header("retry-after").is_some(), "{path}: {answer}");
    assert!(answer.header("content-security-policy").is_some(), "{path}: {answer}");
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
