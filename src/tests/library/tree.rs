use super::{Library, TestApp, both_databases, why};
use crate::{
    error::Error,
    fields::PathName,
    id::FolderId,
    library::{copies, moves, moves::Place, trash, variables},
    prompts::{Tags, details, store},
    role::Role,
    tests::support::Answer,
};
use serde_json::{Value, json};

both_databases!(
    folders_are_made_and_named,
    a_folder_is_moved_with_all_that_is_in_it,
    no_folder_goes_into_itself_or_too_deep,
    an_old_path_leads_on_until_something_takes_it,
    things_are_put_in_order,
    a_copy_is_a_thing_of_its_own,
    variables_come_from_the_nearest_folder,
    a_change_of_variables_is_undone,
    libraries_are_apart,
    a_folder_that_was_opened_stays_open,
    only_the_top_is_marked_as_where_one_is,
    a_folder_is_shown_page_by_page,
    the_tree_shows_the_first_of_many_and_the_one_that_is_open,
);

fn name(text: &str) -> PathName {
    PathName::parse(text).unwrap()
}

async fn folders_are_made_and_named(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let support = lib.folder(None, "Support").await;
    let triage = lib.prompt(Some(support), "Triage").await;
    assert_eq!(lib.path(triage).await, "Support/Triage");
    let again = store::create(&lib.may(), Some(support), &name("Triage"), super::PromptKind::Chat).await;
    assert_eq!(why(again), "A prompt with this name already exists in this folder.");
    let again = crate::library::folders::create(&lib.may(), None, &name("Support")).await;
    assert_eq!(why(again), "A folder with this name already exists here.");
    moves::rename_folder(&lib.may(), support, &name("Help_1%")).await.unwrap();
    assert_eq!(lib.path(triage).await, "Help_1%/Triage");
    let tags = Tags::parse("b, a").unwrap();
    details::describe(&lib.may(), triage, &name("Sort"), "For tickets", &tags).await.unwrap();
    let prompt = store::find(&lib.scope, triage).await.unwrap();
    assert_eq!(
        (prompt.path.as_str(), prompt.description.as_str(), prompt.tags),
        ("Help_1%/Sort", "For tickets", tags)
    );
}

async fn a_folder_is_moved_with_all_that_is_in_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let deep = lib.folders("A/B/C").await;
    let (one, two) = (lib.prompt(Some(deep), "One").await, lib.prompt(None, "Two").await);
    // Paths that begin alike are another folder's.
    let other = lib.folder(None, "A2").await;
    let three = lib.prompt(Some(other), "Three").await;
    let b = crate::library::folders::all(&lib.scope).await.unwrap();
    let b = b.iter().find(|folder| folder.path == "A/B").unwrap().id;
    moves::move_folder(&lib.may(), b, None, Place::First).await.unwrap();
    assert_eq!(lib.path(one).await, "B/C/One");
    assert_eq!((lib.path(two).await, lib.path(three).await), ("Two".into(), "A2/Three".into()));
    assert_eq!(lib.names(None).await, ["B", "A", "A2", "Two"]);
    moves::move_folder(&lib.may(), b, Some(other), Place::Last).await.unwrap();
    assert_eq!(lib.path(one).await, "A2/B/C/One");
    moves::move_prompt(&lib.may(), two, Some(deep), Place::First).await.unwrap();
    assert_eq!(lib.path(two).await, "A2/B/C/Two");
    assert_eq!(lib.names(Some(deep)).await, ["Two", "One"]);
    let foreign = lib.prompt(None, "One").await;
    let clash = moves::move_prompt(&lib.may(), foreign, Some(deep), Place::Last).await;
    assert_eq!(why(clash), "A prompt with this name already exists in this folder.");
}

async fn no_folder_goes_into_itself_or_too_deep(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let deepest = lib.folders("1/2/3/4/5/6/7/8/9/10").await;
    let all = crate::library::folders::all(&lib.scope).await.unwrap();
    let top = all.iter().find(|folder| folder.path == "1").unwrap().id;
    let eleventh = crate::library::folders::create(&lib.may(), Some(deepest), &name("11")).await;
    assert_eq!(why(eleventh), "Folders can be at most ten levels deep.");
    for into in [top, deepest] {
        let circle = moves::move_folder(&lib.may(), top, Some(into), Place::Last).await;
        assert_eq!(why(circle), "A folder can't be moved into itself.");
    }
    let other = lib.folder(None, "Other").await;
    let deeper = moves::move_folder(&lib.may(), top, Some(other), Place::Last).await;
    assert_eq!(why(deeper), "Folders can be at most ten levels deep.");
    let mut parent = None;
    for _ in 0..3 {
        parent = Some(lib.folder(parent, &"x".repeat(80)).await);
    }
    let long = store::create(&lib.may(), parent, &name(&"y".repeat(13)), super::PromptKind::Text).await;
    assert_eq!(why(long), "Choose a shorter name: the full path can be at most 255 characters.");
    let fits = lib.prompt(parent, &"y".repeat(12)).await;
    assert_eq!(lib.path(fits).await.len(), 255);
}

async fn an_old_path_leads_on_until_something_takes_it(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (a, b) = (lib.folder(None, "A").await, lib.folder(None, "B").await);
    let tone = lib.prompt(Some(a), "Tone").await;
    moves::move_prompt(&lib.may(), tone, Some(b), Place::Last).await.unwrap();
    moves::rename_folder(&lib.may(), b, &name("C")).await.unwrap();
    for path in ["A/Tone", "B/Tone", "C/Tone"] {
        assert_eq!(lib.at(path).await, Some(tone), "{path}");
    }
    let new = lib.prompt(Some(a), "Tone").await;
    assert_eq!(lib.at("A/Tone").await, Some(new));
    // Once taken it is no longer the old one's, even when it is free again.
    details::describe(&lib.may(), new, &name("Other"), "", &Tags::default()).await.unwrap();
    assert_eq!(lib.at("A/Tone").await, Some(new));
    assert_eq!(lib.at("B/Tone").await, Some(tone));
    assert_eq!(lib.at("D/Tone").await, None);
}

async fn things_are_put_in_order(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let mut prompts = Vec::new();
    for n in ["a", "b", "c"] {
        prompts.push(lib.prompt(None, n).await);
    }
    moves::move_prompt(&lib.may(), prompts[2], None, Place::First).await.unwrap();
    assert_eq!(lib.names(None).await, ["c", "a", "b"]);
    // Until there is no room between two, and on.
    for n in 0..50 {
        let (one, after) = (prompts[n % 2], prompts[2]);
        moves::move_prompt(&lib.may(), one, None, Place::After(after)).await.unwrap();
        let expected = if n % 2 == 0 { ["c", "a", "b"] } else { ["c", "b", "a"] };
        assert_eq!(lib.names(None).await, expected, "{n}");
    }
    let folder = lib.folder(None, "F").await;
    let away = moves::move_prompt(&lib.may(), prompts[0], Some(folder), Place::After(prompts[1])).await;
    assert_eq!(away, Err(Error::NotFound));
    assert_eq!(lib.path(prompts[0]).await, "a");
}

async fn a_copy_is_a_thing_of_its_own(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let deep = lib.folders("A/B").await;
    let tone = lib.saying(Some(deep), "Tone", "{{ x }}").await;
    variables::set(&lib.may(), Some(deep), &[("x".into(), json!("kind"))]).await.unwrap();
    let copy = copies::duplicate_prompt(&lib.may(), tone).await.unwrap();
    let again = copies::duplicate_prompt(&lib.may(), tone).await.unwrap();
    assert_eq!(lib.path(copy).await, "A/B/Tone copy");
    assert_eq!(lib.path(again).await, "A/B/Tone copy 2");
    assert_eq!(store::find(&lib.scope, copy).await.unwrap().latest, 0);
    lib.says(copy, "other").await.unwrap();
    assert_eq!(lib.rendered(tone, 1, json!({})).await, "kind");
    let a = crate::library::folders::trail(&lib.scope, Some(deep)).await.unwrap()[0].id;
    copies::duplicate_folder(&lib.may(), a).await.unwrap();
    let copied = lib.at("A copy/B/Tone").await.unwrap();
    lib.says(copied, "{{ x }}!").await.unwrap();
    assert_eq!(lib.rendered(copied, 1, json!({})).await, "kind!");
}

async fn variables_come_from_the_nearest_folder(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let deep = lib.folders("A/B").await;
    let a = crate::library::folders::trail(&lib.scope, Some(deep)).await.unwrap()[0].id;
    let prompt = lib.saying(Some(deep), "P", "{{ x }} {{ y }} {{ z }}").await;
    for (folder, pairs) in [
        (None, [("x", "org"), ("y", "org"), ("z", "org")].as_slice()),
        (Some(a), &[("x", "a"), ("y", "a")]),
        (Some(deep), &[("x", "b")]),
    ] {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        variables::set(&lib.may(), folder, &pairs).await.unwrap();
    }
    assert_eq!(lib.rendered(prompt, 1, json!({})).await, "b a org");
    assert_eq!(lib.rendered(prompt, 1, json!({ "x": "call" })).await, "call a org");
    moves::move_prompt(&lib.may(), prompt, None, Place::Last).await.unwrap();
    assert_eq!(lib.rendered(prompt, 1, json!({})).await, "org org org");
    let wrong =
        [("a b".to_owned(), json!(1)), ("x".into(), json!(1)), ("x".into(), json!("y".repeat(20_001)))];
    let Err(Error::Invalid { flaws }) = variables::set(&lib.may(), None, &wrong).await else { panic!() };
    let fields: Vec<_> = flaws.iter().map(|flaw| flaw.field.as_ref()).collect();
    assert_eq!(fields, ["name-0", "name-2", "value-2"]);
}

async fn a_change_of_variables_is_undone(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folder(None, "A").await;
    let set = async |pairs: &[(&str, Value)]| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        variables::set(&lib.may(), Some(folder), &pairs).await.unwrap()
    };
    let now = async || variables::read(&lib.scope, Some(folder)).await.unwrap();
    let list = json!(["a", 1, { "b": null }]);
    set(&[("gone", json!("\"in quotes\"")), ("cleared", list.clone()), ("stays", json!(true))]).await;
    let before = now().await;
    assert_eq!(
        set(&[("gone", json!("\"in quotes\"")), ("cleared", list), ("stays", json!(true))]).await,
        None
    );
    let row = set(&[("cleared", json!("")), ("stays", json!(true)), ("new", json!(1))]).await.unwrap();
    let after = now().await;
    let undone = variables::undo(&lib.may(), Some(folder), row).await.unwrap().unwrap();
    assert_eq!(now().await, before);
    // Which is undone in turn.
    let row = variables::undo(&lib.may(), Some(folder), undone).await.unwrap().unwrap();
    assert_eq!(now().await, after);
    // What has another value since then stays.
    set(&[("cleared", json!("later")), ("stays", json!(true)), ("new", json!(1))]).await;
    variables::undo(&lib.may(), Some(folder), row).await.unwrap();
    let mut expected = before;
    expected.insert("cleared".into(), json!("later"));
    assert_eq!(now().await, expected);
    assert_eq!(variables::undo(&lib.may(), None, row).await, Err(Error::NotFound), "it is of the folder");
}

async fn libraries_are_apart(app: TestApp) {
    let (ours, theirs) = (Library::of(&app, "Ours").await, Library::of(&app, "Theirs").await);
    let (folder, prompt) = (theirs.folder(None, "F").await, theirs.saying(None, "P", "secret").await);
    let mine = ours.saying(None, "Mine", "x").await;
    let nothing = Err(Error::NotFound);
    assert_eq!(ours.at("P").await, None);
    assert_eq!(store::find(&ours.scope, prompt).await.map(drop), nothing);
    assert_eq!(moves::move_prompt(&ours.may(), mine, Some(folder), Place::Last).await, nothing);
    assert_eq!(moves::move_prompt(&ours.may(), mine, None, Place::After(prompt)).await, nothing);
    assert_eq!(moves::rename_folder(&ours.may(), folder, &name("G")).await, nothing);
    assert_eq!(copies::duplicate_prompt(&ours.may(), prompt).await.map(drop), nothing);
    assert_eq!(ours.writes(prompt, "mine").await.map(drop), nothing);
    assert_eq!(variables::set(&ours.may(), Some(folder), &[]).await.map(drop), nothing);
    assert!(why(ours.says(mine, "[[ P ]]").await).contains("not found"));
}

async fn a_folder_that_was_opened_stays_open(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let scope = crate::tenancy::Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let lib = Library { org: acme, scope };
    let deep = lib.folders("A/B").await;
    let a = crate::library::folders::trail(&lib.scope, Some(deep)).await.unwrap()[0].id;
    lib.prompt(Some(a), "In A").await;
    lib.prompt(Some(deep), "In B").await;
    let other = lib.folder(None, "Other").await;
    let label =
        |name: &str, is_open: bool| format!("aria-expanded=\"{is_open}\" aria-label=\"Contents of {name}\"");
    // As far as the page is in it; without script its link leads there.
    let page = ana.get("/acme/prompts").await.status(200).says(&label("A", false)).hides("In A");
    page.says(&format!("<a href=\"/acme/prompts/folders/{a}\" {} class=\"tree-fold\">", label("A", false)));
    ana.get(&format!("/acme/prompts/folders/{a}")).await.says(&label("A", true)).says("In A").hides("In B");
    // As a script keeps it; what is within a closed folder is not shown.
    let opened = |ids: &[FolderId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    ana.keep("studio-open", &opened(&[deep]));
    ana.get("/acme/prompts").await.status(200).says(&label("A", false)).hides("In B");
    ana.keep("studio-open", &opened(&[a, deep]));
    let page = ana.get(&format!("/acme/prompts/folders/{other}")).await.status(200);
    page.says(&label("A", true)).says(&label("B", true)).says("In A").says("In B");
    for nonsense in ["", "x", "..", "%00", &"a".repeat(3000), &format!("{}.{a}", "x.".repeat(30))] {
        ana.keep("studio-open", nonsense);
        ana.get("/acme/prompts").await.status(200).says(&label("A", false));
    }
    // Folders of others are not among them.
    let ben = app.somebody("Ben").await;
    app.org("Theirs", &ben).await;
    ben.keep("studio-open", &opened(&[a, deep]));
    ben.get("/theirs/prompts").await.status(200).hides("In A").hides("In B");
}

async fn only_the_top_is_marked_as_where_one_is(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let ed = lib.org.has("Ed", Role::Editor).await;
    let marked = format!("href=\"{}\" aria-current=\"page\" class=\"tree-item\"", lib.org.page("prompts"));
    ed.get(&lib.org.page("prompts")).await.status(200).says(&marked);
    for page in ["prompts/trash", "prompts/search?q=x", "prompts/variables"] {
        ed.get(&lib.org.page(page)).await.status(200).hides(&marked);
    }
}

async fn the_tree_shows_the_first_of_many_and_the_one_that_is_open(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let (few, many) = (lib.folder(None, "Few").await, lib.folder(None, "Many").await);
    let (first, _) = (lib.prompt(Some(few), "First").await, lib.prompt(None, "Top").await);
    lib.org.fills((many, "Many"), 203, 1).await;
    let ed = lib.org.has("Ed", Role::Editor).await;
    let tree = async |id: crate::id::PromptId| {
        let page = ed.get(&lib.org.page(&format!("prompts/{id}"))).await.status(200);
        let (_, tree) = page.body.split_once("id=\"tree\"").unwrap();
        let tree = tree.split("</nav>").next().unwrap();
        let names =
            tree.split("data-thing=\"prompt\"").skip(1).filter_map(|one| one.split("title=\"").nth(1));
        let names: Vec<_> = names.map(|name| name.split('"').next().unwrap().to_owned()).collect();
        (names, tree.contains("More…"))
    };
    assert_eq!(tree(first).await, (vec!["First".to_owned(), "Top".to_owned()], false));
    let filler = |n: u32| format!("Filler {n}");
    for (open, last) in [(7, 200), (201, 201), (203, 203)] {
        let (names, has_more) = tree(lib.at(&format!("Many/Filler {open}")).await.unwrap()).await;
        let mut shown: Vec<_> = (1..=200).map(filler).collect();
        shown.extend((last > 200).then(|| filler(last)));
        shown.push("Top".to_owned());
        assert_eq!((names, has_more), (shown, true), "{open}");
    }
}

/// The numbers of the prompts in the table of a page, and the URL of the next one.
fn shown(page: &Answer) -> (Vec<u32>, Option<String>) {
    let (_, table) = page.body.split_once("id=\"contents\"").unwrap();
    let names = table.split("Filler ").skip(1);
    let numbers =
        names.map(|name| name.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap());
    let next = table.split("href=\"").find(|url| url.split('"').next().unwrap().contains("?from="));
    (numbers.collect(), next.map(|url| url.split('"').next().unwrap().to_owned()))
}

async fn a_folder_is_shown_page_by_page(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folder(None, "Large").await;
    lib.org.fills((folder, "Large"), 250, 1).await;
    // Two are at the same place, where a page ends.
    app.execute("UPDATE prompts SET position = 10000 WHERE name = 'Filler 101'").await;
    let ed = lib.org.has("Ed", Role::Editor).await;
    let url = lib.org.page(&format!("prompts/folders/{folder}"));
    let (mut all, mut next) = (Vec::new(), Some(url.clone()));
    while let Some(url) = next {
        let (numbers, after) = shown(&ed.get(&url).await.status(200));
        assert!(!numbers.is_empty() && numbers.len() <= 100, "{numbers:?}");
        all.extend(numbers);
        next = after;
    }
    all.sort_unstable();
    assert_eq!(all, (1..=250).collect::<Vec<_>>());
    // What goes meanwhile moves nothing to a page that was seen.
    let (first, next) = shown(&ed.get(&url).await);
    let gone = lib.at("Large/Filler 7").await.unwrap();
    trash::put_prompt(&lib.may(), gone).await.unwrap();
    let (second, _) = shown(&ed.get(&next.unwrap()).await);
    assert_eq!((first.len(), second.len(), second[1..3].to_vec()), (100, 100, vec![102, 103]));
    // What is no place begins at the first.
    let begin = shown(&ed.get(&url).await).0;
    for from in ["4294967295", "-1", "x", "1.x", "1.", ".", "9223372036854775808.x"] {
        assert_eq!(shown(&ed.get(&format!("{url}?from={from}")).await.status(200)).0, begin, "{from}");
    }
    let beyond = ed.get(&format!("{url}?from={}.{gone}", i64::MAX)).await.status(200);
    assert_eq!(shown(&beyond).0, [0; 0]);
}
