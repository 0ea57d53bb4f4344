//! The one way there is to what is live.

use super::{
    impact::{Break, Impact},
    looked::{Looked, TRIES, never_still},
    model::{DeployCommand, Kind},
    requests,
    store::{self, About},
};
use crate::{
    environments::store::{self as environments, Environment},
    error::{Error, Result},
    id::{DeploymentRequestId, FolderId},
    prompts::{
        reached::{BEYOND, reaches_environment},
        store as prompts,
    },
    role::{Deploy, DeployProtected},
    tenancy::{Grant, OrgChange},
};
use std::collections::BTreeSet;

/// The most characters of a reason.
pub const MAX_REASON: usize = 500;

/// What came of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is live, as the deployment of this number.
    Deployed(i64),
    /// Others must approve it.
    Requested(DeploymentRequestId),
}

/// Deploys, promotes, rolls back or undeploys, or asks for it where others must approve.
///
/// # Errors
/// [`Error::Conflict`] when something else is live than was seen, when the same is live already, or when it
/// would break something or change what others must approve, in sentences; [`Error::NotFound`];
/// [`Error::Invalid`] at `reason`.
pub async fn deploy(grant: &Grant<Deploy>, order: &DeployCommand) -> Result<Outcome> {
    if order.reason.chars().count() > MAX_REASON {
        return Err(Error::invalid("reason", "Use at most 500 characters."));
    }
    for _ in 0..TRIES {
        let looked = Looked::at(grant, order).await;
        if let Some(outcome) = deploy_looked_at(grant, order, looked).await? {
            return Ok(outcome);
        }
    }
    Err(never_still())
}

/// The same with an order that was looked at; none where something of it has changed since.
async fn deploy_looked_at(
    grant: &Grant<Deploy>,
    order: &DeployCommand,
    looked: Looked,
) -> Result<Option<Outcome>> {
    let mut change = grant.change().await?;
    let environment = environments::find(&mut change, order.environment).await?;
    let may_alone = change.can::<DeployProtected>();
    let Some(checked) = check(&mut change, order, looked).await? else { return Ok(None) };
    let outcome = if environment.asks(may_alone) {
        refuse_elsewhere(&mut change, &checked, Agreed::Others(environment.approvals)).await?;
        let served = &checked.impact.served;
        Outcome::Requested(requests::insert(&mut change, order, &environment, served).await?)
    } else {
        let agreed = Agreed::Alone(may_alone);
        Outcome::Deployed(carry_out(&mut change, order, &environment, agreed, &checked).await?)
    };
    change.commit().await?;
    Ok(Some(outcome))
}

/// Makes it so, in a change that is behind all checks of who may, and in which it was [`check`]ed and agreed to.
pub(super) async fn carry_out(
    change: &mut OrgChange,
    order: &DeployCommand,
    environment: &Environment,
    agreed: Agreed,
    checked: &Checked,
) -> Result<i64> {
    refuse_elsewhere(change, checked, agreed).await?;
    requests::overtake(change, order, environment).await?;
    let Checked { folder, live: version, impact } = checked;
    let about = About {
        details: &impact.details,
        folder: *folder,
        environment: environment.name.as_str(),
        version: *version,
        kept: impact.kept.as_deref(),
    };
    store::insert(change, order, &about).await
}

/// Who has agreed to an order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Agreed {
    /// Whoever gives it, who may deploy to protected environments, or not.
    Alone(bool),
    /// So many others.
    Others(i64),
}

impl Agreed {
    /// Whether that is enough for another environment. A key that does not reach it may deploy nothing there.
    fn is_enough(self, change: &OrgChange, environment: &Environment) -> bool {
        match self {
            Self::Alone(may) => !environment.asks(may && reaches_environment(change, environment.id)),
            Self::Others(approved) => approved >= environment.approvals,
        }
    }
}

/// What was found when an order was looked at.
pub(super) struct Checked {
    /// The folder of the prompt.
    folder: Option<FolderId>,
    /// The version that is live.
    live: Option<i64>,
    pub(super) impact: Impact,
}

/// Refuses what is out of date, what changes nothing and what would break something. None where something of it has
/// changed since it was looked at.
pub(super) async fn check(
    change: &mut OrgChange,
    order: &DeployCommand,
    looked: Looked,
) -> Result<Option<Checked>> {
    let prompt = prompts::find_within(change, order.prompt).await?;
    let newest = store::newest(&mut *change, order.environment, order.prompt).await?;
    let (number, live) = newest.map_or((0, None), |newest| (newest.number, newest.version));
    if number != order.seen {
        let now =
            live.map_or_else(|| "nothing is live".to_owned(), |version| format!("version {version} is live"));
        return Err(Error::conflict(format!("Someone else deployed in the meantime: {now} now.")));
    }
    if (order.kind == Kind::Undeploy) != order.version.is_none() {
        return Err(Error::NotFound);
    }
    if !is_what_it_says(change, order).await? {
        return Err(Error::conflict(match order.kind {
            Kind::Promote => "This version isn't live in another environment.",
            _ => "This isn't the version that was live here before.",
        }));
    }
    let Some(impact) = looked.still(change).await? else { return Ok(None) };
    // The same version is deployed again where it would inherit something else.
    if live == order.version && impact.differs.is_empty() {
        let already = live.map_or_else(
            || "Nothing is live here.".to_owned(),
            |version| format!("Version {version} is already live here."),
        );
        return Err(Error::conflict(already));
    }
    if !impact.breaks.is_empty() {
        return Err(Error::conflict(told(change, impact.breaks).await?));
    }
    Ok(Some(Checked { folder: prompt.folder_id, live, impact }))
}

/// What would break, as far as whoever acts may know of it.
async fn told(change: &mut OrgChange, breaks: BTreeSet<Break>) -> Result<String> {
    let mut told = BTreeSet::new();
    for Break { says, user } in breaks {
        let is_reached = match user {
            Some(user) => user.is_reached(change).await?,
            None => true,
        };
        told.insert(if is_reached {
            says
        } else {
            "A prompt this key has no access to would break.".to_owned()
        });
    }
    Ok(told.into_iter().collect::<Vec<_>>().join(" "))
}

/// Refuses what would change something in another environment, which a reference to this one brings about,
/// where more must agree than have.
async fn refuse_elsewhere(change: &mut OrgChange, checked: &Checked, agreed: Agreed) -> Result<()> {
    for (environment, user) in &checked.impact.elsewhere {
        let environment = environments::find(&mut *change, *environment).await?;
        if !agreed.is_enough(change, &environment) {
            let is_reached = user.is_reached(change).await?;
            let what =
                if is_reached { format!("{} in {}", user.path, user.environment) } else { BEYOND.to_owned() };
            return Err(Error::conflict(format!(
                "This would also change {what}, where others must approve, because it refers to what is live here. Make it refer to a fixed version first."
            )));
        }
    }
    Ok(())
}

/// Whether an order is of its kind: the history tells of it for good, and rolling back goes by the history.
async fn is_what_it_says(change: &mut OrgChange, order: &DeployCommand) -> Result<bool> {
    match order.kind {
        Kind::Deploy | Kind::Undeploy => Ok(true),
        Kind::Promote => store::was_live_elsewhere(change, order).await,
        Kind::Rollback => {
            Ok(store::previous(change, order.environment, order.prompt).await? == order.version)
        }
    }
}
