//! From a prompt in the database to everything that rendering it needs.

use super::{
    content::Content,
    drafts::parse,
    references::targets,
    render::{Part, Resolved},
    store::{self, Prompt},
};
use crate::{
    error::{Error, Result},
    id::{FolderId, PromptId},
    server::Scope,
    templates::Selector,
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A version of a prompt with the versions its references led to when it was saved.
///
/// # Errors
/// [`Error::NotFound`] when there is no such prompt or version.
pub async fn version(scope: &Scope, prompt: PromptId, number: i64) -> Result<Resolved> {
    let mut resolver = Resolver { scope, parts: Vec::new(), places: HashMap::new() };
    resolver.version(prompt, number).await?.ok_or(Error::NotFound)?;
    Ok(Resolved { parts: resolver.parts })
}

/// A content that is no version yet, such as what somebody types: its references lead to what is newest.
/// Those that lead nowhere are left out.
///
/// # Errors
/// When the database fails.
pub async fn draft(scope: &Scope, of: &Prompt, content: Content) -> Result<Resolved> {
    let mut resolver = Resolver { scope, parts: Vec::new(), places: HashMap::new() };
    let inherited = inherited(scope, of.folder_id).await?;
    let leads = targets(&content);
    let (prompt, path) = (of.id, of.path.clone());
    resolver.parts.push(Part {
        prompt,
        path,
        version: None,
        content,
        inherited,
        references: BTreeMap::new(),
    });
    for (target, reference) in leads {
        let to = match store::at_path(scope, &reference.path).await {
            Ok(to) if to.id != of.id => to,
            Ok(_) | Err(Error::NotFound) => continue,
            Err(error) => return Err(error),
        };
        let number = match reference.selector {
            Selector::Latest => to.latest,
            Selector::Version(number) => i64::from(number),
            Selector::Environment(_) => continue,
        };
        if let Some(place) = resolver.version(to.id, number).await? {
            resolver.parts[0].references.insert(target, place);
        }
    }
    Ok(Resolved { parts: resolver.parts })
}

/// The most prompts that one may be made of.
const MAX_PARTS: usize = 500;

struct Resolver<'a> {
    scope: &'a Scope,
    parts: Vec<Part>,
    places: HashMap<(PromptId, i64), usize>,
}

impl Resolver<'_> {
    /// The place of a version among the parts, with all that is below it; none when there is no such
    /// version.
    async fn version(&mut self, prompt: PromptId, number: i64) -> Result<Option<usize>> {
        if let Some(place) = self.places.get(&(prompt, number)) {
            return Ok(Some(*place));
        }
        if self.parts.len() >= MAX_PARTS {
            return Ok(None);
        }
        let row = self.scope.query(
            "SELECT p.path, p.folder_id, v.content FROM versions v
             JOIN prompts p ON p.org_id = v.org_id AND p.id = v.prompt_id
             WHERE v.org_id = $1 AND v.prompt_id = $2 AND v.number = $3",
        );
        let row: Option<(String, Option<FolderId>, String)> =
            row.bind(prompt).bind(number).optional().await?;
        let Some((path, folder, content)) = row else { return Ok(None) };
        let (content, inherited) = (parse(&content)?, inherited(self.scope, folder).await?);
        let place = self.parts.len();
        self.places.insert((prompt, number), place);
        let references = BTreeMap::new();
        self.parts.push(Part { prompt, path, version: Some(number), content, inherited, references });
        let below = self.scope.query(
            "SELECT target, to_id, to_number FROM prompt_references
             WHERE org_id = $1 AND prompt_id = $2 AND number = $3 AND to_number IS NOT NULL",
        );
        let below: Vec<(String, PromptId, i64)> = below.bind(prompt).bind(number).all().await?;
        for (target, to, number) in below {
            if let Some(leads) = Box::pin(self.version(to, number)).await? {
                self.parts[place].references.insert(target, leads);
            }
        }
        Ok(Some(place))
    }
}

/// The variables that what is in a folder inherits: the folder's own, then those of the folders around it,
/// then the organization's. The nearest wins.
///
/// # Errors
/// When the database fails.
pub async fn inherited(scope: &Scope, folder: Option<FolderId>) -> Result<BTreeMap<String, Value>> {
    let rows = scope.query(
        "WITH RECURSIVE above (id, parent_id, depth) AS (
           SELECT id, parent_id, depth FROM folders WHERE org_id = $1 AND id = $2
           UNION ALL
           SELECT f.id, f.parent_id, f.depth FROM folders f JOIN above a ON f.org_id = $1 AND f.id = a.parent_id)
         SELECT v.name, v.value, coalesce(a.depth, 0) FROM variables v LEFT JOIN above a ON a.id = v.folder_id
         WHERE v.org_id = $1 AND (v.folder_id IS NULL OR a.id IS NOT NULL)
         ORDER BY coalesce(a.depth, 0)",
    );
    let rows: Vec<(String, String, i64)> = rows.bind(folder).all().await?;
    let value = |json: String| serde_json::from_str(&json).unwrap_or(Value::String(json));
    // The nearest comes last, and so stays.
    Ok(rows.into_iter().map(|(name, json, _)| (name, value(json))).collect())
}
