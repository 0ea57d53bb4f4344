//! Attacks that fit nowhere else. Others stand with what they attack: tokens that are used twice,
//! swapped or outdated in `profile::address` and `accounts`, ids of other organizations in `isolation`,
//! forms of other sites in `policy`, mass assignment in `orgs::settings`, names that are scripts in
//! `safe_text`, and so on.

use super::{Answer, PASSWORD, TestApp, both_databases, with};
use crate::{
    role::Role,
    tests::{
        policy::{
            stage::{Cast, Stage, Who},
            table::FUNCTIONS,
        },
        support::{Authenticator, token},
    },
};

both_databases!(
    signing_up_with_an_invited_address_gets_nobody_in,
    an_address_that_looks_like_another_is_another,
    roles_are_taken_to_the_letter_by_every_function,
    a_second_factor_of_one_person_is_none_of_another,
    what_a_thief_has_dies_with_the_session,
    fields_are_neither_nested_nor_repeated,
    a_password_of_a_megabyte_costs_nothing,
    names_cannot_break_out_of_a_letters_head,
    links_in_letters_are_of_the_configured_host,
    a_form_of_another_origin_says_which_and_what_to_set,
);

/// An attacker who knows that an address is invited signs up with it, and does not read its emails.
async fn signing_up_with_an_invited_address_gets_nobody_in(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let invited = ana.invites(&acme, "boss@example.com", Role::Admin).await.status(200);
    let copied = invited.body.split("/invite/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mailed = app.link_for("boss@example.com", "/invite/").await;
    let mallory = app.browser();
    mallory.signs_up("Mallory", "boss@example.com").await.status(303);
    mallory.signs_in("boss@example.com", PASSWORD).await.leads_to("/sign-up/sent");
    mallory.accepts(&copied).await.status(401);
    mallory.joins(&copied, "Mallory").await.status(409);
    assert_eq!(app.rows("users", "email = 'boss@example.com'").await.len(), 0);
    // The rightful owner is not held up by it, and Mallory's password opens nothing.
    let boss = app.browser();
    let fields = [("token", mailed.as_str()), ("name", "Boss"), ("password", "eight blue lanterns")];
    boss.call("/api/invitations/join", &fields).await.status(200);
    boss.get("/acme").await.status(200);
    app.browser().signs_in("boss@example.com", PASSWORD).await.status(422);
    mallory.get("/acme").await.leads_to("/sign-in?next=/acme");
}

/// Letters of other scripts, widths and cases: either the very same mailbox or another one.
async fn an_address_that_looks_like_another_is_another(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let invitation = acme.planted(&ana, "paypal@example.com", Role::Admin).await;
    for (n, alike) in ["pаypal@example.com", "paypaI@example.com", "раураl@example.com", "paypal@еxample.com"]
        .into_iter()
        .enumerate()
    {
        let name = format!("Mallory {n}");
        app.browser().signs_up(&name, alike).await.status(303);
        let letters = app.mail.mailbox().unwrap();
        let found = app
            .outside_tenancy()
            .query("SELECT email FROM sign_ups ORDER BY created_at DESC, id DESC LIMIT 1");
        let (canonical,): (String,) = found.one().await.unwrap();
        assert_ne!(canonical, "paypal@example.com", "{alike} {}", letters.len());
        let confirm = token(&app.letter_to(&canonical).await, "/confirm/");
        let mallory = app.browser();
        mallory
            .call("/api/accounts/confirm", &[("token", &confirm), ("password", PASSWORD)])
            .await
            .status(200);
        mallory.accepts(&invitation.token).await.status(409).says("is for p•••@example.com");
    }
    assert_eq!(acme.count("SELECT count(*) FROM members WHERE org_id = $1").await, 1);
}

async fn roles_are_taken_to_the_letter_by_every_function(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    let stage = Stage::set(&cast, Who::Owner).await;
    let mut tried = 0;
    for function in FUNCTIONS {
        let sample = (function.sample)(&stage);
        let Some(place) = sample.iter().position(|(name, _)| name.ends_with("role")) else { continue };
        for role in
            [" owner", "OWNER", "Owner", "admin,owner", "null", "", "owner\0", "0", "owner ", "ｏｗｎｅｒ"]
        {
            let mut fields = sample.clone();
            role.clone_into(&mut fields[place].1);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = stage.browser.call(&format!("/api/{}", function.path), &fields).await;
            assert_eq!(answer.status, 422, "{} with {role:?}: {answer}", function.path);
            tried += 1;
        }
        // And left out altogether.
        let fields = sample.iter().filter(|(name, _)| !name.ends_with("role"));
        let fields: Vec<_> = fields.map(|(name, value)| (*name, value.as_str())).collect();
        stage.browser.call(&format!("/api/{}", function.path), &fields).await.status(422);
    }
    assert_eq!(tried, 30, "three functions take a role");
}

async fn a_second_factor_of_one_person_is_none_of_another(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    let _hers = Authenticator::on(&app, &ana).await;
    let his = Authenticator::on(&app, &ben).await;
    // He knows her password, and shows his own factor.
    let thief = app.browser();
    thief.signs_in(&ana.email, PASSWORD).await.leads_to("/sign-in/code");
    let fields = [("page", "/sign-in/code"), ("code", &*his.code())];
    thief.post("/api/accounts/prove_second_factor", &fields).await.status(422);
    // Both waits in one browser: the one that was begun last counts.
    let theirs = app.browser();
    theirs.signs_in(&ben.email, PASSWORD).await.leads_to("/sign-in/code");
    thief.keep("studio-second-step", &theirs.cookie("studio-second-step").unwrap());
    thief.post("/api/accounts/prove_second_factor", &fields).await.status(303);
    thief.get("/ben").await.status(200);
    thief.get("/ana").await.status(404);
}

async fn what_a_thief_has_dies_with_the_session(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for ends in ["sign_out", "end_others", "password"] {
        let (session, browser) = app.session_of(ana.id).await;
        let thief = browser.copy();
        thief.get("/ana").await.status(200);
        let answer: Answer = match ends {
            "sign_out" => browser.post("/api/accounts/sign_out", &[]).await,
            "end_others" => app.browser_of(ana.id).await.call("/api/account/end_other_sessions", &[]).await,
            _ => {
                let fields = [("current_password", PASSWORD), ("new_password", "nine green herons at dusk")];
                app.browser_of(ana.id).await.call("/api/account/change_password", &fields).await
            }
        };
        assert!(answer.status < 400, "{ends}: {answer}");
        thief.get("/ana").await.leads_to("/sign-in?next=/ana");
        thief.call("/api/organizations/create", &[("name", "Mine"), ("slug", "mine")]).await.status(401);
        // Nor can it be had back under its old name.
        thief.call("/api/account/end_session", &[("session", &session.to_string())]).await.status(401);
    }
}

/// `email[]`, `a[b][c]`, the same key twice: other programs read them as they like.
async fn fields_are_neither_nested_nor_repeated(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    let before = (
        app.rows("users", "1 = 1").await,
        app.rows("members", "1 = 1").await,
        app.rows("sign_ups", "1 = 1").await,
    );
    let deep = format!("org=acme&user{}=x&role=viewer", "[a]".repeat(2000));
    for (function, body) in [
        ("accounts/sign_in", format!("email[]={}&password={}", ana.email, PASSWORD.replace(' ', "+"))),
        ("accounts/sign_in", format!("email={}&email=x%40example.com&password=seven+grey+herons", ana.email)),
        ("accounts/forgot_password", "email[]=ana%40example.com&email[]=evil%40example.com".into()),
        ("accounts/forgot_password", "email=ana%40example.com&email=evil%40example.com".into()),
        ("accounts/sign_up", "name=X&email=a%40b.test&email=c%40d.test&password=seven+grey+herons".into()),
        ("members/set_role", format!("org=acme&user={}&role=viewer&role=owner", eve.id)),
        ("members/set_role", format!("org=acme&user={}&role[]=owner", eve.id)),
        ("members/set_role", format!("org[slug]=acme&user={}&role=owner", eve.id)),
        ("members/set_role", deep),
    ] {
        for accept in ["text/html", "application/json"] {
            let request =
                with(app.browser_of(ana.id).await.form(&format!("/api/{function}")), "accept", accept);
            let answer = app.browser_of(ana.id).await.send(request, body.clone()).await;
            assert!((400..500).contains(&answer.status), "{function} with {body}: {answer}");
        }
    }
    let after = (
        app.rows("users", "1 = 1").await,
        app.rows("members", "1 = 1").await,
        app.rows("sign_ups", "1 = 1").await,
    );
    assert_eq!(after, before);
    assert_eq!((app.letters_to("evil@example.com").await, acme.role_of(&eve).await), (0, Some(Role::Viewer)));
}

async fn a_password_of_a_megabyte_costs_nothing(app: TestApp) {
    app.somebody("Ana").await;
    let (large, long) = ("x".repeat(1024 * 1024), "x".repeat(100_000));
    for (password, statuses) in [(&large, [413, 413]), (&long, [422, 422])] {
        let body = format!("email=ana%40example.com&password={password}");
        let browser = app.browser();
        let sign_in = browser.send(browser.form("/api/accounts/sign_in"), body).await;
        let body = format!("name=X&email=x%40example.com&password={password}");
        let sign_up = browser.send(browser.form("/api/accounts/sign_up"), body).await;
        assert!(
            statuses == [sign_in.status, sign_up.status] || sign_in.status == 302,
            "{sign_in}\n{sign_up}"
        );
    }
    // 129 characters are refused before anything is hashed, whatever the first 128 are.
    let fields = [
        ("page", "/sign-in"),
        ("email", "ana@example.com"),
        ("password", &*format!("{PASSWORD}{}", "x".repeat(200))),
    ];
    app.browser().post("/api/accounts/sign_in", &fields).await.status(422);
}

async fn names_cannot_break_out_of_a_letters_head(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    for name in ["Ana\r\nBcc: evil@example.com", "Ana\nX: y", "Ana\u{2028}Bcc: x", "Ana\u{85}Bcc: x", "Ana\0"]
    {
        ana.call("/api/account/rename", &[("name", name)]).await.status(422);
        let fields = [("org", "acme"), ("name", name)];
        ana.call("/api/organizations/update_settings", &fields).await.status(422);
    }
    // Whatever a name may be, the head of a letter stays one line a field.
    ana.call("/api/account/rename", &[("name", "Bcc: evil, =?utf-8?q?x?= \"<>\"")]).await.status(200);
    ana.invites(&acme, "guest@example.com", Role::Viewer).await.status(200);
    let letter = app.letter_to("guest@example.com").await;
    assert!(!letter.subject.contains(['\r', '\n']), "{:?}", letter.subject);
}

async fn links_in_letters_are_of_the_configured_host(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    for (action, body) in [
        ("account/change_address", "email=ana%40new.example".to_owned()),
        ("transfers/offer", format!("org=acme&email={}", eve.email)),
        ("organizations/delete", "org=acme&slug=acme".to_owned()),
    ] {
        let mut request = ana.form(&format!("/api/{action}"));
        for (name, value) in [
            ("host", "evil.test"),
            ("x-forwarded-host", "evil.test"),
            ("forwarded", "host=evil.test"),
            ("x-forwarded-proto", "https"),
        ] {
            request = with(request, name, value);
        }
        let answer = ana.send(with(request, "accept", "application/json"), body).await;
        assert_eq!(answer.status, 200, "{action}: {answer}");
    }
    for to in ["ana@new.example", &eve.email, &ana.email] {
        let letter = app.letter_to(to).await;
        assert!(letter.text.contains("http://localhost:3000/"), "{}", letter.text);
        assert!(!letter.text.contains("evil.test") && !letter.html.contains("evil.test"), "{}", letter.text);
    }
}

/// As where people reach a studio by another name than the one it was given.
async fn a_form_of_another_origin_says_which_and_what_to_set(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for from in ["http://192.168.1.5:3000", "https://evil.test"] {
        let form = ana.asks(axum::http::Method::POST, "/api/account/rename");
        let form = with(form, "content-type", "application/x-www-form-urlencoded");
        let answer = ana.send(with(form, "origin", from), "name=Anna").await.status(403);
        answer
            .says(from)
            .says("http://localhost:3000")
            .says(&format!("set --base-url (STUDIO_BASE_URL) to {from}"));
    }
    for from in ["null", "<script>", "javascript:alert(1)", "http://<b>"] {
        let form = ana.asks(axum::http::Method::POST, "/api/account/rename");
        let form = with(form, "content-type", "application/x-www-form-urlencoded");
        let answer = ana.send(with(form, "origin", from), "name=Anna").await.status(403);
        assert!(!answer.body.contains("--base-url") && !answer.body.contains(from), "{answer}");
    }
}
