//! Environments, as services see them.

use super::{json, problem::ApiError, service::Service};
use crate::{environments::store as environments, role::ViewDeployments};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// An environment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Environment)]
struct EnvironmentShown {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    /// How many people must approve a deployment to it; 0 if it is not protected. If it is 1 and `others_approve`
    /// is false, people who can approve deploy without asking.
    approvals: i64,
    /// Whether someone other than the person who deploys must approve, whatever their role.
    others_approve: bool,
}

/// All environments the key has access to.
#[derive(Debug, Serialize, ToSchema)]
struct Environments {
    data: Vec<EnvironmentShown>,
}

/// List environments
///
/// The environments the key has access to, in their order.
#[utoipa::path(
    get, path = "/environments", tag = "Deployments",
    responses((status = 200, description = "The environments.", body = Environments)),
    extensions(("x-scope" = json!("read:deployments"))),
)]
pub(super) async fn environments(service: Service) -> Result<Response, ApiError> {
    service.grant::<ViewDeployments>()?;
    let all = environments::list(service.scope()).await?;
    let reached = all.into_iter().filter(|one| service.key().environments.reaches(&one.id));
    let data = reached.map(|one| EnvironmentShown {
        id: one.id.to_string(),
        name: one.name.to_string(),
        approvals: one.approvals,
        others_approve: one.rule().needs_others(),
    });
    Ok(json(&Environments { data: data.collect() }))
}
