//! The server functions: what forms post to.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{form::rule_of, requests, store};
use crate::{
    error::Error,
    fields::EnvironmentName,
    id::{EnvironmentId, EnvironmentRequestId},
    paths,
    role::{ApproveDeployment, ManageEnvironments},
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Makes an environment.
#[server(endpoint = "environments/create")]
pub async fn create_environment(
    org: String,
    name: String,
    #[server(default)] approvals: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageEnvironments>()?;
    let name = EnvironmentName::parse(&name).map_err(|why| Error::invalid("name", why))?;
    store::create(&grant, &name, rule_of(&approvals)?).await?;
    Notice::Saved.say();
    Ok(())
}

/// Changes what an environment is called, and how many must approve what is deployed to it.
#[server(endpoint = "environments/set")]
pub async fn set_environment(
    org: String,
    environment: EnvironmentId,
    name: String,
    #[server(default)] approvals: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageEnvironments>()?;
    let name = EnvironmentName::parse(&name).map_err(|why| Error::invalid("name", why))?;
    let protection = store::Protection { seen: rule_of(&seen)?, wanted: rule_of(&approvals)? };
    match store::set(&grant, environment, &name, protection).await? {
        store::Outcome::Done => Notice::Saved.say(),
        store::Outcome::Requested(_) => Notice::DeploymentRequested.say(),
    }
    Ok(())
}

/// Puts an environment one place earlier or later.
#[server(endpoint = "environments/move")]
pub async fn move_environment(org: String, environment: EnvironmentId, to: String) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageEnvironments>()?;
    let step = match to.as_str() {
        "earlier" => store::Step::Earlier,
        "later" => store::Step::Later,
        _ => return Err(Error::invalid("to", "Choose a direction.")),
    };
    store::shift(&grant, environment, step).await?;
    Notice::Moved.say();
    Ok(())
}

/// Deletes an environment that nothing is deployed to.
#[server(endpoint = "environments/delete")]
pub async fn delete_environment(org: String, environment: EnvironmentId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageEnvironments>()?;
    match store::delete(&grant, environment).await? {
        store::Outcome::Done => Notice::EnvironmentDeleted.say(),
        store::Outcome::Requested(_) => Notice::DeploymentRequested.say(),
    }
    response::go(&paths::environments(grant.slug()));
    Ok(())
}

/// Approves or declines a change of an environment that somebody else asked for.
#[server(endpoint = "environments/decide")]
pub async fn decide_environment(
    org: String,
    request: EnvironmentRequestId,
    decision: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ApproveDeployment>()?;
    match decision.as_str() {
        "approve" => {
            requests::approve(&grant, request).await?;
            Notice::DeploymentApproved.say();
        }
        "decline" => {
            requests::decline(&grant, request).await?;
            Notice::DeploymentDeclined.say();
        }
        _ => return Err(Error::invalid("decision", "Approve or decline it.")),
    }
    response::go(&paths::environments(grant.slug()));
    Ok(())
}

/// Withdraws a change of an environment that one asked for oneself.
#[server(endpoint = "environments/withdraw")]
pub async fn withdraw_environment(org: String, request: EnvironmentRequestId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageEnvironments>()?;
    requests::withdraw(&grant, request).await?;
    Notice::DeploymentWithdrawn.say();
    response::go(&paths::environments(grant.slug()));
    Ok(())
}
