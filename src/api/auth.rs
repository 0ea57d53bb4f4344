//! Who is let in: requests with a valid key, within their rate limit.

use super::problem::ApiError;
use crate::{
    delivery::{Delivery, cache::bearer, keys::authenticate},
    tenancy::{api_key::Key, client::Client},
};
use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Lets in who shows a good key; handlers find it among the extensions of the request.
pub(super) async fn let_in(State(delivery): State<Delivery>, mut request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Arc<Client>>().cloned().unwrap_or_default();
    let key = match shown(&delivery, &client, request.headers()).await {
        Ok(key) => key,
        Err(refusal) => return refusal.into_response(),
    };
    let allowance = delivery.spend(key.id, delivery.server.clock.now());
    let mut response = if let Some(spent) = allowance.filter(|allowance| allowance.is_spent) {
        ApiError::too_often(spent).into_response()
    } else {
        request.extensions_mut().insert(key);
        next.run(request).await
    };
    if let Some(allowance) = allowance {
        response.extensions_mut().insert(allowance);
    }
    response
}

async fn shown(delivery: &Delivery, client: &Client, headers: &HeaderMap) -> Result<Arc<Key>, ApiError> {
    let shown = bearer(headers).ok_or_else(ApiError::anonymous)?;
    Ok(authenticate(delivery, client, shown).await?)
}
