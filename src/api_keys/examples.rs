//! How a key is used, in three languages.

use super::fetched::{Fetched, First};
use crate::{
    fields::Slug,
    paths,
    ui::{Bake, Html},
};
use leptos::prelude::*;
use serde_json::Value;

const CURL: &str = r#"curl --get "{base}/api/v1/prompts/{segment}" \
  --data-urlencode environment={environment} \
  --header "Authorization: Bearer $PROMPT_STUDIO_KEY""#;

const PYTHON: &str = r#"import os, urllib.parse, urllib.request, json

def prompt(path, environment="{environment}"):
    url = "{base}/api/v1/prompts/" + urllib.parse.quote(path, safe="")
    request = urllib.request.Request(
        url + "?" + urllib.parse.urlencode({"environment": environment}),
        headers={"Authorization": "Bearer " + os.environ["PROMPT_STUDIO_KEY"]},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)

print(prompt({path})["version"])"#;

const TYPESCRIPT: &str = r"async function prompt(path: string, environment = '{environment}') {
  const url = new URL(`/api/v1/prompts/${encodeURIComponent(path)}`, '{base}');
  url.searchParams.set('environment', environment);
  const headers = { Authorization: `Bearer ${process.env.PROMPT_STUDIO_KEY}` };
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error((await response.json()).detail);
  return response.json();
}

console.log((await prompt({path})).version);";

/// The examples, for a server at `base`; of a key that fetches nothing, where to read on.
pub(super) fn all(base: &str, org: &Slug, fetched: Option<&Fetched>) -> Html {
    let base = base.trim_end_matches('/');
    let examples = fetched.map(|fetched| {
        let all = [("curl", CURL), ("Python", PYTHON), ("TypeScript", TYPESCRIPT)];
        Vec::from(all.map(|(language, code)| example(language, filled(code, base, fetched))))
    });
    let first = fetched.and_then(|fetched| first(org, fetched.first));
    let says = match fetched {
        Some(Fetched { path, environment, .. }) => {
            format!(
                "Set the environment variable PROMPT_STUDIO_KEY to the key. The examples fetch {path} from {environment}. "
            )
        }
        None => "This key doesn't fetch prompts. ".to_owned(),
    };
    view! {
        <section class="panel" aria-labelledby="examples-title">
            <header>
                <h2 id="examples-title">"Use this key"</h2>
                <p>
                    {says}
                    <a href="/api/docs">"Read the API reference"</a>" for everything else, including how to keep your service working when this server is unreachable."
                </p>
            </header>
            <div class="panel-body">{first}{examples}</div>
        </section>
    }
    .bake()
}

/// What has to be done before the examples work.
fn first(org: &Slug, first: First) -> Option<Html> {
    let (url, act, then) = match first {
        First::Nothing => return None,
        First::Deploy => (paths::deployments(org), "Deploy a prompt", " first."),
        First::Create => (paths::new_prompt(org, None), "Create a prompt", " and deploy it first."),
    };
    let note = view! {
        <p class="note" data-kind="warning">"Nothing that this key can fetch is deployed yet. "<a href=url>{act}</a>{then}</p>
    };
    Some(note.bake())
}

/// An example with what it fetches: no path ends a text or command that it is in.
fn filled(code: &str, base: &str, Fetched { path, environment, .. }: &Fetched) -> String {
    let code = code.replace("{base}", base).replace("{environment}", environment);
    let code = code.replace("{segment}", &paths::segment(path));
    code.replace("{path}", &Value::from(path.as_str()).to_string())
}

fn example(language: &'static str, code: String) -> Html {
    let (id, named) = (format!("example-{}", language.to_lowercase()), format!("{language} example"));
    let copies = format!("Copy {named}");
    view! {
        <div class="example-head">
            <h3>{language}</h3>
            <button class="button enhanced-only" data-size="small" type="button" data-copies=id.clone() aria-label=copies>"Copy"</button>
        </div>
        <pre class="example" id=id tabindex="0" role="region" aria-label=named>{code}</pre>
    }
    .bake()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one() {
        let (path, environment) = ("A/\"$(x)`'; b".to_owned(), "eu-1".to_owned());
        let fetched = Fetched { path, environment, first: First::Nothing };
        let [curl, python, script] =
            [CURL, PYTHON, TYPESCRIPT].map(|code| filled(code, "http://x", &fetched));
        assert!(curl.contains("\"http://x/api/v1/prompts/A%2F%22%24%28x%29%60%27%3B%20b\""), "{curl}");
        assert!(curl.contains("environment=eu-1"), "{curl}");
        for code in [python, script] {
            assert!(code.contains("prompt(\"A/\\\"$(x)`'; b\")") && code.contains("eu-1"), "{code}");
        }
        for code in [CURL, PYTHON, TYPESCRIPT].map(|code| filled(code, "http://x", &fetched)) {
            assert!(
                !code.contains("{path}") && !code.contains("{segment}") && !code.contains("{base}"),
                "{code}"
            );
        }
    }
}
