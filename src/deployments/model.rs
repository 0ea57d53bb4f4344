//! What can be done to what is live, and what was live before.

use crate::{
    id::{EnvironmentId, PromptId},
    tenancy::audit::Action,
};
use serde::Serialize;
use utoipa::ToSchema;

/// The kind of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
#[schema(as = DeploymentKind)]
pub enum Kind {
    /// A version was deployed.
    Deploy,
    /// The version live in another environment was deployed.
    Promote,
    /// A version that was live before was restored.
    Rollback,
    /// The prompt was undeployed.
    Undeploy,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Deploy, Self::Promote, Self::Rollback, Self::Undeploy];

    /// Its name in forms and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Undeploy => "undeploy",
        }
    }

    /// The kind of a name, to the letter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The act for the audit log.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Deploy => Action::Deployed,
            Self::Promote => Action::Promoted,
            Self::Rollback => Action::RolledBack,
            Self::Undeploy => Action::Undeployed,
        }
    }
}

/// What somebody wants done to what is live of a prompt in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployCommand {
    /// The environment.
    pub environment: EnvironmentId,
    /// The prompt.
    pub prompt: PromptId,
    /// What is to be done.
    pub kind: Kind,
    /// The version that is to be live; none when nothing is.
    pub version: Option<i64>,
    /// Why, at most 500 characters.
    pub reason: String,
    /// The number of the newest deployment they saw; 0 when there was none.
    pub seen: i64,
}

/// The version that was live before the one that is, by a history from its beginning: where rolling back
/// leads. Rolling back takes away what it goes back behind, so doing it twice goes two back.
#[must_use]
pub fn before(history: &[(Kind, Option<i64>)]) -> Option<i64> {
    let mut stack: Vec<Option<i64>> = Vec::new();
    for (kind, version) in history {
        if *kind == Kind::Rollback {
            stack.pop();
            while stack.last().is_some_and(|top| top != version) {
                stack.pop();
            }
            stack.pop();
        }
        stack.push(*version);
    }
    let live = stack.pop()?;
    stack.into_iter().rev().flatten().find(|version| Some(*version) != live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rolling_back_goes_back_step_by_step() {
        let deploys =
            |versions: &[i64]| versions.iter().map(|v| (Kind::Deploy, Some(*v))).collect::<Vec<_>>();
        let mut history = deploys(&[1, 2, 3]);
        assert_eq!(before(&history), Some(2));
        history.push((Kind::Rollback, Some(2)));
        assert_eq!(before(&history), Some(1));
        history.push((Kind::Rollback, Some(1)));
        assert_eq!(before(&history), None);
        history.push((Kind::Promote, Some(4)));
        assert_eq!(before(&history), Some(1));
        history.push((Kind::Undeploy, None));
        assert_eq!(before(&history), Some(4), "undeploying is taken back as well");
        // Back to one further down, and to one that is not there any more.
        assert_eq!(before(&[deploys(&[1, 2, 3]), vec![(Kind::Rollback, Some(1))]].concat()), None);
        assert_eq!(before(&[(Kind::Rollback, Some(7))]), None);
        assert_eq!(before(&[]), None);
    }

    proptest! {
        #[test]
        fn rolling_back_ends(versions in prop::collection::vec(prop::option::weighted(0.8, 1_i64..6), 0..20)) {
            let mut history: Vec<_> = versions
                .iter()
                .map(|version| (if version.is_some() { Kind::Deploy } else { Kind::Undeploy }, *version))
                .collect();
            let mut steps = 0;
            while let Some(version) = before(&history) {
                let live = history.last().and_then(|(_, version)| *version);
                prop_assert_ne!(Some(version), live);
                history.push((Kind::Rollback, Some(version)));
                steps += 1;
                prop_assert!(steps <= versions.len());
            }
        }
    }
}
