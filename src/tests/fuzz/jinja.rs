//! Jinja in the sandbox: whatever a template is, something comes of it or it is told why not, and the sandbox works
//! on. It runs in a process of its own, of which libFuzzer sees nothing.

use super::{Stage, org, run, server};
use crate::{
    error::Error,
    id::PromptId,
    kernel::JobOwner,
    prompts::{
        analysis::Analysis,
        content::Content,
        render::{Part, Problems, Rendered, Resolved, render_for},
    },
    tenancy::Server,
    tests::support::TestApp,
};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

const WORDS: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{% if x %}",
    "{% elif n > 2 %}",
    "{% else %}",
    "{% endif %}",
    "{% for i in items %}",
    "{% endfor %}",
    "{% set a = [a, a] %}",
    "{% raw %}",
    "{% endraw %}",
    "{# ",
    " #}",
    "loop.index",
    " | join(',')",
    " | tojson",
    " | sort",
    " | replace('a', x)",
    " | default('x')",
    " | map(attribute='t')",
    "range(10000)",
    "[",
    "(",
    "{",
    " ~ ",
    " * ",
    " in ",
    " is defined",
    "[[ P ]]",
    "'",
    " | batch(3)",
    " | slice(2)",
    " | indent(9)",
    "[::-1]",
    "-%}",
    "{%- ",
];

#[test]
fn jinja() {
    let mut count = 0;
    let mut stage = Stage::new(async || {
        let app = server().await;
        let org = org(&app, "Acme").await.id;
        (app, JobOwner { org, person: None })
    });
    run("jinja", WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        count += 1;
        stage.act(async |(app, behalf)| {
            let is_fine = comes_to((app, *behalf), &text).await.is_ok_and(|outcome| outcome.is_ok());
            if !is_fine || count % 16 == 0 {
                works_on((app, *behalf), count).await;
            }
        });
    });
}

/// What comes of a template, which is never a fault of ours.
async fn comes_to(place: (&TestApp, JobOwner), text: &str) -> Result<Result<Rendered, Problems>, Error> {
    let outcome = rendered(place, text).await;
    match &outcome {
        Ok(Ok(Rendered::Text(text))) => assert!(text.len() <= 1024 * 1024),
        Ok(Ok(Rendered::Chat(_))) => panic!("a text became a chat"),
        Ok(Err(problems)) => assert!(!problems.is_empty()),
        // Where the machine is busy with something else.
        Err(Error::Unavailable { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
    outcome
}

async fn rendered(
    (app, behalf): (&TestApp, JobOwner),
    text: &str,
) -> Result<Result<Rendered, Problems>, Error> {
    let content: Content =
        serde_json::from_value(json!({ "engine": "jinja", "body": { "text": text } })).unwrap();
    let analysis = Analysis::of(app, behalf, &content).await?;
    let path = "P".to_owned();
    let (references, inherited) = (BTreeMap::new(), BTreeMap::new());
    let prompt = PromptId(Uuid::nil());
    let part = Part { prompt, path, version: None, content, analysis, inherited, references };
    let values = json!({
        "x": "ab<", "n": 3, "items": [{ "t": "b", "on": true }, { "t": "a", "on": false }], "a": [1, 2.5, null],
    });
    let values = serde_json::from_value(values).unwrap();
    let server: &Server = app;
    render_for((server, behalf), Resolved { parts: vec![part], ..Resolved::default() }, values).await
}

/// A good template is rendered. One that was not seen before: answers are kept.
async fn works_on(place: (&TestApp, JobOwner), count: u32) {
    for attempt in 0..5 {
        let text = format!("{count} {attempt} {{% for i in items %}}{{{{ i.t }}}}{{% endfor %}}");
        if let Ok(Ok(outcome)) = rendered(place, &text).await {
            return assert_eq!(outcome, Rendered::Text(format!("{count} {attempt} ba")));
        }
    }
    panic!("the sandbox does not work any more");
}
