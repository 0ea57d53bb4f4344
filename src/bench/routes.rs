//! Seeding an organization, checking a session and nothing else, and the control: the bytes of a
//! page from memory, behind the same session layer as the page.

use super::library;
use crate::{
    accounts::store::{self as accounts, NewPerson},
    error::Result,
    fields::{Email, Name, Password, Slug},
    members, orgs,
    role::{ManageMembers, Role},
    tenancy::{
        Scope, Server,
        audit::{Action, Entry},
        client::Person,
    },
    time::Span,
    web::RequestContext,
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Json, Response},
    routing::{get, post},
};
use http_body_util::BodyExt;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use tower::ServiceExt;

const SESSION: &str = "/dev/session";
const PASSWORD: &str = "correct horse battery";

#[derive(Clone)]
struct Bench {
    server: Server,
    pages: Router,
    answers: Arc<RwLock<HashMap<String, (HeaderMap, Bytes)>>>,
}

/// The routes, which answer from `pages`.
pub fn routes(server: &Server, pages: Router) -> Router {
    let bench = Bench { server: server.clone(), pages, answers: Arc::default() };
    Router::new()
        .route("/dev/seed", post(seed))
        .route("/dev/work", post(work))
        .route(SESSION, get(session))
        .route("/dev/control", get(control))
        .with_state(bench)
}

#[derive(Deserialize)]
struct Seed {
    members: usize,
    /// Rows of its audit log.
    #[serde(default)]
    audit: usize,
    /// Folders and prompts of its library.
    #[serde(default)]
    folders: usize,
    #[serde(default)]
    prompts: usize,
    /// About how long the text of each prompt is.
    #[serde(default = "short")]
    bytes: usize,
    /// Whether its first version is live in production.
    #[serde(default)]
    deployed: bool,
}

const fn short() -> usize {
    400
}

async fn seed(
    State(bench): State<Bench>,
    Extension(caller): Extension<RequestContext>,
    Query(seed): Query<Seed>,
) -> Response {
    match populate(&bench.server, &caller, &seed).await {
        Ok((email, slug)) => {
            Json(serde_json::json!({ "email": email.as_str(), "password": PASSWORD, "slug": slug.as_str() }))
                .into_response()
        }
        Err(error) => crate::web::error_page::plain_error(&error),
    }
}

/// An organization of so many members, with its Owner's address.
async fn populate(server: &Server, caller: &RequestContext, seed: &Seed) -> Result<(Email, Slug)> {
    let password = Password::typed(PASSWORD).map_err(crate::error::Error::conflict)?;
    let hash = server.passwords.hash(password).await?;
    let owner = person(server, &hash, 0).await?;
    let slug = Slug::personal(&format!("bench {}", server.clock.id().simple()), None);
    let name = owner.name.clone();
    let change = server.change_outside_tenancy().await?;
    let org = orgs::store::create_team(change, caller, &owner, name, slug.clone()).await?;
    let host = Scope::system(caller, org, "seeding a benchmark").await?.require::<ManageMembers>()?;
    for n in 1..seed.members {
        let user = person(server, &hash, n).await?;
        let mut change = host.change().await?;
        let role = [Role::Admin, Role::Editor, Role::Viewer][n % 3];
        // So long ago that the page, and with it its size, does not change while it is measured.
        let joined = change.now() - Span::days(30);
        members::store::add(&mut change, user.id, role, joined).await?;
        change.commit().await?;
    }
    let library = Scope::system(caller, org, "seeding a benchmark").await?.require()?;
    library::plant(&library, seed.folders, seed.prompts, seed.bytes).await?;
    if seed.deployed {
        library::deploy(&library).await?;
    }
    for rows in (0..seed.audit).collect::<Vec<_>>().chunks(1000) {
        let mut change = host.change().await?;
        for n in rows {
            let details =
                serde_json::json!({ "before": { "role": "editor" }, "after": { "role": "viewer" } });
            let action = [Action::RoleChanged, Action::InvitationSent, Action::SettingsChanged][n % 3];
            change.audit(Entry::new(action, owner.id.0).details(details)).await?;
        }
        change.commit().await?;
    }
    Ok((owner.email, slug))
}

#[derive(Deserialize)]
struct Work {
    org: String,
}

/// Does what is measured within the server, in a library, and tells how long it took.
async fn work(Extension(caller): Extension<RequestContext>, Query(work): Query<Work>) -> Response {
    let measured = match caller.enter(&work.org).await {
        Ok(scope) => library::measure(scope).await,
        Err(error) => Err(error),
    };
    match measured {
        Ok(told) => Json(told).into_response(),
        Err(error) => crate::web::error_page::plain_error(&error),
    }
}

async fn person(server: &Server, hash: &str, n: usize) -> Result<Person> {
    let unique = server.clock.id().simple().to_string();
    let name =
        Name::parse(&format!("Person {n} {}", &unique[20..])).map_err(crate::error::Error::conflict)?;
    let email = Email::parse(&format!("p{n}.{unique}@bench.test")).map_err(crate::error::Error::conflict)?;
    let mut change = server.change_outside_tenancy().await?;
    let new = NewPerson {
        name: name.clone(),
        email: email.clone(),
        password_hash: hash.to_owned(),
        is_verified: true,
    };
    let made = accounts::create(&mut change, new).await?;
    change.commit().await?;
    let (id, _) = made.ok_or(crate::error::Error::NotFound)?;
    Ok(Person { id, name, email, is_verified: true, home_org_id: None })
}

async fn session(Extension(caller): Extension<RequestContext>) -> StatusCode {
    if caller.visit().is_some() { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

#[derive(Deserialize)]
struct Control {
    like: String,
}

async fn control(
    State(bench): State<Bench>,
    Extension(caller): Extension<RequestContext>,
    Query(control): Query<Control>,
    request: Request,
) -> Response {
    if caller.visit().is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // A session check has no body to keep: its control is itself, without the look at the session.
    if control.like == SESSION {
        return StatusCode::NO_CONTENT.into_response();
    }
    let known = bench.answers.read().unwrap_or_else(PoisonError::into_inner).get(&control.like).cloned();
    let (headers, body) = match known {
        Some(answer) => answer,
        None => match fetch(&bench, &control.like, request).await {
            Some(answer) => answer,
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    (headers, body).into_response()
}

/// The page as it is answered the first time, kept for the next.
async fn fetch(bench: &Bench, like: &str, request: Request) -> Option<(HeaderMap, Bytes)> {
    let (mut parts, _) = request.into_parts();
    parts.uri = like.parse().ok()?;
    if let Some(caller) = parts.extensions.get::<RequestContext>().cloned() {
        parts.extensions.insert(caller.at(like));
    }
    let response = bench.pages.clone().oneshot(Request::from_parts(parts, Body::empty())).await.ok()?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    let mut headers = head.headers;
    headers.remove(header::TRANSFER_ENCODING);
    let answer = (headers, body);
    bench.answers.write().unwrap_or_else(PoisonError::into_inner).insert(like.to_owned(), answer.clone());
    Some(answer)
}
