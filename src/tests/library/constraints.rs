use super::{Kind, Library, TestApp, both_databases, sql};
use sqlx::error::ErrorKind;

both_databases!(the_tree_stays_a_tree, nothing_refers_across_organizations, search_forgets_what_is_gone);

/// What no statement can do, whatever the code thinks.
async fn the_tree_stays_a_tree(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folders("A/B/C").await;
    lib.prompt(Some(folder), "P").await;
    lib.prompt(None, "Q").await;
    for statement in [
        // In a circle, by itself or by another.
        "UPDATE folders SET parent_id = id WHERE name = 'B'",
        "UPDATE folders SET parent_id = (SELECT id FROM folders WHERE name = 'C') WHERE name = 'A'",
        "UPDATE folders SET parent_id = (SELECT id FROM folders WHERE name = 'C') WHERE name = 'B'",
        "UPDATE folders SET parent_id = (SELECT id FROM folders WHERE name = 'C'), parent_depth = 3 WHERE name = 'A'",
        "UPDATE folders SET parent_id = NULL WHERE name = 'B'",
        "UPDATE folders SET depth = 11, parent_depth = 10 WHERE name = 'C'",
        "UPDATE folders SET depth = 0",
        "UPDATE folders SET path = 'x'",
        "UPDATE folders SET name = ''",
        "UPDATE prompts SET path = 'x'",
        "UPDATE prompts SET kind = 'image'",
        "DELETE FROM folders WHERE name = 'C'",
        "INSERT INTO folders SELECT * FROM folders",
    ] {
        let error = app.try_execute(statement).await.expect_err(statement);
        let kind = error.as_database_error().map(sqlx::error::DatabaseError::kind);
        assert!(kind.is_some_and(|kind| !matches!(kind, ErrorKind::Other)), "{statement}: {error}");
    }
    assert_eq!(lib.names(None).await, ["A", "Q"]);
}

async fn nothing_refers_across_organizations(app: TestApp) {
    let (ours, theirs) = (Library::of(&app, "Ours").await, Library::of(&app, "Theirs").await);
    ours.folder(None, "Own").await;
    theirs.folder(None, "Foreign").await;
    theirs.saying(None, "Other", "x").await;
    ours.saying(None, "Mine", "x").await;
    for statement in [
        "UPDATE folders SET parent_id = (SELECT id FROM folders WHERE name = 'Foreign'), depth = 2, parent_depth = 1 WHERE name = 'Own'",
        "UPDATE prompts SET folder_id = (SELECT id FROM folders WHERE name = 'Foreign') WHERE name = 'Mine'",
        "INSERT INTO prompt_references (org_id, prompt_id, number, target, to_id)
         SELECT org_id, id, 0, 'x', (SELECT id FROM prompts WHERE name = 'Other') FROM prompts WHERE name = 'Mine'",
        "INSERT INTO old_paths (org_id, path, prompt_id)
         SELECT org_id, 'x', (SELECT id FROM prompts WHERE name = 'Other') FROM prompts WHERE name = 'Mine'",
        "UPDATE drafts SET prompt_id = (SELECT id FROM prompts WHERE name = 'Other')
         WHERE prompt_id = (SELECT id FROM prompts WHERE name = 'Mine')",
    ] {
        let error = app.try_execute(statement).await.expect_err(statement);
        let kind = error.as_database_error().map(sqlx::error::DatabaseError::kind);
        assert!(kind.is_some_and(|kind| !matches!(kind, ErrorKind::Other)), "{statement}: {error}");
    }
}

async fn search_forgets_what_is_gone(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (tone, org) = (lib.saying(None, "Tone", "peculiar words").await, lib.org.id.0.simple());
    let found = async |word: &str| -> i64 {
        let count = match app.database.kind {
            Kind::Sqlite => {
                format!("SELECT count(*) FROM prompt_words WHERE prompt_words MATCH '{org}{word}'")
            }
            Kind::Postgres => format!(
                "SELECT count(*) FROM prompt_search WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST('{word}' AS tsquery)"
            ),
        };
        let (count,): (i64,) = app.outside_tenancy().query(sql(count)).one().await.unwrap();
        count
    };
    assert_eq!((found("peculiar").await, found("tone").await), (1, 1));
    lib.says(tone, "ordinary").await.unwrap();
    assert_eq!((found("peculiar").await, found("ordinary").await), (0, 1));
    app.execute("DELETE FROM prompts").await;
    assert_eq!(found("ordinary").await, 0);
}
