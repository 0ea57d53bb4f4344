//! The server functions: what forms post to. Each enters, requires, acts, announces.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use crate::{error::Error, id::UserId};
use leptos::prelude::*;

/// Makes a member something else.
#[server(endpoint = "members/set_role")]
pub async fn set_role(org: String, user: UserId, role: String) -> Result<(), Error> {
    use crate::{
        members::store,
        role::{ManageMembers, Role},
        server::{Caller, Scope},
        ui::Notice,
    };
    let grant = Scope::enter(&Caller::here()?, &org).await?.require::<ManageMembers>()?;
    let role = Role::parse(&role).ok_or_else(|| Error::invalid("role", "Choose one of the roles."))?;
    store::set_role(&grant, user, role).await?;
    Notice::RoleChanged.say();
    Ok(())
}

/// Takes a member out of the organization.
#[server(endpoint = "members/remove")]
pub async fn remove_member(org: String, user: UserId) -> Result<(), Error> {
    use crate::{
        members::store,
        role::ManageMembers,
        server::{Caller, Scope},
        ui::Notice,
    };
    let grant = Scope::enter(&Caller::here()?, &org).await?.require::<ManageMembers>()?;
    store::remove(&grant, user).await?;
    Notice::MemberRemoved.say();
    Ok(())
}

/// Leaves the organization.
#[server(endpoint = "members/leave")]
pub async fn leave(org: String) -> Result<(), Error> {
    use crate::{
        members::store,
        paths, role,
        server::{Caller, Scope, forms},
        ui::Notice,
    };
    let grant = Scope::enter(&Caller::here()?, &org).await?.require::<role::Leave>()?;
    store::leave(&grant).await?;
    Notice::Left.say();
    forms::go(paths::HOME);
    Ok(())
}
