//! Who makes a request, from where, with which form: what pages and server functions start from.

use super::{
    posted::{File, Posted},
    session,
};
use crate::{
    error::Result,
    id::UserId,
    kernel::internal,
    tenancy::{
        Client, Server, Visitor,
        audit::{self, Action, Doer, Entry},
        change::Change,
        sessions::{self, Visit},
        visitor::Entered,
    },
    web::Web,
};
use axum::http::request::Parts;
use leptos::prelude::with_context;
use std::{ops::Deref, sync::Arc};
use tower_sessions::Session;

/// One request's caller.
#[derive(Debug, Clone)]
pub struct RequestContext {
    visitor: Visitor,
    /// What all requests share.
    pub web: Web,
    /// The page asked for, path and query.
    pub page: Arc<str>,
    session: Session,
    posted: Option<Arc<Posted>>,
    fields: Arc<[(String, String)]>,
    files: Arc<[File]>,
}

impl RequestContext {
    pub(super) async fn new(
        (server, web): (Server, Web),
        session: Session,
        client: Client,
        page: &str,
    ) -> Result<Self> {
        let visit = session::visit(&session).await?;
        if let Some(visit) = visit {
            session::touch(&server, &session, visit, &client).await;
        }
        Ok(Self {
            visitor: Visitor::new(server, client, visit),
            web,
            page: page.into(),
            session,
            posted: None,
            fields: Arc::default(),
            files: Arc::default(),
        })
    }

    /// The caller of the request being answered.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::error::Error::Internal) outside a request.
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

    /// Whether the caller may call a function once more.
    ///
    /// # Errors
    /// [`Error::TooMany`](crate::error::Error::TooMany).
    pub fn limited(&self, function: &str) -> Result<()> {
        self.web.limits.check(function, &self.client, self.visit().map(|visit| visit.user))
    }

    /// Signs a person in on this browser, ending whatever session it had. False when their password is not the one
    /// of this hash any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in(&self, user: UserId, password_hash: &str) -> Result<bool> {
        if let Some(visit) = self.visit() {
            let mut change = self.server.change_outside_tenancy().await?;
            sessions::end(&mut change, visit.user, visit.session).await?;
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
        if let Some(visit) = self.visit() {
            let mut change = self.server.change_outside_tenancy().await?;
            sessions::end(&mut change, visit.user, visit.session).await?;
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
        change.audit_of_person((user, Doer::person(user, None)), &self.client, entry).await
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
            Some(user) => change.audit_of_person((user, Doer::somebody()), &self.client, entry).await,
            None => change.audit(None, Doer::somebody(), &self.client, entry).await.map(drop),
        }
    }

    /// Notes that a member was refused something, which `act` names, unless that was noted often.
    pub(super) fn note_refusal(&self, act: &str) {
        let Some(Entered { org, user, role }) = self.entered() else { return };
        if self.web.limits.notes_refusal_of(user.0) {
            let (doer, client) = (Doer::person(user, Some(role)), self.client.clone());
            audit::leave_refusal(&self.server, org, doer, client, act);
        }
    }
}

impl Deref for RequestContext {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}
