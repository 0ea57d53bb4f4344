//! Who may do what: the whole policy, on one screen.
//!
//! Everything asks this table: the server through [`Permission`] and the proofs that
//! `tenancy::scope` hands out, the pages to decide what they show. Roles are ordered, and a higher
//! one may do all that a lower one may. An API key may do what one of its scopes stands for.

use crate::key_scope::{KeyScope, KeyScopes};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The role of a member in an organization, from lowest to highest.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    utoipa::ToSchema,
)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read-only access.
    Viewer,
    /// Can create and edit content.
    Editor,
    /// Can manage members and settings.
    Admin,
    /// Full control over the organization.
    Owner,
}

/// A thing one may be allowed to do; each is a type of its own, made by the table below.
pub trait Permission: Send + Sync + 'static {
    /// The lowest role that may do it.
    const NEEDS: Role;
    /// The name of the permission, as in the table.
    const NAME: &'static str;
    /// The scope with which an API key may do it; none where no key may.
    const KEY: Option<KeyScope>;
}

macro_rules! permissions {
    ($($name:ident needs $role:ident $(or $scope:ident)?, $what:literal;)*) => {
        $(
            #[doc = $what]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Permission for $name {
                const NEEDS: Role = Role::$role;
                const NAME: &'static str = stringify!($name);
                const KEY: Option<KeyScope> = permissions!(@key $($scope)?);
            }
        )*

        /// The table as data: name, lowest role, scope of keys, what it allows.
        pub const PERMISSIONS: &[(&str, Role, Option<KeyScope>, &str)] =
            &[$((stringify!($name), Role::$role, permissions!(@key $($scope)?), $what),)*];
    };
    (@key) => { None };
    (@key $scope:ident) => { Some(KeyScope::$scope) };
}

permissions! {
    ViewOrganization     needs Viewer,                    "See the organization, switch to it, see its settings without secrets";
    ViewContent          needs Viewer or ReadPrompts,     "See prompts, folders, versions, differences, test results";
    ViewDeployments      needs Viewer or ReadDeployments, "See environments, and what is deployed to them";
    ViewMembers          needs Viewer or ReadAudit,       "See who is a member: names, emails, roles, since when";
    ViewProviders        needs Viewer,                    "See which providers and models are set up, never a secret";
    ExportContent        needs Viewer or ReadPrompts,     "Export one prompt or folder";
    Leave                needs Viewer,                    "Leave the organization (not the last Owner, not the personal one)";

    Comment              needs Editor,                    "Comment (an organization may open this to Viewers)";
    EditContent          needs Editor or WritePrompts,    "Create, edit, move, reorder and duplicate prompts and folders; save versions; write together";
    TrashContent         needs Editor or DeletePrompts,   "Delete prompts and folders to the trash, and restore them";
    ImportContent        needs Editor or WritePrompts,    "Import prompts and folders";
    RunPrompts           needs Editor or RunPrompts,      "Run prompts and suites, which spends the organization's money (an organization may open this to Viewers)";
    EditTests            needs Editor,                    "Create and edit data sets, test cases and evaluators";
    Deploy               needs Editor or WriteDeployments,"Deploy and roll back in an unprotected environment; request it in a protected one";
    ViewOwnUsage         needs Editor,                    "See one's own usage and cost, and those of a prompt";

    PurgeContent         needs Admin,                     "Empty the trash for good";
    DeployProtected      needs Admin or DeployProtected,  "Deploy and roll back in a protected environment";
    ApproveDeployment    needs Admin,                     "Approve a deployment someone else requested";
    ManageEnvironments   needs Admin,                     "Create, rename, delete and protect environments";
    ViewInvitations      needs Admin or ReadAudit,        "See invitations";
    InviteMembers        needs Admin,                     "Invite people, and resend and revoke invitations, up to one's own role";
    ManageMembers        needs Admin,                     "Change the role of members and remove them, up to one's own role";
    ManageProviders      needs Admin,                     "Add, change, test and delete provider credentials";
    ManageApiKeys        needs Admin,                     "List, create, rotate and revoke API keys";
    ManageIntegrations   needs Admin,                     "Manage webhooks and Git synchronization";
    ViewUsage            needs Admin or ReadUsage,        "See usage and cost of the whole organization";
    ManageBudgets        needs Admin,                     "Set budgets and rate limits";
    ViewAuditLog         needs Admin or ReadAudit,        "Read and export the audit log";
    ExportOrganization   needs Admin or ReadPrompts,      "Export the whole organization";
    ManageSettings       needs Admin,                     "Change the settings: the name, the default role and lifetime of invitations, retention";

    TransferOrganization needs Owner,                     "Transfer the organization to another member";
    DeleteOrganization   needs Owner,                     "Delete the organization";
}

/// What somebody may do anything by: a member by their role, a key by its scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Those of a role.
    Role(Role),
    /// Those of a key.
    Key(KeyScopes),
}

impl Rights {
    /// Whether they allow `P`.
    #[must_use]
    pub fn can<P: Permission>(self) -> bool {
        match self {
            Self::Role(role) => role.can::<P>(),
            Self::Key(scopes) => P::KEY.is_some_and(|scope| scopes.has(scope)),
        }
    }
}

impl Role {
    /// All roles, the highest first, as people are shown them.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Editor, Self::Viewer];

    /// Whether this role may do `P`.
    #[must_use]
    pub fn can<P: Permission>(self) -> bool {
        self >= P::NEEDS
    }

    /// Whether a member of this role may make somebody a `role`: any role up to one's own, for
    /// those who manage members at all.
    #[must_use]
    pub fn may_grant(self, role: Self) -> bool {
        self.can::<ManageMembers>() && role <= self
    }

    /// Whether a member of this role may change or remove a member who is a `target`: anyone
    /// whose role is not above one's own, so only Owners touch Owners.
    #[must_use]
    pub fn may_manage(self, target: Self) -> bool {
        self.can::<ManageMembers>() && target <= self
    }

    /// The roles this one may grant, the highest first.
    pub fn grantable(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |role| self.may_grant(*role))
    }

    /// The role's name on screen.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Editor => "Editor",
            Self::Viewer => "Viewer",
        }
    }

    /// The role's name in a sentence: "an Editor".
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Owner => "an Owner",
            Self::Admin => "an Admin",
            Self::Editor => "an Editor",
            Self::Viewer => "a Viewer",
        }
    }

    /// The role's name in forms, URLs and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Viewer => "viewer",
        }
    }

    /// One line on what the role may do.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Owner => "Full control over the organization",
            Self::Admin => "Can manage members and settings",
            Self::Editor => "Can create and edit content",
            Self::Viewer => "Read-only access",
        }
    }

    /// The role whose [`as_str`](Self::as_str) is exactly `text`: no trimming, no folding.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_people_one_rule_holds() {
        for actor in Role::ALL {
            for other in Role::ALL {
                let manages = actor >= Role::Admin;
                assert_eq!(actor.may_grant(other), manages && other <= actor);
                assert_eq!(actor.may_manage(other), manages && other <= actor);
            }
        }
        assert!(!Role::Admin.may_manage(Role::Owner));
        assert!(!Role::Admin.may_grant(Role::Owner));
        assert!(Role::Admin.may_manage(Role::Admin));
    }

    #[test]
    fn a_role_is_parsed_to_the_letter() {
        for text in [" owner", "OWNER", "Owner", "admin,owner", "", "null"] {
            assert_eq!(Role::parse(text), None, "{text:?}");
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
    }

    #[test]
    fn a_key_can_do_nothing_that_those_who_make_keys_may_not() {
        for (name, role, scope, _) in PERMISSIONS {
            assert!(scope.is_none() || *role <= ManageApiKeys::NEEDS, "{name}");
        }
        let kept = [
            "ManageApiKeys",
            "ManageMembers",
            "InviteMembers",
            "DeleteOrganization",
            "ManageSettings",
            "ApproveDeployment",
            "Leave",
        ];
        for (name, _, scope, _) in PERMISSIONS.iter().filter(|(name, ..)| kept.contains(name)) {
            assert_eq!(*scope, None, "{name}");
        }
    }

    #[test]
    fn the_table_is_what_was_agreed() {
        let lines: Vec<_> = PERMISSIONS
            .iter()
            .map(|(name, role, scope, _)| {
                format!("{name:<21} {role:<6} {}", scope.map_or("-", KeyScope::code))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
