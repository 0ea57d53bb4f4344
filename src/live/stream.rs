//! `GET /{org}/events`: server-sent events of what happens in an organization, for its members.
//!
//! `change` names a topic that pages may show; `reload` says that the member's own rights changed;
//! `gone` says why the stream ends for good. Only what the member's role may see is sent. A stream
//! is asked again who it belongs to when something happened to its person or its session, and now
//! and then in any case.

use crate::{
    error::Error,
    role::{ManageApiKeys, Role, ViewInvitations},
    tenancy::{Event, Scope, Server, Topic, sessions, stream_limit::Seat},
    time::Span,
    web::{RequestContext, csrf},
};
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
    routing::get,
};
use serde::Deserialize;
use std::{convert::Infallible, pin::pin, time::Duration};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};
use tokio_stream::wrappers::ReceiverStream;

/// How often a stream makes sure that it may still go on.
const RECHECK: Span = Span::minutes(1);

/// The routes of streams.
pub fn routes(server: &Server) -> Router {
    Router::new().route("/{org}/events", get(events)).with_state(server.clone())
}

async fn events(
    State(server): State<Server>,
    Extension(caller): Extension<RequestContext>,
    Path(org): Path<String>,
    Query(Begin { since }): Query<Begin>,
    headers: HeaderMap,
) -> Response {
    if !csrf::is_same_origin(&server, &headers) {
        return crate::web::error_page::plain_error(&Error::Forbidden);
    }
    // Before the scope is read: what happens in between is not missed.
    let events = server.events.subscribe();
    let (watch, missed) = match Watch::begin(caller, org, since).await {
        Ok(begun) => begun,
        Err(error) => return crate::web::error_page::plain_error(&error),
    };
    // A reader that does not keep up is cut off when this many events wait for it.
    let (sender, receiver) = mpsc::channel(32);
    tokio::spawn(watch.run(missed, events, sender));
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(ReceiverStream::new(receiver)).keep_alive(keep_alive).into_response();
    let buffering = axum::http::HeaderValue::from_static("no");
    response.headers_mut().insert("x-accel-buffering", buffering);
    response
}

/// Where a stream begins.
#[derive(Deserialize)]
struct Begin {
    /// The newest event that the page knows of.
    since: Option<i64>,
}

/// One member's stream.
struct Watch {
    caller: RequestContext,
    org: String,
    scope: Scope,
    /// The newest event that the reader knows of: on PostgreSQL one may be told late.
    known: i64,
    seat: Seat,
}

enum Next {
    Send(sse::Event),
    Pass,
    End(&'static str),
}

impl Watch {
    /// Enters the organization; with the topics of what happened after the event `since`, which
    /// the page knew of when it was read.
    async fn begin(
        caller: RequestContext,
        org: String,
        since: Option<i64>,
    ) -> Result<(Self, Vec<Topic>), Error> {
        let scope = caller.enter(&org).await?;
        let person = scope.person().ok_or(Error::SignedOut)?;
        let seat = caller.server.streams.take(person.id.0)?;
        let Some(since) = since else { return Ok((Self { caller, org, scope, known: 0, seat }, Vec::new())) };
        let missed: Vec<(Topic, i64)> = scope
            .query("SELECT topic, max(seq) FROM events WHERE org_id = $1 AND seq > $2 GROUP BY topic")
            .bind(since)
            .all()
            .await?;
        let known = missed.iter().map(|(_, seq)| *seq).max().unwrap_or(since);
        let role = scope.role();
        let topics = missed.into_iter().map(|(topic, _)| topic).filter(|topic| may_see(role, *topic));
        Ok((Self { caller, org, scope, known, seat }, topics.collect()))
    }

    async fn run(
        mut self,
        missed: Vec<Topic>,
        mut events: broadcast::Receiver<Event>,
        out: mpsc::Sender<Result<sse::Event, Infallible>>,
    ) {
        // Says at once that the stream is open.
        let _ = out.try_send(Ok(sse::Event::default().comment("open")));
        for topic in missed {
            let _ = out.try_send(Ok(change(topic)));
        }
        // It goes on however much happens meanwhile.
        let clock = self.caller.server.clock.clone();
        let mut due = pin!(clock.sleep(RECHECK));
        loop {
            let next = tokio::select! {
                () = out.closed() => return,
                // The page finds another process, or this one when it is back.
                () = self.seat.ends() => return,
                () = &mut due => {
                    due.set(clock.sleep(RECHECK));
                    self.recheck().await
                }
                event = events.recv() => match event {
                    Ok(event) => self.on(&event).await,
                    Err(RecvError::Lagged(_)) => Next::Send(sse::Event::default().event("reload").data("role")),
                    Err(RecvError::Closed) => return,
                },
            };
            let (event, last) = match next {
                Next::Pass => continue,
                Next::Send(event) => (event, false),
                Next::End(why) => (sse::Event::default().event("gone").data(why), true),
            };
            if out.try_send(Ok(event)).is_err() || last {
                return;
            }
        }
    }

    async fn on(&mut self, event: &Event) -> Next {
        let visit = self.caller.visit();
        if event.topic == Topic::Session {
            let mine = visit.is_some_and(|visit| visit.session.0 == event.entity_id);
            return if mine { Next::End("You're signed out.") } else { Next::Pass };
        }
        if event.org_id != Some(self.scope.organization().id) || event.seq <= self.known {
            return Next::Pass;
        }
        if event.topic == Topic::Organization {
            // It may be deleted, or ask for more than its members have.
            return match self.recheck().await {
                Next::Pass => Next::Send(change(event.topic)),
                next => next,
            };
        }
        let about_me =
            event.topic == Topic::Members && visit.is_some_and(|visit| visit.user.0 == event.entity_id);
        if about_me {
            return self.recheck().await;
        }
        if may_see(self.scope.role(), event.topic) { Next::Send(change(event.topic)) } else { Next::Pass }
    }

    /// Whether the stream may go on, and as what.
    async fn recheck(&mut self) -> Next {
        if let Some(visit) = self.caller.visit()
            && let Ok(false) = sessions::is_live(&self.caller.server, visit.session).await
        {
            return Next::End("You're signed out.");
        }
        match self.caller.enter(&self.org).await {
            Ok(scope) => {
                let changed = scope.role() != self.scope.role();
                self.scope = scope;
                if changed {
                    Next::Send(sse::Event::default().event("reload").data("role"))
                } else {
                    Next::Pass
                }
            }
            Err(Error::NotFound) => Next::End("You're no longer a member of this organization."),
            Err(Error::SignedOut) => Next::End("You're signed out."),
            Err(Error::SecondFactorMissing) => {
                Next::End("This organization requires two-factor authentication.")
            }
            // The database is away: it will be asked again.
            Err(_) => Next::Pass,
        }
    }
}

fn change(topic: Topic) -> sse::Event {
    sse::Event::default().event("change").data(topic.as_str())
}

/// Whether a role may know that something happened.
fn may_see(role: Role, topic: Topic) -> bool {
    match topic {
        Topic::Members
        | Topic::Organization
        | Topic::Prompts
        | Topic::Drafts
        | Topic::Search
        | Topic::Deployments => true,
        Topic::Invitations => role.can::<ViewInvitations>(),
        Topic::Keys => role.can::<ManageApiKeys>(),
        Topic::Session => false,
    }
}
