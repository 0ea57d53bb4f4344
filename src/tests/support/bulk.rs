//! Much of something, as it has become over time; and what breaks in the middle of it.

use super::{Kind, Org, TestApp};
use crate::id::{EnvironmentId, FolderId, PromptId};
use uuid::Uuid;

/// How many rows a statement of these writes.
fn numbers(count: u32) -> String {
    format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})")
}

impl TestApp {
    /// An id as a value of its type.
    fn id(&self, id: Uuid) -> String {
        match self.database.kind {
            Kind::Sqlite => self.literal(id),
            Kind::Postgres => format!("CAST('{id}' AS UUID)"),
        }
    }

    fn new_id(&self) -> &'static str {
        match self.database.kind {
            Kind::Sqlite => "randomblob(16)",
            Kind::Postgres => "gen_random_uuid()",
        }
    }

    /// Puts letters into the outbox that were sent long ago, and are numbered by `attempts`.
    pub(in crate::tests) async fn sent_letters(&self, count: u32) {
        let (numbers, id) = (numbers(count), self.new_id());
        self.execute(&format!(
            "INSERT INTO letters (id, kind, recipient, attempts, due_at, created_at, done_at)
             {numbers} SELECT {id}, 'x', 'x@example.com', i, 0, 0, 0 FROM n"
        ))
        .await;
    }

    /// Has what is done (such as `DELETE`) to rows of a table fail where a condition on `OLD` or `NEW` holds, as
    /// though the process ended there.
    pub(in crate::tests) async fn breaks(&self, done: &str, table: &str, condition: &str) {
        match self.database.kind {
            Kind::Sqlite => {
                self.execute(&format!(
                    "CREATE TRIGGER broken BEFORE {done} ON {table} WHEN {condition}
                     BEGIN SELECT RAISE(ABORT, 'broken'); END"
                ))
                .await;
            }
            Kind::Postgres => {
                self.execute(
                    "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql
                     AS 'BEGIN RAISE EXCEPTION ''broken''; END'",
                )
                .await;
                self.execute(&format!(
                    "CREATE TRIGGER broken BEFORE {done} ON {table} FOR EACH ROW WHEN ({condition})
                     EXECUTE FUNCTION broken()"
                ))
                .await;
            }
        }
    }

    /// Has it fail no more.
    pub(in crate::tests) async fn mends(&self, table: &str) {
        match self.database.kind {
            Kind::Sqlite => self.execute("DROP TRIGGER broken").await,
            Kind::Postgres => self.execute(&format!("DROP TRIGGER broken ON {table}")).await,
        };
    }
}

impl Org {
    /// Puts prompts `Filler 1` and so on into a folder that has none of them, each with versions.
    pub(in crate::tests) async fn fills(&self, folder: (FolderId, &str), prompts: u32, versions: u32) {
        let (app, (folder, path)) = (self.app(), folder);
        let (org, folder, id) = (app.id(self.id.0), app.id(folder.0), app.new_id());
        let hash = match app.database.kind {
            Kind::Sqlite => "randomblob(32)",
            Kind::Postgres => "CAST('x' AS BYTEA)",
        };
        let (content, of) = (
            r#"{"body":{"text":"x"}}"#,
            format!("org_id = {org} AND folder_id = {folder} AND name LIKE 'Filler %'"),
        );
        let (each_prompt, each_version) = (numbers(prompts), numbers(versions));
        for statement in [
            format!(
                "INSERT INTO prompts (org_id, id, folder_id, name, path, position, kind, description, tags, latest,
                   created_at, updated_at)
                 {each_prompt} SELECT {org}, {id}, {folder}, 'Filler ' || i, '{path}/Filler ' || i, i * 100, 'text',
                   '', '', {versions}, 0, 0 FROM n"
            ),
            format!(
                "INSERT INTO drafts (org_id, prompt_id, content, revision, base, updated_at)
                 SELECT org_id, id, '{content}', 1, {versions}, 0 FROM prompts WHERE {of}"
            ),
            format!(
                "INSERT INTO versions (org_id, prompt_id, number, hash, content, message, created_at)
                 {each_version} SELECT p.org_id, p.id, n.i, {hash}, '{content}', '', 0 FROM prompts p CROSS JOIN n
                 WHERE {of}"
            ),
            format!(
                "INSERT INTO prompt_search (org_id, prompt_id, name, path, words)
                 SELECT org_id, id, lower(name), lower(path), lower(replace(path, '/', ' ')) FROM prompts WHERE {of}"
            ),
        ] {
            app.execute(&statement).await;
        }
    }

    /// Puts so many things into the trash, long ago, of which nothing else is left.
    pub(in crate::tests) async fn threw_away(&self, things: u32) {
        let app = self.app();
        let (org, numbers, id) = (app.id(self.id.0), numbers(things), app.new_id());
        app.execute(&format!(
            "INSERT INTO trash (org_id, id, kind, entity_id, path, created_at)
             {numbers} SELECT {org}, {id}, 'prompt', {id}, 'Old ' || i, 0 FROM n"
        ))
        .await;
    }

    /// Notes that a prompt was deployed to an environment at so many paths, one after the other.
    pub(in crate::tests) async fn deployed_at(&self, to: EnvironmentId, prompt: PromptId, paths: u32) {
        let app = self.app();
        let name = prompt.to_string();
        let (org, to, prompt) = (app.id(self.id.0), app.id(to.0), app.id(prompt.0));
        let (numbers, id) = (numbers(paths), app.new_id());
        app.execute(&format!(
            "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason, actor_kind,
               created_at, path)
             {numbers} SELECT {org}, {id}, {to}, {prompt}, i, 'deploy', 1, '', 'system', 0, '{name}/' || i FROM n"
        ))
        .await;
    }

    /// Notes that a prompt was deployed to an environment and taken away again, over and over.
    pub(in crate::tests) async fn deployed(&self, to: EnvironmentId, prompt: PromptId, times: u32) {
        let app = self.app();
        let (org, to, prompt) = (app.id(self.id.0), app.id(to.0), app.id(prompt.0));
        let (numbers, id) = (numbers(2 * times), app.new_id());
        app.execute(&format!(
            "INSERT INTO deployments (org_id, id, environment_id, prompt_id, number, kind, version, reason, actor_kind,
               created_at)
             {numbers} SELECT {org}, {id}, {to}, {prompt}, i, CASE i % 2 WHEN 1 THEN 'deploy' ELSE 'undeploy' END,
               CASE i % 2 WHEN 1 THEN 1 END, '', 'system', 0 FROM n"
        ))
        .await;
    }
}
