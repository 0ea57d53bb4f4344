//! Of deployments and environments.

use crate::{
    fields::Slug,
    id::{DeploymentRequestId, EnvironmentId, PromptId},
};

/// What is deployed where.
#[must_use]
pub fn deployments(org: &Slug) -> String {
    format!("/{org}/deployments")
}

/// The environments of an organization.
#[must_use]
pub fn environments(org: &Slug) -> String {
    format!("/{org}/deployments/environments")
}

/// An environment.
#[must_use]
pub fn environment(org: &Slug, environment: EnvironmentId) -> String {
    format!("/{org}/deployments/environments/{environment}")
}

/// What was deployed to an environment.
#[must_use]
pub fn environment_history(org: &Slug, environment: EnvironmentId) -> String {
    format!("/{org}/deployments/{environment}")
}

/// What was deployed of a prompt.
#[must_use]
pub fn prompt_deployments(org: &Slug, prompt: PromptId) -> String {
    format!("/{org}/deployments/prompts/{prompt}")
}

/// A prompt in an environment.
#[must_use]
pub fn deployment(org: &Slug, environment: EnvironmentId, prompt: PromptId) -> String {
    format!("/{org}/deployments/{environment}/{prompt}")
}

/// What would come of doing something to what is live, and the form that does it.
#[must_use]
pub fn review_deployment(
    org: &Slug,
    (environment, prompt): (EnvironmentId, PromptId),
    kind: &str,
    version: Option<i64>,
) -> String {
    let version = version.map_or_else(String::new, |version| format!("&version={version}"));
    format!("{}/review?kind={kind}{version}", deployment(org, environment, prompt))
}

/// What somebody asked to be deployed.
#[must_use]
pub fn deployment_request(org: &Slug, request: DeploymentRequestId) -> String {
    format!("/{org}/deployments/requests/{request}")
}
