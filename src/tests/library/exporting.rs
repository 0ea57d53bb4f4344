//! Exports that run for a while: what they may go on with, and how many there are.

use super::{Library, TestApp, both_databases};
use crate::{
    library::{
        exchange::{
            export::{Extent, Reach, plan},
            format::LibraryFile,
            writing,
        },
        moves::{Place, move_prompt},
    },
    role::Role,
    server::Scope,
    tests::support::eventually,
};
use axum::{
    body::Body,
    http::{Method, Request, header},
    response::Response,
};
use http_body_util::BodyExt;
use std::sync::Arc;

both_databases!(
    an_export_ends_with_the_right_to_it,
    an_export_of_a_limited_key_leaves_out_what_was_moved_away,
    so_many_exports_run_at_once,
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
