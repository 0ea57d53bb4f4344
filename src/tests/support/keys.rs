//! API keys, made without a page.

use super::{Org, TestApp};
use crate::{
    delivery::keys::{KeyToken, authenticate},
    id::ApiKeyId,
    key_scope::KeyScopes,
    tenancy::{api_key::Key, client::Client},
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use std::sync::Arc;

impl Org {
    /// A key with these scopes and no limit, made by an Owner.
    pub(in crate::tests) async fn has_key(&self, scopes: &str) -> (ApiKeyId, KeyToken) {
        self.has_limited_key(scopes, None, None).await
    }

    /// A key that reaches only these environments and folders, as JSON lists.
    pub(in crate::tests) async fn has_limited_key(
        &self,
        scopes: &str,
        environments: Option<String>,
        folders: Option<String>,
    ) -> (ApiKeyId, KeyToken) {
        let app = self.app();
        let (id, now, token) = (ApiKeyId(app.clock.id()), app.clock.now(), KeyToken::new(None));
        let mut change = app.change_outside_tenancy().await.unwrap();
        let insert = change.query(
            "INSERT INTO api_keys (org_id, id, public_id, name, scopes, environments, folders, secret_hash, last_four, created_by, created_at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, user_id, $10 FROM members
             WHERE org_id = $1 AND role = 'owner' ORDER BY user_id LIMIT 1",
        );
        let insert =
            insert.bind(self.id).bind(id).bind(token.public_id().to_owned()).bind("Sample key".to_owned());
        let insert = insert.bind(KeyScopes::parse(scopes).codes()).bind(environments).bind(folders);
        insert.bind(token.hash()).bind(token.last_four().to_owned()).bind(now).execute().await.unwrap();
        let holds = change.query(
            "INSERT INTO key_holders (org_id, key_id, user_id)
             SELECT org_id, id, created_by FROM api_keys WHERE org_id = $1 AND id = $2",
        );
        holds.bind(self.id).bind(id).execute().await.unwrap();
        change.commit().await.unwrap();
        (id, token)
    }
}

impl Org {
    /// A service fetches what is live, and makes a folder by a name of its own for the request.
    pub(in crate::tests) async fn serves(&self) {
        let app = self.app();
        let (_, key) = self.has_key("read:prompts write:prompts").await;
        let ask = |method: Method, path: &str| {
            let bearer = format!("Bearer {}", key.as_str());
            Request::builder()
                .method(method)
                .uri(format!("/api/v1{path}"))
                .header(header::AUTHORIZATION, bearer)
        };
        let fetch = ask(Method::GET, "/prompts/Tone?environment=development").body(Body::empty()).unwrap();
        assert_eq!(app.send(fetch).await.status(), 200);
        let make = ask(Method::POST, "/folders").header("idempotency-key", "served");
        let make = make.header(header::CONTENT_TYPE, "application/json");
        let make = make.body(Body::from("{\"name\":\"Served\"}")).unwrap();
        assert_eq!(app.send(make).await.status(), 201);
        app.delivery().flush().await;
    }
}

impl TestApp {
    /// Who a service is that shows a key.
    pub(in crate::tests) async fn shown(&self, token: &str) -> crate::error::Result<Arc<Key>> {
        let client = Client { ip: Some([203, 0, 113, 7].into()), ..Client::default() };
        authenticate(self.delivery(), &client, token).await
    }
}
