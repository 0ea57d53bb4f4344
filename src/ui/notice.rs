use super::cookies::{cookie, set_cookie};
use crate::server::Caller;
use leptos::prelude::*;

macro_rules! notices {
    ($($name:ident $code:literal $says:literal;)*) => {
        /// What is said once, on the page after an act. Only a code travels, in a cookie.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Notice { $(#[doc = $says] $name,)* }

        impl Notice {
            const ALL: &[Self] = &[$(Self::$name,)*];
            const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            const fn says(self) -> &'static str { match self { $(Self::$name => $says,)* } }
        }
    };
}

notices! {
    Saved             "saved"              "Saved";
    Joined            "joined"             "You joined the organization";
    Declined          "declined"           "Invitation declined";
    InvitationRevoked "invitation-revoked" "Invitation revoked";
    MemberRemoved     "member-removed"     "Member removed";
    RoleChanged       "role-changed"       "Role changed";
    Created           "created"            "Organization created";
    PasswordChanged   "password-changed"   "Password changed. Other devices are signed out";
    SignedOut         "signed-out"         "You are signed out";
    OrganizationDeleted "organization-deleted" "Organization deleted";
    OrganizationRestored "organization-restored" "Organization restored";
    TransferOffered   "transfer-offered"   "Offer sent";
    TransferAccepted  "transfer-accepted"  "You are now an Owner";
    TransferEnded     "transfer-ended"     "The offer is closed";
    AddressSent       "address-sent"       "We sent an email to the new address";
    AddressChanged    "address-changed"    "Email changed";
    SessionEnded      "session-ended"      "That device was signed out";
    TwoFactorOff      "two-factor-off"     "Two-factor is off";
    AccountDeleted    "account-deleted"    "Your account was deleted";
    VersionSaved      "version-saved"      "Version saved";
    VersionRestored   "version-restored"   "Restored as a new version";
    Moved             "moved"              "Moved";
    Duplicated        "duplicated"         "Duplicated";
    Trashed           "trashed"            "Moved to trash";
    Untrashed         "untrashed"          "Restored";
    Purged            "purged"             "Deleted for good";
    Imported          "imported"           "Imported";
    Deployed          "deployed"           "Live now";
    Undeployed        "undeployed"         "Undeployed";
    DeploymentRequested "deployment-requested" "Sent for approval";
    DeploymentApproved "deployment-approved" "Approved";
    DeploymentDeclined "deployment-declined" "Declined";
    DeploymentWithdrawn "deployment-withdrawn" "Withdrawn";
    KeyRevoked        "key-revoked"        "Key revoked";
    EnvironmentDeleted "environment-deleted" "Environment deleted";
    Left              "left"               "You left the organization";
}

impl Notice {
    /// Says it on the page that comes next; from within a server function.
    pub fn say(self) {
        set_cookie(COOKIE, self.code(), 60);
    }
}

const COOKIE: &str = "notice";

/// The notice of the act before, if there is one; it is said once.
#[component]
pub fn Toast() -> impl IntoView {
    let caller = Caller::here().ok().filter(|caller| !caller.client.is_prefetch);
    let notice = caller.and_then(|_| {
        let code = cookie(COOKIE)?;
        set_cookie(COOKIE, "", 0);
        Notice::ALL.iter().find(|notice| notice.code() == code)
    });
    // The region is always there, so that screen readers notice what appears in it.
    view! { <div id="toast" role="status">{notice.map(|notice| view! { <p class="toast">{notice.says()}</p> })}</div> }
}
