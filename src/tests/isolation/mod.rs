//! Tenants stay apart: whatever is done in one organization, with whichever ids of another, reads
//! and changes nothing there.
//!
//! Two organizations have the same shape: the same roles, an invitation of the same address, one
//! person who is in both. The functions and pages are those of the policy's table, so a new one is
//! tried here without anybody thinking of it.

mod fence;

use super::{
    policy::{
        stage::{Cast, Stage, Who},
        table::{FUNCTIONS, Needs, PAGES},
    },
    support::{Answer, TestApp, both_databases, encode},
};
use crate::role::Role;
use std::collections::BTreeMap;

both_databases!(
    ids_of_another_organization_lead_nowhere,
    pages_of_another_organization_are_not_there,
    a_failed_form_does_not_show_a_page_of_another_organization,
    lists_are_not_led_astray_by_cursors_of_another_organization,
    what_is_shared_by_two_organizations_is_changed_in_one,
);

/// The parameters of functions that name something of an organization. Tokens are no ids: who holds
/// one may use it; that it is bound to an address is tried with `accept`.
const IDS: [&str; 11] = [
    "org",
    "user",
    "invitation",
    "folder",
    "prompt",
    "trash",
    "import",
    "environment",
    "request",
    "key",
    "row",
];

/// The family of everybody in the other organization.
const OTHER: &str = "Otherfamily";

/// The same scene in two organizations, with a person and an invited address that both share.
struct Two {
    ours: Stage,
    theirs: Stage,
}

impl Two {
    async fn set(ours: &Cast, theirs: &Cast, who: Who) -> Self {
        let two = Self { ours: Stage::set(ours, who).await, theirs: Stage::set(theirs, who).await };
        two.theirs.org.admits(&two.ours.target, Role::Owner).await;
        for (stage, cast) in [(&two.ours, ours), (&two.theirs, theirs)] {
            stage.org.planted(&cast.founder, "both@example.com", Role::Viewer).await;
        }
        two
    }

    /// Claims that an answer tells nothing of the other organization.
    #[track_caller]
    fn assert_silent(&self, answer: &Answer, asked: &str) {
        let stock = &self.theirs.stock;
        let ids = [self.theirs.org.id.0, self.theirs.invitation.id.0, self.theirs.target.id.0];
        let ids = ids.into_iter().chain([stock.folder.0, stock.prompt.0, stock.trash.0, stock.import.0]);
        let ids = ids.chain([stock.environment.0, stock.live.0, self.theirs.request.0, stock.key.0]);
        let ids = ids.flat_map(|id| [id.to_string(), id.simple().to_string()]);
        let secrets = ids.chain([OTHER.to_owned(), OTHER.to_lowercase(), self.theirs.word.clone()]);
        // What was asked with may come back in the form that failed.
        for secret in secrets.filter(|secret| !asked.contains(secret.as_str())) {
            assert!(!answer.body.contains(&secret), "{asked} tells of {secret}: {answer}");
        }
    }

    async fn theirs(&self, app: &TestApp) -> BTreeMap<String, Vec<String>> {
        let all = app.everything_of(self.theirs.org.id).await;
        assert!(all["members"].len() >= 6 && all["invitations"].len() >= 3, "{all:?}");
        all
    }
}

async fn casts(app: &TestApp) -> (Cast, Cast) {
    (Cast::of(app, "Smith").await, Cast::of(app, OTHER).await)
}

/// All ways to put the other organization's values in place of some of ours.
fn mixtures(
    ours: &[(&'static str, String)],
    theirs: &[(&'static str, String)],
) -> Vec<Vec<(&'static str, String)>> {
    let places: Vec<usize> = (0..ours.len()).filter(|n| IDS.contains(&ours[*n].0)).collect();
    let mixture = |chosen: usize| {
        let mut fields = ours.to_vec();
        let picked = places.iter().enumerate().filter(|(bit, _)| chosen & (1 << bit) != 0);
        picked.for_each(|(_, place)| fields[*place].1.clone_from(&theirs[*place].1));
        fields
    };
    (1..1 << places.len()).map(mixture).collect()
}

async fn ids_of_another_organization_lead_nowhere(app: TestApp) {
    let (ours, theirs) = casts(&app).await;
    let mut tried = 0;
    for who in [Who::Owner, Who::Admin] {
        for function in FUNCTIONS.iter().filter(|function| matches!(function.needs, Needs::May(_))) {
            let two = Box::pin(Two::set(&ours, &theirs, who)).await;
            let before = two.theirs(&app).await;
            for fields in mixtures(&(function.sample)(&two.ours), &(function.sample)(&two.theirs)) {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let answer = two.ours.browser.call(&format!("/api/{}", function.path), &fields).await;
                assert_eq!(answer.status, 404, "{} with {fields:?}: {answer}", function.path);
                two.assert_silent(&answer, "");
                tried += 1;
            }
            assert_eq!(two.theirs(&app).await, before, "{}", function.path);
        }
    }
    assert!(tried >= 2 * 60, "only {tried} mixtures were tried");
}

async fn pages_of_another_organization_are_not_there(app: TestApp) {
    let (ours, theirs) = casts(&app).await;
    for who in [Who::Owner, Who::Viewer] {
        let two = Box::pin(Two::set(&ours, &theirs, who)).await;
        for page in PAGES.iter().filter(|page| matches!(page.needs, Needs::May(_))) {
            let path = (page.sample)(&two.theirs);
            let missing = path.replacen(&two.theirs.org.slug, "no-such-place", 1);
            let (theirs, nowhere) = (two.ours.browser.get(&path).await, two.ours.browser.get(&missing).await);
            assert_eq!((theirs.status, nowhere.status), (404, 404), "{path}");
            assert_eq!(theirs.stable_body(), nowhere.stable_body(), "{path}");
            assert_eq!(names(&theirs), names(&nowhere), "{path}");
            two.assert_silent(&theirs, &path);
        }
    }
}

/// The names of an answer's headers.
fn names(answer: &Answer) -> Vec<String> {
    answer.headers.keys().map(ToString::to_string).collect()
}

async fn a_failed_form_does_not_show_a_page_of_another_organization(app: TestApp) {
    let (ours, theirs) = casts(&app).await;
    let two = Box::pin(Two::set(&ours, &theirs, Who::Owner)).await;
    let before = two.theirs(&app).await;
    for function in FUNCTIONS.iter().filter(|function| function.method == "POST") {
        for page in PAGES.iter().filter(|page| matches!(page.needs, Needs::May(_)) && page.is_view) {
            let path = (page.sample)(&two.theirs);
            let fields =
                [("page", path.as_str()), ("org", "no-such-place"), ("token", "none"), ("email", "")];
            let browser = two.ours.browser.copy();
            let answer = browser.post(&format!("/api/{}", function.path), &fields).await;
            two.assert_silent(&answer, &path);
        }
    }
    assert_eq!(two.theirs(&app).await, before);
}

async fn lists_are_not_led_astray_by_cursors_of_another_organization(app: TestApp) {
    let (ours, theirs) = casts(&app).await;
    let two = Box::pin(Two::set(&ours, &theirs, Who::Owner)).await;
    for page in ["settings/members", "settings/invitations"] {
        let cursor = next_cursor(&two.theirs, page).await;
        let id = two.theirs.invitation.id.to_string();
        for (name, value) in [("after", cursor.as_str()), ("after", &id), ("search", OTHER), ("size", "1000")]
        {
            let url = format!("{}?{}", two.ours.org.page(page), encode(&[(name, value)]));
            let answer = two.ours.browser.get(&url).await.status(200);
            two.assert_silent(&answer, &url);
        }
    }
}

/// The cursor that the other organization's own list hands out, or nothing where one page is all.
async fn next_cursor(stage: &Stage, page: &str) -> String {
    let answer = stage.browser.get(&format!("{}?size=1", stage.org.page(page))).await.status(200);
    let after = answer.body.split("after=").nth(1).and_then(|rest| rest.split(['&', '"']).next());
    assert!(page.contains("invitations") || after.is_some(), "{answer}");
    after.unwrap_or_default().to_owned()
}

async fn what_is_shared_by_two_organizations_is_changed_in_one(app: TestApp) {
    let (ours, theirs) = casts(&app).await;
    let two = Box::pin(Two::set(&ours, &theirs, Who::Owner)).await;
    let before = two.theirs(&app).await;
    let (browser, org) = (&two.ours.browser, two.ours.org.slug.as_str());
    let target = two.ours.target.id.to_string();
    for (action, fields) in [
        ("members/set_role", vec![("user", target.as_str()), ("role", "admin")]),
        ("members/remove", vec![("user", target.as_str())]),
        ("invitations/invite", vec![("emails", "both@example.com"), ("role", "admin")]),
        ("organizations/update_settings", vec![("name", "New")]),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("org", org)]).collect();
        browser.call(&format!("/api/{action}"), &fields).await.status(200);
    }
    let invited = app.link_for("both@example.com", "/invite/").await;
    browser.call("/api/invitations/decline", &[("token", &invited)]).await.status(200);
    assert_eq!(two.ours.org.role_of(&two.ours.target).await, None);
    assert_eq!(two.ours.org.invitations("declined").await, 1);
    assert_eq!(two.theirs(&app).await, before);
    // A token of theirs that is for somebody else admits none of ours.
    browser.accepts(&two.theirs.own_invitation.token).await.status(409);
    assert_eq!(two.theirs(&app).await, before);
}
