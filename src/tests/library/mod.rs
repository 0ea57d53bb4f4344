//! The library: folders, prompts, drafts, saving, references, the trash. What is done here is done by the
//! store; forms and pages have their own tests.

mod constraints;
mod defaults;
mod editing;
mod exchange;
mod exporting;
mod hostile;
mod inherited;
mod long;
mod parts;
mod random;
mod references;
mod sample;
mod saving;
mod search;
mod stale;
mod trash;
mod tree;

use super::support::{Answer, Kind, Org, Person, TestApp, both_databases, sql};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId},
    library::folders,
    prompts::{
        content::{Content, Kind as PromptKind},
        drafts, editing as edits,
        render::{Rendered, render},
        resolve,
        saving::{Seen, save},
        store,
    },
    role::Permission,
    tenancy::{Grant, Scope},
};
use serde_json::{Value, json};

/// A library to work at, as the server itself.
struct Library {
    org: Org,
    scope: Scope,
}

impl Library {
    async fn of(app: &TestApp, name: &str) -> Self {
        let ana = app.somebody(&format!("Ana {name}")).await;
        let org = app.org(name, &ana).await;
        let scope = Scope::of_chore(app, org.id, "a test").await.unwrap();
        Self { org, scope }
    }

    fn may<P: Permission>(&self) -> Grant<P> {
        self.scope.clone().require().unwrap()
    }

    async fn folder(&self, parent: Option<FolderId>, name: &str) -> FolderId {
        folders::create(&self.may(), parent, &PathName::parse(name).unwrap()).await.unwrap()
    }

    /// Folders within each other: the last of them.
    async fn folders(&self, path: &str) -> FolderId {
        let mut folder = None;
        for name in path.split('/') {
            folder = Some(self.folder(folder, name).await);
        }
        folder.unwrap()
    }

    async fn prompt(&self, folder: Option<FolderId>, name: &str) -> PromptId {
        store::create(&self.may(), folder, &PathName::parse(name).unwrap(), PromptKind::Text).await.unwrap()
    }

    /// A prompt with a version that says `text`.
    async fn saying(&self, folder: Option<FolderId>, name: &str, text: &str) -> PromptId {
        let id = self.prompt(folder, name).await;
        self.says(id, text).await.unwrap();
        id
    }

    async fn writes(&self, id: PromptId, text: &str) -> Result<i64> {
        let seen = drafts::read(&self.scope, id).await?.revision;
        edits::save(&self.may(), id, seen, &content(text)).await
    }

    /// Posts the form of a draft as somebody who typed `text` and more into it.
    async fn typed(&self, by: &Person, id: PromptId, text: &str, more: &[(&str, &str)]) -> Answer {
        let revision = drafts::read(&self.scope, id).await.unwrap().revision.to_string();
        let (page, id) = (self.org.page(&format!("prompts/{id}")), id.to_string());
        let draft = [
            ("page", &*page),
            ("org", &*self.org.slug),
            ("prompt", &*id),
            ("revision", &*revision),
            ("kind", "text"),
            ("text", text),
        ];
        by.post("/api/prompts/save_draft", &[&draft[..], more].concat()).await
    }

    /// Saves a version that says `text`, and tells its number.
    async fn says(&self, id: PromptId, text: &str) -> Result<i64> {
        self.writes(id, text).await?;
        save(&self.may(), id, self.seen(id).await, "").await
    }

    async fn seen(&self, id: PromptId) -> Seen {
        let revision = drafts::read(&self.scope, id).await.unwrap().revision;
        Seen { revision, latest: store::find(&self.scope, id).await.unwrap().latest }
    }

    async fn path(&self, id: PromptId) -> String {
        store::find(&self.scope, id).await.unwrap().path
    }

    /// The prompt that a path leads to.
    async fn at(&self, path: &str) -> Option<PromptId> {
        match store::at_path(&self.scope, path).await {
            Ok(prompt) => Some(prompt.id),
            Err(Error::NotFound) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// What a version renders to.
    async fn rendered(&self, id: PromptId, number: i64, values: Value) -> String {
        let resolved = resolve::version(&self.scope, id, number).await.unwrap();
        let Value::Object(values) = values else { panic!("{values}") };
        match render(&resolved, &values) {
            Ok(Rendered::Text(text)) => text,
            other => format!("{other:?}"),
        }
    }

    /// The names in a folder, folders first, in their order.
    async fn names(&self, folder: Option<FolderId>) -> Vec<String> {
        let mut names = Vec::new();
        for list in [
            "SELECT name FROM folders WHERE org_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL ORDER BY position, id",
            "SELECT name FROM prompts WHERE org_id = $1 AND folder_id IS NOT DISTINCT FROM $2 AND trash_id IS NULL ORDER BY position, id",
        ] {
            let rows: Vec<(String,)> = self.scope.query(list).bind(folder).all().await.unwrap();
            names.extend(rows.into_iter().map(|(name,)| name));
        }
        names
    }
}

fn content(text: &str) -> Content {
    serde_json::from_value(json!({ "body": { "text": text } })).unwrap()
}

/// What an error says.
#[track_caller]
fn why<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    outcome.unwrap_err().to_string()
}
