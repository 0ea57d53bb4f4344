//! What concerns much of a library is written in parts: it is as it should be at once, and what a process that ends
//! leaves is done later.

use super::{Library, TestApp, both_databases};
use crate::{
    error::Error,
    fields::PathName,
    id::FolderId,
    library::{copies, moves, search::search, trash},
    prompts::index,
    role::Role,
    tenancy::batches::MOST,
    tests::support::eventually,
    time::Span,
};
use futures_util::future::join_all;

both_databases!(
    what_is_purged_is_gone_at_once_and_removed_later,
    a_copy_is_whole_or_not_there,
    search_catches_up_with_a_folder,
    what_people_rename_is_found_at_once,
    search_catches_up_a_little_everywhere,
    what_search_cannot_read_is_in_no_way,
    what_is_long_is_written_once,
    a_large_folder_comes_and_goes,
    what_is_too_large_goes_in_pieces,
    neighbours_are_set_apart,
);

impl Library {
    async fn filled(&self, name: &str, prompts: u32, versions: u32) -> FolderId {
        let folder = self.folder(None, name).await;
        self.org.fills((folder, name), prompts, versions).await;
        folder
    }

    async fn told(&self, action: &str) -> i64 {
        let count = self.scope.query("SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = $2");
        let (count,): (i64,) = count.bind(action.to_owned()).one().await.unwrap();
        count
    }

    async fn found(&self, typed: &str) -> usize {
        search(&self.scope, typed, 1000).await.unwrap().len()
    }

    /// Waits until search has caught up, which goes on by itself where that takes long.
    async fn is_up_to_date(&self) {
        eventually("search to catch up", || async { (self.behind().await == 0).then_some(()) }).await;
    }

    /// How many prompts search has not caught up with.
    async fn behind(&self) -> i64 {
        self.org.count("SELECT count(*) FROM prompts WHERE org_id = $1 AND unindexed = 1").await
    }
}

async fn what_is_purged_is_gone_at_once_and_removed_later(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (kept, folder) = (lib.filled("Kept", 3, 2).await, lib.filled("Gone", 600, 2).await);
    let inner = lib.folder(Some(folder), "Inner").await;
    let earlier = lib.saying(Some(inner), "Earlier", "x").await;
    let earlier = trash::put_prompt(&lib.may(), earlier).await.unwrap();
    let id = trash::put_folder(&lib.may(), folder).await.unwrap();
    app.breaks("DELETE", "prompts", "OLD.name = 'Filler 500'").await;
    // The person who deletes it for good is told that it is done, and so it is for everybody.
    trash::purge(&lib.may(), id).await.unwrap();
    assert_eq!(app.rows("versions", "1 = 1").await.len(), 3 * 2 + 1, "what came before it ended stays done");
    let left = app.rows("prompts", "trash_id IS NOT NULL").await.len();
    assert!((2..=MOST + 101).contains(&left), "{left} prompts are left");
    assert_eq!(trash::list(&lib.scope).await.unwrap().len(), 1, "what was put there before");
    assert_eq!(trash::restore(&lib.may(), id).await, Err(Error::NotFound));
    assert_eq!(trash::purge(&lib.may(), id).await, Err(Error::NotFound));
    assert!(trash::purge_due(&app).await.is_err());
    app.mends("prompts").await;
    trash::purge_due(&app).await.unwrap();
    assert_eq!((app.rows("prompts", "1 = 1").await.len(), lib.names(Some(kept)).await.len()), (4, 3));
    assert_eq!(app.rows("folders", "trash_id IS NOT NULL").await, [""; 0]);
    assert_eq!((app.rows("trash", "1 = 1").await.len(), lib.told("trash.purged").await), (1, 1));
    assert_eq!(trash::restore(&lib.may(), earlier).await.unwrap(), "Earlier");
}

async fn a_copy_is_whole_or_not_there(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.filled("Large", 300, 1).await;
    let inner = lib.folder(Some(folder), "Inner").await;
    let rows = app.rows("prompts", "1 = 1").await.len();
    // In the order of paths it is the last one.
    app.breaks("INSERT", "prompts", "NEW.name = 'Filler 99'").await;
    copies::duplicate_folder(&lib.may(), folder).await.unwrap_err();
    assert!(app.rows("prompts", "1 = 1").await.len() > rows, "parts of it were written by then");
    assert_eq!(
        (lib.names(None).await, trash::list(&lib.scope).await.unwrap()),
        (vec!["Large".into()], vec![])
    );
    trash::purge_due(&app).await.unwrap();
    assert_eq!(app.rows("prompts", "1 = 1").await.len(), rows);
    // A process that ends gives nothing up; what it has begun is not in the way, and gone after a while.
    copies::duplicate_folder(&lib.may(), folder).await.unwrap_err();
    app.execute("UPDATE trash SET purged_at = NULL").await;
    trash::purge_due(&app).await.unwrap();
    assert!(app.rows("prompts", "1 = 1").await.len() > rows, "somebody may be at it");
    app.mends("prompts").await;
    let copy = copies::duplicate_folder(&lib.may(), folder).await.unwrap();
    assert_eq!(
        (lib.names(None).await, lib.names(Some(copy)).await.len()),
        (vec!["Large".into(), "Large copy".into()], 301)
    );
    assert_eq!(lib.names(Some(copy)).await, lib.names(Some(folder)).await);
    assert_eq!(lib.found("large copy filler").await, 300);
    assert_eq!((lib.told("folder.duplicated").await, lib.told("prompt.created").await), (1, 0));
    lib.saying(Some(inner), "More", "x").await;
    app.clock.advance(Span::hours(2));
    trash::purge_due(&app).await.unwrap();
    assert_eq!(
        (app.rows("prompts", "1 = 1").await.len(), app.rows("trash", "1 = 1").await.len()),
        (2 * rows + 1, 0)
    );
    // What is more than can be made at once is refused, and nothing is begun.
    let huge = lib.filled("Huge", 1000, 1).await;
    let says = "This folder contains more than 1,000 prompts and folders. Duplicate its subfolders instead.";
    assert_eq!(super::why(copies::duplicate_folder(&lib.may(), huge).await), says);
    assert_eq!(app.rows("trash", "1 = 1").await.len(), 0);
}

async fn search_catches_up_with_a_folder(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.filled("Before", 200, 1).await;
    app.breaks("UPDATE", "prompt_search", "NEW.path = 'after/filler 150'").await;
    moves::rename_folder(&lib.may(), folder, &PathName::parse("After").unwrap()).await.unwrap();
    let (old, new) = (lib.at("Before/Filler 150").await, lib.at("After/Filler 150").await);
    assert!(new.is_some() && old == new, "it has its new path at once");
    assert!(!app.rows("prompts", "unindexed = 1").await.is_empty());
    assert!(index::catch_up_all(&app).await.is_err());
    app.mends("prompt_search").await;
    index::catch_up_all(&app).await.unwrap();
    assert_eq!((lib.found("before").await, lib.found("after").await), (0, 200));
    assert_eq!(app.rows("prompts", "unindexed = 1").await, [""; 0]);
}

async fn what_people_rename_is_found_at_once(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folder(None, "Before").await;
    let prompt = lib.saying(Some(folder), "Triage", "x").await;
    let ed = lib.org.has("Ed", Role::Editor).await;
    let (slug, folder, prompt) = (&*lib.org.slug, folder.to_string(), prompt.to_string());
    let renamed = [("org", slug), ("folder", &*folder), ("name", "After")];
    ed.call("/api/folders/rename", &renamed).await.status(200);
    lib.is_up_to_date().await;
    assert_eq!((lib.found("before").await, lib.found("after triage").await), (0, 1));
    let described =
        [("org", slug), ("prompt", &*prompt), ("name", "Sort"), ("description", ""), ("tags", "")];
    ed.call("/api/prompts/describe", &described).await.status(200);
    lib.is_up_to_date().await;
    assert_eq!((lib.found("triage").await, lib.found("after sort").await), (0, 1));
}

async fn search_catches_up_a_little_everywhere(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    lib.filled("Many", 600, 1).await;
    other.filled("Few", 3, 1).await;
    // However fast an organization marks more, others have their turn.
    app.execute("UPDATE prompts SET unindexed = 1").await;
    index::catch_up_all(&app).await.unwrap();
    assert_eq!((lib.behind().await, other.behind().await), (100, 0));
    // What fails in one is nothing to the others, whichever comes first.
    for (broken, whole) in [(&lib, &other), (&other, &lib)] {
        app.execute("UPDATE prompts SET unindexed = 0").await;
        app.execute("UPDATE prompts SET unindexed = 1 WHERE name IN ('Filler 1', 'Filler 2')").await;
        let condition = format!("NEW.org_id = {}", app.literal(broken.org.id.0));
        app.breaks("UPDATE", "prompt_search", &condition).await;
        assert!(index::catch_up_all(&app).await.is_err());
        assert_eq!((broken.behind().await, whole.behind().await), (2, 0));
        app.mends("prompt_search").await;
    }
    // All of what is marked is written where somebody waits for it.
    app.execute("UPDATE prompts SET unindexed = 1").await;
    index::catch_up_soon(&lib.scope).await;
    lib.is_up_to_date().await;
    assert_eq!(other.behind().await, 3);
}

async fn what_search_cannot_read_is_in_no_way(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for name in ["Broken", "Whole"] {
        let prompt = lib.prompt(None, name).await;
        lib.writes(prompt, "needle").await.unwrap();
    }
    let broken = "prompt_id IN (SELECT id FROM prompts WHERE name = 'Broken')";
    app.execute(&format!("UPDATE drafts SET content = '{{' WHERE {broken}")).await;
    app.execute("UPDATE prompts SET unindexed = 1").await;
    index::catch_up_all(&app).await.unwrap();
    assert_eq!(lib.behind().await, 0);
    assert_eq!((lib.found("needle").await, lib.found("broken").await), (1, 1));
    let ed = lib.org.has("Ed", Role::Editor).await;
    ed.get(&lib.org.page("prompts/search?q=broken")).await.status(200).says("Broken</a>");
}

async fn what_is_long_is_written_once(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for n in 0..8 {
        lib.saying(None, &format!("Long {n}"), &format!("needle{n} {}", "hay ".repeat(5_000))).await;
    }
    let told =
        async || lib.org.count("SELECT count(*) FROM events WHERE org_id = $1 AND topic = 'search'").await;
    lib.is_up_to_date().await;
    let before = told().await;
    app.execute("UPDATE prompts SET unindexed = 1").await;
    // Many wait for it, and each of the eight is read, written and told once.
    join_all((0..6).map(|_| index::catch_up_soon(&lib.scope))).await;
    lib.is_up_to_date().await;
    assert_eq!((told().await - before, lib.found("needle7").await), (8, 1));
    // Where there is nothing to be written, nothing is told.
    index::catch_up_soon(&lib.scope).await;
    index::catch_up_all(&app).await.unwrap();
    assert_eq!(told().await - before, 8);
}

async fn a_large_folder_comes_and_goes(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.filled("Large", 200, 1).await;
    let inner = lib.folder(Some(folder), "Inner").await;
    lib.org.fills((inner, "Large/Inner"), 50, 1).await;
    let user = lib.prompt(None, "User").await;
    lib.writes(user, "[[ Large/Inner/Filler 7 ]] [[ Large/Filler 8 ]]").await.unwrap();
    let refused = "Other prompts include this: User. Change them first.";
    assert_eq!(super::why(trash::put_folder(&lib.may(), folder).await), refused);
    lib.writes(user, "nothing").await.unwrap();
    let id = trash::put_folder(&lib.may(), folder).await.unwrap();
    assert_eq!((lib.found("filler").await, app.rows("prompt_search", "1 = 1").await.len()), (0, 1));
    assert_eq!(trash::list(&lib.scope).await.unwrap()[0].prompts, 250);
    lib.folder(None, "Large").await;
    assert_eq!(trash::restore(&lib.may(), id).await.unwrap(), "Large (2)");
    assert_eq!((lib.found("filler").await, lib.found("2 inner filler 7").await), (250, 1));
}

async fn what_is_too_large_goes_in_pieces(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.filled("Large", 5000, 1).await;
    let (inner, other) = (lib.folder(Some(folder), "Inner").await, lib.folder(None, "Other").await);
    let says = "This folder contains more than 5,000 prompts and folders.";
    let renamed = moves::rename_folder(&lib.may(), folder, &PathName::parse("After").unwrap()).await;
    assert!(matches!(&renamed, Err(Error::Invalid { flaws }) if flaws[0].field == "name"), "{renamed:?}");
    let moved = moves::move_folder(&lib.may(), folder, Some(other), moves::Place::Last).await;
    assert!(matches!(&moved, Err(Error::Invalid { flaws }) if flaws[0].field == "parent"), "{moved:?}");
    let trashed = trash::put_folder(&lib.may(), folder).await;
    for refusal in [super::why(renamed), super::why(moved), super::why(trashed)] {
        assert!(refusal.contains(says), "{refusal}");
    }
    moves::move_folder(&lib.may(), inner, Some(other), moves::Place::Last).await.unwrap();
    trash::put_folder(&lib.may(), other).await.unwrap();
}

async fn neighbours_are_set_apart(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.filled("Large", 5, 1).await;
    app.execute("UPDATE prompts SET position = 1").await;
    let at = async |name: &str| lib.at(&format!("Large/Filler {name}")).await.unwrap();
    let five = at("5").await;
    let mut others = lib.names(Some(folder)).await;
    others.retain(|name| name != "Filler 5");
    // There is no room for it: before all of them, and between two of them.
    moves::move_prompt(&lib.may(), five, Some(folder), moves::Place::First).await.unwrap();
    assert_eq!(lib.names(Some(folder)).await, [&["Filler 5".to_owned()], &others[..]].concat());
    app.execute("UPDATE prompts SET position = position / 1000000").await;
    let second = lib.at(&format!("Large/{}", others[1])).await.unwrap();
    for _ in 0..4 {
        moves::move_prompt(&lib.may(), five, Some(folder), moves::Place::After(second)).await.unwrap();
        let names = lib.names(Some(folder)).await;
        assert_eq!(names[..3], [others[0].clone(), others[1].clone(), "Filler 5".to_owned()]);
        app.execute("UPDATE prompts SET position = (position + 1048575) / 1048576").await;
    }
    // In an order: those that are not named come after them as they were.
    app.execute("UPDATE prompts SET position = 1").await;
    let order = [at("4").await, at("2").await, five];
    moves::order_prompts(&lib.may(), Some(folder), &order).await.unwrap();
    let names = lib.names(Some(folder)).await;
    assert_eq!(names[..3], ["Filler 4", "Filler 2", "Filler 5"]);
    moves::order_prompts(&lib.may(), Some(folder), &[at("2").await]).await.unwrap();
    assert_eq!(lib.names(Some(folder)).await[..3], ["Filler 2", "Filler 4", "Filler 5"]);
    assert_eq!(app.rows("prompts", "position > 0").await.len(), 5);
}
