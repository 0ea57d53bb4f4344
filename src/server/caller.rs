//! Who makes a request, from where, with which form: what pages and server functions start from.

use super::{
    Server,
    audit::{self, Action, Doer, Entry},
    change::Change,
    forms::Posted,
    session::{self, Visit},
    uploads::File,
};
use crate::{
    error::{Error, Result},
    fields::{Email, Name},
    id::{OrgId, UserId},
    role::Role,
    time::Timestamp,
};
use axum::http::request::Parts;
use leptos::prelude::with_context;
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};
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
    fields: Arc<[(String, String)]>,
    files: Arc<[File]>,
    pub(super) entered: Arc<OnceLock<Entered>>,
}

/// The organization a request got into, so that a refusal there is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entered {
    pub(super) org: OrgId,
    pub(super) user: UserId,
    role: Role,
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
    /// Whether an open page reads itself again, which nobody asked for.
    pub is_reread: bool,
    /// What a service calls the request, so that it is carried out once, and when that began: another one under
    /// its name began at another time.
    pub named: Option<(String, Timestamp)>,
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
        if let Some(visit) = visit {
            session::touch(&server, &session, visit, &client).await;
        }
        Ok(Self {
            server,
            client: Arc::new(client),
            page: page.into(),
            session,
            visit,
            posted: None,
            fields: Arc::default(),
            files: Arc::default(),
            entered: Arc::default(),
        })
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

    pub(super) fn with_fields(self, fields: &[(String, String)]) -> Self {
        Self { fields: fields.into(), ..self }
    }

    /// The fields of the form that was posted, in order: for forms that have as many of a kind as people
    /// like, which no function can have for arguments.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    pub(super) fn with_files(self, files: Vec<File>) -> Self {
        Self { files: files.into(), ..self }
    }

    /// The file of a field of the form that was posted, if one was chosen.
    #[must_use]
    pub fn file(&self, field: &str) -> Option<&File> {
        self.files.iter().find(|file| file.field == field)
    }

    pub(super) fn files(&self) -> &[File] {
        &self.files
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
        let value = pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value);
        // What holds a NUL is no text, and no database takes it for one.
        value.filter(|value| !value.contains('\0'))
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

    /// Whether the caller may call a function once more.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub fn limited(&self, function: &str) -> Result<()> {
        self.server.limits.pass(function, &self.client, self.visit.map(|visit| visit.user))
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

    /// Signs a person in on this browser, ending whatever session it had. False when their password is not the one
    /// of this hash any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in(&self, user: UserId, password_hash: &str) -> Result<bool> {
        if let Some(visit) = self.visit {
            let mut change = Change::begin(&self.server).await?;
            session::end(&mut change, visit.user, visit.session).await?;
            change.commit().await?;
        }
        session::sign_in(&self.server, &self.session, user, password_hash, &self.client).await
    }

    /// Notes that the person who is signed in on this browser has entered their password just now.
    pub(super) async fn note_proof(&self, visit: Visit) -> Result<()> {
        session::note_proof(&self.server, &self.session, visit).await
    }

    /// Signs out on this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self) -> Result<()> {
        if let Some(visit) = self.visit {
            let mut change = Change::begin(&self.server).await?;
            session::end(&mut change, visit.user, visit.session).await?;
            self.audit(&mut change, visit.user, Entry::new(Action::SessionEnded, visit.session.0)).await?;
            change.commit().await?;
        }
        session::forget(&self.session).await
    }

    /// Gives this browser's session a fresh id, since what it may do has grown.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rotate(&self) -> Result<()> {
        session::rotate(&self.server, &self.session).await
    }

    /// Writes an audit row of something a person did outside any organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, change: &mut Change, user: UserId, entry: Entry) -> Result<()> {
        audit::record_of_person(change, user, Doer::person(user, None), &self.client, entry).await
    }

    /// Writes an audit row of something that somebody unknown did to a person, or to nobody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_stranger(
        &self,
        change: &mut Change,
        to: Option<UserId>,
        action: Action,
    ) -> Result<()> {
        let entry = Entry::new(action, to.map(|user| user.0));
        match to {
            Some(user) => audit::record_of_person(change, user, Doer::somebody(), &self.client, entry).await,
            None => change.audit(None, Doer::somebody(), &self.client, entry).await.map(drop),
        }
    }

    pub(super) fn note_entered(&self, org: OrgId, user: UserId, role: Role) {
        // The first counts: a form that failed is answered with a page, which enters again.
        let _ = self.entered.set(Entered { org, user, role });
    }

    /// Notes that a member was refused something, which `act` names, unless that was noted often.
    pub(super) fn note_refusal(&self, act: &str) {
        let Some(Entered { org, user, role }) = self.entered.get().copied() else { return };
        if self.server.limits.notes_refusal_of(user.0) {
            let (doer, client) = (Doer::person(user, Some(role)), self.client.clone());
            audit::leave_refusal(&self.server, org, doer, client, act);
        }
    }
}

/// A fault of ours: logs the cause under a reference and keeps only that.
pub fn internal(cause: &dyn std::fmt::Display) -> Error {
    let [a, b, c, d] = super::clock::random::<4>();
    let reference = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
    tracing::error!(reference, %cause, "internal error");
    Error::Internal { reference }
}
