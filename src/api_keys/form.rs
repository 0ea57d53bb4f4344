//! What people type when they make a key.

use super::store::NewKey;
use crate::{
    environments::store as environments,
    error::{Error, Flaws, Result},
    fields::Name,
    id::{EnvironmentId, FolderId},
    key_scope::{KeyScope, KeyScopes, Preset},
    library::folders,
    tenancy::{Scope, api_key::Limit},
    time::{Span, Timestamp},
    ui::parse_rfc3339,
};

/// The value of `preset` with which the scopes that are ticked count.
pub(super) const CUSTOM: &str = "custom";
/// What the name of the field of a scope begins with.
pub(super) const SCOPE: &str = "scope-";
/// What the name of the field of an environment begins with.
pub(super) const ENVIRONMENT: &str = "environment-";
/// How long a key is good: values of `expires`, days and names.
pub(super) const LIFETIMES: [(&str, Option<i64>, &str); 5] = [
    ("30", Some(30), "30 days"),
    ("60", Some(60), "60 days"),
    ("90", Some(90), "90 days"),
    ("365", Some(365), "1 year"),
    ("never", None, "Never expires"),
];
/// The value of `expires` with which the day that is typed counts.
pub(super) const ON_A_DAY: &str = "custom";
/// How long the secret before a rotation is good: values of `overlap`, minutes and names.
pub(super) const OVERLAPS: [(&str, i64, &str); 5] = [
    ("0", 0, "Stop immediately"),
    ("30", 30, "30 minutes"),
    ("120", 120, "2 hours"),
    ("1440", 1440, "1 day"),
    ("10080", 10080, "7 days"),
];
/// The farthest day on which a key may run out.
const FARTHEST: Span = Span::days(3653);

/// What was typed.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) preset: String,
    pub(super) expires: String,
    pub(super) expires_on: String,
    /// Paths, one a line.
    pub(super) folders: String,
    /// All fields: what is ticked is among them.
    pub(super) ticked: Vec<(String, String)>,
}

/// What the key is to be.
///
/// # Errors
/// [`Error::Invalid`] with all there is to correct.
pub(super) async fn read(scope: &Scope, typed: &Typed) -> Result<NewKey> {
    let mut flaws = Flaws::default();
    let name = flaws.check("name", Name::parse(&typed.name));
    let scopes = flaws.check("preset", scopes(typed));
    let expires_at = flaws.check(expiry_field(typed), expiry(typed, scope.server().clock.now()));
    let folders = flaws.check("folders", folders_of(scope, &typed.folders).await?);
    let environments = flaws.check("environments", environments_of(scope, typed).await?);
    match (name, scopes, expires_at, folders, environments) {
        (Some(name), Some(scopes), Some(expires_at), Some(folders), Some(environments)) => {
            Ok(NewKey { name, scopes, environments, folders, expires_at })
        }
        _ => Err(flaws.into_error()),
    }
}

fn scopes(typed: &Typed) -> Result<KeyScopes, &'static str> {
    let names = typed.ticked.iter().filter_map(|(field, _)| field.strip_prefix(SCOPE));
    let scopes: KeyScopes = names.filter_map(KeyScope::parse).filter(|scope| scope.is_offered()).collect();
    if let Some(preset) = Preset::parse(&typed.preset) {
        // What was ticked is not passed over in silence.
        let none = scopes.is_empty().then(|| preset.scopes());
        return none.ok_or("You selected scopes below. Choose “Custom”, or clear them.");
    }
    if typed.preset != CUSTOM {
        return Err("Choose what the key can do.");
    }
    if scopes.is_empty() { Err("Select at least one scope.") } else { Ok(scopes) }
}

/// The field that a wrong expiry is told at.
fn expiry_field(typed: &Typed) -> &'static str {
    if typed.expires == ON_A_DAY { "expires_on" } else { "expires" }
}

fn expiry(typed: &Typed, now: Timestamp) -> Result<Option<Timestamp>, String> {
    if typed.expires == ON_A_DAY {
        let end = parse_rfc3339(&format!("{}T23:59:59Z", typed.expires_on.trim()));
        let end = end.ok_or("Enter a date such as 2030-12-31.")?;
        return match end {
            end if end <= now => Err("Choose today or a later date.".to_owned()),
            end if end > now + FARTHEST => Err("Choose a date within the next ten years.".to_owned()),
            end => Ok(Some(end)),
        };
    }
    if !typed.expires_on.trim().is_empty() {
        // It is not passed over in silence.
        return Err("You entered a date below. Choose “On a date”, or clear it.".to_owned());
    }
    let known = LIFETIMES.into_iter().find(|(value, ..)| *value == typed.expires);
    let (_, days, _) = known.ok_or("Choose when the key expires.")?;
    Ok(days.map(|days| now + Span::days(days)))
}

/// How long the secret before is good.
///
/// # Errors
/// [`Error::Invalid`] at `overlap`.
pub(super) fn overlap(typed: &str) -> Result<Span> {
    let known = OVERLAPS.into_iter().find(|(value, ..)| *value == typed);
    let (_, minutes, _) = known.ok_or_else(|| Error::invalid("overlap", "Choose one of the options."))?;
    Ok(Span::minutes(minutes))
}

async fn environments_of(scope: &Scope, typed: &Typed) -> Result<Result<Limit<EnvironmentId>, &'static str>> {
    let names = typed.ticked.iter().filter_map(|(field, _)| field.strip_prefix(ENVIRONMENT));
    let ticked: Vec<Option<EnvironmentId>> = names.map(|name| name.parse().ok()).collect();
    if ticked.is_empty() {
        return Ok(Ok(Limit::All));
    }
    let all = environments::list(scope).await?;
    let there = ticked.into_iter().map(|id| id.filter(|id| all.iter().any(|one| one.id == *id)));
    let there: Option<Vec<_>> = there.collect();
    Ok(there.map(Limit::Only).ok_or("A selected environment was deleted. Check your selection."))
}

async fn folders_of(scope: &Scope, typed: &str) -> Result<Result<Limit<FolderId>, String>> {
    let paths: Vec<&str> = typed.lines().map(str::trim).filter(|path| !path.is_empty()).collect();
    if paths.is_empty() {
        return Ok(Ok(Limit::All));
    }
    if paths.len() > 20 {
        return Ok(Err("Enter at most 20 folders.".to_owned()));
    }
    let all = folders::all(scope).await?;
    let found = paths.into_iter().map(|path| {
        let folder = all.iter().find(|folder| folder.path == path.trim_end_matches('/'));
        folder.map(|folder| folder.id).ok_or_else(|| format!("Folder {path} not found."))
    });
    Ok(found.collect::<Result<_, _>>().map(Limit::Only))
}
