//! What the log tells, and what it does not.

use super::{PASSWORD, TestApp, run};
use crate::{kernel::Config, role::Role, tests::support::Kind, time::Span};
use std::sync::{Arc, Mutex, OnceLock};
use tracing_subscriber::fmt::MakeWriter;

/// All that is logged by all tests of the process, from when the first of these began.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn log() -> Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let begin = || {
        let log = Log::default();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG).with_writer(log.clone());
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        log
    };
    LOG.get_or_init(begin).clone()
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[test]
fn it_holds_no_token_no_password_and_no_full_address() {
    let log = log();
    run(Kind::Sqlite, async move |app: TestApp| {
        let unusual = "quite.unusual.guest@rare-domain.example";
        let ana = app.somebody("Ana").await;
        let acme = app.org("Acme", &ana).await;
        ana.invites(&acme, unusual, Role::Viewer).await.status(200);
        let invite = app.link_for(unusual, "/invite/").await;
        ana.get(&format!("/invite/{invite}")).await.status(200);
        ana.accepts(&invite).await.status(409);
        app.browser().signs_up("Zed", "zed@rare-domain.example").await.status(303);
        let confirm = app.link_for("zed@rare-domain.example", "/confirm/").await;
        app.browser().get(&format!("/confirm/{confirm}")).await.status(200);
        let wrong = app.browser().signs_in(unusual, "a very unusual password").await;
        assert_eq!(wrong.status, 422);
        app.browser().signs_in(&ana.email, PASSWORD).await.status(303);
        // A mail server that refuses repeats the address.
        let away =
            app.another(|config: &mut Config| config.smtp_url = Some("smtp://127.0.0.1:9".into())).await;
        let sender = crate::tests::support::Person { browser: ana.at(&away), ..ana.clone() };
        sender.invites(&acme, "second@rare-domain.example", Role::Viewer).await.status(200);
        crate::tests::support::eventually("a letter that is not sent", async || {
            app.clock.advance(Span::seconds(0));
            log.text().contains("an email was not sent").then_some(())
        })
        .await;
        let text = log.text();
        let session = ana.cookie("studio").unwrap();
        for secret in [
            invite.as_str(),
            &confirm,
            "a very unusual password",
            unusual,
            "second@rare-domain.example",
            &session,
        ] {
            assert!(!text.contains(secret), "the log tells {secret}");
        }
    });
}

#[test]
fn each_line_of_a_request_carries_its_name() {
    let log = log();
    run(Kind::Sqlite, async move |app: TestApp| {
        let ana = app.somebody("Ana").await;
        app.execute("DROP TABLE transfers").await;
        let answer = ana.get("/ana").await.status(500);
        let id = answer.header("x-request-id").unwrap().to_owned();
        let text = log.text();
        let line = text.lines().find(|line| line.contains("internal error") && line.contains(&id));
        let line: serde_json::Value =
            serde_json::from_str(line.expect("a line with the name of the request")).unwrap();
        assert_eq!(line["span"]["id"], id.as_str());
        let reference = line["fields"]["reference"].as_str().unwrap();
        assert!(answer.body.contains(reference), "people are told what to look for");
        assert!(!answer.body.contains("transfers"), "and nothing else: {answer}");
    });
}
