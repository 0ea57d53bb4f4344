//! What search finds a prompt by: its words, folded, the same on every database.

use super::{Tags, content::Content, draft::parse};
use crate::{
    error::{Error, Result},
    id::{OrgId, PromptId},
    kernel::long_work::{self, SMALL},
    role::EditContent,
    tenancy::{
        Grant, OrgChange, Scope, Server, Topic,
        batches::{MOST, Part, go_on},
        jobs::Round,
    },
};
use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The most characters of a word; what is longer is cut.
const MAX_WORD: usize = 64;
/// The most words of a prompt.
const MAX_WORDS: usize = 20_000;

/// A text as search compares it: in small letters, without accents.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).nfc().collect()
}

/// The words of a text, folded. Scripts that do not divide words are taken character by character.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    long_work::note(text.len());
    let folded = fold(text);
    let mut words = vec![String::new()];
    for c in folded.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
        } else if is_undivided(c) {
            words.extend([c.to_string(), String::new()]);
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).map(|word| word.chars().take(MAX_WORD).collect())
}

/// Whether a character is a word of its own, in scripts that do not divide words.
#[must_use]
pub fn is_undivided(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A statement on prompts `p` and their contents: what the newest version of each says, or its draft before there is
/// one. The content stands after the first text, and what it is read from after the second.
macro_rules! contents {
    ($before:literal, $from:literal, $rest:literal) => {
        concat!(
            $before,
            "coalesce(v.content, d.content)",
            $from,
            " JOIN drafts d ON d.org_id = p.org_id AND d.prompt_id = p.id
             LEFT JOIN versions v ON v.org_id = p.org_id AND v.prompt_id = p.id AND v.number = p.latest ",
            $rest
        )
    };
}
pub(crate) use contents;

/// What search knows a prompt by: its name, path, tags and description, and what its newest version says, or its draft
/// before there is one.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
struct Source {
    name: String,
    path: String,
    tags: Tags,
    description: String,
    content: String,
}

const SOURCE: &str = contents!(
    "SELECT p.name, p.path, p.tags, p.description, ",
    " AS content FROM prompts p",
    "WHERE p.org_id = $1 AND p.id = $2"
);

impl Source {
    /// All its words, each once, divided by spaces. A content that cannot be read is told in the log, and is in nobody's
    /// way: the prompt is found by what else is known of it.
    fn words(&self) -> String {
        let (content, tags) = (parse(&self.content).ok(), self.tags.to_string());
        let texts = content.iter().flat_map(Content::texts);
        let texts = [self.path.as_str(), &tags, &self.description].into_iter().chain(texts);
        let all: BTreeSet<String> = texts.flat_map(words).take(MAX_WORDS).collect();
        all.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// Writes its words.
    async fn put(self, change: &mut OrgChange, prompt: PromptId, words: String) -> Result<()> {
        let put = change.query(
            "INSERT INTO prompt_search (org_id, prompt_id, name, path, words) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id, prompt_id) DO UPDATE
             SET name = excluded.name, path = excluded.path, words = excluded.words",
        );
        put.bind(prompt).bind(fold(&self.name)).bind(fold(&self.path)).bind(words).execute().await?;
        Ok(())
    }
}

/// Writes what search knows of a prompt. What is long is read once the change has committed: whoever made it waits for
/// that a little.
///
/// # Errors
/// When the database fails.
pub async fn write(change: &mut OrgChange, prompt: PromptId) -> Result<()> {
    let source: Source = change.query(SOURCE).bind(prompt).one().await?;
    if source.content.len() <= SMALL {
        let words = source.words();
        return source.put(change, prompt, words).await;
    }
    // Until then it is found by its name, if it is new, and else by what it said.
    let new = change.query(
        "INSERT INTO prompt_search (org_id, prompt_id, name, path, words) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, prompt_id) DO UPDATE SET name = excluded.name, path = excluded.path",
    );
    let words = words(&source.path).collect::<Vec<_>>().join(" ");
    new.bind(prompt).bind(fold(&source.name)).bind(fold(&source.path)).bind(words).execute().await?;
    mark(change, prompt).await?;
    change.afterwards("search catches up", |server, org| go_on(async move { catch_up(&server, org).await }));
    Ok(())
}

/// Has search catch up with what was changed of many prompts at once, which are marked as `unindexed`. Whoever changed
/// them waits for it a little.
pub async fn catch_up_soon(scope: &Scope) {
    let (server, org) = (scope.server().clone(), scope.organization().id);
    go_on(async move { catch_up(&server, org).await }).await;
}

/// Has search catch up a little in each organization that is behind.
///
/// # Errors
/// The first that comes up, once all had their turn.
pub async fn catch_up_all(server: &Server) -> Result<()> {
    let behind = "SELECT DISTINCT org_id FROM prompts WHERE unindexed = 1 ORDER BY org_id";
    let behind: Vec<(OrgId,)> = server.outside_tenancy().query(behind).all().await?;
    let mut round = Round::default();
    for (org,) in behind {
        // Where search catches up already, there is nothing to do.
        let Some(_turn) = server.catching_up.take(org.0) else { continue };
        round.note(org, write_some(server, org).await.map(drop));
    }
    round.end()
}

/// Has search catch up with what is marked by now, and leaves what others mark meanwhile to them.
async fn catch_up(server: &Server, org: OrgId) -> Result<()> {
    loop {
        let _turn = server.catching_up.wait(org.0).await;
        match write_some(server, org).await {
            // There may be more.
            Ok(MOST..) => {}
            // When an organization is deleted, nobody searches in it.
            Ok(_) | Err(Error::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Writes in parts what search knows of some of the prompts that are marked, and tells how many they were; what is in
/// the trash is not found.
async fn write_some(server: &Server, org: OrgId) -> Result<usize> {
    let grant = Scope::of_chore(server, org, "search catches up").await?.require::<EditContent>()?;
    let behind = grant.query(contents!(
        "SELECT p.id, octet_length(",
        ") > $2 FROM prompts p",
        "WHERE p.org_id = $1 AND p.unindexed = 1 LIMIT CAST($3 AS BIGINT)"
    ));
    let [small, most] = [SMALL, MOST].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let behind: Vec<(PromptId, bool)> = behind.bind(small).bind(most).all().await?;
    let (found, mut behind) = (behind.len(), behind.into_iter().peekable());
    while let Some((first, is_long)) = behind.next() {
        // What is long is read before others have to wait for it.
        let known = if is_long { read(&grant, first).await? } else { None };
        if is_long && known.is_none() {
            continue;
        }
        let (mut change, part) = (grant.change().await?, Part::begin());
        let mut is_written = write_again(&mut change, first, known).await?;
        while !part.is_over()
            && let Some((prompt, _)) = behind.next_if(|(_, is_long)| !is_long)
        {
            is_written |= write_again(&mut change, prompt, None).await?;
        }
        // What others wrote meanwhile needs no change.
        if is_written {
            let about = change.new_id();
            change.announce(Topic::Search, about).await?;
            change.commit().await?;
        }
    }
    Ok(found)
}

/// A prompt that is marked, with all its words; none where it is gone, or others have written them.
async fn read(grant: &Grant<EditContent>, prompt: PromptId) -> Result<Option<(Source, String)>> {
    let marked = grant.query("SELECT 1 FROM prompts WHERE org_id = $1 AND id = $2 AND unindexed = 1");
    if marked.bind(prompt).optional::<(i32,)>().await?.is_none() {
        return Ok(None);
    }
    let Some(source) = grant.query(SOURCE).bind(prompt).optional::<Source>().await? else { return Ok(None) };
    let words = move || {
        let words = source.words();
        (source, words)
    };
    Ok(Some(grant.server().long_work.run(grant.behalf(), words).await?))
}

/// Writes what is to be known of a prompt, if it is still marked, and tells whether it did. What is long is known
/// already, unless it is another by now: it stays marked then.
async fn write_again(
    change: &mut OrgChange,
    prompt: PromptId,
    known: Option<(Source, String)>,
) -> Result<bool> {
    let mark = change.query(
        "UPDATE prompts SET unindexed = 0 WHERE org_id = $1 AND id = $2 AND unindexed = 1
         RETURNING trash_id IS NOT NULL",
    );
    match mark.bind(prompt).optional::<(bool,)>().await? {
        Some((true,)) => {
            let words = change.query("DELETE FROM prompt_search WHERE org_id = $1 AND prompt_id = $2");
            words.bind(prompt).execute().await?;
            Ok(true)
        }
        Some((false,)) => {
            let source: Source = change.query(SOURCE).bind(prompt).one().await?;
            let known = known.filter(|(known, _)| *known == source).map(|(_, words)| words);
            let words = match known {
                Some(words) => words,
                None if source.content.len() <= SMALL => source.words(),
                None => {
                    self::mark(change, prompt).await?;
                    return Ok(false);
                }
            };
            source.put(change, prompt, words).await?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Marks it: search is to catch up with it.
async fn mark(change: &mut OrgChange, prompt: PromptId) -> Result<()> {
    let mark = change.query("UPDATE prompts SET unindexed = 1 WHERE org_id = $1 AND id = $2");
    mark.bind(prompt).execute().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded() {
        let of = |text: &str| words(text).collect::<Vec<_>>();
        assert_eq!(
            of("Größe: ÉTÉ_2026, it's {{user.name}}"),
            ["große", "ete", "2026", "it", "s", "user", "name"]
        );
        assert_eq!(of("東京タワーtower"), ["東", "京", "タ", "ワ", "ー", "tower"]);
        assert_eq!(of("ﬁne Ａ"), ["fine", "a"]);
        assert_eq!(of(&"x".repeat(100))[0].len(), 64);
        assert_eq!(of(" -- "), [""; 0]);
    }
}
