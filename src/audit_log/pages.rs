//! `/{org}/settings/audit-log`.

use super::{
    changes::changes,
    filter::Filter,
    store::{self, Row},
    words,
};
use crate::{
    error::Result,
    orgs::{AppLayout, Place},
    paths,
    role::ViewAuditLog,
    time::Timestamp,
    ui::{Avatar, Bake, Empty, Html, Pager, When, glyph},
    web::RequestContext,
};
use leptos::prelude::*;
use uuid::Uuid;

/// The rows of a page.
const SIZE: usize = 50;

/// `/{org}/settings/audit-log`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`](crate::error::Error::Forbidden) for those who may not.
pub async fn audit_log(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let grant = scope.clone().require::<ViewAuditLog>()?;
    let filter = Filter::parse(&caller.page);
    let base = paths::audit_log(scope.slug());
    let (rows, next) = match filter.resolve(&scope).await? {
        Some(asked) => store::list(&grant, &asked, SIZE).await?,
        None => (Vec::new(), None),
    };
    let page = |after: String| format!("{base}{}", Filter { after, ..filter.clone() }.query());
    let next = next.map(|id| page(id.to_string()));
    let first = (!filter.after.is_empty()).then(|| page(String::new()));
    let list = if rows.is_empty() {
        nothing(&filter, &base)
    } else {
        table(&rows, &base, scope.server().clock.now())
    };
    let exports = exports(&filter, &base);
    Ok(frame.show(
        Place::AuditLog,
        view! {
            <header class="page-head">
                <div><h1>"Audit log"</h1><p>"Who did what, and when. Entries can't be changed."</p></div>
                <div class="page-actions">{exports}</div>
            </header>
            {bar(&filter, &base, rows.first())}
            <div id="audit-log">{list}<Pager first next/></div>
        },
    ))
}

fn exports(filter: &Filter, base: &str) -> impl IntoView + use<> {
    let query = Filter { after: String::new(), ..filter.clone() }.query();
    view! {
        <a class="button" href=format!("{base}.csv{query}") download>"Export CSV"</a>
        <a class="button" href=format!("{base}.jsonl{query}") download>"Export JSON Lines"</a>
    }
}

fn bar(filter: &Filter, base: &str, first: Option<&Row>) -> impl IntoView + use<> {
    let Filter { actor, action, target, from, to, .. } = filter.clone();
    let groups = words::groups().into_iter().map(|(group, actions)| {
        let options = actions.into_iter().map(|one| {
            view! { <option value=one.code() selected=one.code() == action>{words::choice(one)}</option> }
        });
        view! { <optgroup label=group>{options.collect_view()}</optgroup> }
    });
    let groups = groups.collect_view();
    let all = filter
        .is_narrow()
        .then(|| view! { <a class="button" data-kind="quiet" href=base.to_owned()>"Clear filters"</a> });
    let has_more = [&target, &from, &to].into_iter().any(|text| !text.is_empty());
    let who = whom("actor", "Who", "Who: name or email", actor, first.map(words::actor));
    let target = whom("target", "Target", "Name, email or ID", target, first.and_then(words::target_name));
    view! {
        <form class="log-filters" role="search" method="get" action=base.to_owned()>
            {who}
            <select name="action" aria-label="What"><option value="">"All actions"</option>{groups}</select>
            <button class="button" type="submit">"Filter"</button>
            {all}
            <details class="more" open=has_more>
                <summary>"More filters"</summary>
                <div class="log-more">
                    {target}
                    <label>"From"<input type="date" name="from" value=from/></label>
                    <label>"To"<input type="date" name="to" value=to/></label>
                </div>
            </details>
        </form>
    }
}

/// A field for somebody or something; where one was picked from a row, its name, since its id says nothing.
fn whom(
    name: &'static str,
    label: &'static str,
    placeholder: &'static str,
    value: String,
    called: Option<String>,
) -> Html {
    if value.parse::<Uuid>().is_ok() {
        let called = called.unwrap_or_else(|| "nothing found".to_owned());
        return view! {
            <span class="chip"><input type="hidden" name=name value=value/>{label}": "<strong>{called}</strong></span>
        }
        .bake();
    }
    view! { <input type="search" name=name placeholder=placeholder aria-label=label maxlength="254" value=value/> }
        .bake()
}

fn nothing(filter: &Filter, base: &str) -> Html {
    if !filter.is_narrow() {
        return view! { <Empty icon=glyph::Info title="No entries yet"><p>"Everything people and API keys do in this organization is listed here."</p></Empty> }
            .bake();
    }
    let base = base.to_owned();
    view! {
        <Empty icon=glyph::Info title="No results">
            <p>"Enter full names. If two people share a name, use the email."</p>
            <a class="button" href=base>"Clear filters"</a>
        </Empty>
    }
    .bake()
}

fn table(rows: &[Row], base: &str, now: Timestamp) -> Html {
    let rows: Vec<_> = rows.iter().map(|row| table_row(row, base, now)).collect();
    view! {
        <table class="table log">
            <thead>
                <tr><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"From"</th></tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .bake()
}

fn table_row(row: &Row, base: &str, now: Timestamp) -> Html {
    let only = |filter: Filter| format!("{base}{}", filter.query());
    let who = words::actor(row);
    let by = row.actor_id.map(|id| only(Filter { actor: id.to_string(), ..Filter::default() }));
    let who = match by {
        Some(url) => view! { <a class="person-name" href=url>{who.clone()}</a> }.bake(),
        None => view! { <span class="person-name">{who.clone()}</span> }.bake(),
    };
    let avatar = row.actor_id.map(|id| view! { <Avatar id name=words::actor(row)/> });
    let target = words::target(row).zip(row.target_id).map(|(name, id)| {
        let url = only(Filter { target: id.to_string(), ..Filter::default() });
        view! { " "<a href=url>{name}</a> }
    });
    let changes = changes(row).into_iter().map(|change| view! { <small>{change}</small> }).collect_view();
    let (agent, ip) =
        (row.user_agent.clone().unwrap_or_default(), row.ip.clone().unwrap_or_else(|| "–".to_owned()));
    view! {
        <tr>
            <td data-label="When"><When at=row.created_at now/></td>
            <td data-label="Who"><div class="person">{avatar}{who}</div></td>
            <td data-label="What"><div class="log-what"><span>{words::act(row)}{target}</span>{changes}</div></td>
            <td data-label="From" title=agent>{ip}</td>
        </tr>
    }
    .bake()
}
