//! Whatever people call themselves and their workspaces is shown as text: on pages and in letters.

use super::{Org, Person, TestApp, both_databases};
use crate::role::Role;

both_databases!(
    names_are_text_on_every_page,
    what_was_typed_stays_in_its_field,
    names_are_text_in_letters,
    odd_names_are_refused
);

const EVIL: &str = "</title><img src=x onerror=alert(1)>\"'&{{7*7}}";

/// Somebody and a workspace, both of that name.
async fn evil(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    for table in ["users", "organizations"] {
        app.execute(&format!("UPDATE {table} SET name = '{}'", EVIL.replace('\'', "''"))).await;
    }
    (ana, acme)
}

async fn names_are_text_on_every_page(app: TestApp) {
    let (ana, acme) = evil(&app).await;
    let eve = acme.has("Eve", Role::Admin).await;
    ana.invites(&acme, "guest@example.com", Role::Viewer).await.status(200);
    let token = app.link_for("guest@example.com", "/invite/").await;
    let settings = ["general", "members", "invitations", "invitations/new"];
    let pages = settings.map(|page| format!("/acme/settings/{page}"));
    let others = ["/acme", "/new", "/dev/mailbox"].map(String::from);
    for path in pages.iter().chain(&others).chain([&format!("/invite/{token}")]) {
        for person in [&ana, &eve] {
            let answer = person.get(path).await.status(200);
            for raw in ["<img src=x", "alert(1)>\""] {
                let found = answer.body.find(raw).map(|at| &answer.body[at - 60..at + 60]);
                assert_eq!(found, None, "{path}");
            }
        }
    }
    eve.get("/acme/settings/members").await.says("&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;");
    // Within an attribute, where a quote would end it.
    eve.get("/acme/settings/general")
        .await
        .says("value=\"&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;&quot;");
}

async fn what_was_typed_stays_in_its_field(app: TestApp) {
    let (ana, _) = evil(&app).await;
    // A closing tag would end a textarea.
    let fields = [
        ("page", "/acme/settings/invitations/new"),
        ("org", "acme"),
        ("role", "viewer"),
        ("emails", "</textarea><script>alert(1)</script>"),
    ];
    let answer = ana.post("/api/invitations/invite", &fields).await.status(422);
    answer.hides("<script>alert").says("&lt;/textarea&gt;&lt;script&gt;");
}

async fn names_are_text_in_letters(app: TestApp) {
    let (ana, acme) = evil(&app).await;
    ana.invites(&acme, "guest@example.com", Role::Viewer).await.status(200);
    app.browser().post("/api/accounts/forgot_password", &[("email", "ana@example.com")]).await.status(303);
    app.browser().signs_up("<b>Bob</b>", "bob@example.com").await.status(303);
    for to in ["guest@example.com", "ana@example.com", "bob@example.com"] {
        let letter = app.letter_to(to).await;
        assert!(!letter.html.contains("<img") && !letter.html.contains("<b>"), "{}", letter.html);
        assert!(letter.html.contains("&lt;"), "{}", letter.html);
        assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
    }
    assert!(app.letter_to("guest@example.com").await.text.contains(EVIL), "plain text is plain");
}

async fn odd_names_are_refused(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for name in ["Ana\r\nBcc: x@y.z", "a\u{0}b", "\u{202e}evil", "\u{200b}", "a\tb", &"x".repeat(81)] {
        app.browser().signs_up(name, "new@example.com").await.status(422);
        ana.creates_at(name, "acme").await.status(422).says("value=\"acme\"");
    }
    assert_eq!(app.letters_to("new@example.com").await, 0);
}
