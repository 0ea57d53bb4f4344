//! The server functions: what forms post to. Each wants a password entered within a quarter of an hour.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{
    Shown,
    form::{self, Typed},
    store,
};
use crate::{
    error::Error,
    id::ApiKeyId,
    paths,
    role::ManageApiKeys,
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Makes a key, and tells it once. Which scopes and environments it has comes as fields of their own, one a
/// tick.
#[server(endpoint = "api_keys/create")]
pub async fn create_api_key(
    org: String,
    name: String,
    preset: String,
    expires: String,
    #[server(default)] expires_on: String,
    #[server(default)] folders: String,
    #[server(default)] password: String,
) -> Result<Shown, Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<ManageApiKeys>()?;
    let typed = Typed { name, preset, expires, expires_on, folders, ticked: caller.fields().to_vec() };
    let new = form::read(&grant, &typed).await?;
    let proof = caller.prove(&password).await?;
    let (id, token) = store::create(&grant, &new, &proof).await?;
    Ok(Shown { id, key: token.as_str().to_owned() })
}

/// Gives a key a new secret, and tells it once; the old one is good for some minutes more.
#[server(endpoint = "api_keys/rotate")]
pub async fn rotate_api_key(
    org: String,
    key: ApiKeyId,
    overlap: String,
    #[server(default)] password: String,
) -> Result<Shown, Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<ManageApiKeys>()?;
    let overlap = form::overlap(&overlap)?;
    let proof = caller.prove(&password).await?;
    let token = store::rotate(&grant, key, overlap, &proof).await?;
    Ok(Shown { id: key, key: token.as_str().to_owned() })
}

/// Takes a key back for good: nothing that comes with it is answered any more.
#[server(endpoint = "api_keys/revoke")]
pub async fn revoke_api_key(
    org: String,
    key: ApiKeyId,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<ManageApiKeys>()?;
    let proof = caller.prove(&password).await?;
    store::revoke(&grant, key, &proof).await?;
    Notice::KeyRevoked.say();
    response::go(&paths::api_keys(grant.slug()));
    Ok(())
}
