//! How a key is used, in three languages.

use crate::ui::{Bake, Html};
use leptos::prelude::*;

const CURL: &str = r#"curl --get "{base}/api/v1/prompts/Support%2FTriage" \
  --data-urlencode environment=production \
  --header "Authorization: Bearer $PROMPT_STUDIO_KEY""#;

const PYTHON: &str = r#"import os, urllib.parse, urllib.request, json

def prompt(path, environment="production"):
    url = "{base}/api/v1/prompts/" + urllib.parse.quote(path, safe="")
    request = urllib.request.Request(
        url + "?" + urllib.parse.urlencode({"environment": environment}),
        headers={"Authorization": "Bearer " + os.environ["PROMPT_STUDIO_KEY"]},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)

print(prompt("Support/Triage")["version"])"#;

const TYPESCRIPT: &str = r"async function prompt(path: string, environment = 'production') {
  const url = new URL(`/api/v1/prompts/${encodeURIComponent(path)}`, '{base}');
  url.searchParams.set('environment', environment);
  const headers = { Authorization: `Bearer ${process.env.PROMPT_STUDIO_KEY}` };
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer.json();
}

console.log((await prompt('Support/Triage')).version);";

/// The examples, for a studio at `base`.
pub(super) fn all(base: &str) -> Html {
    let base = base.trim_end_matches('/');
    let examples =
        [("curl", CURL), ("Python", PYTHON), ("TypeScript", TYPESCRIPT)].map(|(language, code)| {
            let code = code.replace("{base}", base);
            let (id, named) = (format!("example-{}", language.to_lowercase()), format!("{language} example"));
            let copies = format!("Copy {named}");
            view! {
                <div class="example-head">
                    <h3>{language}</h3>
                    <button class="button enhanced-only" data-size="small" type="button" data-copies=id.clone() aria-label=copies>"Copy"</button>
                </div>
                <pre class="example" id=id tabindex="0" role="region" aria-label=named>{code}</pre>
            }
        });
    view! {
        <section class="panel" aria-labelledby="examples-title">
            <header>
                <h2 id="examples-title">"Use this key"</h2>
                <p>
                    "Set the environment variable PROMPT_STUDIO_KEY to the key, and use the path of a deployed prompt. "
                    <a href="/api/docs">"Read the API reference"</a>" for everything else, including how to keep your service working when this server is unreachable."
                </p>
            </header>
            <div class="panel-body">{examples.into_iter().collect_view()}</div>
        </section>
    }
    .bake()
}
