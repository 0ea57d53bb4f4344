use super::{Answer, PASSWORD, Person, Role, TestApp, acme, both_databases, key};
use crate::{
    environments::store as environments,
    fields::PathName,
    key_scope::{KeyScope, Preset},
    prompts::{content::Kind, store as prompts},
    tenancy::{Scope, api_key::Limit},
    tests::support::assert_absent,
    time::Span,
};

both_databases!(
    a_key_is_shown_once_and_kept_nowhere,
    what_is_typed_wrong_is_told_at_its_field,
    a_key_reaches_what_it_was_made_for,
    a_key_runs_out_when_it_was_said_to,
    keys_want_a_password_and_an_admin,
    rotating_and_revoking_is_told,
    keys_that_ended_are_out_of_the_way,
    there_are_not_too_many_keys,
    who_leaves_is_shown_what_stays,
    what_there_is_not_yet_is_not_offered,
    the_examples_fetch_what_the_key_reaches,
    a_key_is_told_what_to_deploy_first,
);

async fn a_key_is_shown_once_and_kept_nowhere(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let answer = ana.makes_key(&acme, &[]).await.status(200);
    let (id, shown) = key(&answer);
    assert!(shown.starts_with("ps_"), "{shown}");
    let secret = shown.split('_').nth(2).unwrap();
    assert_absent(&app.everything().await, secret.as_bytes());
    let list = ana.get("/acme/settings/api-keys").await.status(200).says("Robot").says("Runtime");
    let list = list.hides(secret).says(&secret[secret.len() - 4..]);
    list.says(&format!("/acme/settings/api-keys/{id}"));
    ana.get(&format!("/acme/settings/api-keys/{id}")).await.status(200).hides(secret).says("read:prompts");
    let made =
        acme.count("SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'key.created'").await;
    assert_eq!(made, 1);
    // A browser without script is shown it in answer to the form.
    let page = [
        ("org", "acme"),
        ("name", "Other"),
        ("preset", "full"),
        ("expires", "never"),
        ("page", "/acme/settings/api-keys/new"),
    ];
    let page =
        ana.post("/api/api_keys/create", &page).await.status(200).says("Copy your key now").says("ps_");
    page.has("cache-control", "no-store").says("PROMPT_STUDIO_KEY");
}

async fn what_is_typed_wrong_is_told_at_its_field(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let long = "x".repeat(81);
    for (fields, field) in [
        (&[("name", " ")][..], "name"),
        (&[("name", &long)], "name"),
        (&[("preset", "admin")], "preset"),
        (&[("preset", "custom")], "preset"),
        (&[("preset", "custom"), ("scope-members:write", "true")], "preset"),
        (&[("preset", "runtime"), ("scope-deploy:protected", "true")], "preset"),
        (&[("expires", "31")], "expires"),
        (&[("expires", "custom"), ("expires_on", "")], "expires_on"),
        (&[("expires", "custom"), ("expires_on", "2001-02-30")], "expires_on"),
        (&[("expires", "custom"), ("expires_on", "2001-01-01")], "expires_on"),
        (&[("expires", "custom"), ("expires_on", "9999-12-31")], "expires_on"),
        (&[("expires", "30"), ("expires_on", "2101-01-01")], "expires"),
        (&[("folders", "Nowhere")], "folders"),
        (&[("folders", "/")], "folders"),
        (&[("environment-gone", "true")], "environments"),
    ] {
        let answer = ana.makes_key(&acme, fields).await.status(422);
        assert!(answer.body.contains(&format!("\"field\":\"{field}\"")), "{fields:?}: {answer}");
    }
    let all = [("name", ""), ("preset", ""), ("expires", ""), ("folders", "a\nb")];
    let answer = ana.makes_key(&acme, &all).await.status(422);
    assert_eq!(answer.body.matches("\"field\"").count(), 4, "{answer}");
    assert_eq!(acme.count("SELECT count(*) FROM api_keys WHERE org_id = $1").await, 0);
}

async fn a_key_reaches_what_it_was_made_for(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let stock = acme.has_library().await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    let staging = environments::named(&scope, "staging").await.unwrap().unwrap().id;
    let (_, plain) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let plain = app.shown(&plain).await.unwrap();
    assert_eq!(
        (plain.scopes, plain.environments.clone(), plain.folders.clone()),
        (Preset::Runtime.scopes(), Limit::All, Limit::All)
    );
    let field = format!("environment-{staging}");
    let fields =
        [("preset", "custom"), ("scope-read:audit", "true"), (&*field, "true"), ("folders", " Support/ \n")];
    let (_, limited) = key(&ana.makes_key(&acme, &fields).await.status(200));
    let limited = app.shown(&limited).await.unwrap();
    assert_eq!(limited.scopes.iter().collect::<Vec<_>>(), [KeyScope::ReadAudit]);
    assert_eq!(limited.environments, Limit::Only(vec![staging]));
    assert_eq!(limited.folders, Limit::Only(vec![stock.folder]));
    // Environments of another organization are none.
    let other = app.org("Other", &ana).await;
    let scope = Scope::of_chore(&app, other.id, "a test").await.unwrap();
    let theirs = environments::named(&scope, "staging").await.unwrap().unwrap().id;
    let answer = ana.makes_key(&acme, &[(&format!("environment-{theirs}"), "true")]).await.status(422);
    answer.says("\"field\":\"environments\"");
    // What was made is told by name.
    let log = ana.get("/acme/settings/audit-log").await.status(200);
    let log = log.says("environments: all").says("folders: all");
    log.says("environments: staging").says("folders: Support").hides(&staging.to_string());
}

async fn a_key_runs_out_when_it_was_said_to(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (_, month) = key(&ana.makes_key(&acme, &[("expires", "30")]).await.status(200));
    let (id, never) = key(&ana.makes_key(&acme, &[("expires", "never")]).await.status(200));
    app.clock.advance(Span::minutes(30 * 24 * 60 - 1));
    app.shown(&month).await.unwrap();
    app.clock.advance(Span::minutes(1));
    app.shown(&month).await.unwrap_err();
    app.clock.advance(Span::days(4000));
    app.shown(&never).await.unwrap();
    let ana = app.known("Ana", app.browser_of(ana.id).await).await;
    ana.get("/acme/settings/api-keys").await.status(200).says("Never").hides("Expired");
    ana.get("/acme/settings/api-keys?ended=yes").await.status(200).says("Expired");
    ana.get("/acme/settings/audit-log").await.status(200).says("expires: never");
    ana.get(&format!("/acme/settings/api-keys/{id}")).await.status(200).says("Revoke Robot");
}

async fn keys_want_a_password_and_an_admin(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, ed) = (acme.has("Adam", Role::Admin).await, acme.has("Ed", Role::Editor).await);
    ed.makes_key(&acme, &[]).await.status(403);
    ed.get("/acme/settings/api-keys").await.status(403);
    let (id, _) = key(&adam.makes_key(&acme, &[]).await.status(200));
    app.clock.advance(Span::minutes(16));
    let about = |more: &[(&'static str, &'static str)]| {
        let mut fields = vec![("org".to_owned(), "acme".to_owned()), ("key".to_owned(), id.clone())];
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        fields
    };
    let call = async |who: &Person, act: &str, fields: Vec<(String, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        who.call(&format!("/api/api_keys/{act}"), &fields).await
    };
    adam.makes_key(&acme, &[]).await.status(422).says("Enter your password to continue.");
    call(&adam, "rotate", about(&[("overlap", "30")])).await.status(422).says("password");
    call(&adam, "revoke", about(&[])).await.status(422).says("password");
    call(&adam, "revoke", about(&[("password", "wrong horse battery")])).await.status(422);
    call(&ana, "rotate", about(&[("overlap", "30"), ("password", PASSWORD)])).await.status(200);
    call(&adam, "revoke", about(&[("password", PASSWORD)])).await.status(200);
}

async fn rotating_and_revoking_is_told(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (id, first) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let about = [("org", "acme"), ("key", &*id)];
    ana.call("/api/api_keys/rotate", &[&about[..], &[("overlap", "31")]].concat()).await.status(422);
    let answer = ana.call("/api/api_keys/rotate", &[&about[..], &[("overlap", "30")]].concat()).await;
    let (same, second) = key(&answer.status(200));
    assert_eq!(same, id);
    assert_eq!(first.split('_').nth(1), second.split('_').nth(1));
    ana.call("/api/api_keys/revoke", &about).await.status(200);
    for shown in [&first, &second] {
        app.shown(shown).await.unwrap_err();
    }
    // Once more is no error: it is revoked.
    ana.call("/api/api_keys/revoke", &about).await.status(200);
    let revoked = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'key.revoked'";
    assert_eq!(acme.count(revoked).await, 1);
    ana.call("/api/api_keys/rotate", &[&about[..], &[("overlap", "30")]].concat()).await.status(404);
    let log = ana.get("/acme/settings/audit-log").await.status(200);
    for says in ["created the key", "rotated the key", "revoked the key"] {
        assert!(log.body.contains(says), "{says}: {log}");
    }
    ana.get("/acme/settings/api-keys?ended=yes").await.status(200).says("Revoked");
}

async fn keys_that_ended_are_out_of_the_way(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.get("/acme/settings/api-keys").await.status(200).says("No API keys").hides("ended=yes");
    for n in 0..101 {
        acme.has_key("read:prompts").await;
        let revoked = format!(
            "UPDATE api_keys SET name = 'Old {n:03}', revoked_at = created_at WHERE name = 'Sample key'"
        );
        app.execute(&revoked).await;
    }
    ana.makes_key(&acme, &[]).await.status(200);
    let list = ana.get("/acme/settings/api-keys").await.status(200).says("Robot").hides("Old ");
    list.says("/acme/settings/api-keys?ended=yes");
    let first = ana.get("/acme/settings/api-keys?ended=yes").await.status(200).hides("Robot");
    let first = first.says("Old 100").says("Old 001").hides("Old 000");
    first.says("/acme/settings/api-keys?ended=yes&amp;from=100");
    let rest = ana.get("/acme/settings/api-keys?ended=yes&from=100").await.status(200);
    rest.says("Old 000").hides("Old 001").hides("Next page").says("First page");
    ana.get("/acme/settings/api-keys?ended=yes&from=200").await.status(200).hides("Old ").says("First page");
}

async fn there_are_not_too_many_keys(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for _ in 0..crate::api_keys::store::MAX {
        acme.has_key("read:prompts").await;
    }
    ana.makes_key(&acme, &[]).await.status(409).says("at most 200 keys");
}

async fn who_leaves_is_shown_what_stays(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    let says = "API keys you created keep working: Robot.";
    adam.get("/acme/settings/members").await.status(200).hides("keep working");
    let (_, shown) = key(&adam.makes_key(&acme, &[]).await.status(200));
    for page in ["/acme/settings/members", "/account/organizations"] {
        adam.get(page).await.status(200).says(says);
    }
    adam.get("/account/closure").await.status(200).says("keep working: Robot in Acme.");
    adam.leaves(&acme).await.status(200);
    app.shown(&shown).await.unwrap();
}

async fn what_there_is_not_yet_is_not_offered(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let form = ana.get("/acme/settings/api-keys/new").await.status(200).says("scope-read:usage");
    for scope in ["read:tests", "execute:tests", "run:prompts"] {
        form.clone().hides(scope);
        let field = format!("scope-{scope}");
        let fields = [("preset", "custom"), (&*field, "true")];
        ana.makes_key(&acme, &fields).await.status(422).says("Select at least one scope.");
    }
    form.hides("tests").hides("runs prompts");
    for preset in ["read-only", "runtime", "ci-cd", "full"] {
        let (id, _) = key(&ana.makes_key(&acme, &[("preset", preset)]).await.status(200));
        let page = ana.get(&format!("/acme/settings/api-keys/{id}")).await.status(200);
        page.hides("run:prompts").hides(":tests");
    }
    // Keys from before know of it, and are called what they were.
    let (id, _) = acme.has_key("read:prompts read:deployments run:prompts").await;
    let list = ana.get("/acme/settings/api-keys").await.status(200);
    assert_eq!(list.body.matches(">Runtime<").count(), 2, "{list}");
    ana.get(&format!("/acme/settings/api-keys/{id}")).await.status(200).says("run:prompts");
}

/// The page that shows a key, made with these fields by a browser without script.
async fn shown(ana: &Person, fields: &[(&str, &str)]) -> Answer {
    let usual = [
        ("page", "/acme/settings/api-keys/new"),
        ("org", "acme"),
        ("name", "Robot"),
        ("preset", "runtime"),
        ("expires", "never"),
    ];
    let is_usual = |name: &str| fields.iter().all(|(other, _)| *other != name);
    let usual = usual.into_iter().filter(|(name, _)| is_usual(name));
    let fields: Vec<_> = usual.chain(fields.iter().copied()).collect();
    ana.post("/api/api_keys/create", &fields).await.status(200).says("Copy your key now")
}

async fn the_examples_fetch_what_the_key_reaches(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let stock = acme.has_library().await;
    let page = shown(&ana, &[]).await.hides("Triage");
    let page = page.says("The examples fetch Tone from development.").hides("deployed yet");
    page.says("http://localhost:3000/api/v1/prompts/Tone").says("environment=development");
    // Where it is live it is not reached, so it has to be deployed first.
    let field = format!("environment-{}", stock.empty);
    let page = shown(&ana, &[(&*field, "true")]).await.says("deployed yet");
    page.says("environment=staging").says("/acme/deployments").says("fetch Support/Triage from staging.");
    // Nothing of the folder is live, but there is a prompt in it; once it is, in a folder of that one, it is named.
    let page = shown(&ana, &[("folders", "Support")]).await.says("deployed yet");
    page.says("/api/v1/prompts/Support%2FTriage");
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    acme.deploys(&scope, stock.prompt).await;
    let page = shown(&ana, &[("folders", "Support")]).await.hides("deployed yet").hides("fetch Tone");
    page.says("The examples fetch Support/Triage from development.");
    // Rotating shows the same.
    let (id, _) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let page = format!("/acme/settings/api-keys/{id}");
    let fields = [("page", &*page), ("org", "acme"), ("key", &*id), ("overlap", "0")];
    ana.post("/api/api_keys/rotate", &fields).await.status(200).says("from development.");
    let custom = [("preset", "custom"), ("scope-read:audit", "true")];
    shown(&ana, &custom).await.says("This key doesn").hides("curl").says("Read the API reference");
}

async fn a_key_is_told_what_to_deploy_first(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let page = shown(&ana, &[]).await.says("deployed yet").says("Create a prompt").hides("Deploy a prompt");
    page.says("environment=production");
    // The library of another organization is none of its.
    let ben = app.somebody("Ben").await;
    app.org("Other", &ben).await.has_library().await;
    shown(&ana, &[]).await.says("Create a prompt").hides("Tone");
    let edit = Scope::of_chore(&app, acme.id, "a test").await.unwrap().require().unwrap();
    let name = PathName::parse("It's \"new\"").unwrap();
    prompts::create(&edit, None, &name, Kind::Text).await.unwrap();
    let page = shown(&ana, &[]).await.says("Deploy a prompt").hides("Create a prompt");
    page.says("/api/v1/prompts/It%27s%20%22new%22");
}
