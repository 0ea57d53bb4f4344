//! Who may do what, over everything the server answers: each function and each page, asked by each
//! kind of caller, written down as a grid that is reviewed when it changes.
//!
//! What the table (`table.rs`) declares and what the grid shows are checked against each other, so
//! accepting a new grid does not make a hole good. What the table does not declare fails.

pub(super) mod stage;
pub(super) mod table;

use super::support::{Answer, BASE, TestApp, both_databases, with};
use crate::{
    app,
    role::{PERMISSIONS, Role},
    web::rate_limits,
};
use axum::http::Method;
use leptos::server_fn::axum::server_fn_paths;
use stage::{Cast, Stage, Who};
use std::collections::BTreeSet;
use table::{FUNCTIONS, Function, Needs, PAGES};

both_databases!(
    functions_answer_as_the_table_says,
    pages_answer_as_the_table_says,
    no_function_that_changes_anything_answers_to_get,
    no_other_site_can_call_a_function,
    titles_tell_pages_apart,
    what_is_said_aloud_begins_with_what_is_seen,
);

#[test]
fn every_function_is_in_the_table() {
    let there: BTreeSet<String> =
        server_fn_paths().map(|(path, method)| format!("{method} {path}")).collect();
    let declared: BTreeSet<String> =
        FUNCTIONS.iter().map(|function| format!("{} /api/{}", function.method, function.path)).collect();
    assert_eq!(there, declared, "declare each server function in policy/table.rs");
}

#[test]
fn every_limit_is_on_a_function() {
    for path in rate_limits::limited_routes() {
        assert!(FUNCTIONS.iter().any(|function| function.path == path), "there is no function {path}");
    }
}

#[test]
fn every_page_is_in_the_table() {
    let there: BTreeSet<String> = app::pages().into_iter().map(|(path, _)| path.to_owned()).collect();
    let declared: BTreeSet<String> =
        PAGES.iter().filter(|page| page.is_view).map(|page| page.path.to_owned()).collect();
    assert_eq!(declared, there, "declare each page in policy/table.rs");
}

async fn functions_answer_as_the_table_says(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    let mut grid = format!("{}\n", heading());
    for function in FUNCTIONS {
        let mut row = Vec::new();
        for who in Who::ALL {
            let stage = Stage::set(&cast, who).await;
            stage.prepare(function.path).await;
            let answer = call(function, &stage).await;
            assert_eq!(
                outcome(&answer),
                function.needs.expected(who),
                "{} as {who:?}: {answer}",
                function.path
            );
            row.push(answer.status.to_string());
        }
        let name = format!("{} /api/{}", function.method, function.path);
        grid += &line(&name, function.needs, &row);
    }
    insta::allow_duplicates! { insta::assert_snapshot!("functions", grid) };
}

async fn pages_answer_as_the_table_says(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    let mut grid = format!("{}\n", heading());
    for page in PAGES {
        let mut row = Vec::new();
        for who in Who::ALL {
            let stage = Stage::set(&cast, who).await;
            let path = (page.sample)(&stage);
            let answer = stage.browser.open(stage.browser.asks(Method::GET, &path), "").await;
            let (status, location) = (answer.status().as_u16(), answer.headers().get("location").cloned());
            let to_sign_in = location.is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in"));
            let status = if status == 302 && to_sign_in { 401 } else { status };
            if let Needs::May(_) = page.needs {
                assert_eq!(allowed(status), page.needs.expected(who), "{path} as {who:?}: {status}");
            }
            row.push(status.to_string());
        }
        grid += &line(&format!("GET {}", page.path), page.needs, &row);
    }
    insta::allow_duplicates! { insta::assert_snapshot!("pages", grid) };
}

async fn call(function: &Function, stage: &Stage) -> Answer {
    let fields = (function.sample)(stage);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let action = format!("/api/{}", function.path);
    if function.method == "GET" {
        let query = super::support::encode(&fields);
        let request = stage.browser.asks(Method::GET, &format!("{action}?{query}"));
        return stage.browser.send(with(request, "accept", "application/json"), "").await;
    }
    stage.browser.call(&action, &fields).await
}

/// What an answer comes to: let through, or with which status turned away.
fn outcome(answer: &Answer) -> Result<(), u16> {
    allowed(answer.status)
}

fn allowed(status: u16) -> Result<(), u16> {
    if matches!(status, 200..400) { Ok(()) } else { Err(status) }
}

impl Needs {
    /// What the rules say, worked out here a second time and as plainly as can be.
    fn expected(self, who: Who) -> Result<(), u16> {
        let role = who.role();
        match self {
            Self::Nothing => Ok(()),
            _ if who == Who::Nobody => Err(401),
            Self::SignedIn => Ok(()),
            Self::Restoring => {
                if who == Who::Owner {
                    Ok(())
                } else {
                    Err(404)
                }
            }
            Self::May(_) if who == Who::Stranger => Err(404),
            Self::May(permission) => {
                let needed = PERMISSIONS.iter().find(|(name, ..)| *name == permission).unwrap().1;
                if role.map_or(0, rank) >= rank(needed) { Ok(()) } else { Err(403) }
            }
        }
    }
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Viewer => 1,
        Role::Editor => 2,
        Role::Admin => 3,
        Role::Owner => 4,
    }
}

async fn no_function_that_changes_anything_answers_to_get(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    for function in FUNCTIONS.iter().filter(|function| function.method == "POST") {
        let stage = Stage::set(&cast, Who::Owner).await;
        let before = app.everything().await;
        let fields = (function.sample)(&stage);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = format!("/api/{}?{}", function.path, super::support::encode(&fields));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
            for accept in ["text/html", "application/json"] {
                let request = with(stage.browser.asks(method.clone(), &url), "accept", accept);
                let answer = stage.browser.send(request, "").await;
                assert!(matches!(answer.status, 400..500), "{method} {url}: {answer}");
                assert!(answer.cookies().is_empty(), "{method} {url}: {answer}");
            }
        }
        assert_eq!(app.everything().await, before, "{}", function.path);
    }
}

/// Ways in which another site's page may send a form of its own making.
const FOREIGN: &[&[(&str, &str)]] = &[
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")],
    &[("sec-fetch-site", "same-site"), ("origin", "http://other.localhost:3000")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", BASE)],
    &[("origin", "https://evil.test")],
    &[("origin", "null")],
    &[("origin", "http://localhost:3000.evil.test")],
    &[("origin", "https://localhost:3000")],
    &[("origin", "null"), ("content-type", "text/plain")],
    &[("origin", "https://evil.test"), ("content-type", "multipart/form-data; boundary=x")],
    &[("origin", "https://evil.test"), ("accept", "application/json")],
];

async fn no_other_site_can_call_a_function(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    for function in FUNCTIONS.iter().filter(|function| function.method == "POST") {
        let stage = Stage::set(&cast, Who::Owner).await;
        let before = app.everything().await;
        let fields = (function.sample)(&stage);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for foreign in FOREIGN {
            let mut request = stage.browser.asks(Method::POST, &format!("/api/{}", function.path));
            request = with(request, "content-type", "application/x-www-form-urlencoded");
            for (name, value) in *foreign {
                request = with(request, name, value);
            }
            let answer = stage.browser.send(request, super::support::encode(&fields)).await;
            assert_eq!(answer.status, 403, "{} with {foreign:?}: {answer}", function.path);
        }
        assert_eq!(app.everything().await, before, "{}", function.path);
    }
}

fn heading() -> String {
    line("", Needs::Nothing, &Who::ALL.map(|who| format!("{who:?}").to_lowercase())).trim_end().to_owned()
}

fn line(name: &str, needs: Needs, row: &[String]) -> String {
    let needs = if name.is_empty() { "needs".to_owned() } else { needs.to_string() };
    let cells: Vec<_> = row.iter().map(|cell| format!("{cell:>8}")).collect();
    format!("{name:<44} {needs:<20} {}\n", cells.join(" "))
}

/// Each page as an Owner sees it, by its path in the sitemap.
async fn all_pages(app: &TestApp) -> Vec<(&'static str, Answer)> {
    let stage = Stage::set(&Cast::of(app, "Smith").await, Who::Owner).await;
    let mut pages = Vec::new();
    for page in PAGES.iter().filter(|page| page.is_view) {
        let answer = stage.browser.get(&(page.sample)(&stage)).await;
        if answer.status == 200 {
            pages.push((page.path, answer));
        }
    }
    assert!(pages.len() > 30, "{} pages", pages.len());
    pages
}

async fn titles_tell_pages_apart(app: TestApp) {
    let mut titles = std::collections::BTreeMap::new();
    // The same page has two paths.
    for (path, answer) in
        Box::pin(all_pages(&app)).await.into_iter().filter(|(path, _)| *path != "/{org}/settings/general")
    {
        let title = answer.body.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
        let before = titles.insert(title.unwrap_or_default().to_owned(), path);
        assert_eq!(before, None, "{path} has the same title: {title:?}");
    }
}

/// A person who speaks to a browser says what they see: the name of a control holds its text (WCAG 2.5.3).
async fn what_is_said_aloud_begins_with_what_is_seen(app: TestApp) {
    for (path, answer) in Box::pin(all_pages(&app)).await {
        for tag in ["a", "button"] {
            for control in answer.body.split(&format!("<{tag} ")).skip(1) {
                let Some((attributes, rest)) = control.split_once('>') else { continue };
                let name = attributes.split("aria-label=\"").nth(1).and_then(|rest| rest.split('"').next());
                let text = rest.split(&format!("</{tag}>")).next().unwrap_or_default();
                let seen: String = text.split('<').filter_map(|part| part.split('>').next_back()).collect();
                let seen = seen.trim().to_lowercase();
                if let Some(name) = name.filter(|_| seen.chars().any(char::is_alphabetic)) {
                    assert!(name.to_lowercase().contains(&seen), "{path}: {name:?} does not hold {seen:?}");
                }
            }
        }
    }
}
