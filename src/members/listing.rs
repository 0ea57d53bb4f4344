//! A page of the member list: what is asked for in the URL, and how it is found.

use crate::{
    error::Result,
    fields::{Email, Name, capitalized, counted_as},
    id::UserId,
    role::Role,
    tenancy::Scope,
    time::Timestamp,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The rows of a page unless somebody asks for another number.
const SIZE: usize = 100;
/// The most rows of a page.
const MAX_SIZE: usize = 1000;

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// By address.
    Email,
    /// By role, the highest first.
    Role,
    /// By the time of joining.
    Joined,
    /// By the time of the last visit.
    Active,
}

/// What the URL of the page asks for. What it says wrongly is passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listing {
    /// Part of a name or address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub search: String,
    /// Only members of this role; empty for all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// The order: `name`, `email`, `role`, `joined`, `active`; with `-` before it, reversed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sort: String,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after: String,
    /// How many rows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub size: String,
}

/// A member as the list shows them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// What they are.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// When they were last here.
    pub active_at: Timestamp,
    sort_key: String,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Found {
    /// The members.
    pub rows: Vec<Row>,
    /// How many there are in all that match.
    pub total: i64,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Found {
    /// How many there are in all, in words.
    #[must_use]
    pub fn people(&self) -> String {
        capitalized(&counted_as(self.total, "person", "people"))
    }
}

/// The end of a page: the key it was sorted by, and the id that settles ties.
#[derive(Serialize, Deserialize)]
struct Cursor(String, UserId);

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        // PostgreSQL takes no text with a null character, and no key has one.
        (!cursor.0.contains('\0')).then_some(cursor)
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

macro_rules! listing {
    ($key:literal, $direction:literal, $after:literal) => {
        concat!(
            "SELECT m.user_id, u.name, u.email, m.role, m.joined_at, coalesce(m.seen_at, m.joined_at) AS active_at, ", $key, " AS sort_key
             FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1
               AND (lower(u.name) LIKE '%' || $2 || '%' ESCAPE '\\' OR u.email LIKE '%' || $2 || '%' ESCAPE '\\'
                    OR u.name LIKE '%' || $7 || '%' ESCAPE '\\')
               AND ($3 = '' OR m.role = $3)
               AND ($4 IS NULL OR (", $key, ", m.user_id) ", $after, " ($4, $5))
             ORDER BY ", $key, " ", $direction, ", m.user_id ", $direction, " LIMIT CAST($6 AS BIGINT)"
        )
    };
}

/// Times have as many digits until the year 2286, so they sort as text.
const JOINED: &str = listing!("CAST(m.joined_at AS TEXT)", "ASC", ">");
const JOINED_DOWN: &str = listing!("CAST(m.joined_at AS TEXT)", "DESC", "<");
const ACTIVE: &str = listing!("CAST(coalesce(m.seen_at, m.joined_at) AS TEXT)", "ASC", ">");
const ACTIVE_DOWN: &str = listing!("CAST(coalesce(m.seen_at, m.joined_at) AS TEXT)", "DESC", "<");
const NAME: &str = listing!("lower(u.name)", "ASC", ">");
const NAME_DOWN: &str = listing!("lower(u.name)", "DESC", "<");
const EMAIL: &str = listing!("u.email", "ASC", ">");
const EMAIL_DOWN: &str = listing!("u.email", "DESC", "<");
const RANK: &str = listing!(
    "CASE m.role WHEN 'owner' THEN '0' WHEN 'admin' THEN '1' WHEN 'editor' THEN '2' ELSE '3' END",
    "ASC",
    ">"
);
const RANK_DOWN: &str = listing!(
    "CASE m.role WHEN 'owner' THEN '0' WHEN 'admin' THEN '1' WHEN 'editor' THEN '2' ELSE '3' END",
    "DESC",
    "<"
);

impl Listing {
    /// What the query part of a URL asks for.
    #[must_use]
    pub fn parse(page: &str) -> Self {
        let query = page.split_once('?').map_or("", |(_, query)| query);
        let mut listing: Self = serde_urlencoded::from_str(query).unwrap_or_default();
        listing.search = listing.search.trim().chars().filter(|c| !c.is_control()).take(100).collect();
        listing
    }

    /// The order and whether it is reversed.
    #[must_use]
    pub fn order(&self) -> (Sort, bool) {
        let (name, down) =
            self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |name| (name, true));
        let sort = match name {
            "email" => Sort::Email,
            "role" => Sort::Role,
            "joined" => Sort::Joined,
            "active" => Sort::Active,
            _ => Sort::Name,
        };
        (sort, down)
    }

    /// The query part of the URL that asks for this.
    #[must_use]
    pub fn query(&self) -> String {
        let query = serde_urlencoded::to_string(self).unwrap_or_default();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The same list in another order, from its beginning.
    #[must_use]
    pub fn sorted(&self, sort: String) -> Self {
        Self { sort, after: String::new(), ..self.clone() }
    }

    /// Whether it begins where a page may begin.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.after.is_empty() || Cursor::parse(&self.after).is_some()
    }

    /// The members it asks for, and how many there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(&self, scope: &Scope) -> Result<Found> {
        let (rows, next) = self.page(scope).await?;
        let whole = next.is_none() && self.after.is_empty();
        let role = Role::parse(&self.role).map_or("", Role::as_str);
        let total = if whole {
            i64::try_from(rows.len()).unwrap_or(0)
        } else {
            count(scope, self.patterns(), role).await?
        };
        Ok(Found { rows, total, next })
    }

    /// What is looked for. The database folds ASCII only: what is typed as the name is written is found as well.
    fn patterns(&self) -> [String; 2] {
        [literal(&self.search.to_lowercase()), literal(&self.search)]
    }

    /// The members it asks for, and where the next page begins.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(&self, scope: &Scope) -> Result<(Vec<Row>, Option<String>)> {
        let [folded, typed] = self.patterns();
        let size = self.size.parse().unwrap_or(SIZE).clamp(1, MAX_SIZE);
        let cursor = Cursor::parse(&self.after);
        let (key, id) = cursor.map_or((None, None), |Cursor(key, id)| (Some(key), Some(id)));
        let role = Role::parse(&self.role).map_or("", Role::as_str);
        let mut rows: Vec<Row> = scope
            .query(self.sql())
            .bind(folded)
            .bind(role)
            .bind(key)
            .bind(id)
            .bind(i64::try_from(size + 1).unwrap_or(i64::MAX))
            .bind(typed)
            .all()
            .await?;
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(|row| Cursor(row.sort_key.clone(), row.user_id).write());
        Ok((rows, next))
    }

    fn sql(&self) -> &'static str {
        match self.order() {
            (Sort::Name, false) => NAME,
            (Sort::Name, true) => NAME_DOWN,
            (Sort::Email, false) => EMAIL,
            (Sort::Email, true) => EMAIL_DOWN,
            (Sort::Role, false) => RANK,
            (Sort::Role, true) => RANK_DOWN,
            (Sort::Active, false) => ACTIVE,
            (Sort::Active, true) => ACTIVE_DOWN,
            (Sort::Joined, false) => JOINED,
            (Sort::Joined, true) => JOINED_DOWN,
        }
    }
}

async fn count(scope: &Scope, [folded, typed]: [String; 2], role: &'static str) -> Result<i64> {
    let (total,): (i64,) = scope
        .query(
            "SELECT count(*) FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.org_id = $1
               AND (lower(u.name) LIKE '%' || $2 || '%' ESCAPE '\\' OR u.email LIKE '%' || $2 || '%' ESCAPE '\\'
                    OR u.name LIKE '%' || $4 || '%' ESCAPE '\\')
               AND ($3 = '' OR m.role = $3)",
        )
        .bind(folded)
        .bind(role)
        .bind(typed)
        .one()
        .await?;
    Ok(total)
}

/// Text to be found within other text by LIKE; its own wildcards are taken to the letter.
///
/// The pattern around it is made in the statement: SQLite prepares a statement anew for each bare
/// pattern that is bound to it.
fn literal(text: &str) -> String {
    let mut literal = String::new();
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_as_far_as_it_makes_sense() {
        let listing = Listing::parse("/acme/settings/members?search=+Ana%20&role=admin&sort=-joined&x=1");
        assert_eq!((listing.search.as_str(), listing.role.as_str()), ("Ana", "admin"));
        assert_eq!(listing.order(), (Sort::Joined, true));
        assert_eq!(Listing::parse("/acme/settings/members"), Listing::default());
        assert_eq!(Listing::parse("/a?sort=password_hash").order(), (Sort::Name, false));
        assert!(Cursor::parse("not a cursor").is_none());
    }

    #[test]
    fn wildcards_are_taken_to_the_letter() {
        assert_eq!(literal("50%_\\A"), "50\\%\\_\\\\A");
    }
}
