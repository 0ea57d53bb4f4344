//! Duplicating a folder. What it holds is copied in parts, as each thing is when its turn comes.

use super::{Kind, free_name, note};
use crate::{
    error::{Error, Result},
    fields::PathName,
    id::{FolderId, PromptId, TrashId, VariableId},
    library::{
        folders::{self, Folder},
        trash::staged,
    },
    prompts::{
        Tags, drafts, index,
        paths::inside,
        store::{self, MAX_PATH, NewPrompt},
    },
    role::EditContent,
    tenancy::{Grant, OrgChange, Topic, audit::Action, batches::Part},
};
use std::collections::HashMap;

/// The most prompts and folders that are duplicated at once.
const MAX: usize = 1000;

/// What is to be copied, as it was at the beginning.
struct Plan {
    folder: Folder,
    /// The folders in it, from the top down, itself the first.
    folders: Vec<OneFolder>,
    prompts: Vec<OnePrompt>,
}

#[derive(sqlx::FromRow)]
struct OneFolder {
    id: FolderId,
    parent_id: Option<FolderId>,
    depth: i64,
    name: PathName,
    path: String,
    position: i64,
}

#[derive(sqlx::FromRow)]
struct OnePrompt {
    id: PromptId,
    folder_id: Option<FolderId>,
    name: PathName,
    path: String,
    position: i64,
}

/// A copy that is being made.
struct Copying<'g> {
    grant: &'g Grant<EditContent>,
    change: OrgChange,
    part: Part,
    trash: TrashId,
    /// The copies of folders.
    folders: HashMap<FolderId, FolderId>,
}

pub(super) async fn duplicate(grant: &Grant<EditContent>, id: FolderId) -> Result<FolderId> {
    let mut change = grant.change().await?;
    let part = Part::begin();
    let plan = Plan::read(&mut change, id).await?;
    let copy = FolderId(change.new_id());
    let trash = staged::begin(&mut change, copy, &plan.folder).await?;
    let making = Copying { grant, change, part, trash, folders: HashMap::from([(id, copy)]) };
    if let Err(error) = Box::pin(making.make(&plan)).await {
        // When even that fails it is given up later.
        if let Ok(mut change) = grant.change().await
            && staged::give_up(&mut change, trash).await.is_ok()
        {
            drop(change.commit().await);
        }
        return Err(error);
    }
    index::catch_up_soon(grant).await;
    Ok(copy)
}

const FOLDERS: &str = inside!(
    "SELECT id, parent_id, depth, name, path, position FROM folders
     WHERE org_id = $1 AND trash_id IS NULL AND id IN (SELECT id FROM inside) ORDER BY depth, id LIMIT 1001"
);
/// Those in the folder are cut off before they are put in order: all of an organization are in the order of paths.
const PROMPTS: &str = inside!(
    "SELECT id, folder_id, name, path, position FROM (
       SELECT id, folder_id, name, path, position FROM prompts
       WHERE org_id = $1 AND trash_id IS NULL AND folder_id IN (SELECT id FROM inside) LIMIT 1001) p
     ORDER BY path"
);

impl Plan {
    async fn read(change: &mut OrgChange, id: FolderId) -> Result<Self> {
        let folder = folders::find_within(change, id).await?;
        let folders: Vec<OneFolder> = change.query(FOLDERS).bind(id).all().await?;
        let prompts: Vec<OnePrompt> = change.query(PROMPTS).bind(id).all().await?;
        let plan = Self { folder, folders, prompts };
        if plan.folders.len() + plan.prompts.len() > MAX {
            return Err(Error::conflict(
                "This folder contains more than 1,000 prompts and folders. Duplicate its subfolders instead.",
            ));
        }
        // Nothing is begun that cannot be finished.
        plan.name(change).await?;
        Ok(plan)
    }

    /// What the copy is called.
    async fn name(&self, change: &mut OrgChange) -> Result<PathName> {
        let folder = &self.folder;
        let name = free_name(change, folder.parent_id, &folder.name, Kind::Folder).await?;
        let paths = self.folders.iter().map(|one| &one.path).chain(self.prompts.iter().map(|one| &one.path));
        let longest = paths.map(|path| path.chars().count()).max().unwrap_or(0);
        if longest - folder.name.as_str().chars().count() + name.as_str().chars().count() > MAX_PATH {
            return Err(Error::invalid("name", "Paths in the folder would be longer than 255 characters."));
        }
        Ok(name)
    }
}

impl Copying<'_> {
    async fn make(mut self, plan: &Plan) -> Result<()> {
        for folder in &plan.folders {
            self.folder(folder, plan.folder.depth - 1).await?;
            self = self.rest().await?;
        }
        for prompt in &plan.prompts {
            self.prompt(prompt).await?;
            self = self.rest().await?;
        }
        let (mut change, of) = (self.change, &plan.folder);
        let Some(copy) = self.folders.get(&of.id).copied() else { return Err(Error::NotFound) };
        let name = plan.name(&mut change).await?;
        staged::finish(&mut change, (self.trash, copy), of, &name).await?;
        note(&mut change, Action::FolderDuplicated, copy.0, &of.path).await?;
        change.announce(Topic::Prompts, copy.0).await?;
        change.commit().await
    }

    /// Lets others write, when they have waited.
    async fn rest(self) -> Result<Self> {
        if !self.part.is_over() {
            return Ok(self);
        }
        self.change.commit().await?;
        let mut change = self.grant.change().await?;
        staged::go_on(&mut change, self.trash).await?;
        Ok(Self { change, part: Part::begin(), ..self })
    }

    async fn folder(&mut self, of: &OneFolder, above: i64) -> Result<()> {
        let (new, now, by) = (self.change.new_id(), self.change.now(), self.change.person());
        let id = *self.folders.entry(of.id).or_insert(FolderId(new));
        let depth = of.depth - above;
        let parent = of.parent_id.filter(|_| depth > 1);
        let parent = parent.and_then(|parent| self.folders.get(&parent).copied());
        let insert = self.change.query(
            "INSERT INTO folders (org_id, id, parent_id, depth, parent_depth, name, path, position, created_at,
               created_by, trash_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        );
        let insert = insert.bind(id).bind(parent).bind(depth).bind(parent.map(|_| depth - 1));
        let insert = insert.bind(of.name.clone()).bind(of.path.clone()).bind(of.position);
        insert.bind(now).bind(by).bind(self.trash).execute().await?;
        let own = self.change.query("SELECT name, value FROM variables WHERE org_id = $1 AND folder_id = $2");
        let own: Vec<(String, String)> = own.bind(of.id).all().await?;
        for (name, value) in own {
            let variable = VariableId(self.change.new_id());
            let insert = self.change.query(
                "INSERT INTO variables (org_id, id, folder_id, name, value) VALUES ($1, $2, $3, $4, $5)",
            );
            insert.bind(variable).bind(id).bind(name).bind(value).execute().await?;
        }
        Ok(())
    }

    async fn prompt(&mut self, of: &OnePrompt) -> Result<()> {
        let told = self.change.query("SELECT description, tags FROM prompts WHERE org_id = $1 AND id = $2");
        // It may be gone for good by now.
        let told: Option<(String, Tags)> = told.bind(of.id).optional().await?;
        let Some((description, tags)) = told else { return Ok(()) };
        let draft = drafts::read_within(&mut self.change, of.id).await?;
        let folder = of.folder_id.and_then(|folder| self.folders.get(&folder).copied());
        let (name, path) = (&of.name, of.path.clone());
        let new = NewPrompt { folder, name, path, description: &description, tags: &tags };
        store::insert_trashed(&mut self.change, &new, &draft.content, of.position, self.trash).await
    }
}
