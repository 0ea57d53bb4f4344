//! API keys, made without a page.

use super::{Org, TestApp};
use crate::{
    id::ApiKeyId,
    key_scope::KeyScopes,
    server::{
        Key,
        caller::Client,
        keys::{KeyToken, authenticate},
    },
};

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
        change.commit().await.unwrap();
        (id, token)
    }
}

impl TestApp {
    /// Who a service is that shows a key.
    pub(in crate::tests) async fn shown(&self, token: &str) -> crate::error::Result<Key> {
        let client = Client { ip: Some([203, 0, 113, 7].into()), ..Client::default() };
        authenticate(self, &client, token).await
    }
}
