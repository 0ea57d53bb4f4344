//! What a personal workspace begins with, and an organization may: a small library that shows folders within folders, variables
//! that are handed down, a reference, and a Jinja template. It can be deleted like anything else.

use super::{folders, variables};
use crate::{
    error::Result,
    fields::PathName,
    id::{FolderId, OrgId, PromptId},
    prompts::{
        Tags,
        content::{Body, Content, Kind, Message, Speaker, ValueKind, Variable},
        saving, store,
    },
    role::EditContent,
    server::{Grant, OrgChange, Scope, Server},
    templates::Engine,
};
use serde_json::{Value, json};

/// The tag of all that is in it.
pub const SAMPLE: &str = "sample";

const RULES: &str = "Answer with JSON only: no prose around it, no code fences.
Write texts in {{ output_language }}.
Leave out what the text does not say; never guess.";

const RECEIPT: &str =
    "You read receipts and extract what they say: seller, date, items with their prices, and the total.
Amounts are in {{ currency }} unless the receipt says otherwise.

[[ JSON Extractor/Parts/Rules ]]";

const FIELDS: &str =
    "Extract from the text of the user{% if fields %} these fields, each with its name as the key:
{% for field in fields %}
{{ loop.index }}. {{ field.name }}{% if field.hint %}: {{ field.hint }}{% endif %}
{% endfor %}{% else %} whatever facts it holds, under keys that say what they are.
{% endif %}

At most {{ max_items }} items in a list.

[[ JSON Extractor/Parts/Rules ]]";

/// What the samples are tried with, until a call says otherwise.
const PAPER: &str = "Corner Bakery, 12 May\n2 croissants 5.80\n1 coffee 3.20\nTotal 9.00";
const MESSAGE: &str = "Hello, my order 1042 has not arrived. Could you send it again? Kim";

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
/// [`Error::Invalid`](crate::error::Error::Invalid) when something else has the name of its folder.
pub async fn add(grant: &Grant<EditContent>) -> Result<()> {
    let mut change = grant.change().await?;
    write(&mut change).await?;
    change.commit().await
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
    prompt(change, parts, "Rules", "Sample: what every extractor is told. Others refer to it.", &rules)
        .await?;
    let receipt = chat(
        Engine::Plain,
        RECEIPT,
        "{{ receipt }}",
        &[("receipt", ValueKind::String, true, Some(json!(PAPER)), "The text of the receipt")],
    );
    prompt(change, receipts, "Extract receipt", "Sample: turns a receipt into JSON.", &receipt).await?;
    let declared = [
        ("fields", ValueKind::List, false, None, "What to look for: a list of objects with name and hint"),
        ("text", ValueKind::String, true, Some(json!(MESSAGE)), "The text to read"),
    ];
    let fields = chat(Engine::Jinja, FIELDS, "{{ text }}", &declared);
    prompt(
        change,
        root,
        "Extract fields",
        "Sample: turns any text into JSON, with the fields you ask for.",
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
    saving::save_within(change, id, "The sample as it comes").await?;
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
    PathName::parse(name).map_err(|message| crate::error::Error::invalid("name", message))
}
