//! Who asks: the service behind a key, and what of its organization it reaches.

use super::{input::Home, problem::ApiError};
use crate::{
    delivery::Delivery,
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    id::{FolderId, PromptId},
    library::{folders, search::search},
    prompts::{
        index::fold,
        reached::lets_through,
        store::{self as prompts, Prompt},
    },
    role::{Permission, ViewContent},
    tenancy::{
        Grant, Scope,
        api_key::{self, Key, Limit},
        client::Client,
    },
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use std::sync::Arc;

/// The most characters of a path that an answer repeats: as many as a path may have.
const MAX_PATH: usize = 255;
/// Among how many prompts with the same words one is looked for whose path differs in case alone.
const CANDIDATES: i64 = 20;

/// The service behind a key. What it asks for goes through here, so that the limits of the key hold
/// everywhere.
#[derive(Debug, Clone)]
pub(super) struct Service {
    delivery: Delivery,
    scope: Scope,
    key: Arc<Key>,
}

impl Service {
    /// What services are answered with.
    pub(super) const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// The organization, as the key sees it.
    pub(super) const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The key.
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// The proof that the key may do `P`.
    pub(super) fn grant<P: Permission>(&self) -> Result<Grant<P>, ApiError> {
        self.scope.clone().require().map_err(|_| ApiError::lacks(&self.scope, P::KEY))
    }

    /// Whether there is anything in its organization that the key does not reach.
    pub(super) fn is_limited(&self) -> bool {
        self.key.folders != Limit::All || self.key.environments != Limit::All
    }

    /// A prompt by its id or its path. One out of reach is as if it were not there.
    pub(super) async fn prompt(&self, named: &str) -> Result<Prompt, ApiError> {
        let found = match named.parse() {
            Ok(id) => there(prompts::find(&self.scope, id).await)?,
            Err(_) => there(prompts::at_path(&self.scope, named).await)?,
        };
        // Asked of what is not there as well, so that both take as long.
        let is_reached = self.reaches_folder(found.as_ref().and_then(|prompt| prompt.folder_id)).await?;
        let is_beyond = found.is_some() && !is_reached;
        match found.filter(|_| is_reached) {
            Some(prompt) => Ok(prompt),
            None => Err(self.no_prompt(named, is_beyond).await?),
        }
    }

    /// That there is no such prompt. What is there instead is told only to a key that reaches all folders.
    async fn no_prompt(&self, named: &str, is_beyond: bool) -> Result<ApiError> {
        if self.key.folders != Limit::All {
            return Ok(ApiError::hidden(&self.scope, is_beyond));
        }
        if named.parse::<PromptId>().is_ok() {
            return Ok(ApiError::missing("There is no prompt with this ID."));
        }
        if named.chars().count() > MAX_PATH || !self.scope.can::<ViewContent>() {
            return Ok(ApiError::missing("There is no prompt with this path."));
        }
        let folded = fold(named);
        let hits = search(&self.scope, named, CANDIDATES).await?;
        let other = hits.into_iter().find(|hit| fold(&hit.path) == folded);
        Ok(ApiError::missing(match other {
            Some(other) => {
                format!("There is no prompt “{named}”. Paths are case-sensitive: use “{}”.", other.path)
            }
            None => format!("There is no prompt “{named}”."),
        }))
    }

    /// A prompt, if there is one and the key reaches it.
    pub(super) async fn reached(&self, id: PromptId) -> Result<Option<Prompt>> {
        match there(prompts::find(&self.scope, id).await)? {
            Some(prompt) => Ok(self.reaches_folder(prompt.folder_id).await?.then_some(prompt)),
            None => Ok(None),
        }
    }

    /// Whether the key is still good.
    pub(super) async fn is_good(&self) -> Result<bool> {
        api_key::is_good(self.scope.server(), &self.key).await
    }

    /// An environment by its name or its id. One out of reach is as if it were not there.
    pub(super) async fn environment(&self, named: &str) -> Result<Environment, ApiError> {
        let found = self.found_environment(named).await?;
        let is_beyond = found.as_ref().is_some_and(|one| !self.key.environments.reaches(&one.id));
        match found.filter(|_| !is_beyond) {
            Some(environment) => Ok(environment),
            None if self.key.environments == Limit::All => {
                Err(ApiError::missing(format!("There is no environment “{named}”.")))
            }
            None => Err(ApiError::hidden(&self.scope, is_beyond)
                .saying(format!("There is no environment “{named}” that this key has access to."))),
        }
    }

    /// The same, if there is one and the key reaches it.
    pub(super) async fn reached_environment(&self, named: &str) -> Result<Option<Environment>> {
        let found = self.found_environment(named).await?;
        Ok(found.filter(|one| self.key.environments.reaches(&one.id)))
    }

    async fn found_environment(&self, named: &str) -> Result<Option<Environment>> {
        match named.parse() {
            Ok(id) => there(environments::find(&self.scope, id).await),
            Err(_) => environments::named(&self.scope, named).await,
        }
    }

    /// The folder that something is to be in, which is in another now.
    pub(super) async fn home(
        &self,
        asked: &Home,
        now: Option<FolderId>,
    ) -> Result<Option<FolderId>, ApiError> {
        match asked {
            Home::Same => Ok(now),
            Home::Named(folder) => self.folder(folder.as_deref()).await,
        }
    }

    /// A folder by its id or its path; none or nothing for the top, which only a key without such a limit reaches. One
    /// out of reach is as if it were not there.
    pub(super) async fn folder(&self, named: Option<&str>) -> Result<Option<FolderId>, ApiError> {
        let Some(named) = named.filter(|named| !named.is_empty()) else {
            return if self.key.folders == Limit::All { Ok(None) } else { Err(self.beyond_the_top()) };
        };
        let found = match named.parse() {
            Ok(id) => there(folders::find(&self.scope, id).await)?,
            Err(_) => folders::at_path(&self.scope, named.trim_end_matches('/')).await?,
        };
        let found = found.map(|folder| folder.id);
        let is_reached = self.reaches_folder(found).await?;
        match found {
            Some(folder) if is_reached => Ok(Some(folder)),
            None if self.key.folders == Limit::All => {
                Err(ApiError::missing(format!("There is no folder “{named}”.")))
            }
            _ => Err(ApiError::hidden(&self.scope, found.is_some())),
        }
    }

    /// That the key does not reach the top, whatever is there.
    fn beyond_the_top(&self) -> ApiError {
        ApiError::beyond(&self.scope, "the top level")
    }

    /// Refuses to change what a folder is called and where it is, for a key that is limited to it: that is of the
    /// folder around it, and would tell what else is there.
    pub(super) async fn refuse_outermost(&self, parent: Option<FolderId>) -> Result<(), ApiError> {
        if self.reaches_folder(parent).await? {
            return Ok(());
        }
        Err(ApiError::beyond(&self.scope, "the folder that contains this one"))
    }

    /// Whether the key reaches what is in a folder; the top only a key without such a limit does.
    pub(super) async fn reaches_folder(&self, folder: Option<FolderId>) -> Result<bool> {
        lets_through(&self.scope, &self.key.folders, folder).await
    }

    /// Of the folders the key is limited to, the beginnings of all paths in them; none for no limit.
    pub(super) async fn prefixes(&self) -> Result<Option<Vec<String>>> {
        let Limit::Only(reached) = &self.key.folders else { return Ok(None) };
        let mut prefixes = Vec::new();
        for id in reached {
            let folder = there(folders::find(&self.scope, *id).await)?;
            prefixes.extend(folder.map(|folder| format!("{}/", folder.path)));
        }
        Ok(Some(prefixes))
    }
}

/// What was found, if anything was.
fn there<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(Error::NotFound) => Ok(None),
        found => found.map(Some),
    }
}

impl FromRequestParts<Delivery> for Service {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, delivery: &Delivery) -> Result<Self, ApiError> {
        let key = parts.extensions.get::<Arc<Key>>().cloned().ok_or(Error::SignedOut)?;
        let client = parts.extensions.get::<Arc<Client>>().cloned().unwrap_or_default();
        let scope = Scope::of_key(&delivery.server, client, key.clone()).await?;
        // Where the URL names an organization, it is the key's own or none; what is no text names nothing.
        let params = RawPathParams::from_request_parts(parts, delivery).await.map_err(|_| Error::NotFound)?;
        let named = params.iter().find(|(name, _)| *name == "organization");
        if named.is_some_and(|(_, slug)| slug != scope.slug().as_str()) {
            return Err(Error::NotFound.into());
        }
        Ok(Self { delivery: delivery.clone(), scope, key })
    }
}
