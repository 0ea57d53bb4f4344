//! What is measured: the organizations that are set up first, and the routes as data.
//!
//! Everything that depends on the server's paths and form fields is in this file and in `services`.

use anyhow::{Context, Result};
use hyper::Method;
use serde::Deserialize;

use crate::bench::client::{Call, Person};
use crate::bench::services;

/// Stands in a form for a number that no other request of the run carries.
pub(crate) const SERIAL: &str = "SERIAL";

const SIGN_IN: &str = "/api/accounts/sign_in";
const INVITE: &str = "/api/invitations/invite";
const SESSION: &str = "/dev/session";

/// A route and what it is compared with.
pub(crate) struct Route {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The request that is measured.
    pub(crate) call: Call,
    /// The request that is measured in turn with it.
    pub(crate) control: Call,
    /// What a crowd of so many sends all the while, when the route is measured and not when the control is.
    pub(crate) flood: Option<(Call, usize)>,
}

/// An organization as the server's seed makes it.
#[derive(Deserialize)]
pub(crate) struct Seeded {
    email: String,
    /// The password of its owner.
    pub(crate) password: String,
    /// Its place in URLs.
    pub(crate) slug: String,
}

/// Sets up the organizations and returns the routes to measure, those that change data last.
pub(crate) async fn prepare(address: &str) -> Result<(Vec<Route>, Vec<Work>)> {
    let (small, ana) = organization(address, 100).await?;
    let (large, ben) = organization(address, 1000).await?;
    let nobody = Person::arrive(address).await?;
    let credentials = [("email", &*small.email), ("password", &*small.password)];
    // Its members page is not measured, so the invitations change no other number.
    let (growing, eve) = organization(address, 1).await?;
    let (short, fay) = logged(address, 1000).await?;
    let (long, gus) = logged(address, 100_000).await?;
    let (stocked, hal) = seeded(address, "members=1&folders=1000&prompts=10000").await?;
    let mut hal = hal;
    let library = format!("/{}/prompts", stocked.slug);
    let deep = within(&mut hal, &library, 3).await?;
    let audit_log = |org: &Seeded| format!("/{}/settings/audit-log", org.slug);
    let members = format!("/{}/settings/members?size=100", small.slug);
    let wrong = [("email", &*large.email), ("password", "not the right one")];
    let invitation = format!("guest-{SERIAL}@example.com");
    let invite = [("org", &*growing.slug), ("email", &*invitation), ("role", "viewer")];
    let done = work(&mut hal, &stocked.slug).await?;
    let [fetch, known] = services::fetches(address).await?;
    let (fetched, endless) = (fetch.call.clone(), services::endless(address).await?);
    let routes = vec![
        fetch,
        known,
        page("library, 10k", &hal, &library),
        page("folder, 10k", &hal, &deep),
        page("search page, 10k", &hal, &format!("{library}/search?q=refund+legal")),
        page("session check", &ana, SESSION),
        page("members, 100", &ana, &format!("/{}/settings/members?size=100", small.slug)),
        page("members, 1000", &ben, &format!("/{}/settings/members?size=1000", large.slug)),
        // The same page of a longer log: against the one of the shorter log, not against its own bytes.
        Route {
            name: "audit log, 100k",
            call: gus.call(Method::GET, &audit_log(&long), &[]),
            control: fay.call(Method::GET, &audit_log(&short), &[]),
            flood: None,
        },
        Route {
            name: "audit log, by act",
            call: gus.call(Method::GET, &format!("{}?action=invitation.sent", audit_log(&long)), &[]),
            control: fay.call(Method::GET, &format!("{}?action=invitation.sent", audit_log(&short)), &[]),
            flood: None,
        },
        // A page while a crowd signs in, against the same page in peace.
        Route {
            name: "members, flooded",
            call: ana.call(Method::GET, &members, &[]),
            control: ana.call(Method::GET, &members, &[]),
            flood: Some((nobody.call(Method::POST, SIGN_IN, &wrong), 200)),
        },
        // The same, and a fetch, while a crowd previews templates that never end.
        Route {
            name: "members, templates",
            call: ana.call(Method::GET, &members, &[]),
            control: ana.call(Method::GET, &members, &[]),
            flood: Some((endless.clone(), 100)),
        },
        Route {
            name: "fetch, templates",
            call: fetched.clone(),
            control: fetched,
            flood: Some((endless, 100)),
        },
        form("sign in", &nobody, SIGN_IN, &credentials, &ana),
        form("invite", &eve, INVITE, &invite, &eve),
    ];
    Ok((routes, done))
}

/// What the server measured within itself.
#[derive(Deserialize)]
pub(crate) struct Work {
    /// What was done.
    pub(crate) what: String,
    /// How long it took, in microseconds: the median.
    pub(crate) p50_us: f64,
    /// The slowest of a hundred.
    pub(crate) p99_us: f64,
}

async fn work(person: &mut Person, slug: &str) -> Result<Vec<Work>> {
    let answer = person.post_form(&format!("/dev/work?org={slug}"), &[]).await?;
    serde_json::from_slice(&answer.body).context("cannot read what was measured")
}

/// The page of a folder so many levels down.
async fn within(person: &mut Person, library: &str, levels: usize) -> Result<String> {
    let (mut page, start) = (library.to_owned(), format!("href=\"{library}/folders/"));
    for _ in 0..levels {
        let html = String::from_utf8(person.get(&page).await?.body.to_vec())?;
        let contents = html.split_once("id=\"contents\"").context("the page has no contents")?.1;
        let rest = contents.split_once(&start).context("there is no folder in this one")?.1;
        let id = rest.split('"').next().unwrap_or_default();
        page = format!("{library}/folders/{id}");
    }
    Ok(page)
}

/// A page, compared with its own bytes.
fn page(name: &'static str, reader: &Person, path: &str) -> Route {
    Route { name, call: reader.call(Method::GET, path, &[]), control: control(reader, path), flood: None }
}

/// A form, compared with the session check of somebody signed in: a form has no bytes to give again.
fn form(
    name: &'static str,
    sender: &Person,
    path: &str,
    fields: &[(&str, &str)],
    signed_in: &Person,
) -> Route {
    Route {
        name,
        call: sender.call(Method::POST, path, fields),
        control: control(signed_in, SESSION),
        flood: None,
    }
}

fn control(person: &Person, path: &str) -> Call {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("like", path).finish();
    person.call(Method::GET, &format!("/dev/control?{query}"), &[])
}

/// A fresh organization of so many members, and its owner signed in.
pub(crate) async fn organization(address: &str, members: usize) -> Result<(Seeded, Person)> {
    seeded(address, &format!("members={members}")).await
}

/// One whose audit log has so many rows.
async fn logged(address: &str, rows: usize) -> Result<(Seeded, Person)> {
    seeded(address, &format!("members=1&audit={rows}")).await
}

/// One as the server's seed is asked for it.
pub(crate) async fn seeded(address: &str, of: &str) -> Result<(Seeded, Person)> {
    let mut owner = Person::arrive(address).await?;
    let answer = owner.post_form(&format!("/dev/seed?{of}"), &[]).await?;
    let seeded: Seeded =
        serde_json::from_slice(&answer.body).context("cannot read what the seed answered")?;
    sign_in(&mut owner, &seeded.email, &seeded.password).await?;
    owner.get(SESSION).await.context("signing in gave no session")?;
    Ok((seeded, owner))
}

/// Signs in through the form.
async fn sign_in(person: &mut Person, email: &str, password: &str) -> Result<()> {
    person.post_form(SIGN_IN, &[("email", email), ("password", password)]).await.map(drop)
}
