use super::{Kind, Library, TestApp, both_databases};
use crate::{
    fields::PathName,
    library::{
        moves,
        moves::Place,
        search::{search, search_among, search_folders},
        trash,
    },
    prompts::{Tags, details},
    role::Role,
    time::Span,
};

both_databases!(
    words_are_found_wherever_they_stand,
    what_comes_first_is_the_same_on_every_database,
    what_is_typed_is_only_words,
    what_is_gone_is_not_found,
    folders_are_found_by_their_names,
    the_line_that_was_found_is_shown,
    what_others_hold_is_apart,
    so_many_are_put_in_order,
);

async fn found(lib: &Library, typed: &str) -> Vec<String> {
    search(&lib.scope, typed, 50).await.unwrap().into_iter().map(|hit| hit.path).collect()
}

async fn words_are_found_wherever_they_stand(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    let folder = lib.folder(None, "Kundendienst").await;
    let triage =
        lib.saying(Some(folder), "Triage", "Sort tickets for the Größe team, {{ customer_name }}.").await;
    lib.saying(None, "東京", "こんにちは").await;
    other.saying(None, "Triage", "tickets").await;
    let (name, tags) = (PathName::parse("Triage").unwrap(), Tags::parse("billing, Zürich").unwrap());
    details::describe(&lib.may(), triage, &name, "Décides what comes first", &tags).await.unwrap();
    for typed in [
        "triage",
        "TRI",
        "kundendienst/triage",
        "ticket",
        "grosse",
        "größ",
        "customer name",
        "zurich",
        "decides",
        "bill first",
    ] {
        let expected: &[&str] = if typed == "grosse" { &[] } else { &["Kundendienst/Triage"] };
        assert_eq!(found(&lib, typed).await, expected, "{typed}");
    }
    assert_eq!(found(&lib, "東").await, ["東京"]);
    assert_eq!(found(&lib, "んにち").await, ["東京"]);
    assert_eq!(found(&lib, "triage nothing").await, [""; 0]);
    lib.writes(triage, "Other words").await.unwrap();
    assert_eq!(found(&lib, "other").await, [""; 0], "what is served is found, not what is being written");
    lib.says(triage, "Other words").await.unwrap();
    assert_eq!(found(&lib, "tickets").await, [""; 0]);
    // Before anything is served there is the draft alone.
    let new = lib.prompt(None, "Breakfast").await;
    lib.writes(new, "Marmalade").await.unwrap();
    assert_eq!(found(&lib, "marmalade").await, ["Breakfast"]);
    moves::move_prompt(&lib.may(), triage, None, Place::Last).await.unwrap();
    assert_eq!(found(&lib, "kundendienst").await, [""; 0]);
}

/// A fixed corpus, and the order of what is found in it, which this test holds for both databases.
async fn what_comes_first_is_the_same_on_every_database(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.folder(None, "Tone").await;
    for (folder, name, text) in [
        (None, "Tone", "x"),
        (None, "tone of voice", "x"),
        (None, "Overtones", "x"),
        (None, "Z tone", "x"),
        (None, "Ämter", "tone"),
        (None, "Zebra", "a tone"),
        (Some(tone), "Zoo", "x"),
        (Some(tone), "animals", "x"),
        (None, "Toneless 10%_", "x"),
    ] {
        lib.saying(folder, name, text).await;
    }
    let all =
        ["Tone", "tone of voice", "Toneless 10%_", "Z tone", "Tone/animals", "Tone/Zoo", "Ämter", "Zebra"];
    assert_eq!(found(&lib, "tone").await, all);
    assert_eq!(found(&lib, " TONE  of ").await, ["tone of voice"]);
    assert_eq!(search(&lib.scope, "tone", 2).await.unwrap().len(), 2);
}

async fn what_is_typed_is_only_words(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    lib.saying(None, "Tone", "near or and not").await;
    for typed in [
        "",
        " ",
        "\"",
        "'",
        "*",
        "a:b",
        "NEAR(",
        "tone OR",
        "tone AND",
        "NOT",
        "{tone}",
        "^tone",
        "tone*",
        "(",
        ")",
        "-tone",
        "\\",
        "%",
        "_",
        "tone'",
        "tone\"",
        "a & b | !c",
        "<->",
        "\u{0}",
        "\u{202e}",
        "o00000000000000000000000000000000",
    ] {
        let _ = found(&lib, typed).await;
    }
    assert_eq!(found(&lib, "NOT tone*").await, ["Tone"]);
    assert_eq!(found(&lib, &"word ".repeat(5000)).await, [""; 0]);
    assert_eq!(found(&lib, &"x".repeat(100_000)).await, [""; 0]);
}

async fn what_is_gone_is_not_found(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "x").await;
    let id = trash::put_prompt(&lib.may(), tone).await.unwrap();
    assert_eq!(found(&lib, "tone").await, [""; 0]);
    trash::restore(&lib.may(), id).await.unwrap();
    assert_eq!(found(&lib, "tone").await, ["Tone"]);
}

async fn folders_are_found_by_their_names(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    lib.folders("Support/Größe/Mail").await;
    lib.folder(None, "Marketing").await;
    other.folder(None, "Mail").await;
    let found = async |typed: &str| {
        let folders = search_folders(&lib.scope, typed, 10).await.unwrap();
        folders.into_iter().map(|folder| folder.path).collect::<Vec<_>>()
    };
    for (typed, paths) in [
        ("supp", &["Support"][..]),
        ("größe", &["Support/Größe"]),
        ("support mail", &["Support/Größe/Mail"]),
        ("ma", &["Marketing", "Support/Größe/Mail"]),
        ("", &[]),
        ("mail nothing", &[]),
    ] {
        let mut said = found(typed).await;
        said.sort();
        assert_eq!(said, paths, "{typed}");
    }
    let ed = lib.org.has("Ed", Role::Editor).await;
    let page = ed.get(&lib.org.page("prompts/search?q=gr%C3%B6%C3%9Fe")).await.status(200);
    page.says("1 folder</p>").hides("no prompts").says("Größe</a>");
}

async fn the_line_that_was_found_is_shown(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let triage = lib.saying(None, "Triage", "First line.\nSort <b>billing</b> tickets.\nLast line.").await;
    let notes = lib.prompt(None, "Notes").await;
    lib.writes(notes, "A draft on billing.").await.unwrap();
    let ed = lib.org.has("Ed", Role::Editor).await;
    let search = lib.org.page("prompts/search?q=bill+ticket");
    let page = ed.get(&search).await.status(200);
    page.says("Sort &lt;b&gt;<mark>billing</mark>&lt;/b&gt; <mark>tickets</mark>.").hides("Last line.");
    ed.get(&lib.org.page("prompts/search?q=billing")).await.says("A draft on <mark>billing</mark>.");
    // What is served is found, so that is what is shown.
    lib.writes(triage, "Sort billing tickets as mail").await.unwrap();
    ed.get(&search).await.hides("as mail");
    ed.get(&lib.org.page("prompts/search?q=triage")).await.says("Triage</a>").hides("hit-line");
}

/// A search finds nothing of others, and looks at nothing of theirs.
async fn what_others_hold_is_apart(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    lib.saying(None, "Mine", "filler").await;
    let folder = other.folder(None, "Large").await;
    other.org.fills((folder, "Large"), 300, 1).await;
    assert_eq!(found(&lib, "filler").await, ["Mine"]);
    assert_eq!(found(&lib, "large").await, [""; 0]);
    assert_eq!(search(&other.scope, "filler", 1000).await.unwrap().len(), 300);
    assert_eq!(found(&other, "filler 300").await, ["Large/Filler 300"]);
    assert_eq!(found(&other, "mine").await, [""; 0]);
    if app.database.kind == Kind::Postgres {
        let indexes = "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE tablename = 'prompt_search'";
        let indexes: Vec<(String,)> = app.outside_tenancy().query(indexes).all().await.unwrap();
        assert_eq!(indexes, [("prompt_search_pkey".to_owned(),)], "there is no index over the words of all");
        return;
    }
    app.execute("CREATE VIRTUAL TABLE prompt_words_terms USING fts5vocab ('prompt_words', 'row')").await;
    let terms = async || -> Vec<(String, i64)> {
        // Without the words for prompts.
        let terms =
            "SELECT CAST(term AS TEXT), CAST(doc AS BIGINT) FROM prompt_words_terms WHERE term NOT LIKE 'p%'";
        app.outside_tenancy().query(terms).all().await.unwrap()
    };
    let [mine, theirs] = [&lib, &other].map(|lib| lib.org.id.0.simple().to_string());
    let known = terms().await;
    let of = |org: &str| known.iter().filter(|(term, _)| term.starts_with(org)).count();
    assert!(of(&mine) > 0 && of(&mine) + of(&theirs) == known.len(), "{known:?}");
    for (org, count) in [(&mine, 1), (&theirs, 300)] {
        assert!(known.contains(&(format!("{org}filler"), count)), "{known:?}");
    }
    app.execute(&format!("DELETE FROM prompts WHERE org_id = {}", app.literal(other.org.id.0))).await;
    let left = terms().await;
    assert!(left.iter().all(|(term, _)| term.starts_with(&mine)), "{left:?}");
    assert_eq!(found(&lib, "filler").await, ["Mine"]);
}

/// Where very many are found, those that were written last are put in order.
async fn so_many_are_put_in_order(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for name in ["Tone", "Tone B", "Tone A"] {
        lib.saying(None, name, "x").await;
        // Ids sort by time.
        app.clock.advance(Span::seconds(1));
    }
    let found = async |most| {
        let hits = search_among(&lib.scope, "tone", 50, most).await.unwrap();
        hits.into_iter().map(|hit| hit.path).collect::<Vec<_>>()
    };
    assert_eq!(found(3).await, ["Tone", "Tone A", "Tone B"]);
    assert_eq!(found(2).await, ["Tone A", "Tone B"]);
}
