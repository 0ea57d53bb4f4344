//! What a personal workspace begins with, and an organization may: a small library that shows folders within folders, variables
//! that are handed down, a reference, and a Jinja template. It can be deleted like anything else.

use super::{folders, trash, variables};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, OrgId, PromptId, TrashId},
    prompts::{
        Tags,
        content::{Body, Content, Kind, Message, Speaker, ValueKind, Variable},
        saving, store,
    },
    role::{EditContent, TrashContent},
    templates::Engine,
    tenancy::{Grant, OrgChange, Scope, Server},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The tag of all that is in it.
pub const SAMPLE: &str = "sample";

const RULES: &str = "Answer with JSON only: no prose around it, no code fences.
Write all text in {{ output_language }}.
Leave out anything the text doesn't say; never guess.";

const RECEIPT: &str =
    "You read receipts and extract the seller, the date, the items with their prices, and the total.
Amounts are in {{ currency }} unless the receipt says otherwise.

[[ JSON Extractor/Parts/Rules ]]";

const FIELDS: &str = "Extract from the user's text{% if fields %} these fields, using each name as the key:
{% for field in fields %}
{{ loop.index }}. {{ field.name }}{% if field.hint %}: {{ field.hint }}{% endif %}
{% endfor %}{% else %} the facts it contains, under descriptive keys.
{% endif %}

At most {{ max_items }} items in a list.

[[ JSON Extractor/Parts/Rules ]]";

/// What the samples are tried with, until a call says otherwise.
const PAPER: &str = "Corner Bakery, 12 May\n2 croissants 5.80\n1 coffee 3.20\nTotal 9.00";
const MESSAGE: &str = "Hello, my order 1042 hasn't arrived. Could you send it again? Kim";

/// Puts the sample in an organization that was just made.
///
/// # Errors
/// When the database fails.
pub async fn plant(server: &Server, org: OrgId) -> Result<()> {
    let scope = Scope::of_chore(server, org, "what an organization begins with").await?;
    add(&scope.require()?).await
}

/// Puts the sample in an organization where it is not yet.
///
/// # Errors
/// [`Error::Invalid`] when something else has the name of its folder.
pub async fn add(grant: &Grant<EditContent>) -> Result<()> {
    let mut change = grant.change().await?;
    write(&mut change).await?;
    change.commit().await
}

/// The most prompts that are removed at once: it is a small library.
pub(super) const MOST: i64 = 50;

/// Something of the sample: a folder in which there is nothing else, or a prompt beside others.
enum Thing {
    Folder(FolderId),
    Prompt(PromptId),
}

/// Puts what has the tag of the sample in the trash.
///
/// # Errors
/// [`Error::Conflict`] when some of it is deployed or used elsewhere, which stays then, or when there is too much.
pub async fn remove(grant: &Grant<TrashContent>) -> Result<Vec<TrashId>> {
    let (mut things, mut trashed) = (things(grant).await?, Vec::new());
    loop {
        let (all, mut kept, mut why) = (things.len(), Vec::new(), None);
        for thing in things {
            let put = match &thing {
                Thing::Folder(id) => trash::put_folder(grant, *id).await,
                Thing::Prompt(id) => trash::put_prompt(grant, *id).await,
            };
            match put {
                Ok(id) => trashed.push(id),
                // What others of the sample use goes after them.
                Err(error @ Error::Conflict { .. }) => {
                    why = Some(error);
                    kept.push(thing);
                }
                Err(error) => return Err(error),
            }
        }
        match why {
            None => return Ok(trashed),
            Some(why) if kept.len() == all => return Err(why),
            Some(_) => things = kept,
        }
    }
}

async fn things(scope: &Scope) -> Result<Vec<Thing>> {
    let rows = scope.query(
        "SELECT id, path FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND tags = 'sample'
         ORDER BY path LIMIT CAST($2 AS BIGINT)",
    );
    let rows: Vec<(PromptId, String)> = rows.bind(MOST + 1).all().await?;
    if rows.len() > usize::try_from(MOST).unwrap_or(0) {
        return Err(Error::conflict(format!(
            "More than {MOST} prompts have the tag “{SAMPLE}”. Move them to the trash yourself."
        )));
    }
    let (mut whole, mut mixed, mut things) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (id, path) in rows {
        match outermost(scope, &path, &whole, &mut mixed).await? {
            Some(folder) if whole.contains(&folder) => {}
            Some(folder) => whole.push(folder),
            None => things.push(Thing::Prompt(id)),
        }
    }
    for path in &whole {
        things.extend(folders::at_path(scope, path).await?.map(|folder| Thing::Folder(folder.id)));
    }
    Ok(things)
}

/// The path of the outermost folder around a prompt of the sample in which there is nothing else. `whole` are such
/// folders, `mixed` others, as far as they are known.
async fn outermost(
    scope: &Scope,
    path: &str,
    whole: &[String],
    mixed: &mut BTreeSet<String>,
) -> Result<Option<String>> {
    for (end, _) in path.match_indices('/') {
        let folder = &path[..end];
        if whole.iter().any(|one| one == folder) {
            return Ok(Some(folder.to_owned()));
        }
        if mixed.contains(folder) {
            continue;
        }
        let others = scope.query(
            "SELECT EXISTS (SELECT 1 FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND tags <> 'sample'
             AND substr(path, 1, length($2)) = $2)",
        );
        let (has_others,): (bool,) = others.bind(format!("{folder}/")).one().await?;
        if !has_others {
            return Ok(Some(folder.to_owned()));
        }
        mixed.insert(folder.to_owned());
    }
    Ok(None)
}

async fn write(change: &mut OrgChange) -> Result<()> {
    let root = folder(
        change,
        None,
        "JSON Extractor",
        &[("output_language", json!("English")), ("max_items", json!(10))],
    )
    .await?;
    let parts = folder(change, Some(root), "Parts", &[]).await?;
    let receipts = folder(change, Some(root), "Receipts", &[("currency", json!("EUR"))]).await?;
    let rules = Content { body: Body::Text(RULES.to_owned()), ..Content::empty(Kind::Text) };
    prompt(change, parts, "Rules", "Sample: rules that the other sample prompts include.", &rules).await?;
    let receipt = chat(
        Engine::Plain,
        RECEIPT,
        "{{ receipt }}",
        &[("receipt", ValueKind::String, true, Some(json!(PAPER)), "The text of the receipt")],
    );
    prompt(change, receipts, "Extract receipt", "Sample: turns a receipt into JSON.", &receipt).await?;
    let declared = [
        (
            "fields",
            ValueKind::List,
            false,
            None,
            "The fields to extract: a list of objects with name and hint",
        ),
        ("text", ValueKind::String, true, Some(json!(MESSAGE)), "The text to read"),
    ];
    let fields = chat(Engine::Jinja, FIELDS, "{{ text }}", &declared);
    prompt(
        change,
        root,
        "Extract fields",
        "Sample: turns any text into JSON with the fields you want.",
        &fields,
    )
    .await?;
    Ok(())
}

async fn folder(
    change: &mut OrgChange,
    parent: Option<FolderId>,
    name: &str,
    own: &[(&str, Value)],
) -> Result<FolderId> {
    let id = folders::insert(change, parent, &named(name)?).await?;
    let own: Vec<_> = own.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    variables::set_within(change, Some(id), &own).await?;
    Ok(id)
}

/// A prompt with its first version.
async fn prompt(
    change: &mut OrgChange,
    folder: FolderId,
    name: &str,
    description: &str,
    content: &Content,
) -> Result<PromptId> {
    let (name, tags) = (named(name)?, Tags::parse(SAMPLE).unwrap_or_default());
    let path = store::path_in(change, Some(folder), &name).await?;
    let new = store::NewPrompt { folder: Some(folder), name: &name, path, description, tags: &tags };
    let id = store::insert(change, new, content).await?;
    saving::save_own(change, id, "Sample").await?;
    Ok(id)
}

fn chat(
    engine: Engine,
    system: &str,
    user: &str,
    declared: &[(&str, ValueKind, bool, Option<Value>, &str)],
) -> Content {
    let said = |role, content: &str| Message { role, content: content.to_owned(), name: String::new() };
    let variables = declared.iter().map(|(name, kind, required, default, description)| Variable {
        name: (*name).to_owned(),
        kind: *kind,
        required: *required,
        default: default.clone(),
        description: (*description).to_owned(),
    });
    let body = Body::Chat(vec![said(Speaker::System, system), said(Speaker::User, user)]);
    Content { engine, body, variables: variables.collect(), ..Content::empty(Kind::Chat) }
}

fn named(name: &str) -> Result<PathName> {
    PathName::parse(name).map_err(|message| Error::invalid("name", message))
}
