//! The sitemap.

use crate::{
    accounts::pages as accounts,
    api, api_keys, audit_log, bench, board,
    dashboard::pages as dashboard,
    delivery::{Delivery, cache::CachedFetch},
    deployments::voiding,
    editor,
    environments::{page as environments, purge as environments_purge},
    error::Result,
    invitations::{entry_page, pages as invitations, pending},
    kernel::{
        Config,
        sandbox::worker::{Entry, entry},
    },
    library::{exchange, pages as library, search_page::search_page, trash, trash_page::trash_page},
    live,
    mailbox::pages as mailbox,
    members::{self, Listing, change_page, danger_zone, pages as members_pages},
    orgs::{AppLayout, closure, image, pages as orgs, trouble::trouble},
    palette,
    profile::{closure as account_closure, pages as profile, security_page},
    prompts::{compare, earlier, index, jinja, render, room},
    tenancy::{
        Server,
        jobs::{self, Chore},
        outbox,
        server::StartError,
    },
    time::Span,
    ui::{self, not_found},
    web::{RequestContext, Web, router},
};
use axum::{Router, routing::MethodRouter};
use leptos::{either::Either, prelude::*};

/// Every page, by its path. Server functions, streams and files are not among them: `web::forms`,
/// `live` and `web::assets` answer those.
#[must_use]
pub fn pages() -> Vec<(&'static str, MethodRouter)> {
    vec![
        ("/", page(orgs::home)),
        ("/sign-in", page(accounts::sign_in)),
        ("/sign-in/code", page(accounts::second_factor)),
        ("/sign-up", page(accounts::sign_up)),
        ("/sign-up/sent", page(accounts::sign_up_sent)),
        ("/confirm/{token}", page(accounts::confirm)),
        ("/forgot-password", page(accounts::forgot_password)),
        ("/forgot-password/sent", page(accounts::forgot_password_sent)),
        ("/reset-password/{token}", page(accounts::reset_password)),
        ("/invite/{token}", page(entry_page::invitation)),
        ("/new", page(orgs::new_organization)),
        ("/account", page(profile::profile)),
        ("/account/security", page(security_page::security)),
        ("/account/organizations", page(profile::organizations)),
        ("/account/closure", page(profile::closure)),
        ("/account/address/{token}", page(profile::confirm_address)),
        ("/api/docs", page(api::docs::docs)),
        ("/dev/mailbox", page(mailbox::mailbox)),
        ("/dev/mailbox/{letter}", page(mailbox::letter)),
        ("/{org}", page(dashboard::dashboard)),
        ("/{org}/find", page(palette::page::find)),
        ("/{org}/shortcuts", page(palette::shortcuts::shortcuts)),
        ("/{org}/prompts", page(library::library)),
        ("/{org}/prompts/new", page(library::new_prompt)),
        ("/{org}/prompts/search", page(search_page)),
        ("/{org}/prompts/trash", page(trash_page)),
        ("/{org}/prompts/import", page(exchange::pages::import)),
        ("/{org}/prompts/import/{import}", page(exchange::pages::preview)),
        ("/{org}/prompts/variables", page(library::organization_variables)),
        ("/{org}/prompts/{prompt}", page(editor::edit)),
        ("/{org}/prompts/{prompt}/save", page(editor::save)),
        ("/{org}/prompts/{prompt}/versions", page(editor::versions)),
        ("/{org}/prompts/{prompt}/versions/{number}", page(editor::version)),
        ("/{org}/prompts/{prompt}/compare", page(editor::compare)),
        ("/{org}/prompts/{prompt}/details", page(editor::details)),
        ("/{org}/prompts/{prompt}/drafts", page(editor::earlier_drafts)),
        ("/{org}/prompts/{prompt}/drafts/{revision}", page(editor::earlier_draft)),
        ("/{org}/prompts/folders/new", page(library::new_folder)),
        ("/{org}/prompts/folders/{folder}", page(library::folder)),
        ("/{org}/deployments", page(board::page::board)),
        ("/{org}/deployments/environments", page(environments::environments)),
        ("/{org}/deployments/environments/{environment}", page(environments::environment)),
        ("/{org}/deployments/requests/{request}", page(board::review::request)),
        ("/{org}/deployments/prompts/{prompt}", page(board::history::prompt_history)),
        ("/{org}/deployments/{environment}", page(board::history::history)),
        ("/{org}/deployments/{environment}/{prompt}", page(board::cell::cell)),
        ("/{org}/deployments/{environment}/{prompt}/review", page(board::review::review)),
        ("/{org}/settings", page(orgs::general)),
        ("/{org}/settings/general", page(orgs::general)),
        ("/{org}/settings/members", page(members_with_invitations)),
        ("/{org}/settings/members/{user}", page(change_page::member_change)),
        ("/{org}/settings/api-keys", page(api_keys::pages::api_keys)),
        ("/{org}/settings/api-keys/new", page(api_keys::pages::new_api_key)),
        ("/{org}/settings/api-keys/{key}", page(api_keys::page::api_key)),
        ("/{org}/settings/audit-log", page(audit_log::pages::audit_log)),
        ("/{org}/settings/danger-zone", page(danger_zone::danger_zone)),
        ("/{org}/transfer", page(danger_zone::transfer)),
        ("/{org}/settings/invitations", page(invitations::invitations)),
        ("/{org}/settings/invitations/new", page(invitations::new_invitation)),
    ]
}

/// The route of a page. Somebody who is signed in is told what went wrong with the navigation around it.
fn page<P, F, V>(view: P) -> MethodRouter
where
    P: Fn(RequestContext) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<V>> + Send + 'static,
    V: IntoView + 'static,
{
    ui::page(move |caller: RequestContext| {
        let made = view(caller.clone());
        async move {
            let error = match made.await {
                Ok(view) => return Ok(Either::Left(view)),
                Err(error) => error,
            };
            Box::pin(trouble(&caller, error)).await.map(Either::Right)
        }
    })
}

/// The members page, with what invitations put on it.
async fn members_with_invitations(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let listing = Listing::parse(&caller.page);
    let invite = invitations::invite_button(&caller, &scope);
    let pending = Box::pin(pending::pending(&caller, &scope, &listing)).await?;
    members_pages::members(&caller, &scope, frame, listing, invite, pending).await
}

/// What features sweep up now and then.
pub const CHORES: &[Chore] = &[
    |server| Box::pin(async move { closure::purge_due(&server).await }),
    |server| Box::pin(async move { trash::purge_due(&server).await }),
    |server| Box::pin(async move { environments_purge::remove_purged(&server).await }),
    |server| Box::pin(async move { account_closure::forget_origins(&server).await }),
    |server| Box::pin(async move { exchange::store::forget_old(&server).await }),
    |server| Box::pin(async move { earlier::forget_old(&server).await }),
    |server| Box::pin(async move { api::forget_old(&server).await }),
    |server| Box::pin(async move { voiding::look_again(&server, None).await }),
];

/// What is done in worker processes.
pub const JOBS: &[Entry] = &[
    entry::<jinja::Analyze>(),
    entry::<render::RenderPrompt>(),
    entry::<render::ComposePrompt>(),
    entry::<render::CheckPrompt>(),
    entry::<compare::CompareContents>(),
    entry::<image::RedrawPicture>(),
];

/// What features do every few seconds.
pub const SOON: &[Chore] = &[
    |server| Box::pin(async move { voiding::look_again(&server, Some(Span::minutes(2))).await }),
    |server| Box::pin(async move { index::catch_up_all(&server).await }),
    |server| Box::pin(async move { room::make_room(&server, Span::minutes(2)).await }),
];

/// The whole server, put together. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// What every request and job has at hand.
    pub server: Server,
    /// What all requests share.
    pub web: Web,
    /// What services are answered with.
    pub delivery: Delivery,
}

impl App {
    /// Opens the database, brings it up to date, checks the master key. No job runs yet.
    ///
    /// # Errors
    /// When anything it needs cannot be used.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let server = Server::start(config).await?;
        let web = Web::new(&server.config, &server.clock);
        let delivery = Delivery::new(&server, &web);
        Ok(Self { server, web, delivery })
    }

    /// Everything the server answers.
    #[must_use]
    pub fn front(&self) -> CachedFetch {
        CachedFetch::new(self.delivery.clone(), routes(self))
    }

    /// Starts what goes on all the time: emails are sent, other processes followed, usage counted, notes written. It
    /// ends with the runtime.
    pub fn start_queues(&self) {
        let server = &self.server;
        tokio::spawn(outbox::run(server.clone()));
        tokio::spawn(server.events.clone().run(server.outside_tenancy().clone(), server.clock.clone()));
        tokio::spawn(self.delivery.clone().run());
        tokio::spawn(server.deferred_writes.clone().run(server.outside_tenancy().clone()));
    }

    /// Starts what is done now and then.
    pub fn start_chores(&self) {
        jobs::start_chores(&self.server, CHORES, SOON);
    }

    /// Writes down what is kept in memory to be written later, as the process ends.
    pub async fn flush(&self) {
        self.delivery.flush().await;
        if let Err(error) = self.server.deferred_writes.flush(self.server.outside_tenancy()).await {
            tracing::warn!(%error, "pending notes were not saved");
        }
    }
}

fn routes(App { server, web, delivery }: &App) -> Router {
    let router = Router::new().fallback_service(page(not_found));
    let pages = pages().into_iter().fold(router, |router, (path, page)| router.route(path, page));
    let mut streams = live::stream::routes(server)
        .merge(image::routes())
        .merge(exchange::routes::routes())
        .merge(editor::names::routes())
        .merge(members::export::routes())
        .merge(audit_log::export::routes());
    if server.config.bench {
        streams = streams.merge(bench::routes::routes(server, pages.clone()));
    }
    router::router((server, web), pages, streams, api::routes(delivery))
}
