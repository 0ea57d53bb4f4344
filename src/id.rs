//! Identifiers: UUID version 7 newtypes, so one kind never passes for another.
//!
//! They sort by the time they were made. Only [`crate::kernel::clock`] makes new ones, because
//! time and randomness are injected.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

/// The id that a form names, or none where it names none.
///
/// # Errors
/// [`Error::NotFound`] for what is no id.
pub fn optional<Id: FromStr>(text: &str) -> Result<Option<Id>, Error> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| Error::NotFound) }
}

ids! {
    /// A person with an account.
    UserId;
    /// An organization (workspace): the tenant.
    OrgId;
    /// An invitation to an organization.
    InvitationId;
    /// A signed-in browser.
    SessionId;
    /// The picture of an organization.
    ImageId;
    /// A letter in the outbox.
    LetterId;
    /// A row of the audit log.
    AuditId;
    /// A folder of the library.
    FolderId;
    /// A change of an environment that somebody asked for.
    EnvironmentRequestId;
    /// A prompt.
    PromptId;
    /// What was put in the trash together.
    TrashId;
    /// A file that was sent to be imported.
    ImportId;
    /// An environment that prompts are deployed to.
    EnvironmentId;
    /// What was done to what is live in an environment.
    DeploymentId;
    /// A deployment that others must approve.
    DeploymentRequestId;
    /// An API key.
    ApiKeyId;
    /// A variable of a folder or of an organization.
    VariableId;
    /// A sign-up that waits for its address to be proven.
    SignUpId;
}
