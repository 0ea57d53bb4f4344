//! The pages of members.

use super::{
    Leave, Listing, RemoveMember, SetRole,
    rows::{Looker, Rows},
    said,
    table::{bar, table},
};
use crate::{
    error::Result,
    orgs::{AppLayout, Place},
    tenancy::Scope,
    ui::{FormAlert, Html},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};
use std::sync::Arc;

/// `/{org}/settings/members`. What invites people is a feature that comes later in the order of
/// features, so its parts are handed in: the button that invites people, with its dialog, and the
/// invitations that are pending, as rows of the table and in a line.
///
/// # Errors
/// When the database fails.
pub async fn members(
    caller: &RequestContext,
    scope: &Scope,
    frame: AppLayout,
    listing: Listing,
    invite: Html,
    (invited, pending): (Option<Html>, Html),
) -> Result<impl IntoView + use<>> {
    let looker = Looker::new(scope).with_traces(scope).await?;
    let rows = rows(caller, scope, &listing, &looker).await?;
    let invited = invited.filter(|_| rows.found.next.is_none());
    said::tell(scope).await?;
    let says = if looker.is_personal {
        "Who can see and change this personal workspace."
    } else {
        "Who can see and change this organization."
    };
    Ok(frame.show(
        Place::Members,
        view! {
            <header class="page-head">
                <div><h1>"Members"</h1><p>{says}</p></div>
                <div class="page-actions">{invite}</div>
            </header>
            <FormAlert action=SetRole::PATH/>
            <FormAlert action=RemoveMember::PATH/>
            <FormAlert action=Leave::PATH/>
            {bar(&looker, &listing, &rows.found)}
            {table(&looker, &listing, &rows, invited)}
            {pending}
        },
    ))
}

/// The rows asked for, or those that are kept.
async fn rows(
    caller: &RequestContext,
    scope: &Scope,
    listing: &Listing,
    looker: &Looker,
) -> Result<Arc<Rows>> {
    let write = async { Ok(Rows::write(looker, listing.read(scope).await?)) };
    // On a page that is the answer to a form, rows say which page they stand on.
    if caller.posted().is_some() {
        return write.await.map(Arc::new);
    }
    scope.kept(format!("members {}", listing.query()), write).await
}
