use super::{Library, TestApp, both_databases, content, why};
use crate::{
    error::Error,
    prompts::{drafts, editing, saving, store, versions},
    role::Role,
};
use futures_util::future::join;
use serde_json::json;

both_databases!(
    a_version_is_saved_from_the_draft,
    what_equals_its_parent_makes_no_version,
    of_two_who_save_at_once_one_wins,
    of_two_who_write_at_once_none_is_lost,
    a_restored_version_is_a_draft_at_first,
    a_kind_is_fixed_by_the_first_version,
    what_cannot_be_kept_is_told,
    a_version_does_not_change,
    a_version_that_was_saved_leads_on_to_deploying_it,
);

async fn a_version_is_saved_from_the_draft(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    lib.writes(tone, "Be kind.").await.unwrap();
    assert_eq!(versions::list(&lib.scope, tone, i64::MAX, 10).await.unwrap(), []);
    let seen = lib.seen(tone).await;
    assert_eq!(saving::save(&lib.may(), tone, seen, "First").await, Ok(1));
    lib.writes(tone, "Be kinder.").await.unwrap();
    assert_eq!(lib.rendered(tone, 1, json!({})).await, "Be kind.");
    assert_eq!(lib.says(tone, "Be kindest.").await, Ok(2));
    let list = versions::list(&lib.scope, tone, i64::MAX, 10).await.unwrap();
    let told: Vec<_> = list.iter().map(|one| (one.number, one.message.as_str(), one.hash.len())).collect();
    assert_eq!(told, [(2, "", 32), (1, "First", 32)]);
    assert_eq!(versions::list(&lib.scope, tone, 2, 10).await.unwrap().len(), 1);
    assert_eq!(versions::content(&lib.scope, tone, 1).await.unwrap(), content("Be kind."));
    assert_eq!(versions::content(&lib.scope, tone, 3).await, Err(Error::NotFound));
}

async fn what_equals_its_parent_makes_no_version(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "kind").await;
    assert_eq!(why(lib.says(tone, "kind").await), "Nothing has changed since version 1.");
    lib.says(tone, "other").await.unwrap();
    // What an earlier one said is something new.
    assert_eq!(lib.says(tone, "kind").await, Ok(3));
    let hashes: Vec<_> = versions::list(&lib.scope, tone, i64::MAX, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.hash)
        .collect();
    assert_eq!(hashes[0], hashes[2]);
    // So is what a reference leads to now.
    let user = lib.saying(None, "User", "[[ Tone ]]").await;
    assert_eq!(why(lib.says(user, "[[ Tone ]]").await), "Nothing has changed since version 1.");
    lib.says(tone, "newer").await.unwrap();
    assert_eq!(lib.says(user, "[[ Tone ]]").await, Ok(2));
    assert_eq!(lib.rendered(user, 1, json!({})).await, "kind");
    assert_eq!(lib.rendered(user, 2, json!({})).await, "newer");
}

async fn of_two_who_save_at_once_one_wins(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "0").await;
    for trial in 0..20 {
        lib.writes(tone, &format!("{trial}")).await.ok();
        lib.writes(tone, &format!("more {trial}")).await.unwrap();
        let (seen, may) = (lib.seen(tone).await, lib.may());
        let (a, b) = join(saving::save(&may, tone, seen, "a"), saving::save(&may, tone, seen, "b")).await;
        let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
        let number = won.unwrap();
        assert_eq!(number, seen.latest + 1);
        assert!(why(lost).starts_with(&format!("Someone saved version {number} ")));
    }
}

async fn of_two_who_write_at_once_none_is_lost(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    let seen = drafts::read(&lib.scope, tone).await.unwrap().revision;
    let (may, one, other) = (lib.may(), content("one"), content("other"));
    let (a, b) = join(editing::save(&may, tone, seen, &one), editing::save(&may, tone, seen, &other)).await;
    let kept = if a.is_ok() { &one } else { &other };
    assert_eq!(drafts::read(&lib.scope, tone).await.unwrap().content, *kept);
    assert!(
        why(if a.is_ok() { b } else { a }).starts_with("This draft was edited while you were editing it.")
    );
    // Sending the same again is no conflict: an answer may have been lost.
    assert_eq!(editing::save(&may, tone, seen, kept).await, Ok(seen + 1));
}

async fn a_restored_version_is_a_draft_at_first(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "one").await;
    lib.says(tone, "two").await.unwrap();
    lib.writes(tone, "draft").await.unwrap();
    let kept = editing::restore_version(&lib.may(), tone, 1).await.unwrap();
    assert_eq!(drafts::read(&lib.scope, tone).await.unwrap().content, content("one"));
    assert_eq!(store::find(&lib.scope, tone).await.unwrap().latest, 2, "no version is made by it");
    // The draft that was there comes back.
    editing::bring_back(&lib.may(), tone, kept.undo.unwrap(), Some(kept.sent)).await.unwrap();
    assert_eq!(drafts::read(&lib.scope, tone).await.unwrap().content, content("draft"));
    assert_eq!(editing::restore_version(&lib.may(), tone, 9).await, Err(Error::NotFound));
    editing::restore_version(&lib.may(), tone, 1).await.unwrap();
    assert_eq!(
        editing::restore_version(&lib.may(), tone, 1).await.unwrap().undo,
        None,
        "it is there already"
    );
    assert_eq!(saving::save(&lib.may(), tone, lib.seen(tone).await, "Back").await, Ok(3));
    assert_eq!(lib.rendered(tone, 3, json!({})).await, "one");
    let newest = versions::list(&lib.scope, tone, i64::MAX, 1).await.unwrap().remove(0);
    assert_eq!(newest.restores, Some(1));
}

async fn a_kind_is_fixed_by_the_first_version(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    let chat = super::Content::empty(super::PromptKind::Chat);
    editing::save(&lib.may(), tone, 1, &chat).await.unwrap();
    assert_eq!(store::find(&lib.scope, tone).await.unwrap().kind, super::PromptKind::Chat);
    lib.says(tone, "text").await.unwrap();
    let seen = lib.seen(tone).await.revision;
    let outcome = editing::save(&lib.may(), tone, seen, &chat).await;
    assert_eq!(why(outcome), "A prompt can't change between text and chat after its first version.");
}

async fn what_cannot_be_kept_is_told(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    let wrong: super::Content = serde_json::from_value(json!({
        "body": { "chat": [
            { "role": "user", "name": "x" }, { "role": "placeholder", "name": "p" },
            { "role": "placeholder", "name": "p" }, { "role": "placeholder", "name": "1" },
        ] },
        "variables": [
            { "name": "a b" }, { "name": "p" }, { "name": "n", "type": "number", "default": "x" }, { "name": "n" },
        ],
        "model": { "provider": "Open AI", "temperature": 3.0, "max_tokens": 0, "tools": {}, "response_format": [] },
    }))
    .unwrap();
    let Err(Error::Invalid { flaws }) = editing::save(&lib.may(), tone, 1, &wrong).await else { panic!() };
    let fields: Vec<_> = flaws.iter().map(|flaw| flaw.field.as_ref()).collect();
    assert_eq!(
        fields,
        [
            "name-0",
            "name-2",
            "name-3",
            "var-0",
            "var-1",
            "default-2",
            "var-3",
            "provider",
            "temperature",
            "max_tokens",
            "tools",
            "response_format",
        ]
    );
    assert!(why(lib.writes(tone, &"x".repeat(200_001)).await).starts_with("The text is too long"));
    lib.writes(tone, &"x".repeat(200_000)).await.unwrap();
    // A draft may be unfinished; a version may not.
    let jinja: super::Content =
        serde_json::from_value(json!({ "engine": "jinja", "body": { "text": "a\n{% if %}" } })).unwrap();
    let seen = lib.seen(tone).await.revision;
    editing::save(&lib.may(), tone, seen, &jinja).await.unwrap();
    let Err(Error::Invalid { flaws }) = saving::save(&lib.may(), tone, lib.seen(tone).await, "").await else {
        panic!()
    };
    assert_eq!(flaws[0].field, "text");
    assert!(flaws[0].message.starts_with("Line 2: "), "{flaws:?}");
}

async fn a_version_does_not_change(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    lib.saying(None, "Tone", "kind").await;
    for statement in [
        "UPDATE versions SET content = 'x'",
        "UPDATE versions SET number = 7",
        "UPDATE versions SET message = ''",
    ] {
        let error = app.try_execute(statement).await.unwrap_err();
        assert!(error.to_string().contains("a version does not change"), "{error}");
    }
}

async fn a_version_that_was_saved_leads_on_to_deploying_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    lib.writes(tone, "Be kind.").await.unwrap();
    let ed = lib.org.has("Ed", Role::Editor).await;
    let (versions, id) = (lib.org.page(&format!("prompts/{tone}/versions")), tone.to_string());
    let revision = lib.seen(tone).await.revision.to_string();
    let fields = [("org", &*lib.org.slug), ("prompt", &*id), ("revision", &*revision), ("latest", "0")];
    ed.post("/api/prompts/save_version", &fields).await.leads_to(&versions);
    let page = ed.get(&versions).await.status(200).says("Version saved").says(">Deploy to development…</a>");
    page.says("review?kind=deploy&amp;version=1");
    ed.get(&versions).await.status(200).hides("Version saved").hides("Deploy to development");
}
