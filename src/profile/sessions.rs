//! Where somebody is signed in.

use crate::{
    error::{Error, Result},
    id::SessionId,
    tenancy::{
        audit::{Action, Entry},
        sessions,
    },
    time::{Span, Timestamp},
    web::RequestContext,
};

/// A browser on which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: SessionId,
    pub(super) ip: Option<String>,
    user_agent: String,
    pub(super) created_at: Timestamp,
    pub(super) seen_at: Timestamp,
}

impl Row {
    /// What kind of browser it is.
    pub(super) fn browser(&self) -> String {
        describe(&self.user_agent)
    }
}

/// The sessions of whoever calls, the one used last first.
pub(super) async fn list(caller: &RequestContext) -> Result<Vec<Row>> {
    let visit = caller.visit().ok_or(Error::SignedOut)?;
    let (now, config) = (caller.server.clock.now(), &caller.server.config);
    let sessions = caller.server.outside_tenancy().query(
        "SELECT id, ip, user_agent, created_at, seen_at FROM sessions
         WHERE user_id = $1 AND seen_at > $2 AND created_at > $3 ORDER BY seen_at DESC, id DESC LIMIT 100",
    );
    let sessions = sessions.bind(visit.user).bind(now - Span::days(config.session_idle_days));
    Ok(sessions.bind(now - Span::days(config.session_max_days)).all().await?)
}

/// Ends one of the caller's own sessions.
pub(super) async fn end(caller: &RequestContext, id: SessionId) -> Result<()> {
    let visit = caller.visit().ok_or(Error::SignedOut)?;
    let mut change = caller.change_own_account().await?;
    let own = change.query("SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2");
    let own: Option<(i32,)> = own.bind(id).bind(visit.user).optional().await?;
    own.ok_or(Error::NotFound)?;
    sessions::end(&mut change, visit.user, id).await?;
    caller.audit(&mut change, visit.user, Entry::new(Action::SessionEnded, id.0)).await?;
    change.commit().await
}

/// Ends all of the caller's sessions but this one.
pub(super) async fn end_others(caller: &RequestContext) -> Result<()> {
    let visit = caller.visit().ok_or(Error::SignedOut)?;
    let mut change = caller.change_own_account().await?;
    let ended = sessions::end_others(&mut change, visit).await?;
    if ended > 0 {
        caller.audit(&mut change, visit.user, Entry::new(Action::SessionEnded, visit.user.0)).await?;
    }
    change.commit().await
}

/// What a browser says it is, in two words: good enough to know one's own again.
fn describe(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => match user_agent.split('/').next().unwrap_or_default() {
            "" => "Unknown browser".to_owned(),
            program => program.chars().take(40).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn browsers_are_known_by_what_they_say() {
        for (says, is) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(describe(says), is);
        }
    }
}
