//! The forms of the general settings, one a section.

use super::{
    DefaultRole, INVITATION_HOURS, OrgAvatar, SetAccess, SetAvatar, SetInvitationRules, UpdateSettings,
    settings::Settings,
};
use crate::{
    fields::Slug,
    role::Role,
    tenancy::Organization,
    ui::{Check, Choice, Field, FieldFlaw, Form, Hidden, Section, Select, Submit, Upload, Was, hue},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The colours to choose from, as angles of the wheel.
const HUES: [(i64, &str); 8] = [
    (277, "Indigo"),
    (240, "Blue"),
    (200, "Teal"),
    (150, "Green"),
    (100, "Olive"),
    (60, "Amber"),
    (25, "Red"),
    (340, "Pink"),
];

pub(super) fn profile(slug: &Slug, settings: &Settings) -> impl IntoView + use<> {
    let slug = slug.to_string();
    let (name, description) = (settings.name.to_string(), settings.description.clone());
    view! {
        <Section title="Profile" id="profile">
            <Form action=UpdateSettings::PATH in_place=true>
                <Hidden name="org" value=slug.clone()/>
                <Was name="name" value=name.clone()/>
                <Field name="name" label="Name" value=name maxlength=80/>
                <Was name="description" value=description.clone()/>
                <Field name="description" label="Description" kind="textarea" value=description maxlength=500 optional=true
                    hint="What it's for."/>
                <div class="field">
                    <span class="label">"URL"</span>
                    <output class="fixed"><code class="slug">{slug}</code></output>
                    <p class="hint">"Part of every link. Can't be changed."</p>
                </div>
                <div class="form-actions"><Submit>"Save profile"</Submit></div>
            </Form>
        </Section>
    }
}

pub(super) fn avatar(organization: &Organization) -> impl IntoView + use<> {
    let organization = organization.clone();
    let own = hue(organization.id.0);
    let chosen = organization.hue;
    let swatch = move |value: String, hue: String, label: &'static str, checked: bool| {
        view! {
            <label class="swatch" title=label>
                <input type="radio" name="hue" value=value checked=checked aria-label=label/>
                <span class="avatar" data-shape="square" style=format!("--hue:{hue}") aria-hidden="true"></span>
            </label>
        }
    };
    let hues = HUES.map(|(hue, label)| swatch(hue.to_string(), hue.to_string(), label, chosen == Some(hue)));
    let has_picture = organization.image.is_some();
    view! {
        <Section title="Avatar" id="avatar" says="Shown in the organization switcher.">
            <Form action=SetAvatar::PATH ids="avatar-" files=true>
                <Hidden name="org" value=organization.slug.to_string()/>
                <div class="swatches">
                    <OrgAvatar organization=organization.clone() size="large"/>
                    <fieldset class="field">
                        <legend>"Color"</legend>
                        <div class="swatch-row">{swatch(String::new(), own, "Default", chosen.is_none())}{hues.collect_view()}</div>
                        <FieldFlaw name="hue"/>
                    </fieldset>
                </div>
                <Upload name="image" label="Image" accept="image/png,image/jpeg,image/webp"
                    hint="PNG, JPEG or WebP, at most 1 MiB. Cropped to a square."/>
                {has_picture.then(|| view! { <Check name="remove" label="Remove image"/> })}
                <div class="form-actions"><Submit>"Save avatar"</Submit></div>
            </Form>
        </Section>
    }
}

pub(super) fn invitations(slug: &Slug, settings: &Settings) -> impl IntoView + use<> {
    let roles: Vec<_> = DefaultRole::all().map(role_choice).collect();
    let spans =
        INVITATION_HOURS.map(|(n, label)| Choice { value: n.to_string(), label: label.into(), says: "" });
    let (slug, default) = (slug.to_string(), settings.default_role);
    let hours = settings.invitation_span.whole_hours().to_string();
    let domains = settings.allowed_domains.as_str().to_owned();
    view! {
        <Section title="Invitations" id="rules">
            <Form action=SetInvitationRules::PATH in_place=true>
                <Hidden name="org" value=slug/>
                <Was name="default_role" value=default.as_str()/>
                <Select name="default_role" label="Default role for invitations" choices=roles value=default.as_str()
                    hint="Inviters can choose another role, up to their own."/>
                <Was name="invitation_hours" value=hours.clone()/>
                <Select name="invitation_hours" label="Invitations expire after" choices=spans.to_vec() value=hours/>
                <Was name="allowed_domains" value=domains.clone()/>
                <Field name="allowed_domains" label="Allowed email domains" kind="textarea" value=domains maxlength=10_000
                    optional=true verbatim=true hint="One per line, such as acme.com. Leave empty to allow any domain."/>
                <div class="form-actions"><Submit>"Save invitation settings"</Submit></div>
            </Form>
        </Section>
    }
}

pub(super) fn access(slug: &Slug, settings: &Settings) -> impl IntoView + use<> {
    let (slug, two_factor) = (slug.to_string(), settings.two_factor_since.is_some());
    view! {
        <Section title="Access" id="access">
            <Form action=SetAccess::PATH in_place=true>
                <Hidden name="org" value=slug/>
                <Check name="two_factor" label="Require two-factor authentication" checked=two_factor
                    says="Members without two-factor authentication are locked out until they set it up."/>
                <div class="form-actions"><Submit>"Save access settings"</Submit></div>
            </Form>
        </Section>
    }
}

fn role_choice(role: Role) -> Choice {
    let label = format!("{role}: {}", lower_first(role.says()));
    Choice { value: role.as_str().into(), label, says: role.says() }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// What those see who may not change it.
pub(super) fn facts(slug: &Slug, settings: &Settings) -> impl IntoView + use<> {
    let domains = match settings.allowed_domains.to_string() {
        domains if domains.is_empty() => "Any".to_owned(),
        domains => domains,
    };
    let description = settings.description.clone();
    let yes_or_no = |yes: bool| if yes { "Yes" } else { "No" };
    view! {
        <section class="panel">
            <dl class="facts">
                <dt>"Name"</dt><dd>{settings.name.to_string()}</dd>
                {(!description.is_empty()).then(|| view! { <dt>"Description"</dt><dd class="lines">{description}</dd> })}
                <dt>"URL"</dt><dd><code class="slug">{slug.to_string()}</code></dd>
                <dt>"Default role for invitations"</dt><dd>{settings.default_role.label()}</dd>
                <dt>"Invitations expire after"</dt><dd>{settings.invitation_span.in_words()}</dd>
                <dt>"Allowed email domains"</dt><dd>{domains}</dd>
                <dt>"Two-factor authentication required"</dt><dd>{yes_or_no(settings.two_factor_since.is_some())}</dd>
            </dl>
            <p class="hint">"Only Owners and Admins can change these settings."</p>
        </section>
    }
}
