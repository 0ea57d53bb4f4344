//! What services fetch, and the keys that they show.

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde::Deserialize;

use crate::bench::client::{Call, Connection, Person};
use crate::bench::load::follow;
use crate::bench::scenario::{Route, SERIAL, Seeded, organization, seeded};

/// An organization from which services fetch, and its owner.
pub(crate) struct Supplier {
    org: Seeded,
    owner: Person,
}

/// A key as it is shown once.
#[derive(Deserialize)]
pub(crate) struct Key {
    id: String,
    key: String,
}

impl Key {
    /// What it is shown as.
    pub(crate) fn text(&self) -> &str {
        &self.key
    }

    /// What a service asks with it.
    pub(crate) fn get(&self, path: &str) -> Call {
        let headers = vec![("authorization", format!("Bearer {}", self.key))];
        let (body, cookies) = (String::new(), String::new());
        Call { method: Method::GET, path: path.to_owned(), body, cookies, headers }
    }
}

impl Supplier {
    /// The path of the prompt that [`small`](Self::small) deploys.
    pub(crate) const HOT: &str = "/api/v1/prompts/Hot";

    /// One with a single prompt, of 2 kB, that is deployed.
    pub(crate) async fn small(address: &str) -> Result<Self> {
        let (seeded, mut owner) = organization(address, 1).await?;
        let org = &*seeded.slug;
        let made = [("org", org), ("folder", ""), ("name", "Hot"), ("kind", "text")];
        let made = owner.post_form("/api/prompts/create", &made).await?;
        let page = made.headers.get("location").context("no prompt was made")?.to_str()?;
        let prompt = page.rsplit('/').next().unwrap_or_default().to_owned();
        let text: String = (0..).map(|n| format!("Word {n} of {{{{ name }}}}. ")).take(90).collect();
        let draft = [("org", org), ("prompt", &prompt), ("revision", "1"), ("kind", "text"), ("text", &text)];
        owner.post_form("/api/prompts/save_draft", &draft).await?;
        let version =
            [("org", org), ("prompt", &prompt), ("revision", "2"), ("latest", "0"), ("message", "")];
        owner.post_form("/api/prompts/save_version", &version).await?;
        let environments = owner.get(&format!("/{org}/deployments/environments")).await?;
        let environments = String::from_utf8(environments.body.to_vec())?;
        let last =
            environments.rsplit_once("deployments/environments/").context("there is no environment")?.1;
        let environment = last.split('"').next().unwrap_or_default();
        let order = [("kind", "deploy"), ("version", "1"), ("seen", "0"), ("reason", "")];
        let place = [("org", org), ("environment", environment), ("prompt", &prompt)];
        owner.post_form("/api/deployments/deploy", &[&place[..], &order].concat()).await?;
        Ok(Self { org: seeded, owner })
    }

    /// One with so many prompts of 2 kB, all of them deployed.
    pub(crate) async fn large(address: &str, prompts: usize) -> Result<Self> {
        let of = format!("members=1&prompts={prompts}&bytes=2000&deployed=true");
        let (org, owner) = seeded(address, &of).await?;
        Ok(Self { org, owner })
    }

    /// The path of a prompt that [`large`](Self::large) deploys, by its number from nought.
    pub(crate) fn path(n: usize) -> String {
        format!("/api/v1/prompts/Prompt%20{n}")
    }

    /// The slug of the organization.
    pub(crate) fn slug(&self) -> &str {
        &self.org.slug
    }

    /// Makes a folder at the top.
    pub(crate) async fn make_folder(&mut self, name: &str) -> Result<()> {
        let folder = [("org", &*self.org.slug), ("parent", ""), ("name", name)];
        self.owner.post_form("/api/folders/create", &folder).await.map(drop)
    }

    /// Makes a key that reads.
    pub(crate) async fn make_key(&mut self) -> Result<Key> {
        self.make_key_of("runtime").await
    }

    /// Makes a key of a preset.
    pub(crate) async fn make_key_of(&mut self, preset: &str) -> Result<Key> {
        let Seeded { slug, password, .. } = &self.org;
        let key = [("org", &**slug), ("name", "Bench"), ("preset", preset), ("expires", "never")];
        let key = [&key[..], &[("password", password)]].concat();
        let made = self.owner.post_for_json("/api/api_keys/create", &key).await?;
        serde_json::from_slice(&made.body).context("no key was shown")
    }

    /// Takes a key back.
    pub(crate) async fn revoke(&mut self, key: &Key) -> Result<()> {
        let Seeded { slug, password, .. } = &self.org;
        let key = [("org", &**slug), ("key", &*key.id), ("password", password)];
        self.owner.post_for_json("/api/api_keys/revoke", &key).await.map(drop)
    }
}

/// The preview of a template that never ends, each time with another value.
pub(crate) async fn endless(address: &str) -> Result<Call> {
    let (seeded, mut owner) = organization(address, 1).await?;
    let org = &*seeded.slug;
    let made = [("org", org), ("folder", ""), ("name", "Endless"), ("kind", "text")];
    let made = owner.post_form("/api/prompts/create", &made).await?;
    let page = made.headers.get("location").context("no prompt was made")?.to_str()?;
    let prompt = page.rsplit('/').next().unwrap_or_default().to_owned();
    // Lists that hold themselves twice, sixty levels deep.
    let list = |name: &str| {
        format!("{{% set {name} = [x] %}}") + &format!("{{% set {name} = [{name}, {name}] %}}").repeat(60)
    };
    let text = format!("{}{}{{{{ a == b }}}}", list("a"), list("b"));
    let draft = [("org", org), ("prompt", &prompt), ("revision", "1"), ("kind", "text"), ("engine", "jinja")];
    owner.post_form("/api/prompts/save_draft", &[&draft[..], &[("text", &*text)]].concat()).await?;
    let preview = [("page", page), ("org", org), ("prompt", &*prompt), ("value-x", SERIAL)];
    let preview = owner.call(Method::POST, "/api/prompts/preview", &preview);
    let answer = follow(&mut Connection::open(address).await?, &preview).await?;
    let says = String::from_utf8_lossy(&answer.body).contains("takes too long");
    ensure!(says, "a template that never ends was answered with {}", answer.status);
    Ok(preview)
}

/// A deployed prompt of 2 kB as a service fetches it with its key, and the same when the service has it already:
/// against a request of the same headers that is answered with a word.
pub(crate) async fn fetches(address: &str) -> Result<[Route; 2]> {
    let key = Supplier::small(address).await?.make_key().await?;
    let (fetch, ping) = (key.get(Supplier::HOT), key.get("/ping"));
    let answer = Connection::open(address).await?.send(&fetch).await?;
    let etag = answer.headers.get("etag").context("what was fetched has no tag")?.to_str()?.to_owned();
    let knowing = |call: &Call| {
        let mut call = call.clone();
        call.headers.push(("if-none-match", etag.clone()));
        call
    };
    let known = Route { name: "fetch, known", call: knowing(&fetch), control: knowing(&ping), flood: None };
    Ok([Route { name: "fetch", call: fetch, control: ping, flood: None }, known])
}
