//! The one writer of SQLite: what breaks its transaction does not break those that come after.

use super::{Browser, PASSWORD, TestApp, both_databases, eventually, run, with};
use crate::{
    role::Role,
    tenancy::{Server, batches, jobs::sweep, rows, stream_limit::MOST},
    tests::support::Kind,
    time::Span,
    web::router,
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Method, Request},
    routing::any,
};
use http_body_util::BodyExt;
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

/// Lets the database of the writing connection grow no further, as on a disk that is full.
async fn fill(app: &TestApp) {
    app.execute("PRAGMA max_page_count = 1").await;
}

#[test]
fn after_a_full_disk_it_goes_on() {
    run(Kind::Sqlite, async |app: TestApp| {
        let ana = app.somebody("Ana").await;
        let fields = [("name", "Acme"), ("slug", "acme")];
        fill(&app).await;
        // Some write needs another page.
        let mut full = None;
        for n in 0..200 {
            let mut tx = app.outside_tenancy().begin().await.unwrap();
            let text = "x".repeat(2000);
            let insert = tx.query(
                "INSERT INTO letters (id, kind, recipient, sealed, attempts, due_at, created_at, done_at)
                 VALUES ($1, 'x', $2, $3, 0, 0, 0, 9000000000000000)",
            );
            let inserted =
                insert.bind(app.clock.id()).bind(format!("{n}")).bind(text.into_bytes()).execute().await;
            if let Err(error) = inserted {
                full = Some(error.to_string());
                break;
            }
            tx.commit().await.unwrap();
        }
        let full = full.expect("the database is full");
        assert!(full.contains("full"), "{full}");
        // The next person writes and signs in, and nothing of what failed is there.
        ana.call("/api/organizations/create", &fields).await.status(200);
        assert_eq!(app.browser().signs_in("ana@example.com", PASSWORD).await.status, 303);
    });
}

#[test]
fn nothing_is_written_after_it_was_rolled_back() {
    run(Kind::Sqlite, async |app: TestApp| {
        app.execute("PRAGMA max_page_count = 1").await;
        let mut tx = app.outside_tenancy().begin().await.unwrap();
        let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                    INSERT INTO events (topic, entity_id, created_at) SELECT 'session', randomblob(16), i FROM n";
        tx.query(fill).execute().await.unwrap_err();
        let after = "INSERT INTO reserved_slugs (slug, until) VALUES ('after', 1)";
        assert!(tx.query(after).execute().await.is_err(), "it is no transaction any more");
        assert!(tx.commit().await.is_err());
        assert_eq!(app.rows("reserved_slugs", "slug = 'after'").await.len(), 0);
        // A full database is no fault of ours, and soon over.
        assert_eq!(app.execute(after).await, 1);
    });
}

#[test]
fn a_page_that_begins_to_write_is_found_out() {
    run(Kind::Sqlite, async |app: TestApp| {
        let writes = async |State(server): State<Server>| match server.change_outside_tenancy().await {
            Ok(_) => "written",
            Err(_) => "not written",
        };
        let pages = Router::new().route("/write", any(writes)).with_state((*app).clone());
        let router = router::router((&app, app.web()), pages, Router::new(), Router::new());
        for (method, status) in [(Method::GET, 500), (Method::HEAD, 500), (Method::POST, 200)] {
            let request =
                Request::builder().method(method.clone()).uri("/write").body(Body::empty()).unwrap();
            let Ok(answer) = router.clone().oneshot(request).await;
            assert_eq!(answer.status(), status, "{method}");
        }
    });
}

#[test]
fn others_write_between_the_parts() {
    run(Kind::Sqlite, async |app: TestApp| {
        app.sent_letters(6000).await;
        let server = (*app).clone();
        let sweeping = tokio::spawn(async move { sweep(&server).await });
        let mut left = Vec::new();
        while !sweeping.is_finished() {
            let mut tx = app.outside_tenancy().begin().await.unwrap();
            left.push(tx.query("SELECT count(*) FROM letters").one::<(i64,)>().await.unwrap().0);
            tx.commit().await.unwrap();
        }
        sweeping.await.unwrap().unwrap();
        let between = left.iter().filter(|left| (1..6000).contains(*left)).count();
        assert!(between > 2, "{left:?}");
    });
}

both_databases!(
    what_is_noted_is_written_once,
    what_stops_says_so_and_ends_its_streams,
    a_write_is_tried,
    what_is_swept_up_goes_in_parts,
    what_is_much_is_left_to_the_next_run,
    every_table_is_swept_up,
);

async fn what_is_much_is_left_to_the_next_run(app: TestApp) {
    let acme = app.org("Acme", &app.somebody("Ana").await).await;
    acme.has("Vic", Role::Viewer).await;
    app.sent_letters(1200).await;
    app.execute(&format!("UPDATE letters SET org_id = {}", app.literal(acme.id.0))).await;
    let kinds = [
        rows!(delete "letters" where "org_id = $1"),
        rows!(update "members" set "role = 'editor'" where "org_id = $1 AND role = 'viewer'"),
    ];
    let left = async || {
        (app.rows("letters", "1 = 1").await.len(), app.rows("members", "role = 'viewer'").await.len())
    };
    let all = left().await;
    batches::write_in_order_for(&app, acme.id, &kinds, 1).await.unwrap();
    assert_eq!(left().await, (all.0 - batches::MOST, 1), "what comes after it waits, too");
    batches::write_in_order_for(&app, acme.id, &kinds, 9).await.unwrap();
    assert_eq!(left().await, (0, 0));
}

async fn what_is_swept_up_goes_in_parts(app: TestApp) {
    app.sent_letters(1200).await;
    app.breaks("DELETE", "letters", "OLD.attempts = 1150").await;
    assert!(sweep(&app).await.is_err());
    let left = app.rows("letters", "1 = 1").await.len();
    assert!((51..=51 + batches::MOST).contains(&left), "{left} are left");
    app.mends("letters").await;
    sweep(&app).await.unwrap();
    assert!(app.rows("letters", "1 = 1").await.is_empty());
}

async fn every_table_is_swept_up(app: TestApp) {
    app.somebody("Ana").await;
    app.sent_letters(3).await;
    app.clock.advance(Span::days(1000));
    let left = async |table: &str| app.rows(table, "1 = 1").await.len();
    assert_eq!((left("sessions").await, left("letters").await), (1, 3));
    // What fails in the first keeps none after it from its turn.
    app.breaks("DELETE", "sessions", "OLD.seen_at >= 0").await;
    assert!(sweep(&app).await.is_err());
    assert_eq!((left("sessions").await, left("letters").await), (1, 0));
    app.mends("sessions").await;
    sweep(&app).await.unwrap();
    assert_eq!(left("sessions").await, 0);
}

async fn what_is_noted_is_written_once(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let idle = app.another_idle(|_| {}).await;
    app.clock.advance(Span::minutes(2));
    let later = format!("seen_at >= {}", app.clock.now().0);
    idle.clock.advance(Span::minutes(3));
    let ana = ana.at(&idle);
    for _ in 0..3 {
        ana.get("/ana").await.status(200);
    }
    assert!(app.rows("sessions", &later).await.is_empty() && app.rows("members", &later).await.is_empty());
    idle.writes_notes().await.unwrap();
    assert_eq!((app.rows("sessions", &later).await.len(), app.rows("members", &later).await.len()), (1, 1));
    // One that cannot be written keeps none of the others from it.
    idle.deferred_writes.put(("a", Uuid::nil()), |change| {
        let broken = change.query("INSERT INTO users (id) VALUES (NULL)");
        Box::pin(async move { Ok(broken.execute().await.map(drop)?) })
    });
    let slug = "INSERT INTO reserved_slugs (slug, until) VALUES ('noted', 1)";
    idle.deferred_writes.put(("b", Uuid::nil()), move |change| {
        let query = change.query(slug);
        Box::pin(async move { Ok(query.execute().await.map(drop)?) })
    });
    idle.writes_notes().await.unwrap_err();
    assert_eq!(app.rows("reserved_slugs", "slug = 'noted'").await.len(), 1);
    idle.writes_notes().await.unwrap();
}

async fn a_write_is_tried(app: TestApp) {
    assert_eq!(app.browser().get("/readyz").await.status(200).body, "ready\n");
    let another = app.another_idle(|_| {}).await;
    // Reading goes on, writing does not.
    let statement = match app.database.kind {
        Kind::Sqlite => {
            "CREATE TRIGGER no_writes BEFORE UPDATE ON master_keys BEGIN SELECT RAISE (ABORT, 'no writes'); END"
        }
        Kind::Postgres => "CREATE RULE no_writes AS ON UPDATE TO master_keys DO INSTEAD SELECT 1 / 0",
    };
    app.execute(statement).await;
    another.browser().get("/readyz").await.status(503).says("the database does not answer");
    // For a moment it is true what was found out, so that nobody keeps the database busy by asking.
    let drop = match app.database.kind {
        Kind::Sqlite => "DROP TRIGGER no_writes",
        Kind::Postgres => "DROP RULE no_writes ON master_keys",
    };
    app.execute(drop).await;
    eventually("it to be ready again", async || {
        (another.browser().get("/readyz").await.status == 200).then_some(())
    })
    .await;
}

async fn what_stops_says_so_and_ends_its_streams(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let listens = || with(ana.asks(Method::GET, "/ana/events"), "sec-fetch-site", "same-origin");
    let open = ana.open(listens(), "").await;
    assert_eq!(open.status(), 200);
    app.shutdown.begin();
    app.browser().get("/readyz").await.status(503).says("stopping");
    let whole = tokio::time::timeout(Duration::from_secs(20), open.into_body().collect()).await;
    whole.expect("the stream ends").unwrap();
    // A person who comes back is sent elsewhere; everything else is answered as long as there is time.
    ana.send(listens(), "").await.status(503);
    ana.get("/ana").await.status(200);
}

#[test]
fn a_persons_streams_are_counted() {
    run(Kind::Sqlite, async |app: TestApp| {
        let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
        let listens =
            |who: &Browser, page| with(who.asks(Method::GET, page), "sec-fetch-site", "same-origin");
        let mut open = Vec::new();
        for _ in 0..MOST {
            open.push(ana.open(listens(&ana, "/ana/events"), "").await);
        }
        assert!(open.iter().all(|answer| answer.status() == 200));
        let refused = ana.send(listens(&ana, "/ana/events"), "").await.status(429);
        assert!(refused.header("retry-after").is_some(), "{refused}");
        assert_eq!(ben.open(listens(&ben, "/ben/events"), "").await.status(), 200);
        // One that is closed makes room.
        open.pop();
        eventually("a place to be free", async || {
            let answer = ana.open(listens(&ana, "/ana/events"), "").await;
            (answer.status() == 200).then_some(())
        })
        .await;
    });
}
