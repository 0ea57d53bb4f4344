//! What was approved is what goes live: approvals are for everything that would be served, and for nothing else.

use super::{Team, TestApp, both_databases, requests::Stage, why};
use crate::{
    deployments::{
        approve::approve,
        asked::{find, pending},
        deploy::{Outcome, deploy},
        voiding::look_again,
    },
    environments::store::{Protection, set},
    fields::{EnvironmentName, PathName},
    id::DeploymentRequestId,
    library::{folders, moves, variables},
    prompts::{Tags, details},
    role::{ApproveDeployment, Deploy, Role},
};
use serde_json::json;

both_databases!(
    what_was_seen_is_what_is_approved,
    a_value_voids_what_was_approved,
    a_move_a_rename_and_a_fragment_void_it_too,
    what_changes_nothing_served_voids_nothing,
    who_approved_is_told,
    what_somebody_wrote_is_quoted_in_emails,
    emails_say_which_prompt_it_is,
    what_fails_in_one_organization_is_nothing_to_others,
    the_page_shows_what_goes_live,
    all_that_goes_live_is_reached_from_the_page,
    what_cannot_be_compared_is_shown_whole,
    those_who_may_approve_are_told,
    who_asked_is_told,
    nobody_is_flooded,
    those_who_may_approve_see_it,
    what_is_protected_shows_where_one_deploys,
);

const STALE: &str =
    "What would go live has changed since you opened this page. Review it again, then approve.";

impl Stage {
    /// Whether approvals given so far count for what would go live now.
    async fn counts(&self, id: DeploymentRequestId) -> i64 {
        let request = find(&self.team.scope, id).await.unwrap();
        if request.fingerprint == self.team.org.fingerprint(id).await { request.approved } else { 0 }
    }

    async fn renames(&self, name: &str) {
        let name = PathName::parse(name).unwrap();
        details::describe(&self.team.may(), self.tone, &name, "", &Tags::default()).await.unwrap();
    }
}

async fn what_was_seen_is_what_is_approved(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    team.inherits(&[("company", json!("Acme"))]).await;
    team.says(stage.tone, "For {{ company }}.").await;
    let id = stage.asked(3).await;
    let grant = team.of_member::<ApproveDeployment>(&stage.adam).await.unwrap();
    let seen = team.org.fingerprint(id).await;
    team.inherits(&[("company", json!("Mallory"))]).await;
    for seen in [seen.as_str(), "", "x"] {
        assert_eq!(why(approve(&grant, id, seen).await), STALE);
    }
    assert_eq!(stage.live().await, None);
    assert_eq!(pending(&team.scope).await.unwrap()[0].approved, 0);
    // Through the form it is the same, and what the page shows then is what can be approved.
    let page = team.org.page(&format!("deployments/requests/{id}"));
    let fields = [
        ("org", team.org.slug.as_str()),
        ("request", &id.to_string()),
        ("fingerprint", &seen),
        ("page", &page),
    ];
    stage.adam.post("/api/deployments/approve", &fields).await.status(409).says(STALE);
    let now = team.org.fingerprint(id).await;
    stage.adam.get(&page).await.says(&now).says("Tone inherits company: Acme → Mallory");
    assert_eq!(approve(&grant, id, &now).await, Ok(Some(1)));
    assert_eq!(team.served(stage.production, stage.tone).await, "For Mallory.");
}

async fn a_value_voids_what_was_approved(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    team.inherits(&[("company", json!("Acme"))]).await;
    team.says(stage.tone, "For {{ company }}.").await;
    stage.needs(2).await;
    let id = stage.asked(3).await;
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
    assert_eq!(stage.counts(id).await, 1);
    team.inherits(&[("company", json!("Mallory"))]).await;
    assert_eq!(stage.counts(id).await, 0);
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(None), "the approval of Adam was of something else");
    assert_eq!((stage.live().await, stage.counts(id).await), (None, 1));
    let voided = app.rows("audit_log", "action = 'deployment.voided'").await;
    assert_eq!(voided.len(), 1);
    assert_eq!(stage.approves(&stage.adam, id).await, Ok(Some(1)));
    assert_eq!(team.served(stage.production, stage.tone).await, "For Mallory.");
}

async fn a_move_a_rename_and_a_fragment_void_it_too(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let folder = folders::create(&team.may(), None, &PathName::parse("Support").unwrap()).await.unwrap();
    variables::set(&team.may(), Some(folder), &[("company".into(), json!("Acme"))]).await.unwrap();
    let sign = team.saying("Sign", &["Yours", "Ours"]).await;
    team.says(stage.tone, "[[ Sign ]], {{ company }}").await;
    stage.needs(2).await;
    let id = stage.asked(3).await;
    let approved = async || {
        assert_eq!(stage.approves(&stage.adam, id).await, Ok(None));
        assert_eq!(stage.counts(id).await, 1);
    };
    approved().await;
    moves::move_prompt(&team.may(), stage.tone, Some(folder), moves::Place::Last).await.unwrap();
    assert_eq!(stage.counts(id).await, 0, "moved");
    look_again(&app, None).await.unwrap();
    approved().await;
    stage.renames("Voice").await;
    assert_eq!(stage.counts(id).await, 0, "renamed");
    look_again(&app, None).await.unwrap();
    approved().await;
    let order = team.order(stage.production, sign, Some(1)).await;
    let eve = team.org.has("Eve", Role::Editor).await;
    let Ok(Outcome::Requested(other)) = deploy(&team.of_member::<Deploy>(&eve).await.unwrap(), &order).await
    else {
        panic!("it is live")
    };
    stage.approves(&stage.adam, other).await.unwrap();
    assert_eq!(stage.approves(&stage.ada, other).await, Ok(Some(1)));
    assert_eq!(stage.counts(id).await, 0, "a fragment was deployed");
    look_again(&app, None).await.unwrap();
    approved().await;
    let other = EnvironmentName::parse("eu").unwrap();
    set(&team.may(), stage.production, &other, Protection { seen: 2.into(), wanted: 2.into() })
        .await
        .unwrap();
    assert_eq!(stage.counts(id).await, 0, "the environment has another name");
}

async fn what_changes_nothing_served_voids_nothing(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    team.says(stage.tone, "For {{ company }}.").await;
    stage.needs(2).await;
    let id = stage.asked(3).await;
    stage.approves(&stage.adam, id).await.unwrap();
    team.inherits(&[("other", json!("x"))]).await;
    team.says(stage.tone, "A later version").await;
    team.saying("Elsewhere", &["x"]).await;
    let staging = team.environment("staging").await.id;
    team.deploys(staging, stage.tone, 4).await.unwrap();
    look_again(&app, None).await.unwrap();
    assert_eq!(stage.counts(id).await, 1);
    assert_eq!(app.rows("audit_log", "action = 'deployment.voided'").await.len(), 0);
    assert_eq!(stage.approves(&stage.ada, id).await, Ok(Some(1)));
}

async fn who_approved_is_told(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    team.inherits(&[("company", json!("Acme"))]).await;
    team.says(stage.tone, "For {{ company }}.").await;
    stage.needs(2).await;
    let id = stage.asked(3).await;
    stage.approves(&stage.adam, id).await.unwrap();
    team.inherits(&[("company", json!("Mallory"))]).await;
    look_again(&app, None).await.unwrap();
    // Once, however often it is looked at.
    look_again(&app, None).await.unwrap();
    assert_eq!(app.rows("letters", "kind = 'deployment-voided'").await.len(), 1);
    let letter = app.letter_to(&stage.adam.email).await;
    assert_eq!(letter.subject, "Your approval no longer counts: deploy version 3 of “Tone” to production");
    assert!(letter.text.contains("Tone inherits company: Acme → Mallory"), "{}", letter.text);
    assert!(letter.text.contains(&format!("/deployments/requests/{id}")), "{}", letter.text);
    let page = team.org.page(&format!("deployments/requests/{id}"));
    stage.ada.get(&page).await.says("Tone inherits company: Acme → Mallory").says("0 of 2 approved");
}

async fn what_somebody_wrote_is_quoted_in_emails(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    stage.needs(2).await;
    let forged = "Urgent.”\n\nReview request:\nhttps://evil.test/approve";
    let order = team.order(stage.production, stage.tone, Some(1)).await;
    let order = crate::deployments::model::DeployCommand { reason: forged.to_owned(), ..order };
    let ed = team.of_member::<Deploy>(&stage.ed).await.unwrap();
    let Ok(Outcome::Requested(id)) = deploy(&ed, &order).await else { panic!("it is live") };
    let asked = app.letter_to(&stage.adam.email).await;
    stage.approves(&stage.adam, id).await.unwrap();
    let name = PathName::parse("Tone").unwrap();
    let tags: Vec<_> = (0..20).map(|n| format!("{n}{}", "x".repeat(38))).collect();
    let tags = Tags::parse(&tags.join(",")).unwrap();
    details::describe(&team.may(), stage.tone, &name, forged, &tags).await.unwrap();
    look_again(&app, None).await.unwrap();
    let voided = app.letter_to(&stage.adam.email).await;
    assert_ne!(asked.subject, voided.subject);
    for letter in [asked, voided] {
        let text = &letter.text;
        assert!(!text.contains("evil.test") && !letter.html.contains("evil.test"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("Review request")).count(), 1, "{text}");
        assert!(text.contains("Urgent.' Review request: https[:]//evil[.]test/approve”"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 260), "{text}");
    }
}

async fn emails_say_which_prompt_it_is(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let folder = PathName::parse("evil.com").unwrap();
    let folder = folders::create(&team.may(), None, &folder).await.unwrap();
    moves::move_prompt(&team.may(), stage.tone, Some(folder), moves::Place::Last).await.unwrap();
    stage.asked(1).await;
    let letter = app.letter_to(&stage.adam.email).await;
    let wants = "Ed wants to deploy version 1 of “evil[.]com/Tone” to production";
    assert_eq!(letter.subject, wants);
    assert!(letter.text.contains(wants) && !letter.text.contains("evil.com"), "{}", letter.text);
    assert!(!letter.html.contains("evil.com"), "{}", letter.html);
}

async fn what_fails_in_one_organization_is_nothing_to_others(app: TestApp) {
    // It is looked at in the order of the organizations.
    let broken = Team::named(&app, "Beta").await;
    let (whole, broken) = (Stage::of(&app).await, Stage::with(broken, ["Eddy", "Adamo", "Adah"]).await);
    let mut asked = Vec::new();
    for stage in [&whole, &broken] {
        stage.team.inherits(&[("company", json!("Acme"))]).await;
        stage.team.says(stage.tone, "For {{ company }}.").await;
        stage.needs(2).await;
        let id = stage.asked(3).await;
        stage.approves(&stage.adam, id).await.unwrap();
        asked.push(id);
    }
    app.execute(
        "INSERT INTO versions (org_id, prompt_id, number, hash, content, message, created_at)
         SELECT v.org_id, v.prompt_id, 9, v.hash, '{', '', v.created_at FROM versions v
         JOIN organizations o ON o.id = v.org_id WHERE o.slug = 'beta' AND v.number = 3",
    )
    .await;
    app.execute(
        "UPDATE deployment_requests SET version = 9
         WHERE org_id = (SELECT id FROM organizations WHERE slug = 'beta')",
    )
    .await;
    whole.team.inherits(&[("company", json!("Mallory"))]).await;
    assert!(look_again(&app, None).await.is_err(), "it is told of");
    assert_eq!(find(&whole.team.scope, asked[0]).await.unwrap().approved, 0);
    assert_eq!(find(&broken.team.scope, asked[1]).await.unwrap().approved, 1);
}

async fn the_page_shows_what_goes_live(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let long = "x".repeat(200);
    team.inherits(&[("company", json!("Acme")), ("terms", json!(long)), ("unnamed", json!("Nobody"))]).await;
    team.saying("Sign", &["By {{ company }}"]).await;
    team.says(stage.tone, "[[ Sign ]] {{ terms }}").await;
    let id = stage.asked(3).await;
    let page = team.org.page(&format!("deployments/requests/{id}"));
    let shown = stage.adam.get(&page).await.status(200);
    // What happens meanwhile brings the page up to date as a whole: nobody approves what it does not show.
    let (body, seen) = (shown.body.clone(), team.org.fingerprint(id).await);
    let region = body.find("id=\"request\"").unwrap();
    for part in ["What goes live", seen.as_str()] {
        let between = &body[region..region + body[region..].find(part).unwrap()];
        assert!(between.matches("<div").count() >= between.matches("</div>").count(), "{part}");
    }
    shown
        .says("What goes live")
        .says("Acme")
        .says(&long)
        .says("Sign")
        .hides("Nobody")
        .hides("has changed since");
}

async fn all_that_goes_live_is_reached_from_the_page(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let long = |end: &str| format!("{}{end}", "Be kind. ".repeat(500));
    let mut values: Vec<(String, serde_json::Value)> =
        (0..95).map(|n| (format!("a{n:02}"), json!(long(&format!("END-{n:02}."))))).collect();
    values.push(("zz".to_owned(), json!(long("was here"))));
    let all = values.iter().map(|(name, _)| format!("{{{{ {name} }}}} ")).collect::<Vec<_>>().concat();
    variables::set(&team.may(), None, &values).await.unwrap();
    team.says(stage.tone, &all).await;
    team.deploys(stage.production, stage.tone, 3).await.unwrap();
    values.last_mut().unwrap().1 = json!(long("LEAK-EVERYTHING"));
    variables::set(&team.may(), None, &values).await.unwrap();
    team.says(stage.tone, &format!("{all} again")).await;
    let id = stage.asked(4).await;
    let mut page = team.org.page(&format!("deployments/requests/{id}"));
    let first = stage.adam.get(&page).await;
    first
        .says("Be kind. Be kind. was here → ")
        .says("LEAK-EVERYTHING")
        .says("Show more values")
        .hides("END-94.");
    let mut seen = String::new();
    for _ in 0..20 {
        let text = stage.adam.get(&page).await.status(200).body.clone();
        seen.push_str(&text);
        let Some(at) = text.find("values=") else { break };
        let from: String = text[at + 7..].chars().take_while(char::is_ascii_digit).collect();
        page = team.org.page(&format!("deployments/requests/{id}?values={from}"));
    }
    for n in 0..95 {
        assert!(seen.contains(&format!("END-{n:02}.")), "value {n}");
    }
}

async fn what_cannot_be_compared_is_shown_whole(app: TestApp) {
    let stage = Stage::of(&app).await;
    let team = &stage.team;
    let lines = |from: usize| {
        (0..30_000).map(|n| format!("{}\n", (n * 7919 + from) % 99_991)).collect::<Vec<_>>().concat()
    };
    team.says(stage.tone, &lines(0)).await;
    team.deploys(stage.production, stage.tone, 3).await.unwrap();
    team.says(stage.tone, &format!("{}\nTHE-END", lines(50_000))).await;
    let id = stage.asked(4).await;
    let page = team.org.page(&format!("deployments/requests/{id}"));
    let text = stage.adam.get(&page).await.status(200).body;
    if text.contains("THE-END") {
        return;
    }
    let at = text.find("Show more lines (").expect("a way to the rest of it");
    let left: String = text[at + 17..].chars().take_while(char::is_ascii_digit).collect();
    let from = 1900 + left.parse::<usize>().unwrap();
    stage.adam.get(&format!("{page}?lines={from}")).await.says("THE-END");
}

async fn those_who_may_approve_are_told(app: TestApp) {
    let stage = Stage::of(&app).await;
    let vic = stage.team.org.has("Vic", Role::Viewer).await;
    let id = stage.asked(1).await;
    let letter = app.letter_to(&stage.adam.email).await;
    assert_eq!(letter.subject, "Ed wants to deploy version 1 of “Tone” to production");
    assert!(letter.text.contains(&format!("/deployments/requests/{id}")), "{}", letter.text);
    let ana = "ana.acme@example.com";
    for (email, letters) in [(&*stage.ada.email, 1), (ana, 1), (&*stage.ed.email, 0), (&*vic.email, 0)] {
        assert_eq!(app.letters_to(email).await, letters, "{email}");
    }
}

async fn who_asked_is_told(app: TestApp) {
    let stage = Stage::of(&app).await;
    let id = stage.asked(1).await;
    stage.approves(&stage.adam, id).await.unwrap();
    let letter = app.letter_to(&stage.ed.email).await;
    assert_eq!(letter.subject, "Approved: deploy version 1 of “Tone” to production");
    assert!(letter.text.contains("Adam approved your request"), "{}", letter.text);
    let id = stage.asked(2).await;
    crate::deployments::requests::decline(&stage.team.of_member(&stage.ada).await.unwrap(), id)
        .await
        .unwrap();
    let letter = app.letter_to(&stage.ed.email).await;
    assert_eq!(letter.subject, "Declined: deploy version 2 of “Tone” to production");
    stage.asked(2).await;
    stage.team.undeploys(stage.production, stage.tone).await.unwrap();
    let letter = app.letter_to(&stage.ed.email).await;
    assert_eq!(letter.subject, "Closed: deploy version 2 of “Tone” to production");
    // What one withdraws oneself is no news.
    let order = stage.team.order(stage.production, stage.tone, Some(1)).await;
    let theirs = stage.team.of_member::<Deploy>(&stage.ed).await.unwrap();
    let Ok(Outcome::Requested(id)) = deploy(&theirs, &order).await else { panic!("it is live") };
    crate::deployments::requests::withdraw(&theirs, id).await.unwrap();
    assert_eq!(app.letters_to(&stage.ed.email).await, 3);
}

async fn nobody_is_flooded(app: TestApp) {
    let stage = Stage::of(&app).await;
    let theirs = stage.team.of_member::<Deploy>(&stage.ed).await.unwrap();
    for _ in 0..25 {
        let id = stage.asked(1).await;
        crate::deployments::requests::withdraw(&theirs, id).await.unwrap();
    }
    assert_eq!(app.letters_to(&stage.adam.email).await, 20);
}

async fn those_who_may_approve_see_it(app: TestApp) {
    let stage = Stage::of(&app).await;
    let (org, wants) = (&stage.team.org, "Ed wants to deploy version 1 of Tone");
    let count = ">1 request to approve";
    let (dashboard, board, members) = (org.page(""), org.page("deployments"), org.page("settings/members"));
    stage.adam.get(&dashboard).await.status(200).hides("to approve").hides(wants);
    stage.adam.get(&board).await.status(200).hides("waiting for approval</span>");
    let id = stage.asked(1).await;
    stage.adam.get(&dashboard).await.says(wants).says(count);
    stage.adam.get(&members).await.says(count);
    stage.adam.get(&board).await.says(">v1 waiting for approval</span>");
    // Who asked has nothing to approve.
    stage.ed.get(&dashboard).await.says(wants).hides("to approve");
    stage.approves(&stage.ada, id).await.unwrap();
    stage.adam.get(&dashboard).await.hides(wants).hides("to approve");
    stage.adam.get(&board).await.hides("waiting for approval</span>");
    // Beside what is live it is told which version waits.
    stage.asked(2).await;
    stage.adam.get(&board).await.says("<strong>v1</strong>").says(">v2 waiting for approval</span>");
}

async fn what_is_protected_shows_where_one_deploys(app: TestApp) {
    let stage = Stage::of(&app).await;
    let page = |environment: crate::id::EnvironmentId| {
        let cell = stage.team.org.page(&format!("deployments/{environment}/{}", stage.tone));
        (format!("{cell}/review?kind=deploy&version=1"), cell)
    };
    let danger = "data-kind=\"danger\"";
    let (review, cell) = page(stage.production);
    stage
        .adam
        .get(&review)
        .await
        .says("production is protected. This goes live for services immediately.")
        .says(danger);
    stage.ed.get(&review).await.says("Once approved, this goes live for services.").hides(danger);
    stage.ed.get(&cell).await.says("Protected");
    let (review, cell) = page(stage.team.environment("development").await.id);
    stage.adam.get(&review).await.hides("rotected").hides("live for services").hides(danger);
    stage.adam.get(&cell).await.hides("Protected");
}
