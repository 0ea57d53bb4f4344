//! What the database holds: hashes of what people and browsers know, and sealed letters.

use super::{PASSWORD, Person, TestApp, assert_absent, both_databases, whereabouts};
use crate::{role::Role, time::Span};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

both_databases!(no_secret_is_stored_as_it_is, a_letter_is_sealed_until_it_is_sent_and_emptied_then);

async fn no_secret_is_stored_as_it_is(app: TestApp) {
    let ana: Person = app.sign_up("Ana").await;
    let waiting = app.browser();
    waiting.signs_up("Ben", "ben@example.com").await.status(303);
    ana.post("/api/accounts/forgot_password", &[("email", "ana@example.com")]).await.status(303);
    let acme = ana.creates("Acme").await;
    ana.invites(&acme, "guest@example.com", Role::Editor).await.status(200);
    let secrets = [
        ana.cookie("studio").unwrap(),
        waiting.cookie("studio-sign-up").unwrap(),
        app.link_for("ben@example.com", "/confirm/").await,
        app.link_for("ana@example.com", "/reset-password/").await,
        app.link_for("guest@example.com", "/invite/").await,
    ];
    let all = app.everything().await;
    assert_absent(&all, PASSWORD.as_bytes());
    for secret in &secrets {
        assert_absent(&all, secret.as_bytes());
        assert_absent(&all, &URL_SAFE_NO_PAD.decode(secret).unwrap());
    }
    // The session's id as the library counts it.
    let id: tower_sessions::session::Id = secrets[0].parse().unwrap();
    assert_absent(&all, id.0.to_string().as_bytes());
    assert_absent(&all, &id.0.to_be_bytes());
    // The search finds what is there.
    assert!(whereabouts(&all, b"guest@example.com").is_some());
    assert!(whereabouts(&all, b"acme").is_some());
}

async fn a_letter_is_sealed_until_it_is_sent_and_emptied_then(app: TestApp) {
    // Its mail server is away, so it keeps its letters; being an hour ahead, from the other as well.
    let stuck = app.another(|config| config.smtp_url = Some("smtp://127.0.0.1:9".into())).await;
    stuck.clock.advance(Span::hours(1));
    let ana = stuck.somebody("Ana").await;
    let acme = stuck.org("Acme", &ana).await;
    ana.invites(&acme, "guest@example.com", Role::Editor).await.status(200);
    let all = app.everything().await;
    for told in ["invited you to", "/invite/", "View invitation"] {
        assert_absent(&all, told.as_bytes());
    }
    assert_eq!(app.rows("letters", "sealed IS NOT NULL AND done_at IS NULL").await.len(), 1);
    app.clock.advance(Span::hours(2));
    app.letter_to("guest@example.com").await;
    assert_eq!(app.rows("letters", "sealed IS NULL AND done_at IS NOT NULL").await.len(), 1);
}
