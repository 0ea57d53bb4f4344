//! Templates that would take the server down, or keep it busy, if it ran them itself.

use super::{Library, TestApp, both_databases, why};
use crate::{
    error::Error,
    id::{OrgId, PromptId},
    kernel::JobOwner,
    prompts::{
        analysis::Analysis,
        content::Content,
        drafts, editing,
        render::{Problems, Values, render_for},
        resolve,
        saving::{Seen, put, save},
    },
    role::Role,
};
use serde_json::json;
use uuid::Uuid;

both_databases!(
    a_hostile_template_is_an_error_where_it_stands,
    what_cannot_be_looked_at_cannot_be_saved,
    a_page_with_a_hostile_template_is_shown,
    what_is_nested_too_deep_is_refused,
    the_line_that_takes_too_long_is_told,
    hostile_templates_of_one_leave_others_alone,
    too_many_references_are_refused,
    a_worker_that_died_while_it_waited_is_replaced,
    a_change_that_waits_for_the_sandbox_is_found_out,
    what_cannot_be_saved_is_refused_unread,
);

fn jinja(text: &str) -> Content {
    serde_json::from_value(json!({ "engine": "jinja", "body": { "text": text } })).unwrap()
}

/// Lists that hold themselves twice, so that a walk through them never ends.
fn doubled() -> String {
    let list = |name: &str| {
        let double = format!("{{% set {name} = [{name}, {name}] %}}").repeat(60);
        format!("{{% set {name} = [1, 2] %}}{double}")
    };
    list("a") + &list("b")
}

/// What runs forever, takes all memory, or overflows a stack.
fn hostile() -> Vec<(&'static str, String)> {
    let doubled = doubled();
    vec![
        ("text of doubled lists", format!("{doubled}{{{{ a }}}}")),
        ("doubled lists compared", format!("{doubled}{{{{ a == b }}}}")),
        ("a doubled list in another", format!("{doubled}{{{{ a in [[a], [[a]]] }}}}{{{{ a ~ a }}}}")),
        ("doubled lists sorted", format!("{doubled}{{{{ [a, a, [a]] | sort | length }}}}{{{{ a }}}}")),
        ("doubled lists joined", format!("{doubled}{{{{ a | join(',') }}}}")),
        ("doubled lists as JSON", format!("{doubled}{{{{ a | tojson }}}}")),
        ("a doubled list as a key", format!("{doubled}{{{{ {{a: 1}} }}}}")),
        ("nested lists", format!("{{% set a = [] %}}{}{{{{ a }}}}", "{% set a = [a] %}".repeat(11_000))),
        ("a chain of elif", format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}x".repeat(14_000))),
        ("loops in loops", "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}".into()),
        ("thousands of ranges", format!("{{% set a = [{}] %}}{{{{ a | length }}}}", vec!["range(10000)"; 100].join(",")).repeat(40)),
        ("deep brackets", format!("{{{{ {}1{} }}}}", "(".repeat(250), ")".repeat(250)).repeat(10)),
    ]
}

impl Library {
    async fn writes_jinja(&self, name: &str, text: &str) -> PromptId {
        let id = self.prompt(None, name).await;
        let seen = drafts::read(&self.scope, id).await.unwrap().revision;
        editing::save(&self.may(), id, seen, &jinja(text)).await.unwrap();
        id
    }

    /// What is in the way of rendering a draft, if anything is.
    async fn previews(&self, id: PromptId) -> Result<String, Problems> {
        self.tries_to_preview(id).await.unwrap()
    }

    async fn tries_to_preview(&self, id: PromptId) -> crate::error::Result<Result<String, Problems>> {
        let prompt = crate::prompts::store::find(&self.scope, id).await.unwrap();
        let draft = drafts::read(&self.scope, id).await.unwrap();
        let resolved = resolve::draft(&self.scope, &prompt, draft.content).await?;
        let values: Values = serde_json::from_value(json!({ "x": "v" })).unwrap();
        let place = (self.scope.server(), self.scope.behalf());
        let rendered = render_for(place, resolved, values).await?;
        Ok(rendered.map(|rendered| format!("{rendered:?}")))
    }
}

async fn a_hostile_template_is_an_error_where_it_stands(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    // These are only large: where there is time and memory enough, something comes of them.
    let may_end = ["nested lists", "thousands of ranges", "deep brackets"];
    for (n, (what, text)) in hostile().into_iter().enumerate() {
        assert!(text.len() < 200_000, "{what}");
        let id = lib.writes_jinja(&format!("P{n}"), &text).await;
        match lib.previews(id).await {
            Ok(_) => assert!(may_end.contains(&what), "{what}"),
            Err(problems) => {
                let is_told = |(path, _): &(String, String)| *path == format!("P{n}");
                assert!(!problems.is_empty() && problems.others.iter().all(is_told), "{what}");
            }
        }
        // Whether it can be read or not, looking at it ends.
        let _ = save(&lib.may(), id, lib.seen(id).await, "").await;
    }
    // The sandbox is none the worse for it.
    let id = lib.writes_jinja("Fine", "{% for i in [1, 2] %}{{ i }}{{ x }} {% endfor %}").await;
    assert_eq!(lib.previews(id).await.unwrap(), "Text(\"1v 2v \")");
}

async fn what_cannot_be_looked_at_cannot_be_saved(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib
        .writes_jinja("Deep", &format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}x".repeat(14_000)))
        .await;
    match save(&lib.may(), id, lib.seen(id).await, "").await.unwrap_err() {
        Error::Invalid { flaws } => {
            assert_eq!(flaws[0].field, "text");
            assert!(flaws[0].message.starts_with("This template "), "{}", flaws[0].message);
        }
        other => panic!("{other:?}"),
    }
}

async fn what_is_nested_too_deep_is_refused(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.saying(None, "Deep", "{{ a }}").await;
    let renders = async |depth: usize| {
        let nested = (0..depth).fold(json!("x"), |value, _| json!([value]));
        let values: Values = serde_json::from_value(json!({ "a": nested })).unwrap();
        let resolved = resolve::version(&lib.scope, id, 1).await.unwrap();
        render_for((lib.scope.server(), lib.scope.behalf()), resolved, values).await.unwrap()
    };
    assert!(renders(50).await.is_ok());
    for depth in [51, 125] {
        let problems = renders(depth).await.unwrap_err();
        let told: Vec<_> = problems.others.iter().map(|(path, says)| (&**path, &**says)).collect();
        assert_eq!(told, [("Deep", "Nest lists and objects at most 50 levels deep.")], "{depth}");
    }
}

async fn a_page_with_a_hostile_template_is_shown(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.writes_jinja("Slow", &format!("a\n{}{{{{ a == b }}}}", doubled())).await;
    let ben = lib.org.has("Ben", Role::Editor).await;
    for page in ["", "/save"] {
        let answer = ben.get(&lib.org.page(&format!("prompts/{id}{page}"))).await.status(200);
        answer.says("Slow");
    }
    ben.get(&lib.org.page(&format!("prompts/{id}"))).await.says("This template takes too long (line 2).");
}

async fn the_line_that_takes_too_long_is_told(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.writes_jinja("Slow", &format!("{{{{ x }}}}\n{}\n\n{{{{ a == b }}}}\nend", doubled())).await;
    let problems = lib.previews(id).await.unwrap_err();
    let told: Vec<_> = problems.others.into_iter().collect();
    assert_eq!(told, [("Slow".to_owned(), "This template takes too long (line 4).".to_owned())]);
}

async fn hostile_templates_of_one_leave_others_alone(app: TestApp) {
    let (lib, other) = (Library::of(&app, "Acme").await, Library::of(&app, "Other").await);
    let fine = other.writes_jinja("Fine", "{{ x | upper }}").await;
    let mut slow = Vec::new();
    for n in 0..6 {
        slow.push(lib.writes_jinja(&format!("Slow {n}"), &format!("{n}{}{{{{ a == b }}}}", doubled())).await);
    }
    let flood = futures_util::future::join_all(slow.iter().map(|id| lib.tries_to_preview(*id)));
    let calm = async {
        for _ in 0..3 {
            assert_eq!(other.previews(fine).await.unwrap(), "Text(\"V\")");
        }
    };
    let (slow, ()) = tokio::join!(flood, calm);
    // Each is told that it takes too long, or to come back: one at a time is worked on.
    for outcome in slow {
        assert!(matches!(outcome, Ok(Err(_)) | Err(Error::Unavailable { .. })), "{outcome:?}");
    }
}

async fn too_many_references_are_refused(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let text = (0..501).map(|n| format!("[[ P{n} ]] ")).collect::<Vec<_>>().concat();
    let id = lib.prompt(None, "Many").await;
    let why = super::why(lib.says(id, &text).await);
    assert_eq!(why, "Refer to at most 500 prompts.");
}

async fn a_worker_that_died_while_it_waited_is_replaced(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    for n in 0..3 {
        let id = lib.writes_jinja(&format!("Fine {n}"), &format!("{n}{{{{ x }}}}")).await;
        assert_eq!(lib.previews(id).await.unwrap(), format!("Text(\"{n}v\")"));
        lib.scope.server().sandbox.end_waiting_workers();
    }
}

async fn a_change_that_waits_for_the_sandbox_is_found_out(app: TestApp) {
    let server = app.clone();
    let waits = tokio::spawn(async move {
        let behalf = JobOwner { org: OrgId(Uuid::nil()), person: None };
        let analyze = async || Analysis::of(&server, behalf, &jinja("{{ a }}")).await;
        // Before a change and after it nobody else waits.
        analyze().await.unwrap();
        let change = server.change_outside_tenancy().await.unwrap();
        change.commit().await.unwrap();
        analyze().await.unwrap();
        let _change = server.change_outside_tenancy().await.unwrap();
        drop(analyze().await);
    });
    assert!(waits.await.unwrap_err().is_panic());
}

async fn what_cannot_be_saved_is_refused_unread(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let id = lib.writes_jinja("Tone", "{{ a }}").await;
    let seen = lib.seen(id).await;
    assert_eq!(save(&lib.may(), id, seen, "").await, Ok(1));
    let chat = json!({ "engine": "jinja", "body": { "chat": [{ "role": "user", "content": "{{ b }}" }] } });
    let flawed = json!({ "engine": "jinja", "body": { "text": "{{ b }}" }, "variables": [{ "name": "1" }] });
    let [chat, flawed] = [chat, flawed].map(|json| serde_json::from_value::<Content>(json).unwrap());
    let server = app.clone();
    let told = tokio::spawn(async move {
        // Whoever has a template read while a change of theirs is open is found out.
        let _change = server.change_outside_tenancy().await.unwrap();
        let stale = Seen { revision: 99, latest: 1 };
        [
            why(save(&lib.may(), id, seen, "").await),
            why(save(&lib.may(), id, stale, "").await),
            why(put(&lib.may(), id, 0, &jinja("{{ b }}"), "").await),
            why(put(&lib.may(), id, 1, &chat, "").await),
            why(put(&lib.may(), id, 1, &flawed, "").await),
        ]
    });
    let expected = [
        "Someone saved version 1 while you were editing. Review its changes, then save again.",
        "The draft changed in the meantime. Review what would be saved now.",
        "Someone saved version 1 in the meantime.",
        "A prompt can't change between text and chat after its first version.",
        crate::templates::NAME_RULE,
    ];
    assert_eq!(told.await.unwrap(), expected);
}
