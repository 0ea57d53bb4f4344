//! The pages of members.

use super::{
    Leave, Listing, RemoveMember, SetRole,
    table::{Looker, bar, table},
};
use crate::{
    error::Result,
    orgs::{Frame, Place},
    server::{Caller, Scope},
    ui::{FormAlert, Html, page},
};
use leptos::{prelude::*, server_fn::ServerFn};
use std::pin::Pin;

/// A part of a page that another feature reads and makes.
pub type Part = for<'a> fn(&'a Caller, &'a Scope) -> Pin<Box<dyn Future<Output = Result<Html>> + Send + 'a>>;

/// `/{org}/settings/members`. What invites people is a feature that comes later in the order of
/// features, so its parts are handed in.
#[component]
pub fn MembersPage(
    /// The button that invites people, with its dialog.
    invite: fn(&Caller, &Scope) -> Html,
    /// The invitations that are pending.
    pending: Part,
) -> impl IntoView {
    page(async move {
        let caller = Caller::here()?;
        let scope = Scope::here(&caller).await?;
        let frame = Frame::load(&caller, &scope).await?;
        let listing = Listing::parse(&caller.page);
        let found = listing.read(&scope).await?;
        let (invite, pending) = (invite(&caller, &scope), pending(&caller, &scope).await?);
        let looker = Looker::new(&scope);
        Ok(frame.show(
            Place::Members,
            view! {
                <header class="page-head">
                    <div><h1>"Members"</h1><p>"Who can see and change this workspace."</p></div>
                    <div class="page-actions">{invite}</div>
                </header>
                <FormAlert action=SetRole::PATH/>
                <FormAlert action=RemoveMember::PATH/>
                <FormAlert action=Leave::PATH/>
                {bar(&looker, &listing, found.total)}
                {table(&looker, &listing, found)}
                {pending}
            },
        ))
    })
}
