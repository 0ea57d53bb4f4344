//! What is deployed to environments.

use super::{
    input::{InPath, Json, Params, PerhapsJson},
    json,
    paging::{List, Page, READ, is_within, no_cursor, page_size, sift},
    problem::ApiError,
    service::Service,
    version_selector::there,
};
use crate::{
    deployments::{
        deploy::{MAX_REASON, Outcome, deploy},
        model::{DeployCommand, Kind},
        store::{self, Done},
    },
    environments::store::Environment,
    error::Error,
    fields::text,
    id::DeploymentId,
    role::{Deploy, ViewDeployments},
    ui::rfc3339,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A deployment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deployment)]
struct DeploymentShown {
    #[schema(format = Uuid)]
    id: String,
    environment: String,
    #[schema(format = Uuid)]
    prompt: String,
    path: String,
    /// Its number for this prompt and environment, starting at 1.
    number: i64,
    kind: Kind,
    #[schema(required)]
    version: Option<i64>,
    reason: String,
    #[schema(required)]
    by: Option<String>,
    /// Who requested it, if others had to approve.
    #[schema(required)]
    requested_by: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Done> for DeploymentShown {
    fn from(done: Done) -> Self {
        let Done { prompt_id, path, environment, deployment, .. } = done;
        Self {
            id: deployment.id.to_string(),
            environment,
            prompt: prompt_id.to_string(),
            path,
            number: deployment.number,
            kind: deployment.kind,
            version: deployment.version,
            reason: deployment.reason,
            by: deployment.by.map(|name| name.to_string()),
            requested_by: deployment.asked_by.map(|name| name.to_string()),
            created_at: rfc3339(deployment.created_at),
        }
    }
}

/// Filters for the deployments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only of this prompt, by ID or path.
    prompt: Option<String>,
    /// Only to this environment, by name or ID.
    environment: Option<String>,
    /// The maximum number of items.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<usize>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// List deployments
///
/// Newest first. The newest deployment of a prompt to an environment is the live one. For a limited key, a page
/// can have fewer items than `limit`, or none; there are more as long as `next_cursor` is not null.
#[utoipa::path(
    get, path = "/deployments", tag = "Deployments", params(Which),
    responses((status = 200, description = "A page of deployments.", body = Page<DeploymentShown>)),
    extensions(("x-scope" = json!("read:deployments"))),
)]
pub(super) async fn list(service: Service, Params(which): Params<Which>) -> Result<Response, ApiError> {
    service.grant::<ViewDeployments>()?;
    let prompt = match which.prompt.as_deref() {
        Some(named) => Some(service.prompt(named).await?.id),
        None => None,
    };
    let environment = match which.environment.as_deref() {
        Some(named) => Some(service.environment(named).await?.id),
        None => None,
    };
    let size = page_size(which.limit)?;
    let list = List::new(&service, "/deployments", &[which.prompt.as_deref(), which.environment.as_deref()]);
    let before: Option<DeploymentId> = match list.after(which.cursor.as_deref())? {
        Some(before) => Some(before.parse().map_err(|_| no_cursor())?),
        None => None,
    };
    let (reached, environments) = (service.prefixes().await?, &service.key().environments);
    let is_reached =
        |done: &Done| environments.reaches(&done.environment_id) && is_within(reached.as_ref(), &done.path);
    let read = async |before| store::done(service.scope(), (environment, prompt), before, READ).await;
    let page =
        sift(&list, (size, before), read, |done| done.deployment.id, is_reached, DeploymentShown::from);
    Ok(json(&page.await?))
}

/// What to deploy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToDeploy {
    /// The prompt, by ID or path.
    prompt: String,
    /// The environment, by name or ID.
    environment: String,
    /// The version; null to undeploy.
    // With this, serde does not take what is left out for null.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    version: Option<i64>,
    /// The reason, at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

/// Deploy
///
/// Makes a version live in an environment, or undeploys the prompt. Refused if a missing reference would break a
/// live prompt.
#[utoipa::path(
    post, path = "/deployments", tag = "Deployments", request_body = ToDeploy,
    responses(
        (status = 201, description = "Deployed.", body = DeploymentShown),
        (status = 202, description = "The environment is protected. Others must approve the deployment.", body = Asked),
    ),
    extensions(("x-scope" = json!("write:deployments"))),
)]
pub(super) async fn create(service: Service, Json(asked): Json<ToDeploy>) -> Result<Response, ApiError> {
    service.grant::<Deploy>()?;
    let prompt = service.prompt(&asked.prompt).await?;
    let environment = service.environment(&asked.environment).await?;
    if let Some(version) = asked.version {
        there(&prompt, version)?;
    }
    let kind = if asked.version.is_some() { Kind::Deploy } else { Kind::Undeploy };
    let newest = store::newest(service.scope(), environment.id, prompt.id).await?;
    let seen = newest.map_or(0, |newest| newest.number);
    let reason = asked.reason;
    let order = DeployCommand {
        environment: environment.id,
        prompt: prompt.id,
        kind,
        version: asked.version,
        reason,
        seen,
    };
    carry_out(&service, order, &environment).await
}

/// Why to roll back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToRollBack {
    /// The reason, at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    reason: String,
}

/// Roll back
///
/// Restores the version that was live before a deployment, which must be the newest one of its prompt and
/// environment.
#[utoipa::path(
    post, path = "/deployments/{deployment}/rollback", tag = "Deployments", params(NamedDeployment), request_body = Option<ToRollBack>,
    responses(
        (status = 201, description = "Deployed.", body = DeploymentShown),
        (status = 202, description = "The environment is protected. Others must approve the deployment.", body = Asked),
    ),
    extensions(("x-scope" = json!("write:deployments"))),
)]
pub(super) async fn rollback(
    service: Service,
    InPath(deployment): InPath<NamedDeployment>,
    PerhapsJson(asked): PerhapsJson<ToRollBack>,
) -> Result<Response, ApiError> {
    service.grant::<Deploy>()?;
    let id: DeploymentId = deployment.deployment.parse().map_err(|_| Error::NotFound)?;
    let done = store::one(service.scope(), id).await?;
    // What is out of reach is as if it were not there.
    let prompt = service.reached(done.prompt_id).await?;
    let (Some(prompt), true) = (prompt, service.key().environments.reaches(&done.environment_id)) else {
        return Err(ApiError::hidden(service.scope(), true));
    };
    let environment = service.environment(&done.environment_id.to_string()).await?;
    let newest = store::newest(service.scope(), environment.id, prompt.id).await?;
    if newest.is_none_or(|newest| newest.id != id) {
        return Err(Error::conflict("Something else has been deployed since.").into());
    }
    let to = store::previous(service.scope(), environment.id, prompt.id).await?;
    let version = Some(to.ok_or_else(|| Error::conflict("Nothing was live here before."))?);
    let (kind, reason, seen) = (Kind::Rollback, asked.reason, done.deployment.number);
    let order = DeployCommand { environment: environment.id, prompt: prompt.id, kind, version, reason, seen };
    carry_out(&service, order, &environment).await
}

/// The deployment in the URL.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct NamedDeployment {
    /// The ID of the deployment.
    #[param(format = Uuid)]
    deployment: String,
}

/// A deployment that is waiting for approval.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentRequest)]
struct Asked {
    /// The ID of the request.
    #[schema(format = Uuid)]
    request: String,
    /// How many people must approve it.
    approvals: i64,
}

/// Deploys, or asks for it where people must approve: 201 with the deployment, or 202 with the request.
async fn carry_out(
    service: &Service,
    order: DeployCommand,
    environment: &Environment,
) -> Result<Response, ApiError> {
    let grant = service.grant::<Deploy>()?;
    let reason = text(&order.reason, MAX_REASON).map_err(|why| Error::invalid("reason", why))?;
    let order = DeployCommand { reason, ..order };
    match deploy(&grant, &order).await? {
        Outcome::Deployed(number) => {
            let done = store::numbered(service.scope(), (order.environment, order.prompt), number).await?;
            Ok((StatusCode::CREATED, axum::Json(DeploymentShown::from(done))).into_response())
        }
        Outcome::Requested(id) => {
            let asked = Asked { request: id.to_string(), approvals: environment.approvals };
            Ok((StatusCode::ACCEPTED, axum::Json(asked)).into_response())
        }
    }
}
