use super::{Library, TestApp, both_databases, content, why};
use crate::{
    deployments::{deploy::deploy, model as deployments},
    environments::store as environments,
    error::Error,
    library::{
        exchange::{
            export::Extent,
            format::{FORMAT, LibraryFile},
            import::{import, preview},
            line::{Act, Line},
            markdown, store,
        },
        variables,
    },
    prompts::{Tags, content::Kind, details, drafts, editing, saving, store as prompts},
    time::Span,
};
use serde_json::{Value, json};

both_databases!(
    a_round_trip_loses_nothing,
    a_preview_tells_what_happens_and_changes_nothing,
    versions_come_on_top_of_those_there,
    a_draft_with_changes_of_its_own_stays,
    markdown_becomes_the_draft,
    what_cannot_be_imported_says_why,
    paths_that_are_too_long_are_not_read,
    histories_may_be_entangled,
    files_wait_for_a_day,
    a_large_file_is_imported_in_parts,
    a_plain_text_becomes_one_prompt,
    a_version_without_a_time_is_as_old_as_its_import,
    a_file_is_called_like_what_is_in_it,
);

impl Library {
    async fn file(&self) -> LibraryFile {
        LibraryFile::of(&self.scope, Extent::Whole).await.unwrap()
    }

    async fn keeps(&self, file: &LibraryFile) -> crate::id::ImportId {
        let text = serde_json::to_string(file).unwrap();
        store::keep(&self.may(), None, &text).await.unwrap()
    }

    pub(super) async fn takes(&self, file: &LibraryFile) -> Vec<Line> {
        let id = self.keeps(file).await;
        import(&self.may(), id).await.unwrap()
    }

    /// Imports prompts, and tells what became of each: `+ path`, `~ path`, or `path: why not`.
    async fn takes_prompts(&self, prompts: Value) -> Vec<String> {
        let file = serde_json::from_value(json!({ "format": FORMAT, "prompts": prompts })).unwrap();
        let told = |line: Line| match line.act {
            Act::Create if !line.says.contains("skipped") => format!("+ {}", line.path),
            Act::Change => format!("~ {}", line.path),
            _ => format!("{}: {}", line.path, line.says),
        };
        self.takes(&file).await.into_iter().map(told).collect()
    }
}

/// A library with something of everything.
async fn full(app: &TestApp, name: &str) -> Library {
    let lib = Library::of(app, name).await;
    let parts = lib.folders("Parts/Deep").await;
    lib.folder(None, "Empty").await;
    variables::set(&lib.may(), None, &[("who".into(), json!("Zoë")), ("n".into(), json!([1, {"a": null}]))])
        .await
        .unwrap();
    variables::set(&lib.may(), Some(parts), &[("tone".into(), json!("\"quoted\"\n"))]).await.unwrap();
    let tone = lib.saying(Some(parts), "Tone", "Be {{ tone }}.").await;
    lib.says(tone, "Be very {{ tone }}.").await.unwrap();
    let reply = lib.saying(None, "Reply", "[[ Parts/Deep/Tone@1 | tone=kind ]] [[ Parts/Deep/Tone ]]").await;
    lib.says(reply, "Plain").await.unwrap();
    editing::restore_version(&lib.may(), reply, 1).await.unwrap();
    assert_eq!(saving::save(&lib.may(), reply, lib.seen(reply).await, "").await, Ok(3));
    lib.writes(reply, "A draft {{ of }} mine").await.unwrap();
    let named = crate::fields::PathName::parse("Answer").unwrap();
    let tags = Tags::parse("mail, first").unwrap();
    details::describe(&lib.may(), reply, &named, "What it\nis for", &tags).await.unwrap();
    let named = crate::fields::PathName::parse("Chat").unwrap();
    let chat = prompts::create(&lib.may(), Some(parts), &named, Kind::Chat).await.unwrap();
    let said = json!({
        "engine": "jinja",
        "body": { "chat": [
            { "role": "system", "content": "{% if a %}x{% endif %}" },
            { "role": "placeholder", "name": "history", "content": "" },
            { "role": "user", "content": "{{ a }}" },
        ] },
        "variables": [{ "name": "a", "type": "list", "required": true, "default": [1], "description": "d" }],
        "model": { "provider": "openai", "model": "m", "temperature": 0.1, "max_tokens": 5, "tools": [{}] },
    });
    let said = serde_json::from_value(said).unwrap();
    editing::save(&lib.may(), chat, 1, &said).await.unwrap();
    saving::save(&lib.may(), chat, lib.seen(chat).await, "First").await.unwrap();
    lib.prompt(None, "Never saved").await;
    let environment = environments::named(&lib.scope, "development").await.unwrap().unwrap().id;
    let (kind, version, reason) = (deployments::Kind::Deploy, Some(1), String::new());
    let order = deployments::DeployCommand { environment, prompt: tone, kind, version, reason, seen: 0 };
    deploy(&lib.may(), &order).await.unwrap();
    lib.saying(None, "Follower", "[[ Parts/Deep/Tone@development ]]").await;
    lib
}

async fn a_round_trip_loses_nothing(app: TestApp) {
    let (ours, theirs) = (full(&app, "Acme").await, Library::of(&app, "Globex").await);
    let file = ours.file().await;
    assert_eq!((file.folders.len(), file.prompts.len(), file.variables.len()), (3, 5, 2));
    let answer = file.prompts.iter().find(|prompt| prompt.path == "Answer").unwrap();
    assert_eq!((answer.versions.len(), &answer.old_paths[..]), (3, &["Reply".to_owned()][..]));
    assert_eq!((answer.versions[2].restores, answer.versions[0].references.len()), (Some(1), 2));
    // As it is in a file.
    let written: LibraryFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    assert_eq!(written, file);
    app.clock.advance(Span::days(40));
    let lines = theirs.takes(&file).await;
    assert!(lines.iter().all(|line| line.act != Act::Skip), "{lines:?}");
    assert_eq!(theirs.file().await, file);
    let (here, there) = (ours.at("Reply").await.unwrap(), theirs.at("Reply").await.unwrap());
    let values = json!({ "tone": "warm" });
    assert_eq!(ours.rendered(here, 3, values.clone()).await, theirs.rendered(there, 3, values).await);
    // Again it is all there.
    let again = theirs.takes(&file).await;
    assert!(again.iter().all(|line| line.act == Act::Skip), "{again:?}");
    assert_eq!(theirs.file().await, file);
}

async fn a_preview_tells_what_happens_and_changes_nothing(app: TestApp) {
    let (ours, theirs) = (full(&app, "Acme").await, Library::of(&app, "Globex").await);
    theirs.saying(None, "Answer", "Something of theirs").await;
    let id = theirs.keeps(&ours.file().await).await;
    let before = app.everything_of(theirs.org.id).await;
    let told = preview(&theirs.may(), id).await.unwrap();
    assert_eq!(app.everything_of(theirs.org.id).await, before);
    assert_eq!(import(&theirs.may(), id).await.unwrap(), told);
    assert!(told.iter().any(|line| line.act == Act::Change && line.path == "Answer"), "{told:?}");
    assert_eq!(import(&theirs.may(), id).await, Err(Error::NotFound));
    assert_eq!(preview(&ours.may(), id).await, Err(Error::NotFound));
}

async fn versions_come_on_top_of_those_there(app: TestApp) {
    let (ours, theirs) = (Library::of(&app, "Acme").await, Library::of(&app, "Globex").await);
    let here = ours.saying(None, "P", "one").await;
    ours.says(here, "two").await.unwrap();
    theirs.takes(&ours.file().await).await;
    let there = theirs.at("P").await.unwrap();
    theirs.says(there, "theirs").await.unwrap();
    ours.says(here, "three").await.unwrap();
    let lines = theirs.takes(&ours.file().await).await;
    assert_eq!((lines[0].act, lines[0].says.as_str()), (Act::Change, "1 version added to the existing ones"));
    let said: Vec<_> =
        theirs.file().await.prompts[0].versions.iter().map(|one| one.content.clone()).collect();
    assert_eq!(said, ["one", "two", "theirs", "three"].map(content));
    assert_eq!(theirs.file().await.prompts[0].draft, None);
}

async fn a_draft_with_changes_of_its_own_stays(app: TestApp) {
    let (ours, theirs) = (Library::of(&app, "Acme").await, Library::of(&app, "Globex").await);
    let here = ours.saying(None, "P", "one").await;
    theirs.takes(&ours.file().await).await;
    let there = theirs.at("P").await.unwrap();
    theirs.writes(there, "mine").await.unwrap();
    ours.says(here, "two").await.unwrap();
    let lines = theirs.takes(&ours.file().await).await;
    assert!(lines[0].says.contains("the existing draft has changes and is kept"), "{lines:?}");
    assert_eq!(drafts::read(&theirs.scope, there).await.unwrap().content, content("mine"));
}

async fn markdown_becomes_the_draft(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.saying(Some(lib.folders("A").await), "P", "one").await;
    let mut entry = lib.file().await.prompts.remove(0);
    let same = markdown::write(&entry).unwrap();
    entry.versions[0].content = content("two");
    let other = markdown::write(&entry).unwrap();
    for (text, act) in [(&same, Act::Skip), (&other, Act::Change), (&other, Act::Skip)] {
        let kept = store::keep(&lib.may(), None, text).await.unwrap();
        let lines = import(&lib.may(), kept).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.act).collect::<Vec<_>>(), [act], "{lines:?}");
    }
    let draft = drafts::read(&lib.scope, id).await.unwrap();
    assert_eq!((draft.content, draft.base), (content("two"), 1));
    assert!(store::keep(&lib.may(), None, "").await.is_err());
    assert!(store::keep(&lib.may(), None, "---\npath: [\n---\n").await.is_err());
}

async fn a_plain_text_becomes_one_prompt(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let kept = store::keep(&lib.may(), None, "# Be kind\nto {{ whom }}.\n").await.unwrap();
    let lines = import(&lib.may(), kept).await.unwrap();
    assert_eq!((lines.len(), lines[0].act, lines[0].path.as_str()), (1, Act::Create, "Be kind"));
    let draft = drafts::read(&lib.scope, lib.at("Be kind").await.unwrap()).await.unwrap();
    assert_eq!(draft.content, content("# Be kind\nto {{ whom }}."));
    // A template may begin as JSON does.
    let kept = store::keep(&lib.may(), None, "{{ greeting }}, friend").await.unwrap();
    assert_eq!(import(&lib.may(), kept).await.unwrap()[0].path, "Imported prompt");
    for (text, told) in [
        ("prompts: [a]\nproviders: [b]", "promptfoo"),
        (r#"{"name":"x","prompt":"y","labels":[]}"#, "Langfuse"),
        ("{", "isn't valid JSON"),
    ] {
        let says = why(store::keep(&lib.may(), None, text).await);
        assert!(says.contains(told), "{says}");
    }
}

async fn a_version_without_a_time_is_as_old_as_its_import(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let undated = json!({ "number": 1, "content": { "body": { "text": "x" } } });
    let before = app.clock.now();
    assert_eq!(lib.takes_prompts(json!([prompt("fresh", &[undated])])).await, ["+ fresh"]);
    let created_at = crate::ui::parse_rfc3339(&lib.file().await.prompts[0].versions[0].created_at).unwrap();
    assert!(before <= created_at && created_at <= app.clock.now());
    let mut wrong = version(1, "y", json!({}));
    wrong["created_at"] = json!("yesterday");
    assert!(lib.takes_prompts(json!([prompt("old", &[wrong])])).await[0].contains("like this: 2026-01-31"));
}

async fn a_file_is_called_like_what_is_in_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (ben, slug) = (lib.org.has("Ben", crate::role::Role::Owner).await, lib.org.slug.clone());
    let folder = lib.folders("Support/Für Kunden").await;
    let prompt = lib.saying(Some(folder), "東京", "x").await;
    for (url, name) in [
        ("export.json".to_owned(), "acme-prompts.json"),
        (format!("export.md?folder={folder}"), "acme-fuer-kunden.zip"),
        (format!("export.json?folder={folder}"), "acme-fuer-kunden.json"),
        (format!("export.md?prompt={prompt}"), "acme-prompts.md"),
    ] {
        let answer = ben.get(&format!("/{slug}/prompts/{url}")).await.status(200);
        answer.has("content-disposition", &format!("attachment; filename=\"{name}\""));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is called")]
fn version(number: i64, text: &str, references: Value) -> Value {
    let content = json!({ "body": { "text": text } });
    let created_at = "2026-01-31T12:00:00+02:00";
    json!({ "number": number, "created_at": created_at, "content": content, "references": references })
}

fn prompt(path: &str, versions: &[Value]) -> Value {
    json!({ "path": path, "versions": versions })
}

fn lead(path: &str, version: i64) -> Value {
    json!({ "path": path, "version": version })
}

async fn what_cannot_be_imported_says_why(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let plain = || version(1, "x", json!({}));
    let refers = |to: &str| version(1, &format!("[[ {to} ]]"), json!({ to: lead(to, 1) }));
    let mut broken = plain();
    broken["content"] = json!({ "engine": "jinja", "body": { "text": "{% if %}" } });
    let too_deep = ["a"; 12].join("/");
    let far_too_deep = ["d"; 400].join("/");
    for (prompts, told) in [
        (json!([prompt("", &[plain()])]), "can't be a name"),
        (json!([prompt("/a", &[plain()])]), "can't be a name"),
        (json!([prompt("a//b", &[plain()])]), "can't be a name"),
        (json!([prompt("a\u{0}b", &[plain()])]), "can't be a name"),
        (json!([prompt("a|b", &[plain()])]), "can't be a name"),
        (json!([prompt(" a", &[plain()])]), "spaces"),
        (json!([prompt(&too_deep, &[plain()])]), "ten levels"),
        (json!([prompt(&far_too_deep, &[plain()])]), "its path is longer than 255 characters"),
        (json!([prompt(&"n".repeat(100), &[plain()])]), "can't be a name"),
        (json!([prompt(&"n".repeat(256), &[plain()])]), "its path is longer than 255 characters"),
        (
            json!([{ "path": "n", "old_paths": vec!["o"; 1_001], "draft": { "body": { "text": "x" } } }]),
            "1000 old paths",
        ),
        (json!([prompt("none", &[])]), "no content"),
        (json!([prompt("n", &[version(2, "x", json!({}))])]), "expected version 1"),
        (json!([prompt("n", &[version(i64::MIN, "x", json!({}))])]), "expected version 1"),
        (json!([prompt("n", &[broken])]), "version 1: "),
        (json!([prompt("n", &[version(1, "x", json!({ "a": lead("a", 1) }))])]), "don't match its text"),
        (json!([prompt("n", &[refers("nowhere")])]), "which doesn't exist"),
        (json!([prompt("n", &[version(1, "[[ n ]]", json!({ "n": lead("n", 1) }))])]), "back to itself"),
        (
            json!([prompt("n", &[version(1, "[[ b ]]", json!({ "b": lead("b\u{0}", 1) }))])]),
            "which doesn't exist",
        ),
        (
            json!([prompt("n", &[version(1, "[[ b ]]", json!({ "b": lead("b", i64::MAX) }))])]),
            "which doesn't exist",
        ),
        (
            json!([{ "path": "n", "draft": { "body": { "text": "x" } }, "description": "\u{0}" }]),
            "can't be displayed",
        ),
        (json!([{ "path": "n", "draft": { "body": { "text": "x" } }, "tags": ["<b>"] }]), "can't contain"),
    ] {
        let lines = lib.takes_prompts(prompts.clone()).await;
        assert!(lines.len() == 1 && lines[0].contains(told), "{prompts}: {lines:?}");
    }
    // A circle of two; a chain that is too long; a chat; two of one path.
    let circle =
        lib.takes_prompts(json!([prompt("c1", &[refers("c2")]), prompt("c2", &[refers("c1")])])).await;
    assert!(circle.iter().all(|line| line.contains("skipped")), "{circle:?}");
    let mut chain: Vec<_> =
        (1..8).map(|n| prompt(&format!("l{n}"), &[refers(&format!("l{}", n + 1))])).collect();
    chain.push(prompt("l8", &[plain()]));
    let chain = lib.takes_prompts(Value::Array(chain)).await;
    let left_out = chain
        .iter()
        .filter(|line| line.contains("more than 5 deep") || line.contains("doesn't exist"))
        .count();
    assert_eq!((chain.len(), left_out), (8, 3), "{chain:?}");
    let chat = json!({ "body": { "chat": [{ "role": "user", "content": "x" }] } });
    let chat = json!({ "number": 1, "created_at": "2026-01-01T00:00:00Z", "content": chat });
    let lines = lib.takes_prompts(json!([prompt("chat", &[chat]), prompt("to", &[refers("chat")])])).await;
    assert!(lines[1].contains("doesn't exist"), "{lines:?}");
    let lines = lib.takes_prompts(json!([prompt("two", &[plain()]), prompt("two", &[plain()])])).await;
    assert_eq!((lines[1].as_str(), lines.len()), ("+ two", 2), "{lines:?}");
    assert!(lines[0].contains("another prompt with this path"));
}

async fn paths_that_are_too_long_are_not_read(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let long = "a/".repeat(100_000);
    let refers = |lead: Value| version(1, "[[ b ]]", json!({ "b": lead }));
    let mut old = prompt("old", &[version(1, "x", json!({}))]);
    old["old_paths"] = json!(["Before", long]);
    let prompts = json!([
        prompt(&long, &[version(1, "x", json!({}))]),
        old,
        prompt("refers", &[version(1, "x", json!({})), refers(lead(&"b/".repeat(100_000), 1))]),
        prompt("elsewhere", &[refers(json!({ "path": "b", "environment": long }))]),
    ]);
    let file = json!({ "format": FORMAT, "folders": [{ "path": long }], "prompts": prompts });
    let id = lib.keeps(&serde_json::from_value(file).unwrap()).await;
    let told = preview(&lib.may(), id).await.unwrap();
    let says: Vec<_> = told.iter().map(|line| (line.act, line.says.as_str())).collect();
    let expected = [
        "its path is longer than 255 characters",
        "its path is longer than 255 characters",
        "one of its old paths is longer than 255 characters",
        "version 2: the path of a reference is longer than 255 characters",
        "version 1: the environment of a reference is longer than 40 characters",
    ];
    assert_eq!(says, expected.map(|says| (Act::Skip, says)));
    // Its beginning is enough to find it by.
    assert_eq!(told[0].path, format!("{}…", &long[..255]));
    assert_eq!(told[1].path, told[0].path);
    let ben = lib.org.has("Ben", crate::role::Role::Owner).await;
    let page = ben.get(&lib.org.page(&format!("prompts/import/{id}"))).await.status(200);
    assert!(page.says("longer than 255 characters").body.len() < 100_000);
    assert_eq!(import(&lib.may(), id).await.unwrap(), told);
    // One that fits brings the folders above it.
    let path = format!("{}/{}", "p".repeat(80), "q".repeat(80));
    let file = json!({ "format": FORMAT, "folders": [{ "path": path }, { "path": "p".repeat(80) }] });
    let lines = lib.takes(&serde_json::from_value(file).unwrap()).await;
    assert_eq!(lines.iter().map(|line| line.act).collect::<Vec<_>>(), [Act::Create, Act::Skip]);
}

async fn histories_may_be_entangled(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let a = [version(1, "[[ b ]]", json!({ "b": lead("b", 1) })), version(2, "a", json!({}))];
    let b = [version(1, "b", json!({})), version(2, "[[ a ]]", json!({ "a": lead("a", 2) }))];
    let lines = lib.takes_prompts(json!([prompt("b", &b), prompt("a", &a)])).await;
    assert_eq!(lines, ["+ b", "+ a"]);
    let file = lib.file().await;
    assert!(file.prompts.iter().all(|prompt| prompt.versions.len() == 2), "{file:?}");
    // An older version that refers to what is gone is imported as it is.
    let gone = [version(1, "[[ gone ]]", json!({ "gone": lead("gone", 1) })), version(2, "x", json!({}))];
    assert_eq!(lib.takes_prompts(json!([prompt("old", &gone)])).await, ["+ old"]);
}

async fn files_wait_for_a_day(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(lib.keeps(&LibraryFile::empty()).await);
        app.clock.advance(Span::minutes(1));
    }
    assert_eq!(preview(&lib.may(), ids[1]).await, Err(Error::NotFound));
    assert_eq!(preview(&lib.may(), ids[2]).await, Ok(vec![]));
    app.clock.advance(Span::hours(23));
    store::forget_old(&app).await.unwrap();
    assert_eq!(preview(&lib.may(), ids[6]).await, Ok(vec![]));
    app.clock.advance(Span::hours(1));
    store::forget_old(&app).await.unwrap();
    assert_eq!(preview(&lib.may(), ids[6]).await, Err(Error::NotFound));
}

/// So that nobody waits long to write meanwhile.
async fn a_large_file_is_imported_in_parts(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    // Some alone, some in twos, and more in a row than are tried at once.
    let row: Vec<_> = (0..100)
        .map(|n| match n {
            0 => prompt("r0", &[version(1, "x", json!({}))]),
            1..5 => {
                let to = format!("r{}", n - 1);
                prompt(&format!("r{n}"), &[version(1, &format!("[[ {to} ]]"), json!({ &to: lead(&to, 1) }))])
            }
            _ => prompt(&format!("r{n}"), &[version(1, "[[ r0 ]]", json!({ "r0": lead("r0", 1) }))]),
        })
        .collect();
    let twos = (0..150).flat_map(|n| {
        let to = format!("In/a{n}");
        let b = version(1, &format!("[[ {to} ]]"), json!({ &to: lead(&to, 1) }));
        [prompt(&format!("In/b{n}"), &[b]), prompt(&to, &[version(1, "a", json!({}))])]
    });
    let bad = prompt("In/b0", &[version(1, "again", json!({}))]);
    let prompts: Vec<_> = row.into_iter().chain(twos).chain([bad]).collect();
    let folders: Vec<_> = (0..100).map(|n| json!({ "path": format!("F{n}") })).collect();
    let file = json!({ "format": FORMAT, "variables": { "x": 1 }, "folders": folders, "prompts": prompts });
    let file: LibraryFile = serde_json::from_value(file).unwrap();
    let id = lib.keeps(&file).await;
    let told = preview(&lib.may(), id).await.unwrap();
    let done = import(&lib.may(), id).await.unwrap();
    assert_eq!((told.len(), done.len()), (502, 502));
    assert!(told.iter().all(|line| done.contains(line)), "{told:?} and {done:?}");
    let parts = app.rows("audit_log", "action = 'library.imported'").await.len();
    assert!(parts > 1, "{parts} parts");
    // Once more is nothing new.
    let again = lib.takes(&file).await;
    assert!(again.iter().all(|line| line.act == Act::Skip), "{again:?}");
    assert_eq!(lib.file().await.prompts.len(), 400);
}
