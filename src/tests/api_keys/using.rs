use super::{PASSWORD, Role, TestApp, acme, both_databases};
use crate::{
    delivery::keys::KeyToken,
    error::Error,
    id::{ApiKeyId, OrgId},
    key_scope::KeyScope,
    role::{
        DeleteOrganization, EditContent, ManageApiKeys, ManageMembers, Permission, ViewAuditLog, ViewContent,
    },
    tenancy::{Scope, Topic},
    time::Span,
};
use std::sync::Arc;

both_databases!(
    only_the_right_secret_is_let_in,
    a_key_dies_with_its_organization,
    a_rotated_key_overlaps,
    its_use_is_noted_once_a_minute,
    a_key_may_do_what_its_scopes_say,
    a_revoked_key_changes_nothing_it_had_begun,
    a_limit_without_anything_left_reaches_nothing,
    keys_that_are_no_good_are_limited_by_address,
    a_key_that_was_good_is_read_again_all_the_same,
);

async fn revoke(app: &TestApp, org: OrgId, id: ApiKeyId) {
    let mut change = app.change_outside_tenancy().await.unwrap();
    let revoke = change.query("UPDATE api_keys SET revoked_at = $3 WHERE org_id = $1 AND id = $2");
    assert_eq!(revoke.bind(org).bind(id).bind(app.clock.now()).execute().await.unwrap(), 1);
    change.announce(Some(org), Topic::Keys, id.0).await.unwrap();
    change.commit().await.unwrap();
}

async fn only_the_right_secret_is_let_in(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (id, token) = acme.has_key("read:prompts").await;
    let key = app.shown(token.as_str()).await.unwrap();
    assert_eq!((key.id, key.org, key.name.as_str()), (id, acme.id, "Sample key"));
    // Another secret of the same id, a key that is not known, and no key at all.
    let others = [KeyToken::new(Some(token.public_id())), KeyToken::new(None)];
    for other in others.iter().map(KeyToken::as_str).chain(["", "ps", "Bearer", token.public_id()]) {
        assert_eq!(app.shown(other).await, Err(Error::SignedOut), "{other}");
    }
    revoke(&app, acme.id, id).await;
    assert_eq!(app.shown(token.as_str()).await, Err(Error::SignedOut));
}

async fn a_key_dies_with_its_organization(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (_, token) = acme.has_key("read:prompts").await;
    let key = app.shown(token.as_str()).await.unwrap();
    acme.is_deleted().await;
    assert_eq!(app.shown(token.as_str()).await, Err(Error::SignedOut));
    let scope = Scope::of_key(&app, Arc::default(), key).await;
    assert_eq!(scope.map(drop), Err(Error::SignedOut));
}

async fn a_rotated_key_overlaps(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (id, old) = acme.has_key("read:prompts").await;
    let rotate = async |overlap: &str| {
        let fields = [("org", "acme"), ("key", &*id.to_string()), ("overlap", overlap)];
        ana.call("/api/api_keys/rotate", &fields).await
    };
    let new = super::key(&rotate("30").await.status(200)).1;
    app.shown(old.as_str()).await.unwrap();
    app.shown(&new).await.unwrap();
    app.clock.advance(Span::minutes(14));
    // Rotated once more, one that is still good would end before its time.
    rotate("30").await.status(409).says("the previous secret works until").says("Stop immediately");
    for shown in [old.as_str(), &new] {
        app.shown(shown).await.unwrap();
    }
    app.clock.advance(Span::minutes(16));
    assert_eq!(app.shown(old.as_str()).await, Err(Error::SignedOut));
    let ana = app.known("Ana", app.browser_of(ana.id).await).await;
    let rotate = async |overlap: &str| {
        let fields =
            [("org", "acme"), ("key", &*id.to_string()), ("overlap", overlap), ("password", PASSWORD)];
        ana.call("/api/api_keys/rotate", &fields).await
    };
    let newer = super::key(&rotate("30").await.status(200)).1;
    app.shown(&new).await.unwrap();
    // At once is always possible, and ends both.
    let newest = super::key(&rotate("0").await.status(200)).1;
    for shown in [&new, &newer] {
        assert_eq!(app.shown(shown).await, Err(Error::SignedOut));
    }
    app.shown(&newest).await.unwrap();
}

async fn its_use_is_noted_once_a_minute(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (_, token) = acme.has_key("read:prompts").await;
    let noted = async || {
        app.writes_notes().await.unwrap();
        app.rows("api_keys", "last_used_ip = '203.0.113.7'").await
    };
    assert!(noted().await.is_empty());
    app.shown(KeyToken::new(Some(token.public_id())).as_str()).await.unwrap_err();
    assert!(noted().await.is_empty(), "a wrong secret is no use");
    app.shown(token.as_str()).await.unwrap();
    let first = noted().await;
    assert_eq!(first.len(), 1);
    app.clock.advance(Span::seconds(59));
    app.shown(token.as_str()).await.unwrap();
    assert_eq!(noted().await, first);
    app.clock.advance(Span::seconds(1));
    app.shown(token.as_str()).await.unwrap();
    assert_ne!(noted().await, first);
}

fn may<P: Permission>(scope: &Scope) -> bool {
    assert_eq!(scope.can::<P>(), scope.clone().require::<P>().is_ok());
    scope.can::<P>()
}

async fn a_key_may_do_what_its_scopes_say(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (_, token) = acme.has_key("read:prompts").await;
    let scope = Scope::of_key(&app, Arc::default(), app.shown(token.as_str()).await.unwrap()).await.unwrap();
    assert!(may::<ViewContent>(&scope));
    assert!(!may::<EditContent>(&scope) && !may::<ViewAuditLog>(&scope));
    let all: Vec<_> = KeyScope::ALL.iter().map(|scope| scope.code()).collect();
    let (_, token) = acme.has_key(&all.join(" ")).await;
    let scope = Scope::of_key(&app, Arc::default(), app.shown(token.as_str()).await.unwrap()).await.unwrap();
    assert!(may::<EditContent>(&scope) && may::<ViewAuditLog>(&scope));
    assert!(
        !may::<ManageMembers>(&scope) && !may::<ManageApiKeys>(&scope) && !may::<DeleteOrganization>(&scope)
    );
    assert_eq!((scope.person(), scope.role()), (None, Role::Viewer));
}

async fn a_revoked_key_changes_nothing_it_had_begun(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (id, token) = acme.has_key("write:prompts").await;
    let key = app.shown(token.as_str()).await.unwrap();
    let scope = Scope::of_key(&app, Arc::default(), key).await.unwrap();
    let grant = scope.require::<EditContent>().unwrap();
    grant.change().await.map(drop).unwrap();
    revoke(&app, acme.id, id).await;
    assert_eq!(grant.change().await.map(drop), Err(Error::SignedOut));
}

async fn a_limit_without_anything_left_reaches_nothing(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let stock = acme.has_library().await;
    for stored in ["[]", "not json", "[\"x\"]"] {
        let (_, token) = acme.has_limited_key("read:prompts", Some(stored.into()), Some(stored.into())).await;
        let key = app.shown(token.as_str()).await.unwrap();
        assert!(
            !key.environments.reaches(&stock.environment) && !key.folders.reaches(&stock.folder),
            "{stored}"
        );
    }
}

async fn keys_that_are_no_good_are_limited_by_address(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let (_, known) = acme.has_key("read:prompts").await;
    app.shown(known.as_str()).await.unwrap();
    // What is no key at all costs nothing, and counts for nothing.
    for _ in 0..1000 {
        assert_eq!(app.shown("ps_0_0_0").await, Err(Error::SignedOut));
    }
    let mut tries = 0;
    let refused = loop {
        match app.shown(KeyToken::new(None).as_str()).await {
            Err(Error::SignedOut) => tries += 1,
            refused => break refused,
        }
        assert!(tries < 2000, "they are limited");
    };
    assert!(matches!(refused, Err(Error::TooMany { retry_after: 1.., .. })), "{refused:?}");
    assert!(tries >= 300, "{tries}");
    // One that is in memory is let in, from the same address.
    app.shown(known.as_str()).await.unwrap();
    app.clock.advance(Span::minutes(1));
    let (_, new) = acme.has_key("read:prompts").await;
    app.shown(new.as_str()).await.unwrap();
}

async fn a_key_that_was_good_is_read_again_all_the_same(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (_, known) = acme.has_key("read:prompts").await;
    app.shown(known.as_str()).await.unwrap();
    while app.shown(KeyToken::new(None).as_str()).await == Err(Error::SignedOut) {}
    // Something happens to keys of the organization, so that what is in memory is true no more.
    let (id, _) = super::key(&ana.makes_key(&acme, &[]).await.status(200));
    app.shown(known.as_str()).await.unwrap();
    ana.call("/api/api_keys/revoke", &[("org", "acme"), ("key", &*id)]).await.status(200);
    app.shown(known.as_str()).await.unwrap();
}
