//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{
    consequences::{Agreed, Outcome},
    store, transfers,
};
use crate::{
    error::Error,
    fields::Email,
    id::UserId,
    paths,
    role::{ManageMembers, Role, TransferOrganization, ViewOrganization},
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Makes a member something else. What has to be known of first is told on a page of its own: it posts here
/// again, with how many invitations were said to end (`agreed`) and whether the actor takes them over.
#[server(endpoint = "members/set_role")]
pub async fn set_role(
    org: String,
    user: UserId,
    role: String,
    #[server(default)] agreed: Option<i64>,
    #[server(default)] invitations: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageMembers>()?;
    let role = Role::parse(&role).ok_or_else(|| Error::invalid("role", "Choose one of the roles."))?;
    let told = Agreed { invitations: agreed, takes_over: invitations == "take_over" };
    match store::set_role(&grant, user, role, told).await? {
        Outcome::Asks => response::go(&paths::member_change(grant.slug(), user, role.as_str())),
        done => {
            if let Outcome::Done(before) = done {
                Notice::RoleChanged.say_undoable(&[
                    ("user", user.to_string()),
                    ("role", before.as_str().to_owned()),
                    // A person who takes back what they just did has seen what it was.
                    ("agreed", "0".to_owned()),
                ]);
            }
            if agreed.is_some() {
                response::go(&paths::members(grant.slug()));
            }
        }
    }
    Ok(())
}

/// Takes a member out of the organization; asks first, as [`set_role`] does.
#[server(endpoint = "members/remove")]
pub async fn remove_member(
    org: String,
    user: UserId,
    #[server(default)] agreed: Option<i64>,
    #[server(default)] invitations: String,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ManageMembers>()?;
    let told = Agreed { invitations: agreed, takes_over: invitations == "take_over" };
    if store::remove(&grant, user, told).await? == Outcome::Asks {
        response::go(&paths::member_change(grant.slug(), user, "removed"));
        return Ok(());
    }
    Notice::MemberRemoved.say();
    if agreed.is_some() {
        response::go(&paths::members(grant.slug()));
    }
    Ok(())
}

/// Leaves the organization.
#[server(endpoint = "members/leave")]
pub async fn leave(org: String) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter_to_leave(&org).await?;
    store::leave(&grant).await?;
    Notice::Left.say();
    response::go(paths::HOME);
    Ok(())
}

/// Offers the organization to a member.
#[server(endpoint = "transfers/offer")]
pub async fn offer_transfer(
    org: String,
    email: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<TransferOrganization>()?;
    if email.trim().is_empty() {
        return Err(Error::invalid("email", "Choose a member."));
    }
    let email = Email::parse(&email).map_err(|message| Error::invalid("email", message))?;
    let proof = caller.prove(&password).await?;
    transfers::offer(&grant, &email, &proof).await?;
    Notice::TransferOffered.say();
    Ok(())
}

/// Takes an offer back.
#[server(endpoint = "transfers/cancel")]
pub async fn cancel_transfer(org: String) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<TransferOrganization>()?;
    transfers::cancel(&grant).await?;
    Notice::TransferEnded.say();
    Ok(())
}

/// Takes the organization over.
#[server(endpoint = "transfers/accept")]
pub async fn accept_transfer(org: String, #[server(default)] password: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<ViewOrganization>()?;
    let proof = caller.prove(&password).await?;
    caller.rotate().await?;
    transfers::accept(&grant, &proof).await?;
    Notice::TransferAccepted.say();
    response::go(&paths::members(grant.slug()));
    Ok(())
}

/// Says no to an offer.
#[server(endpoint = "transfers/decline")]
pub async fn decline_transfer(org: String) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<ViewOrganization>()?;
    transfers::decline(&grant).await?;
    Notice::TransferEnded.say();
    response::go(&paths::organization(grant.slug()));
    Ok(())
}
