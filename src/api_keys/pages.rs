//! The list of keys, and the form that makes one.

use super::{
    CreateApiKey, RevokeApiKey, Shown, examples, fetched,
    form::{CUSTOM, ENVIRONMENT, LIFETIMES, ON_A_DAY, SCOPE},
    listing::{self, ApiKey},
};
use crate::{
    environments::store::{self as environments, Environment},
    error::Result,
    fields::{capitalized, counted},
    key_scope::{KeyScope, KeyScopes, Preset},
    orgs::{AppLayout, Place},
    paths,
    role::ManageApiKeys,
    tenancy::{Grant, Scope},
    time::Timestamp,
    ui::{
        About, Bake, Choice, Choices, Empty, Field, FieldFlaw, Form, FormAlert, Html, Pager, PasswordProof,
        Select, Submit, Ticks, When, glyph,
    },
    web::{RequestContext, posted::Posted},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// How many keys that have ended are on a page.
const SIZE: i64 = 100;

/// `/{org}/settings/api-keys`: the keys that are good; with `ended`, the others.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`](crate::error::Error::Forbidden) for those who may not.
pub async fn api_keys(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let grant = scope.clone().require::<ManageApiKeys>()?;
    let list = if caller.query("ended").is_some() {
        let from = caller.query("from").and_then(|from| from.parse::<u32>().ok()).map_or(0, i64::from);
        ended(&grant, from).await?
    } else {
        good(&grant).await?
    };
    let url = paths::new_api_key(scope.slug());
    Ok(frame.show(
        Place::ApiKeys,
        view! {
            <header class="page-head">
                <div><h1>"API keys"</h1><p>"Services use keys to fetch deployed prompts. Keys belong to the organization, not to a person."</p></div>
                <div class="page-actions">
                    <a class="button" href="/api/docs">"API reference"</a>
                    <a class="button" data-kind="primary" href=url>"New API key"</a>
                </div>
            </header>
            <FormAlert action=RevokeApiKey::PATH/>
            <div data-live="keys" id="keys">{list}</div>
        },
    ))
}

async fn good(grant: &Grant<ManageApiKeys>) -> Result<Html> {
    let keys = listing::good(grant).await?;
    let (_, has_ended) = listing::ended(grant, 0, 0).await?;
    let list = if keys.is_empty() { none() } else { table(grant, &keys) };
    let url = format!("{}?ended=yes", paths::api_keys(grant.slug()));
    let ended = has_ended.then(|| view! { <p><a href=url>"Revoked and expired keys"</a></p> });
    Ok(view! { {list}{ended} }.bake())
}

async fn ended(grant: &Grant<ManageApiKeys>, from: i64) -> Result<Html> {
    let (keys, has_more) = listing::ended(grant, from, SIZE).await?;
    let good = paths::api_keys(grant.slug());
    let url = |from: i64| format!("{good}?ended=yes&from={from}");
    let (first, next) = ((from > 0).then(|| url(0)), has_more.then(|| url(from + SIZE)));
    let list = (!keys.is_empty()).then(|| table(grant, &keys));
    Ok(view! {
        <p>"Revoked and expired keys. "<a href=good>"Show active keys"</a></p>
        {list}
        <Pager first next/>
    }
    .bake())
}

fn none() -> Html {
    view! {
        <Empty icon=glyph::Key title="No API keys">
            <p>"Services need a key to fetch deployed prompts."</p>
        </Empty>
    }
    .bake()
}

fn table(scope: &Scope, keys: &[ApiKey]) -> Html {
    let now = scope.server().clock.now();
    let rows: Vec<_> = keys.iter().map(|key| row(scope, key, now)).collect();
    view! {
        <table class="table keys">
            <thead><tr>
                <th scope="col">"Name"</th><th scope="col">"Permissions"</th><th scope="col">"Expires"</th><th scope="col">"Last used"</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .bake()
}

fn row(scope: &Scope, key: &ApiKey, now: Timestamp) -> impl IntoView + use<> {
    let url = paths::api_key(scope.slug(), key.id);
    let (name, looks) = (key.name.to_string(), key.looks.clone());
    let used = key.last_used_at.map_or_else(
        || view! { <span class="muted">"Never"</span> }.into_any(),
        |at| view! { <When at now/> }.into_any(),
    );
    view! {
        <tr>
            <td data-label="Name"><a href=url>{name}</a><small class="key-looks">{looks}</small></td>
            <td data-label="Permissions">{may(key.scopes)}</td>
            <td data-label="Expires">{ends(key, now)}</td>
            <td data-label="Last used">{used}</td>
        </tr>
    }
}

/// What scopes amount to: a preset, or how many there are.
pub(super) fn may(scopes: KeyScopes) -> String {
    scopes.preset().map_or_else(
        || capitalized(&counted(scopes.iter().count(), "scope")),
        |preset| preset.label().to_owned(),
    )
}

/// When a key ends, or that it has.
pub(super) fn ends(key: &ApiKey, now: Timestamp) -> Html {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => view! { <span class="badge">"Revoked"</span>" "<When at now/> }.bake(),
        (None, Some(at)) if at <= now => {
            view! { <span class="badge">"Expired"</span>" "<When at now/> }.bake()
        }
        (None, Some(at)) => view! { <When at now/> }.bake(),
        (None, None) => view! { "Never" }.bake(),
    }
}

/// `/{org}/settings/api-keys/new`.
///
/// # Errors
/// As [`api_keys`].
pub async fn new_api_key(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let grant = scope.clone().require::<ManageApiKeys>()?;
    let made = caller.posted().filter(|posted| posted.action == CreateApiKey::PATH).and_then(Posted::answer);
    let body = match made {
        Some(shown) => shown_once(&grant, &shown).await?,
        None => form(&scope, &environments::list(&scope).await?),
    };
    let trail = vec![("New API key".to_owned(), paths::new_api_key(scope.slug()))];
    let head = view! {
        <header class="page-head">
            <div><h1>"New API key"</h1><p>"A key can't do more than you can, and it can't manage members or keys."</p></div>
        </header>
    };
    Ok(frame.show_thing(Place::ApiKeys, trail, view! { {head}{body} }))
}

/// The key, the one time that it is seen, and how it is used.
///
/// # Errors
/// When the database fails.
pub(super) async fn shown_once(grant: &Grant<ManageApiKeys>, shown: &Shown) -> Result<Html> {
    let key = shown.key.clone();
    let url = paths::api_key(grant.slug(), shown.id);
    let fetched = fetched::of(grant, &listing::find(grant, shown.id).await?).await?;
    let examples = examples::all(&grant.server().config.url(""), grant.slug(), fetched.as_ref());
    let page = view! {
        <section class="panel" id="shown" aria-labelledby="shown-title">
            <header>
                <h2 id="shown-title">"Copy your key now"</h2>
                <p>"The key is shown only once. Store it with your service's secrets."</p>
            </header>
            <div class="panel-body stack">
                <div class="copy">
                    <input type="text" id="key" readonly value=key aria-label="API key" autocomplete="off" spellcheck="false"/>
                    <button class="button" type="button" data-copies="key">"Copy key"</button>
                </div>
                <div class="form-actions"><a class="button" href=url>"Done"</a></div>
            </div>
        </section>
        {examples}
    };
    Ok(page.bake())
}

fn form(scope: &Scope, all: &[Environment]) -> Html {
    let about = vec![("org", scope.slug().to_string())];
    let presets = Preset::ALL.into_iter().map(|preset| Choice {
        value: preset.code().into(),
        label: preset.label().into(),
        says: preset.says(),
    });
    let custom = Choice { value: CUSTOM.into(), label: "Custom".into(), says: "The scopes selected below" };
    let presets: Vec<_> = presets.chain([custom]).collect();
    let scopes = KeyScope::ALL.iter().filter(|one| one.is_offered()).map(|one| Choice {
        value: one.code().into(),
        label: one.code().into(),
        says: one.says(),
    });
    let scopes: Vec<_> = scopes.collect();
    let environments =
        all.iter().map(|one| Choice { value: one.id.to_string(), label: one.name.to_string(), says: "" });
    let environments: Vec<_> = environments.collect();
    let lifetimes = LIFETIMES.iter().map(|(value, _, label)| ((*value).to_owned(), (*label).to_owned()));
    let lifetimes = lifetimes.chain([(ON_A_DAY.to_owned(), "On a date".to_owned())]);
    let lifetimes: Vec<_> = lifetimes.map(|(value, label)| Choice { value, label, says: "" }).collect();
    view! {
        <section class="panel">
            <Form action=CreateApiKey::PATH once=true>
                <About of=about/>
                <Field name="name" label="Name" maxlength=80 hint="For example, the service that uses the key."/>
                <Choices name="preset" label="Permissions" choices=presets value=Preset::Runtime.code()/>
                <div class="custom-scopes"><Ticks label="Scopes" prefix=SCOPE choices=scopes/></div>
                <Ticks label="Environments" prefix=ENVIRONMENT choices=environments
                    hint="Where the key can fetch and deploy. Versions can still be read by number. Select none to allow all."/>
                <FieldFlaw name="environments"/>
                <Field name="folders" label="Folders" kind="textarea" maxlength=5000 optional=true verbatim=true
                    hint="Folder paths, one per line. Leave empty to allow all."/>
                <Select name="expires" label="Expires after" choices=lifetimes value="90"/>
                <div class="expires-on">
                    <Field name="expires_on" label="Expiration date" kind="date" optional=true maxlength=10
                        hint="Used when “On a date” is selected. The key expires at the end of that day (UTC)."/>
                </div>
                <PasswordProof/>
                <div class="form-actions"><Submit>"Create API key"</Submit></div>
            </Form>
        </section>
    }
    .bake()
}
