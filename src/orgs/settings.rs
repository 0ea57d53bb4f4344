//! What is set of an organization, in the database.

use crate::{
    error::{Error, Result},
    fields::{Domains, Name},
    id::ImageId,
    role::{ManageSettings, Role},
    tenancy::{
        Grant, OrgChange, Scope, Topic,
        audit::{Action, Entry},
    },
    time::{Span, Timestamp},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// All that is set of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Settings {
    /// Its name.
    pub name: Name,
    /// A few words on what it is for.
    pub description: String,
    /// The colour of its avatar, as an angle of the wheel; none for the one that goes by the id.
    pub hue: Option<i64>,
    /// Its picture.
    pub image_id: Option<ImageId>,
    /// The role invitations are for unless somebody says otherwise.
    pub default_role: Role,
    /// How long an invitation is good for.
    pub invitation_span: Span,
    /// The domains that invited addresses must be of.
    pub allowed_domains: Domains,
    /// Since when members must use two-factor, if they must.
    pub two_factor_since: Option<Timestamp>,
}

/// Of these the audit log tells that they changed, and not what they are: they may be of a person.
const PRIVATE: [&str; 1] = ["description"];

const READ: &str =
    "SELECT name, description, hue, image_id, default_role, invitation_span, allowed_domains, two_factor_since
     FROM organizations WHERE id = $1";

/// What is set of the organization.
///
/// # Errors
/// When the database fails.
pub async fn read(scope: &Scope) -> Result<Settings> {
    Ok(scope.query(READ).one().await?)
}

/// Changes what is set, as `make` says, which is given what is set now.
///
/// # Errors
/// Those of `make`; when the right was lost in the meantime, or the database fails.
pub async fn change(
    grant: &Grant<ManageSettings>,
    make: impl FnOnce(&mut Settings) -> Result<()>,
) -> Result<()> {
    let mut change = grant.change().await?;
    change_within(grant, &mut change, make).await?;
    change.commit().await
}

/// The same, within a change.
pub(super) async fn change_within(
    grant: &Grant<ManageSettings>,
    change: &mut OrgChange,
    make: impl FnOnce(&mut Settings) -> Result<()>,
) -> Result<()> {
    let before: Settings = change.query(READ).one().await?;
    let mut after = before.clone();
    make(&mut after)?;
    if before == after {
        return Ok(());
    }
    if before.two_factor_since.is_none() && after.two_factor_since.is_some() {
        ensure_second_factor(grant, change).await?;
    }
    write(change, &after).await?;
    let organization = grant.organization();
    let details = difference(&before, &after, organization.is_personal);
    change.audit(Entry::new(Action::SettingsChanged, organization.id.0).details(details)).await?;
    change.announce(Topic::Organization, organization.id.0).await
}

async fn write(change: &mut OrgChange, settings: &Settings) -> Result<()> {
    let settings = settings.clone();
    change
        .query(
            "UPDATE organizations SET name = $2, description = $3, hue = $4, image_id = $5, default_role = $6,
               invitation_span = $7, allowed_domains = $8, two_factor_since = $9
             WHERE id = $1",
        )
        .bind(settings.name)
        .bind(settings.description)
        .bind(settings.hue)
        .bind(settings.image_id)
        .bind(settings.default_role)
        .bind(settings.invitation_span)
        .bind(settings.allowed_domains)
        .bind(settings.two_factor_since)
        .execute()
        .await?;
    Ok(())
}

/// A person who asks others for a second factor has one; or else they would shut themselves out.
async fn ensure_second_factor(grant: &Grant<ManageSettings>, change: &mut OrgChange) -> Result<()> {
    let person = grant.person().ok_or(Error::Forbidden)?.id;
    let has = change.query(
        "SELECT 1 FROM members m JOIN two_factors f ON f.user_id = m.user_id
         WHERE m.org_id = $1 AND m.user_id = $2 AND f.confirmed_at IS NOT NULL",
    );
    let has: Option<(i32,)> = has.bind(person).optional().await?;
    has.map(drop).ok_or_else(|| {
        Error::invalid(
            "two_factor",
            "Turn on two-factor authentication in your own account first, or you'd be locked out.",
        )
    })
}

/// What changed, as the audit log tells it.
fn difference(before: &Settings, after: &Settings, is_personal: bool) -> Value {
    let fields = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (mut old, mut new) = (fields(before), fields(after));
    let changed: Vec<String> =
        new.iter().filter(|(key, value)| old.get(*key) != Some(value)).map(|(key, _)| key.clone()).collect();
    let told = |key: &String| {
        // The name of a personal workspace is its person's.
        changed.contains(key) && !PRIVATE.contains(&key.as_str()) && !(is_personal && key == "name")
    };
    old.retain(|key, _| told(key));
    new.retain(|key, _| told(key));
    json!({ "changed": changed, "before": old, "after": new })
}
