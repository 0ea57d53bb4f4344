use super::{Library, TestApp, both_databases, why};
use crate::{
    fields::PathName,
    id::PromptId,
    library::moves,
    prompts::{circles::circle, references, render::render, resolve, saving, store},
    role::EditContent,
};
use serde_json::{Map, json};

both_databases!(
    references_lead_to_versions,
    a_moved_prompt_is_still_led_to,
    circles_are_refused_and_spelt_out,
    five_prompts_are_deep_enough,
    no_way_is_gone_twice,
    a_circle_is_found_among_many_ways,
    more_than_can_be_put_together_is_refused,
    what_leads_nowhere_is_told,
    many_references_are_saved_in_as_few_statements_as_one,
    who_uses_a_prompt_is_known,
    a_draft_is_rendered_as_it_is_typed,
);

async fn references_lead_to_versions(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folders("Parts/Style").await;
    let tone = lib.saying(Some(folder), "Tone", "Be {{ how }}.").await;
    lib.says(tone, "Be very {{ how }}.").await.unwrap();
    let user = lib
        .saying(None, "User", "[[ Parts/Style/Tone@1 | how=kind ]] [[ Parts/Style/Tone | how=\"a, b\" ]]")
        .await;
    assert_eq!(lib.rendered(user, 1, json!({})).await, "Be kind. Be very a, b.");
    lib.says(tone, "changed").await.unwrap();
    assert_eq!(lib.rendered(user, 1, json!({})).await, "Be kind. Be very a, b.");
}

async fn a_moved_prompt_is_still_led_to(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.folder(None, "Parts").await;
    let tone = lib.saying(Some(folder), "Tone", "kind").await;
    let user = lib.saying(None, "User", "[[ Parts/Tone ]]").await;
    moves::rename_folder(&lib.may(), folder, &PathName::parse("Bits").unwrap()).await.unwrap();
    assert_eq!(lib.rendered(user, 1, json!({})).await, "kind");
    // By the old path a new version finds it, too.
    lib.says(user, "[[ Parts/Tone ]]!").await.unwrap();
    assert_eq!(lib.rendered(user, 2, json!({})).await, "kind!");
    // Something new takes the path: versions stay with what they were saved with.
    let parts = lib.folder(None, "Parts").await;
    lib.saying(Some(parts), "Tone", "new").await;
    assert_eq!(lib.rendered(user, 2, json!({})).await, "kind!");
    lib.says(user, "[[ Parts/Tone ]]?").await.unwrap();
    assert_eq!(lib.rendered(user, 3, json!({})).await, "new?");
    assert_eq!(lib.path(tone).await, "Bits/Tone");
}

async fn circles_are_refused_and_spelt_out(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let a = lib.saying(None, "A", "a").await;
    let b = lib.saying(None, "B", "[[ A ]]").await;
    lib.saying(None, "C", "[[ B ]]").await;
    assert_eq!(why(lib.says(a, "[[ A ]]").await), "[[ A ]] refers to this prompt itself.");
    assert_eq!(why(lib.says(a, "[[ A@1 ]]").await), "[[ A@1 ]] refers to this prompt itself.");
    assert_eq!(why(lib.says(a, "[[ B ]]").await), "Circular reference: A → B → A.");
    assert_eq!(why(lib.says(a, "x [[ C ]]").await), "Circular reference: A → C → B → A.");
    assert_eq!(store::find(&lib.scope, a).await.unwrap().latest, 1);
    lib.says(b, "no more").await.unwrap();
    assert_eq!(lib.says(a, "[[ B ]]").await, Ok(2));
}

async fn five_prompts_are_deep_enough(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    lib.saying(None, "P1", "end").await;
    for n in 2..=5 {
        lib.saying(None, &format!("P{n}"), &format!("[[ P{} ]].", n - 1)).await;
    }
    let five = lib.at("P5").await.unwrap();
    assert_eq!(lib.rendered(five, 1, json!({})).await, "end....");
    let six = lib.prompt(None, "P6").await;
    let deep = "References are nested more than 5 deep: P6 → P5 → P4 → P3 → P2 → P1.";
    assert_eq!(why(lib.says(six, "[[ P5 ]]").await), deep);
}

/// Prompts of so many versions, each of which refers to all versions of the prompt before it; the last prompt.
async fn entangled(lib: &Library, prompts: usize, versions: i64) -> PromptId {
    let mut last = None;
    for n in 0..prompts {
        let id = lib.prompt(None, &format!("Level {n}")).await;
        let mut change = lib.may::<EditContent>().change().await.unwrap();
        for (number, to) in (1..=versions).flat_map(|number| (1..=versions).map(move |to| (number, to))) {
            let Some(last) = last else { continue };
            let lead = change.query(
                "INSERT INTO prompt_references (org_id, prompt_id, number, target, to_id, to_number)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            );
            let lead = lead.bind(id).bind(number).bind(format!("Level {}@{to}", n - 1)).bind(last).bind(to);
            lead.execute().await.unwrap();
        }
        change.commit().await.unwrap();
        last = Some(id);
    }
    last.unwrap()
}

/// What is wrong with a prompt that refers to all versions of another, and how many statements finding out took.
async fn circle_of(lib: &Library, prompt: PromptId, to: PromptId, versions: i64) -> (Option<String>, u32) {
    let mut change = lib.may::<EditContent>().change().await.unwrap();
    let before = change.statements();
    let to: Vec<_> = (1..=versions).map(|number| (to, number)).collect();
    let found = circle(&mut change, prompt, "Top", &to).await.unwrap();
    let took = change.statements().zip(before).map_or(0, |(after, before)| after - before);
    (found, took)
}

async fn no_way_is_gone_twice(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let last = entangled(&lib, 4, 20).await;
    let top = lib.prompt(None, "Top").await;
    // 160,000 ways go down.
    let (found, took) = circle_of(&lib, top, last, 20).await;
    assert_eq!(found, None);
    assert!(took <= 4, "{took} statements");
}

async fn a_circle_is_found_among_many_ways(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let last = entangled(&lib, 4, 5).await;
    let first = lib.at("Level 0").await.unwrap();
    let (found, _) = circle_of(&lib, first, last, 5).await;
    assert_eq!(found.as_deref(), Some("Circular reference: Top → Level 3 → Level 2 → Level 1 → Level 0."));
    // A short way to a version does not hide a long one.
    let below = lib.prompt(None, "Below").await;
    let mut change = lib.may::<EditContent>().change().await.unwrap();
    let lead = change.query(
        "INSERT INTO prompt_references (org_id, prompt_id, number, target, to_id, to_number)
         VALUES ($1, $2, 1, 'Below', $3, 1)",
    );
    lead.bind(first).bind(below).execute().await.unwrap();
    let top = change.new_id();
    let to = [(first, 1), (last, 1)];
    let found = circle(&mut change, PromptId(top), "Top", &to).await.unwrap();
    let deep = "References are nested more than 5 deep: Top → Level 3 → Level 2 → Level 1 → Level 0 → Below.";
    assert_eq!(found.as_deref(), Some(deep));
}

async fn more_than_can_be_put_together_is_refused(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let last = entangled(&lib, 4, 20).await;
    let top = lib.prompt(None, "Top").await;
    let (found, took) = circle_of(&lib, top, last, 501).await;
    let many = "The prompts it includes contain too many others. A prompt can include up to 500, counting those inside them.";
    assert_eq!(found.as_deref(), Some(many));
    assert_eq!(took, 0);
}

async fn what_leads_nowhere_is_told(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let user = lib.prompt(None, "User").await;
    lib.prompt(None, "Unsaved").await;
    lib.saying(None, "Saved", "x").await;
    let chat =
        store::create(&lib.may(), None, &PathName::parse("Chat").unwrap(), super::PromptKind::Chat).await;
    saving::save(&lib.may(), chat.unwrap(), lib.seen(lib.at("Chat").await.unwrap()).await, "").await.unwrap();
    for (text, message) in [
        ("[[ Gone ]]", "[[ Gone ]] not found: no prompt has the path Gone."),
        ("[[ saved ]]", "[[ saved ]] not found: no prompt has the path saved."),
        ("[[ Unsaved ]]", "[[ Unsaved ]]: Unsaved has no version yet. Save one first."),
        ("[[ Saved@2 ]]", "[[ Saved@2 ]]: Saved has no version 2."),
        ("[[ Saved@nowhere ]]", "[[ Saved@nowhere ]]: there is no environment nowhere."),
        ("[[ Saved@production ]]", "[[ Saved@production ]]: Saved isn't deployed to production."),
        ("[[ Chat ]]", "[[ Chat ]] is a chat. Only text prompts can be included in others."),
    ] {
        assert_eq!(why(lib.says(user, text).await), message);
    }
    assert_eq!(lib.says(user, "\\[[ Gone ]] [[ Saved ]]").await, Ok(1));
}

/// Others wait meanwhile.
async fn many_references_are_saved_in_as_few_statements_as_one(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for n in 0..10 {
        lib.saying(None, &format!("P{n}"), "x").await;
    }
    let statements = async |name: &str, many: usize| {
        let text: Vec<_> = (0..many).map(|n| format!("[[ P{n} ]] [[ P{n}@1 ]]")).collect();
        let id = lib.prompt(None, name).await;
        lib.writes(id, &text.join(" ")).await.unwrap();
        let mut change = lib.may::<EditContent>().change().await.unwrap();
        let before = change.statements();
        assert_eq!(saving::save_own(&mut change, id, "").await, Ok(1));
        let took = change.statements().zip(before).map(|(after, before)| after - before);
        change.commit().await.unwrap();
        took
    };
    assert_eq!(statements("One", 1).await, statements("Many", 10).await);
    let leads = app.rows("prompt_references", "to_number = 1").await.len();
    assert_eq!(leads, 22, "those of both versions");
}

async fn who_uses_a_prompt_is_known(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.saying(None, "Tone", "x").await;
    let one = lib.saying(None, "One", "[[ Tone ]]").await;
    let two = lib.prompt(None, "Two").await;
    lib.writes(two, "[[ Tone@1 ]] [[ Tone | a=b ]]").await.unwrap();
    let told = async || {
        let users = references::used_by(&lib.scope, tone).await.unwrap();
        users.into_iter().map(|user| (user.path, user.number, user.to_number)).collect::<Vec<_>>()
    };
    let (one_draft, one_version) = (("One".to_owned(), 0, None), ("One".to_owned(), 1, Some(1)));
    let two_draft = ("Two".to_owned(), 0, None);
    assert_eq!(told().await, [one_version.clone(), one_draft, two_draft.clone(), two_draft.clone()]);
    // Old versions count no more.
    lib.says(one, "nothing").await.unwrap();
    assert_eq!(told().await, [two_draft.clone(), two_draft]);
    lib.writes(two, "nothing").await.unwrap();
    assert_eq!(told().await, []);
}

async fn a_draft_is_rendered_as_it_is_typed(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    lib.saying(None, "Tone", "kind").await;
    let user = lib.prompt(None, "User").await;
    let of = store::find(&lib.scope, user).await.unwrap();
    let typed = super::content("Be [[ Tone ]], {{ name }}. [[ User ]] [[ Gone ]]");
    let resolved = resolve::draft(&lib.scope, &of, typed).await.unwrap();
    let problems = render(&resolved, &Map::new()).unwrap_err();
    assert_eq!(problems.missing.iter().collect::<Vec<_>>(), ["name"]);
    let told: Vec<_> = problems.others.iter().map(|(_, why)| why.as_str()).collect();
    assert_eq!(told, ["[[ Gone ]] not found.", "[[ User ]] not found."]);
}
