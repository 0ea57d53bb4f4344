//! What differs: between two versions, or between the newest and the draft before it is saved.

use super::{
    SaveVersion,
    desk::{Desk, Tab},
};
use crate::{
    error::{Error, Result},
    paths,
    prompts::{
        checks,
        content::Content,
        diff::{Difference, Line, Part, PartKind, Side, between},
        references::{self, Dependant},
        versions,
    },
    role::EditContent,
    server::Caller,
    ui::{Alert, Bake, Field, Form, Hidden, Html, Submit},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/prompts/{prompt}/save`: what would be saved, and the form that saves it.
///
/// # Errors
/// Those of [`Frame::enter`](crate::orgs::Frame::enter); [`Error::NotFound`]; [`Error::Forbidden`].
pub async fn save(caller: Caller) -> Result<impl IntoView> {
    let desk = Desk::enter(&caller).await?;
    desk.scope.clone().require::<EditContent>()?;
    let empty = Content::empty(desk.draft.content.kind());
    let difference = between(desk.newest.as_ref().unwrap_or(&empty), &desk.draft.content);
    let mut flaws = checks::flaws(&desk.draft.content);
    flaws.extend(checks::syntax_flaws(&desk.draft.content));
    let flaws: Vec<_> = flaws.into_iter().map(|flaw| view! { <li>{flaw.message}</li> }).collect();
    let wrong = (!flaws.is_empty()).then(|| view! { <Alert kind="error"><ul>{flaws}</ul></Alert> });
    let users = references::used_by(&desk.scope, desk.prompt.id).await?;
    let (latest, revision) = (desk.prompt.latest, desk.draft.revision);
    let next = latest + 1;
    let title = format!("Save version {next}");
    let (org, prompt) = (desk.scope.slug().to_string(), desk.prompt.id.to_string());
    let back = paths::prompt(desk.scope.slug(), desk.prompt.id);
    let view = split(&caller);
    let body = view! {
        <h2>{title}</h2>
        {wrong}
        {affected(&users)}
        {shown(&difference, view, &caller)}
        <section class="panel">
            <Form action=SaveVersion::PATH>
                <Hidden name="org" value=org/>
                <Hidden name="prompt" value=prompt/>
                <Hidden name="revision" value=revision.to_string()/>
                <Hidden name="latest" value=latest.to_string()/>
                <Field name="message" label="What changed, and why" maxlength=500 optional=true
                    hint="Those who read the history will thank you."/>
                <div class="form-actions">
                    <a class="button" data-kind="quiet" href=back>"Back to the draft"</a>
                    <Submit>{format!("Save version {next}")}</Submit>
                </div>
            </Form>
        </section>
    };
    Ok(desk.show(Tab::Edit, (), body))
}

/// Who uses the prompt, and what saving means for them.
fn affected(users: &[Dependant]) -> Option<impl IntoView + use<>> {
    let pinned: Vec<&str> =
        users.iter().filter(|user| user.number > 0).map(|user| user.path.as_str()).collect();
    (!pinned.is_empty()).then(|| {
        let says = format!(
            "Used by {}. They keep the version they were saved with, and take this one when they are saved again.",
            pinned.join(", ")
        );
        view! { <p class="note">{says}</p> }
    })
}

/// `/{org}/prompts/{prompt}/compare?from=1&to=draft`.
///
/// # Errors
/// As [`save`], but for all who may read.
pub async fn compare(caller: Caller) -> Result<impl IntoView> {
    let desk = Desk::enter(&caller).await?;
    let latest = desk.prompt.latest;
    let from = caller.query("from").unwrap_or_else(|| (latest - 1).max(1).to_string());
    let to =
        caller.query("to").unwrap_or_else(|| if latest > 0 { latest.to_string() } else { "draft".into() });
    let (old, new) = (side(&desk, &from).await?, side(&desk, &to).await?);
    let difference = between(&old, &new);
    let options = |chosen: &str| {
        let all = (1..=latest).rev().take(200).map(|number| number.to_string());
        let all = std::iter::once("draft".to_owned()).chain(all);
        all.map(|one| {
            let label = if one == "draft" { "Draft".to_owned() } else { format!("Version {one}") };
            let selected = one == chosen;
            view! { <option value=one selected=selected>{label}</option> }
        })
        .collect_view()
    };
    let view = split(&caller);
    let body = view! {
        <form class="filters" method="get" aria-label="Compare">
            <label>"From "<select name="from">{options(&from)}</select></label>
            <label>"to "<select name="to">{options(&to)}</select></label>
            {view.then(|| view! { <input type="hidden" name="view" value="split"/> })}
            <button class="button">"Compare"</button>
        </form>
        {shown(&difference, view, &caller)}
    };
    Ok(desk.show(Tab::Versions, (), body))
}

async fn side(desk: &Desk, which: &str) -> Result<Content> {
    match which {
        "draft" => Ok(desk.draft.content.clone()),
        number => {
            let number = number.parse().map_err(|_| Error::NotFound)?;
            versions::content(&desk.scope, desk.prompt.id, number).await
        }
    }
}

/// Whether both sides are shown beside each other.
fn split(caller: &Caller) -> bool {
    caller.query("view").as_deref() == Some("split")
}

/// A difference, with the way to the other view of it.
fn shown(difference: &Difference, split: bool, caller: &Caller) -> Html {
    if difference.is_empty() {
        return view! { <p class="note">"Nothing differs."</p> }.bake();
    }
    let summary = difference.summary.join(", ");
    let parts: Vec<_> = difference.parts.iter().map(|one| part(one, split)).collect();
    let path = caller.page.split('?').next().unwrap_or_default().to_owned();
    let query =
        |name: &str| caller.query(name).filter(|value| value.bytes().all(|b| b.is_ascii_alphanumeric()));
    let mut url = format!("{path}?view={}", if split { "unified" } else { "split" });
    for name in ["from", "to"] {
        if let Some(value) = query(name) {
            url.extend(["&", name, "=", &value]);
        }
    }
    let other = if split { "One below the other" } else { "Side by side" };
    view! {
        <div class="difference">
            <header><p><strong>{summary}</strong></p><a class="button" data-size="small" href=url>{other}</a></header>
            {parts}
        </div>
    }
    .bake()
}

fn part(part: &Part, split: bool) -> impl IntoView + use<> {
    let kind = match part.kind {
        PartKind::Added => "added",
        PartKind::Removed => "removed",
        PartKind::Changed => "changed",
    };
    let rows: Vec<Html> =
        if split { split_rows(&part.lines) } else { part.lines.iter().map(unified_row).collect() };
    let class = if split { "diff split" } else { "diff" };
    let label = format!("{}, {kind}", part.title);
    view! {
        <section class="panel diff-part">
            <header><h2>{part.title.clone()}" "<span class="badge">{kind}</span></h2></header>
            <div class="diff-scroll" tabindex="0" role="region" aria-label=label>
                <table class=class><tbody>{rows}</tbody></table>
            </div>
        </section>
    }
}

fn unified_row(line: &Line) -> Html {
    let (kind, sign) = match line.side {
        Side::Both => ("both", " "),
        Side::Old => ("old", "−"),
        Side::New => ("new", "+"),
        Side::Gap => return view! { <tr data-side="gap"><td colspan="4">"⋯"</td></tr> }.bake(),
    };
    let spoken = match line.side {
        Side::Old => "removed: ",
        Side::New => "added: ",
        _ => "",
    };
    view! {
        <tr data-side=kind>
            <td class="diff-number">{line.old}</td>
            <td class="diff-number">{line.new}</td>
            <td class="diff-sign" aria-hidden="true">{sign}</td>
            <td class="diff-text"><span class="visually-hidden">{spoken}</span>{pieces(line)}</td>
        </tr>
    }
    .bake()
}

/// Lines that are gone beside those that are new.
fn split_rows(lines: &[Line]) -> Vec<Html> {
    let (mut rows, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        match lines[at].side {
            Side::Gap => {
                rows.push(view! { <tr data-side="gap"><td colspan="4">"⋯"</td></tr> }.bake());
                at += 1;
            }
            Side::Both => {
                rows.push(pair(Some(&lines[at]), Some(&lines[at])));
                at += 1;
            }
            _ => {
                let run =
                    lines[at..].iter().take_while(|line| matches!(line.side, Side::Old | Side::New)).count();
                let (old, new): (Vec<&Line>, Vec<&Line>) =
                    lines[at..at + run].iter().partition(|line| line.side == Side::Old);
                let most = old.len().max(new.len());
                rows.extend((0..most).map(|n| pair(old.get(n).copied(), new.get(n).copied())));
                at += run;
            }
        }
    }
    rows
}

fn pair(old: Option<&Line>, new: Option<&Line>) -> Html {
    let cell = |line: Option<&Line>, number: Option<usize>, side: &'static str| {
        let kind = line.filter(|line| line.side != Side::Both).map(|_| side);
        let spoken = if kind.is_some() { if side == "old" { "removed: " } else { "added: " } } else { "" };
        let text = line.map(pieces);
        view! {
            <td class="diff-number">{number}</td>
            <td class="diff-text" data-side=kind><span class="visually-hidden">{spoken}</span>{text}</td>
        }
    };
    let (before, after) = (old.and_then(|line| line.old), new.and_then(|line| line.new));
    view! { <tr>{cell(old, before, "old")}{cell(new, after, "new")}</tr> }.bake()
}

/// The text of a line, what differs marked; white space that differs is made visible.
fn pieces(line: &Line) -> Vec<Html> {
    let piece = |(differs, text): &(bool, String)| {
        if *differs {
            let visible = text.chars().all(char::is_whitespace);
            let text = if visible { text.replace(' ', "·").replace('\t', "→") } else { text.clone() };
            view! { <mark>{text}</mark> }.bake()
        } else {
            view! { {text.clone()} }.bake()
        }
    };
    line.pieces.iter().map(piece).collect()
}
