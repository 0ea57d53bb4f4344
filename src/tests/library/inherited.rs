//! What prompts inherit from folders: what they name, from the nearest folder, and no more than there is room for.

use super::{Library, TestApp, both_databases};
use crate::{
    id::FolderId,
    library::variables,
    prompts::{
        inherited,
        render::{Values, render},
        resolve,
    },
};
use serde_json::{Value, json};

both_databases!(
    what_is_not_named_is_not_read,
    the_nearest_folder_gives_the_value,
    more_values_than_there_is_room_for_are_refused,
);

impl Library {
    async fn sets(&self, folder: Option<FolderId>, values: &[(String, Value)]) {
        variables::set(&self.may(), folder, values).await.unwrap();
    }
}

fn values(values: &[(&str, &str)]) -> Vec<(String, Value)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

async fn what_is_not_named_is_not_read(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    lib.sets(None, &values(&[("company", "Acme"), ("other", "x")])).await;
    let tone = lib.saying(None, "Tone", "{{ company.name }} {{ question }}").await;
    let resolved = resolve::version(&lib.scope, tone, 1).await.unwrap();
    assert_eq!(resolved.parts[0].inherited, [("company".to_owned(), json!("Acme"))].into());
    // What is typed is told of all that there is, by name.
    let names = inherited::names(&lib.scope, None).await.unwrap();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["company", "other"]);
    // Also where many more are named than there are.
    let many: Vec<_> = (0..300).map(|n| format!("{{{{ v{n} }}}}")).collect();
    let many = lib.saying(None, "Many", &format!("{}{{{{ other }}}}", many.concat())).await;
    let resolved = resolve::version(&lib.scope, many, 1).await.unwrap();
    assert_eq!(resolved.parts[0].inherited, [("other".to_owned(), json!("x"))].into());
}

async fn the_nearest_folder_gives_the_value(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let outer = lib.folder(None, "Outer").await;
    let inner = lib.folder(Some(outer), "Inner").await;
    lib.sets(None, &values(&[("a", "all"), ("b", "all"), ("c", "all")])).await;
    lib.sets(Some(outer), &values(&[("b", "outer"), ("c", "outer")])).await;
    lib.sets(Some(inner), &values(&[("c", "inner")])).await;
    let says = "{{ a }} {{ b }} {{ c }}";
    let tone = lib.saying(Some(inner), "Tone", says).await;
    assert_eq!(lib.rendered(tone, 1, json!({})).await, "all outer inner");
    // Each from where it is, whatever it is put into.
    let user = lib.saying(Some(outer), "User", &format!("{says} / [[ Outer/Inner/Tone ]]")).await;
    assert_eq!(lib.rendered(user, 1, json!({})).await, "all outer outer / all outer inner");
    assert_eq!(
        inherited::names(&lib.scope, Some(inner)).await.unwrap().into_iter().collect::<String>(),
        "abc"
    );
}

async fn more_values_than_there_is_room_for_are_refused(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let outer = lib.folder(None, "Outer").await;
    let inner = lib.folder(Some(outer), "Inner").await;
    let long = |from: usize| -> Vec<_> {
        (from..from + 100)
            .map(|n| (format!("v{n}"), json!({ "x": "", "long": "x".repeat(19_000) })))
            .collect()
    };
    for (folder, from) in [(None, 0), (Some(outer), 100), (Some(inner), 200)] {
        lib.sets(folder, &long(from)).await;
    }
    let names = |count: usize| (0..count).map(|n| format!("{{{{ v{n}.x }}}}")).collect::<Vec<_>>().concat();
    let few = lib.saying(Some(inner), "Few", &names(100)).await;
    let many = lib.saying(Some(inner), "Many", &names(300)).await;
    // What is too much by itself is too much in another as well, and so are three that would do alone.
    lib.saying(Some(inner), "Fewer", &names(101)).await;
    lib.saying(Some(inner), "Fewest", &names(99)).await;
    let one = lib.saying(None, "One", "[[ Outer/Inner/Many ]]").await;
    let three = lib
        .saying(None, "Three", "[[ Outer/Inner/Few ]][[ Outer/Inner/Fewer ]][[ Outer/Inner/Fewest ]]")
        .await;
    for (prompt, is_cut) in [(few, false), (many, true), (one, true), (three, true)] {
        let resolved = resolve::version(&lib.scope, prompt, 1).await.unwrap();
        assert_eq!(resolved.is_cut, is_cut, "{}", resolved.parts[0].path);
        let rendered = render(&resolved, &Values::new());
        assert_eq!(rendered.is_err(), is_cut, "{rendered:?}");
    }
}
