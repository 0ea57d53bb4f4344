//! Long texts and large files: nobody waits for what one of them costs. In tests the server notices where they are
//! worked on by a thread that answers requests.

use super::{Library, TestApp, both_databases, content, why};
use crate::{
    kernel::JobOwner,
    library::{
        exchange::{
            check,
            export::{self, Extent, Reach},
            format::{FORMAT, LibraryFile},
            writing,
        },
        search::search,
        variables::set,
    },
    prompts::{content::Content, drafts, editing, index, room},
    role::{EditContent, Role},
    tests::support::{Person, with},
    time::Span,
};
use axum::{
    body::Body,
    http::{Method, Request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Waker},
    thread,
};

both_databases!(
    a_draft_of_many_variables_is_shown_in_part,
    a_version_has_so_many_variables,
    the_pages_of_long_texts_are_shown,
    a_page_of_many_long_values_is_shown,
    a_small_page_waits_for_no_long_work,
    what_is_long_is_found_once_it_is_saved,
    a_large_library_goes_out_and_comes_in,
    a_long_history_is_written_bit_by_bit,
    a_long_path_comes_in,
    what_many_write_over_each_other_has_so_much_room,
    earlier_drafts_of_an_organization_have_so_much_room,
    what_another_wrote_over_is_kept_the_longest,
    a_long_draft_that_is_read_for_search_changes_nothing_else,
    a_long_prompt_is_found_by_its_new_name_at_once,
);

/// The most text that there may be, of different variables.
fn variables(count: usize) -> String {
    (0..count).flat_map(|n| ["{{".to_owned(), format!("v{n:x}"), "}}".to_owned()]).collect()
}

/// Texts that take as long as may be to look through.
fn long_texts() -> [String; 4] {
    let words = (0..30_000).map(|n| format!("w{n:x} "));
    [
        variables(21_000),
        "[[ a ]] ".repeat(24_000),
        "\n".repeat(199_000),
        words.collect::<String>()[..150_000].to_owned(),
    ]
}

async fn a_page_of_many_long_values_is_shown(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    // Text that looks like a list is read to find out how it is typed.
    let value = json!(format!("[{}1]", "1,".repeat(8_999)));
    let values: Vec<_> = (0..100).map(|n| (format!("v{n}"), value.clone())).collect();
    set(&lib.may(), None, &values).await.unwrap();
    let ben = lib.org.has("Ben", Role::Editor).await;
    let page = ben.get(&lib.org.page("prompts/variables")).await.status(200);
    assert_eq!(page.body.matches(" name=\"value-").count(), 103);
}

async fn a_draft_of_many_variables_is_shown_in_part(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.prompt(None, "Many").await;
    let text = variables(21_000);
    assert!(text.len() > 160_000 && text.len() < 200_000, "{}", text.len());
    lib.writes(id, &text).await.unwrap();
    let ben = lib.org.has("Ben", Role::Editor).await;
    let page = ben.get(&lib.org.page(&format!("prompts/{id}"))).await.status(200);
    let page = page.says("Use at most 500 variables.").says("And 20940 more.");
    let count = |text: &str| page.body.matches(text).count();
    assert_eq!((count(" name=\"value-"), count("value=\"declare-")), (60, 60));
    assert_eq!(count("<mark data-kind=\"variable\""), 5_000, "the rest is shown as it is written");
    // Somebody who may only read sees it as it is.
    let vic = lib.org.has("Vic", Role::Viewer).await;
    vic.get(&lib.org.page(&format!("prompts/{id}"))).await.status(200).says("And 20940 more.");
}

async fn a_version_has_so_many_variables(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.prompt(None, "Many").await;
    assert_eq!(why(lib.says(id, &variables(501)).await), "Use at most 500 variables.");
    assert_eq!(lib.says(id, &variables(500)).await, Ok(1));
    let ben = lib.org.has("Ben", Role::Editor).await;
    lib.writes(id, &variables(501)).await.unwrap();
    ben.get(&lib.org.page(&format!("prompts/{id}/save"))).await.says("Use at most 500 variables.");
    let version = json!({ "number": 1, "content": content(&variables(501)) });
    let file = json!({ "format": FORMAT, "prompts": [{ "path": "In", "versions": [version] }] });
    let told = lib.takes(&serde_json::from_value(file).unwrap()).await;
    assert_eq!(told[0].says, "version 1: Use at most 500 variables.");
}

async fn the_pages_of_long_texts_are_shown(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (ben, id) = (lib.org.has("Ben", Role::Editor).await, lib.saying(None, "Long", "short").await);
    for (text, engine) in long_texts().into_iter().zip(["plain", "jinja", "plain", "jinja"]) {
        let long: Content =
            serde_json::from_value(json!({ "engine": engine, "body": { "text": text } })).unwrap();
        let seen = drafts::read(&lib.scope, id).await.unwrap().revision;
        editing::save(&lib.may(), id, seen, &long).await.unwrap();
        for page in ["", "/save", "/compare?from=1&to=draft&view=split"] {
            ben.get(&lib.org.page(&format!("prompts/{id}{page}"))).await.status(200);
        }
    }
    let earlier = drafts::read(&lib.scope, id).await.unwrap().revision - 1;
    ben.get(&lib.org.page(&format!("prompts/{id}/drafts/{earlier}"))).await.status(200);
}

async fn a_small_page_waits_for_no_long_work(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.prompt(None, "Small").await;
    lib.writes(id, "Dear {{ name }}, {{ user.title }}").await.unwrap();
    let ben = lib.org.has("Ben", Role::Editor).await;
    // As much of theirs waits as may wait.
    let behalf = JobOwner { org: lib.org.id, person: Some(ben.id) };
    let (open, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let mut flood = Vec::new();
    loop {
        let gate = gate.clone();
        let waits = move || drop(gate.lock().map(|gate| gate.recv()));
        let mut job = Box::pin(app.long_work.run(behalf, waits));
        let begun = job.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(refused) = begun {
            assert!(refused.is_err(), "{refused:?}");
            break;
        }
        flood.push(job);
    }
    let page = ben.get(&lib.org.page(&format!("prompts/{id}"))).await.status(200);
    page.says("Missing values: name, user").says("No value yet");
    drop(open);
}

async fn what_is_long_is_found_once_it_is_saved(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let found = async |typed: &str| search(&lib.scope, typed, 10).await.unwrap().len();
    let long = |word: &str| format!("{}{word}", "hay\n".repeat(15_000));
    let id = lib.saying(None, "Haystack", &long("needle")).await;
    assert_eq!((found("needle").await, found("haystack").await), (1, 1));
    lib.says(id, &long("pin")).await.unwrap();
    assert_eq!((found("needle").await, found("pin").await), (0, 1));
    lib.says(id, "short").await.unwrap();
    assert_eq!((found("pin").await, found("short").await), (0, 1));
    assert_eq!(app.rows("prompts", "unindexed = 1").await, [""; 0]);
    // The line is found in the text, too.
    lib.says(id, &long("needle")).await.unwrap();
    let ben = lib.org.has("Ben", Role::Editor).await;
    ben.get(&lib.org.page("prompts/search?q=needle")).await.says("<mark>needle</mark>");
}

/// A file of some megabytes.
fn large() -> LibraryFile {
    let prompts: Vec<Value> = (0..12)
        .map(|n| {
            let text = format!("{n} {}", "lorem ipsum \n".repeat(14_000));
            let version = json!({ "number": 1, "created_at": "2026-01-31T12:00:00.000Z", "content": content(&text) });
            json!({ "path": format!("In/P{n:02}"), "versions": [version], "draft": content(&format!("{text}!")) })
        })
        .collect();
    let folders = json!([{ "path": "In", "variables": { "list": vec!["x"; 4_000] } }]);
    let file = json!({ "format": FORMAT, "folders": folders, "prompts": prompts });
    serde_json::from_value(file).unwrap()
}

async fn a_large_library_goes_out_and_comes_in(app: TestApp) {
    let (lib, file) = (Library::of(&app, "Acme").await, large());
    let told = lib.takes(&file).await;
    assert!(told.len() == 13 && told.iter().all(|line| !line.says.contains("skipped")), "{told:?}");
    let olga = lib.org.has("Olga", Role::Owner).await;
    let exported = |answer: &str| -> LibraryFile { serde_json::from_str(answer).unwrap() };
    let whole = olga.get(&lib.org.page("prompts/export.json")).await.status(200);
    let all = exported(&whole.body);
    assert_eq!((all.folders.len(), all.prompts.len()), (1, 12));
    let said = |file: &LibraryFile| -> Vec<_> {
        file.prompts
            .iter()
            .map(|one| (one.path.clone(), one.versions[0].content.clone(), one.draft.clone()))
            .collect()
    };
    assert_eq!((said(&all), &all.folders), (said(&file), &file.folders));
    // Through the API as well, there and back.
    let (_, key) = lib.org.has_key("read:prompts write:prompts").await;
    let asks = async |method: Method, path: &str, body: Body| {
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let request = request.header("authorization", format!("Bearer {}", key.as_str()));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let answer = app.send(request).await;
        assert_eq!(answer.status(), 200, "{path}");
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    };
    assert_eq!(said(&exported(&asks(Method::GET, "/export", Body::empty()).await)), said(&file));
    let again = asks(Method::POST, "/import", Body::from(whole.body.clone())).await;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["created"], &again["skipped"]), (&json!(0), &json!(13)), "{again}");
    // An archive holds what the newest versions say.
    let packed = packed(&olga, &lib.org.page("prompts/export.md")).await;
    let read = thread::spawn(move || check::read(&packed, "library.zip")).join().unwrap().unwrap();
    let texts = |file: &LibraryFile| -> Vec<Content> {
        file.prompts.iter().filter_map(|one| one.content().cloned()).collect()
    };
    assert_eq!(texts(&read), texts(&file));
}

async fn packed(who: &Person, page: &str) -> Vec<u8> {
    let answer = who.open(with(who.asks(Method::GET, page), "accept-encoding", "gzip"), "").await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("content-encoding"), "it is packed already");
    answer.into_body().collect().await.unwrap().to_bytes().to_vec()
}

async fn a_long_history_is_written_bit_by_bit(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let versions: Vec<Value> = (1..=70)
        .map(|n| {
            let text = if n > 60 { format!("{n}{}", "x".repeat(190_000)) } else { format!("{n} [[ Tone ]]") };
            let lead = json!({ "path": "Tone", "version": 1 });
            let references = if n > 60 { json!({}) } else { json!({ "Tone": lead }) };
            json!({ "number": n, "content": content(&text), "references": references })
        })
        .collect();
    let tone = json!({ "path": "Tone", "versions": [{ "number": 1, "content": content("Be kind.") }] });
    let file = json!({ "format": FORMAT, "prompts": [tone, { "path": "P", "versions": versions }] });
    lib.takes(&serde_json::from_value(file).unwrap()).await;
    let plan = export::plan(&lib.scope, Extent::Prompt(lib.at("P").await.unwrap())).await.unwrap();
    let mut body = writing::json(lib.scope.clone(), Reach::default(), plan);
    let (mut all, mut largest) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        largest = largest.max(piece.len());
        all.extend_from_slice(&piece);
    }
    assert!(all.len() > 1_900_000 && largest < 1_300_000, "{largest} of {} bytes", all.len());
    let file: LibraryFile = serde_json::from_slice(&all).unwrap();
    let numbers: Vec<i64> = file.prompts[0].versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, (1..=70).collect::<Vec<_>>());
    let leads = file.prompts[0].versions.iter().map(|version| version.references.len()).sum::<usize>();
    assert_eq!((leads, &file.prompts[0].draft), (60, &None));
    assert_eq!(
        String::from_utf8(all).unwrap(),
        format!("{}\n", serde_json::to_string_pretty(&file).unwrap())
    );
}

async fn a_long_path_comes_in(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (_, key) = lib.org.has_key("read:prompts write:prompts").await;
    let prompt = json!({ "path": "e\u{301}".repeat(100_000), "draft": content("Hello") });
    let folder = json!({ "path": "a/".repeat(1_000_000) });
    let file = json!({ "format": FORMAT, "folders": [folder], "prompts": [prompt] }).to_string();
    let request = Request::post("/api/v1/import").header("authorization", format!("Bearer {}", key.as_str()));
    let request = request.header("content-type", "application/json").header("idempotency-key", "long");
    let answer = app.send(request.body(Body::from(file)).unwrap()).await;
    assert_eq!(answer.status(), 200);
    let told = answer.into_body().collect().await.unwrap().to_bytes();
    // Nothing of it comes back but its beginning.
    assert!(told.len() < 2_000, "{} bytes", told.len());
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!((&told["created"], &told["skipped"]), (&json!(0), &json!(2)));
    let says = told["lines"].as_array().unwrap().iter().map(|line| line["says"].as_str().unwrap());
    assert!(says.eq(["its path is longer than 255 characters"; 2]), "{told}");
}

async fn what_many_write_over_each_other_has_so_much_room(app: TestApp) {
    let two = super::editing::Two::at(&app, "hers").await;
    // So that search has nothing to do with the draft.
    super::save(&two.lib.may(), two.prompt, two.lib.seen(two.prompt).await, "").await.unwrap();
    for n in 0..30 {
        for (who, name) in [(&two.ana, "ana"), (&two.ben, "ben")] {
            let long = format!("{name}{n}{}", "x".repeat(190_000));
            two.saves(who, two.draft().await.revision, &long).await.unwrap();
        }
    }
    let room = "SELECT CAST(sum(size) AS BIGINT) FROM draft_revisions WHERE org_id = $1 AND by_another = 1";
    let room = two.lib.org.count(room).await;
    assert!(room > 7_000_000 && room <= 8 * 1024 * 1024, "{room} bytes");
}

async fn earlier_drafts_of_an_organization_have_so_much_room(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    let mut prompts = Vec::new();
    for lib in [&lib, &other] {
        for name in ["A", "B"] {
            prompts.push((lib, lib.saying(None, name, "first").await));
        }
    }
    for n in 0..6 {
        for (lib, id) in &prompts {
            app.clock.advance(Span::seconds(10));
            lib.writes(*id, &format!("{n} {}", "x".repeat(1_000))).await.unwrap();
        }
    }
    let kept = async |lib: &Library| {
        let count = lib.org.count("SELECT count(*) FROM draft_revisions WHERE org_id = $1").await;
        let newest = "SELECT CAST(min(kept_at) AS BIGINT) FROM draft_revisions WHERE org_id = $1";
        (count, lib.org.count(newest).await)
    };
    let (all, oldest) = kept(&lib).await;
    assert!(all >= 12, "{all}");
    // Those in which nothing happened lately are not looked at.
    app.clock.advance(Span::minutes(10));
    room::make_room_for(&app, Span::minutes(5), (5, i64::MAX)).await.unwrap();
    assert_eq!(kept(&lib).await, (all, oldest));
    lib.writes(prompts[0].1, "last").await.unwrap();
    room::make_room_for(&app, Span::minutes(5), (5, i64::MAX)).await.unwrap();
    let (few, newer) = kept(&lib).await;
    assert!(few == 5 && newer > oldest, "the oldest go first");
    room::make_room_for(&app, Span::minutes(5), (100, 2_500)).await.unwrap();
    assert_eq!(kept(&lib).await.0, 2);
    assert_eq!(kept(&other).await.0, all);
}

async fn what_another_wrote_over_is_kept_the_longest(app: TestApp) {
    let two = super::editing::Two::at(&app, "hers").await;
    app.clock.advance(Span::minutes(1));
    two.saves(&two.ben, two.draft().await.revision, "his").await.unwrap();
    for n in 0..3 {
        app.clock.advance(Span::minutes(1));
        two.saves(&two.ben, two.draft().await.revision, &format!("his {n}")).await.unwrap();
    }
    let kept = "SELECT count(*) FROM draft_revisions WHERE org_id = $1";
    assert!(two.lib.org.count(kept).await > 1);
    room::make_room_for(&app, Span::minutes(5), (1, i64::MAX)).await.unwrap();
    assert_eq!(two.lib.org.count(kept).await, 1);
    let others = "SELECT count(*) FROM draft_revisions WHERE org_id = $1 AND by_another = 1";
    assert_eq!(two.lib.org.count(others).await, 1);
}

async fn a_long_draft_that_is_read_for_search_changes_nothing_else(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.prompt(None, "Long").await;
    let prompts = "SELECT count(*) FROM events WHERE org_id = $1 AND topic = 'prompts'";
    let searches = "SELECT count(*) FROM events WHERE org_id = $1 AND topic = 'search'";
    let before = lib.org.count(prompts).await;
    lib.writes(id, &format!("needle {}", "x ".repeat(20_000))).await.unwrap();
    assert_eq!(search(&lib.scope, "needle", 10).await.unwrap().len(), 1);
    assert_eq!(lib.org.count(prompts).await, before);
    assert_eq!(lib.org.count(searches).await, 1);
}

async fn a_long_prompt_is_found_by_its_new_name_at_once(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.prompt(None, "Long").await;
    lib.writes(id, &"x ".repeat(20_000)).await.unwrap();
    let mut change = lib.may::<EditContent>().change().await.unwrap();
    let renamed = "UPDATE prompts SET name = 'New', path = 'New' WHERE org_id = $1 AND id = $2";
    change.query(renamed).bind(id).execute().await.unwrap();
    index::write(&mut change, id).await.unwrap();
    let known = change.query("SELECT name FROM prompt_search WHERE org_id = $1 AND prompt_id = $2");
    assert_eq!(known.bind(id).one::<(String,)>().await.unwrap().0, "new");
}
