//! Several write one draft at once, and nothing of what they wrote is lost.

use super::{Content, Library, TestApp, both_databases, save, why};
use crate::{
    error::Error,
    id::PromptId,
    prompts::{
        drafts,
        earlier::{self, Reason},
        editing::{self, Edit, Kept},
    },
    role::{EditContent, Role},
    tenancy::{Grant, Scope},
    tests::support::Person,
    time::Span,
};
use futures_util::future::join;
use serde_json::json;

both_databases!(
    changes_of_different_messages_are_put_together,
    what_is_typed_after_a_merge_is_told_from_what_was_sent,
    of_the_same_message_one_is_kept_by_a_deliberate_act,
    a_person_in_two_tabs_is_told_so,
    what_was_typed_before_a_restore_is_not_added_to_it,
    what_is_wrong_with_a_line_is_told_there,
    what_was_removed_comes_back_beside_what_was_written_since,
    a_draft_that_was_not_used_is_kept,
    earlier_drafts_are_kept_for_a_week,
    what_another_person_replaces_is_always_kept,
    nobody_pushes_out_what_another_wrote,
    room_for_earlier_drafts_is_bounded,
    earlier_drafts_stay_in_their_organization,
    of_two_who_write_different_messages_at_once_both_are_kept,
    a_draft_is_discarded_and_can_be_brought_back,
    discarding_leaves_nothing_of_what_was_typed,
    who_may_edit_discards_on_the_page,
);

/// A chat whose messages, of users, say these words.
fn chat(words: &str) -> Content {
    let messages: Vec<_> =
        words.split_whitespace().map(|word| json!({ "role": "user", "content": word })).collect();
    serde_json::from_value(json!({ "body": { "chat": messages } })).unwrap()
}

/// A chat that two people are at.
pub(super) struct Two {
    pub(super) lib: Library,
    pub(super) prompt: PromptId,
    pub(super) ana: Grant<EditContent>,
    pub(super) ben: Grant<EditContent>,
}

impl Two {
    pub(super) async fn at(app: &TestApp, words: &str) -> Self {
        let lib = Library::of(app, "Acme").await;
        let prompt = lib.prompt(None, "Triage").await;
        let (ana, ben) = (lib.org.has("Ana", Role::Editor).await, lib.org.has("Ben", Role::Editor).await);
        let (ana, ben) = (may(app, &lib, &ana).await, may(app, &lib, &ben).await);
        let two = Self { lib, prompt, ana, ben };
        two.saves(&two.ana, 1, words).await.unwrap();
        two
    }

    pub(super) async fn saves(
        &self,
        who: &Grant<EditContent>,
        seen: i64,
        words: &str,
    ) -> Result<Kept, Error> {
        editing::edit(who, self.prompt, Edit { seen, content: &chat(words), over: None }, None).await
    }

    pub(super) async fn draft(&self) -> crate::prompts::draft::Draft {
        drafts::read(&self.lib.scope, self.prompt).await.unwrap()
    }

    /// What the messages of the draft say.
    async fn says(&self) -> String {
        self.draft().await.content.texts().collect::<Vec<_>>().join(" ")
    }

    /// The earlier drafts: why each is kept, and what its messages say.
    async fn earlier(&self) -> Vec<(Reason, String)> {
        let mut all = Vec::new();
        for one in earlier::list(&self.lib.scope, self.prompt).await.unwrap() {
            let (_, content) = earlier::find(&self.lib.scope, self.prompt, one.revision).await.unwrap();
            all.push((one.reason, content.texts().collect::<Vec<_>>().join(" ")));
        }
        all
    }
}

async fn may(app: &TestApp, lib: &Library, person: &Person) -> Grant<EditContent> {
    let caller = crate::tenancy::client::Person {
        id: person.id,
        name: crate::fields::Name::parse("Somebody").unwrap(),
        email: crate::fields::Email::parse(&person.email).unwrap(),
        is_verified: true,
        home_org_id: None,
    };
    Scope::of_member(app, lib.org.id, caller).await.unwrap().require().unwrap()
}

async fn changes_of_different_messages_are_put_together(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "a B").await.unwrap();
    two.saves(&two.ana, seen, "A b").await.unwrap();
    assert_eq!(two.says().await, "A B");
    // Adding and removing are no conflicts either.
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "A B c").await.unwrap();
    two.saves(&two.ana, seen, "new A B").await.unwrap();
    assert_eq!(two.says().await, "new A B c");
    // Nor is what has changed nothing.
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "A B c").await.unwrap();
    assert_eq!(two.saves(&two.ana, seen, "new A B c").await.unwrap().sent, seen);
    assert_eq!(two.says().await, "A B c");
}

async fn what_is_typed_after_a_merge_is_told_from_what_was_sent(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "a B").await.unwrap();
    // Ana goes on typing, and her page has not heard of Ben's message yet.
    let sent = two.saves(&two.ana, seen, "A b").await.unwrap().sent;
    let sent = two.saves(&two.ana, sent, "AA b").await.unwrap().sent;
    assert_eq!(two.says().await, "AA B");
    two.saves(&two.ben, two.draft().await.revision, "AA BB").await.unwrap();
    two.saves(&two.ana, sent, "AAA b").await.unwrap();
    assert_eq!(two.says().await, "AAA BB");
}

async fn of_the_same_message_one_is_kept_by_a_deliberate_act(app: TestApp) {
    let two = Two::at(&app, "a b c").await;
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "a ben C").await.unwrap();
    for _ in 0..2 {
        let refused = two.saves(&two.ana, seen, "a ana c").await;
        assert_eq!(why(refused), "Ben edited this draft while you were editing it.");
        assert_eq!(two.says().await, "a ben C");
    }
    // Not over what she has not seen.
    let content = chat("a ana c");
    let over = |over: i64| Edit { seen, content: &content, over: Some(over) };
    let theirs = two.draft().await.revision;
    two.saves(&two.ben, theirs, "a ben2 C").await.unwrap();
    let refused = editing::edit(&two.ana, two.prompt, over(theirs), None).await;
    assert_eq!(refused.unwrap_err().status(), 409);
    let kept = editing::edit(&two.ana, two.prompt, over(two.draft().await.revision), None).await.unwrap();
    assert_eq!(two.says().await, "a ana C", "what only Ben changed stays");
    assert_eq!(two.earlier().await[0], (Reason::Replaced, "a ben2 C".to_owned()));
    editing::bring_back(&two.ben, two.prompt, kept.undo.unwrap(), None).await.unwrap();
    assert_eq!(two.says().await, "a ben2 C");
    assert_eq!(two.earlier().await[0], (Reason::Replaced, "a ana C".to_owned()));
    // What nobody knows the beginning of conflicts as a whole.
    let refused = two.saves(&two.ana, 0, "x b c").await;
    assert_eq!(refused.unwrap_err().status(), 409);
}

async fn a_person_in_two_tabs_is_told_so(app: TestApp) {
    let two = Two::at(&app, "a").await;
    let seen = two.draft().await.revision;
    two.saves(&two.ana, seen, "one").await.unwrap();
    let refused = two.saves(&two.ana, seen, "other").await;
    assert_eq!(why(refused), "You edited this draft in another tab.");
}

async fn what_was_typed_before_a_restore_is_not_added_to_it(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    save(&two.lib.may(), two.prompt, two.lib.seen(two.prompt).await, "").await.unwrap();
    let seen = two.draft().await.revision;
    let first = two.saves(&two.ana, seen, "a changed").await.unwrap().sent;
    two.saves(&two.ana, first, "a saved").await.unwrap();
    editing::restore_version(&two.ana, two.prompt, 1).await.unwrap();
    // Another message, so that it would be put together.
    let refused = two.saves(&two.ana, first, "typed changed").await;
    assert_eq!(why(refused), "You replaced this draft after you typed the text below.");
    assert_eq!(two.says().await, "a b");
    // What was saved in the end is under the earlier drafts, and nothing has to be decided.
    let kept = two.saves(&two.ana, first, "a saved").await.unwrap();
    assert_eq!(two.says().await, "a b");
    assert!(two.earlier().await.contains(&(Reason::Replaced, "a saved".to_owned())));
    assert!(kept.sent > first && kept.undo.is_none(), "{kept:?}");
    // Others go on with what they typed in the meantime, and so does she in what she restored.
    two.saves(&two.ben, first, "ben changed").await.unwrap();
    assert_eq!(two.says().await, "ben b");
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "ben B").await.unwrap();
    two.saves(&two.ana, seen, "ana b").await.unwrap();
    assert_eq!(two.says().await, "ana B");
    // It is put in its place where she wants that.
    let content = chat("typed changed");
    let over = Edit { seen: first, content: &content, over: Some(two.draft().await.revision) };
    editing::edit(&two.ana, two.prompt, over, None).await.unwrap();
    assert!(two.says().await.starts_with("typed"), "{}", two.says().await);
}

async fn what_is_wrong_with_a_line_is_told_there(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let prompt = lib.prompt(None, "Triage").await;
    let ben = lib.org.has("Ben", Role::Editor).await;
    let content: Content = serde_json::from_value(json!({
        "engine": "jinja",
        "body": { "chat": [
            { "role": "system", "content": "{{ a }}" }, { "role": "user", "content": "{{ a }}\n\n{% endfi %}\n" },
        ] },
    }))
    .unwrap();
    editing::save(&lib.may(), prompt, 1, &content).await.unwrap();
    let page = ben.get(&lib.org.page(&format!("prompts/{prompt}"))).await.status(200);
    assert_eq!(page.body.matches("<span data-wrong>").count(), 1);
    page.says("<span data-wrong><mark data-kind=\"malformed\">{% endfi %}</mark>")
        .says("aria-describedby=\"content-1-notes\"")
        .says("<a href=\"#content-1\" data-line=\"3\">Line 3</a>: unknown statement")
        .says("data-at=\"content-1\" data-says=\"Line 3: unknown statement");
    ben.get(&lib.org.page(&format!("prompts/{prompt}/save")))
        .await
        .says("Message 2, line 3: unknown statement");
}

async fn what_was_removed_comes_back_beside_what_was_written_since(app: TestApp) {
    let two = Two::at(&app, "a b c").await;
    let seen = two.draft().await.revision;
    // What she typed last is kept although it was sent together with its removal.
    let (typed, then) = (chat("a typed c"), chat("a c"));
    let edit = Edit { seen, content: &typed, over: None };
    let kept = editing::edit(&two.ana, two.prompt, edit, Some(&then)).await.unwrap();
    assert_eq!(two.says().await, "a c");
    two.saves(&two.ben, two.draft().await.revision, "a C").await.unwrap();
    editing::bring_back(&two.ana, two.prompt, kept.undo.unwrap(), Some(kept.sent)).await.unwrap();
    assert_eq!(two.says().await, "a typed C");
    assert!(two.earlier().await.contains(&(Reason::Removed, "a typed c".to_owned())));
    assert_eq!(editing::bring_back(&two.ana, two.prompt, 99, None).await, Err(Error::NotFound));
}

async fn a_draft_that_was_not_used_is_kept(app: TestApp) {
    let two = Two::at(&app, "a").await;
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "ben").await.unwrap();
    editing::set_aside(&two.ana, two.prompt, &chat("ana")).await.unwrap();
    assert_eq!(two.says().await, "ben");
    assert_eq!(two.earlier().await[0], (Reason::Unused, "ana".to_owned()));
    // It is no draft that others would have to be told from.
    two.saves(&two.ben, seen + 1, "ben2").await.unwrap();
    assert_eq!(two.says().await, "ben2");
}

async fn earlier_drafts_are_kept_for_a_week(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    two.saves(&two.ana, two.draft().await.revision, "a").await.unwrap();
    assert_eq!(two.earlier().await, [(Reason::Removed, "a b".to_owned())]);
    // Typing on is kept every ten minutes, and at once when it is another who does.
    for (minutes, who, words) in [(1, &two.ana, "a1"), (10, &two.ana, "a2"), (1, &two.ana, "a3")] {
        app.clock.advance(Span::minutes(minutes));
        two.saves(who, two.draft().await.revision, words).await.unwrap();
    }
    assert_eq!(two.earlier().await[0], (Reason::Sitting, "a1".to_owned()));
    two.saves(&two.ben, two.draft().await.revision, "ben").await.unwrap();
    assert_eq!(two.earlier().await[0], (Reason::Sitting, "a3".to_owned()));
    app.clock.advance(Span::days(7));
    assert_eq!(two.earlier().await, []);
    earlier::forget_old(&app).await.unwrap();
    assert_eq!(two.lib.org.count("SELECT count(*) FROM draft_revisions WHERE org_id = $1").await, 0);
}

async fn what_another_person_replaces_is_always_kept(app: TestApp) {
    let two = Two::at(&app, "first").await;
    two.saves(&two.ana, two.draft().await.revision, "final").await.unwrap();
    two.saves(&two.ben, two.draft().await.revision, "other").await.unwrap();
    assert_eq!(two.earlier().await[0], (Reason::Sitting, "final".to_owned()), "within a minute");
    // What another only adds to is not gone.
    two.saves(&two.ana, two.draft().await.revision, "other more").await.unwrap();
    assert_eq!(two.earlier().await[0], (Reason::Sitting, "final".to_owned()));
}

async fn nobody_pushes_out_what_another_wrote(app: TestApp) {
    let two = Two::at(&app, "hers").await;
    for n in 0..30 {
        let long = format!("{n}{}", "x".repeat(190_000));
        for words in [&long, "short"] {
            two.saves(&two.ben, two.draft().await.revision, words).await.unwrap();
        }
    }
    let kept = two.earlier().await;
    assert!(kept.contains(&(Reason::Sitting, "hers".to_owned())), "{} are kept", kept.len());
    assert!(kept.len() < 30, "one's own give way");
    app.clock.advance(Span::days(7));
    earlier::forget_old(&app).await.unwrap();
    assert_eq!(two.lib.org.count("SELECT count(*) FROM draft_revisions WHERE org_id = $1").await, 0);
}

async fn room_for_earlier_drafts_is_bounded(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    for n in 0..40 {
        lib.writes(tone, &format!("{n}{}", "x".repeat(190_000))).await.unwrap();
        lib.writes(tone, "short").await.unwrap();
    }
    let room = "SELECT CAST(sum(size) AS BIGINT) FROM draft_revisions WHERE org_id = $1 AND reason <> ''";
    let room = lib.org.count(room).await;
    assert!(room > 3_000_000 && room <= 4 * 1024 * 1024, "{room} bytes");
    let rows = lib.org.count("SELECT count(*) FROM draft_revisions WHERE org_id = $1").await;
    assert!(rows < 100, "{rows} rows");
}

async fn earlier_drafts_stay_in_their_organization(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    two.saves(&two.ana, two.draft().await.revision, "a").await.unwrap();
    let theirs = Library::of(&app, "Theirs").await;
    assert_eq!(earlier::list(&theirs.scope, two.prompt).await.unwrap(), []);
    assert_eq!(earlier::find(&theirs.scope, two.prompt, 2).await, Err(Error::NotFound));
    assert_eq!(editing::bring_back(&theirs.may(), two.prompt, 2, None).await, Err(Error::NotFound));
    assert_eq!(editing::set_aside(&theirs.may(), two.prompt, &chat("x")).await, Err(Error::NotFound));
}

async fn of_two_who_write_different_messages_at_once_both_are_kept(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    for n in 0..10 {
        let draft = two.draft().await;
        let texts: Vec<_> = draft.content.texts().map(ToOwned::to_owned).collect();
        let (ana, ben) = (format!("ana{n} {}", texts[1]), format!("{} ben{n}", texts[0]));
        let (one, other) =
            join(two.saves(&two.ana, draft.revision, &ana), two.saves(&two.ben, draft.revision, &ben)).await;
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert_eq!(two.says().await, format!("ana{n} ben{n}"));
    }
}

/// What somebody throws away with what they typed after a revision.
async fn discards(two: &Two, who: &Grant<EditContent>, seen: i64, words: &str) -> Kept {
    let content = chat(words);
    let typed = Edit { seen, content: &content, over: None };
    editing::discard(who, two.prompt, Some(typed)).await.unwrap()
}

async fn a_draft_is_discarded_and_can_be_brought_back(app: TestApp) {
    let two = Two::at(&app, "a b").await;
    let refused = editing::discard(&two.ana, two.prompt, None).await;
    assert_eq!(why(refused), "This prompt has no version to go back to.");
    save(&two.lib.may(), two.prompt, two.lib.seen(two.prompt).await, "").await.unwrap();
    // Where nothing was changed, nothing happens.
    let seen = two.draft().await.revision;
    assert_eq!(discards(&two, &two.ana, seen, "a b").await.undo, None);
    two.saves(&two.ben, seen, "a ben").await.unwrap();
    let seen = two.draft().await.revision;
    // What she typed and did not save yet goes with it, and comes back with it.
    let kept = discards(&two, &two.ana, seen, "ana ben").await;
    let draft = two.draft().await;
    assert_eq!((two.says().await.as_str(), draft.base), ("a b", 1));
    assert_eq!(two.earlier().await[0], (Reason::Replaced, "ana ben".to_owned()));
    editing::bring_back(&two.ana, two.prompt, kept.undo.unwrap(), Some(kept.sent)).await.unwrap();
    assert_eq!(two.says().await, "ana ben");
    let told = app.rows("audit_log", "action = 'draft.discarded'").await;
    assert_eq!(told.len(), 1);
    let theirs = Library::of(&app, "Theirs").await;
    assert_eq!(editing::discard(&theirs.may(), two.prompt, None).await, Err(Error::NotFound));
}

async fn discarding_leaves_nothing_of_what_was_typed(app: TestApp) {
    let two = Two::at(&app, "a").await;
    save(&two.lib.may(), two.prompt, two.lib.seen(two.prompt).await, "").await.unwrap();
    let seen = two.draft().await.revision;
    two.saves(&two.ben, seen, "ben").await.unwrap();
    // Her page has not heard of that: both are kept, and neither is the draft.
    discards(&two, &two.ana, seen, "ana").await;
    assert_eq!(two.says().await, "a");
    let earlier = two.earlier().await;
    for kept in [(Reason::Replaced, "ben".to_owned()), (Reason::Unused, "ana".to_owned())] {
        assert!(earlier.contains(&kept), "{earlier:?}");
    }
}

async fn who_may_edit_discards_on_the_page(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let tone = lib.prompt(None, "Tone").await;
    let (ed, vic) = (lib.org.has("Ed", Role::Editor).await, lib.org.has("Vic", Role::Viewer).await);
    let page = lib.org.page(&format!("prompts/{tone}"));
    let button = ">Discard draft</button>";
    lib.writes(tone, "no version yet").await.unwrap();
    ed.get(&page).await.status(200).hides(button);
    lib.says(tone, "one").await.unwrap();
    ed.get(&page).await.status(200).hides(button);
    lib.writes(tone, "two").await.unwrap();
    ed.get(&page).await.status(200).says(button);
    vic.get(&page).await.status(200).hides(button);
    // What cannot be read is thrown away, too.
    let discard = [("tools", "{"), ("act", "discard")];
    lib.typed(&vic, tone, "two and more", &discard).await.status(403);
    lib.typed(&ed, tone, "two and more", &discard).await.leads_to(&page);
    let shown = ed.get(&page).await.status(200).says("Draft discarded").says(">Undo</button>").hides(button);
    shown.says("one</textarea>");
    assert_eq!(drafts::read(&lib.scope, tone).await.unwrap().content.texts().collect::<Vec<_>>(), ["one"]);
}
