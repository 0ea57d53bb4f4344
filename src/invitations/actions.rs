//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{Invited, entry, store};
use crate::{
    error::Error,
    fields::split_addresses,
    id::InvitationId,
    paths,
    role::{self, Role},
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Invites addresses, one a line or separated by commas, and tells how each went.
#[server(endpoint = "invitations/invite")]
pub async fn invite_members(org: String, emails: String, role: String) -> Result<Vec<Invited>, Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::InviteMembers>()?;
    let role = Role::parse(&role).ok_or_else(|| Error::invalid("role", "Choose one of the roles."))?;
    store::invite(&grant, &split_addresses(&emails), role).await
}

/// Sends an invitation again: with new links, the old ones dead.
#[server(endpoint = "invitations/resend")]
pub async fn resend_invitation(org: String, invitation: InvitationId) -> Result<Vec<Invited>, Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::InviteMembers>()?;
    store::resend(&grant, invitation).await.map(|sent| vec![sent])
}

/// Takes an invitation back.
#[server(endpoint = "invitations/revoke")]
pub async fn revoke_invitation(org: String, invitation: InvitationId) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<role::InviteMembers>()?;
    store::revoke(&grant, invitation).await?;
    Notice::InvitationRevoked.say();
    Ok(())
}

/// Joins the organization, as the person signed in.
#[server(endpoint = "invitations/accept")]
pub async fn accept_invitation(token: String) -> Result<(), Error> {
    let org = entry::accept(&RequestContext::here()?, &token).await?;
    Notice::Joined.say();
    response::go(&paths::organization(&org));
    Ok(())
}

/// Joins the organization as somebody new: makes the account, which the mailed token proves the
/// address of.
#[server(endpoint = "invitations/join")]
pub async fn join_as_new(token: String, name: String, password: String) -> Result<(), Error> {
    let org = entry::join(&RequestContext::here()?, &token, &name, &password).await?;
    Notice::Joined.say();
    response::go(&paths::organization(&org));
    Ok(())
}

/// Says no to an invitation.
#[server(endpoint = "invitations/decline")]
pub async fn decline_invitation(token: String) -> Result<(), Error> {
    entry::decline(&RequestContext::here()?, &token).await?;
    Notice::Declined.say();
    Ok(())
}
