//! The pages of an organization that have a name in its navigation.

use crate::{
    fields::Slug,
    paths,
    role::{DeleteOrganization, ManageApiKeys, Role, ViewAuditLog, ViewInvitations},
};

/// Which page of an organization it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The dashboard.
    Dashboard,
    /// The library.
    Prompts,
    /// What is deployed where.
    Deployments,
    /// General settings.
    General,
    /// The members.
    Members,
    /// The invitations.
    Invitations,
    /// The API keys.
    ApiKeys,
    /// The audit log.
    AuditLog,
    /// Finding anything.
    Find,
    /// The keys there are.
    Shortcuts,
    /// Handing over and deleting.
    DangerZone,
    /// The offer to take it over.
    Transfer,
    /// Where there is no page.
    Missing,
    /// A page that is for others.
    Refused,
}

impl Place {
    /// The settings, in the order of their tabs.
    pub(super) const SETTINGS: [Self; 6] =
        [Self::General, Self::Members, Self::Invitations, Self::ApiKeys, Self::AuditLog, Self::DangerZone];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Dashboard => "Dashboard",
            Self::Prompts => "Prompts",
            Self::Deployments => "Deployments",
            Self::General => "General",
            Self::Members => "Members",
            Self::Invitations => "Invitations",
            Self::ApiKeys => "API keys",
            Self::AuditLog => "Audit log",
            Self::Find => "Search",
            Self::Shortcuts => "Keyboard shortcuts",
            Self::DangerZone => "Danger zone",
            Self::Transfer => "Transfer",
            Self::Missing => "Not found",
            Self::Refused => "No access",
        }
    }

    pub(super) const fn is_setting(self) -> bool {
        !matches!(
            self,
            Self::Dashboard
                | Self::Prompts
                | Self::Deployments
                | Self::Find
                | Self::Shortcuts
                | Self::Transfer
                | Self::Missing
                | Self::Refused
        )
    }

    /// Where the page itself begins, past the list that stands beside it.
    pub(super) const fn skips_to(self) -> &'static str {
        if self.is_setting() || matches!(self, Self::Prompts) { "#page-body" } else { "#main" }
    }

    /// Its URL.
    #[must_use]
    pub fn url(self, org: &Slug) -> String {
        match self {
            Self::Dashboard | Self::Missing | Self::Refused => paths::organization(org),
            Self::Prompts => paths::prompts(org),
            Self::Deployments => paths::deployments(org),
            Self::General => paths::settings(org),
            Self::Members => paths::members(org),
            Self::Invitations => paths::invitations(org),
            Self::ApiKeys => paths::api_keys(org),
            Self::AuditLog => paths::audit_log(org),
            Self::Find => paths::find(org),
            Self::Shortcuts => paths::shortcuts(org),
            Self::DangerZone => paths::danger_zone(org),
            Self::Transfer => paths::transfer(org),
        }
    }

    /// The pages that a role sees, with their names.
    #[must_use]
    pub fn pages(org: &Slug, role: Role) -> Vec<(&'static str, String)> {
        let all = [Self::Dashboard, Self::Prompts, Self::Deployments].into_iter().chain(Self::SETTINGS);
        let seen = all.filter(|place| place.is_for(role));
        seen.map(|place| (place.label(), place.url(org))).collect()
    }

    /// The lowest role that a page of the settings is for, where it is not for all.
    pub(super) fn least_role(org: &Slug, page: &str) -> Option<Role> {
        let place = Self::SETTINGS.into_iter().find(|place| page.starts_with(&place.url(org)))?;
        let least = Role::ALL.into_iter().filter(|role| place.is_for(*role)).min()?;
        (least > Role::Viewer).then_some(least)
    }

    /// Whether a role sees the tab.
    pub(super) fn is_for(self, role: Role) -> bool {
        match self {
            Self::Invitations => role.can::<ViewInvitations>(),
            Self::ApiKeys => role.can::<ManageApiKeys>(),
            Self::AuditLog => role.can::<ViewAuditLog>(),
            Self::DangerZone => role.can::<DeleteOrganization>(),
            _ => true,
        }
    }
}
