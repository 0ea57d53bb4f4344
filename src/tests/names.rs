//! What people and things are called: a name that is refused is refused at its field, wherever it is typed, and one from
//! before what is good now stays what it is.

use super::support::{Answer, PASSWORD, TestApp, both_databases};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

both_databases!(
    bad_names_are_refused_at_their_field,
    names_from_before_go_on,
    a_path_is_found_however_it_is_composed,
);

/// Names that are addresses, that hide something, and that nobody can read.
const BAD: [(&str, &str); 7] = [
    ("ana＠evil.example", "Use a name, not an email address or a URL."),
    ("https：／／evil.example", "Use a name, not an email address or a URL."),
    ("Pay,www.evil.test", "Use a name, not an email address or a URL."),
    ("A\u{200d}na", "Remove the invisible characters."),
    ("Ana\u{e0041}", "Remove the invisible characters."),
    ("Ana\u{e000}", "Remove the characters that can't be displayed everywhere."),
    ("\u{301}\u{302}", "Use at most 4 accents on one character, and none on their own."),
];

#[track_caller]
fn is_refused(answer: &Answer, says: &str) {
    let body = answer.body.replace("&#39;", "'").replace("&#x27;", "'");
    assert!(answer.status == 422 && body.contains(says), "{says}: {answer}");
}

async fn bad_names_are_refused_at_their_field(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    acme.has_library().await;
    let (_, key) = acme.has_key("write:prompts").await;
    for (name, says) in BAD {
        let form = |fields: &[(&'static str, &'static str)]| [&[("name", name)][..], fields].concat();
        let sign_up = form(&[("page", "/sign-up"), ("email", "eve@example.com"), ("password", PASSWORD)]);
        is_refused(&app.browser().post("/api/accounts/sign_up", &sign_up).await, says);
        for (action, fields) in [
            ("account/rename", form(&[("page", "/account")])),
            ("organizations/create", form(&[("page", "/new"), ("slug", "fresh")])),
            ("organizations/update_settings", form(&[("page", "/acme/settings/general"), ("org", "acme")])),
            (
                "api_keys/create",
                form(&[
                    ("page", "/acme/settings/api-keys/new"),
                    ("org", "acme"),
                    ("preset", "runtime"),
                    ("expires", "never"),
                    ("password", PASSWORD),
                ]),
            ),
        ] {
            let answer = ana.post(&format!("/api/{action}"), &fields).await;
            assert!(answer.body.contains("aria-invalid=\"true\""), "{action}: {answer}");
            is_refused(&answer, says);
        }
        for (action, page) in
            [("prompts/create", "/acme/prompts/new"), ("folders/create", "/acme/prompts/folders/new")]
        {
            let fields = form(&[("page", page), ("org", "acme"), ("kind", "text")]);
            is_refused(&ana.post(&format!("/api/{action}"), &fields).await, says);
        }
        for path in ["/prompts", "/folders"] {
            let request = Request::post(format!("/api/v1{path}"))
                .header(header::AUTHORIZATION, format!("Bearer {}", key.as_str()))
                .header(header::CONTENT_TYPE, "application/json");
            let body = Body::from(json!({ "name": name }).to_string());
            let answer = Answer::read(app.send(request.body(body).unwrap()).await).await;
            let told: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(told["errors"][0]["field"], "name", "{answer}");
            is_refused(&answer, says);
        }
    }
    assert_eq!(acme.count("SELECT count(*) FROM prompts WHERE org_id = $1").await, 3);
}

async fn names_from_before_go_on(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let stock = acme.has_library().await;
    // As they could be typed once.
    let old = "To\u{200d}ne.com";
    for (table, id) in [("users", ana.id.0), ("organizations", acme.id.0)] {
        let id = app.literal(id);
        app.execute(&format!("UPDATE {table} SET name = '{old}' WHERE id = {id}")).await;
    }
    let live = app.literal(stock.live.0);
    app.execute(&format!(
        "UPDATE prompts SET name = '{old}', path = '{old}', tags = 'a\u{200d}b' WHERE id = {live}"
    ))
    .await;
    let folder = app.literal(stock.folder.0);
    app.execute(&format!("UPDATE folders SET name = '{old}', path = '{old}' WHERE id = {folder}")).await;
    app.execute(&format!(
        "UPDATE prompts SET path = '{old}/Triage' WHERE folder_id = {folder} AND trash_id IS NULL"
    ))
    .await;
    // What else is said in the same form changes, and the name stays.
    let settings = [
        ("page", "/acme/settings/general"),
        ("org", "acme"),
        ("name", old),
        ("was-name", old),
        ("description", "New"),
    ];
    ana.post("/api/organizations/update_settings", &settings).await.status(303);
    assert_eq!(app.rows("organizations", "description = 'New'").await.len(), 1);
    ana.post("/api/account/rename", &[("page", "/account"), ("name", old)]).await.status(303);
    let prompt = stock.live.to_string();
    let details = [
        ("page", "/acme"),
        ("org", "acme"),
        ("prompt", &*prompt),
        ("name", old),
        ("was-name", old),
        ("description", "New"),
        ("tags", "a\u{200d}b"),
        ("was-tags", "a\u{200d}b"),
    ];
    ana.post("/api/prompts/describe", &details).await.status(303);
    assert_eq!(app.rows("prompts", "description = 'New'").await.len(), 1);
    let about = [("page", "/acme"), ("org", "acme"), ("folder", &*stock.folder.to_string()), ("name", old)];
    ana.post("/api/folders/rename", &[&about[..], &[("was-name", old)]].concat()).await.status(303);
    // Copies are called after it, and it is fetched as before.
    ana.post("/api/prompts/duplicate", &[("page", "/acme"), ("org", "acme"), ("prompt", &prompt)])
        .await
        .status(303);
    assert_eq!(app.rows("prompts", &format!("name = '{old} copy'")).await.len(), 1);
    ana.get(&format!("/acme/prompts/{prompt}")).await.status(200).says(old);
    let (_, key) = acme.has_key("read:prompts write:prompts").await;
    let named = old.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    let bearer = format!("Bearer {}", key.as_str());
    let fetch =
        Request::get(format!("/api/v1/prompts/{named}?version=1")).header(header::AUTHORIZATION, &bearer);
    assert_eq!(app.send(fetch.body(Body::empty()).unwrap()).await.status(), 200);
    for path in [format!("/prompts/{named}"), format!("/folders/{named}")] {
        let change = Request::patch(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(json!({ "name": old }).to_string());
        assert_eq!(app.send(change.body(body).unwrap()).await.status(), 200, "{path}");
    }
    // Nobody says of a name that it was there to have it taken.
    let forged =
        [("page", "/acme/settings/general"), ("org", "acme"), ("name", "evil.com"), ("was-name", "evil.com")];
    ana.post("/api/organizations/update_settings", &forged).await.status(303);
    assert_eq!(app.rows("organizations", "name = 'evil.com'").await.len(), 0);
}

async fn a_path_is_found_however_it_is_composed(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    acme.has_library().await;
    let (_, key) = acme.has_key("read:prompts write:prompts read:deployments write:deployments").await;
    let bearer = format!("Bearer {}", key.as_str());
    let ask = async |method: &str, path: &str, body: Value| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = Answer::read(app.send(request.body(Body::from(body)).unwrap()).await).await;
        assert!(answer.status < 300, "{method} {path}: {answer}");
        serde_json::from_str::<Value>(&answer.body).unwrap_or_default()
    };
    // An é of two characters, as file names of some systems have it.
    let (two, encoded) = ("Caf\u{65}\u{301}", ["Cafe%CC%81", "Caf%C3%A9"]);
    let made = ask("POST", "/folders", json!({ "name": two })).await;
    assert_eq!(made["path"], "Caf\u{e9}");
    ask("POST", "/prompts", json!({ "name": two, "folder": two })).await;
    for one in encoded {
        ask("GET", &format!("/folders/{one}"), Value::Null).await;
        ask("POST", &format!("/prompts/{one}%2F{one}/versions"), json!({ "text": format!("Be {one}.") }))
            .await;
    }
    ask("POST", "/prompts/Tone/versions", json!({ "text": format!("[[ {two}/{two} ]]") })).await;
    let deploy = json!({ "prompt": format!("{two}/{two}"), "environment": "staging", "version": 2 });
    ask("POST", "/deployments", deploy).await;
    for one in encoded {
        let path = format!("/prompts/{one}%2F{one}?environment=staging");
        assert_eq!(ask("GET", &path, Value::Null).await["version"], 2);
    }
    // A joiner that does nothing, as it is typed in Persian.
    let typed = "ابزار\u{200c}ها";
    assert_eq!(ask("POST", "/folders", json!({ "name": typed })).await["path"], "ابزارها");
    let encoded = typed.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    assert_eq!(ask("GET", &format!("/folders/{encoded}"), Value::Null).await["path"], "ابزارها");
    let file = json!({ "format": "prompt-studio/library/1", "prompts": [
        { "path": format!("{two}/Menu"), "draft": { "body": { "text": "x" } } },
    ] });
    let done = ask("POST", "/import", file).await;
    assert_eq!(
        (&done["created"], &done["lines"][0]["path"]),
        (&json!(1), &json!("Caf\u{e9}/Menu")),
        "{done}"
    );
}
