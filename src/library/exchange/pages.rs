//! The pages of importing: choosing a file, and what it would do.

use super::{
    import,
    line::{Act as Does, Line, count},
};
use crate::{
    error::{Error, Result},
    fields::capitalized,
    id::ImportId,
    library::{
        ApplyImport, CreateImport,
        pages::beside,
        tree::{Here, tree},
    },
    orgs::{AppLayout, Place},
    paths,
    role::ImportContent,
    ui::{Act, Field, Form, FormAlert, Hidden, Once, Submit, Upload},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many lines a page tells of.
const SHOWN: usize = 500;

/// `/{org}/prompts/import`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`] for who may not import.
pub async fn import(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    if !scope.can::<ImportContent>() {
        return Err(Error::Forbidden);
    }
    let tree = tree(&scope, Here::Elsewhere).await?;
    let org = scope.slug().clone();
    let body = view! {
        <header class="page-head"><div>
            <h1>"Import"</h1>
            <p>"A Prompt Studio export (JSON, Markdown or ZIP), or a plain .md or .txt file, which becomes one prompt. You'll see a preview before anything changes."</p>
        </div></header>
        <Form action=CreateImport::PATH files=true once=true>
            <Hidden name="org" value=org.to_string()/>
            <Upload name="file" label="File" accept=".json,.md,.txt,.zip,application/json,text/markdown,text/plain,application/zip" hint="At most 8 MiB."/>
            <Field name="text" label="Or paste its text" kind="textarea" optional=true maxlength=200_000/>
            <div class="form-actions"><Submit>"Preview import"</Submit></div>
        </Form>
    };
    let trail = vec![("Import".to_owned(), paths::import(scope.slug(), None))];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

/// `/{org}/prompts/import/{import}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when no such file waits.
pub async fn preview(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let tree = tree(&scope, Here::Elsewhere).await?;
    let org = scope.slug().clone();
    let id: ImportId = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let grant = scope.require::<ImportContent>()?;
    let lines = import::preview(&grant, id).await?;
    let here = paths::import(&org, None);
    let says = [(Does::Create, "new"), (Does::Change, "changed"), (Does::Skip, "skipped")]
        .map(|(act, word)| (count(&lines, act), word))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>()
        .join(", ");
    let does_nothing = lines.iter().all(|line| line.act == Does::Skip);
    let more = lines.len().saturating_sub(SHOWN);
    let about = vec![("org", org.to_string()), ("import", id.to_string())];
    let apply = (!does_nothing).then(|| {
        view! { <Act action=ApplyImport::PATH about><Once/><button class="button" data-kind="primary">"Import"</button></Act> }
    });
    let rows: Vec<_> = lines.into_iter().take(SHOWN).map(row).collect();
    let body = view! {
        <header class="page-head">
            <div>
                <h1>"Import preview"</h1>
                <p>{if does_nothing { "Nothing to import: everything already exists or can't be imported.".to_owned() } else { says }}</p>
            </div>
            <div class="page-actions">
                {apply}
                <a class="button" data-kind="quiet" href=here.clone()>"Choose another file"</a>
            </div>
        </header>
        <FormAlert action=ApplyImport::PATH/>
        <table class="table told">
            <thead><tr><th scope="col">"Path"</th><th scope="col">"Result"</th><th scope="col">"Details"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
        {(more > 0).then(|| format!("And {more} more."))}
    };
    let trail = vec![("Import".to_owned(), here)];
    Ok(frame.part("Preview").show_thing(Place::Prompts, trail, beside(tree, body)))
}

fn row(line: Line) -> impl IntoView {
    let act = match line.act {
        Does::Create => "New",
        Does::Change => "Changed",
        Does::Skip => "Skipped",
    };
    let path = if line.path.is_empty() { "The organization".to_owned() } else { line.path };
    view! {
        <tr>
            <th scope="row" data-label="Path">{path}</th>
            <td data-label="Result">{act}</td>
            <td data-label="Details">{capitalized(&line.says)}</td>
        </tr>
    }
}
