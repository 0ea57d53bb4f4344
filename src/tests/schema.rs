//! The two sets of migrations make the same schema, and the schema holds the third wall: rows of
//! one organization cannot refer to rows of another.

use super::support::{Kind, Person, TestApp, both_databases, run, sql};
use crate::{
    deployments::{dependents::USERS, overview::BOARD},
    kernel::{Config, db::is_taken},
    library::{folders, moves, trash, tree},
    prompts::{
        paths::{LEAVE_ALL, LIVE_BELOW, TAKE_ALL},
        references::AT_PATHS,
    },
    role::Role,
    tenancy::Server,
};
use sqlx::error::ErrorKind;
use std::collections::{BTreeMap, BTreeSet};

both_databases!(
    tenant_tables_are_keyed_by_their_organization,
    postgres_fences_the_rows_of_tenant_tables,
    references_between_tenant_tables_stay_in_their_organization,
    what_must_hold_is_a_constraint,
    one_invitation_of_an_address_is_pending,
    the_last_owner_stays_whatever_is_written,
    migrating_again_changes_nothing,
    sqlite_looks_where_an_index_leads,
    what_is_in_a_folder_is_found_without_a_look_at_the_rest,
);

/// Tables that name an organization but are none of a tenant's: what the machine room keeps, and
/// finds by other keys. Nothing refers to their rows.
const MACHINE_ROOM: [&str; 4] = ["audit_log", "audit_readers", "events", "letters"];

#[test]
fn both_databases_have_the_same_schema() {
    let shapes = [Kind::Sqlite, Kind::Postgres].map(|kind| {
        let (sender, receiver) = std::sync::mpsc::channel();
        run(kind, async move |app: TestApp| sender.send(shape(&app).await).unwrap());
        receiver.recv().unwrap()
    });
    let [sqlite, postgres] = shapes;
    for (what, there) in &sqlite {
        assert_eq!(Some(there), postgres.get(what), "{what} of SQLite, and of PostgreSQL");
    }
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    assert!(sqlite.len() > 60, "{sqlite:?}");
}

/// All columns with their kind and whether they may be empty, and all unique keys.
async fn shape(app: &TestApp) -> BTreeMap<String, String> {
    let mut shape = BTreeMap::new();
    for table in app.tables().await {
        for (column, kind, is_optional) in columns(app, &table).await {
            // An id is text in neither: SQLite keeps its 16 bytes.
            let kind = match kind.as_str() {
                "BIGINT" | "INTEGER" => "number",
                "UUID" | "BYTEA" | "BLOB" => "bytes",
                "TEXT" | "JSONB" => "text",
                other => panic!("{table}.{column} is of an unknown type {other}"),
            };
            let optional = if is_optional { ", or none" } else { "" };
            shape.insert(format!("{table}.{column}"), format!("{kind}{optional}"));
        }
        for key in unique_keys(app, &table).await {
            shape.insert(format!("{table} unique ({key})"), String::new());
        }
        for reference in references(app, &table).await {
            shape.insert(format!("{table} refers {reference}"), String::new());
        }
    }
    shape
}

async fn columns(app: &TestApp, table: &str) -> Vec<(String, String, bool)> {
    let list = match app.database.kind {
        Kind::Sqlite => {
            format!("SELECT name, upper(type), NOT \"notnull\" FROM pragma_table_info('{table}')")
        }
        Kind::Postgres => format!(
            "SELECT CAST(column_name AS TEXT), upper(CAST(data_type AS TEXT)), is_nullable = 'YES'
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
    };
    app.outside_tenancy().query(sql(list)).all().await.unwrap()
}

/// The columns of each unique key, the condition of a partial one included.
async fn unique_keys(app: &TestApp, table: &str) -> BTreeSet<String> {
    let list = match app.database.kind {
        Kind::Sqlite => format!(
            "SELECT (SELECT group_concat(c.name, ', ') FROM pragma_index_info(i.name) c) || i.partial
             FROM pragma_index_list('{table}') i WHERE i.\"unique\"
             UNION SELECT name || '0' FROM pragma_table_info('{table}') WHERE pk = 1
               AND (SELECT max(pk) FROM pragma_table_info('{table}')) = 1"
        ),
        Kind::Postgres => format!(
            "SELECT (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(col, n)
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.col)
                    || CASE WHEN i.indpred IS NULL THEN '0' ELSE '1' END
             FROM pg_index i WHERE i.indrelid = CAST('{table}' AS regclass) AND i.indisunique"
        ),
    };
    let keys: Vec<(String,)> = app.outside_tenancy().query(sql(list)).all().await.unwrap();
    keys.into_iter().map(|(key,)| key.replace('1', " partly").replace('0', "")).collect()
}

/// Each foreign key: its columns, the table, and the columns there.
async fn references(app: &TestApp, table: &str) -> BTreeSet<String> {
    let list = match app.database.kind {
        Kind::Sqlite => format!(
            "SELECT group_concat(\"from\", ', ') || ' -> ' || \"table\" || ' (' || group_concat(\"to\", ', ') || ')'
             FROM pragma_foreign_key_list('{table}') GROUP BY id, \"table\""
        ),
        Kind::Postgres => format!(
            "SELECT (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(col, n)
                     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.col)
                    || ' -> ' || CAST(CAST(c.confrelid AS regclass) AS TEXT) || ' (' ||
                    (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k(col, n)
                     JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.col) || ')'
             FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = CAST('{table}' AS regclass)"
        ),
    };
    let references: Vec<(String,)> = app.outside_tenancy().query(sql(list)).all().await.unwrap();
    references.into_iter().map(|(reference,)| reference).collect()
}

/// The tables whose rows belong to an organization.
async fn tenant_tables(app: &TestApp) -> Vec<String> {
    let mut tables = Vec::new();
    for table in app.tables().await {
        let is_tenants = app.columns(&table).await.iter().any(|column| column == "org_id");
        if is_tenants && !MACHINE_ROOM.contains(&table.as_str()) {
            tables.push(table);
        }
    }
    tables
}

async fn tenant_tables_are_keyed_by_their_organization(app: TestApp) {
    let tables = tenant_tables(&app).await;
    assert!(tables.len() >= 2, "{tables:?}");
    for table in tables {
        let key = match app.database.kind {
            Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1"),
            Kind::Postgres => format!(
                "SELECT CAST(a.attname AS TEXT) FROM pg_index i JOIN pg_attribute a
                 ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                 WHERE i.indrelid = CAST('{table}' AS regclass) AND i.indisprimary"
            ),
        };
        let (first,): (String,) = app.outside_tenancy().query(sql(key)).one().await.unwrap();
        assert_eq!(first, "org_id", "the primary key of {table} begins with its organization");
        let columns = columns(&app, &table).await;
        assert!(columns.iter().all(|(name, _, is_optional)| name != "org_id" || !is_optional), "{table}");
    }
}

async fn postgres_fences_the_rows_of_tenant_tables(app: TestApp) {
    if app.database.kind == Kind::Sqlite {
        return;
    }
    for table in tenant_tables(&app).await {
        let fenced = format!(
            "SELECT c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)
             FROM pg_class c WHERE c.oid = CAST('{table}' AS regclass)"
        );
        let (fenced,): (bool,) = app.outside_tenancy().query(sql(fenced)).one().await.unwrap();
        assert!(fenced, "{table} has no row-level security");
    }
}

async fn references_between_tenant_tables_stay_in_their_organization(app: TestApp) {
    assert_eq!(strays(&app).await, BTreeSet::new());
    // The check finds what it looks for, before there is anything of the kind.
    app.execute(
        "CREATE TABLE notes (org_id UUID NOT NULL, id UUID NOT NULL UNIQUE, PRIMARY KEY (org_id, id))",
    )
    .await;
    app.execute(
        "CREATE TABLE good (org_id UUID NOT NULL, id UUID NOT NULL, note_id UUID, PRIMARY KEY (org_id, id),
         FOREIGN KEY (org_id, note_id) REFERENCES notes (org_id, id))",
    )
    .await;
    app.execute(
        "CREATE TABLE bad (org_id UUID NOT NULL, id UUID NOT NULL, note_id UUID REFERENCES notes (id),
         PRIMARY KEY (org_id, id))",
    )
    .await;
    assert_eq!(strays(&app).await, BTreeSet::from(["bad: note_id -> notes (id)".to_owned()]));
}

/// References between tenant tables that do not carry the organization along.
async fn strays(app: &TestApp) -> BTreeSet<String> {
    let tables = tenant_tables(app).await;
    let mut strays = BTreeSet::new();
    for table in &tables {
        for reference in references(app, table).await {
            let to = reference.split(" -> ").nth(1).unwrap().split(' ').next().unwrap();
            let carries = reference.starts_with("org_id, ") && reference.contains("(org_id, ");
            if tables.iter().any(|table| table == to) && !carries {
                strays.insert(format!("{table}: {reference}"));
            }
        }
    }
    strays
}

/// What no statement can do, whatever the code thinks.
const FORBIDDEN: [&str; 11] = [
    "UPDATE members SET role = 'root'",
    "UPDATE members SET role = NULL",
    "UPDATE invitations SET state = 'lost'",
    "UPDATE organizations SET default_role = 'owner'",
    "UPDATE organizations SET invitation_span = 1",
    "UPDATE organizations SET slug = 'same'",
    "UPDATE organizations SET slug = 'x' WHERE personal_of IS NULL",
    "UPDATE organizations SET name = ''",
    "DELETE FROM users",
    "DELETE FROM organizations",
    "INSERT INTO members SELECT * FROM members",
];

async fn what_must_hold_is_a_constraint(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    acme.planted(&ana, "guest@example.com", Role::Viewer).await;
    for statement in FORBIDDEN {
        let error = app.try_execute(statement).await.expect_err(statement);
        let kind = error.as_database_error().map(sqlx::error::DatabaseError::kind);
        assert!(kind.is_some_and(|kind| !matches!(kind, ErrorKind::Other)), "{statement}: {error}");
    }
}

async fn one_invitation_of_an_address_is_pending(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    acme.planted(&ana, "guest@example.com", Role::Viewer).await;
    let [a, b] = match app.database.kind {
        Kind::Sqlite => ["X'0a'", "X'0b'"],
        Kind::Postgres => ["'a'", "'b'"],
    };
    let again = |state: &str| {
        format!(
            "INSERT INTO invitations (org_id, id, email, role, state, inviter_id, mail_hash, link_hash, created_at, sent_at, expires_at)
             SELECT org_id, org_id, email, role, '{state}', inviter_id, {a}, {b}, 0, 0, 0 FROM invitations"
        )
    };
    let error = app.try_execute(&again("pending")).await.unwrap_err();
    assert!(is_taken(&error), "{error}");
    app.execute(&again("revoked")).await;
}

async fn migrating_again_changes_nothing(app: TestApp) {
    let before = shape(&app).await;
    assert_eq!(shape(&app.another(|_| {}).await).await, before);
    let elsewhere = Config { database_url: Some("mysql://localhost/x".into()), ..app.config.clone() };
    assert!(Server::start(elsewhere).await.is_err(), "there are two databases");
}

async fn the_last_owner_stays_whatever_is_written(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let (eve, org) = (acme.has("Eve", Role::Owner).await, app.literal(acme.id.0));
    acme.has("Vic", Role::Viewer).await;
    // One of two may go.
    let of = |person: &Person| format!("org_id = {org} AND user_id = {}", app.literal(person.id.0));
    app.execute(&format!("UPDATE members SET role = 'admin' WHERE {}", of(&eve))).await;
    for statement in [
        format!("UPDATE members SET role = 'admin' WHERE {}", of(&ana)),
        format!("UPDATE members SET role = 'viewer' WHERE org_id = {org}"),
        format!("DELETE FROM members WHERE {}", of(&ana)),
        format!("DELETE FROM members WHERE org_id = {org}"),
        format!("DELETE FROM members WHERE user_id = {}", app.literal(ana.id.0)),
    ] {
        let error = app.try_execute(&statement).await.expect_err(&statement);
        assert!(error.to_string().contains("an organization needs an Owner"), "{statement}: {error}");
    }
    // Of one that is deleted nothing needs to stay.
    app.execute(&format!("UPDATE organizations SET deleted_at = 1 WHERE id = {org}")).await;
    assert_eq!(app.execute(&format!("DELETE FROM members WHERE org_id = {org}")).await, 3);
}

/// SQLite is told how many rows an organization may have: without it, it looks through all of one for each thing of a
/// list, and for each page of its audit log.
async fn sqlite_looks_where_an_index_leads(app: TestApp) {
    if app.database.kind == Kind::Postgres {
        return;
    }
    // A migration that makes such an index says again what `0031_statistics` says.
    let untold = "SELECT i.name FROM sqlite_schema t JOIN pragma_index_list(t.name) i
         WHERE t.type = 'table' AND (SELECT count(*) FROM pragma_index_info(i.name)) > 1
           AND (SELECT c.name FROM pragma_index_info(i.name) c WHERE c.seqno = 0) = 'org_id'
           AND NOT EXISTS (SELECT 1 FROM sqlite_stat1 s WHERE s.tbl = t.name AND s.idx = i.name)";
    let untold: Vec<(String,)> = app.outside_tenancy().query(untold).all().await.unwrap();
    assert!(untold.is_empty(), "{untold:?}");
    let of_list = "WITH listed (id) AS (SELECT unhex(value) FROM json_each('[]')) SELECT";
    for (statement, looks_at) in [
        ("folders f ON f.org_id = x'01' AND f.parent_id = listed.id", "(org_id=? AND parent_id=?)"),
        ("prompts p ON p.org_id = x'01' AND p.id = listed.id", "(org_id=? AND id=?)"),
        ("prompts p ON p.org_id = x'01' AND p.folder_id = listed.id", "(org_id=? AND folder_id=?)"),
        ("prompt_references r ON r.org_id = x'01' AND r.to_id = listed.id", "(org_id=? AND to_id=?)"),
        ("deployments d ON d.org_id = x'01' AND d.prompt_id = listed.id", "(org_id=? AND prompt_id=?)"),
    ] {
        let statement = format!("{of_list} * FROM listed JOIN {statement}");
        let plan = plan(&app, &statement).await;
        assert!(plan.contains(looks_at), "{statement}: {plan}");
    }
    for column in ["actor_id", "target_id", "action"] {
        let statement = format!(
            "SELECT details FROM audit_log
             WHERE org_id = x'01' AND {column} = x'02' AND id >= x'03' AND id < x'04' ORDER BY id DESC LIMIT 9"
        );
        let plan = plan(&app, &statement).await;
        assert!(plan.contains(&format!("(org_id=? AND {column}=? AND ")), "{statement}: {plan}");
    }
    // A row holds a whole file, which is not read to learn whose it is.
    let files = plan(&app, "SELECT id FROM imports WHERE created_by = x'01' ORDER BY created_at DESC").await;
    assert!(files.contains("(created_by=?)"), "{files}");
    // All keys and people of the server are not looked through for those of one.
    let made = "SELECT o.name, k.name FROM api_keys k JOIN organizations o ON o.id = k.org_id
         WHERE k.created_by = x'01' AND k.revoked_at IS NULL ORDER BY lower(k.name), k.id";
    let made = plan(&app, made).await;
    assert!(made.contains("(created_by=?)"), "{made}");
    let named = "SELECT u.id FROM users u WHERE (u.email = 'a' OR lower(u.name) = 'b')
         AND (EXISTS (SELECT 1 FROM members m WHERE m.org_id = x'01' AND m.user_id = u.id)
           OR EXISTS (SELECT 1 FROM audit_log a WHERE a.org_id = x'01' AND a.actor_id = u.id)) LIMIT 2";
    let named = plan(&app, named).await;
    assert!(!named.contains("SCAN u"), "{named}");
    // Each path is looked up, among those of now and those from before.
    let paths = plan(&app, &AT_PATHS[0].replace("$1", "x'01'").replace("$2", "'[]'")).await;
    assert!(paths.contains("(org_id=? AND id=?)"), "{paths}");
    assert_eq!(paths.matches("(org_id=? AND path=?)").count(), 2, "{paths}");
    // What is live is looked up of the prompts that are shown.
    let board = plan(&app, &BOARD.replace("$1", "x'01'").replace("$2", "'%'").replace("$3", "9")).await;
    assert!(board.starts_with("CO-ROUTINE p; "), "{board}");
    // Others wait for these, so they do not look through all that was ever deployed.
    for statement in [USERS, LIVE_BELOW] {
        let plan = plan(&app, &statement.replace("$1", "x'01'").replace("$2", "x'02'")).await;
        let is_all = |step: &str| step.starts_with("SEARCH d ") && step.ends_with("(org_id=?)");
        assert!(!plan.split("; ").any(is_all), "{plan}");
    }
}

/// Others wait while a folder moves or goes to the trash.
async fn what_is_in_a_folder_is_found_without_a_look_at_the_rest(app: TestApp) {
    if app.database.kind == Kind::Postgres {
        return;
    }
    for statement in [
        folders::SIZE,
        moves::DEEPEST,
        moves::LONGEST,
        moves::MOVE_FOLDERS,
        moves::MOVE_PROMPTS,
        trash::WITHIN,
        trash::MARK_PROMPTS,
        trash::MARK_FOLDERS,
        LEAVE_ALL,
        TAKE_ALL,
        LIVE_BELOW,
        // And at each page of the library, of which these read the folders and the first prompts of each.
        tree::FOLDERS.0,
        tree::PROMPTS.0,
    ] {
        let bound = (1..=7).fold(statement.to_owned(), |text, n| text.replace(&format!("${n}"), "x'01'"));
        let plan = plan(&app, &bound).await;
        // The environments of an organization are few, and so is its sample.
        let is_all = |step: &str| {
            let is_all_of_table = ["SCAN prompts", "SCAN folders", "SCAN old_paths"].contains(&step);
            let is_few = step.starts_with("SEARCH e ") || step.contains(" prompts_samples ");
            is_all_of_table || (step.ends_with("(org_id=?)") && !is_few)
        };
        assert!(!plan.split("; ").any(is_all), "{statement}: {plan}");
    }
}

/// How SQLite goes about a statement.
async fn plan(app: &TestApp, statement: &str) -> String {
    let plan = sql(format!("EXPLAIN QUERY PLAN {statement}"));
    let plan: Vec<(i64, i64, i64, String)> = app.outside_tenancy().query(plan).all().await.unwrap();
    plan.into_iter().map(|(.., step)| step).collect::<Vec<_>>().join("; ")
}
