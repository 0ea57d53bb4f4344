//! What is set of an organization, section by section.

use super::{Org, Person, TestApp, both_databases};
use crate::role::Role;

both_databases!(
    each_section_is_saved_by_itself,
    what_does_not_exist_has_no_switch,
    only_allowed_domains_are_invited,
    what_is_posted_beside_the_fields_changes_nothing,
    the_audit_log_tells_what_changed_and_nothing_private,
);

const PAGE: &str = "/acme/settings/general";

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

async fn each_section_is_saved_by_itself(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let save = async |action: &str, fields: &[(&str, &str)]| {
        let fields: Vec<_> = [("page", PAGE), ("org", "acme")].iter().chain(fields).copied().collect();
        ana.post(&format!("/api/organizations/{action}"), &fields).await
    };
    save("update_settings", &[("name", "Acme"), ("description", "Line one\r\nLine two")])
        .await
        .leads_to(PAGE);
    save("set_avatar", &[("hue", "25")]).await.leads_to(PAGE);
    let page = ana.get(PAGE).await.status(200);
    for shown in ["Line one\nLine two", "--hue:25"] {
        assert!(page.body.contains(shown), "{shown}: {page}");
    }
    for (action, fields, why) in [
        ("update_settings", vec![("name", "Acme"), ("description", "a\u{202e}b")], "Use letters"),
        ("set_avatar", vec![("hue", "360")], "Choose one of the colors."),
        ("set_avatar", vec![("hue", "red")], "Choose one of the colors."),
    ] {
        save(action, &fields).await.status(422).says(why);
    }
    let vic = acme.has("Vic", Role::Viewer).await;
    vic.get(PAGE).await.status(200).says("Line one\nLine two").hides("<form class=\"form\"");
}

async fn what_does_not_exist_has_no_switch(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Viewer).await;
    for person in [&ana, &vic] {
        let page = person.get(PAGE).await.status(200);
        page.says("wo-factor").hides("Viewers may").hides("Billing").hides("Tax id");
    }
    ana.call("/api/organizations/set_billing", &[("org", "acme")]).await.status(404);
}

async fn only_allowed_domains_are_invited(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, "early@other.test", Role::Viewer).await.status(200);
    let rules = [
        ("org", "acme"),
        ("default_role", "viewer"),
        ("invitation_hours", "24"),
        ("allowed_domains", "acme.test bücher.example"),
    ];
    ana.call("/api/organizations/set_invitation_rules", &rules).await.status(200);
    for address in ["a@acme.test", "a@ACME.test.", "a@bücher.example", "a@xn--bcher-kva.example"] {
        ana.invites(&acme, address, Role::Viewer).await.status(200).says("\"Ok\"");
    }
    for address in
        ["a@sub.acme.test", "a@acme.test.evil.test", "a@evilacme.test", "a@аcme.test", "a@other.test"]
    {
        ana.invites(&acme, address, Role::Viewer)
            .await
            .status(422)
            .says("isn't from a domain this organization allows");
    }
    let early = acme.invitation_of("early@other.test").await.to_string();
    let fields = [("org", "acme"), ("invitation", early.as_str())];
    ana.call("/api/invitations/resend", &fields).await.status(422);
    let mixed = ana.invites(&acme, "b@acme.test b@other.test", Role::Viewer).await.status(200);
    mixed.says("\"Ok\"").says("isn't from a domain");
}

/// Mass assignment: fields that no form has are passed over.
async fn what_is_posted_beside_the_fields_changes_nothing(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let other = app.org("Other", &ana).await;
    let (before, users) = (app.everything_of(other.id).await, app.rows("users", "1 = 1").await);
    let id = other.id.to_string();
    let extra = [
        ("org_id", id.as_str()),
        ("id", &id),
        ("slug", "stolen"),
        ("personal_of", "x"),
        ("deleted_at", "1"),
        ("role", "owner"),
        ("email_verified", "true"),
        ("verified_at", "1"),
        ("is_personal", "true"),
    ];
    let fields: Vec<_> = [("org", "acme"), ("name", "Acme Two")].into_iter().chain(extra).collect();
    ana.call("/api/organizations/update_settings", &fields).await.status(200);
    assert_eq!(app.everything_of(other.id).await, before);
    let stay = app.rows(
        "organizations",
        "slug = 'acme' AND name = 'Acme Two' AND personal_of IS NULL AND deleted_at IS NULL",
    );
    assert_eq!((stay.await.len(), acme.owners().await), (1, 1));
    let fields: Vec<_> = [("name", "Ana")].into_iter().chain(extra).collect();
    ana.call("/api/account/rename", &fields).await.status(200);
    assert_eq!(app.rows("users", "1 = 1").await, users);
    // Nor does a sign-up make more of itself than it is.
    let sign_up = [("name", "New"), ("email", "new@example.com"), ("password", "seven grey herons")];
    let sign_up: Vec<_> = sign_up.into_iter().chain(extra).collect();
    app.browser().call("/api/accounts/sign_up", &sign_up).await.status(200);
    assert_eq!(app.rows("users", "email = 'new@example.com'").await.len(), 0);
}

async fn the_audit_log_tells_what_changed_and_nothing_private(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let name = [("org", "acme"), ("name", "Acme Two"), ("description", "Hush hush")];
    ana.call("/api/organizations/update_settings", &name).await.status(200);
    let log = app
        .outside_tenancy()
        .query("SELECT CAST(details AS TEXT) FROM audit_log WHERE org_id = $1 ORDER BY id");
    let log: Vec<(String,)> = log.bind(acme.id).all().await.unwrap();
    assert_eq!(log.len(), 1);
    assert!(
        log[0].0.contains("Acme Two") && log[0].0.contains("\"Acme\"") && log[0].0.contains("description"),
        "{log:?}"
    );
    assert!(!log[0].0.contains("Hush"), "{log:?}");
}
