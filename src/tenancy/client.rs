//! Where a request comes from, and who makes it.

use crate::{
    fields::{Email, Name},
    id::{OrgId, UserId},
    time::Timestamp,
};
use std::net::IpAddr;

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// What the browser calls itself, cut to 300 characters.
    pub user_agent: String,
    /// The name of the request in the log.
    pub request_id: String,
    /// Whether the browser only looks ahead, so that nobody sees the answer yet.
    pub is_prefetch: bool,
    /// Whether an open page reads itself again, which nobody asked for.
    pub is_reread: bool,
    /// What a service calls the request, so that it is carried out once, and when that began: another one under
    /// its name began at another time.
    pub named: Option<(String, Timestamp)>,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Whether they have proven that the address is theirs.
    pub is_verified: bool,
    /// The organization they used last.
    pub home_org_id: Option<OrgId>,
}
