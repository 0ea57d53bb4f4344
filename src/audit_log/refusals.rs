//! What somebody was refused, in plain words.

/// What the forms of an organization do, by the path of their server function.
const FORMS: &[(&str, &str)] = &[
    ("api_keys/create", "create an API key"),
    ("api_keys/revoke", "revoke an API key"),
    ("api_keys/rotate", "rotate an API key"),
    ("deployments/approve", "approve a deployment"),
    ("deployments/decline", "decline a deployment"),
    ("deployments/deploy", "deploy a prompt"),
    ("deployments/withdraw", "withdraw a request to deploy"),
    ("environments/create", "create an environment"),
    ("environments/decide", "approve or decline a change to an environment"),
    ("environments/delete", "delete an environment"),
    ("environments/move", "reorder the environments"),
    ("environments/set", "change an environment"),
    ("environments/withdraw", "withdraw a change to an environment"),
    ("folders/create", "create a folder"),
    ("folders/duplicate", "duplicate a folder"),
    ("folders/move", "move a folder"),
    ("folders/rename", "rename a folder"),
    ("folders/trash", "delete a folder"),
    ("imports/apply", "import prompts"),
    ("imports/create", "import prompts"),
    ("invitations/invite", "invite people"),
    ("invitations/resend", "send an invitation again"),
    ("invitations/revoke", "revoke an invitation"),
    ("members/leave", "leave"),
    ("members/remove", "remove a member"),
    ("members/set_role", "change a role"),
    ("organizations/delete", "delete the organization"),
    ("organizations/restore", "restore the organization"),
    ("organizations/set_access", "change the access settings"),
    ("organizations/set_avatar", "change the avatar"),
    ("organizations/set_invitation_rules", "change the invitation settings"),
    ("organizations/update_settings", "change the settings"),
    ("prompts/create", "create a prompt"),
    ("prompts/describe", "change the details of a prompt"),
    ("prompts/duplicate", "duplicate a prompt"),
    ("prompts/move", "move a prompt"),
    ("prompts/preview", "preview a prompt"),
    ("prompts/restore_draft", "restore a draft"),
    ("prompts/restore_version", "restore a version"),
    ("prompts/save_draft", "edit a draft"),
    ("prompts/save_version", "save a version"),
    ("prompts/trash", "delete a prompt"),
    ("samples/create", "add the sample prompts"),
    ("samples/remove", "remove the sample prompts"),
    ("transfers/accept", "accept ownership"),
    ("transfers/cancel", "cancel a transfer"),
    ("transfers/decline", "decline ownership"),
    ("transfers/offer", "offer ownership"),
    ("trash/purge", "delete something permanently"),
    ("trash/restore", "restore something from the trash"),
    ("variables/restore", "restore variables"),
    ("variables/set", "change variables"),
];

/// What somebody was refused: the page, what its form does, or what a key asked of the API.
pub(super) fn refused(act: &str) -> String {
    let form = act.strip_prefix("POST /api/");
    if let Some((_, does)) = form.and_then(|form| FORMS.iter().find(|(path, _)| *path == form)) {
        return format!("tried to {does}");
    }
    match act.strip_prefix("GET ") {
        Some(page) if !page.starts_with("/api/") => page.to_owned(),
        _ => act.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::server_fn::axum::server_fn_paths;

    #[test]
    fn what_was_refused_is_told_in_words() {
        for (act, says) in [
            ("GET /acme/settings/danger-zone", "/acme/settings/danger-zone"),
            ("POST /api/members/set_role", "tried to change a role"),
            ("GET /api/v1/prompts", "GET /api/v1/prompts"),
            ("POST /api/v1/folders", "POST /api/v1/folders"),
        ] {
            assert_eq!(refused(act), says);
        }
    }

    #[test]
    fn all_forms_of_an_organization_are_told_in_words() {
        // Nobody's role refuses what people do about themselves, and asking.
        let own = ["account/", "accounts/", "invitations/accept", "invitations/join", "invitations/decline"];
        let asks = ["organizations/create", "organizations/check_slug"];
        let forms = server_fn_paths().map(|(path, _)| path.trim_start_matches("/api/").to_owned());
        let mut forms: Vec<_> =
            forms.filter(|form| !own.iter().chain(&asks).any(|start| form.starts_with(start))).collect();
        forms.sort();
        assert_eq!(forms, FORMS.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    }
}
