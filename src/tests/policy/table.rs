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
    /// To have been an Owner of an organization that is deleted.
    Restoring,
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "-",
            Self::SignedIn => "(signed in)",
            Self::May(permission) => permission,
            Self::Restoring => "(restoring)",
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
    post("accounts/resend", Needs::Nothing, |s| vec![("email", format!("new-{}@example.com", s.word))]),
    post("accounts/confirm", Needs::Nothing, |s| {
        vec![("token", s.sign_up.clone()), ("password", password())]
    }),
    post("accounts/sign_in", Needs::Nothing, |s| {
        vec![("email", s.target.email.clone()), ("password", password())]
    }),
    post("accounts/prove_second_factor", Needs::Nothing, |s| vec![("code", s.recovery_code.clone())]),
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
        in_org(s, vec![("name", "Sample".into()), ("description", "Sample".into())])
    }),
    post("organizations/set_avatar", Needs::May("ManageSettings"), |s| in_org(s, vec![("hue", "25".into())])),
    post("organizations/set_invitation_rules", Needs::May("ManageSettings"), |s| {
        let (role, hours, domains) = ("viewer".into(), "24".into(), "example.com".into());
        in_org(s, vec![("default_role", role), ("invitation_hours", hours), ("allowed_domains", domains)])
    }),
    post("organizations/set_access", Needs::May("ManageSettings"), |s| in_org(s, vec![])),
    post("organizations/delete", Needs::May("DeleteOrganization"), |s| {
        in_org(s, vec![("slug", s.org.slug.clone()), ("password", password())])
    }),
    post("organizations/restore", Needs::Restoring, |s| vec![("slug", s.deleted.slug.clone())]),
    post("members/set_role", Needs::May("ManageMembers"), |s| {
        in_org(s, vec![("user", s.target.id.to_string()), ("role", "editor".into())])
    }),
    post("members/remove", Needs::May("ManageMembers"), |s| {
        in_org(s, vec![("user", s.target.id.to_string())])
    }),
    post("members/leave", Needs::May("Leave"), |s| in_org(s, vec![])),
    post("transfers/offer", Needs::May("TransferOrganization"), |s| {
        in_org(s, vec![("email", s.target.email.clone()), ("password", password())])
    }),
    post("transfers/cancel", Needs::May("TransferOrganization"), |s| vec![("org", s.offered.slug.clone())]),
    post("transfers/accept", Needs::May("ViewOrganization"), |s| {
        vec![("org", s.offered.slug.clone()), ("password", password())]
    }),
    post("transfers/decline", Needs::May("ViewOrganization"), |s| vec![("org", s.offered.slug.clone())]),
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
    post("prompts/create", Needs::May("EditContent"), |s| {
        let (folder, kind) = (s.stock.folder.to_string(), "chat".into());
        in_org(s, vec![("folder", folder), ("name", "Sample".into()), ("kind", kind)])
    }),
    post("prompts/describe", Needs::May("EditContent"), |s| {
        of_prompt(
            s,
            vec![("name", "Sample".into()), ("description", "Sample".into()), ("tags", "a, b".into())],
        )
    }),
    post("prompts/move", Needs::May("EditContent"), |s| {
        of_prompt(s, vec![("folder", s.stock.folder.to_string()), ("place", "first".into())])
    }),
    post("prompts/duplicate", Needs::May("EditContent"), |s| of_prompt(s, vec![])),
    post("prompts/trash", Needs::May("TrashContent"), |s| of_prompt(s, vec![])),
    post("prompts/save_draft", Needs::May("EditContent"), |s| {
        let (kind, text) = (("kind", "text".into()), ("text", "Sample".into()));
        of_prompt(s, vec![("revision", "6".into()), kind, text])
    }),
    post("prompts/save_version", Needs::May("EditContent"), |s| {
        let latest = ("latest", "2".into());
        of_prompt(s, vec![("revision", "6".into()), latest, ("message", "Sample".into())])
    }),
    post("prompts/restore_version", Needs::May("EditContent"), |s| {
        of_prompt(s, vec![("number", "1".into())])
    }),
    post("prompts/restore_draft", Needs::May("EditContent"), |s| {
        of_prompt(s, vec![("revision", "5".into())])
    }),
    post("prompts/preview", Needs::May("ViewContent"), |s| {
        of_prompt(s, vec![("value-tone", "Sample".into())])
    }),
    post("folders/create", Needs::May("EditContent"), |s| {
        in_org(s, vec![("folder", s.stock.folder.to_string()), ("name", "Sample".into())])
    }),
    post("folders/rename", Needs::May("EditContent"), |s| of_folder(s, vec![("name", "Sample".into())])),
    post("folders/move", Needs::May("EditContent"), |s| of_folder(s, vec![("place", "first".into())])),
    post("folders/duplicate", Needs::May("EditContent"), |s| of_folder(s, vec![])),
    post("folders/trash", Needs::May("TrashContent"), |s| of_folder(s, vec![])),
    post("variables/set", Needs::May("EditContent"), |s| {
        of_folder(s, vec![("name-0", "tone".into()), ("value-0", "Sample".into())])
    }),
    post("variables/restore", Needs::May("EditContent"), |s| {
        of_folder(s, vec![("row", s.stock.variables.to_string())])
    }),
    post("deployments/deploy", Needs::May("Deploy"), |s| {
        let environment = ("environment", s.stock.environment.to_string());
        let (kind, version) = (("kind", "deploy".into()), ("version", "1".into()));
        of_prompt(s, vec![environment, kind, version, ("seen", "0".into()), ("reason", "Sample".into())])
    }),
    post("deployments/approve", Needs::May("ApproveDeployment"), |s| {
        in_org(s, vec![("request", s.request.to_string()), ("fingerprint", s.fingerprint.clone())])
    }),
    post("deployments/decline", Needs::May("ApproveDeployment"), |s| {
        in_org(s, vec![("request", s.request.to_string())])
    }),
    post("deployments/withdraw", Needs::May("Deploy"), |s| {
        in_org(s, vec![("request", s.request.to_string())])
    }),
    post("api_keys/create", Needs::May("ManageApiKeys"), |s| {
        let preset = vec![("preset", "runtime".into()), ("expires", "90".into()), ("name", "Sample".into())];
        in_org(s, [preset, vec![("password", password())]].concat())
    }),
    post("api_keys/rotate", Needs::May("ManageApiKeys"), |s| {
        let key = vec![("key", s.stock.key.to_string()), ("overlap", "30".into())];
        in_org(s, [key, vec![("password", password())]].concat())
    }),
    post("api_keys/revoke", Needs::May("ManageApiKeys"), |s| {
        in_org(s, [vec![("key", s.stock.key.to_string())], vec![("password", password())]].concat())
    }),
    post("environments/create", Needs::May("ManageEnvironments"), |s| {
        in_org(s, vec![("name", "sample".into()), ("approvals", "1".into())])
    }),
    post("environments/set", Needs::May("ManageEnvironments"), |s| {
        of_environment(s, vec![("name", "sample".into()), ("approvals", "1".into()), ("seen", "0".into())])
    }),
    post("environments/move", Needs::May("ManageEnvironments"), |s| {
        of_environment(s, vec![("to", "later".into())])
    }),
    post("environments/delete", Needs::May("ManageEnvironments"), |s| of_environment(s, vec![])),
    post("environments/decide", Needs::May("ApproveDeployment"), |s| {
        let request = ("request", s.environment_request.to_string());
        in_org(s, vec![request, ("decision", "approve".into())])
    }),
    post("environments/withdraw", Needs::May("ManageEnvironments"), |s| {
        in_org(s, vec![("request", s.environment_request.to_string())])
    }),
    post("samples/create", Needs::May("EditContent"), |s| in_org(s, vec![])),
    post("samples/remove", Needs::May("TrashContent"), |s| in_org(s, vec![])),
    post("imports/create", Needs::May("ImportContent"), |s| {
        let text = "---\npath: Sample\n---\nSample\n".into();
        in_org(s, vec![("text", text)])
    }),
    post("imports/apply", Needs::May("ImportContent"), |s| {
        in_org(s, vec![("import", s.stock.import.to_string())])
    }),
    post("trash/restore", Needs::May("TrashContent"), |s| {
        in_org(s, vec![("trash", s.stock.trash.to_string())])
    }),
    post("trash/purge", Needs::May("PurgeContent"), |s| {
        in_org(s, vec![("trash", s.stock.trash.to_string())])
    }),
    post("account/rename", Needs::SignedIn, |_| vec![("name", "Sample Person".into())]),
    post("account/change_password", Needs::SignedIn, |_| {
        vec![("current_password", password()), ("new_password", "eight blue lanterns".into())]
    }),
    post("account/change_address", Needs::SignedIn, |s| {
        vec![("email", format!("moved-{}@example.net", s.word)), ("password", password())]
    }),
    post("account/confirm_address", Needs::SignedIn, |s| vec![("token", s.address_change.clone())]),
    post("account/end_session", Needs::SignedIn, |s| vec![("session", s.other_session.to_string())]),
    post("account/end_other_sessions", Needs::SignedIn, |_| vec![]),
    post("account/begin_two_factor", Needs::SignedIn, |_| vec![("password", password())]),
    post("account/confirm_two_factor", Needs::SignedIn, |s| vec![("code", s.authenticator.code())]),
    post("account/finish_two_factor", Needs::SignedIn, |_| vec![]),
    post("account/renew_recovery_codes", Needs::SignedIn, |_| vec![("password", password())]),
    post("account/end_two_factor", Needs::SignedIn, |_| vec![("password", password())]),
    // The last one: nobody comes back from it.
    post("account/close", Needs::SignedIn, |s| {
        vec![("email", s.own_email.clone()), ("password", password())]
    }),
];

pub(in crate::tests) const PAGES: &[Page] = &[
    page("/", Needs::SignedIn, |_| "/".into()),
    page("/api/docs", Needs::Nothing, |_| "/api/docs".into()),
    page("/sign-in", Needs::Nothing, |_| "/sign-in".into()),
    page("/sign-in/code", Needs::Nothing, |_| "/sign-in/code".into()),
    page("/sign-up", Needs::Nothing, |_| "/sign-up".into()),
    page("/sign-up/sent", Needs::Nothing, |_| "/sign-up/sent".into()),
    page("/confirm/{token}", Needs::Nothing, |s| format!("/confirm/{}", s.sign_up)),
    page("/forgot-password", Needs::Nothing, |_| "/forgot-password".into()),
    page("/forgot-password/sent", Needs::Nothing, |_| "/forgot-password/sent".into()),
    page("/reset-password/{token}", Needs::Nothing, |s| format!("/reset-password/{}", s.reset)),
    page("/invite/{token}", Needs::Nothing, |s| format!("/invite/{}", s.invitation.token)),
    page("/new", Needs::SignedIn, |_| "/new".into()),
    page("/account", Needs::SignedIn, |_| "/account".into()),
    page("/account/security", Needs::SignedIn, |_| "/account/security".into()),
    page("/account/organizations", Needs::SignedIn, |_| "/account/organizations".into()),
    page("/account/closure", Needs::SignedIn, |_| "/account/closure".into()),
    page("/account/address/{token}", Needs::SignedIn, |s| format!("/account/address/{}", s.address_change)),
    page("/dev/mailbox", Needs::Nothing, |_| "/dev/mailbox".into()),
    page("/dev/mailbox/{letter}", Needs::Nothing, |_| "/dev/mailbox/none".into()),
    page("/{org}", Needs::May("ViewOrganization"), |s| s.org.page("")),
    page("/{org}/find", Needs::May("ViewOrganization"), |s| s.org.page("find?q=a")),
    page("/{org}/shortcuts", Needs::May("ViewOrganization"), |s| s.org.page("shortcuts")),
    page("/{org}/prompts", Needs::May("ViewContent"), |s| s.org.page("prompts")),
    page("/{org}/prompts/new", Needs::May("EditContent"), |s| s.org.page("prompts/new")),
    page("/{org}/prompts/search", Needs::May("ViewContent"), |s| s.org.page("prompts/search?q=tone")),
    page("/{org}/prompts/trash", Needs::May("ViewContent"), |s| s.org.page("prompts/trash")),
    page("/{org}/prompts/import", Needs::May("ImportContent"), |s| s.org.page("prompts/import")),
    page("/{org}/prompts/import/{import}", Needs::May("ImportContent"), |s| {
        s.org.page(&format!("prompts/import/{}", s.stock.import))
    }),
    page("/{org}/prompts/variables", Needs::May("ViewContent"), |s| s.org.page("prompts/variables")),
    page("/{org}/prompts/folders/new", Needs::May("EditContent"), |s| s.org.page("prompts/folders/new")),
    page("/{org}/prompts/folders/{folder}", Needs::May("ViewContent"), |s| {
        s.org.page(&format!("prompts/folders/{}", s.stock.folder))
    }),
    page("/{org}/prompts/{prompt}", Needs::May("ViewContent"), |s| prompt_page(s, "")),
    page("/{org}/prompts/{prompt}/save", Needs::May("EditContent"), |s| prompt_page(s, "/save")),
    page("/{org}/prompts/{prompt}/versions", Needs::May("ViewContent"), |s| prompt_page(s, "/versions")),
    page("/{org}/prompts/{prompt}/versions/{number}", Needs::May("ViewContent"), |s| {
        prompt_page(s, "/versions/1")
    }),
    page("/{org}/prompts/{prompt}/compare", Needs::May("ViewContent"), |s| {
        prompt_page(s, "/compare?from=1&to=draft")
    }),
    page("/{org}/prompts/{prompt}/drafts", Needs::May("ViewContent"), |s| prompt_page(s, "/drafts")),
    page("/{org}/prompts/{prompt}/drafts/{revision}", Needs::May("ViewContent"), |s| {
        prompt_page(s, "/drafts/5")
    }),
    page("/{org}/prompts/{prompt}/details", Needs::May("ViewContent"), |s| prompt_page(s, "/details")),
    page("/{org}/deployments", Needs::May("ViewOrganization"), |s| s.org.page("deployments")),
    page("/{org}/deployments/environments", Needs::May("ViewOrganization"), |s| {
        s.org.page("deployments/environments")
    }),
    page("/{org}/deployments/environments/{environment}", Needs::May("ManageEnvironments"), |s| {
        s.org.page(&format!("deployments/environments/{}", s.stock.environment))
    }),
    page("/{org}/deployments/requests/{request}", Needs::May("ViewOrganization"), |s| {
        s.org.page(&format!("deployments/requests/{}", s.request))
    }),
    page("/{org}/deployments/prompts/{prompt}", Needs::May("ViewOrganization"), |s| {
        s.org.page(&format!("deployments/prompts/{}", s.stock.live))
    }),
    page("/{org}/deployments/{environment}", Needs::May("ViewOrganization"), |s| {
        s.org.page(&format!("deployments/{}", s.stock.environment))
    }),
    page("/{org}/deployments/{environment}/{prompt}", Needs::May("ViewOrganization"), |s| deployment(s, "")),
    page("/{org}/deployments/{environment}/{prompt}/review", Needs::May("Deploy"), |s| {
        deployment(s, "/review?kind=undeploy")
    }),
    page("/{org}/settings", Needs::May("ViewOrganization"), |s| s.org.page("settings")),
    page("/{org}/settings/general", Needs::May("ViewOrganization"), |s| s.org.page("settings/general")),
    page("/{org}/settings/members", Needs::May("ViewMembers"), |s| s.org.page("settings/members")),
    page("/{org}/settings/members/{user}", Needs::May("ManageMembers"), |s| {
        s.org.page(&format!("settings/members/{}?to=editor", s.target.id))
    }),
    page("/{org}/settings/invitations", Needs::May("ViewInvitations"), |s| {
        s.org.page("settings/invitations")
    }),
    page("/{org}/settings/invitations/new", Needs::May("InviteMembers"), |s| {
        s.org.page("settings/invitations/new")
    }),
    page("/{org}/settings/api-keys", Needs::May("ManageApiKeys"), |s| s.org.page("settings/api-keys")),
    page("/{org}/settings/api-keys/new", Needs::May("ManageApiKeys"), |s| {
        s.org.page("settings/api-keys/new")
    }),
    page("/{org}/settings/api-keys/{key}", Needs::May("ManageApiKeys"), |s| {
        s.org.page(&format!("settings/api-keys/{}", s.stock.key))
    }),
    page("/{org}/settings/audit-log", Needs::May("ViewAuditLog"), |s| s.org.page("settings/audit-log")),
    page("/{org}/settings/danger-zone", Needs::May("DeleteOrganization"), |s| {
        s.org.page("settings/danger-zone")
    }),
    page("/{org}/transfer", Needs::May("ViewOrganization"), |s| s.offered.page("transfer")),
    route("/{org}/prompts/paths", Needs::May("ViewContent"), |s| s.org.page("prompts/paths?q=t")),
    route("/{org}/prompts/export.json", Needs::May("ExportOrganization"), |s| {
        s.org.page("prompts/export.json")
    }),
    route("/{org}/prompts/export.json", Needs::May("ExportContent"), |s| {
        s.org.page(&format!("prompts/export.json?folder={}", s.stock.folder))
    }),
    route("/{org}/prompts/export.md", Needs::May("ExportContent"), |s| {
        s.org.page(&format!("prompts/export.md?prompt={}", s.stock.prompt))
    }),
    route("/{org}/settings/members.csv", Needs::May("ManageMembers"), |s| s.org.page("settings/members.csv")),
    route("/{org}/settings/audit-log.csv", Needs::May("ViewAuditLog"), |s| {
        s.org.page("settings/audit-log.csv")
    }),
    route("/{org}/settings/audit-log.jsonl", Needs::May("ViewAuditLog"), |s| {
        s.org.page("settings/audit-log.jsonl")
    }),
    route("/{org}/image/{image}", Needs::May("ViewOrganization"), |s| {
        s.org.page(&format!("image/{}", s.image))
    }),
    route("/{org}/events", Needs::May("ViewOrganization"), |s| s.org.page("events")),
    route("/healthz", Needs::Nothing, |_| "/healthz".into()),
    route("/readyz", Needs::Nothing, |_| "/readyz".into()),
];

fn in_org(stage: &Stage, mut fields: Fields) -> Fields {
    fields.push(("org", stage.org.slug.clone()));
    fields
}

fn of_prompt(stage: &Stage, mut fields: Fields) -> Fields {
    fields.push(("prompt", stage.stock.prompt.to_string()));
    in_org(stage, fields)
}

fn of_folder(stage: &Stage, mut fields: Fields) -> Fields {
    fields.push(("folder", stage.stock.folder.to_string()));
    in_org(stage, fields)
}

fn prompt_page(stage: &Stage, page: &str) -> String {
    stage.org.page(&format!("prompts/{}{page}", stage.stock.prompt))
}

fn of_environment(s: &Stage, more: Fields) -> Fields {
    in_org(s, [vec![("environment", s.stock.empty.to_string())], more].concat())
}

fn deployment(s: &Stage, page: &str) -> String {
    s.org.page(&format!("deployments/{}/{}{page}", s.stock.environment, s.stock.live))
}
