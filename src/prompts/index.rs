//! What search finds a prompt by: its words, folded, the same on every database.

use super::{Tags, drafts::parse};
use crate::{
    error::{Error, Result},
    id::{OrgId, PromptId},
    role::EditContent,
    server::{
        OrgChange, Scope, Server, Topic,
        parts::{Part, go_on},
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
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).nfc().collect()
}

/// The words of a text, folded. Scripts that do not divide words are taken character by character.
pub fn words(text: &str) -> impl Iterator<Item = String> {
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

/// Writes what search knows of a prompt: its name, path, tags and description, and what its newest version
/// says, or its draft before there is one.
///
/// # Errors
/// When the database fails.
pub async fn write(change: &mut OrgChange, prompt: PromptId) -> Result<()> {
    let row = change.query(
        "SELECT p.name, p.path, p.tags, p.description, coalesce(v.content, d.content)
         FROM prompts p JOIN drafts d ON d.org_id = p.org_id AND d.prompt_id = p.id
         LEFT JOIN versions v ON v.org_id = p.org_id AND v.prompt_id = p.id AND v.number = p.latest
         WHERE p.org_id = $1 AND p.id = $2",
    );
    let (name, path, tags, description, content): (String, String, Tags, String, String) =
        row.bind(prompt).one().await?;
    let content = parse(&content)?;
    let tags = tags.to_string();
    let texts = [path.as_str(), &tags, &description].into_iter().chain(content.texts());
    let all: BTreeSet<String> = texts.flat_map(words).take(MAX_WORDS).collect();
    let all: Vec<String> = all.into_iter().collect();
    change
        .query(
            "INSERT INTO prompt_search (org_id, prompt_id, name, path, words) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (org_id, prompt_id) DO UPDATE
             SET name = excluded.name, path = excluded.path, words = excluded.words",
        )
        .bind(prompt)
        .bind(fold(&name))
        .bind(fold(&path))
        .bind(all.join(" "))
        .execute()
        .await?;
    Ok(())
}

/// Has search catch up with what was changed of many prompts at once, which are marked as `unindexed`. Whoever changed
/// them waits for it a little.
pub async fn catch_up_soon(scope: &Scope) {
    let (server, org) = (scope.server().clone(), scope.organization().id);
    go_on(async move { catch_up(&server, org).await }).await;
}

/// Has search catch up, in all organizations.
///
/// # Errors
/// When the database fails.
pub async fn catch_up_all(server: &Server) -> Result<()> {
    let behind = "SELECT DISTINCT org_id FROM prompts WHERE unindexed = 1";
    let behind: Vec<(OrgId,)> = server.outside_tenancy().query(behind).all().await?;
    for (org,) in behind {
        catch_up(server, org).await?;
    }
    Ok(())
}

/// Writes in parts what search knows of the prompts that are marked; what is in the trash is not found.
async fn catch_up(server: &Server, org: OrgId) -> Result<()> {
    let scope = match Scope::of_chore(server, org, "search catches up").await {
        // It was deleted, and nobody searches in it.
        Err(Error::NotFound) => return Ok(()),
        scope => scope?,
    };
    let grant = scope.require::<EditContent>()?;
    loop {
        let behind = "SELECT id FROM prompts WHERE org_id = $1 AND unindexed = 1 LIMIT 500";
        let mut behind = grant.query(behind).all::<(PromptId,)>().await?.into_iter();
        if behind.len() == 0 {
            return Ok(());
        }
        while behind.len() > 0 {
            let (mut change, part) = (grant.change().await?, Part::begin());
            while !part.is_over()
                && let Some((prompt,)) = behind.next()
            {
                write_again(&mut change, prompt).await?;
            }
            // Pages that list what is found show it.
            let about = change.new_id();
            change.announce(Topic::Prompts, about).await?;
            change.commit().await?;
        }
    }
}

async fn write_again(change: &mut OrgChange, prompt: PromptId) -> Result<()> {
    let mark = change.query(
        "UPDATE prompts SET unindexed = 0 WHERE org_id = $1 AND id = $2 AND unindexed = 1
         RETURNING trash_id IS NOT NULL",
    );
    match mark.bind(prompt).optional::<(bool,)>().await? {
        Some((true,)) => {
            let words = change.query("DELETE FROM prompt_search WHERE org_id = $1 AND prompt_id = $2");
            words.bind(prompt).execute().await?;
            Ok(())
        }
        Some((false,)) => write(change, prompt).await,
        None => Ok(()),
    }
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
