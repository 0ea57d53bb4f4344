//! The result of a posted form is kept for a short while: the browser is redirected to the page of the form,
//! which shows it there. So no page stays at the URL that forms are posted to, and a page
//! that is reloaded shows the same.
//!
//! The result is sealed, is found by a name that is only in the URL of that page, and is shown only to the browser and
//! session that posted the form. What somebody posted after their session had ended is shown once they have signed in
//! again on that browser, and to nobody else; and so is what they posted to an organization that asks for a second
//! factor which they do not have yet.

use super::{RequestContext, cookies, posted::Posted};
use crate::{
    error::Result,
    id::{SessionId, UserId},
    kernel::{
        internal_error::internal,
        tokens::{Token, TokenHash},
    },
    tenancy::Server,
    time::Span,
};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};

/// The name of it in the URL.
const NAME: &str = "posted";
/// The cookie that tells browsers apart.
const COOKIE: &str = "form";
/// How long a form that failed is kept.
const FAILED: Span = Span::minutes(10);
/// The same of one who has to sign in or set up a second factor first.
const LATER: Span = Span::minutes(15);
/// How long an answer is kept: it may be a secret, which is shown once.
const ANSWERED: Span = Span::minutes(1);
/// The most that one browser has.
const MOST: i64 = 8;
/// The most bytes of one person, in however many browsers.
const MAX_OF_PERSON: i64 = 1024 * 1024;
/// The most bytes of each beside what was typed: about.
const BESIDE: i64 = 512;
/// The most bytes of what somebody typed; the longest fields are left out where there are more.
const MAX: usize = 600 * 1024;
/// The same for those who are not signed in, and the most of theirs.
const MAX_SIGNED_OUT: usize = 4 * 1024;
const MOST_SIGNED_OUT: i64 = 5_000;

#[derive(Serialize, Deserialize)]
struct Kept {
    page: String,
    posted: Posted,
}

/// Where the browser is led, and the cookie that it gets.
pub(super) struct Led {
    pub(super) to: String,
    pub(super) cookie: String,
}

/// Whose a form is.
#[derive(Clone, Copy)]
struct Whose {
    /// The session that finds it again; none where any of the person's does, and for visitors.
    session: Option<SessionId>,
    /// The person; none for visitors.
    person: Option<UserId>,
}

/// Keeps what came of a form of a page; nothing where there is no room for more. It belongs to the person who
/// is signed in, or else to somebody who gets it `later`: who has to sign in or set up a second factor first.
///
/// # Errors
/// When the database fails.
pub(super) async fn keep(
    caller: &RequestContext,
    headers: &HeaderMap,
    page: &str,
    posted: Posted,
    later: Option<UserId>,
) -> Result<Option<Led>> {
    let server = &caller.server;
    let visit = caller.visit().filter(|_| later.is_none());
    let whose =
        Whose { session: visit.map(|visit| visit.session), person: later.or(visit.map(|visit| visit.user)) };
    let is_full = whose.person.is_none() && !caller.web.limits.keeps_form_of(&caller.client);
    if is_full {
        return Ok(None);
    }
    let browser = cookies::read(&server.config, headers, COOKIE).filter(|browser| browser.len() == 43);
    let browser = browser.unwrap_or_else(|| Token::new().as_str().to_owned());
    let span = match (later, &posted.result) {
        (Some(_), _) => LATER,
        (None, Ok(_)) => ANSWERED,
        (None, Err(_)) => FAILED,
    };
    let kept = Kept { page: page.to_owned(), posted: within(posted, whose.person.is_some()) };
    let token = Token::new();
    let json = serde_json::to_vec(&kept).map_err(|error| internal(&error))?;
    let sealed = server.encryption.encrypt(&json, token.as_str().as_bytes());
    if !insert(server, &token, (&TokenHash::of(&browser), whose), sealed, span).await? {
        return Ok(None);
    }
    let sign = if page.contains('?') { '&' } else { '?' };
    let to = format!("{page}{sign}{NAME}={}", token.as_str());
    Ok(Some(Led { to, cookie: cookies::header(&server.config, COOKIE, &browser, LATER.0 / 1000) }))
}

/// Whether all that somebody typed would be kept. Of those who are not signed in it need not be.
pub(super) fn has_room(caller: &RequestContext, posted: &Posted) -> bool {
    caller.visit().is_none() || posted.input.iter().map(size).sum::<usize>() <= MAX
}

/// Leaves out the longest fields of what is too long to be kept.
fn within(mut posted: Posted, is_of_person: bool) -> Posted {
    let max = if is_of_person { MAX } else { MAX_SIGNED_OUT };
    while posted.input.iter().map(size).sum::<usize>() > max {
        let longest = (0..posted.input.len()).max_by_key(|n| size(&posted.input[*n])).unwrap_or(0);
        posted.input.remove(longest);
    }
    posted
}

/// About how many bytes a field takes.
fn size((name, value): &(String, String)) -> usize {
    name.len() + value.len() + 8
}

async fn insert(
    server: &Server,
    token: &Token,
    (browser, Whose { session, person }): (&TokenHash, Whose),
    sealed: Vec<u8>,
    span: Span,
) -> Result<bool> {
    let now = server.clock.now();
    if i64::try_from(sealed.len()).is_ok_and(|bytes| bytes + BESIDE > MAX_OF_PERSON) {
        return Ok(false);
    }
    let mut tx = server.outside_tenancy().begin().await?;
    // Makes room, a little at a time: the rest is swept up.
    let over = tx.query(
        "DELETE FROM posted_forms WHERE token_hash IN (
           SELECT token_hash FROM posted_forms WHERE expires_at <= $1 ORDER BY expires_at LIMIT 20)",
    );
    over.bind(now).execute().await?;
    if person.is_none() {
        let all = tx.query("SELECT count(*) FROM posted_forms WHERE session_id IS NULL AND user_id IS NULL");
        let (all,): (i64,) = all.one().await?;
        if all >= MOST_SIGNED_OUT {
            return Ok(false);
        }
    }
    let insert = tx.query(
        "INSERT INTO posted_forms (token_hash, browser_hash, session_id, user_id, sealed, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let insert = insert.bind(token.hash()).bind(browser.clone()).bind(session).bind(person).bind(sealed);
    insert.bind(now).bind(now + span).execute().await?;
    let old = tx.query(
        "DELETE FROM posted_forms WHERE browser_hash = $1 AND token_hash NOT IN (
           SELECT token_hash FROM posted_forms WHERE browser_hash = $1
           ORDER BY created_at DESC LIMIT CAST($2 AS BIGINT))",
    );
    old.bind(browser.clone()).bind(MOST).execute().await?;
    if let Some(person) = person {
        // The browser is as it says: it may say that it is another one each time.
        let old = tx.query(
            "DELETE FROM posted_forms WHERE token_hash IN (
               SELECT token_hash FROM (
                 SELECT f.token_hash, sum(length(f.sealed) + $3) OVER (
                   ORDER BY CASE WHEN f.token_hash = $4 THEN 0 ELSE 1 END, f.created_at DESC, f.token_hash) AS bytes
                 FROM posted_forms f WHERE f.user_id = $1) kept
               WHERE bytes > $2)",
        );
        let old = old.bind(person).bind(MAX_OF_PERSON).bind(BESIDE);
        old.bind(token.hash()).execute().await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// A page without the name of what is kept for it, and that name.
pub(super) fn parted(page: &str) -> (String, Option<String>) {
    let Some((path, query)) = page.split_once('?') else { return (page.to_owned(), None) };
    let is_name = |pair: &&str| pair.split('=').next() == Some(NAME);
    let name = query.split('&').find(is_name).and_then(|pair| pair.split_once('='));
    let name = name.map(|(_, name)| name.to_owned());
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_name(pair)).collect();
    let page = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    (page, name)
}

/// What is kept under a name for a page, if it is this browser's.
///
/// # Errors
/// When the database fails.
pub(super) async fn find(
    caller: &RequestContext,
    headers: &HeaderMap,
    page: &str,
    name: &str,
) -> Result<Option<Posted>> {
    let server = &caller.server;
    let Some(browser) = cookies::read(&server.config, headers, COOKIE) else { return Ok(None) };
    let row = server.outside_tenancy().query(
        "SELECT session_id, user_id, sealed FROM posted_forms WHERE token_hash = $1 AND browser_hash = $2 AND expires_at > $3",
    );
    let row = row.bind(TokenHash::of(name)).bind(TokenHash::of(&browser)).bind(server.clock.now());
    let row: Option<(Option<SessionId>, Option<UserId>, Vec<u8>)> = row.optional().await?;
    let Some((session, person, sealed)) = row else { return Ok(None) };
    let visit = caller.visit();
    let is_theirs = match (session, person) {
        (None, Some(person)) => visit.is_some_and(|visit| visit.user == person),
        (session, _) => session == visit.map(|visit| visit.session),
    };
    if !is_theirs {
        return Ok(None);
    }
    let json = server.encryption.decrypt(&sealed, name.as_bytes());
    let kept: Option<Kept> = json.and_then(|json| serde_json::from_slice(&json).ok());
    Ok(kept.filter(|kept| kept.page == page).map(|kept| kept.posted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_what_is_kept_for_it() {
        for (page, rest, name) in [
            ("/a", "/a", None),
            ("/a?posted=x", "/a", Some("x")),
            ("/a?b=1&posted=x&c=2", "/a?b=1&c=2", Some("x")),
            ("/a?next=/b?posted=x", "/a?next=/b?posted=x", None),
            ("/a?posted", "/a", None),
            ("/a?", "/a?", None),
        ] {
            assert_eq!(parted(page), (rest.to_owned(), name.map(ToOwned::to_owned)), "{page}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let field = |name: &str, size: usize| (name.to_owned(), "x".repeat(size));
        let input = vec![field("short", 5), field("long", 5_000), field("less", 500)];
        let posted = Posted { action: "/api/x".into(), input, result: Ok("null".into()) };
        let names = |posted: Posted| posted.input.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(within(posted.clone(), true)), ["short", "long", "less"]);
        assert_eq!(names(within(posted, false)), ["short", "less"]);
    }
}
