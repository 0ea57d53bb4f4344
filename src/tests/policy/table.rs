//! Every function and page there is: what one needs to be let through, and a sample that is good in
//! every other respect.

use super::stage::{Stage, password};
use std::fmt;

/// What somebody needs.
#[derive(Debug, Clone, Copy)]
pub(in crate::tests) enum Needs {
    /// Nothing: anybody may.
    Nothing,
    /// To be signed in.
    SignedIn,
    /// This permission in the organization.
    May(&'static str),
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "-",
            Self::SignedIn => "(signed in)",
            Self::May(permission) => permission,
        })
    }
}

type Fields = Vec<(&'static str, String)>;

/// A server function.
pub(in crate::tests) struct Function {
    pub(in crate::tests) method: &'static str,
    pub(in crate::tests) path: &'static str,
    pub(in crate::tests) needs: Needs,
    pub(in crate::tests) sample: fn(&Stage) -> Fields,
}

/// A page, or another route that answers to GET.
pub(in crate::tests) struct Page {
    pub(in crate::tests) path: &'static str,
    pub(in crate::tests) needs: Needs,
    pub(in crate::tests) sample: fn(&Stage) -> String,
    /// Whether it is one of the pages of the app, and not a route beside them.
    pub(in crate::tests) is_view: bool,
}

const fn post(path: &'static str, needs: Needs, sample: fn(&Stage) -> Fields) -> Function {
    Function { method: "POST", path, needs, sample }
}

const fn get(path: &'static str, needs: Needs, sample: fn(&Stage) -> Fields) -> Function {
    Function { method: "GET", path, needs, sample }
}

const fn page(path: &'static str, needs: Needs, sample: fn(&Stage) -> String) -> Page {
    Page { path, needs, sample, is_view: true }
}

const fn route(path: &'static str, needs: Needs, sample: fn(&Stage) -> String) -> Page {
    Page { path, needs, sample, is_view: false }
}

pub(in crate::tests) const FUNCTIONS: &[Function] = &[
    post("accounts/sign_up", Needs::Nothing, |s| {
        vec![
            ("name", "Sample".into()),
            ("email", format!("{}@example.net", s.word)),
            ("password", password()),
        ]
    }),
    post("accounts/confirm", Needs::Nothing, |s| {
        vec![("token", s.sign_up.clone()), ("password", password())]
    }),
    post("accounts/sign_in", Needs::Nothing, |s| {
        vec![("email", s.target.email.clone()), ("password", password())]
    }),
    post("accounts/sign_out", Needs::Nothing, |_| vec![]),
    post("accounts/forgot_password", Needs::Nothing, |s| vec![("email", s.target.email.clone())]),
    post("accounts/reset_password", Needs::Nothing, |s| {
        vec![("token", s.reset.clone()), ("password", password())]
    }),
    post("accounts/set_theme", Needs::Nothing, |_| vec![("theme", "dark".into())]),
    post("organizations/create", Needs::SignedIn, |s| {
        vec![("name", "Sample".into()), ("slug", s.word.clone())]
    }),
    get("organizations/check_slug", Needs::SignedIn, |s| vec![("slug", s.word.clone())]),
    post("organizations/update_settings", Needs::May("ManageSettings"), |s| {
        let (role, hours) = ("viewer".into(), "24".into());
        in_org(s, vec![("name", "Sample".into()), ("default_role", role), ("invitation_hours", hours)])
    }),
    post("members/set_role", Needs::May("ManageMembers"), |s| {
        in_org(s, vec![("user", s.target.id.to_string()), ("role", "editor".into())])
    }),
    post("members/remove", Needs::May("ManageMembers"), |s| {
        in_org(s, vec![("user", s.target.id.to_string())])
    }),
    post("members/leave", Needs::May("Leave"), |s| in_org(s, vec![])),
    post("invitations/invite", Needs::May("InviteMembers"), |s| {
        in_org(s, vec![("emails", format!("{}@example.net", s.word)), ("role", "viewer".into())])
    }),
    post("invitations/resend", Needs::May("InviteMembers"), |s| {
        in_org(s, vec![("invitation", s.invitation.id.to_string())])
    }),
    post("invitations/revoke", Needs::May("InviteMembers"), |s| {
        in_org(s, vec![("invitation", s.invitation.id.to_string())])
    }),
    post("invitations/accept", Needs::SignedIn, |s| vec![("token", s.own_invitation.token.clone())]),
    post("invitations/join", Needs::Nothing, |s| {
        vec![("token", s.invitation.token.clone()), ("name", "Sample".into()), ("password", password())]
    }),
    post("invitations/decline", Needs::Nothing, |s| vec![("token", s.invitation.token.clone())]),
];

pub(in crate::tests) const PAGES: &[Page] = &[
    page("/", Needs::SignedIn, |_| "/".into()),
    page("/sign-in", Needs::Nothing, |_| "/sign-in".into()),
    page("/sign-up", Needs::Nothing, |_| "/sign-up".into()),
    page("/sign-up/sent", Needs::Nothing, |_| "/sign-up/sent".into()),
    page("/confirm/{token}", Needs::Nothing, |s| format!("/confirm/{}", s.sign_up)),
    page("/forgot-password", Needs::Nothing, |_| "/forgot-password".into()),
    page("/forgot-password/sent", Needs::Nothing, |_| "/forgot-password/sent".into()),
    page("/reset-password/{token}", Needs::Nothing, |s| format!("/reset-password/{}", s.reset)),
    page("/invite/{token}", Needs::Nothing, |s| format!("/invite/{}", s.invitation.token)),
    page("/new", Needs::SignedIn, |_| "/new".into()),
    page("/dev/mailbox", Needs::Nothing, |_| "/dev/mailbox".into()),
    page("/dev/mailbox/{letter}", Needs::Nothing, |_| "/dev/mailbox/none".into()),
    page("/{org}", Needs::May("ViewOrganization"), |s| s.org.page("")),
    page("/{org}/settings", Needs::May("ViewOrganization"), |s| s.org.page("settings")),
    page("/{org}/settings/general", Needs::May("ViewOrganization"), |s| s.org.page("settings/general")),
    page("/{org}/settings/members", Needs::May("ViewMembers"), |s| s.org.page("settings/members")),
    page("/{org}/settings/invitations", Needs::May("ViewInvitations"), |s| {
        s.org.page("settings/invitations")
    }),
    page("/{org}/settings/invitations/new", Needs::May("InviteMembers"), |s| {
        s.org.page("settings/invitations/new")
    }),
    route("/{org}/events", Needs::May("ViewOrganization"), |s| s.org.page("events")),
    route("/healthz", Needs::Nothing, |_| "/healthz".into()),
    route("/readyz", Needs::Nothing, |_| "/readyz".into()),
];

fn in_org(stage: &Stage, mut fields: Fields) -> Fields {
    fields.push(("org", stage.org.slug.clone()));
    fields
}
