//! A difference between two contents, shown one below the other or side by side.

use super::reading::reading;
use crate::{
    error::Result,
    fields::counted,
    prompts::{
        content::Content,
        diff::{Difference, Line, Part, PartKind, Side, variables},
    },
    templates::Engine,
    tenancy::Scope,
    ui::{Bake, Html},
    web::RequestContext,
};
use leptos::prelude::*;

/// Whether both sides are shown beside each other.
pub(super) fn split(caller: &RequestContext) -> bool {
    caller.query("view").as_deref() == Some("split")
}

/// The most lines that a page shows.
const MAX_LINES: usize = 2_000;
/// About how many bytes are around a piece of a line.
const PIECE: usize = 100;

/// A difference, one line below the other, with nothing to press.
///
/// # Errors
/// When there is no room to show it.
pub(super) async fn plain(scope: &Scope, difference: Difference) -> Result<Html> {
    if difference.is_empty() {
        return Ok(view! { <p class="note">"No changes."</p> }.bake());
    }
    let summary = difference.summary.join(", ");
    let (parts, rest) = parts(scope, difference, 0, false).await?;
    let more = (rest > 0).then(|| view! { <p class="note">{format!("{} more.", counted(rest, "line"))}</p> });
    let html = view! { <div class="difference"><header><p><strong>{summary}</strong></p></header>{parts}{more}</div> };
    Ok(html.bake())
}

/// The parts of a difference as a page shows them, without the lines before `from`, and how many lines come after them.
async fn parts(
    scope: &Scope,
    difference: Difference,
    from: usize,
    split: bool,
) -> Result<(Vec<Html>, usize)> {
    let lines = difference.parts.iter().flat_map(|part| &part.lines);
    let bytes = lines.flat_map(|line| &line.pieces).map(|(_, text)| text.len() + PIECE).sum();
    let show = move || {
        let (difference, rest) = difference.page(from, MAX_LINES);
        (difference.parts.iter().map(|one| part(one, split).bake()).collect(), rest)
    };
    scope.server().long_work.run_on(scope.behalf(), bytes, show).await
}

/// What a content says, where there is nothing to compare it with.
pub fn whole(content: &Content) -> Html {
    let model = &content.model;
    let jinja = (content.engine == Engine::Jinja).then(|| "Jinja".to_owned());
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let pairs = [
        ("Engine", jinja),
        ("Provider", given(&model.provider)),
        ("Model", given(&model.model)),
        ("Temperature", model.temperature.map(|degree| degree.to_string())),
        ("Max tokens", model.max_tokens.map(|most| most.to_string())),
        ("Tools", model.tools.as_ref().map(ToString::to_string)),
        ("Response format", model.response_format.as_ref().map(ToString::to_string)),
        ("Variables", given(&variables(&content.variables))),
    ];
    let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let pairs: Vec<_> = pairs.map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect();
    let pairs = (!pairs.is_empty()).then(|| view! { <dl class="pairs">{pairs}</dl> });
    view! { <div class="difference">{reading(content)}{pairs}</div> }.bake()
}

/// A difference, as the page's query wants it, with the way to the other view of it.
///
/// # Errors
/// When there is no room to show it.
pub async fn shown(scope: &Scope, difference: Difference, caller: &RequestContext) -> Result<Html> {
    let split = split(caller);
    if difference.is_empty() {
        return Ok(view! { <p class="note">"No changes."</p> }.bake());
    }
    let summary = difference.summary.join(", ");
    let from = caller.query("lines").and_then(|from| from.parse().ok()).unwrap_or(0);
    let (parts, rest) = parts(scope, difference, from, split).await?;
    let path = caller.page.split('?').next().unwrap_or_default().to_owned();
    let query =
        |name: &str| caller.query(name).filter(|value| value.bytes().all(|b| b.is_ascii_alphanumeric()));
    let url = |view: &str| {
        let mut url = format!("{path}?view={view}");
        for name in ["from", "to", "kind", "version"] {
            if let Some(value) = query(name) {
                url.extend(["&", name, "=", &value]);
            }
        }
        url
    };
    let (this, that) = if split { ("split", "unified") } else { ("unified", "split") };
    let more = (rest > 0).then(|| {
        let url = format!("{}&lines={}", url(this), from + MAX_LINES);
        view! { <p><a class="button" href=url>{format!("Show more lines ({rest} left)")}</a></p> }
    });
    let other = if split { "Unified" } else { "Side by side" };
    let html = view! {
        <div class="difference">
            <header><p><strong>{summary}</strong></p><a class="button" data-size="small" href=url(that)>{other}</a></header>
            {parts}
            {more}
        </div>
    };
    Ok(html.bake())
}

fn part(part: &Part, split: bool) -> impl IntoView + use<> {
    let (kind, spoken) = match part.kind {
        PartKind::Added => ("Added", "added"),
        PartKind::Removed => ("Removed", "removed"),
        PartKind::Changed => ("Changed", "changed"),
    };
    let rows: Vec<Html> =
        if split { split_rows(&part.lines) } else { part.lines.iter().map(unified_row).collect() };
    let class = if split { "diff split" } else { "diff" };
    let label = format!("{}, {spoken}", part.title);
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
