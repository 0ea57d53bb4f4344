//! The files of the server: who may read them, and how large those may be that are sent to it.

use super::{Browser, TestApp, both_databases, eventually, run, with};
use crate::{library::exchange::format::FORMAT, tenancy::client::Client, tests::support::Kind};
use axum::{
    body::{Body, Bytes},
    http::Request,
};
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use std::{
    convert::Infallible,
    fs::{Permissions, metadata, set_permissions},
    os::unix::fs::PermissionsExt,
    time::Duration,
};

both_databases!(
    a_file_of_eight_megabytes_is_imported,
    what_is_refused_is_not_read,
    unfinished_bodies_take_so_much_room,
);

#[test]
fn nobody_else_reads_the_database() {
    run(Kind::Sqlite, async |app: TestApp| {
        let folder = app.config.data_dir.clone();
        let mode = |name: &str| metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        let names = ["studio.db", "studio.db-wal", "studio.db-shm", "master.key"];
        for name in names {
            assert_eq!(mode(name), 0o600, "{name}");
        }
        // Those of a server that was started before they were closed are when it starts again.
        set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        for name in &names[..3] {
            set_permissions(folder.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        app.another_idle(|_| {}).await;
        for name in names {
            assert_eq!(mode(name), 0o600, "{name}");
        }
        assert_eq!(mode(""), 0o700);
        let inner = folder.join("a/b");
        app.another_idle(|config| (config.data_dir, config.database_url) = (inner.clone(), None)).await;
        assert_eq!((mode("a/b"), mode("a/b/studio.db")), (0o700, 0o600));
    });
}

/// A file with prompts of so many bytes in all.
fn library(bytes: usize) -> String {
    let text = "word ".repeat(10_000);
    let prompts: Vec<_> = (0..bytes / text.len())
        .map(|n| json!({ "path": format!("P{n}"), "draft": { "body": { "text": text } } }))
        .collect();
    json!({ "format": FORMAT, "prompts": prompts }).to_string()
}

async fn a_file_of_eight_megabytes_is_imported(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let (_, key) = acme.has_key("write:prompts").await;
    for bytes in [3_000_000, 8_000_000] {
        let file = library(bytes);
        assert!(file.len() > bytes - 100_000 && file.len() < 8 * 1024 * 1024, "{}", file.len());
        let body = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"org\"\r\n\r\nacme\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.json\"\r\n\
             Content-Type: application/json\r\n\r\n{file}\r\n--xyz--\r\n"
        );
        let form = with(ana.form("/api/imports/create"), "content-type", "multipart/form-data; boundary=xyz");
        let answer = ana.send(form, body).await.status(303);
        let preview = answer.location().unwrap().to_owned();
        assert!(preview.starts_with("/acme/prompts/import/"), "{answer}");
        ana.get(&preview).await.status(200).says("P10");
        let request = Request::post("/api/v1/import?dry_run=true").header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", key.as_str()));
        let answer = app.send(request.body(Body::from(file)).unwrap()).await;
        assert_eq!(answer.status(), 200, "{bytes} bytes through the API");
    }
}

/// A body that begins like this and never ends.
fn unfinished(begins: impl Into<Bytes>) -> Body {
    let begins = stream::iter([Ok::<_, Infallible>(begins.into())]);
    Body::from_stream(begins.chain(stream::pending()))
}

/// The status of the answer to a form with files.
async fn sends(browser: &Browser, function: &str, body: Body) -> u16 {
    let form = browser.form(&format!("/api/{function}"));
    let form = with(form, "content-type", "multipart/form-data; boundary=xyz");
    let answer = tokio::time::timeout(Duration::from_mins(1), browser.send_only(form, body)).await;
    answer.expect("it is answered").status
}

async fn what_is_refused_is_not_read(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    // Too large for a function that takes no file.
    assert_eq!(sends(&ana, "prompts/create", Body::from(vec![b'x'; 1024 * 1024])).await, 413);
    // More often than it may.
    while app.web().limits.check("members/leave", &Client::default(), Some(ana.id)).is_ok() {}
    assert_eq!(sends(&ana, "imports/create", unfinished("--xyz")).await, 429);
    // By a key that may not.
    let (_, key) = acme.has_key("read:prompts").await;
    let request = Request::post("/api/v1/import").header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {}", key.as_str()));
    let request = request.header("idempotency-key", "one").body(unfinished("{")).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(20), app.send(request)).await.unwrap();
    assert_eq!(answer.status(), 403);
}

async fn unfinished_bodies_take_so_much_room(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let begins = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.json\"\r\n\r\n";
    let large = Bytes::from(format!("{begins}{}", "x".repeat(7 * 1024 * 1024)));
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let (ana, large) = (ana.browser.clone(), large.clone());
            tokio::spawn(async move { sends(&ana, "imports/create", unfinished(large)).await })
        })
        .collect();
    eventually("three to be read", || async { (app.web().bodies.bytes() >= 3 * large.len()).then_some(()) })
        .await;
    assert_eq!(sends(&ana, "imports/create", unfinished(large.clone())).await, 503);
    // Others are let in, and small forms of theirs.
    ana.creates_at("Acme", "acme").await.leads_to("/acme");
    let whole = Body::from([large.as_ref(), b"\r\n--xyz--\r\n"].concat());
    assert_ne!(sends(&ben, "imports/create", whole).await, 503);
    for one in &waiting {
        one.abort();
    }
    eventually("the room to be free", || async { (app.web().bodies.bytes() == 0).then_some(()) }).await;
}
