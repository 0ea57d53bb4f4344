use super::{Library, TestApp, both_databases};
use crate::library::{sample, trash};
use serde_json::json;

both_databases!(the_sample_shows_what_there_is, whoever_signs_up_has_the_sample);

async fn the_sample_shows_what_there_is(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    sample::plant(&app, lib.org.id).await.unwrap();
    let receipt = lib.at("JSON Extractor/Receipts/Extract receipt").await.unwrap();
    let said = lib.rendered(receipt, 1, json!({ "receipt": "Total 5" })).await;
    for part in ["Amounts are in EUR", "Write texts in English", "Total 5"] {
        assert!(said.contains(part), "{said}");
    }
    // It can be tried as it is.
    assert!(lib.rendered(receipt, 1, json!({})).await.contains("Corner Bakery"));
    let fields = lib.at("JSON Extractor/Extract fields").await.unwrap();
    let values = json!({ "text": "Ana, 5 May", "fields": [{ "name": "who", "hint": "a person" }, { "name": "when" }] });
    let said = lib.rendered(fields, 1, values).await;
    for part in ["1. who: a person", "2. when\\n", "At most 10 items", "Answer with JSON only", "Ana, 5 May"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = lib.rendered(fields, 1, json!({ "text": "x", "output_language": "Czech" })).await;
    assert!(said.contains("whatever facts it holds") && said.contains("Write texts in Czech"), "{said}");
    let root = crate::library::folders::all(&lib.scope).await.unwrap().remove(0);
    trash::put_folder(&lib.may(), root.id).await.unwrap();
    assert_eq!(lib.names(None).await, [""; 0]);
}

async fn whoever_signs_up_has_the_sample(app: TestApp) {
    let zoe = app.sign_up("Zoe").await;
    zoe.get("/zoe/prompts").await.status(200).says("JSON Extractor");
    // Somebody who joins by an invitation has one, too.
    let acme = app.org("Acme", &zoe).await;
    zoe.invites(&acme, "new@example.com", crate::role::Role::Viewer).await.status(200);
    let (browser, token) = (app.browser(), app.link_for("new@example.com", "/invite/").await);
    let fields =
        [("token", token.as_str()), ("name", "Newcomer"), ("password", crate::tests::support::PASSWORD)];
    browser.post("/api/invitations/join", &fields).await.status(303);
    browser.get("/newcomer/prompts").await.status(200).says("JSON Extractor");
}
