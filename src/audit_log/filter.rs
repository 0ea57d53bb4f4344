//! What the URL of the audit log asks for.

use crate::{
    error::Result,
    fields::Email,
    id::{AuditId, InvitationId, UserId},
    tenancy::{Scope, audit::Action},
    time::{Span, Timestamp},
    ui::parse_day,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// As it stands in the URL. What it says wrongly is passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Who did it: an id, an address, or a name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// What was done, by its code.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// The id of what it was done to; or a person's, as an address or a name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The first day, `2026-03-01`, UTC.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// The last day.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
}

/// The same, as the database is asked. Ids sort by time, so times are ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) actor: Option<Uuid>,
    pub(super) action: Option<Action>,
    pub(super) target: Option<Uuid>,
    /// The first id that is not too early.
    pub(super) first: Uuid,
    /// The first that is too late.
    pub(super) end: Uuid,
}

/// Whom a text means.
enum Meant {
    Anybody,
    One(Uuid),
    Nobody,
}

impl Filter {
    pub(super) fn parse(page: &str) -> Self {
        let query = page.split_once('?').map_or("", |(_, query)| query);
        let mut filter: Self = serde_urlencoded::from_str(query).unwrap_or_default();
        for text in [&mut filter.actor, &mut filter.target] {
            *text = text.trim().chars().filter(|c| !c.is_control()).take(254).collect();
        }
        filter
    }

    /// The query part of the URL that asks for this.
    pub(super) fn query(&self) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// Whether it leaves anything out.
    pub(super) fn is_narrow(&self) -> bool {
        let all = Self { after: self.after.clone(), ..Self::default() };
        *self != all
    }

    /// What to ask the database for; nothing when nobody of that name did anything here.
    pub(super) async fn resolve(&self, scope: &Scope) -> Result<Option<Asked>> {
        let actor = match meant(scope, &self.actor).await? {
            Meant::Nobody => return Ok(None),
            Meant::Anybody => None,
            Meant::One(id) => Some(id),
        };
        let target = match meant(scope, &self.target).await? {
            Meant::Nobody => match invited(scope, &self.target).await? {
                Some(invitation) => Some(invitation),
                None => return Ok(None),
            },
            Meant::Anybody => None,
            Meant::One(id) => Some(id),
        };
        let first = parse_day(&self.from).map_or(Uuid::nil(), id_at);
        let end = parse_day(&self.to).map_or(Uuid::max(), |day| id_at(day + Span::days(1)));
        let after = self.after.parse::<AuditId>().map_or(Uuid::max(), |id| id.0);
        Ok(Some(Asked { actor, action: Action::parse(&self.action), target, first, end: end.min(after) }))
    }
}

/// Whom an id, an address or a name means, among those whom the log of the organization is about.
async fn meant(scope: &Scope, text: &str) -> Result<Meant> {
    if text.is_empty() {
        return Ok(Meant::Anybody);
    }
    if let Ok(id) = text.parse() {
        return Ok(Meant::One(id));
    }
    let email = Email::parse(text).map(|email| email.to_string()).unwrap_or_default();
    let found: Vec<(UserId,)> = scope
        .query(
            "SELECT u.id FROM users u
             WHERE (u.email = $2 OR lower(u.name) = $3)
               AND (EXISTS (SELECT 1 FROM members m WHERE m.org_id = $1 AND m.user_id = u.id)
                 OR EXISTS (SELECT 1 FROM audit_log a WHERE a.org_id = $1 AND a.actor_id = u.id)
                 OR EXISTS (SELECT 1 FROM audit_log a WHERE a.org_id = $1 AND a.target_id = u.id))
             LIMIT 2",
        )
        .bind(email)
        .bind(text.to_lowercase())
        .all()
        .await?;
    Ok(match found.as_slice() {
        [(id,)] => Meant::One(id.0),
        _ => Meant::Nobody,
    })
}

/// The newest invitation of an address.
async fn invited(scope: &Scope, text: &str) -> Result<Option<Uuid>> {
    let Ok(email) = Email::parse(text) else { return Ok(None) };
    let found =
        scope.query("SELECT id FROM invitations WHERE org_id = $1 AND email = $2 ORDER BY id DESC LIMIT 1");
    let found: Option<(InvitationId,)> = found.bind(email).optional().await?;
    Ok(found.map(|(id,)| id.0))
}

/// The lowest id of a time.
fn id_at(time: Timestamp) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(time.0).unwrap_or_default(), &[0; 10]).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_as_far_as_it_makes_sense() {
        let filter =
            Filter::parse("/acme/settings/audit-log?actor=+Ana&action=member.removed&from=2026-03-01&x=1");
        assert_eq!((filter.actor.as_str(), filter.action.as_str()), ("Ana", "member.removed"));
        assert!(filter.is_narrow() && !Filter::parse("/a?after=x").is_narrow());
        assert_eq!(Filter::parse(&format!("/a{}", filter.query())), filter);
    }

    #[test]
    fn ids_begin_with_their_time() {
        let (clock, now) = (crate::kernel::Clock::default(), crate::kernel::Clock::default().now());
        assert!(id_at(now) <= clock.id() && clock.id() < id_at(now + Span::minutes(1)));
    }
}
