//! Who makes a request, from where, with which form: what pages and server functions start from.

use super::{
    Server,
    audit::{Doer, Entry},
    change::Change,
    forms::Posted,
    session::{self, Visit},
};
use crate::{
    error::{Error, Result},
    fields::{Email, Name},
    id::{OrgId, UserId},
};
use axum::http::request::Parts;
use leptos::prelude::with_context;
use std::{net::IpAddr, sync::Arc};
use tower_sessions::Session;

/// One request's caller.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The server.
    pub server: Server,
    /// Where the request comes from.
    pub client: Arc<Client>,
    /// The page asked for, path and query.
    pub page: Arc<str>,
    session: Session,
    visit: Option<Visit>,
    posted: Option<Arc<Posted>>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// What the browser calls itself, cut to 300 characters.
    pub user_agent: String,
    /// The name of the request in the log.
    pub request_id: String,
    /// Whether the browser only looks ahead, so that nobody sees the answer yet.
    pub is_prefetch: bool,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Whether they have proven that the address is theirs.
    pub is_verified: bool,
    /// The organization they used last.
    pub home_org_id: Option<OrgId>,
}

impl Caller {
    pub(super) async fn new(server: Server, session: Session, client: Client, page: &str) -> Result<Self> {
        let visit = session::visit(&session).await?;
        Ok(Self { server, client: Arc::new(client), page: page.into(), session, visit, posted: None })
    }

    /// The caller of the request being answered.
    ///
    /// # Errors
    /// [`Error::Internal`] outside a request.
    pub fn here() -> Result<Self> {
        with_context::<Parts, _>(|parts| parts.extensions.get::<Self>().cloned())
            .flatten()
            .ok_or_else(|| internal(&"no request is being answered"))
    }

    /// The same caller, asking for another page.
    #[must_use]
    pub fn at(self, page: &str) -> Self {
        Self { page: page.into(), ..self }
    }

    /// The same caller, shown `page` with what came of a form.
    #[must_use]
    pub fn with_posted(&self, page: &str, posted: Posted) -> Self {
        Self { page: page.into(), posted: Some(Arc::new(posted)), ..self.clone() }
    }

    /// A part of the page's path, counted from nought.
    #[must_use]
    pub fn segment(&self, n: usize) -> &str {
        let path = self.page.split(['?', '#']).next().unwrap_or_default();
        path.split('/').nth(n + 1).unwrap_or_default()
    }

    /// A value of the page's query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.page.split_once('?')?;
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The page to go on to, as the URL says, if it is one of ours.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        self.query("next").filter(|next| crate::paths::is_local(next))
    }

    /// What came of the form this page is the answer to, if it is one.
    #[must_use]
    pub fn posted(&self) -> Option<&Posted> {
        self.posted.as_deref()
    }

    /// The signed-in browser, if it is one.
    #[must_use]
    pub const fn visit(&self) -> Option<Visit> {
        self.visit
    }

    /// The person signed in, if anybody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn person(&self) -> Result<Option<Person>> {
        let Some(visit) = self.visit else { return Ok(None) };
        let person = self.server.db.query(
            "SELECT id, name, email, verified_at IS NOT NULL AS is_verified, home_org_id FROM users WHERE id = $1",
        );
        Ok(person.bind(visit.user).optional().await?)
    }

    /// The person signed in.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when nobody is.
    pub async fn signed_in(&self) -> Result<Person> {
        self.person().await?.ok_or(Error::SignedOut)
    }

    /// Signs a person in on this browser, ending whatever session it had.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in(&self, user: UserId) -> Result<()> {
        if let Some(visit) = self.visit {
            let mut change = Change::begin(&self.server).await?;
            session::end(&mut change, visit.session).await?;
            change.commit().await?;
        }
        session::sign_in(&self.server, &self.session, user).await.map(drop)
    }

    /// Signs out on this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self) -> Result<()> {
        if let Some(visit) = self.visit {
            let mut change = Change::begin(&self.server).await?;
            session::end(&mut change, visit.session).await?;
            self.audit(&mut change, visit.user, Entry::new("session.ended", visit.session.0)).await?;
            change.commit().await?;
        }
        session::forget(&self.session).await
    }

    /// Gives this browser's session a fresh id, since what it may do has grown.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rotate(&self) -> Result<()> {
        session::rotate(&self.session).await
    }

    /// Writes an audit row of something a person did outside any organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, change: &mut Change, user: UserId, entry: Entry) -> Result<()> {
        let doer = Doer { kind: "person", id: Some(user.0), role: None };
        change.audit(None, doer, &self.client, entry).await
    }
}

/// A fault of ours: logs the cause under a reference and keeps only that.
pub fn internal(cause: &dyn std::fmt::Display) -> Error {
    let [a, b, c, d] = super::clock::random::<4>();
    let reference = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
    tracing::error!(reference, %cause, "internal error");
    Error::Internal { reference }
}
