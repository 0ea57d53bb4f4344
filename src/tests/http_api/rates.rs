use super::{Service, TestApp, acme, both_databases, problem};
use crate::{delivery::keys::KeyToken, time::Span};

both_databases!(
    a_key_asks_as_often_as_it_may,
    one_request_is_one,
    without_a_limit_none_is_told,
    who_shows_bad_keys_is_told_to_wait,
);

const PATH: &str = "/prompts/Tone?environment=development";

async fn a_key_asks_as_often_as_it_may(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let app = app.another(|config| config.api_requests_a_minute = 5).await;
    app.hears().await;
    // At the beginning of a minute.
    app.clock.advance(Span(60_000 - app.clock.now().0 % 60_000));
    let service = Service::of(&app, &acme, "read:prompts").await;
    for (n, path) in [PATH, PATH, PATH, "/whoami", "/nothing"].into_iter().enumerate() {
        let answer = service.get(path).await;
        assert_ne!(answer.status, 429);
        let left = (4 - n).to_string();
        let answer = answer.has("x-ratelimit-limit", "5").has("x-ratelimit-remaining", &left);
        assert!(answer.header("x-ratelimit-reset").unwrap().parse::<u32>().unwrap() <= 60);
    }
    for path in [PATH, "/whoami"] {
        let answer = service.get(path).await.has("x-ratelimit-remaining", "0");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() <= 60);
        problem(answer, 429, "rate_limited");
    }
    // Another key has a count of its own, and another minute another.
    Service::of(&app, &acme, "read:prompts").await.get(PATH).await.status(200);
    app.clock.advance(Span::minutes(1));
    service.get(PATH).await.status(200).has("x-ratelimit-remaining", "4");
}

async fn one_request_is_one(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let app = app.another(|config| config.api_requests_a_minute = 1).await;
    app.hears().await;
    app.clock.advance(Span(60_000 - app.clock.now().0 % 60_000));
    let service = Service::of(&app, &acme, "read:prompts").await;
    service.get("/whoami").await.status(200);
    let refused = problem(service.get("/whoami").await, 429, "rate_limited");
    assert_eq!(refused["detail"], "A key can make 1 request per minute.");
}

async fn without_a_limit_none_is_told(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    for _ in 0..20 {
        let answer = service.get(PATH).await.status(200);
        assert_eq!(answer.header("x-ratelimit-limit"), None);
    }
}

async fn who_shows_bad_keys_is_told_to_wait(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let good = Service::of(&app, &acme, "read:prompts").await;
    for _ in 0..2 {
        good.get(PATH).await.status(200);
    }
    let answer = loop {
        let answer = Service::with(&app, KeyToken::new(None).as_str()).get(PATH).await;
        if answer.status != 401 {
            break answer;
        }
    };
    assert!(answer.header("retry-after").is_some(), "{answer}");
    problem(answer, 429, "rate_limited");
    good.get(PATH).await.status(200);
}
