use super::{Service, TestApp, acme, both_databases, problem, told};
use axum::{body::Body, http::Method};
use serde_json::json;

both_databases!(
    what_is_deployed_is_fetched,
    a_version_is_fetched_by_its_number,
    what_it_refers_to_is_put_in,
    what_has_not_changed_is_not_sent_again,
    it_is_rendered_with_values,
    what_could_not_be_read_is_not_served,
);

async fn what_is_deployed_is_fetched(app: TestApp) {
    let (ana, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let says = problem(service.get("/prompts/Tone").await, 404, "not_found");
    assert_eq!(says["detail"], "Tone isn't deployed to production.");
    let answer = service.get("/prompts/Tone?environment=development").await.status(200);
    let expected = json!({
        "id": stock.live.to_string(), "path": "Tone", "name": "Tone", "description": "", "tags": [],
        "environment": "development", "kind": "text", "version": 1, "hash": told(&answer)["hash"],
        "engine": "plain", "text": "Be {{ tone }}.", "variables": [{ "name": "tone", "required": true }],
        "model": {}, "references": [],
    });
    assert_eq!(told(&answer), expected);
    assert_eq!(told(&answer)["hash"].as_str().map(str::len), Some(64));
    let same = service.get(&format!("/prompts/{}?label=development", stock.live)).await.status(200);
    assert_eq!(told(&same), expected);
    let same = service.get("/organizations/acme/prompts/Tone?environment=development").await.status(200);
    assert_eq!(told(&same), expected);
    // An old path leads on, and says where it leads, from memory too.
    let moved =
        [("org", "acme"), ("prompt", &*stock.live.to_string()), ("folder", &*stock.folder.to_string())];
    ana.call("/api/prompts/move", &moved).await.status(200);
    let link = format!("</api/v1/prompts/{}>; rel=\"canonical\"", stock.live);
    service.get("/prompts/Tone?environment=development").await.status(200).has("link", &link);
    let answer = service.get("/prompts/Tone?environment=development").await.status(200).has("link", &link);
    assert_eq!(
        (&told(&answer)["path"], &told(&answer)["variables"]),
        (&json!("Tone"), &json!([{ "name": "tone", "required": true }])),
        "what is live keeps its path, and does not inherit from the folder it is moved to"
    );
    let answer = service.get("/prompts/Support%2FTone?environment=development").await.status(200);
    assert_eq!(answer.header("link"), None);
    problem(service.get("/prompts/Tone?environment=nowhere").await, 404, "not_found");
}

async fn a_version_is_fetched_by_its_number(app: TestApp) {
    let (_, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let answer = service.get("/prompts/Support%2FTriage?version=1").await.status(200);
    let triage = told(&answer);
    assert_eq!(
        (&triage["text"], &triage["version"], triage.get("path")),
        (&json!("Be {{ tone }}."), &json!(1), None)
    );
    assert_eq!(
        triage["references"],
        json!([
            { "from": "Support/Triage", "from_version": 1, "target": "Tone", "to": "Tone", "to_version": 1 }
        ])
    );
    let latest = service.get("/prompts/Support%2FTriage?label=latest&resolve=false").await.status(200);
    let latest = told(&latest);
    assert_eq!((&latest["text"], latest.get("references")), (&json!("[[ Tone ]]!"), None));
    let immutable =
        service.get(&format!("/prompts/{}?version=1&resolve=false", stock.prompt)).await.status(200);
    immutable.has("cache-control", "private, max-age=31536000, immutable").has("x-prompt-version", "1");
    // What is the latest changes, however it is asked for.
    let latest = format!("/prompts/{}?label=latest&resolve=false", stock.prompt);
    let cached = "private, max-age=0, stale-while-revalidate=60, stale-if-error=86400";
    service.get(&latest).await.status(200).has("cache-control", cached).has("x-prompt-version", "2");
    for gone in ["version=3", "version=0", "version=-1", "version=9223372036854775807"] {
        problem(service.get(&format!("/prompts/Support%2FTriage?{gone}")).await, 404, "not_found");
    }
    let versions = told(&service.get("/prompts/Support%2FTriage/versions?limit=1").await.status(200));
    let newest = &versions["data"][0];
    assert_eq!((&newest["version"], &newest["labels"]), (&json!(2), &json!(["latest"])));
    let versions = told(&service.get("/prompts/Tone/versions").await.status(200));
    assert_eq!(versions["data"][0]["labels"], json!(["development", "latest"]));
    let other = format!("[\"{}\"]", stock.empty);
    let (_, limited) = acme.has_limited_key("read:prompts", Some(other), None).await;
    let versions = Service::with(&app, limited.as_str()).get("/prompts/Tone/versions").await.status(200);
    assert_eq!(told(&versions)["data"][0]["labels"], json!(["latest"]), "it does not reach development");
    let versions = told(&service.get("/prompts/Support%2FTriage/versions?limit=1").await.status(200));
    let next = versions["next_cursor"].as_str().unwrap();
    let path = format!("/prompts/Support%2FTriage/versions?limit=1&cursor={next}");
    let versions = told(&service.get(&path).await.status(200));
    assert_eq!((&versions["data"][0]["version"], &versions["next_cursor"]), (&json!(1), &json!(null)));
    let one = told(&service.get("/prompts/Support%2FTriage/versions/2").await.status(200));
    assert_eq!((&one["version"], &one["text"]), (&json!(2), &json!("[[ Tone ]]!")));
    problem(service.get("/prompts/Support%2FTriage/versions/3").await, 404, "not_found");
}

async fn what_it_refers_to_is_put_in(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts write:prompts").await;
    let saved = async |path: &str, content: serde_json::Value| {
        service.post("/prompts", json!({ "name": path })).await.status(201);
        service.post(&format!("/prompts/{path}/versions"), content).await.status(201);
        told(&service.get(&format!("/prompts/{path}?label=latest")).await.status(200))
    };
    let plain = json!({
        "text": "{{ tone }}: [[ Tone ]] [[ Tone | tone=\"odd\" ]]",
        "variables": [{ "name": "tone", "default": "kind" }],
    });
    let plain = saved("Plain", plain).await;
    assert_eq!(plain["text"], "{{ tone }}: Be {{ tone }}. Be {{ tone }}.");
    assert_eq!(plain["variables"], json!([{ "name": "tone", "type": "string", "required": true }]));
    assert_eq!((&plain["references"][0]["to"], plain.get("parts")), (&json!("Tone"), None));
    let fixed = json!({
        "text": "{{ tone }} [[ Support/Triage | tone=x ]]", "variables": [{ "name": "tone", "default": "kind" }],
    });
    // What is handed on goes no further than where it is handed.
    assert_eq!(saved("Fixed", fixed).await["variables"][0]["required"], true);
    let jinja = json!({ "engine": "jinja", "text": "{% for x in y %}[[ Tone ]]{% endfor %}" });
    let jinja = saved("Jinja", jinja).await;
    assert_eq!(jinja["text"], "{% for x in y %}[[ Tone ]]{% endfor %}");
    assert_eq!((&jinja["parts"][0]["text"], &jinja["inherited"]), (&json!("Be {{ tone }}."), &json!({})));
    let raw = told(&service.get("/prompts/Fixed?label=latest&resolve=false").await.status(200));
    assert_eq!(raw["text"], "{{ tone }} [[ Support/Triage | tone=x ]]");
    assert_eq!(raw["variables"][0]["default"], "kind");
}

async fn what_has_not_changed_is_not_sent_again(app: TestApp) {
    let (ana, acme, stock) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let path = "/prompts/Tone?environment=development";
    let first = service.get(path).await.status(200);
    let cached = "private, max-age=0, stale-while-revalidate=60, stale-if-error=86400";
    let first = first.has("cache-control", cached).has("x-prompt-version", "1");
    assert!(first.header("vary").is_some_and(|vary| vary.contains("Authorization")));
    let etag = first.header("etag").unwrap().to_owned();
    for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        let answer = service.send(Method::GET, path, &[("if-none-match", &known)], Body::empty()).await;
        let answer = answer.status(304).has("etag", &etag).has("cache-control", cached);
        assert!(answer.body.is_empty(), "{answer}");
    }
    service.send(Method::GET, path, &[("if-none-match", "\"x\"")], Body::empty()).await.status(200);
    // What is deployed anew is seen by the next fetch.
    let fields = [
        ("org", "acme"),
        ("environment", &*stock.environment.to_string()),
        ("prompt", &*stock.live.to_string()),
    ];
    let undeploy = [&fields[..], &[("kind", "undeploy"), ("seen", "1")]].concat();
    ana.call("/api/deployments/deploy", &undeploy).await.status(200);
    let answer = service.send(Method::GET, path, &[("if-none-match", &etag)], Body::empty()).await;
    problem(answer, 404, "not_found");
}

async fn it_is_rendered_with_values(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let service = Service::of(&app, &acme, "read:prompts").await;
    let asked = json!({ "environment": "development", "variables": { "tone": "{{ x }}" } });
    let answer = service.post("/prompts/Tone/render", asked).await.status(200).has("x-prompt-version", "1");
    let rendered = told(&answer);
    assert_eq!((&rendered["text"], &rendered["version"]), (&json!("Be {{ x }}."), &json!(1)));
    let missing = problem(
        service.post("/prompts/Tone/render", json!({ "environment": "development" })).await,
        422,
        "unprocessable",
    );
    assert_eq!(missing["errors"], json!([{ "field": "variables.tone", "message": "Missing value: tone." }]));
    let answer = service
        .post(
            "/prompts/Support%2FTriage/render",
            json!({ "label": "latest", "variables": { "tone": "brief" } }),
        )
        .await;
    assert_eq!(told(&answer.status(200))["text"], "Be brief.!");
}

async fn what_could_not_be_read_is_not_served(app: TestApp) {
    let (_, acme, _) = acme(&app).await;
    let key = acme.has_key("read:prompts write:prompts").await.1;
    let service = Service::with(&app, key.as_str());
    service.post("/prompts", json!({ "name": "Shout" })).await.status(201);
    let version = json!({ "engine": "jinja", "text": "{{ tone | upper }}" });
    service.post("/prompts/Shout/versions", version).await.status(201);
    // The workers of this one get no processor in time, as on a busy machine.
    let busy = app.another_idle(|config| config.render_timeout_ms = 0).await;
    let hurried = Service::with(&busy, key.as_str());
    let path = "/prompts/Shout?label=latest";
    let asked = json!({ "label": "latest", "variables": { "tone": "kind" } });
    problem(hurried.get(path).await, 503, "unavailable");
    problem(hurried.post("/prompts/Shout/render", asked.clone()).await, 503, "unavailable");
    assert_eq!(busy.delivery().size().0, 0, "nothing is kept");
    // What it says does not depend on that.
    let plain = told(&hurried.get("/prompts/Shout?version=1&resolve=false").await.status(200));
    assert_eq!(plain["text"], "{{ tone | upper }}");
    let fetched = told(&service.get(path).await.status(200));
    assert_eq!(fetched["variables"], json!([{ "name": "tone", "required": true }]));
    let rendered = told(&service.post("/prompts/Shout/render", asked).await.status(200));
    assert_eq!(rendered["text"], "KIND");
}
