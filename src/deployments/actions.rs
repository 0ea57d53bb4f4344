//! The server functions: what forms post to.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{
    approve::approve,
    deploy::{self as deploying, MAX_REASON, Outcome},
    model::{DeployCommand, Kind},
    requests,
};
use crate::{
    error::Error,
    fields::text,
    id::{DeploymentRequestId, EnvironmentId, PromptId},
    paths, role,
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Does something to what is live of a prompt in an environment, or asks for it where others must approve.
#[server(endpoint = "deployments/deploy")]
pub async fn deploy(
    org: String,
    environment: EnvironmentId,
    prompt: PromptId,
    kind: String,
    #[server(default)] version: String,
    seen: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::Deploy>()?;
    let kind = Kind::parse(&kind).ok_or(Error::NotFound)?;
    let version = match version.as_str() {
        "" => None,
        version => Some(version.parse().map_err(|_| Error::NotFound)?),
    };
    let reason = text(&reason, MAX_REASON).map_err(|why| Error::invalid("reason", why))?;
    let order = DeployCommand { environment, prompt, kind, version, reason, seen };
    match deploying::deploy(&grant, &order).await? {
        Outcome::Requested(_) => Notice::DeploymentRequested.say(),
        Outcome::Deployed(_) if version.is_none() => Notice::Undeployed.say(),
        Outcome::Deployed(_) => Notice::Deployed.say(),
    }
    response::go(&paths::deployment(grant.slug(), environment, prompt));
    Ok(())
}

/// Approves a deployment that somebody else asked for, as the page that the form stands on shows it.
#[server(endpoint = "deployments/approve")]
pub async fn approve_deployment(
    org: String,
    request: DeploymentRequestId,
    #[server(default)] fingerprint: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::ApproveDeployment>()?;
    match approve(&grant, request, &fingerprint).await? {
        Some(_) => Notice::Deployed.say(),
        None => Notice::DeploymentApproved.say(),
    }
    response::go(&paths::deployments(grant.slug()));
    Ok(())
}

/// Declines a deployment that somebody else asked for.
#[server(endpoint = "deployments/decline")]
pub async fn decline_deployment(org: String, request: DeploymentRequestId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::ApproveDeployment>()?;
    requests::decline(&grant, request).await?;
    Notice::DeploymentDeclined.say();
    response::go(&paths::deployments(grant.slug()));
    Ok(())
}

/// Withdraws a deployment that one asked for oneself.
#[server(endpoint = "deployments/withdraw")]
pub async fn withdraw_deployment(org: String, request: DeploymentRequestId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::Deploy>()?;
    requests::withdraw(&grant, request).await?;
    Notice::DeploymentWithdrawn.say();
    response::go(&paths::deployments(grant.slug()));
    Ok(())
}
