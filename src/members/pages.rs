//! The pages of members.

use super::{
    Leave, Listing, RemoveMember, SetRole,
    table::{Looker, bar, table},
};
use crate::{
    orgs::{Frame, Place},
    server::{Caller, Scope},
    ui::{FormAlert, page},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/settings/members`. What invites people is a feature that comes later in the order of
/// features, so it is handed in: both find the [`Scope`] in their context.
#[component]
pub fn MembersPage(
    /// The button that invites people, with its dialog.
    #[prop(into)]
    invite: ViewFn,
    /// The invitations that are pending.
    #[prop(into)]
    pending: ViewFn,
) -> impl IntoView {
    page(async move {
        let caller = Caller::here()?;
        let scope = Scope::here(&caller).await?;
        let frame = Frame::load(&caller, &scope).await?;
        let listing = Listing::parse(&caller.page);
        let found = listing.read(&scope).await?;
        let looker = Looker::new(&scope, &caller.page);
        provide_context(scope);
        Ok(frame.show(
            Place::Members,
            view! {
                <header class="page-head">
                    <div><h1>"Members"</h1><p>"Who can see and change this workspace."</p></div>
                    <div class="page-actions">{invite.run()}</div>
                </header>
                <FormAlert action=SetRole::PATH/>
                <FormAlert action=RemoveMember::PATH/>
                <FormAlert action=Leave::PATH/>
                {bar(&looker, &listing, found.total)}
                {table(&looker, &listing, found)}
                {pending.run()}
            },
        ))
    })
}
