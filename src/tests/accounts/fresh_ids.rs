//! A session goes on under a fresh id whatever becomes of the request that gave it one.

use super::{Org, PASSWORD, Person, TestApp, both_databases};
use crate::{tests::support::Kind, time::Span};

both_databases!(what_was_done_is_answered, an_answer_that_fails_brings_the_id);

/// Somebody who has to enter her password, and her organization.
async fn ana_of_acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = ana.creates("Acme").await;
    app.clock.advance(Span::minutes(20));
    (ana, acme)
}

/// Lets the database refuse something: `when`, as a trigger says it.
async fn refuses(app: &TestApp, sqlite: &str, postgres: &str) {
    let refuse = match app.database.kind {
        Kind::Sqlite => {
            format!("CREATE TRIGGER refuse BEFORE {sqlite} BEGIN SELECT RAISE (ABORT, 'refused'); END")
        }
        Kind::Postgres => {
            let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                          $$ BEGIN RAISE EXCEPTION 'refused'; END $$";
            app.execute(refuse).await;
            format!("CREATE TRIGGER refuse BEFORE {postgres} EXECUTE FUNCTION refuse()")
        }
    };
    app.execute(&refuse).await;
}

async fn what_was_done_is_answered(app: TestApp) {
    let (ana, acme) = ana_of_acme(&app).await;
    // Once the session has its fresh id, it cannot be written any more.
    refuses(
        &app,
        "UPDATE OF data ON sessions WHEN NEW.token_hash = OLD.token_hash",
        "UPDATE OF data ON sessions FOR EACH ROW WHEN (NEW.token_hash = OLD.token_hash)",
    )
    .await;
    let key = ana.makes_key(&acme, &[("password", PASSWORD)]).await.status(200);
    assert!(crate::tests::api_keys::key(&key).1.starts_with("ps_"));
    app.clock.advance(Span::seconds(11));
    ana.get("/acme/settings/api-keys").await.status(200).says("Robot");
}

async fn an_answer_that_fails_brings_the_id(app: TestApp) {
    let (ana, acme) = ana_of_acme(&app).await;
    refuses(&app, "INSERT ON api_keys", "INSERT ON api_keys FOR EACH ROW").await;
    let before = ana.cookie("studio");
    let answer = ana.makes_key(&acme, &[("password", PASSWORD)]).await;
    assert!(answer.status >= 500, "{}", answer.status);
    assert_ne!(ana.cookie("studio"), before);
    app.clock.advance(Span::seconds(11));
    ana.get("/acme/settings/api-keys").await.status(200);
}
