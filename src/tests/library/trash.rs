use super::{Library, TestApp, both_databases, why};
use crate::{
    error::Error,
    id::TrashId,
    library::{moves, moves::Place, trash},
    time::Span,
};

both_databases!(
    what_is_in_the_trash_is_not_there_and_comes_back,
    a_folder_goes_with_all_that_is_in_it,
    what_others_use_stays,
    what_comes_back_finds_a_place,
    what_is_purged_is_gone_with_what_was_in_it,
    the_trash_is_emptied_after_thirty_days,
    much_in_the_trash_is_left_to_the_next_run,
);

async fn what_is_in_the_trash_is_not_there_and_comes_back(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "kind").await;
    let id = trash::put_prompt(&lib.may(), tone).await.unwrap();
    assert_eq!((lib.at("Tone").await, lib.names(None).await.len()), (None, 0));
    assert_eq!(trash::put_prompt(&lib.may(), tone).await, Err(Error::NotFound));
    assert!(why(lib.writes(tone, "x").await).contains("Not found"));
    let listed = trash::list(&lib.scope).await.unwrap();
    assert_eq!((listed.len(), listed[0].path.as_str(), listed[0].prompts), (1, "Tone", 1));
    assert_eq!(trash::restore(&lib.may(), id).await.unwrap(), "Tone");
    assert_eq!(lib.at("Tone").await, Some(tone));
    assert_eq!(lib.rendered(tone, 1, serde_json::json!({})).await, "kind");
    assert_eq!(trash::restore(&lib.may(), id).await, Err(Error::NotFound));
    assert_eq!(trash::list(&lib.scope).await.unwrap(), []);
}

async fn a_folder_goes_with_all_that_is_in_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let deep = lib.folders("A/B").await;
    let (one, two) = (lib.prompt(Some(deep), "One").await, lib.prompt(None, "AB").await);
    let earlier = lib.prompt(Some(deep), "Earlier").await;
    let first = trash::put_prompt(&lib.may(), earlier).await.unwrap();
    let a = crate::library::folders::trail(&lib.scope, Some(deep)).await.unwrap()[0].id;
    let id = trash::put_folder(&lib.may(), a).await.unwrap();
    assert_eq!(lib.names(None).await, ["AB"]);
    assert_eq!((lib.at("A/B/One").await, lib.at("AB").await), (None, Some(two)));
    // Something new may have its path in the meantime.
    let new = lib.folder(None, "A").await;
    assert_eq!(trash::restore(&lib.may(), id).await.unwrap(), "A (2)");
    assert_eq!(lib.at("A (2)/B/One").await, Some(one));
    assert_eq!(lib.names(Some(new)).await, [""; 0]);
    // What went before it comes back on its own.
    assert_eq!(trash::restore(&lib.may(), first).await.unwrap(), "A (2)/B/Earlier");
}

async fn what_others_use_stays(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folder(None, "Parts").await;
    let tone = lib.saying(Some(folder), "Tone", "kind").await;
    let inner = lib.saying(Some(folder), "Inner", "[[ Parts/Tone ]]").await;
    let user = lib.prompt(None, "User").await;
    lib.writes(user, "[[ Parts/Tone ]]").await.unwrap();
    let refused = "Other prompts include this: Parts/Inner, User. Change them first.";
    assert_eq!(why(trash::put_prompt(&lib.may(), tone).await), refused);
    let refused = "Other prompts include this: User. Change them first.";
    assert_eq!(why(trash::put_folder(&lib.may(), folder).await), refused);
    lib.writes(user, "nothing").await.unwrap();
    trash::put_prompt(&lib.may(), inner).await.unwrap();
    trash::put_folder(&lib.may(), folder).await.unwrap();
    assert_eq!(lib.names(None).await, ["User"]);
}

async fn what_comes_back_finds_a_place(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folders("A/B").await;
    let tone = lib.prompt(Some(folder), "Tone").await;
    let id = trash::put_prompt(&lib.may(), tone).await.unwrap();
    let a = crate::library::folders::trail(&lib.scope, Some(folder)).await.unwrap()[0].id;
    let whole = trash::put_folder(&lib.may(), a).await.unwrap();
    lib.prompt(None, "Tone").await;
    assert_eq!(trash::restore(&lib.may(), id).await.unwrap(), "Tone (2)");
    assert_eq!(trash::restore(&lib.may(), whole).await.unwrap(), "A");
    assert_eq!(lib.names(None).await, ["A", "Tone (2)", "Tone"]);
    // A folder whose own is gone is at the top, no deeper than it stands.
    let inner = lib.folder(Some(folder), "C").await;
    let inner_id = trash::put_folder(&lib.may(), inner).await.unwrap();
    trash::put_folder(&lib.may(), a).await.unwrap();
    assert_eq!(trash::restore(&lib.may(), inner_id).await.unwrap(), "C");
    // Or where it would be too deep now.
    let nine = lib.folders("1/2/3/4/5/6/7/8/9").await;
    let (ten, below) = (lib.folder(Some(nine), "T").await, lib.folder(None, "Below").await);
    let below_below = lib.folder(Some(below), "X").await;
    lib.folder(Some(below_below), "Y").await;
    let id = trash::put_folder(&lib.may(), below_below).await.unwrap();
    moves::move_folder(&lib.may(), below, Some(nine), Place::Last).await.unwrap();
    assert_eq!(trash::restore(&lib.may(), id).await.unwrap(), "X");
    assert_ne!(ten, below);
    moves::move_prompt(&lib.may(), tone, Some(inner), Place::Last).await.unwrap();
    assert_eq!(lib.path(tone).await, "C/Tone (2)");
}

async fn what_is_purged_is_gone_with_what_was_in_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folders("A/B").await;
    let earlier = lib.saying(Some(folder), "Earlier", "x").await;
    let inner = trash::put_prompt(&lib.may(), earlier).await.unwrap();
    lib.saying(Some(folder), "Tone", "secret words").await;
    let a = crate::library::folders::trail(&lib.scope, Some(folder)).await.unwrap()[0].id;
    let whole = trash::put_folder(&lib.may(), a).await.unwrap();
    trash::purge(&lib.may(), whole).await.unwrap();
    assert_eq!(trash::purge(&lib.may(), whole).await, Err(Error::NotFound));
    // What went before it is a thing of its own, and comes back to the top.
    assert_eq!(trash::restore(&lib.may(), inner).await.unwrap(), "Earlier");
    let inner = trash::put_prompt(&lib.may(), earlier).await.unwrap();
    trash::purge(&lib.may(), inner).await.unwrap();
    let all = app.everything_of(lib.org.id).await;
    for table in ["folders", "prompts", "drafts", "versions", "trash", "prompt_search", "old_paths"] {
        assert!(all[table].is_empty(), "{table}: {:?}", all[table]);
    }
    assert_eq!(trash::purge(&lib.may(), TrashId(lib.org.id.0)).await, Err(Error::NotFound));
}

async fn the_trash_is_emptied_after_thirty_days(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (old, new) = (lib.prompt(None, "Old").await, lib.prompt(None, "Fresh").await);
    trash::put_prompt(&lib.may(), old).await.unwrap();
    app.clock.advance(Span::days(29));
    trash::put_prompt(&lib.may(), new).await.unwrap();
    trash::purge_due(&app).await.unwrap();
    assert_eq!(trash::list(&lib.scope).await.unwrap().len(), 2);
    app.clock.advance(Span::days(1));
    trash::purge_due(&app).await.unwrap();
    let left = trash::list(&lib.scope).await.unwrap();
    assert_eq!(left.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["Fresh"]);
}

async fn much_in_the_trash_is_left_to_the_next_run(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    lib.org.threw_away(101).await;
    other.org.threw_away(1).await;
    let left = async |lib: &Library| lib.org.count("SELECT count(*) FROM trash WHERE org_id = $1").await;
    for expected in [(1, 0), (0, 0)] {
        trash::purge_due(&app).await.unwrap();
        assert_eq!((left(&lib).await, left(&other).await), expected);
    }
}
