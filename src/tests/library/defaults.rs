//! The default values of variables: how much room a version has for them, and what is from before that.

use super::{Library, TestApp, both_databases, why};
use crate::{
    error::Error,
    library::exchange::{export::Extent, format::LibraryFile},
    prompts::{
        content::{Content, ValueKind},
        drafts, editing, saving, versions,
    },
    role::{EditContent, Role},
};
use serde_json::json;

both_databases!(
    the_defaults_of_a_version_have_so_much_room,
    the_editor_tells_it_at_the_longest,
    larger_defaults_from_before_stay,
);

const SAYS: &str = "Too long: the default values of all variables can have at most 50,000 bytes.";

/// A text with variables whose defaults are of so many bytes, as JSON.
fn defaults(sizes: &[usize]) -> Content {
    let variables = sizes
        .iter()
        .enumerate()
        .map(|(n, size)| json!({ "name": format!("v{n}"), "default": "x".repeat(size - 2) }));
    let variables: Vec<_> = variables.collect();
    serde_json::from_value(json!({ "body": { "text": "Be kind." }, "variables": variables })).unwrap()
}

async fn the_defaults_of_a_version_have_so_much_room(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    let long = defaults(&[20_000, 25_001, 5_000]);
    let Err(Error::Invalid { flaws }) = editing::save(&lib.may(), tone, 1, &long).await else { panic!() };
    let told: Vec<_> = flaws.iter().map(|flaw| (flaw.field.as_ref(), flaw.message.as_ref())).collect();
    assert_eq!(told, [("default-1", SAYS)]);
    let mut list = defaults(&[20]);
    list.variables[0].kind = ValueKind::List;
    list.variables[0].default = Some(json!(vec!["x"; 12_500]));
    assert_eq!(why(editing::save(&lib.may(), tone, 1, &list).await), SAYS);
    list.variables[0].default = Some(json!(vec!["x"; 12_499]));
    let seen = editing::save(&lib.may(), tone, 1, &list).await.unwrap();
    editing::save(&lib.may(), tone, seen, &defaults(&[20_000, 25_000, 5_000])).await.unwrap();
    assert_eq!(saving::save(&lib.may(), tone, lib.seen(tone).await, "").await, Ok(1));
}

async fn the_editor_tells_it_at_the_longest(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "Be kind.").await;
    let ed = lib.org.has("Ed", Role::Editor).await;
    let long = "x".repeat(50_000);
    let variables = [
        ("var-0", "tone"),
        ("type-0", "string"),
        ("default-0", "short"),
        ("var-1", "mood"),
        ("type-1", "string"),
        ("default-1", &*long),
    ];
    let shown = lib.typed(&ed, tone, "Be kind.", &variables).await.status(422);
    shown.says("id=\"default-1-error\"").says(SAYS).hides("id=\"default-0-error\"");
}

async fn larger_defaults_from_before_stay(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "Be kind.").await;
    let old = defaults(&[60_000]);
    let mut change = lib.may::<EditContent>().change().await.unwrap();
    let new = versions::New { content: &old, pins: &[], message: "", restores: None, origin: None };
    versions::insert(&mut change, tone, 1, new).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(versions::content(&lib.scope, tone, 2).await.unwrap(), old);
    assert_eq!(lib.rendered(tone, 2, json!({})).await, "Be kind.");
    let ed = lib.org.has("Ed", Role::Editor).await;
    let page = |of: &str| lib.org.page(&format!("prompts/{tone}{of}"));
    for of in ["", "/versions", "/compare?from=1&to=2"] {
        ed.get(&page(of)).await.status(200);
    }
    let file = LibraryFile::of(&lib.scope, Extent::Whole).await.unwrap();
    assert_eq!(file.prompts[0].versions[1].content, old);
    // It comes back as a draft, to be made shorter.
    editing::restore_version(&lib.may(), tone, 2).await.unwrap();
    assert_eq!(drafts::read(&lib.scope, tone).await.unwrap().content, old);
    ed.get(&page("")).await.status(200);
    ed.get(&page("/save")).await.status(200).says(SAYS);
    assert_eq!(why(saving::save(&lib.may(), tone, lib.seen(tone).await, "").await), SAYS);
    // What comes in is new.
    let other = Library::of(&app, "Other").await;
    let told = other.takes(&file).await;
    assert!(told.iter().any(|line| line.says.contains(SAYS)), "{told:?}");
    assert_eq!(other.at("Tone").await, None);
}
