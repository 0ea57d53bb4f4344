//! Random sequences of what is done to a tree, and two at once. Whatever comes of each step, the tree is a
//! tree after it, and every path says where something is.

use super::{Library, TestApp, both_databases};
use crate::{
    error::Error,
    fields::PathName,
    id::{FolderId, PromptId, TrashId},
    library::{
        copies, folders,
        moves::{self, Place},
        trash,
    },
    prompts::{Tags, details, store},
};
use futures_util::future::join;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

both_databases!(
    a_tree_stays_a_tree_whatever_is_done_to_it,
    two_folders_into_each_other_at_once,
    a_move_against_the_trash,
    one_name_taken_twice_at_once,
);

/// Something that is done; things by number, counted among those that are there.
#[derive(Debug, Clone)]
enum Step {
    Folder(usize, usize),
    Prompt(usize, usize),
    MoveFolder(usize, usize),
    MovePrompt(usize, usize),
    RenameFolder(usize, usize),
    RenamePrompt(usize, usize),
    Duplicate(usize),
    TrashFolder(usize),
    TrashPrompt(usize),
    Restore(usize),
    Purge(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (n, m) = (|| 0..20_usize, || 0..6_usize);
    prop_oneof![
        6 => (n(), m()).prop_map(|(at, name)| Step::Folder(at, name)),
        6 => (n(), m()).prop_map(|(at, name)| Step::Prompt(at, name)),
        6 => (n(), n()).prop_map(|(of, to)| Step::MoveFolder(of, to)),
        3 => (n(), n()).prop_map(|(of, to)| Step::MovePrompt(of, to)),
        3 => (n(), m()).prop_map(|(of, name)| Step::RenameFolder(of, name)),
        2 => (n(), m()).prop_map(|(of, name)| Step::RenamePrompt(of, name)),
        1 => n().prop_map(Step::Duplicate),
        2 => n().prop_map(Step::TrashFolder),
        2 => n().prop_map(Step::TrashPrompt),
        3 => n().prop_map(Step::Restore),
        1 => n().prop_map(Step::Purge),
    ]
}

fn named(n: usize) -> PathName {
    PathName::parse(["A", "b", "Ümlaut", "A b", "50%", "_x"][n]).unwrap()
}

/// One of those there are; the top, where there may be none, is one of them.
fn pick<T: Copy>(all: &[T], n: usize) -> Option<T> {
    all.get(n % (all.len() + 1)).copied()
}

impl Library {
    async fn folder_ids(&self) -> Vec<FolderId> {
        folders::all(&self.scope).await.unwrap().into_iter().map(|folder| folder.id).collect()
    }

    async fn prompt_ids(&self) -> Vec<PromptId> {
        let all =
            self.scope.query("SELECT id FROM prompts WHERE org_id = $1 AND trash_id IS NULL ORDER BY path");
        let all: Vec<(PromptId,)> = all.all().await.unwrap();
        all.into_iter().map(|(id,)| id).collect()
    }

    async fn trash_ids(&self) -> Vec<TrashId> {
        trash::list(&self.scope).await.unwrap().into_iter().map(|one| one.id).collect()
    }

    async fn does(&self, step: &Step) -> Result<(), Error> {
        let (folders, prompts, thrown) =
            (self.folder_ids().await, self.prompt_ids().await, self.trash_ids().await);
        match *step {
            Step::Folder(at, name) => {
                folders::create(&self.may(), pick(&folders, at), &named(name)).await.map(drop)
            }
            Step::Prompt(at, name) => {
                let kind = crate::prompts::content::Kind::Text;
                store::create(&self.may(), pick(&folders, at), &named(name), kind).await.map(drop)
            }
            Step::MoveFolder(of, to) => {
                let Some(of) = pick(&folders, of) else { return Ok(()) };
                moves::move_folder(&self.may(), of, pick(&folders, to), Place::First).await
            }
            Step::MovePrompt(of, to) => {
                let Some(of) = pick(&prompts, of) else { return Ok(()) };
                moves::move_prompt(&self.may(), of, pick(&folders, to), Place::Last).await
            }
            Step::RenameFolder(of, name) => {
                let Some(of) = pick(&folders, of) else { return Ok(()) };
                moves::rename_folder(&self.may(), of, &named(name)).await
            }
            Step::RenamePrompt(of, name) => {
                let Some(of) = pick(&prompts, of) else { return Ok(()) };
                details::describe(&self.may(), of, &named(name), "", &Tags::default()).await
            }
            Step::Duplicate(of) => {
                let Some(of) = pick(&folders, of) else { return Ok(()) };
                copies::duplicate_folder(&self.may(), of).await.map(drop)
            }
            Step::TrashFolder(of) => {
                let Some(of) = pick(&folders, of) else { return Ok(()) };
                trash::put_folder(&self.may(), of).await.map(drop)
            }
            Step::TrashPrompt(of) => {
                let Some(of) = pick(&prompts, of) else { return Ok(()) };
                trash::put_prompt(&self.may(), of).await.map(drop)
            }
            Step::Restore(of) => {
                let Some(of) = pick(&thrown, of) else { return Ok(()) };
                trash::restore(&self.may(), of).await.map(drop)
            }
            Step::Purge(of) => {
                let Some(of) = pick(&thrown, of) else { return Ok(()) };
                trash::purge(&self.may(), of).await
            }
        }
    }

    /// What does not hold.
    async fn check(&self) -> Result<(), String> {
        let all = folders::all(&self.scope).await.unwrap();
        let by_id: BTreeMap<_, _> = all.iter().map(|folder| (folder.id.0, folder)).collect();
        for folder in &all {
            let expected = match folder.parent_id {
                None => (1, folder.name.to_string()),
                Some(parent) => {
                    let parent = by_id.get(&parent.0).ok_or_else(|| format!("{} is nowhere", folder.path))?;
                    (parent.depth + 1, format!("{}/{}", parent.path, folder.name))
                }
            };
            if (folder.depth, &folder.path) != (expected.0, &expected.1) || folder.depth > folders::MAX_DEPTH
            {
                return Err(format!("{folder:?} should be at {expected:?}"));
            }
        }
        for id in self.prompt_ids().await {
            let prompt = store::find(&self.scope, id).await.unwrap();
            let above = prompt.folder_id.map(|folder| by_id.get(&folder.0).map(|folder| folder.path.clone()));
            let expected = match above {
                None => prompt.name.to_string(),
                Some(Some(above)) => format!("{above}/{}", prompt.name),
                Some(None) => return Err(format!("{} is in no folder", prompt.path)),
            };
            if prompt.path != expected || self.at(&expected).await != Some(id) {
                return Err(format!("{prompt:?} should be at {expected}"));
            }
        }
        Ok(())
    }
}

async fn a_tree_stays_a_tree_whatever_is_done_to_it(app: TestApp) {
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let runs = AtomicUsize::new(0);
        let config =
            Config { cases: 16, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let done = std::cell::Cell::new(0_usize);
        let outcome = TestRunner::new_with_rng(config, rng).run(&vec(step(), 30..60), |steps| {
            handle.block_on(async {
                let lib = Library::of(&app, &format!("Acme {}", runs.fetch_add(1, Ordering::Relaxed))).await;
                for (n, step) in steps.iter().enumerate() {
                    match lib.does(step).await {
                        Ok(()) => done.set(done.get() + 1),
                        Err(Error::Internal { .. } | Error::Unavailable { .. }) => {
                            return Err(TestCaseError::fail(format!("step {n}, {step:?}, failed")));
                        }
                        Err(_) => {}
                    }
                    let told = |what| TestCaseError::fail(format!("after step {n}, {step:?}: {what}"));
                    lib.check().await.map_err(told)?;
                }
                Ok(())
            })
        });
        outcome.unwrap();
        assert!(done.get() > 300, "most steps come to something: {}", done.get());
    })
    .await
    .unwrap();
}

const TRIALS: usize = 25;

async fn two_folders_into_each_other_at_once(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for trial in 0..TRIALS {
        let (a, b) =
            (lib.folder(None, &format!("A{trial}")).await, lib.folder(None, &format!("B{trial}")).await);
        let (deep, _) = (lib.folder(Some(a), "Deep").await, lib.prompt(Some(b), "P").await);
        let (one, other) = (lib.may(), lib.may());
        let (first, second) = join(
            moves::move_folder(&one, a, Some(b), Place::Last),
            moves::move_folder(&other, b, Some(deep), Place::Last),
        )
        .await;
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        lib.check().await.unwrap();
    }
}

async fn a_move_against_the_trash(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for trial in 0..TRIALS {
        let folder = lib.folder(None, &format!("F{trial}")).await;
        let prompt = lib.prompt(None, &format!("P{trial}")).await;
        let (one, other) = (lib.may(), lib.may());
        let (moved, thrown) = join(
            moves::move_prompt(&one, prompt, Some(folder), Place::Last),
            trash::put_folder(&other, folder),
        )
        .await;
        let thrown = thrown.unwrap();
        lib.check().await.unwrap();
        let is_there = store::find(&lib.scope, prompt).await.is_ok();
        assert_eq!(is_there, moved.is_err(), "{moved:?}");
        trash::restore(&lib.may(), thrown).await.unwrap();
        assert!(store::find(&lib.scope, prompt).await.is_ok());
        lib.check().await.unwrap();
    }
}

async fn one_name_taken_twice_at_once(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for trial in 0..TRIALS {
        let name = PathName::parse(&format!("N{trial}")).unwrap();
        let (one, other) = (lib.may(), lib.may());
        let (first, second) =
            join(folders::create(&one, None, &name), folders::create(&other, None, &name)).await;
        let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
        assert!(
            won.is_ok() && matches!(lost, Err(Error::Invalid { .. } | Error::Conflict { .. })),
            "{won:?} {lost:?}"
        );
    }
}
