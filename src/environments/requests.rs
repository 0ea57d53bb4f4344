//! Changes of environments that wait for others to approve them, since they would take protection away.

use super::{
    apply::{Wanted, apply},
    emails::{About, REQUESTED, decided, requested},
    people, purge,
    rule::Rule,
    store::{Environment, find as find_environment},
};
use crate::{
    error::{Error, Result},
    fields::{EnvironmentName, Name},
    id::{EnvironmentId, EnvironmentRequestId, UserId},
    paths,
    role::{ApproveDeployment, ManageEnvironments, Role},
    tenancy::{
        Grant, OrgChange, Reads, Topic,
        audit::{Action, Entry},
    },
    time::Timestamp,
};
use serde_json::json;

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Request {
    /// Its id.
    pub id: EnvironmentRequestId,
    /// The environment.
    pub environment_id: EnvironmentId,
    /// What that is called.
    pub environment: EnvironmentName,
    kind: String,
    name: EnvironmentName,
    approvals: i64,
    others: bool,
    state: String,
    /// Who asked.
    pub requested_by: UserId,
    /// Their name.
    pub by: Name,
    /// When.
    pub created_at: Timestamp,
    /// How many of those who may have approved it.
    pub approved: i64,
}

impl Request {
    fn wanted(&self) -> Wanted {
        if self.kind == "delete" {
            return Wanted::Delete;
        }
        Wanted::Change(self.name.clone(), Rule { approvals: self.approvals, others: self.others })
    }

    /// Whether they want it deleted.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        self.wanted() == Wanted::Delete
    }

    /// What they want, after "wants to": "rename production to eu".
    #[must_use]
    pub fn wants(&self, environment: &Environment) -> String {
        let name = &environment.name;
        let Wanted::Change(to, rule) = self.wanted() else { return format!("delete {name}") };
        let rename = (to != *name).then(|| format!("rename {name} to {to}"));
        let lower = (rule != environment.rule())
            .then(|| format!("change who can deploy to {name} to “{}”", rule.says()));
        let wants: Vec<String> = rename.into_iter().chain(lower).collect();
        wants.join(" and ")
    }
}

macro_rules! requests {
    ($and:literal) => {
        concat!(
            "SELECT r.id, r.environment_id, e.name AS environment, r.kind, r.name, r.approvals, r.others = 1 AS others,
               r.state, r.requested_by, u.name AS by, r.created_at,
               (SELECT count(*) FROM environment_approvals a
                JOIN members m ON m.org_id = a.org_id AND m.user_id = a.user_id
                WHERE a.org_id = r.org_id AND a.request_id = r.id AND m.role IN ('admin', 'owner')) AS approved
             FROM environment_requests r JOIN users u ON u.id = r.requested_by
             JOIN environments e ON e.org_id = r.org_id AND e.id = r.environment_id
             WHERE r.org_id = $1 AND e.purged_at IS NULL",
            $and
        )
    };
}

/// All that waits, by environment: at most one for each.
///
/// # Errors
/// When the database fails.
pub async fn pending(mut reads: impl Reads) -> Result<Vec<Request>> {
    Ok(reads.query(requests!(" AND r.state = 'pending' ORDER BY e.position, e.id")).all().await?)
}

/// Whether somebody has approved a request.
///
/// # Errors
/// When the database fails.
pub async fn has_approved(mut reads: impl Reads, id: EnvironmentRequestId, user: UserId) -> Result<bool> {
    let approval = reads
        .query("SELECT 1 FROM environment_approvals WHERE org_id = $1 AND request_id = $2 AND user_id = $3");
    Ok(approval.bind(id).bind(user).optional::<(i32,)>().await?.is_some())
}

async fn find(change: &mut OrgChange, id: EnvironmentRequestId) -> Result<Request> {
    change.query(requests!(" AND r.id = $2")).bind(id).optional().await?.ok_or(Error::NotFound)
}

async fn waits(change: &mut OrgChange, id: EnvironmentRequestId) -> Result<Request> {
    let request = find(change, id).await?;
    if request.state == "pending" {
        return Ok(request);
    }
    Err(Error::conflict("This request is no longer waiting for approval."))
}

/// Writes down what somebody asks for, and tells those who may approve it.
pub(super) async fn insert(
    change: &mut OrgChange,
    environment: &Environment,
    wanted: &Wanted,
) -> Result<EnvironmentRequestId> {
    let by = change.person().ok_or(Error::Forbidden)?;
    let waiting = change.query(requests!(" AND r.state = 'pending' AND r.environment_id = $2"));
    let waiting: Option<Request> = waiting.bind(environment.id).optional().await?;
    if let Some(waiting) = waiting {
        return Err(Error::conflict(format!(
            "{} already requested to {}. Approve or decline that request first.",
            waiting.by,
            waiting.wants(environment)
        )));
    }
    let (kind, name, rule) = match wanted {
        Wanted::Change(name, rule) => ("change", name.clone(), *rule),
        Wanted::Delete => ("delete", environment.name.clone(), environment.rule()),
    };
    let (id, now) = (EnvironmentRequestId(change.new_id()), change.now());
    let insert = change.query(
        "INSERT INTO environment_requests (org_id, id, environment_id, kind, name, approvals, others, state, requested_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9)",
    );
    let insert = insert.bind(id).bind(environment.id).bind(kind).bind(name).bind(rule.approvals);
    insert.bind(i64::from(rule.others)).bind(by).bind(now).execute().await?;
    let request = find(change, id).await?;
    tell(change, Action::EnvironmentRequested, &request, environment).await?;
    let (org, wants) = (change.organization().name.clone(), request.wants(environment));
    let url = change.url(&paths::environment(&change.organization().slug, environment.id));
    for (email, name) in &people::approvers(change, (by, None), REQUESTED).await? {
        let about = About { org: &org, wants: &wants, url: &url };
        change.mail(id.0, &requested((email, name), &about, &request.by)).await?;
    }
    Ok(id)
}

/// Approves what somebody else asked for; whether it is done, since enough have.
///
/// # Errors
/// [`Error::Conflict`] when it does not wait any more, when one has approved it already, when its author may not change
/// environments any more, or as doing it would; [`Error::Forbidden`] for its author; [`Error::NotFound`] when there is
/// no such request.
pub async fn approve(grant: &Grant<ApproveDeployment>, id: EnvironmentRequestId) -> Result<bool> {
    let mut change = grant.change().await?;
    let request = waits(&mut change, id).await?;
    let by = change.person().filter(|by| *by != request.requested_by).ok_or(Error::Forbidden)?;
    let role = change.query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2");
    let role: Option<(Role,)> = role.bind(request.requested_by).optional().await?;
    if !role.is_some_and(|(role,)| role.can::<ManageEnvironments>()) {
        return Err(Error::conflict(format!(
            "{} can no longer change environments. Decline the request.",
            request.by
        )));
    }
    let environment = find_environment(&mut change, request.environment_id).await?;
    let now = change.now();
    let approval = change.query(
        "INSERT INTO environment_approvals (org_id, request_id, user_id, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, request_id, user_id) DO NOTHING",
    );
    let is_new = approval.bind(id).bind(by).bind(now).execute().await? > 0;
    if is_new {
        tell(&mut change, Action::EnvironmentApproved, &request, &environment).await?;
    }
    // Those who lost the right since are not counted any more.
    let is_enough = find(&mut change, id).await?.approved >= environment.demands();
    if !is_new && !is_enough {
        return Err(Error::conflict("You already approved this."));
    }
    if is_enough {
        decide(&mut change, id, "done").await?;
        tell_asker(&mut change, &request, &environment, true).await?;
        overtake(&mut change, &environment).await?;
        apply(&mut change, &environment, &request.wanted()).await?;
    }
    change.commit().await?;
    if is_enough {
        purge::remove_soon(grant).await;
    }
    Ok(is_enough)
}

/// Declines what somebody else asked for.
///
/// # Errors
/// [`Error::Conflict`] when it does not wait any more; [`Error::NotFound`] when there is no such request.
pub async fn decline(grant: &Grant<ApproveDeployment>, id: EnvironmentRequestId) -> Result<()> {
    let mut change = grant.change().await?;
    let request = waits(&mut change, id).await?;
    let environment = find_environment(&mut change, request.environment_id).await?;
    decide(&mut change, id, "declined").await?;
    tell_asker(&mut change, &request, &environment, false).await?;
    tell(&mut change, Action::EnvironmentDeclined, &request, &environment).await?;
    change.commit().await
}

/// Withdraws what one asked for oneself.
///
/// # Errors
/// As [`decline`]; [`Error::Forbidden`] when somebody else asked.
pub async fn withdraw(grant: &Grant<ManageEnvironments>, id: EnvironmentRequestId) -> Result<()> {
    let mut change = grant.change().await?;
    let request = find(&mut change, id).await?;
    if change.person() != Some(request.requested_by) {
        return Err(Error::Forbidden);
    }
    waits(&mut change, id).await?;
    let environment = find_environment(&mut change, request.environment_id).await?;
    decide(&mut change, id, "withdrawn").await?;
    tell(&mut change, Action::EnvironmentWithdrawn, &request, &environment).await?;
    change.commit().await
}

/// Declines what waits for an environment, when something else becomes of it.
pub(super) async fn overtake(change: &mut OrgChange, environment: &Environment) -> Result<()> {
    let waiting = change.query(requests!(" AND r.state = 'pending' AND r.environment_id = $2"));
    let waiting: Option<Request> = waiting.bind(environment.id).optional().await?;
    let Some(request) = waiting else { return Ok(()) };
    decide(change, request.id, "declined").await?;
    tell_asker(change, &request, environment, false).await?;
    tell(change, Action::EnvironmentDeclined, &request, environment).await
}

async fn decide(change: &mut OrgChange, id: EnvironmentRequestId, state: &'static str) -> Result<()> {
    let (now, by) = (change.now(), change.person());
    let decide = change.query(
        "UPDATE environment_requests SET state = $3, decided_at = $4, decided_by = $5 WHERE org_id = $1 AND id = $2",
    );
    decide.bind(id).bind(state).bind(now).bind(by).execute().await?;
    Ok(())
}

/// Writes to the person who asked, unless they acted themselves or are no member any more.
async fn tell_asker(
    change: &mut OrgChange,
    request: &Request,
    environment: &Environment,
    is_done: bool,
) -> Result<()> {
    if change.person() == Some(request.requested_by) {
        return Ok(());
    }
    let Some((email, name)) = people::member(change, request.requested_by).await? else { return Ok(()) };
    let by = people::doer(change).await?;
    let (org, wants) = (change.organization().name.clone(), request.wants(environment));
    let url = change.url(&paths::environments(&change.organization().slug));
    let about = About { org: &org, wants: &wants, url: &url };
    change.mail(request.id.0, &decided((&email, &name), &about, &by, is_done)).await
}

async fn tell(
    change: &mut OrgChange,
    action: Action,
    request: &Request,
    environment: &Environment,
) -> Result<()> {
    let details = json!({ "of": environment.name, "after": { "wanted": request.wants(environment) } });
    change.audit(Entry::new(action, environment.id.0).details(details)).await?;
    change.announce(Topic::Deployments, environment.id.0).await
}
