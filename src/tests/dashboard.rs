//! The dashboard: what to do first, with what is there.

use super::support::{Org, TestApp, both_databases};
use crate::{
    prompts::{
        content::{Content, Kind},
        editing, store,
    },
    role::{EditContent, Role},
    tenancy::Scope,
};

both_databases!(
    whoever_is_new_is_led_through_the_sample,
    a_new_team_may_begin_with_the_samples,
    a_step_goes_when_it_is_done,
    who_writes_in_a_sample_is_led_to_it_no_more,
    whoever_is_alone_in_their_own_is_shown_nobody,
    samples_say_that_they_are,
);

fn home(org: &Org) -> String {
    format!("/{}", org.slug)
}

async fn whoever_is_new_is_led_through_the_sample(app: TestApp) {
    let zoe = app.sign_up("Zoe").await;
    let page = zoe.get("/zoe").await.status(200);
    let page = page.says("Open Extract receipt").says("Deploy to development");
    let page = page.says("review?kind=deploy&amp;version=1").says("Create a team organization");
    page.says("/api/v1/prompts/JSON%20Extractor%2FReceipts%2FExtract%20receipt")
        .says("environment=development");
}

async fn a_new_team_may_begin_with_the_samples(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let vi = acme.has("Vi", Role::Viewer).await;
    ana.get(&home(&acme)).await.status(200).says("Write a prompt").says("Add sample prompts").hides("curl");
    vi.get(&home(&acme)).await.status(200).hides("Write a prompt").hides("Add sample prompts");
    let fields = [("page", home(&acme)), ("org", acme.slug.clone())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ana.post("/api/samples/create", &fields).await.status(303);
    ana.get(&home(&acme)).await.says("Open Extract receipt").says("curl").hides("Add sample prompts");
    let again = ana.post("/api/samples/create", &fields).await.status(422);
    again.says("role=\"alert\"");
    assert_eq!(app.rows("prompts", "tags = 'sample'").await.len(), 3, "only once");
}

async fn a_step_goes_when_it_is_done(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let ed = acme.has("Ed", Role::Editor).await;
    // Something of it is deployed.
    acme.has_library().await;
    let page = ana.get(&home(&acme)).await.status(200);
    page.hides("Deploy to development")
        .hides("Edit a prompt")
        .hides("Invite people")
        .says("prompts/Tone")
        .says("curl --get");
    ed.get(&home(&acme)).await.hides("curl --get");
    let mut change = app.change_outside_tenancy().await.unwrap();
    change.query("UPDATE api_keys SET last_used_at = 1").execute().await.unwrap();
    change.commit().await.unwrap();
    ana.get(&home(&acme)).await.status(200).hides("curl --get").hides("Next steps");
}

async fn who_writes_in_a_sample_is_led_to_it_no_more(app: TestApp) {
    let zoe = app.sign_up("Zoe").await;
    zoe.get("/zoe").await.status(200).says("Edit a prompt");
    let scope = Scope::of_chore(&app, Org::find(&app, "zoe").await.id, "a test").await.unwrap();
    let receipt = store::at_path(&scope, "JSON Extractor/Receipts/Extract receipt").await.unwrap();
    let edit = scope.require::<EditContent>().unwrap();
    editing::save(&edit, receipt.id, 2, &Content::empty(Kind::Chat)).await.unwrap();
    zoe.get("/zoe").await.status(200).hides("Edit a prompt").says("Deploy to development");
}

async fn whoever_is_alone_in_their_own_is_shown_nobody(app: TestApp) {
    let zoe = app.somebody("Zoe").await;
    let own = Org::personal(&zoe).await;
    let page = zoe.get(&home(&own)).await.status(200).says("for your own work");
    page.hides("1 person").hides("Pending invitations");
    zoe.invites(&own, "guest@example.com", Role::Viewer).await.status(200);
    zoe.get(&home(&own)).await.says("1 person").says("guest@example.com");
}

async fn samples_say_that_they_are(app: TestApp) {
    let zoe = app.sign_up("Zoe").await;
    zoe.get("/zoe").await.says("<span class=\"badge\">Sample</span>");
    zoe.get("/zoe/prompts").await.says("<span class=\"badge\">Sample</span>");
    zoe.get("/zoe/prompts/search?q=receipt").await.says("Sample: turns a receipt into JSON.");
}
