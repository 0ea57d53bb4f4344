//! The audit trail: one row for each thing done, written in the transaction that does it.
//!
//! Append-only: triggers of the schema refuse to change or remove a row. A row holds no token, no
//! secret and no name or address of a person: it tells of them by id, and where they were stands in
//! `audit_origins`, which is erased with their account.

use super::Server;
use crate::{
    error::Result,
    id::{ApiKeyId, AuditId, OrgId, UserId},
    kernel::{Clock, db::Tx},
    role::Role,
    tenancy::client::Client,
    time::Timestamp,
};
use serde_json::{Value, json};
use sqlx::types::Json;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! actions {
    ($($name:ident $code:literal $says:literal;)*) => {
        /// An action, as `noun.verb`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
        #[schema(as = AuditAction)]
        pub enum Action { $(#[doc = $says] #[schema(rename = $code)] $name,)* }

        impl Action {
            /// All of them, in the order they are shown to choose from.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in the database, in URLs and in exports.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }

            /// What somebody did, after their name.
            #[must_use]
            pub const fn says(self) -> &'static str { match self { $(Self::$name => $says,)* } }
        }
    };
}

actions! {
    SignedIn            "account.signed_in"          "signed in";
    SignInFailed        "account.sign_in_failed"     "failed to sign in as";
    AccountCreated      "account.created"            "created an account";
    ProfileChanged      "account.updated"            "changed their profile";
    PasswordChanged     "account.password_changed"   "changed their password";
    PasswordReset       "account.password_reset"     "reset their password by email";
    AddressChanged      "account.address_changed"    "changed their email";
    TwoFactorOn         "account.two_factor_on"      "turned on two-factor authentication";
    TwoFactorOff        "account.two_factor_off"     "turned off two-factor authentication";
    RecoveryCodesMade   "account.recovery_codes"     "created new recovery codes";
    AccountDeleted      "account.deleted"            "deleted their account";
    SessionEnded        "session.ended"              "signed out";
    OrganizationCreated "organization.created"       "created the organization";
    SettingsChanged     "organization.updated"       "changed the settings";
    OrganizationDeleted "organization.deleted"       "deleted the organization";
    OrganizationRestored "organization.restored"     "restored the organization";
    OrganizationPurged  "organization.purged"        "permanently deleted the organization";
    TransferOffered     "transfer.offered"           "offered ownership to";
    TransferAccepted    "transfer.accepted"          "accepted ownership from";
    TransferDeclined    "transfer.declined"          "declined ownership";
    TransferCanceled    "transfer.canceled"          "canceled the transfer to";
    InvitationSent      "invitation.sent"            "invited";
    InvitationResent    "invitation.resent"          "invited again";
    InvitationRevoked   "invitation.revoked"         "revoked the invitation of";
    InvitationTakenOver "invitation.taken_over"      "took over the invitation of";
    InvitationAccepted  "invitation.accepted"        "accepted an invitation";
    InvitationDeclined  "invitation.declined"        "declined an invitation";
    RoleChanged         "member.role_changed"        "changed the role of";
    MemberRemoved       "member.removed"             "removed";
    MemberLeft          "member.left"                "left";
    FolderCreated       "folder.created"             "created the folder";
    FolderRenamed       "folder.renamed"             "renamed the folder";
    FolderMoved         "folder.moved"               "moved the folder";
    FolderDuplicated    "folder.duplicated"          "duplicated the folder";
    VariablesChanged    "variables.updated"          "changed the variables of";
    PromptCreated       "prompt.created"             "created the prompt";
    PromptChanged       "prompt.updated"             "changed the details of";
    PromptMoved         "prompt.moved"               "moved the prompt";
    PromptsOrdered      "prompts.ordered"            "reordered the prompts of";
    PromptDuplicated    "prompt.duplicated"          "duplicated the prompt";
    DraftEdited         "draft.edited"               "edited the draft of";
    DraftDiscarded      "draft.discarded"            "discarded the draft of";
    VersionSaved        "version.saved"              "saved a version of";
    VersionRestored     "version.restored"           "restored a version of";
    Trashed             "trash.added"                "deleted";
    Untrashed           "trash.restored"             "restored";
    Purged              "trash.purged"               "permanently deleted";
    EnvironmentCreated  "environment.created"        "created the environment";
    EnvironmentChanged  "environment.updated"        "changed the environment";
    EnvironmentRequested "environment.requested"     "requested a change to the environment";
    EnvironmentApproved "environment.approved"       "approved the change to the environment";
    EnvironmentDeclined "environment.declined"       "declined the change to the environment";
    EnvironmentWithdrawn "environment.withdrawn"     "withdrew the change to the environment";
    EnvironmentDeleted  "environment.deleted"        "deleted the environment";
    Deployed            "prompt.deployed"            "deployed";
    Promoted            "prompt.promoted"            "promoted";
    RolledBack          "prompt.rolled_back"         "rolled back";
    Undeployed          "prompt.undeployed"          "undeployed";
    DeploymentRequested "deployment.requested"       "requested deployment of";
    DeploymentApproved  "deployment.approved"        "approved deployment of";
    DeploymentVoided    "deployment.voided"          "canceled the approvals for deploying";
    DeploymentDeclined  "deployment.declined"        "declined deployment of";
    DeploymentWithdrawn "deployment.withdrawn"       "withdrew the request to deploy";
    KeyCreated          "key.created"                "created the key";
    KeyRotated          "key.rotated"                "rotated the key";
    KeyRevoked          "key.revoked"                "revoked the key";
    LibraryImported     "library.imported"           "imported prompts";
    LibraryExported     "library.exported"           "exported prompts";
    MembersExported     "members.exported"           "exported the members";
    AuditLogExported    "audit_log.exported"         "exported the audit log";
    Denied              "access.denied"              "was denied access";
}

impl Action {
    /// The action of a code, to the letter.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.code() == code)
    }

    /// Whether the organizations somebody is in may know of it, though it is done in none.
    const fn concerns_organizations(self) -> bool {
        matches!(
            self,
            Self::SignedIn
                | Self::SignInFailed
                | Self::PasswordChanged
                | Self::PasswordReset
                | Self::AddressChanged
                | Self::TwoFactorOn
                | Self::TwoFactorOff
                | Self::RecoveryCodesMade
        )
    }
}

/// What was done to what.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The act.
    pub action: Action,
    /// The id of the thing it was done to.
    pub target: Option<Uuid>,
    /// What the thing was before and is after, as far as it changed: `{"before":…, "after":…}`.
    pub details: Value,
}

impl Entry {
    /// An entry on a thing.
    #[must_use]
    pub fn new(action: Action, target: impl Into<Option<Uuid>>) -> Self {
        Self { action, target: target.into(), details: Value::Null }
    }

    /// With what changed.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

/// Who did it, and as what.
#[derive(Debug, Clone, Copy)]
pub struct Doer {
    /// `person`, `key` or `system`.
    pub kind: &'static str,
    /// The person's or key's id; none for somebody who is not signed in.
    pub id: Option<Uuid>,
    /// The role it had then.
    pub role: Option<Role>,
}

impl Doer {
    /// A person, with their role where they have one.
    #[must_use]
    pub const fn person(user: UserId, role: Option<Role>) -> Self {
        Self { kind: "person", id: Some(user.0), role }
    }

    /// An API key.
    #[must_use]
    pub const fn key(key: ApiKeyId) -> Self {
        Self { kind: "key", id: Some(key.0), role: None }
    }

    /// Somebody of whom nothing is known.
    #[must_use]
    pub const fn somebody() -> Self {
        Self { kind: "person", id: None, role: None }
    }

    /// The server itself.
    #[must_use]
    pub const fn server() -> Self {
        Self { kind: "system", id: None, role: None }
    }
}

/// Writes the row of something done in an organization, or in none.
pub(super) async fn record(
    tx: &mut Tx,
    clock: &Clock,
    done_by: (Option<OrgId>, Doer),
    client: &Client,
    entry: Entry,
) -> Result<AuditId> {
    let at = (AuditId(clock.id()), clock.now());
    record_at(tx, at, done_by, client, entry).await
}

async fn record_at(
    tx: &mut Tx,
    (id, now): (AuditId, Timestamp),
    (org, doer): (Option<OrgId>, Doer),
    client: &Client,
    entry: Entry,
) -> Result<AuditId> {
    tx.query(
            "INSERT INTO audit_log (id, org_id, created_at, actor_kind, actor_id, actor_role, action, target_id, details, request_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id)
        .bind(org)
        .bind(now)
        .bind(doer.kind)
        .bind(doer.id)
        .bind(doer.role)
        .bind(entry.action.code())
        .bind(entry.target)
        .bind(Json(entry.details))
        .bind(client.request_id.clone())
        .execute()
        .await?;
    tx.query("INSERT INTO audit_origins (audit_id, user_id, ip, user_agent) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(doer.id.filter(|_| doer.kind == "person"))
        .bind(client.ip.map(|ip| ip.to_string()))
        .bind(client.user_agent.clone())
        .execute()
        .await?;
    Ok(id)
}

/// Leaves the row of something done in an organization by a request that changes nothing, to be
/// [written down](super::deferred_writes).
pub(super) fn leave(server: &Server, org: OrgId, doer: Doer, client: Arc<Client>, entry: Entry) {
    let at @ (id, _) = (AuditId(server.clock.id()), server.clock.now());
    server.deferred_writes.put(("audit", id.0), move |tx| {
        let (client, entry) = (client.clone(), entry.clone());
        Box::pin(async move { record_at(tx, at, (Some(org), doer), &client, entry).await.map(drop) })
    });
    server.deferred_writes.hurry();
}

/// The most characters that are kept of what was refused: whoever asks chooses the path.
const MOST_OF_ACT: usize = 200;

/// Leaves the row of something that was refused.
pub(crate) fn leave_refusal(server: &Server, org: OrgId, doer: Doer, client: Arc<Client>, act: &str) {
    let act: String = act.chars().take(MOST_OF_ACT).collect();
    let entry = Entry::new(Action::Denied, None).details(json!({ "act": act }));
    leave(server, org, doer, client, entry);
}

/// Writes the row of something done by or to a person in no organization. Those they are in may read
/// it when it concerns them.
///
/// # Errors
/// When the database fails.
pub(super) async fn record_of_person(
    tx: &mut Tx,
    clock: &Clock,
    (user, doer): (UserId, Doer),
    client: &Client,
    entry: Entry,
) -> Result<()> {
    let concerns = entry.action.concerns_organizations();
    let id = record(tx, clock, (None, doer), client, entry).await?;
    if concerns {
        let readers =
            "INSERT INTO audit_readers (org_id, audit_id) SELECT org_id, $2 FROM members WHERE user_id = $1";
        tx.query(readers).bind(user).bind(id).execute().await?;
    }
    Ok(())
}
