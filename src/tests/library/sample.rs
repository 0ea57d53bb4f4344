use super::{Library, TestApp, both_databases};
use crate::library::{sample, trash};
use serde_json::json;

both_databases!(
    the_sample_shows_what_there_is,
    whoever_signs_up_has_the_sample,
    it_is_marked_where_it_is_listed,
    it_is_removed_at_once,
    what_is_not_of_the_sample_stays,
);

async fn the_sample_shows_what_there_is(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    sample::plant(&app, lib.org.id).await.unwrap();
    let receipt = lib.at("JSON Extractor/Receipts/Extract receipt").await.unwrap();
    let said = lib.rendered(receipt, 1, json!({ "receipt": "Total 5" })).await;
    for part in ["Amounts are in EUR", "Write all text in English", "Total 5"] {
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
    assert!(said.contains("the facts it contains") && said.contains("Write all text in Czech"), "{said}");
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

/// How often something is marked as a sample in the tree of a page.
fn marks(page: &crate::tests::support::Answer) -> usize {
    let tree = page.body.split("<nav aria-label=\"Library\"").nth(1).unwrap();
    tree.split("</nav>").next().unwrap().matches("<small>Sample</small>").count()
}

async fn it_is_marked_where_it_is_listed(app: TestApp) {
    let zoe = app.sign_up("Zoe").await;
    let home = crate::tests::support::Org::find(&app, "zoe").await;
    let page = zoe.get("/zoe/prompts").await.status(200).says("<span class=\"badge\">Sample</span>");
    assert_eq!(marks(&page), 1, "the folder: {page}");
    // Beside a prompt of one's own, each is marked by itself.
    let scope = crate::tenancy::Scope::of_chore(&app, home.id, "a test").await.unwrap();
    let lib = Library { org: home, scope };
    let folder = crate::library::folders::at_path(&lib.scope, "JSON Extractor").await.unwrap().unwrap().id;
    lib.prompt(Some(folder), "Mine").await;
    let page = zoe.get(&format!("/zoe/prompts/folders/{folder}")).await.status(200);
    assert_eq!(marks(&page), 3, "two folders and a prompt: {page}");
}

async fn it_is_removed_at_once(app: TestApp) {
    let zoe = app.sign_up("Zoe").await;
    zoe.get("/zoe/prompts")
        .await
        .status(200)
        .says("Remove samples")
        .says("3 sample prompts and their folders");
    let remove = [("page", "/zoe/prompts"), ("org", "zoe")];
    zoe.post("/api/samples/remove", &remove).await.leads_to("/zoe/prompts");
    let page = zoe.get("/zoe/prompts").await.status(200).hides("JSON Extractor").hides("Remove samples");
    let page = page.says("Moved to trash").says(">Undo</button>");
    let trash = page.body.split("name=\"trash\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    zoe.call("/api/trash/restore", &[("org", "zoe"), ("trash", trash)]).await.status(200);
    zoe.get("/zoe/prompts").await.status(200).says("JSON Extractor").says("Remove samples");
    // What services get stays.
    let home = crate::tests::support::Org::find(&app, "zoe").await;
    let scope = crate::tenancy::Scope::of_chore(&app, home.id, "a test").await.unwrap();
    let receipt =
        crate::prompts::store::at_path(&scope, "JSON Extractor/Receipts/Extract receipt").await.unwrap();
    home.deploys(&scope, receipt.id).await;
    let refused = zoe.post("/api/samples/remove", &remove).await.status(409);
    refused.says("JSON Extractor/Receipts/Extract receipt is deployed to development. Undeploy it first.");
    zoe.get("/zoe/prompts").await.status(200).says("JSON Extractor");
}

async fn what_is_not_of_the_sample_stays(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    sample::plant(&app, lib.org.id).await.unwrap();
    let folder = crate::library::folders::at_path(&lib.scope, "JSON Extractor").await.unwrap().unwrap().id;
    let mine = lib.prompt(Some(folder), "Mine").await;
    let other = lib.prompt(None, "Other").await;
    assert_eq!(sample::remove(&lib.may()).await.unwrap().len(), 3, "two folders and a prompt");
    assert_eq!(lib.names(None).await, ["JSON Extractor", "Other"]);
    assert_eq!(lib.names(Some(folder)).await, ["Mine"]);
    assert_eq!((lib.at("JSON Extractor/Mine").await, lib.at("Other").await), (Some(mine), Some(other)));
    assert_eq!(sample::remove(&lib.may()).await, Ok(Vec::new()));
}
