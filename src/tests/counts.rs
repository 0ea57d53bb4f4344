//! One of a thing is not several: every page of an organization that has one of each.

use super::support::{TestApp, both_databases};
use crate::role::Role;
use std::collections::BTreeSet;

both_databases!(one_of_each_is_said_in_the_singular);

/// Words that end in an s and are no plural.
const SINGULAR: &[&str] = &["has", "is", "was", "uses", "works", "expires", "this", "its"];

/// Where a text says one of several: "1 seconds".
fn slips(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("1 ") {
        let is_alone =
            !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '_'));
        let word: String = text[at + 2..].chars().take_while(|c| c.is_alphabetic()).collect();
        if is_alone && word.len() > 1 && word.ends_with('s') && !SINGULAR.contains(&word.as_str()) {
            found.push(format!("1 {word}"));
        }
    }
    found
}

/// A page as it is read, and what stands in its attributes.
fn read(html: &str) -> [String; 2] {
    let html = html.replace("<!>", "");
    let text = html.split('<').filter_map(|part| part.split_once('>').map(|(_, text)| text)).collect();
    [text, html.replace('"', "\n")]
}

/// The pages that a page leads to.
fn links(html: &str) -> impl Iterator<Item = String> {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
    let pages = links.filter(|link| link.starts_with("/acme") || link.starts_with("/account"));
    let pages = pages.filter(|link| ![".json", ".md", ".csv", "/events"].iter().any(|no| link.contains(no)));
    pages.map(|link| link.replace("&amp;", "&"))
}

async fn one_of_each_is_said_in_the_singular(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let made = async |action: &str, fields: &[(&str, &str)]| {
        let answer =
            ana.post(action, &[&[("page", "/acme"), ("org", "acme")][..], fields].concat()).await.status(303);
        answer.location().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    let folder = made("/api/folders/create", &[("name", "Support")]).await;
    let in_folder = |name| [("folder", folder.as_str()), ("name", name), ("kind", "text")];
    let prompt = made("/api/prompts/create", &in_folder("Tone")).await;
    let write = async |revision: &str, latest: &str, text: &str| {
        let about = [("org", "acme"), ("prompt", prompt.as_str())];
        let draft = [("revision", revision), ("kind", "text"), ("text", text)];
        ana.call("/api/prompts/save_draft", &[&about[..], &draft].concat()).await.status(200);
        let next = (revision.parse::<i64>().unwrap() + 1).to_string();
        let version = [("revision", next.as_str()), ("latest", latest)];
        ana.call("/api/prompts/save_version", &[&about[..], &version].concat()).await.status(200);
    };
    write("1", "0", "{{ x }}").await;
    let scope = crate::tenancy::Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let development = acme.deploys(&scope, prompt.parse().unwrap()).await;
    // One version behind, and one change that waits.
    write("3", "1", "{{ x }}!").await;
    acme.awaits(&ana, (development, prompt.parse().unwrap())).await;
    // One without a version, and one in the trash, in a folder.
    made("/api/prompts/create", &[("name", "Fresh"), ("kind", "text")]).await;
    let gone = made("/api/folders/create", &[("name", "Gone")]).await;
    made("/api/prompts/create", &[("folder", gone.as_str()), ("name", "Lost"), ("kind", "text")]).await;
    made("/api/folders/trash", &[("folder", gone.as_str())]).await;
    ana.invites(&acme, "guest@example.com", Role::Viewer).await.status(200);
    acme.has_key("read:prompts").await;
    let file = "---\npath: Notes/One\n---\nBe kind.\n";
    let import = made("/api/imports/create", &[("text", file)]).await;

    let mut waiting = vec![
        "/acme".to_owned(),
        format!("/acme/prompts/import/{import}"),
        "/acme/prompts/search?q=tone".into(),
    ];
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    while let Some(path) = waiting.pop() {
        if seen.len() >= 300 || !seen.insert(path.clone()) {
            continue;
        }
        let page = ana.get(&path).await;
        for slip in read(&page.body).iter().flat_map(|text| slips(text)) {
            wrong.push(format!("{path}: {slip}"));
        }
        waiting.extend(links(&page.body));
    }
    assert!((40..300).contains(&seen.len()), "{} pages: {seen:?}", seen.len());
    let email = app.letter_to("guest@example.com").await;
    wrong.extend(slips(&email.text));
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What is counted is there.
    for (path, says) in [
        ("/acme/settings/members", "1 person"),
        ("/acme/settings/api-keys", "1 scope"),
        ("/acme/prompts", "1 prompt"),
        ("/acme/prompts/trash", " · 1 prompt"),
        ("/acme/deployments", "1 prompt has no version yet"),
        ("/acme/prompts/search?q=tone", "1 prompt"),
    ] {
        ana.get(path).await.status(200).says(says);
    }
    let cell = format!("/acme/deployments/{development}/{prompt}");
    ana.get(&cell).await.status(200).says("Version 1 is live, 1 version behind the latest.");
    ana.get(&format!("/acme/prompts/import/{import}"))
        .await
        .status(200)
        .says("1 new")
        .says("Draft, no versions")
        .hides("0 changed")
        .hides("0 skipped");
}

#[test]
fn slips_are_found() {
    for text in ["1 seconds", "Wait 1 seconds.", "(1 items)", "about 1 tokens"] {
        assert_eq!(slips(text).len(), 1, "{text}");
    }
    for text in ["1 second", "11 seconds", "v1 uses v2", "0.1 units", "Version 1 is live", "1-1 items", "1 s"]
    {
        assert!(slips(text).is_empty(), "{text}");
    }
    assert_eq!(
        read("<b title=\"1 requests\">1<!> <i>items</i></b>").iter().flat_map(|text| slips(text)).count(),
        2
    );
}
