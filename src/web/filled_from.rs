//! What a form was filled from: a page that is out of date takes nothing away that others wrote meanwhile.
//!
//! Beside a field `name` the form carries `was-name`, which is what stood in it at first. Only what somebody changed
//! is written. Where somebody else changed the same, both are shown, and saving again is a deliberate act.

use super::RequestContext;
use crate::error::Flaws;
use std::fmt::Display;

/// What the message at a field begins with that somebody else changed.
const MEANWHILE: &str = "Someone else changed this in the meantime";

/// What the fields of a form were filled from. A form that does not say is taken at its word.
#[derive(Debug, Clone, Default)]
pub struct FilledFrom(Vec<(String, String)>);

impl FilledFrom {
    /// Of the form that was posted.
    #[must_use]
    pub fn of(caller: &RequestContext) -> Self {
        let was = caller
            .fields()
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("was-")?.to_owned(), plain(value))));
        Self(was.collect())
    }

    /// What somebody typed into a field, read; none where they left it as it was: that may be from before what is good
    /// now, and stays.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read<T, E>(
        &self,
        field: &str,
        typed: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let now = plain(typed);
        let is_left = self.0.iter().any(|(name, was)| name == field && *was == now);
        if is_left { Ok(None) } else { read(typed).map(Some) }
    }

    /// [`settle`](Self::settle) of what was [`read`](Self::read).
    pub fn settle_read<T: Clone + PartialEq + Display>(
        &self,
        flaws: &mut Flaws,
        field: &'static str,
        mine: Option<T>,
        now: &T,
    ) -> T {
        mine.map_or_else(|| now.clone(), |mine| self.settle(flaws, field, mine, now))
    }

    /// What a field is to say, of what somebody typed and what it says `now`; a flaw where both were changed.
    pub fn settle<T: Clone + PartialEq + Display>(
        &self,
        flaws: &mut Flaws,
        field: &'static str,
        mine: T,
        now: &T,
    ) -> T {
        let Some((_, was)) = self.0.iter().find(|(name, _)| name == field) else { return mine };
        let (typed, there) = (plain(&mine.to_string()), plain(&now.to_string()));
        if typed == *was {
            return now.clone();
        }
        if there != *was && there != typed {
            let theirs =
                if there.is_empty() { "It's empty now.".to_owned() } else { format!("It's now: {there}") };
            flaws.add(field, format!("{MEANWHILE}. {theirs} Save again to replace it."));
        }
        mine
    }
}

/// Whether a message at a field is that somebody else changed it.
#[must_use]
pub fn is_meanwhile(message: &str) -> bool {
    message.starts_with(MEANWHILE)
}

/// Without what browsers change on the way.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_changed_is_written() {
        let settle = |was: Option<&str>, mine: &str, now: &str| {
            let seen = FilledFrom(was.map(|was| ("a".to_owned(), was.to_owned())).into_iter().collect());
            let mut flaws = Flaws::default();
            let settled = seen.settle(&mut flaws, "a", mine.to_owned(), &now.to_owned());
            flaws.finish().map(|()| settled).map_err(|error| error.to_string())
        };
        assert_eq!(settle(Some("x"), "x", "x"), Ok("x".into()));
        assert_eq!(settle(Some("x"), "y", "x"), Ok("y".into()), "mine");
        assert_eq!(settle(Some("x"), "x", "y"), Ok("y".into()), "theirs");
        assert_eq!(settle(Some("x"), "y", "y"), Ok("y".into()), "both alike");
        assert_eq!(settle(None, "y", "z"), Ok("y".into()), "a form that does not say");
        let seen = FilledFrom(vec![("a".to_owned(), "old".to_owned())]);
        let read = |field: &str, typed: &str| seen.read(field, typed, |_| Err::<String, _>("no good"));
        assert_eq!(read("a", " old"), Ok(None), "left as it was");
        // A form may say it as often as it has room for.
        let often = FilledFrom(vec![("a".to_owned(), "old".to_owned()); 10_000]);
        assert_eq!(
            often.read("a", &"new\r\n".repeat(20_000), |_| Err::<String, _>("no good")),
            Err("no good")
        );
        assert_eq!((read("a", "new"), read("b", "old")), (Err("no good"), Err("no good")));
        let settled = seen.settle_read(&mut Flaws::default(), "a", None, &"now".to_owned());
        assert_eq!(settled, "now");
        for (now, says) in [("z", "It's now: z"), ("", "It's empty now.")] {
            let error = settle(Some("x"), "y", now).unwrap_err();
            assert!(is_meanwhile(&error) && error.contains(says), "{error}");
        }
    }
}
