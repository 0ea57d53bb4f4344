use super::{
    Hidden,
    cookies::{cookie, set_cookie},
};
use crate::web::{
    RequestContext,
    cookies::{NOTICE, NOTICE_SECONDS, SENT_TWICE, TYPED_IS_KEPT},
    server_function::PAGE_FIELD,
};
use leptos::prelude::*;

macro_rules! notices {
    ($($name:ident $code:tt $says:literal $(undo $undo:literal)?;)*) => {
        /// What is said once, on the page after an act. Only a code travels, in a cookie.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Notice { $(#[doc = $says] $name,)* }

        impl Notice {
            const ALL: &[Self] = &[$(Self::$name,)*];
            const fn code(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            const fn says(self) -> &'static str { match self { $(Self::$name => $says,)* } }
            /// The server function that takes the act back.
            const fn undo(self) -> Option<&'static str> {
                let undo: &str = match self { $(Self::$name => concat!("", $($undo)?),)* };
                if undo.is_empty() { None } else { Some(undo) }
            }
        }
    };
}

notices! {
    SentTwice         SENT_TWICE           "Done once, although the form was sent twice";
    TypedIsKept       TYPED_IS_KEPT        "You were signed out. Sign in, and what you typed is still there";
    Saved             "saved"              "Saved";
    Joined            "joined"             "You joined the organization";
    Declined          "declined"           "Invitation declined";
    InvitationRevoked "invitation-revoked" "Invitation revoked";
    MemberRemoved     "member-removed"     "Member removed";
    RoleChanged       "role-changed"       "Role changed" undo "/api/members/set_role";
    Created           "created"            "Organization created";
    PasswordChanged   "password-changed"   "Password changed. Other devices are signed out";
    EmailSent         "email-sent"         "Email sent";
    SignedOut         "signed-out"         "You're signed out";
    OrganizationDeleted "organization-deleted" "Organization deleted";
    OrganizationRestored "organization-restored" "Organization restored";
    TransferOffered   "transfer-offered"   "Offer sent";
    TransferAccepted  "transfer-accepted"  "You're now an Owner";
    TransferEnded     "transfer-ended"     "Offer closed";
    AddressSent       "address-sent"       "We sent a link to your new email";
    AddressChanged    "address-changed"    "Email changed";
    SessionEnded      "session-ended"      "That device was signed out";
    TwoFactorOn       "two-factor-on"      "Two-factor authentication is on";
    TwoFactorOff      "two-factor-off"     "Two-factor authentication is off";
    AccountDeleted    "account-deleted"    "Your account was deleted";
    VersionSaved      "version-saved"      "Version saved";
    VersionRestored   "version-restored"   "Version restored to the draft" undo "/api/prompts/restore_draft";
    MessageRemoved    "message-removed"    "Message removed" undo "/api/prompts/restore_draft";
    DraftReplaced     "draft-replaced"     "Draft replaced" undo "/api/prompts/restore_draft";
    DraftRestored     "draft-restored"     "Draft restored" undo "/api/prompts/restore_draft";
    DraftDiscarded    "draft-discarded"    "Draft discarded" undo "/api/prompts/restore_draft";
    DraftUnused       "draft-unused"       "Your draft is kept under Earlier drafts";
    Moved             "moved"              "Moved";
    Duplicated        "duplicated"         "Duplicated";
    VariablesSaved    "variables-saved"    "Variables saved" undo "/api/variables/restore";
    VariablesRestored "variables-restored" "Variables restored" undo "/api/variables/restore";
    Trashed           "trashed"            "Moved to trash" undo "/api/trash/restore";
    Untrashed         "untrashed"          "Restored";
    Purged            "purged"             "Deleted for good";
    Imported          "imported"           "Imported";
    SamplesAdded      "samples-added"      "Sample prompts added";
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
        set_cookie(NOTICE, self.code(), NOTICE_SECONDS);
    }

    /// The same, with a button that takes the act back: the form is about these values.
    pub fn say_undoable(self, about: &[(&str, String)]) {
        let about = about.iter().flat_map(|(name, value)| ["~", *name, "=", value.as_str()]);
        let said: String = std::iter::once(self.code()).chain(about).collect();
        set_cookie(NOTICE, &said, NOTICE_SECONDS);
    }

    /// Says it, with such a button where there is something to take back.
    pub fn say_with(self, about: Option<impl AsRef<[(&'static str, String)]>>) {
        match about {
            Some(about) => self.say_undoable(about.as_ref()),
            None => self.say(),
        }
    }

    /// Whether the page says it.
    #[must_use]
    pub fn is_said(self) -> bool {
        cookie(NOTICE).is_some_and(|said| said.split('~').next() == Some(self.code()))
    }

    /// What it is about, on the page that says it.
    #[must_use]
    pub fn about(self, name: &str) -> Option<String> {
        let said = cookie(NOTICE)?;
        let mut parts = said.split('~');
        let pairs = (parts.next()? == self.code()).then_some(parts)?;
        let value = pairs.filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name);
        value.map(|(_, value)| value.to_owned())
    }
}

/// What the toast of a page says in place of the notice's own words: the page knows more.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The words.
    pub says: String,
    /// Whether the person who looks may take the act back.
    pub may_undo: bool,
    /// What comes next: its label, and where it leads.
    pub next: Option<(String, String)>,
}

impl Telling {
    /// Tells it to the toast of the page being made.
    pub fn tell(self) {
        provide_context(self);
    }
}

/// The notice of the act before, if there is one; it is said once.
#[component]
pub fn Toast() -> impl IntoView {
    let caller = RequestContext::here().ok().filter(|caller| !caller.client.is_prefetch);
    let toast = caller.and_then(|caller| {
        let said = cookie(NOTICE)?;
        set_cookie(NOTICE, "", 0);
        let mut parts = said.split('~');
        let code = parts.next()?;
        let notice = Notice::ALL.iter().find(|notice| notice.code() == code)?;
        let about: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let telling = use_context::<Telling>();
        let may_undo = !about.is_empty() && telling.as_ref().is_none_or(|telling| telling.may_undo);
        let undo = notice.undo().filter(|_| may_undo).map(|action| undo(&caller, action, &about));
        let next = telling.as_ref().and_then(|telling| telling.next.clone());
        let next =
            next.map(|(label, url)| view! { <a class="button" data-size="small" href=url>{label}</a> });
        let says = telling.map_or_else(|| notice.says().to_owned(), |telling| telling.says);
        // One that follows another is a new one, and is shown from its beginning.
        let id = format!("said-{}", caller.server.clock.now().0);
        Some(view! { <div class="toast" id=id><p>{says}</p>{next}{undo}</div> })
    });
    // The region is always there, so that screen readers notice what appears in it.
    view! { <div id="toast" role="status">{toast}</div> }
}

/// The form that takes an act back.
fn undo(caller: &RequestContext, action: &'static str, about: &[(&str, &str)]) -> impl IntoView + use<> {
    let about = about.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let org = ("org".to_owned(), caller.segment(0).to_owned());
    let about: Vec<_> = about
        .chain([org])
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <form method="post" action=action data-in-place>
            <Hidden name=PAGE_FIELD value=caller.page.to_string()/>
            {about}
            <button class="button" data-size="small">"Undo"</button>
        </form>
    }
}
