//! The sitemap, and the document around every page.

use crate::{
    accounts::pages::{
        ConfirmPage, ForgotPasswordPage, ForgotPasswordSentPage, ResetPasswordPage, SignInPage, SignUpPage,
        SignUpSentPage,
    },
    bench,
    dashboard::pages::DashboardPage,
    error::Error,
    invitations::{
        entry_page::InvitationPage,
        pages::{InvitationsPage, NewInvitationPage, invite_button, pending_invitations},
    },
    live,
    mailbox::pages::{LetterPage, MailboxPage},
    members::pages::MembersPage,
    orgs::pages::{GeneralPage, HomePage, NewOrganizationPage},
    server::{Server, forms, serve},
    ui::ErrorPage,
};
use axum::{Router, http::header};
use leptos::{nonce::use_nonce, prelude::*, server_fn::axum::server_fn_paths};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list_with_exclusions};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router as Sitemap, Routes},
    path,
};

/// Every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Sitemap>
            <Routes fallback=|| view! { <ErrorPage error=Error::NotFound/> }>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-up/sent") view=SignUpSentPage ssr=SsrMode::Async/>
                <Route path=path!("/confirm/:token") view=ConfirmPage ssr=SsrMode::Async/>
                <Route path=path!("/forgot-password") view=ForgotPasswordPage ssr=SsrMode::Async/>
                <Route path=path!("/forgot-password/sent") view=ForgotPasswordSentPage ssr=SsrMode::Async/>
                <Route path=path!("/reset-password/:token") view=ResetPasswordPage ssr=SsrMode::Async/>
                <Route path=path!("/invite/:token") view=InvitationPage ssr=SsrMode::Async/>
                <Route path=path!("/new") view=NewOrganizationPage ssr=SsrMode::Async/>
                <Route path=path!("/dev/mailbox") view=MailboxPage ssr=SsrMode::Async/>
                <Route path=path!("/dev/mailbox/:letter") view=LetterPage ssr=SsrMode::Async/>
                <Route path=path!("/:org") view=DashboardPage ssr=SsrMode::Async/>
                <Route path=path!("/:org/settings") view=GeneralPage ssr=SsrMode::Async/>
                <Route path=path!("/:org/settings/general") view=GeneralPage ssr=SsrMode::Async/>
                <Route path=path!("/:org/settings/members") view=Members ssr=SsrMode::Async/>
                <Route path=path!("/:org/settings/invitations") view=InvitationsPage ssr=SsrMode::Async/>
                <Route path=path!("/:org/settings/invitations/new") view=NewInvitationPage ssr=SsrMode::Async/>
            </Routes>
        </Sitemap>
    }
}

/// The members page, with what invitations put on it.
#[component]
fn Members() -> impl IntoView {
    view! {
        <MembersPage
            invite=invite_button
            pending=|caller, scope| Box::pin(pending_invitations(caller, scope))
        />
    }
}

/// The document. Only scripts of ours run, and only with this answer's nonce.
fn document() -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    forms::set_header(header::CONTENT_SECURITY_POLICY, &policy);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
}

/// The routes of the pages. Server functions are not among them: `server::forms` answers those.
fn pages() -> Vec<AxumRouteListing> {
    let functions = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    generate_route_list_with_exclusions(App, Some(functions))
}

/// Everything the server answers.
pub fn router(server: &Server) -> Router {
    let options = LeptosOptions::builder()
        .output_name("prompt-studio")
        .site_pkg_dir(server.assets.pkg.to_string())
        .build();
    let context = {
        let options = options.clone();
        move || provide_context(options.clone())
    };
    let pages = Router::new()
        .leptos_routes_with_context(&options, pages(), context.clone(), document)
        .fallback(leptos_axum::render_app_async_with_context(context, document))
        .with_state(options);
    let mut streams = live::stream::routes(server);
    if server.config.bench {
        streams = streams.merge(bench::routes::routes(server, pages.clone()));
    }
    serve::router(server, pages, streams)
}
