//! What was asked for where others must approve, and what became of it.

use super::{
    fingerprint::{Served, wants},
    model::{DeployCommand, Kind},
};
use crate::{
    environments::store::Environment,
    error::{Error, Result},
    fields::Name,
    id::{ApiKeyId, DeploymentRequestId, EnvironmentId, PromptId, UserId},
    tenancy::{OrgChange, Reads, Scope},
    time::Timestamp,
    ui::quoted_path,
};
use std::collections::HashSet;

/// A deployment somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Request {
    /// Its id.
    pub id: DeploymentRequestId,
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The prompt.
    pub prompt_id: PromptId,
    /// The prompt's path.
    pub path: String,
    /// What is to be done.
    pub kind: Kind,
    /// The version that is to be live; none when nothing is.
    pub version: Option<i64>,
    /// Why.
    pub reason: String,
    /// The number of the newest deployment when it was asked for.
    pub seen: i64,
    /// What became of it.
    pub state: State,
    /// Who asked, or made the key that did.
    pub requested_by: UserId,
    /// The key that asked, if one did.
    pub key_id: Option<ApiKeyId>,
    /// Their name, or the key's.
    pub by: Name,
    /// When.
    pub created_at: Timestamp,
    /// How many of those who may have approved it.
    pub approved: i64,
    /// Who decided about it; none for a key that did something else instead, and while it waits.
    pub decided_by: Option<Name>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The number of the deployment that was made instead, if one was.
    pub overtaken_by: Option<i64>,
    /// The fingerprint of everything that it would serve, as that was when somebody looked at it last.
    pub fingerprint: String,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum State {
    /// It waits.
    Pending,
    /// It was approved, and is or was live.
    Deployed,
    /// Somebody said no, or did something else instead: then it was overtaken by that.
    Declined,
    /// Whoever asked does not want it any more.
    Withdrawn,
}

impl Request {
    /// How many approved it, and how many must.
    #[must_use]
    pub fn says_approved(&self, environment: &Environment) -> String {
        format!("{} of {} approved", self.approved, environment.approvals)
    }

    /// What somebody wants done: "deploy version 3 of Support/Tone to production".
    #[must_use]
    pub fn wants(&self, environment: &Environment) -> String {
        wants(&self.order(), &self.path, &environment.name)
    }

    /// The same in emails, where the path is what somebody wrote.
    #[must_use]
    pub fn wants_in_letter(&self, environment: &Environment) -> String {
        wants(&self.order(), &quoted_path(&self.path), &environment.name)
    }

    /// What is to be done.
    #[must_use]
    pub fn order(&self) -> DeployCommand {
        DeployCommand {
            environment: self.environment_id,
            prompt: self.prompt_id,
            kind: self.kind,
            version: self.version,
            reason: self.reason.clone(),
            seen: self.seen,
        }
    }
}

macro_rules! requests {
    ($and:literal) => {
        concat!(
            "SELECT q.id, q.environment_id, q.prompt_id, p.path, q.kind, q.version, q.reason, q.seen, q.state,
               q.requested_by, q.key_id, coalesce(k.name, u.name) AS by, q.created_at, d.name AS decided_by, q.decided_at, q.overtaken_by,
               q.fingerprint,
               (SELECT count(*) FROM approvals a JOIN members m ON m.org_id = a.org_id AND m.user_id = a.user_id
                WHERE a.org_id = q.org_id AND a.request_id = q.id AND a.fingerprint = q.fingerprint AND m.role IN ('admin', 'owner')) AS approved
             FROM deployment_requests q JOIN users u ON u.id = q.requested_by
             LEFT JOIN api_keys k ON k.org_id = q.org_id AND k.id = q.key_id
             LEFT JOIN users d ON d.id = q.decided_by
             JOIN prompts p ON p.org_id = q.org_id AND p.id = q.prompt_id
             WHERE q.org_id = $1",
            $and
        )
    };
}

/// The most requests that are shown at once.
const SHOWN: i64 = 200;

/// What waits to be approved, the oldest first, and not more than people can look at.
///
/// # Errors
/// When the database fails.
pub async fn pending(mut reads: impl Reads) -> Result<Vec<Request>> {
    let pending = reads
        .query(requests!(" AND q.state = 'pending' ORDER BY q.created_at, q.id LIMIT CAST($2 AS BIGINT)"));
    Ok(pending.bind(SHOWN).all().await?)
}

/// A request, whatever became of it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such request.
pub async fn find(mut reads: impl Reads, id: DeploymentRequestId) -> Result<Request> {
    reads.query(requests!(" AND q.id = $2")).bind(id).optional().await?.ok_or(Error::NotFound)
}

/// The last request for a prompt in an environment: the one that waits, if one does.
///
/// # Errors
/// When the database fails.
pub async fn last(
    mut reads: impl Reads,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<Request>> {
    let last = reads.query(requests!(
        " AND q.environment_id = $2 AND q.prompt_id = $3
         ORDER BY CASE WHEN q.state = 'pending' THEN 0 ELSE 1 END, q.decided_at DESC, q.id DESC LIMIT 1"
    ));
    Ok(last.bind(environment).bind(prompt).optional().await?)
}

/// Who approved a request, in their order.
///
/// # Errors
/// When the database fails.
pub async fn approvers(mut reads: impl Reads, id: DeploymentRequestId) -> Result<Vec<Name>> {
    let names = reads.query(
        "SELECT u.name FROM approvals a JOIN users u ON u.id = a.user_id
         WHERE a.org_id = $1 AND a.request_id = $2 ORDER BY a.created_at, a.user_id",
    );
    Ok(names.bind(id).all::<(Name,)>().await?.into_iter().map(|(name,)| name).collect())
}

/// Whether somebody has approved a request as it is now.
///
/// # Errors
/// When the database fails.
pub async fn has_approved(mut reads: impl Reads, request: &Request, user: UserId) -> Result<bool> {
    let approval = reads.query(
        "SELECT 1 FROM approvals WHERE org_id = $1 AND request_id = $2 AND user_id = $3 AND fingerprint = $4",
    );
    let approval = approval.bind(request.id).bind(user).bind(request.fingerprint.clone());
    Ok(approval.optional::<(i32,)>().await?.is_some())
}

/// What a request would serve, as it was when somebody looked at it last, and what that was before it changed.
///
/// # Errors
/// When the database fails.
pub async fn served(
    mut reads: impl Reads,
    id: DeploymentRequestId,
) -> Result<(Option<Served>, Option<Served>)> {
    let served =
        reads.query("SELECT served, served_before FROM deployment_requests WHERE org_id = $1 AND id = $2");
    let served: Option<(Option<String>, Option<String>)> = served.bind(id).optional().await?;
    let (now, before) = served.unwrap_or_default();
    let parse = |json: Option<String>| json.and_then(|json| Served::parse(&json));
    Ok((parse(now), parse(before)))
}

/// Of some prompts, one that waits to be deployed somewhere.
///
/// # Errors
/// When the database fails.
pub async fn waiting_among(scope: &Scope, prompts: &[PromptId]) -> Result<Option<Request>> {
    let pending: Vec<Request> = scope.query(requests!(" AND q.state = 'pending'")).all().await?;
    let prompts: HashSet<&PromptId> = prompts.iter().collect();
    Ok(pending.into_iter().find(|request| prompts.contains(&request.prompt_id)))
}

/// What waits for a prompt in an environment.
pub(super) async fn waiting(
    change: &mut OrgChange,
    environment: EnvironmentId,
    prompt: PromptId,
) -> Result<Option<Request>> {
    let waiting =
        change.query(requests!(" AND q.state = 'pending' AND q.environment_id = $2 AND q.prompt_id = $3"));
    Ok(waiting.bind(environment).bind(prompt).optional().await?)
}
