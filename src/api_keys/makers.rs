//! Who made which keys: the keys go on when their makers go.

use crate::{error::Result, fields::Name, id::UserId, kernel::fragment_cache::Cacheable, tenancy::Scope};
use std::{collections::HashMap, fmt::Display};

/// The names of an organization's keys that are good, by who made them.
struct Makers(HashMap<UserId, Vec<Name>>);

impl Cacheable for Makers {
    fn bytes(&self) -> usize {
        self.0.values().map(|names| 64 + names.len() * size_of::<Name>() * 2).sum()
    }
}

/// The names of the keys that a member made: they go on when the member goes.
///
/// # Errors
/// When the database fails.
pub async fn made_by(scope: &Scope, user: UserId) -> Result<Vec<Name>> {
    let makers = scope.kept("makers of keys".to_owned(), async {
        let rows = scope.query(
            "SELECT created_by, name FROM api_keys
             WHERE org_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
             ORDER BY lower(name), id",
        );
        let mut makers: HashMap<UserId, Vec<Name>> = HashMap::new();
        for (user, name) in rows.bind(scope.server().clock.now()).all::<(UserId, Name)>().await? {
            makers.entry(user).or_default().push(name);
        }
        Ok(Makers(makers))
    });
    Ok(makers.await?.0.get(&user).cloned().unwrap_or_default())
}

/// What somebody who leaves is told of the keys they made.
#[must_use]
pub fn says_they_stay<Said: Display>(names: &[Said]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(Said::to_string).collect();
    format!(" API keys you created keep working: {}.", names.join(", "))
}
