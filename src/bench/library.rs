//! A library to measure, and what of it is measured within the server: work that is too small, or too
//! seldom, to be told from the way to it and back.

use crate::{
    environments::store as environments,
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId},
    library::{folders, search::search, variables},
    prompts::{
        Tags,
        content::{Body, Content, Kind},
        diff, drafts, editing,
        render::{Resolved, Values, render, render_for},
        resolve,
        saving::{self, Seen},
        store,
    },
    role::EditContent,
    templates::Engine,
    tenancy::{Grant, OrgChange, Scope, Topic},
};
use serde_json::{Value, json};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// How many folders are in a folder of the library.
const WIDTH: usize = 10;
/// How often something is done before it is known how long it takes.
const ROUNDS: u32 = 1000;

const WORDS: [&str; 12] = [
    "ticket",
    "invoice",
    "customer",
    "answer",
    "summary",
    "tone",
    "refund",
    "translate",
    "review",
    "code",
    "legal",
    "draft",
];

fn name(text: &str) -> Result<PathName> {
    PathName::parse(text).map_err(Error::conflict)
}

fn said(text: String) -> Content {
    Content { body: Body::Text(text), ..Content::empty(Kind::Text) }
}

/// Text of about so many bytes, with words that depend on `n`.
fn prose(n: usize, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 40);
    let mut at = n;
    while text.len() < bytes {
        at = at.wrapping_mul(31).wrapping_add(7);
        text.push_str(WORDS[at % WORDS.len()]);
        text.push(if at.is_multiple_of(11) { '\n' } else { ' ' });
    }
    text
}

/// Fills a library with folders, ten in each, and prompts with a version of so many bytes each, spread over
/// them.
pub(super) async fn plant(
    grant: &Grant<EditContent>,
    count: usize,
    prompts: usize,
    bytes: usize,
) -> Result<()> {
    let mut made: Vec<FolderId> = Vec::with_capacity(count);
    let mut change = grant.change().await?;
    for n in 0..count {
        let parent = n.checked_div(WIDTH).filter(|parent| *parent > 0).map(|parent| made[parent - 1]);
        made.push(folders::insert(&mut change, parent, &name(&format!("Folder {n}"))?).await?);
    }
    change.commit().await?;
    for batch in (0..prompts).collect::<Vec<_>>().chunks(500) {
        let mut change = grant.change().await?;
        for n in batch {
            let folder = made.get(n % count.max(1)).copied();
            prompt(&mut change, folder, &format!("Prompt {n}"), prose(*n, bytes)).await?;
        }
        change.commit().await?;
    }
    Ok(())
}

/// Makes the first version of every prompt live in production. No approval is asked for and no log written:
/// the rows are there to be read.
pub(super) async fn deploy(grant: &Grant<EditContent>) -> Result<()> {
    let mut change = grant.change().await?;
    let production = environments::named(&mut change, "production").await?.ok_or(Error::NotFound)?.id;
    let now = change.now();
    // There is one deployment of each prompt, so the prompt's id serves for it.
    let deploy = change.query(
        "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason,
           actor_kind, created_at)
         SELECT org_id, id, $2, id, 1, 'deploy', 1, '', 'system', $3 FROM prompts WHERE org_id = $1",
    );
    deploy.bind(production).bind(now).execute().await?;
    change.announce(Topic::Deployments, production.0).await?;
    change.commit().await
}

async fn prompt(
    change: &mut OrgChange,
    folder: Option<FolderId>,
    called: &str,
    text: String,
) -> Result<PromptId> {
    let called = name(called)?;
    let path = store::path_in(change, folder, &called).await?;
    let new = store::NewPrompt { folder, name: &called, path, description: "", tags: &Tags::default() };
    let id = store::insert(change, new, &said(text)).await?;
    saving::save_own(change, id, "").await?;
    Ok(id)
}

/// How long things take, in microseconds: the median, and the slowest of a hundred.
pub(super) async fn measure(scope: Scope) -> Result<Value> {
    let grant: Grant<EditContent> = scope.clone().require()?;
    let (plain, nested) = (plain(&grant).await?, nested(&grant).await?);
    let values: Values = (0..10).map(|n| (format!("v{n}"), json!("a value"))).collect();
    let mut told = vec![
        time("render, 2 kB", || render(&plain, &values).is_ok()),
        time("render, depth 5", || render(&nested, &values).is_ok()),
    ];
    let jinja = jinja(&grant).await?;
    told.push(time_of("Jinja, 2 kB", ROUNDS, || render(&jinja, &values).is_ok()));
    let mut times = Vec::new();
    for n in 0..ROUNDS {
        // Another value each time: what was rendered before is kept.
        let mut values = values.clone();
        values.insert("v0".to_owned(), json!(n));
        let (jinja, begun) = (jinja.clone(), begin());
        let place = (scope.server(), scope.behalf());
        black_box(render_for(place, jinja, values).await?.is_ok());
        times.push(begun.elapsed());
    }
    told.push(row("Jinja by a worker", times));
    let (old, mut new) = (prose(1, 100_000), prose(1, 100_000));
    for n in (1..40).rev() {
        new.insert_str(new.floor_char_boundary(n * 2_400), "something else\n");
    }
    let (old, new) = (said(old), said(new));
    told.push(time_of("diff, 100 kB", 20, || diff::between(&old, &new).is_empty()));
    let mut times = Vec::new();
    for n in 0..ROUNDS as usize {
        let typed = format!("{} {}", WORDS[n % WORDS.len()], &WORDS[n / WORDS.len() % WORDS.len()][..3]);
        let begun = begin();
        black_box(search(&scope, &typed, 50).await?);
        times.push(begun.elapsed());
    }
    told.push(row("search", times));
    let (id, mut times) = (saved(&grant).await?, Vec::new());
    for n in 1..=i64::from(ROUNDS / 5) {
        let revision = drafts::read(&scope, id).await?.revision;
        let revision = editing::save(&grant, id, revision, &said(format!("{n} {}", prose(1, 2000)))).await?;
        let begun = begin();
        saving::save(&grant, id, Seen { revision, latest: n }, "").await?;
        times.push(begun.elapsed());
    }
    told.push(row("save version", times));
    Ok(Value::Array(told))
}

async fn saved(grant: &Grant<EditContent>) -> Result<PromptId> {
    let mut change = grant.change().await?;
    let id = prompt(&mut change, None, "Saved again and again", prose(1, 2000)).await?;
    change.commit().await?;
    Ok(id)
}

/// A text of two kilobytes with ten variables.
async fn plain(grant: &Grant<EditContent>) -> Result<Resolved> {
    let parts: Vec<String> = (0..10).map(|n| format!("{}{{{{ v{n} }}}} ", prose(n, 190))).collect();
    variables::set(grant, None, &[("v0".to_owned(), json!("inherited"))]).await?;
    let mut change = grant.change().await?;
    let id = prompt(&mut change, None, "Plain", parts.concat()).await?;
    change.commit().await?;
    resolve::version(&**grant, id, 1).await
}

/// The text of [`plain`] as a Jinja template with a loop and a filter.
async fn jinja(grant: &Grant<EditContent>) -> Result<Resolved> {
    let parts: Vec<String> = (0..10).map(|n| format!("{}{{{{ v{n} | upper }}}} ", prose(n, 190))).collect();
    let text = format!("{}{{% for n in range(10) %}}{{{{ n }}}} {{% endfor %}}", parts.concat());
    let content = Content { engine: Engine::Jinja, ..said(text) };
    let called = name("Jinja")?;
    let mut change = grant.change().await?;
    let path = store::path_in(&mut change, None, &called).await?;
    let new = store::NewPrompt { folder: None, name: &called, path, description: "", tags: &Tags::default() };
    let id = store::insert(&mut change, new, &content).await?;
    change.commit().await?;
    resolve::draft(grant, &store::find(grant, id).await?, content).await
}

/// Five prompts, each of which refers to the next, with two variables each.
async fn nested(grant: &Grant<EditContent>) -> Result<Resolved> {
    let mut change = grant.change().await?;
    let mut id =
        prompt(&mut change, None, "Level 5", format!("{}{{{{ v5 }}}} {{{{ v6 }}}}", prose(5, 300))).await?;
    for n in (1..5).rev() {
        let text = format!("{}{{{{ v{n} }}}} [[ Level {} | v6=other ]]", prose(n, 300), n + 1);
        id = prompt(&mut change, None, &format!("Level {n}"), text).await?;
    }
    change.commit().await?;
    resolve::version(&**grant, id, 1).await
}

#[expect(clippy::disallowed_methods, reason = "time itself is measured, and nothing is decided by it")]
fn begin() -> Instant {
    Instant::now()
}

fn time(what: &str, work: impl FnMut() -> bool) -> Value {
    time_of(what, ROUNDS * 10, work)
}

fn time_of(what: &str, rounds: u32, mut work: impl FnMut() -> bool) -> Value {
    let times = (0..rounds).map(|_| {
        let begun = begin();
        black_box(work());
        begun.elapsed()
    });
    row(what, times.collect())
}

fn row(what: &str, mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let at =
        |percent: usize| times.get(times.len() * percent / 100).map_or(0.0, |time| time.as_secs_f64() * 1e6);
    json!({ "what": what, "p50_us": at(50), "p99_us": at(99) })
}
