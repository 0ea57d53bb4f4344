//! Pages that are out of date: what others wrote meanwhile stays.

use super::{Library, TestApp, both_databases};
use crate::{
    fields::PathName,
    id::FolderId,
    library::{folders, variables},
    prompts::{drafts, store},
    role::Role,
    tests::support::{Answer, Person, with},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

both_databases!(
    a_stale_page_takes_no_variable_away,
    a_variable_that_two_changed_is_shown_twice,
    a_variable_that_one_removed_and_one_changed_comes_back,
    a_form_holds_all_variables_that_a_folder_may_have,
    a_draft_that_was_edited_again_is_not_replaced,
    a_stale_page_describes_only_what_was_changed,
    a_stale_page_names_no_folder_and_no_organization_back,
);

/// What a hidden field of a page holds.
#[track_caller]
fn hidden(page: &Answer, name: &str) -> String {
    let at = page.body.find(&format!("name=\"{name}\" value=\"")).expect("the field");
    let value = &page.body[at..];
    value.split('"').nth(3).unwrap().to_owned()
}

impl Library {
    async fn inherits(&self, values: &[(&str, &str)]) -> FolderId {
        let folder = folders::create(&self.may(), None, &PathName::parse("Parts").unwrap()).await.unwrap();
        let values: Vec<_> = values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        variables::set(&self.may(), Some(folder), &values).await.unwrap();
        folder
    }

    async fn values(&self, folder: FolderId) -> BTreeMap<String, Value> {
        variables::read(&self.scope, Some(folder)).await.unwrap()
    }
}

/// Two people who have the page of a folder open.
struct Two {
    lib: Library,
    folder: FolderId,
    edna: Person,
    bert: Person,
    page: String,
    seen: String,
}

impl Two {
    async fn at(app: &TestApp, values: &[(&str, &str)]) -> Self {
        let lib = Library::of(app, "Acme").await;
        let folder = lib.inherits(values).await;
        let (edna, bert) = (lib.org.has("Edna", Role::Editor).await, lib.org.has("Bert", Role::Editor).await);
        let page = lib.org.page(&format!("prompts/folders/{folder}"));
        let seen = hidden(&bert.get(&page).await, "seen");
        Self { lib, folder, edna, bert, page, seen }
    }

    async fn saves(&self, who: &Person, seen: &str, rows: &[(&str, &str)]) -> Answer {
        let folder = self.folder.to_string();
        let names: Vec<_> = (0..rows.len()).map(|n| (format!("name-{n}"), format!("value-{n}"))).collect();
        let mut fields =
            vec![("org", &*self.lib.org.slug), ("folder", &folder), ("seen", seen), ("page", &self.page)];
        for ((name, value), (called, holds)) in names.iter().zip(rows) {
            fields.extend([(&**name, *called), (&**value, *holds)]);
        }
        who.post("/api/variables/set", &fields).await
    }

    async fn has(&self, values: &[(&str, &str)]) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        assert_eq!(self.lib.values(self.folder).await, values);
    }
}

async fn a_stale_page_takes_no_variable_away(app: TestApp) {
    let two = Two::at(&app, &[("company", "Acme"), ("old", "x")]).await;
    two.saves(&two.edna, &two.seen, &[("company", "Acme"), ("old", "x"), ("tone", "careful")])
        .await
        .status(303);
    two.saves(&two.bert, &two.seen, &[("company", "Acme Inc")]).await.status(303);
    two.has(&[("company", "Acme Inc"), ("tone", "careful")]).await;
    // A form that does not say what it was filled from removes nothing.
    let fields = [("org", &*two.lib.org.slug), ("folder", &two.folder.to_string()), ("page", &two.page)];
    two.bert.post("/api/variables/set", &fields).await.status(303);
    two.has(&[("company", "Acme Inc"), ("tone", "careful")]).await;
}

async fn a_variable_that_two_changed_is_shown_twice(app: TestApp) {
    let two = Two::at(&app, &[("company", "Acme"), ("tone", "kind")]).await;
    two.saves(&two.edna, &two.seen, &[("company", "Edna Ltd"), ("tone", "brief")]).await.status(303);
    let mine = [("company", "Bert GmbH"), ("tone", "kind")];
    let asked = two.saves(&two.bert, &two.seen, &mine).await.status(422);
    let asked = asked.says("Someone else set this to: Edna Ltd").says("Bert GmbH");
    two.has(&[("company", "Edna Ltd"), ("tone", "brief")]).await;
    // Saving again is deliberate, and what was not touched stays.
    two.saves(&two.bert, &hidden(&asked, "seen"), &mine).await.status(303);
    two.has(&[("company", "Bert GmbH"), ("tone", "brief")]).await;
}

async fn a_variable_that_one_removed_and_one_changed_comes_back(app: TestApp) {
    let two = Two::at(&app, &[("company", "Acme"), ("tone", "kind")]).await;
    two.saves(&two.edna, &two.seen, &[("company", "Edna Ltd")]).await.status(303);
    let mine = [("tone", "mine")];
    let asked = two.saves(&two.bert, &two.seen, &mine).await.status(422);
    let asked = asked
        .says("Someone else changed company")
        .says("Edna Ltd")
        .says("Someone else removed this variable");
    two.has(&[("company", "Edna Ltd")]).await;
    two.saves(&two.bert, &hidden(&asked, "seen"), &mine).await.status(303);
    two.has(&[("tone", "mine")]).await;
}

async fn a_form_holds_all_variables_that_a_folder_may_have(app: TestApp) {
    let long = "ü".repeat(variables::MAX_VALUE / 2 - 1);
    let names: Vec<_> = (0..variables::MAX).map(|n| format!("v{n:03}")).collect();
    let values: Vec<_> = names.iter().map(|name| (name.as_str(), long.as_str())).collect();
    let two = Two::at(&app, &values).await;
    two.bert.get(&two.page).await.status(200).says("enctype=\"multipart/form-data\"");
    let saves = async |rows: &[(&str, &str)]| {
        let part = |name: &str, value: &str| {
            format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let folder = two.folder.to_string();
        let own =
            [("org", &*two.lib.org.slug), ("folder", &folder), ("seen", &two.seen), ("page", &two.page)];
        let mut body: String = own.iter().map(|(name, value)| part(name, value)).collect();
        for (n, (name, value)) in rows.iter().enumerate() {
            body += &(part(&format!("name-{n}"), name) + &part(&format!("value-{n}"), value));
        }
        let form =
            with(two.bert.form("/api/variables/set"), "content-type", "multipart/form-data; boundary=xyz");
        two.bert.send_only(form, body + "--xyz--\r\n").await
    };
    let mut mine = values;
    mine[0].1 = "mine";
    // What is wrong is told with all that was typed.
    let mut wrong = mine.clone();
    wrong[1].0 = "no name";
    let shown = saves(&wrong).await.status(422).says("no name");
    assert_eq!(shown.body.matches(&long).count(), variables::MAX - 1);
    saves(&mine).await.status(303);
    two.has(&mine).await;
}

async fn a_draft_that_was_edited_again_is_not_replaced(app: TestApp) {
    const AGAIN: &str = "so nothing was replaced";
    let lib = Library::of(&app, "Acme").await;
    let (tone, bert) = (lib.prompt(None, "Tone").await, lib.org.has("Bert", Role::Editor).await);
    let revision = async || drafts::read(&lib.scope, tone).await.unwrap().revision.to_string();
    let (page, id, seen) = (lib.org.page(&format!("prompts/{tone}")), tone.to_string(), revision().await);
    let replaces = async |over: &[(&str, &str)]| {
        let own = [("page", &*page), ("org", &*lib.org.slug), ("prompt", &*id), ("revision", &*seen)];
        let typed = [("kind", "text"), ("text", "Mine")];
        bert.post("/api/prompts/save_draft", &[&own[..], &typed, over].concat()).await
    };
    lib.writes(tone, "First").await.unwrap();
    let shown = revision().await;
    replaces(&[]).await.status(409).hides(AGAIN);
    lib.writes(tone, "Second").await.unwrap();
    replaces(&[("over", &*shown)]).await.status(409).says(AGAIN).says("Second");
    let shown = revision().await;
    replaces(&[("over", &*shown)]).await.status(303);
}

async fn a_stale_page_describes_only_what_was_changed(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let prompt = lib.prompt(None, "Triage").await;
    let (edna, bert) = (lib.org.has("Edna", Role::Editor).await, lib.org.has("Bert", Role::Editor).await);
    let (page, id) = (lib.org.page(&format!("prompts/{prompt}/details")), prompt.to_string());
    let first = bert.get(&page).await;
    let saves = async |who: &Person, of: &Answer, [name, description, tags]: [&str; 3]| {
        let was = ["was-name", "was-description", "was-tags"].map(|field| hidden(of, field));
        let fields = [
            ("org", &*lib.org.slug),
            ("prompt", &id),
            ("page", &page),
            ("was-name", &was[0]),
            ("was-description", &was[1]),
            ("was-tags", &was[2]),
            ("name", name),
            ("description", description),
            ("tags", tags),
        ];
        who.post("/api/prompts/describe", &fields).await
    };
    let is = async || {
        let is = store::find(&lib.scope, prompt).await.unwrap();
        [is.name.to_string(), is.description, is.tags.to_string()]
    };
    saves(&edna, &first, ["Sort", "Written at length", "a, b"]).await.status(303);
    saves(&bert, &first, ["Triage", "", ""]).await.status(303);
    assert_eq!(is().await, ["Sort", "Written at length", "a, b"]);
    let asked = saves(&bert, &first, ["Triage", "Mine", ""]).await.status(422);
    let asked =
        asked.says("Someone else changed this in the meantime. It's now: Written at length").says("Mine");
    assert_eq!(is().await, ["Sort", "Written at length", "a, b"]);
    saves(&bert, &asked, ["Triage", "Mine", ""]).await.status(303);
    assert_eq!(is().await, ["Sort", "Mine", "a, b"]);
}

async fn a_stale_page_names_no_folder_and_no_organization_back(app: TestApp) {
    let lib = Library::of(&app, "Acme").await;
    let folder = lib.inherits(&[]).await.to_string();
    let ada = lib.org.has("Ada", Role::Admin).await;
    let slug = &*lib.org.slug;
    let of = lib.org.page(&format!("prompts/folders/{folder}"));
    let renames = async |was: &str, name: &str| {
        let fields = [("org", slug), ("folder", &folder), ("was-name", was), ("name", name), ("page", &of)];
        ada.post("/api/folders/rename", &fields).await.status
    };
    assert_eq!(renames("Parts", "Blocks").await, 303);
    assert_eq!(renames("Parts", "Parts").await, 303);
    assert_eq!(folders::find(&lib.scope, folder.parse().unwrap()).await.unwrap().name.to_string(), "Blocks");
    assert_eq!(renames("Parts", "Bricks").await, 422);
    let page = lib.org.page("settings/general");
    ada.get(&page).await.says("was-name").says("was-description").says("was-allowed_domains");
    let profile = async |name: &str, description: &str| {
        let fields = [
            ("org", slug),
            ("page", &page),
            ("was-name", "Acme"),
            ("was-description", ""),
            ("name", name),
            ("description", description),
        ];
        ada.post("/api/organizations/update_settings", &fields).await.status
    };
    assert_eq!(profile("Acme", "What we do").await, 303);
    assert_eq!(profile("Acme Inc", "").await, 303);
    ada.get(&page).await.says("What we do").says("Acme Inc");
    assert_eq!(profile("Acme", "Another").await, 422);
    let first = ada.get(&page).await;
    let [role_was, hours] = ["was-default_role", "was-invitation_hours"].map(|field| hidden(&first, field));
    let rules = async |role: &str, domains: &str| {
        let fields = [
            ("org", slug),
            ("page", &page),
            ("was-default_role", &role_was),
            ("was-invitation_hours", &hours),
            ("was-allowed_domains", ""),
            ("default_role", role),
            ("invitation_hours", &hours),
            ("allowed_domains", domains),
        ];
        ada.post("/api/organizations/set_invitation_rules", &fields).await.status
    };
    assert_eq!(rules(&role_was, "acme.com").await, 303);
    assert_eq!(rules("viewer", "").await, 303);
    ada.get(&page).await.says("acme.com");
}
