//! Exports that run for a while: what they may go on with, and how many there are.

use super::{Library, TestApp, both_databases};
use crate::{
    fields::PathName,
    library::{
        exchange::{
            export::{Extent, Reach, plan},
            format::{FORMAT, LibraryFile},
            line::Act,
            writing,
        },
        moves::{Place, move_prompt, rename_folder},
        trash, variables,
    },
    role::Role,
    tenancy::Scope,
    tests::support::eventually,
};
use axum::{
    body::Body,
    http::{Method, Request, header},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;

both_databases!(
    an_export_ends_with_the_right_to_it,
    an_export_of_a_limited_key_leaves_out_what_was_moved_away,
    an_export_leaves_out_what_was_deleted_meanwhile,
    an_export_keeps_the_paths_with_which_it_began,
    so_many_exports_run_at_once,
    exports_of_all_kinds_are_counted_together,
    values_are_written_no_longer_than_they_are,
);

/// Reads what there is first of a file.
async fn begun(mut body: Body) -> Body {
    body.frame().await.unwrap().unwrap();
    body
}

/// What is left of a file, unless it is cut off.
async fn rest(body: Body) -> Option<Vec<u8>> {
    body.collect().await.ok().map(|rest| rest.to_bytes().to_vec())
}

async fn an_export_ends_with_the_right_to_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for n in 0..10 {
        lib.saying(None, &format!("P{n}"), "Hello").await;
    }
    let (_, token) = lib.org.has_key("read:prompts").await;
    let scope = Scope::of_key(&app, Arc::default(), app.shown(token.as_str()).await.unwrap()).await.unwrap();
    let by_key = async || {
        let plan = plan(&scope, Extent::Whole).await.unwrap();
        begun(writing::json(scope.clone(), Reach::default(), plan)).await
    };
    assert!(rest(by_key().await).await.is_some());
    let body = by_key().await;
    app.execute("UPDATE api_keys SET revoked_at = 1").await;
    assert_eq!(rest(body).await, None);

    let vic = lib.org.has("Vic", Role::Admin).await;
    for page in ["prompts/export.json", "prompts/export.md"] {
        let begin = async || {
            let answer = vic.open(vic.asks(Method::GET, &lib.org.page(page)), "").await;
            assert_eq!(answer.status(), 200);
            begun(answer.into_body()).await
        };
        assert!(rest(begin().await).await.is_some());
        let body = begin().await;
        app.execute("UPDATE members SET role = 'viewer' WHERE role = 'admin'").await;
        assert_eq!(rest(body).await, None, "{page}");
        app.execute("UPDATE members SET role = 'admin' WHERE role = 'viewer'").await;
    }
    let answer = vic.open(vic.asks(Method::GET, &lib.org.page("prompts/export.json")), "").await;
    let body = begun(answer.into_body()).await;
    app.execute("UPDATE sessions SET created_at = 0").await;
    assert_eq!(rest(body).await, None);
}

async fn an_export_of_a_limited_key_leaves_out_what_was_moved_away(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folder(None, "In").await;
    let mut last = None;
    for n in 0..10 {
        last = Some(lib.saying(Some(folder), &format!("P{n}"), "Hello").await);
    }
    let (_, token) = lib.org.has_limited_key("read:prompts", None, Some(format!("[\"{folder}\"]"))).await;
    let scope = Scope::of_key(&app, Arc::default(), app.shown(token.as_str()).await.unwrap()).await.unwrap();
    let plan = plan(&scope, Extent::Folder(folder)).await.unwrap();
    let mut body = writing::json(scope, Reach::default(), plan);
    let mut all = body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec();
    move_prompt(&lib.may(), last.unwrap(), None, Place::Last).await.unwrap();
    all.extend(rest(body).await.unwrap());
    let file: LibraryFile = serde_json::from_slice(&all).unwrap();
    assert_eq!((file.folders.len(), file.prompts.len()), (1, 9));
    assert!(file.prompts.iter().all(|prompt| prompt.path.starts_with("In/")));
}

async fn an_export_leaves_out_what_was_deleted_meanwhile(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let version = |n: i64| json!({ "number": n, "content": { "body": { "text": n.to_string() } } });
    let versions: Vec<Value> = (1..=400).map(version).collect();
    let file = json!({ "format": FORMAT, "prompts": [{ "path": "Long", "versions": versions }] });
    lib.takes(&serde_json::from_value(file).unwrap()).await;
    let long = lib.at("Long").await.unwrap();
    let (gone, trashed) = (lib.saying(None, "Gone", "x").await, lib.saying(None, "Trashed", "x").await);
    lib.saying(None, "Kept", "x").await;
    let archive = writing::archive(lib.scope.clone(), plan(&lib.scope, Extent::Whole).await.unwrap());
    let archive = begun(archive).await;
    let plan = plan(&lib.scope, Extent::Whole).await.unwrap();
    let mut body = writing::json(lib.scope.clone(), Reach::default(), plan);
    // The third piece has the first versions.
    let mut all = Vec::new();
    for _ in 0..3 {
        all.extend(body.frame().await.unwrap().unwrap().into_data().unwrap());
    }
    assert!(String::from_utf8_lossy(&all).contains("\"versions\": ["));
    // The long one last: once it is gone, the export goes on to the others.
    trash::put_prompt(&lib.may(), trashed).await.unwrap();
    for prompt in [gone, long] {
        let id = trash::put_prompt(&lib.may(), prompt).await.unwrap();
        trash::purge(&lib.may(), id).await.unwrap();
    }
    all.extend(rest(body).await.expect("it is whole"));
    let file: LibraryFile = serde_json::from_slice(&all).unwrap();
    let paths: Vec<_> = file.prompts.iter().map(|prompt| prompt.path.as_str()).collect();
    assert_eq!(paths, ["Long", "Kept"]);
    // As far as it was written by then.
    let numbers: Vec<i64> = file.prompts[0].versions.iter().map(|version| version.number).collect();
    assert!((50..400).contains(&numbers.len()), "{} versions", numbers.len());
    assert!(numbers.iter().copied().eq((1..).take(numbers.len())), "{numbers:?}");
    assert!(rest(archive).await.is_some());
}

async fn an_export_keeps_the_paths_with_which_it_began(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Globex").await);
    let folder = lib.folder(None, "Old").await;
    let inner = lib.folder(Some(folder), "Inner").await;
    lib.saying(Some(inner), "Tone", "Be kind.").await;
    for n in 0..10 {
        lib.saying(Some(folder), &format!("P{n}"), "[[ Old/Inner/Tone ]]").await;
    }
    let plan = plan(&lib.scope, Extent::Whole).await.unwrap();
    let mut body = writing::json(lib.scope.clone(), Reach::default(), plan);
    let mut all = body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec();
    rename_folder(&lib.may(), folder, &PathName::parse("Fresh").unwrap()).await.unwrap();
    all.extend(rest(body).await.unwrap());
    let file: LibraryFile = serde_json::from_slice(&all).unwrap();
    let folders: Vec<_> = file.folders.iter().map(|folder| folder.path.as_str()).collect();
    assert_eq!((folders, file.prompts.len()), (vec!["Old", "Old/Inner"], 11));
    assert!(file.prompts.iter().all(|prompt| prompt.path.starts_with("Old/")));
    let versions = file.prompts.iter().flat_map(|prompt| &prompt.versions);
    let leads: Vec<_> = versions.flat_map(|version| version.references.values()).collect();
    assert_eq!(leads.len(), 10);
    assert!(leads.iter().all(|lead| lead.path == "Old/Inner/Tone"), "{leads:?}");
    let told = other.takes(&file).await;
    assert!(told.iter().all(|line| line.act == Act::Create && !line.says.contains("skipped")), "{told:?}");
}

async fn values_are_written_no_longer_than_they_are(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let deep = (0..40).fold(json!(vec![1; 9_000]), |value, _| json!([value]));
    let (folder, size) = (lib.folder(None, "In").await, deep.to_string().len());
    let own: Vec<_> = (0..20).map(|n| (format!("v{n:02}"), deep.clone())).collect();
    variables::set(&lib.may(), Some(folder), &own).await.unwrap();
    variables::set(&lib.may(), None, &own[..1]).await.unwrap();
    let content = json!({
        "body": { "text": "x" },
        "variables": [{ "name": "a", "type": "list", "default": deep }],
        "model": { "tools": deep },
    });
    let version = json!({ "number": 1, "content": content });
    let draft = json!({ "body": { "text": "y" }, "model": { "tools": deep } });
    let prompt = json!({ "path": "P", "versions": [version], "draft": draft });
    let file = json!({ "format": FORMAT, "prompts": [prompt] });
    let told = lib.takes(&serde_json::from_value(file).unwrap()).await;
    assert_eq!(told[0].act, Act::Create, "{told:?}");
    let plan = plan(&lib.scope, Extent::Whole).await.unwrap();
    let written = rest(writing::json(lib.scope.clone(), Reach::default(), plan)).await.unwrap();
    assert!(written.len() < 24 * size + 3_000, "{} bytes of {size}", written.len());
    let file: LibraryFile = serde_json::from_slice(&written).unwrap();
    assert!(file.folders[0].variables.values().all(|value| *value == deep));
    let said = &file.prompts[0].versions[0].content;
    assert_eq!((said.variables[0].default.as_ref(), said.model.tools.as_ref()), (Some(&deep), Some(&deep)));
    // What the file is made of has lines of its own.
    let text = String::from_utf8(written).unwrap();
    let begins = format!("{{\n  \"format\": \"{FORMAT}\",\n  \"variables\": {{\n    \"v00\": [[[");
    assert!(text.starts_with(&begins), "{}", &text[..200]);
    for line in [
        "\n      \"path\": \"In\",\n      \"variables\": {\n        \"v00\": [[[",
        "\n          \"number\": 1,\n",
        "\n            \"variables\": [\n              {\"name\":\"a\",",
        "\n              \"tools\": [[[",
        "\n      \"draft\": {\n        \"engine\": \"plain\",\n",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

async fn so_many_exports_run_at_once(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for n in 0..10 {
        lib.saying(None, &format!("P{n}"), "Hello").await;
    }
    let exports = async |token: &str| -> Response {
        let request = Request::get("/api/v1/export").header(header::AUTHORIZATION, format!("Bearer {token}"));
        app.send(request.body(Body::empty()).unwrap()).await
    };
    let (_, one) = lib.org.has_key("read:prompts").await;
    let (_, other) = lib.org.has_key("read:prompts").await;
    let (_, theirs) = Library::of(&app, "Globex").await.org.has_key("read:prompts").await;
    let first = exports(one.as_str()).await;
    let second = exports(other.as_str()).await;
    let third = exports(one.as_str()).await;
    let all = [&first, &second, &third].map(|answer| answer.status().as_u16());
    assert_eq!(all, [200, 200, 429]);
    let says = third.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&says).contains("Wait until one has finished."), "{says:?}");
    // The person counts, whichever of their keys it is.
    assert_eq!(exports(other.as_str()).await.status(), 429);
    assert_eq!(exports(theirs.as_str()).await.status(), 200);
    // What is read to its end, or given up, makes room.
    assert!(rest(first.into_body()).await.is_some());
    assert_eq!(exports(one.as_str()).await.status(), 200);
    drop(second);
    eventually("room for another", || async { (exports(one.as_str()).await.status() == 200).then_some(()) })
        .await;
}

async fn exports_of_all_kinds_are_counted_together(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for n in 0..10 {
        lib.saying(None, &format!("P{n}"), "Hello").await;
    }
    let olga = lib.org.has("Olga", Role::Owner).await;
    let begin = async |page: &str| olga.open(olga.asks(Method::GET, &lib.org.page(page)), "").await;
    let running = [begin("prompts/export.json").await, begin("settings/audit-log.csv").await];
    assert!(running.iter().all(|answer| answer.status() == 200), "{running:?}");
    for page in
        ["prompts/export.json", "prompts/export.md", "settings/audit-log.jsonl", "settings/members.csv"]
    {
        let answer = olga.get(&lib.org.page(page)).await.status(429).has("retry-after", "60");
        answer.says("<p>Up to 2 exports can run at once. Wait until one has finished.</p>").hides("Go back");
    }
    for answer in running {
        assert!(rest(answer.into_body()).await.is_some());
    }
    olga.get(&lib.org.page("settings/members.csv")).await.status(200);
}
