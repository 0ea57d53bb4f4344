//! Who is a member and who was invited; only to be read.

use super::{
    input::Params,
    json,
    paging::{Page, Paged, after, no_cursor, page_size},
    problem::ApiError,
    service::Service,
};
use crate::{
    invitations::{State, listing as invitations},
    members::Listing,
    role::{Role, ViewInvitations, ViewMembers},
    tenancy::api_key::Limit,
    ui::rfc3339,
};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// A member.
#[derive(Debug, Serialize, ToSchema)]
struct Member {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    email: String,
    role: Role,
    #[schema(format = DateTime)]
    joined_at: String,
    #[schema(format = DateTime)]
    last_active_at: String,
}

/// People are of the whole organization: a key that is limited to folders reads none.
fn refuse_limited(service: &Service) -> Result<(), ApiError> {
    match service.key().folders {
        Limit::All => Ok(()),
        Limit::Only(_) => Err(ApiError::beyond(service.scope(), "the people of the organization")),
    }
}

/// List members
///
/// Sorted by name. A key limited to folders can't read them.
#[utoipa::path(
    get, path = "/members", tag = "Organization", params(Paged),
    responses((status = 200, description = "A page of members.", body = Page<Member>)),
    extensions(("x-scope" = json!("read:audit"))),
)]
pub(super) async fn members(service: Service, Params(paged): Params<Paged>) -> Result<Response, ApiError> {
    service.grant::<ViewMembers>()?;
    refuse_limited(&service)?;
    let (size, after) = (page_size(paged.limit)?.to_string(), paged.cursor.unwrap_or_default());
    let page = Listing { after, size, ..Listing::default() };
    if !page.is_sound() {
        return Err(no_cursor());
    }
    let (rows, next) = page.page(service.scope()).await?;
    let data = rows.into_iter().map(|row| Member {
        id: row.user_id.to_string(),
        name: row.name.to_string(),
        email: row.email.to_string(),
        role: row.role,
        joined_at: rfc3339(row.joined_at),
        last_active_at: rfc3339(row.active_at),
    });
    Ok(json(&Page::ending_at(data.collect(), next)))
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
struct Invitation {
    #[schema(format = Uuid)]
    id: String,
    email: String,
    role: Role,
    state: State,
    #[schema(format = DateTime)]
    sent_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// List invitations
///
/// Newest first. A key limited to folders can't read them.
#[utoipa::path(
    get, path = "/invitations", tag = "Organization", params(Paged),
    responses((status = 200, description = "A page of invitations.", body = Page<Invitation>)),
    extensions(("x-scope" = json!("read:audit"))),
)]
pub(super) async fn invited(service: Service, Params(paged): Params<Paged>) -> Result<Response, ApiError> {
    let grant = service.grant::<ViewInvitations>()?;
    refuse_limited(&service)?;
    let after = after(paged.cursor.as_deref())?;
    let size = page_size(paged.limit)?;
    let after = after.map(|after| after.parse().map_err(|_| no_cursor())).transpose()?;
    let found = invitations::list(&grant, None, after, size).await?;
    let data = found.rows.into_iter().map(|row| Invitation {
        id: row.id.to_string(),
        email: row.email.to_string(),
        role: row.role,
        state: row.state,
        sent_at: rfc3339(row.sent_at),
        expires_at: rfc3339(row.expires_at),
    });
    Ok(json(&Page::of(data.collect(), found.next.map(|id| id.to_string()))))
}
