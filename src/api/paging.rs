//! Lists, page by page.

use super::{problem::ApiError, service::Service};
use crate::error::Result as Read;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// A page of items. It can have fewer items than `limit`, or none, even if more pages follow.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    data: Vec<T>,
    /// The cursor of the next page; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The first `size` of what was found, which is one more than that where there is another page.
    pub(super) fn new<R>(
        mut rows: Vec<R>,
        size: usize,
        at: impl Fn(&R) -> String,
        show: impl Fn(R) -> T,
    ) -> Self {
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(at);
        Self::of(rows.into_iter().map(show).collect(), next)
    }

    /// These things, and where the next page begins.
    pub(super) fn of(data: Vec<T>, next: Option<String>) -> Self {
        Self::ending_at(data, next.map(|next| cursor(&next)))
    }

    /// These things, and a cursor of the feature's own.
    pub(super) fn ending_at(data: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { data, next_cursor }
    }
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paged {
    /// The maximum number of items.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(super) limit: Option<usize>,
    /// The `next_cursor` of the previous page.
    pub(super) cursor: Option<String>,
}

/// The most things of one page.
pub(super) const MOST: usize = 100;

/// How many things a page is to hold.
///
/// # Errors
/// 400 at `limit`, unless it is from 1 to 100.
pub(super) fn page_size(limit: Option<usize>) -> Result<usize, ApiError> {
    match limit.unwrap_or(50) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(ApiError::malformed("limit", "Send a number from 1 to 100.")),
    }
}

/// Where the next page begins, as services pass it on without looking into it.
fn cursor(of: &str) -> String {
    URL_SAFE_NO_PAD.encode(of)
}

/// What a cursor says.
///
/// # Errors
/// 400 at `cursor`, when it is none.
pub(super) fn after(cursor: Option<&str>) -> Result<Option<String>, ApiError> {
    cursor.map(|cursor| text(URL_SAFE_NO_PAD.decode(cursor).ok())).transpose()
}

fn text(bytes: Option<Vec<u8>>) -> Result<String, ApiError> {
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains('\0'));
    text.ok_or_else(no_cursor)
}

/// A list in which much is passed over, and what of it is asked for.
pub(super) struct List<'s> {
    service: &'s Service,
    name: String,
}

/// The bytes to which a cursor is filled up: no path is longer, so its length tells nothing.
const FILLED: usize = 1024;

impl<'s> List<'s> {
    /// The list of a path with these filters.
    pub(super) fn new(service: &'s Service, path: &str, filters: &[Option<&str>]) -> Self {
        Self { service, name: json!([path, filters]).to_string() }
    }

    /// What a cursor of it says. A limited key has it from the same list with the same filters.
    ///
    /// # Errors
    /// As [`after`].
    pub(super) fn after(&self, cursor: Option<&str>) -> Result<Option<String>, ApiError> {
        if !self.service.is_limited() {
            return after(cursor);
        }
        let open = |sealed: Vec<u8>| self.service.scope().server().encryption.decrypt(&sealed, &self.owner());
        let without = |mut filled: Vec<u8>| {
            filled.truncate(filled.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
            filled
        };
        let opened = |cursor: &str| URL_SAFE_NO_PAD.decode(cursor).ok().and_then(open).map(without);
        cursor.map(|cursor| text(opened(cursor))).transpose()
    }

    /// A limited key can't read it: it may name what it does not reach.
    fn cursor(&self, of: &str) -> String {
        if !self.service.is_limited() {
            return cursor(of);
        }
        let mut filled = of.as_bytes().to_vec();
        filled.resize(filled.len().next_multiple_of(FILLED), 0);
        URL_SAFE_NO_PAD.encode(self.service.scope().server().encryption.encrypt(&filled, &self.owner()))
    }

    /// Whose a cursor of it is.
    fn owner(&self) -> Vec<u8> {
        [&self.service.key().id.0.as_bytes()[..], self.name.as_bytes()].concat()
    }
}

/// A cursor that no page ended with.
pub(super) fn no_cursor() -> ApiError {
    ApiError::malformed("cursor", "Send the value of next_cursor, or leave it out.")
}

/// How many things are read at once, to look for those that are asked for.
pub(super) const READ: i64 = 500;
/// How often, for one page.
const READS: usize = 10;

/// A page of those that are asked for, from one on: with as many as it may hold, or with those that are found among
/// so many that nobody has to wait for it.
pub(super) async fn sift<R, C: Clone + ToString, T, F: Future<Output = Read<Vec<R>>>>(
    list: &List<'_>,
    (size, mut from): (usize, Option<C>),
    read: impl Fn(Option<C>) -> F,
    at: impl Fn(&R) -> C,
    is_asked_for: impl Fn(&R) -> bool,
    show: impl Fn(R) -> T,
) -> Result<Page<T>, ApiError> {
    let mut found = Vec::new();
    for _ in 0..READS {
        let read = read(from.clone()).await?;
        let is_last = i64::try_from(read.len()).is_ok_and(|read| read < READ);
        from = read.last().map(&at).or(from);
        found.extend(read.into_iter().filter(&is_asked_for));
        if is_last || found.len() > size {
            let has_more = found.len() > size;
            found.truncate(size);
            from = found.last().filter(|_| has_more).map(&at);
            break;
        }
    }
    let next = from.map(|from| list.cursor(&from.to_string()));
    Ok(Page::ending_at(found.into_iter().map(show).collect(), next))
}

/// Whether a path is in one of the folders whose prefixes these are; without any, all are.
pub(super) fn is_within(prefixes: Option<&Vec<String>>, path: &str) -> bool {
    prefixes.is_none_or(|all| all.iter().any(|prefix| path.starts_with(prefix.as_str())))
}
