//! Whose key it is.

use super::{json, problem::ApiError, service::Service};
use crate::{key_scope::KeyScope, tenancy::api_key::Limit, ui::rfc3339};
use axum::response::Response;
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// A key and its organization.
#[derive(Debug, Serialize, ToSchema)]
struct Whoami {
    key: Key,
    organization: Organization,
}

/// The key of this request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhoamiKey)]
struct Key {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    scopes: Vec<KeyScope>,
    /// The IDs of the environments it has access to; null for all.
    #[schema(required, value_type = Option<Vec<Uuid>>)]
    environments: Option<Vec<String>>,
    /// The IDs of the folders it has access to; null for all.
    #[schema(required, value_type = Option<Vec<Uuid>>)]
    folders: Option<Vec<String>>,
    /// RFC 3339; null if the key never expires.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
}

/// The organization of the key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhoamiOrganization)]
struct Organization {
    #[schema(format = Uuid)]
    id: String,
    slug: String,
    name: String,
}

/// Derived, it would not know the codes: a macro gives them.
impl PartialSchema for KeyScope {
    fn schema() -> RefOr<Schema> {
        let codes = Self::ALL.iter().map(|scope| scope.code());
        let scope = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
        scope.description(Some("A scope of a key.")).into()
    }
}

impl ToSchema for KeyScope {}

fn ids<Id: ToString>(limit: &Limit<Id>) -> Option<Vec<String>> {
    match limit {
        Limit::All => None,
        Limit::Only(ids) => Some(ids.iter().map(ToString::to_string).collect()),
    }
}

/// Read the current key
///
/// Works with any key.
#[utoipa::path(
    get, path = "/whoami", tag = "Organization",
    responses((status = 200, description = "The key and its organization.", body = Whoami)),
)]
pub(super) async fn whoami(service: Service) -> Result<Response, ApiError> {
    let (key, organization) = (service.key(), service.scope().organization());
    Ok(json(&Whoami {
        key: Key {
            id: key.id.to_string(),
            name: key.name.to_string(),
            scopes: key.scopes.iter().collect(),
            environments: ids(&key.environments),
            folders: ids(&key.folders),
            expires_at: key.expires_at.map(rfc3339),
        },
        organization: Organization {
            id: organization.id.to_string(),
            slug: organization.slug.to_string(),
            name: organization.name.to_string(),
        },
    }))
}
