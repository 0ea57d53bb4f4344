//! JSON to import, ours and that of others: what is taken in is exported, taken in by another organization, and exported
//! as the same.

use super::{Stage, markdown, run, server};
use crate::{
    error::Error,
    library::exchange::{check, export::Extent, format::LibraryFile, import::import_file, line::Act},
    tenancy::Scope,
    tests::support::{Person, TestApp},
};

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"format\":\"prompt-studio/library/1\"",
    "\"prompts\":[",
    "\"folders\":[",
    "\"variables\":{",
    "\"path\":\"A/B\"",
    "\"description\":\"",
    "\"tags\":[\"a\"]",
    "\"old_paths\":[\"Old\"]",
    "\"versions\":[",
    "\"draft\":{",
    "\"number\":1",
    "\"message\":\"",
    "\"author\":\"",
    "\"created_at\":\"2026-01-31T12:00:00Z\"",
    "\"restores\":1",
    "\"content\":{\"body\":{\"text\":\"",
    "\"references\":{\"A\":{\"path\":\"A\",\"version\":1}}",
    "\"engine\":\"jinja\"",
    "\"engine\":\"plain\"",
    "\"chat\":[{\"role\":\"tool\",\"name\":\"",
    "\"model\":{\"temperature\":0.1",
    "\"default\":",
    "null",
    "true",
    "1e300",
    "0.1",
    "[[ A ]]",
    "{{ x }}",
    "\\u0000",
    "\\ud800",
    "\\n",
    "\"name\":\"x\",\"prompt\":\"y\",\"labels\":[]",
    "\"evalId\":\"e\",\"results\":{},\"config\":{}",
];

/// A server with nobody but Ana on it.
struct Scene {
    app: TestApp,
    ana: Person,
}

#[test]
fn imports() {
    let mut count = 0;
    let mut stage = Stage::new(async || {
        let app = server().await;
        let ana = app.somebody("Ana").await;
        Scene { app, ana }
    });
    run("imports", WORDS, |input| {
        let file = match check::read(input, "library.json") {
            Ok(file) => file,
            Err(why) => return assert!(!why.is_empty() && why.chars().count() < 400, "{why}"),
        };
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(check::read(text.as_bytes(), "library.json").as_ref(), Ok(&file));
        file.prompts.iter().for_each(markdown::is_kept);
        count += 1;
        stage.act(async |scene| scene.goes_round(file, count).await);
    });
}

impl Scene {
    async fn org(&self, name: &str) -> Scope {
        let org = self.app.org(name, &self.ana).await;
        Scope::of_chore(&self.app, org.id, "a test").await.unwrap()
    }

    async fn goes_round(&self, file: LibraryFile, count: u32) {
        let (ours, theirs) =
            (self.org(&format!("Ours {count}")).await, self.org(&format!("Theirs {count}")).await);
        if let Err(error) = import_file(&ours.clone().require().unwrap(), file).await {
            // Where the machine is busy with something else.
            return assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        }
        let exported = LibraryFile::of(&ours, Extent::Whole).await.unwrap();
        let text = serde_json::to_string(&exported).unwrap();
        let read = check::read(text.as_bytes(), "library.json").unwrap_or_else(|why| panic!("{why}: {text}"));
        assert_eq!(read, exported, "as it is in a file");
        let lines = import_file(&theirs.clone().require().unwrap(), read).await.unwrap();
        assert_eq!(LibraryFile::of(&theirs, Extent::Whole).await.unwrap(), exported, "{lines:?}");
        // It is all there.
        let again = import_file(&ours.clone().require().unwrap(), exported).await.unwrap();
        assert!(again.iter().all(|line| line.act == Act::Skip), "{again:?}");
    }
}
