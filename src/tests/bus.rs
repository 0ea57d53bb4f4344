//! What happens is heard by every process on PostgreSQL, once, whatever else goes on.

use super::support::{TestApp, eventually, postgres_only, sql};
use crate::tenancy::{Change, Event, Topic};
use std::{collections::HashSet, time::Duration};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::{broadcast::Receiver, watch},
    time::timeout,
};
use uuid::Uuid;

postgres_only!(
    what_commits_after_later_numbers_were_read_is_heard,
    what_commits_after_a_process_began_is_heard,
    what_was_read_is_told_though_the_lease_cannot_be_renewed,
    a_connection_that_says_nothing_any_more_is_given_up,
    a_lease_is_renewed_when_it_is_due_and_not_with_every_event,
);

/// A change with an event that is told of nobody else.
async fn begins(app: &TestApp) -> (Change, Uuid) {
    let (mut change, id) = (app.change_outside_tenancy().await.unwrap(), app.clock.id());
    change.announce(Some(crate::id::OrgId(id)), Topic::Drafts, id).await.unwrap();
    (change, id)
}

async fn happens(app: &TestApp) -> Uuid {
    let (change, id) = begins(app).await;
    change.commit().await.unwrap();
    id
}

/// Waits for an event.
async fn hears(events: &mut Receiver<Event>, id: Uuid) {
    let heard = async { while events.recv().await.unwrap().entity_id != id {} };
    timeout(Duration::from_mins(1), heard).await.expect("an event is heard");
}

async fn what_commits_after_later_numbers_were_read_is_heard(app: TestApp) {
    let mut events = app.events.subscribe();
    let (first, one) = begins(&app).await;
    let (second, two) = begins(&app).await;
    hears(&mut events, happens(&app).await).await;
    // By a clock that is an hour behind, it was over long ago.
    let old = app.clock.now() - crate::time::Span::hours(1);
    let wrong = format!(
        "INSERT INTO events (org_id, topic, entity_id, created_at)
         SELECT entity_id, topic, entity_id, {} FROM events LIMIT 1",
        old.0
    );
    app.execute(&wrong).await;
    hears(&mut events, happens(&app).await).await;
    hears(&mut events, happens(&app).await).await;
    second.commit().await.unwrap();
    hears(&mut events, two).await;
    hears(&mut events, happens(&app).await).await;
    first.commit().await.unwrap();
    hears(&mut events, one).await;
    // Each once.
    let mut all = HashSet::new();
    let mut again = app.events.subscribe();
    for _ in 0..3 {
        let id = happens(&app).await;
        hears(&mut again, id).await;
        all.insert(id);
    }
    while let Ok(event) = events.try_recv() {
        assert!(all.remove(&event.entity_id) || event.org_id.is_none(), "{event:?} is told twice");
    }
}

async fn what_commits_after_a_process_began_is_heard(app: TestApp) {
    let (first, one) = begins(&app).await;
    let (second, two) = begins(&app).await;
    happens(&app).await;
    let other = app.another(|_| {}).await;
    other.hears().await;
    let mut events = other.events.subscribe();
    second.commit().await.unwrap();
    hears(&mut events, two).await;
    first.commit().await.unwrap();
    hears(&mut events, one).await;
}

async fn what_was_read_is_told_though_the_lease_cannot_be_renewed(app: TestApp) {
    app.hears().await;
    let mut events = app.events.subscribe();
    app.execute("ALTER TABLE nodes RENAME TO elsewhere").await;
    // The next renewal fails, and those after it.
    for _ in 0..3 {
        let id = happens(&app).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        hears(&mut events, id).await;
    }
}

async fn a_connection_that_says_nothing_any_more_is_given_up(app: TestApp) {
    let (url, hold) = wire(&app.database.url).await;
    let other = app.another_idle(|config| config.database_url = Some(url)).await;
    other.follows();
    other.hears().await;
    let mut events = other.events.subscribe();
    // What is connected says nothing any more; those who connect anew are answered.
    hold.send(true).unwrap();
    hears(&mut events, happens(&app).await).await;
}

/// Another way to a database, whose connections so far can be held up.
async fn wire(url: &str) -> (String, watch::Sender<bool>) {
    let (before, name) = url.rsplit_once('/').unwrap();
    let (user, server) = before.rsplit_once('@').unwrap();
    let (listener, server) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), server.to_owned());
    let port = listener.local_addr().unwrap().port();
    let (hold, watched) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut here, _)) = listener.accept().await {
            let (server, mut watched) = (server.clone(), watched.clone());
            watched.mark_unchanged();
            tokio::spawn(async move {
                let mut there = TcpStream::connect(server).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut here, &mut there) => {}
                    Ok(()) = watched.changed() => std::future::pending().await,
                }
            });
        }
    });
    (format!("{user}@127.0.0.1:{port}/{name}"), hold)
}

async fn a_lease_is_renewed_when_it_is_due_and_not_with_every_event(app: TestApp) {
    app.hears().await;
    let mut events = app.events.subscribe();
    let renewals = || async {
        let all = app.outside_tenancy().query(sql("SELECT renewed_at FROM nodes"));
        let (at,): (i64,) = all.one().await.unwrap();
        at
    };
    let (began, first) = (app.clock.instant(), renewals().await);
    let mut seen = HashSet::from([first]);
    for _ in 0..40 {
        hears(&mut events, happens(&app).await).await;
        seen.insert(renewals().await);
    }
    let due = usize::try_from(began.elapsed().as_millis() / 500).unwrap();
    assert!(seen.len() <= due + 2, "{} renewals where {due} were due", seen.len());
    // And without any event, too.
    let last = renewals().await;
    eventually("another renewal", || async { (renewals().await != last).then_some(()) }).await;
}
