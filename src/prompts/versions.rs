//! Versions: what a prompt said, once and for all.

use super::{
    content::Content,
    draft::parse,
    index,
    references::{self, Lead, ResolvedRef, To},
};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::PromptId,
    tenancy::{OrgChange, Scope, Topic},
    time::Timestamp,
};
use sha2::{Digest, Sha256};

/// A version, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Version {
    /// Its number in the prompt, from 1.
    pub number: i64,
    /// SHA-256 of what it says and of what its references led to.
    pub hash: Vec<u8>,
    /// What its author said about it.
    pub message: String,
    /// The version whose content it brings back, if it does.
    pub restores: Option<i64>,
    /// When it was saved.
    pub created_at: Timestamp,
    /// Who saved it, if that is known.
    pub author: Option<Name>,
    /// Who saved it elsewhere, when it was imported; or else empty.
    pub origin: String,
}

impl Version {
    /// Who saved it, for people to read.
    #[must_use]
    pub fn by(&self) -> String {
        match (&self.author, self.origin.as_str()) {
            (_, origin) if !origin.is_empty() => format!("{origin} (imported)"),
            (Some(author), _) => author.to_string(),
            (None, _) => "Prompt Studio".to_owned(),
        }
    }
}

/// The versions of a prompt, the newest first: at most `size` of those below `before`.
///
/// # Errors
/// When the database fails.
pub async fn list(scope: &Scope, prompt: PromptId, before: i64, size: i64) -> Result<Vec<Version>> {
    let list = scope.query(
        "SELECT v.number, v.hash, v.message, v.restores, v.created_at, coalesce(u.name, k.name) AS author,
           v.author AS origin
         FROM versions v LEFT JOIN users u ON u.id = v.created_by
         LEFT JOIN api_keys k ON k.org_id = v.org_id AND k.id = v.key_id
         WHERE v.org_id = $1 AND v.prompt_id = $2 AND v.number < $3 ORDER BY v.number DESC LIMIT CAST($4 AS BIGINT)",
    );
    Ok(list.bind(prompt).bind(before).bind(size).all().await?)
}

const CONTENT: &str = "SELECT content FROM versions WHERE org_id = $1 AND prompt_id = $2 AND number = $3";

/// What a version says.
///
/// # Errors
/// [`Error::NotFound`] when there is no such version.
pub async fn content(scope: &Scope, prompt: PromptId, number: i64) -> Result<Content> {
    let row = scope.query(CONTENT);
    let row: Option<(String,)> = row.bind(prompt).bind(number).optional().await?;
    parse(&row.ok_or(Error::NotFound)?.0)
}

/// The same, as it is within a change; none when there is no such version.
///
/// # Errors
/// When the database fails.
pub async fn content_within(
    change: &mut OrgChange,
    prompt: PromptId,
    number: i64,
) -> Result<Option<Content>> {
    let row = change.query(CONTENT);
    let row: Option<(String,)> = row.bind(prompt).bind(number).optional().await?;
    row.map(|(json,)| parse(&json)).transpose()
}

/// A version to be made.
#[derive(Debug)]
pub struct New<'a> {
    /// What it says.
    pub content: &'a Content,
    /// Where its references lead.
    pub pins: &'a [ResolvedRef],
    /// What its author says about it.
    pub message: &'a str,
    /// The version whose content it brings back, if it does.
    pub restores: Option<i64>,
    /// Where it comes from, when it is imported.
    pub origin: Option<Origin<'a>>,
}

/// When and by whom a version was saved elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// When it was saved.
    pub at: Timestamp,
    /// The name of the person who saved it; empty if that is unknown.
    pub author: &'a str,
}

/// The hash of a version: of the canonical content and, line by line, of where references lead.
#[must_use]
pub fn hash(content: &Content, pins: &[ResolvedRef]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(content.canonical());
    for pin in pins {
        hasher.update(format!("\n{}\0", pin.target));
        match &pin.to {
            To::Version { hash, .. } => hasher.update(hash),
            To::Environment(environment) => hasher.update(format!("environment {environment}")),
        }
    }
    hasher.finalize().to_vec()
}

/// Writes a version after the `latest`.
///
/// # Errors
/// [`Error::Conflict`] when it equals that one.
pub async fn insert(change: &mut OrgChange, prompt: PromptId, latest: i64, new: New<'_>) -> Result<i64> {
    let (number, hash, now) = (latest + 1, hash(new.content, new.pins), change.now());
    let (person, key) = (change.person(), change.key().map(|key| key.id));
    let same = change
        .query("SELECT 1 FROM versions WHERE org_id = $1 AND prompt_id = $2 AND number = $3 AND hash = $4");
    let same: Option<(i32,)> = same.bind(prompt).bind(latest).bind(hash.clone()).optional().await?;
    if same.is_some() {
        return Err(Error::conflict(format!("Nothing has changed since version {latest}.")));
    }
    change
        .query(
            "INSERT INTO versions (org_id, prompt_id, number, hash, content, message, restores, created_at, created_by, author, key_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(prompt)
        .bind(number)
        .bind(hash)
        .bind(new.content.canonical())
        .bind(new.message.to_owned())
        .bind(new.restores)
        .bind(new.origin.map_or(now, |origin| origin.at.min(now)))
        .bind(person)
        .bind(new.origin.map_or("", |origin| origin.author).to_owned())
        .bind(key)
        .execute()
        .await?;
    let leads: Vec<Lead<'_>> = new.pins.iter().map(|pin| (&*pin.target, pin.prompt, Some(&pin.to))).collect();
    references::insert(change, (prompt, number), &leads).await?;
    change
        .query("UPDATE prompts SET latest = $3, kind = $4, updated_at = $5 WHERE org_id = $1 AND id = $2")
        .bind(prompt)
        .bind(number)
        .bind(new.content.kind())
        .bind(now)
        .execute()
        .await?;
    index::write(change, prompt).await?;
    change.announce(Topic::Prompts, prompt.0).await?;
    Ok(number)
}
