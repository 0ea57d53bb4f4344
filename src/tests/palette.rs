//! The list that finds anything.

use super::support::{TestApp, both_databases};
use crate::role::Role;

both_databases!(
    what_changed_last_comes_first,
    pages_of_a_prompt_are_found,
    the_account_menu_is_in_the_list,
    keys_are_listed,
);

/// Where something stands in a page.
#[track_caller]
fn place(page: &str, text: &str) -> usize {
    page.find(text).unwrap_or_else(|| panic!("does not say {text:?}: {page}"))
}

async fn what_changed_last_comes_first(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let list = ana.get(&acme.page("find")).await.status(200).body;
    assert!(!list.contains("/prompts/0"), "there is no prompt yet");
    acme.has_library().await;
    let list = ana.get(&acme.page("find")).await.status(200).body;
    let list = &list[place(&list, "id=\"found\"")..];
    let first = place(list, "/prompts/");
    assert!(
        first < place(list, "New prompt") && place(list, "New prompt") < place(list, ">Members<"),
        "{list}"
    );
}

async fn pages_of_a_prompt_are_found(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let stock = acme.has_library().await;
    let versions = acme.page(&format!("prompts/{}/versions", stock.prompt));
    let name: (String,) = {
        let row = app.outside_tenancy().query("SELECT name FROM prompts WHERE id = $1");
        row.bind(stock.prompt).one().await.unwrap()
    };
    let found = ana.get(&acme.page(&format!("find?q={}+vers", name.0))).await.status(200);
    found.says(&format!("href=\"{versions}\"")).says(&format!("{} versions", name.0));
    ana.get(&acme.page(&format!("find?q={}+v", name.0))).await.hides(&format!("href=\"{versions}\""));
}

async fn the_account_menu_is_in_the_list(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let vi = acme.has("Vi", Role::Viewer).await;
    let found = vi.get(&acme.page("find?q=theme")).await.status(200);
    found.says("Dark theme").says("action=\"/api/accounts/set_theme\"").says("name=\"theme\" value=\"dark\"");
    let found = vi.get(&acme.page("find?q=sign")).await.status(200);
    found.says("action=\"/api/accounts/sign_out\"").hides("Dark theme");
    vi.get(&acme.page("find?q=api")).await.says("href=\"/api/docs\"");
    vi.get(&acme.page("find?q=new")).await.hides("New prompt").says("New organization");
    vi.get(&acme.page("find?q=nothing+is+called+this")).await.says("No results.");
}

async fn keys_are_listed(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    ana.get(&acme.page("find?q=keyb")).await.says(&acme.page("shortcuts"));
    ana.get(&acme.page("shortcuts"))
        .await
        .status(200)
        .says("Keyboard shortcuts")
        .says("<kbd>Ctrl K or ⌘ K</kbd>");
}
