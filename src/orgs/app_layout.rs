//! What stands around every page of an organization: switcher, navigation, account menu, and the
//! islands that keep the page alive.

use super::{
    OrgAvatar,
    account_menu::{sign_out_form, theme_form},
    navigation::Place,
    store,
};
use crate::{
    browser::islands::{InPlace, Live},
    error::{Error, Result},
    fields::{Slug, counted},
    id::OrgId,
    paths,
    role::{ApproveDeployment, Role},
    tenancy::{Membership, Organization, Scope, client::Person},
    time::Span,
    ui::{Avatar, Bake, Head, Icon, Scripts, Toast, glyph},
    web::RequestContext,
};
use leptos::prelude::*;
use std::iter;

/// How old the last visit is before another one is noted.
const VISIT: Span = Span::minutes(5);

/// The frame, with what it shows read.
#[derive(Debug, Clone)]
pub struct AppLayout {
    person: Person,
    organization: Organization,
    role: Role,
    mine: Vec<Membership>,
    /// What tells the page from others of the same thing, in the title of the window.
    part: Option<String>,
    /// The newest event the page knows of: what happened after it is told by the stream.
    seen: i64,
    /// How many requests wait for the person's approval.
    waiting: i64,
}

impl AppLayout {
    /// Enters the organization that the URL names, and remembers it as the person's last.
    ///
    /// # Errors
    /// As [`Visitor::enter_with_others`](crate::tenancy::Visitor::enter_with_others).
    pub async fn enter(caller: &RequestContext) -> Result<(Scope, Self)> {
        let (scope, mine) = caller.enter_with_others(caller.segment(0)).await?;
        let person = scope.person().cloned().ok_or(Error::SignedOut)?;
        let organization = scope.organization().clone();
        let now = caller.server.clock.now();
        let is_news = scope.visited_at().is_none_or(|visited| now - visited > VISIT);
        if (person.home_org_id != Some(organization.id) || is_news) && !caller.client.is_prefetch {
            remember(caller, &person, organization.id);
        }
        let (role, seen, waiting) = (scope.role(), scope.seen(), waiting(&scope, &person).await?);
        Ok((scope, Self { person, organization, role, mine, part: None, seen, waiting }))
    }

    /// The organizations that the person is a member of.
    #[must_use]
    pub fn memberships(&self) -> &[Membership] {
        &self.mine
    }

    /// The same for a page that is one of several of a thing, such as its versions.
    #[must_use]
    pub fn part(self, part: impl Into<String>) -> Self {
        Self { part: Some(part.into()), ..self }
    }

    /// What the title of the window says: the page, what it is in, and the organization.
    fn title(&self, place: Place, trail: &[(String, String)]) -> String {
        let around = iter::once(place.label()).chain(trail.iter().map(|(name, _)| name.as_str()));
        let around: Vec<&str> = around.collect();
        let nearest = around.into_iter().rev().take(2);
        let names = self.part.as_deref().into_iter().chain(nearest);
        names.chain([self.organization.name.as_str()]).collect::<Vec<_>>().join(" · ")
    }

    /// The page: `content` in its frame.
    pub fn show(self, place: Place, content: impl IntoView + 'static) -> impl IntoView {
        self.show_thing(place, Vec::new(), content)
    }

    /// The page of a thing within a place: `trail` are the things around it with their pages, itself the last.
    pub fn show_thing(
        self,
        place: Place,
        trail: Vec<(String, String)>,
        content: impl IntoView + 'static,
    ) -> impl IntoView {
        let org = self.organization.slug.clone();
        let events = format!("{}?since={}", paths::events(&org), self.seen);
        let title = self.title(place, &trail);
        // As text from here on: a page as one view is moved as a whole, which takes a large stack.
        let content = if place.is_setting() {
            let tabs = self.tabs(place);
            view! { <div class="settings">{tabs}<div class="settings-body" id="page-body">{content}</div></div> }.bake()
        } else {
            content.bake()
        };
        Head { title, styles: "prompt-studio.css", class: "app" }.tell();
        view! {
            <a class="skip" href=place.skips_to()>"Skip to content"</a>
            <aside class="sidebar" id="sidebar" popover>
                {self.switcher()}
                {navigation(&org, place, self.waiting)}
                {self.account()}
            </aside>
            <div class="content">
                <header class="topbar">
                    <button class="button icon-button drawer-button" data-kind="quiet" popovertarget="sidebar" aria-label="Menu">
                        <Icon is=glyph::Menu/>
                    </button>
                    {crumbs(&org, place, trail)}
                    <a class="find-button" href=paths::find(&org) data-palette data-shortcuts=paths::shortcuts(&org) aria-keyshortcuts="Control+K Meta+K">
                        <Icon is=glyph::Search/><span>"Search"</span><kbd aria-hidden="true">"Ctrl K"</kbd>
                    </a>
                    <p class="live-status" id="live-status" role="status" data-events=events hidden></p>
                </header>
                <main class="main" id="main">{content}</main>
            </div>
            <Toast/>
            <InPlace/>
            <Live/>
            <Scripts/>
        }
    }

    fn tabs(&self, place: Place) -> impl IntoView + use<> {
        let tabs = Place::SETTINGS;
        let tabs = tabs.into_iter().filter(|tab| tab.is_for(self.role));
        let tabs = tabs.map(|tab| {
            let current = (tab == place).then_some("page");
            view! { <a class="tab" href=tab.url(&self.organization.slug) aria-current=current>{tab.label()}</a> }
        });
        // Where they do not fit they fold; beside the page they are always open.
        view! {
            <details class="tabs-fold">
                <summary>{place.label()}</summary>
                <nav class="tabs" aria-label="Settings">{tabs.collect_view()}</nav>
            </details>
        }
    }

    fn switcher(&self) -> impl IntoView + use<> {
        let Organization { id, name, .. } = &self.organization;
        let (current, organization) = (*id, self.organization.clone());
        let searchable = self.mine.len() > 7;
        let items = self.mine.iter().map(|org| switcher_item(org, current)).collect_view();
        view! {
            <div class="switcher" id="switcher" data-live="organization">
                <button class="switcher-button" popovertarget="orgs">
                    <OrgAvatar organization/>
                    <span class="switcher-name">{name.to_string()}</span>
                    <Icon is=glyph::Updown/>
                </button>
                <div class="menu switcher-menu" id="orgs" popover>
                    {searchable.then(|| view! {
                        <input type="search" class="menu-search" placeholder="Search organizations" aria-label="Search organizations"
                            data-filters="orgs-list" maxlength="80"/>
                    })}
                    <ul role="list" id="orgs-list">{items}</ul>
                    <hr/>
                    {new_organization()}
                </div>
            </div>
        }
    }

    fn account(&self) -> impl IntoView + use<> {
        let Person { id, name, email, .. } = self.person.clone();
        view! {
            <div class="account">
                <button class="account-button" popovertarget="account">
                    <Avatar id=id.0 name=name.as_str()/>
                    <span>{name.to_string()}</span>
                    <Icon is=glyph::Updown/>
                </button>
                <div class="menu account-menu" id="account" popover>
                    <header><strong>{name.to_string()}</strong><small>{email.to_string()}</small></header>
                    <hr/>
                    {theme_form()}
                    <hr/>
                    <a class="menu-item" href=paths::ACCOUNT><Icon is=glyph::Account/><span class="menu-label">"Account"</span></a>
                    {new_organization()}
                    {sign_out_form()}
                </div>
            </div>
        }
    }
}

/// Remembers the visit in the background: the page need not wait for it.
fn remember(caller: &RequestContext, person: &Person, org: OrgId) {
    let (user, now, writes) = (person.id, caller.server.clock.now(), &caller.server.deferred_writes);
    writes.put(("visit", user.0), move |tx| Box::pin(store::remember_visit(tx, user, org, now)));
    // From now on `/` leads there, and it may be asked for next.
    if person.home_org_id != Some(org) {
        writes.hurry();
    }
}

fn switcher_item(mine: &Membership, current: OrgId) -> impl IntoView + use<> {
    let Membership { organization, role } = mine;
    let Organization { id, name, slug, is_personal, .. } = organization;
    let is_current = (*id == current).then_some("page");
    let kind = if *is_personal { "Personal" } else { role.label() };
    view! {
        <li>
            <a class="menu-item" href=paths::organization(slug) aria-current=is_current>
                <OrgAvatar organization=organization.clone() size="small"/>
                <span class="menu-label">{name.to_string()}</span>
                <small>{kind}</small>
            </a>
        </li>
    }
}

fn new_organization() -> impl IntoView {
    view! { <a class="menu-item" href=paths::NEW_ORGANIZATION><Icon is=glyph::Plus/><span class="menu-label">"New organization"</span></a> }
}

/// How many requests wait for somebody's approval: none for those who may not approve.
async fn waiting(scope: &Scope, person: &Person) -> Result<i64> {
    if !scope.can::<ApproveDeployment>() {
        return Ok(0);
    }
    let waiting = scope.query(
        "SELECT (SELECT count(*) FROM deployment_requests WHERE org_id = $1 AND state = 'pending' AND requested_by <> $2)
           + (SELECT count(*) FROM environment_requests WHERE org_id = $1 AND state = 'pending' AND requested_by <> $2)",
    );
    let (waiting,): (i64,) = waiting.bind(person.id).one().await?;
    Ok(waiting)
}

fn navigation(org: &Slug, place: Place, waiting: i64) -> impl IntoView + use<> {
    let waiting = (waiting > 0).then(|| {
        let says = format!("{} to approve", counted(waiting, "request"));
        view! { <span class="badge" data-kind="amber"><span aria-hidden="true">{waiting}</span><span class="visually-hidden">{says}</span></span> }
    });
    let at_home = (place == Place::Dashboard).then_some("page");
    let in_prompts = (place == Place::Prompts).then_some("page");
    let in_deployments = (place == Place::Deployments).then_some("page");
    let in_settings = place.is_setting().then_some("page");
    view! {
        <nav class="nav" aria-label="Organization">
            <a class="nav-item" href=paths::organization(org) aria-current=at_home><Icon is=glyph::House/>"Dashboard"</a>
            <a class="nav-item" href=paths::prompts(org) aria-current=in_prompts><Icon is=glyph::File/>"Prompts"</a>
            <a class="nav-item" href=paths::deployments(org) aria-current=in_deployments><Icon is=glyph::Deployed/>"Deployments"<span class="nav-count" id="nav-waiting" data-live="deployments">{waiting}</span></a>
            <hr/>
            <a class="nav-item" href=paths::settings(org) aria-current=in_settings><Icon is=glyph::Settings/>"Settings"</a>
        </nav>
    }
}

fn crumbs(org: &Slug, place: Place, trail: Vec<(String, String)>) -> impl IntoView + use<> {
    let settings = place.is_setting().then(|| view! { <span>"Settings"</span> });
    let mut around = vec![(place.label().to_owned(), place.url(org))];
    around.extend(trail);
    let here = around.pop().map(|(name, _)| name);
    let around = around.into_iter().map(|(name, url)| view! { <a href=url>{name}</a> }).collect_view();
    view! { <nav class="crumbs" id="crumbs" aria-label="Breadcrumb">{settings}{around}<span aria-current="page">{here}</span></nav> }
}
