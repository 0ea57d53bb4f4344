//! Organizations: the personal one, making others, the settings, and where `/` leads.

use super::{Org, Person, TestApp, both_databases, encode, eventually, with};
use crate::{kernel::JobOwner, orgs::store::MAX_OWNED, role::Role, tenancy::Scope, tests::support::Kind};
use axum::http::Method;
use std::sync::Arc;

both_databases!(
    namesakes_get_a_suffix,
    there_is_no_person_without_a_workspace,
    a_workspace_is_made_with_its_maker_as_owner,
    bad_addresses_say_why_and_keep_what_was_typed,
    a_taken_address_says_so,
    a_person_owns_so_many,
    whoever_has_many_has_one_turn,
    whether_an_address_is_free_is_told_to_those_signed_in,
    admins_change_the_settings,
    others_see_the_settings_and_cannot_change_them,
    bad_settings_say_why,
    home_is_where_one_was_last,
    home_survives_the_loss_of_a_workspace,
    looking_ahead_is_not_being_there,
    the_switcher_lists_what_one_is_in,
);

async fn namesakes_get_a_suffix(app: TestApp) {
    let first = app.sign_up("Ana Novak").await;
    assert_eq!(Org::personal(&first).await.slug, "ana-novak");
    let browser = app.browser();
    browser.signs_up("Ana  Novak", "other@example.com").await.status(303);
    let token = app.link_for("other@example.com", "/confirm/").await;
    let answer = browser.post("/api/accounts/confirm", &[("token", &token)]).await.status(303);
    let slug = answer.location().unwrap().trim_start_matches('/').to_owned();
    let suffix = slug.strip_prefix("ana-novak-").unwrap_or_else(|| panic!("{slug}"));
    assert_eq!(suffix.len(), 4, "{slug}");
    browser.get(&format!("/{slug}")).await.status(200).says("Ana Novak");
    // A name that is a word of the app, or has no letter a URL could hold.
    let odd = app.somebody("Settings").await;
    assert!(Org::personal(&odd).await.slug.starts_with("settings-"));
}

async fn there_is_no_person_without_a_workspace(app: TestApp) {
    let app = app.without_mail().await;
    let broken: &[&str] = match app.database.kind {
        Kind::Sqlite => {
            &["CREATE TRIGGER broken BEFORE INSERT ON members BEGIN SELECT RAISE(ABORT, 'broken'); END"]
        }
        Kind::Postgres => &[
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
            "CREATE TRIGGER broken BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION broken()",
        ],
    };
    for statement in broken {
        app.execute(statement).await;
    }
    let answer = app.browser().signs_up("Ana", "ana@example.com").await.status(500);
    answer.says("Something went wrong").hides("broken").hides("INSERT").hides("members_");
    for table in ["users", "organizations", "members", "sessions", "audit_log"] {
        assert!(app.rows(table, "1 = 1").await.is_empty(), "{table}");
    }
}

async fn a_workspace_is_made_with_its_maker_as_owner(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = ana.creates("Acme Prompts").await;
    assert_eq!(acme.slug, "acme-prompts");
    assert_eq!((acme.owners().await, acme.role_of(&ana).await), (1, Some(Role::Owner)));
    ana.get("/acme-prompts").await.status(200).says("Organization created").says("Your role: Owner");
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'organization.created'";
    assert_eq!(acme.count(told).await, 1);
    app.browser().get("/new").await.leads_to("/sign-in?next=/new");
}

async fn bad_addresses_say_why_and_keep_what_was_typed(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for (slug, why) in [
        ("ab", "Use 3 to 40 characters."),
        (&*"a".repeat(41), "Use 3 to 40 characters."),
        ("Acme", "Use only lowercase letters"),
        ("a b c", "Use only lowercase letters"),
        ("../etc", "Use only lowercase letters"),
        ("acmé-x", "Use only lowercase letters"),
        ("-acme", "Use single hyphens, and only between"),
        ("acme-", "Use single hyphens, and only between"),
        ("ac--me", "Use single hyphens, and only between"),
        ("settings", "This URL is reserved"),
        ("sign-in", "This URL is reserved"),
    ] {
        let answer = ana.creates_at("Ac\"me <b>", slug).await.status(422).says(why);
        let answer = answer.says("value=\"Ac&quot;me &lt;b&gt;\"").says(&format!("value=\"{slug}\""));
        answer.says("id=\"slug-error\"").hides("<b>");
    }
    ana.creates_at(" ", "acme").await.status(422).says("Enter a name.").says("value=\"acme\"");
    assert_eq!(app.rows("organizations", "personal_of IS NULL").await.len(), 0);
    ana.creates_at("Acme", " acme ").await.leads_to("/acme");
}

async fn a_person_owns_so_many(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let adds = |n: i64| format!("Org {n}");
    for n in 1..MAX_OWNED - 1 {
        app.org(&adds(n), &ana).await;
    }
    let last = ana.creates("Last").await;
    let says = "You can own up to 50 organizations, including deleted ones that can still be restored.";
    ana.creates_at("More", "more").await.status(409).says(says).says("value=\"More\"");
    last.is_deleted().await;
    ana.creates_at("More", "more").await.status(409);
    assert_eq!(app.rows("organizations", "slug = 'more'").await.len(), 0);
    app.somebody("Ben").await.creates_at("More", "more").await.leads_to("/more");
}

async fn whoever_has_many_has_one_turn(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for name in ["Acme", "Bold"] {
        let org = app.org(name, &ana).await;
        let (_, token) = org.has_key("read:prompts").await;
        let key = app.shown(token.as_str()).await.unwrap();
        let scope = Scope::of_key(&app, Arc::default(), key).await.unwrap();
        assert_eq!(scope.behalf(), JobOwner { org: org.id, person: Some(ana.id) });
    }
}

async fn a_taken_address_says_so(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    ana.creates("Acme").await;
    for slug in ["acme", "ana"] {
        let answer = ben.creates_at("Mine", slug).await.status(422);
        answer.says(&format!("The URL {slug} is already taken. Choose another one.")).says("value=\"Mine\"");
    }
    ben.get("/acme").await.status(404);
}

async fn whether_an_address_is_free_is_told_to_those_signed_in(app: TestApp) {
    let ana = app.somebody("Ana").await;
    ana.creates("Acme").await;
    for (slug, free) in
        [("acme", "false"), ("other", "true"), ("new", "false"), ("X", "false"), ("", "false")]
    {
        let path = format!("/api/organizations/check_slug?{}", encode(&[("slug", slug)]));
        let request = with(ana.asks(Method::GET, &path), "accept", "application/json");
        assert_eq!(ana.send(request, "").await.status(200).body, free, "{slug}");
        app.browser().get(&path).await.status(401);
    }
}

const SETTINGS: &str = "/api/organizations/update_settings";
const RULES: &str = "/api/organizations/set_invitation_rules";

const PAGE: (&str, &str) = ("page", "/acme/settings/general");

fn settings(name: &str) -> [(&str, &str); 4] {
    [PAGE, ("org", "acme"), ("name", name), ("description", "What for")]
}

fn rules<'a>(role: &'a str, hours: &'a str, domains: &'a str) -> [(&'a str, &'a str); 5] {
    [PAGE, ("org", "acme"), ("default_role", role), ("invitation_hours", hours), ("allowed_domains", domains)]
}

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

async fn admins_change_the_settings(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    adam.get("/acme/settings/general").await.status(200).says(SETTINGS);
    adam.post(SETTINGS, &settings("Acme & Søn")).await.leads_to("/acme/settings/general");
    adam.post(RULES, &rules("viewer", "24", "Acme.com")).await.leads_to("/acme/settings/general");
    let page = ana.get("/acme/settings/general").await.status(200).says("Acme &amp; Søn").says(">acme.com<");
    page.says("<option value=\"viewer\" selected>").says("<option value=\"24\" selected>").says(">What for<");
    ana.get("/acme/settings/invitations/new").await.says("value=\"viewer\" checked");
    ana.post(SETTINGS, &settings("Acme")).await.leads_to("/acme/settings/general");
    // What changes nothing is no change.
    ana.post(SETTINGS, &settings("Acme")).await.leads_to("/acme/settings/general");
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'organization.updated'";
    assert_eq!(acme.count(told).await, 3);
}

async fn others_see_the_settings_and_cannot_change_them(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let before = app.everything_of(acme.id).await["organizations"].clone();
    for (name, role) in [("Eve", Role::Editor), ("Vic", Role::Viewer)] {
        let person = acme.has(name, role).await;
        let page = person
            .get("/acme/settings/general")
            .await
            .status(200)
            .says("Only Owners and Admins can change these settings.");
        page.hides(SETTINGS).hides("name=\"name\"");
        let answer = person.post(SETTINGS, &settings("Mine")).await.status(403);
        answer.hides(SETTINGS);
        person.post(RULES, &rules("admin", "1", "")).await.status(403);
    }
    assert_eq!(app.everything_of(acme.id).await["organizations"], before);
}

async fn bad_settings_say_why(app: TestApp) {
    let (ana, _) = acme(&app).await;
    for (role, hours, domains, why) in [
        ("owner", "24", "", "Choose Admin, Editor or Viewer."),
        ("root", "24", "", "Choose Admin, Editor or Viewer."),
        ("editor", "0", "", "Choose between 1 hour and 30 days."),
        ("editor", "721", "", "Choose between 1 hour and 30 days."),
        ("editor", "99999999999999999999", "", "Choose between 1 hour and 30 days."),
        ("editor", "1e3", "", "Choose between 1 hour and 30 days."),
        ("editor", "24", "acme", "acme isn't a domain."),
    ] {
        ana.call(RULES, &rules(role, hours, domains)).await.status(422).says(why);
        ana.post(RULES, &rules(role, hours, domains)).await.status(422).says(why);
    }
    ana.post(SETTINGS, &settings("")).await.status(422).says("Enter a name.").says(">What for<");
    let answer = ana.post(SETTINGS, &settings(&"x".repeat(81))).await.status(422);
    answer.says("Use at most 80 characters.").says(&"x".repeat(81));
}

/// Waits until `/` leads somebody, on a browser of its own, to a place.
async fn home_becomes(app: &TestApp, person: &Person, place: &str) {
    let elsewhere = app.browser_of(person.id).await;
    let what = format!("/ to lead to {place}");
    eventually(&what, async || (elsewhere.get("/").await.location() == Some(place)).then_some(())).await;
}

async fn home_is_where_one_was_last(app: TestApp) {
    let (ana, _) = acme(&app).await;
    app.browser_of(ana.id).await.get("/").await.leads_to("/ana");
    ana.get("/acme/settings/members").await.status(200);
    home_becomes(&app, &ana, "/acme").await;
    ana.get("/ana").await.status(200);
    home_becomes(&app, &ana, "/ana").await;
    // A page that fails is no place to come back to.
    ana.get("/nowhere").await.status(404);
    home_becomes(&app, &ana, "/ana").await;
    app.browser().get("/").await.leads_to("/sign-in");
}

async fn home_survives_the_loss_of_a_workspace(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Editor).await;
    eve.get("/acme").await.status(200);
    home_becomes(&app, &eve, "/acme").await;
    ana.removes(&acme, &eve).await.status(200);
    eve.get("/").await.leads_to("/eve");
    eve.get("/acme").await.status(404);
}

async fn looking_ahead_is_not_being_there(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let request = with(ana.asks(Method::GET, "/acme"), "sec-purpose", "prefetch;prerender");
    ana.send(request, "").await.status(200);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    ana.get("/").await.leads_to("/ana");
}

async fn the_switcher_lists_what_one_is_in(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    app.org("Hidden", &ana).await;
    let page =
        eve.get("/acme").await.status(200).says("<small>Viewer</small>").says("<small>Personal</small>");
    page.says("href=\"/eve\"").hides("Hidden").hides("Search organizations");
    for n in 0..6 {
        app.org(&format!("Org {n}"), &eve).await;
    }
    eve.get("/acme").await.says("Search organizations").says("href=\"/org-5\"").says("<small>Owner</small>");
}
