//! `GET /events`: server-sent events of what is deployed, so that services need not ask again and again.

use super::{
    deployed::{CHANGED, told},
    problem::ApiError,
    service::Service,
};
use crate::{
    delivery::Delivery,
    error::{Error, Result},
    id::PromptId,
    role::ViewContent,
    tenancy::{Event, Topic, stream_limit::Seat},
    time::Span,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use std::{convert::Infallible, pin::pin, time::Duration};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};
use tokio_stream::wrappers::ReceiverStream;

/// How often a quiet stream makes sure that its key is still good.
const RECHECK: Span = Span::minutes(1);
/// How many events wait for a reader before it is cut off. Of one deployment, and of all that was missed, there are
/// fewer: a client that is cut off among those would be told the same again, and never the rest.
const WAITING: usize = 256;
/// After more events than these of what was missed, it is told only that there is more.
const MISSED: usize = 100;

/// How long before the last event that was heard what is missed may have happened.
const OVERLAP: Span = Span::seconds(30);

/// Listen to deployments
///
/// Server-sent events. `deployment.changed` contains, as JSON, the version of a prompt that is live in each
/// environment. It is also sent for live prompts that include a deployed prompt. A prompt that was renamed or moved
/// gets an event for its path and for each path it was deployed at. `prompts.changed` means that
/// prompts were saved, renamed or moved, that environments or inherited values changed, or that many prompts
/// changed at once. `reset` means that too many events were missed. After either one, fetch the prompts you use
/// again. If one change causes several events, only the last of them has an ID. A key can have 100
/// streams open at once, an organization 500. A comment is sent every 15 seconds.
#[utoipa::path(
    get, path = "/events", tag = "Deployments", params(("Last-Event-ID" = Option<i64>, Header, description = "The ID of the last event you received. Events you missed are sent first.")),
    responses((status = 200, description = "An event stream. The data of `deployment.changed` is a `DeploymentChanged`.", body = String, content_type = "text/event-stream", headers(
        ("Cache-Control" = String, description = "`no-cache`."),
        ("X-Accel-Buffering" = String, description = "`no`: tells proxies to pass on each event immediately."),
    ))),
    extensions(("x-scope" = json!("read:prompts"))),
)]
pub(super) async fn events(
    service: Service,
    State(delivery): State<Delivery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    service.grant::<ViewContent>()?;
    // Before what was missed is read: what happens in between is not missed.
    let events = delivery.server.events.subscribe();
    let last = headers.get("last-event-id").map(|last| last.to_str().ok().and_then(|last| last.parse().ok()));
    let last: Option<i64> = match last {
        Some(None) => return Err(ApiError::malformed("Last-Event-ID", "Send the ID of an event.")),
        Some(last) => last,
        None => None,
    };
    let (sender, receiver) = mpsc::channel(WAITING);
    let seat = service
        .scope()
        .server()
        .streams
        .take_of_key(service.key().id.0, service.scope().organization().id)?;
    let watch = Watch { service, known: last.unwrap_or_default(), seat };
    tokio::spawn(watch.run(last, events, sender));
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(ReceiverStream::new(receiver)).keep_alive(keep_alive).into_response();
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The stream of one service.
struct Watch {
    service: Service,
    /// The newest event that the reader knows of.
    known: i64,
    seat: Seat,
}

/// What the stream hears of its organization.
enum Heard {
    /// Nothing for a while.
    Nothing,
    One(Event),
    /// More than was kept for it.
    Some,
}

type Out = mpsc::Sender<Result<sse::Event, Infallible>>;

impl Watch {
    async fn run(mut self, last: Option<i64>, mut events: broadcast::Receiver<Event>, out: Out) {
        // Says at once that the stream is open.
        let _ = out.try_send(Ok(sse::Event::default().comment("open")));
        if let Some(last) = last
            && self.resume(last, &out).await.is_err()
        {
            return;
        }
        let org = self.service.scope().organization().id;
        let clock = self.service.scope().server().clock.clone();
        // The first time at once: it may have ended since it came in.
        let mut due = pin!(clock.sleep(Span::seconds(0)));
        loop {
            let heard = tokio::select! {
                () = out.closed() => return,
                () = self.seat.ends() => return,
                () = &mut due => {
                    due.set(clock.sleep(RECHECK));
                    Heard::Nothing
                }
                event = events.recv() => match event {
                    Ok(event) if event.org_id == Some(org) && is_heard(event.topic) => Heard::One(event),
                    Ok(_) => continue,
                    Err(RecvError::Lagged(_)) => Heard::Some,
                    Err(RecvError::Closed) => return,
                },
            };
            // First of all: a key that was good a moment ago hears nothing of what happened since.
            let is_good = match &heard {
                Heard::One(event) => self.is_good_at(event.seq).await,
                Heard::Nothing | Heard::Some => self.service.is_good().await,
            };
            if !matches!(is_good, Ok(true)) {
                return;
            }
            let told = match heard {
                Heard::Nothing => Ok(()),
                Heard::One(event) => self.on(&event, &out).await,
                // What was not heard is read.
                Heard::Some => self.catch_up(self.known, &out).await,
            };
            if told.is_err() {
                return;
            }
        }
    }

    /// Whether the key was still good when an event was heard: asked once for all streams of the key.
    async fn is_good_at(&self, event: i64) -> Result<bool> {
        let key = self.service.key();
        let what = format!("key {} {:?}", key.id, key.shown);
        let good = Box::pin(async { self.service.is_good().await.map(i64::from) });
        Ok(*self.service.scope().shared(event, what, good).await? != 0)
    }

    /// Tells of what happened after an event, or that this is not known any more: events are kept for an hour.
    async fn resume(&mut self, last: i64, out: &Out) -> Result<()> {
        let newest = self.service.scope().query(
            "SELECT coalesce(max(seq), 0), coalesce(sum(CASE WHEN seq = $2 THEN 1 ELSE 0 END), 0) FROM events
             WHERE org_id = $1",
        );
        let (newest, is_known): (i64, i64) = newest.bind(last).one().await?;
        if is_known > 0 {
            return self.catch_up(last, out).await;
        }
        self.known = newest;
        send(out, sse::Event::default().id(newest.to_string()).event("reset").data("{}"))
    }

    /// Tells of what happened after an event, and shortly before it: events may have been heard in another order
    /// than they happened. What is told is a state, not a step, so nothing is wrong when it is told twice.
    async fn catch_up(&mut self, last: i64, out: &Out) -> Result<()> {
        let scope = self.service.scope();
        let since = scope.query(
            "SELECT coalesce(min(seq) - 1, $2) FROM events WHERE org_id = $1 AND seq <= $2
               AND created_at >= (SELECT e.created_at FROM events e WHERE e.org_id = $1 AND e.seq = $2) - $3",
        );
        let (since,): (i64,) = since.bind(last).bind(OVERLAP.0).one().await?;
        let missed = scope.query(
            "SELECT entity_id, max(seq) AS seq FROM events
             WHERE org_id = $1 AND topic = 'deployments' AND seq > $2 GROUP BY entity_id ORDER BY seq",
        );
        let missed: Vec<(PromptId, i64)> = missed.bind(since).all().await?;
        let changed =
            scope.query("SELECT max(seq) FROM events WHERE org_id = $1 AND topic = 'prompts' AND seq > $2");
        let (changed,): (Option<i64>,) = changed.bind(since).one().await?;
        // What is told is as it is by now; others who were away as well are told the same.
        let newest = scope.query("SELECT coalesce(max(seq), 0) FROM events WHERE org_id = $1");
        let (newest,): (i64,) = newest.one().await?;
        match changed {
            Some(seq) if missed.is_empty() => self.burst(vec![changed_event()], seq, out)?,
            // It comes first, and a client that is cut off before the rest is told all of it again.
            Some(_) => send(out, changed_event())?,
            None => {}
        }
        let (mut missed, mut told) = (missed.into_iter(), 0);
        for (prompt, seq) in missed.by_ref() {
            told += self.deployed(prompt, seq, newest, out).await?;
            if told > MISSED {
                break;
            }
        }
        if let Some((_, seq)) = missed.next_back() {
            self.burst(vec![changed_event()], seq, out)?;
        }
        Ok(())
    }

    /// Tells of what an event of the organization means to services.
    async fn on(&mut self, event: &Event, out: &Out) -> Result<()> {
        match event.topic {
            // What was told already while catching up is told again: it is a state, not a step.
            Topic::Deployments => {
                let seq = event.seq;
                let since = seq.max(self.known);
                self.deployed(PromptId(event.entity_id), seq, since, out).await.map(drop)
            }
            Topic::Prompts => self.burst(vec![changed_event()], event.seq, out),
            _ => Ok(()),
        }
    }

    /// Tells of a prompt that was deployed, and of those that are put together from it, as it is since an event; and how
    /// many events that were. It is read once for all streams whose keys reach the same.
    async fn deployed(&mut self, prompt: PromptId, seq: i64, since: i64, out: &Out) -> Result<usize> {
        let (service, key) = (&self.service, self.service.key());
        let reach = (key.folders.stored(), key.environments.stored());
        let what = format!("deployed {prompt} {reach:?}");
        let told = service.scope().shared(since, what, Box::pin(told(service, prompt))).await?;
        let events = told.0.iter().map(|(name, data)| sse::Event::default().event(*name).data(data));
        self.burst(events.collect(), seq, out)?;
        Ok(told.0.len())
    }

    /// Tells what came of one event. Only the last part has its id: a client that is cut off before that is told all of
    /// it again. The id never goes back.
    fn burst(&mut self, mut events: Vec<sse::Event>, seq: i64, out: &Out) -> Result<()> {
        let known = self.known.max(seq);
        let last = events.pop();
        for event in events {
            send(out, event)?;
        }
        if let Some(last) = last {
            send(out, last.id(known.to_string()))?;
        }
        self.known = known;
        Ok(())
    }
}

/// Whether streams hear of what is about something: it is told, or it may end them.
const fn is_heard(topic: Topic) -> bool {
    matches!(topic, Topic::Deployments | Topic::Prompts | Topic::Keys | Topic::Organization)
}

/// Tells that there may be something else than before under any name.
fn changed_event() -> sse::Event {
    sse::Event::default().event(CHANGED).data("{}")
}

/// Sends an event. Who does not keep up begins anew, with the last event it has.
fn send(out: &Out, event: sse::Event) -> Result<()> {
    out.try_send(Ok(event)).map_err(|_| Error::Unavailable { retry_after: 1 })
}
