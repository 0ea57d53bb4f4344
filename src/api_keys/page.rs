//! A key: what is known of it, its rotation, its end.

use super::{
    RevokeApiKey, RotateApiKey, Shown,
    form::OVERLAPS,
    listing::{self, ApiKey},
    pages::{ends, shown_once},
    reach,
};
use crate::{
    error::{Error, Result},
    orgs::{AppLayout, Place},
    paths,
    role::ManageApiKeys,
    tenancy::Scope,
    ui::{About, Bake, Choice, Form, Html, PasswordProof, Section, Select, Submit, When},
    web::{RequestContext, posted::Posted},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/settings/api-keys/{key}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such key; [`Error::Forbidden`] for those
/// who may not.
pub async fn api_key(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let grant = scope.clone().require::<ManageApiKeys>()?;
    let id = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let key = listing::find(&grant, id).await?;
    let rotated = caller.posted().filter(|posted| posted.action == RotateApiKey::PATH);
    let rotated: Option<Shown> = rotated.and_then(Posted::answer);
    let shown = match rotated {
        Some(shown) => Some(shown_once(&grant, &shown).await?),
        None => None,
    };
    let fetches = listing::fetches(&grant, id).await?;
    let facts = facts(&scope, &key, fetches).await?;
    let acts = key.is_good(scope.server().clock.now()).then(|| acts(&scope, &key));
    let title = key.name.to_string();
    let body = view! {
        <header class="page-head"><div><h1>{title.clone()}</h1><p class="key-looks">{key.looks.clone()}</p></div></header>
        <div class="stack">{shown}{facts}{acts}</div>
    };
    Ok(frame.show_thing(Place::ApiKeys, vec![(title, paths::api_key(scope.slug(), id))], body))
}

async fn facts(scope: &Scope, key: &ApiKey, fetches: i64) -> Result<Html> {
    let now = scope.server().clock.now();
    let (environments, folders) = reach::of(scope, &key.environments, &key.folders).await?;
    let [environments, folders] =
        [environments, folders].map(|names| names.unwrap_or_else(|| "All".to_owned()));
    let scopes: Vec<_> = key
        .scopes
        .iter()
        .map(|one| view! { <li><code>{one.code()}</code>" "<small>{one.says()}</small></li> })
        .collect();
    let used = match (key.last_used_at, key.last_used_ip.clone()) {
        (Some(at), Some(ip)) => view! { <When at now/>" from "{ip} }.bake(),
        (Some(at), None) => view! { <When at now/> }.bake(),
        (None, _) => view! { "Never" }.bake(),
    };
    let previous = key.previous_until.filter(|until| *until > now).map(|until| {
        view! { <dt>"Previous secret"</dt><dd>"expires "<When at=until now/></dd> }
    });
    let left = (!key.is_maker_here).then_some(" (no longer a member)");
    let (by, made, ends) = (key.by.to_string(), key.created_at, ends(key, now));
    Ok(view! {
        <Section title="Details">
            <dl class="pairs">
                <dt>"Environments"</dt><dd>{environments}</dd>
                <dt>"Folders"</dt><dd>{folders}</dd>
                <dt>"Expires"</dt><dd>{ends}</dd>
                {previous}
                <dt>"Last used"</dt><dd>{used}</dd>
                <dt>"Fetches"</dt><dd>{fetches}" in the last 30 days"</dd>
                <dt>"Created"</dt><dd><When at=made now/>" by "{by}{left}</dd>
            </dl>
        </Section>
        <Section title="Permissions"><ul class="lines" role="list">{scopes}</ul></Section>
    }
    .bake())
}

fn acts(scope: &Scope, key: &ApiKey) -> Html {
    let about = || vec![("org", scope.slug().to_string()), ("key", key.id.to_string())];
    let (rotate, revoke) = (about(), about());
    let overlaps = OVERLAPS.iter().map(|(value, _, label)| Choice {
        value: (*value).into(),
        label: (*label).into(),
        says: "",
    });
    let overlaps: Vec<_> = overlaps.collect();
    let label = format!("Revoke {}", key.name);
    view! {
        <Section title="Rotate" says="Issues a new secret. The settings of the key stay the same.">
            <Form action=RotateApiKey::PATH ids="rotate-" once=true>
                <About of=rotate/>
                <Select name="overlap" label="Old secret keeps working for" choices=overlaps value="30"/>
                <PasswordProof/>
                <div class="form-actions"><Submit kind="">"Rotate key"</Submit></div>
            </Form>
        </Section>
        <Section title="Revoke" kind="danger" says="Requests with this key will be refused immediately. This can't be undone.">
            <Form action=RevokeApiKey::PATH ids="revoke-">
                <About of=revoke/>
                <PasswordProof/>
                <div class="form-actions"><Submit kind="danger">{label}</Submit></div>
            </Form>
        </Section>
    }
    .bake()
}
