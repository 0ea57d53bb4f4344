//! Rows of the log in words.

use super::store::Row;
use crate::tenancy::audit::Action;

/// Who did it.
pub(super) fn actor(row: &Row) -> String {
    match (&row.actor_name, row.actor_kind.as_str()) {
        (Some(name), _) => name.to_string(),
        (None, "system") => "Prompt Studio".to_owned(),
        (None, "key") => "An API key".to_owned(),
        (None, _) => "Someone".to_owned(),
    }
}

/// What was done, to stand before what it was done to.
pub(super) fn act(row: &Row) -> &'static str {
    let says = Action::parse(&row.action).map_or("did something", Action::says);
    if target(row).is_some() { says } else { says.strip_suffix(" as").unwrap_or(says) }
}

/// What it was done to, unless that is the actor or the workspace itself.
pub(super) fn target(row: &Row) -> Option<String> {
    // Who answers an invitation is the one it is for.
    let answers = [Action::InvitationAccepted, Action::InvitationDeclined].map(Action::code);
    if row.actor_id.is_some() && (row.target_id == row.actor_id || answers.contains(&row.action.as_str())) {
        return None;
    }
    target_name(row)
}

/// What is known by name of what it was done to.
pub(super) fn target_name(row: &Row) -> Option<String> {
    let name = row.target_name.as_ref().map(ToString::to_string);
    let email = || row.target_email.as_ref().map(ToString::to_string);
    // Folders and prompts are told by their path at that time.
    let path = || row.details.0["of"].as_str().filter(|path| !path.is_empty()).map(ToOwned::to_owned);
    name.or_else(email).or_else(path)
}

/// The actions to choose from, with what they are about.
pub(super) fn groups() -> Vec<(&'static str, Vec<Action>)> {
    let mut groups: Vec<(&str, Vec<Action>)> = Vec::new();
    for action in Action::ALL {
        let about = about(*action);
        match groups.iter_mut().find(|(group, _)| *group == about) {
            Some((_, actions)) => actions.push(*action),
            None => groups.push((about, vec![*action])),
        }
    }
    groups
}

fn about(action: Action) -> &'static str {
    match action.code().split_once('.').unwrap_or_default() {
        ("account" | "session", _) => "Accounts",
        ("organization" | "transfer", _) => "Organization",
        ("invitation", _) => "Invitations",
        ("member", _) => "Members",
        ("environment", _) => "Environments",
        ("deployment", _) | ("prompt", "deployed" | "promoted" | "rolled_back" | "undeployed") => {
            "Deployments"
        }
        ("key", _) => "API keys",
        ("library" | "members" | "audit_log", _) => "Imports and exports",
        ("access", _) => "Access",
        _ => "Prompts",
    }
}

/// An action by itself: "Changed the role of…".
pub(super) fn choice(action: Action) -> String {
    let says = action.says();
    let mut letters = says.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let goes_on = [" of", " to", " from", " as"].iter().any(|end| says.ends_with(end));
    first.chain(letters).chain(goes_on.then_some('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_chosen_in_words() {
        let groups = groups();
        let all: Vec<Action> = groups.iter().flat_map(|(_, actions)| actions.clone()).collect();
        assert_eq!(all.len(), Action::ALL.len());
        for action in all {
            let choice = choice(action);
            assert!(!choice.contains(['_', '.']) && choice != action.code(), "{choice}");
            assert!(choice.starts_with(char::is_uppercase), "{choice}");
        }
        assert_eq!(choice(Action::RoleChanged), "Changed the role of…");
        assert_eq!(choice(Action::SignInFailed), "Failed to sign in as…");
        assert_eq!(about(Action::Deployed), "Deployments");
    }
}
