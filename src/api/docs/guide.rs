//! What holds for the whole API, and how a service is best written.

use super::prose;
use crate::{
    api::problem::Code,
    ui::{Bake, Html},
};
use leptos::prelude::*;

const CURL: &str = r#"curl "https://studio.example.com/api/v1/prompts/Support%2FTriage" \
  --header "Authorization: Bearer $PROMPT_STUDIO_KEY""#;

const PYTHON: &str = r#"import json, os, re, threading, time, urllib.error, urllib.parse, urllib.request

BASE = "https://studio.example.com/api/v1"
AUTH = {"Authorization": "Bearer " + os.environ["PROMPT_STUDIO_KEY"]}
cache = {}  # path -> (etag, prompt)

def prompt(path):
    etag, cached = cache.get(path, (None, None))
    headers = AUTH | ({"If-None-Match": etag} if etag else {})
    url = f"{BASE}/prompts/{urllib.parse.quote(path, safe='')}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=2) as response:
            cache[path] = (response.headers["ETag"], json.load(response))
    except urllib.error.HTTPError as error:
        if error.code == 404:  # It was undeployed.
            cache.pop(path, None)
        if error.code != 304 and not (cached and (error.code == 429 or error.code >= 500)):
            raise
    except OSError:
        if not cached:  # To start while the server is down, save the cache to a file or ship prompts with your code.
            raise
    return cache[path][1]

def fill(prompt, **values):  # For the engine "plain". For "jinja", POST the values to /render.
    inputs = {}
    for variable in prompt["variables"]:
        name = variable.get("same_as", variable["name"])
        if variable["required"] and name not in values:
            raise KeyError(name)
        inputs[variable["name"]] = values.get(name, variable.get("default", ""))
    def replace(match):
        name, *fields = (match[2] or "").split(".")
        if name not in inputs:
            return match[1] or match[0]
        value = inputs[name]
        for field in fields:
            value = value[field]
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    insert = lambda text: re.sub(r"\\(\{\{|\[\[)|\{\{\s*([\w.]+)\s*\}\}", replace, text)
    if "text" in prompt:
        return insert(prompt["text"])
    messages = []
    for message in prompt["messages"]:
        if message["role"] == "placeholder":
            messages += values[message["name"]]
        else:
            messages.append(message | {"content": insert(message["content"])})
    return messages

def listen():  # Keeps the cache up to date, so you can read it instead of calling prompt() each time.
    last = None
    while True:
        try:
            headers = AUTH | ({"Last-Event-ID": last} if last else {})
            with urllib.request.urlopen(urllib.request.Request(BASE + "/events", headers=headers), timeout=60) as stream:
                for path in list(cache):
                    prompt(path)
                for line in stream:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        last = value
                    elif name == "data":
                        for path in [json.loads(value).get("path")] if "path" in value else list(cache):
                            if path in cache:
                                prompt(path)
        except OSError:
            pass
        time.sleep(1)

threading.Thread(target=listen, daemon=True).start()"#;

const TYPESCRIPT: &str = r"const base = 'https://studio.example.com/api/v1';
const auth = { Authorization: `Bearer ${process.env.PROMPT_STUDIO_KEY}` };
const cache = new Map<string, { etag: string; prompt: any }>();

export async function prompt(path: string) {
  const cached = cache.get(path);
  const headers = cached ? { ...auth, 'If-None-Match': cached.etag } : auth;
  const url = `${base}/prompts/${encodeURIComponent(path)}`;
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(2000) }).catch(() => null);
  if (response?.status === 404) cache.delete(path); // It was undeployed.
  if (response?.ok) {
    cache.set(path, { etag: response.headers.get('ETag')!, prompt: await response.json() });
  } else if (!cached || (response && ![304, 429].includes(response.status) && response.status < 500)) {
    throw new Error(response ? (await response.json()).detail : 'The server is unreachable.');
  }
  return cache.get(path)!.prompt;
}

// For the engine 'plain'. For 'jinja', POST the values to /render.
export function fill(prompt: any, values: Record<string, any>): any {
  const inputs = new Map<string, any>();
  for (const { name, same_as = name, required, default: fallback = '' } of prompt.variables) {
    if (required && !(same_as in values)) throw new Error(`Missing value: ${same_as}`);
    inputs.set(name, values[same_as] ?? fallback);
  }
  const pattern = /\\(\{\{|\[\[)|\{\{\s*([\p{L}\p{N}_.]+)\s*\}\}/gu;
  const insert = (text: string) => text.replace(pattern, (match: string, escaped?: string, dotted = '') => {
    const [name, ...fields] = dotted.split('.');
    if (!inputs.has(name)) return escaped ?? match;
    const value = fields.reduce((value: any, field: string) => value[field], inputs.get(name));
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  if ('text' in prompt) return insert(prompt.text);
  return prompt.messages.flatMap((message: any) =>
    message.role === 'placeholder' ? values[message.name] : [{ ...message, content: insert(message.content) }]);
}

// Keeps the cache up to date, so you can read it instead of calling prompt() each time.
export async function listen() {
  const refresh = (paths: Iterable<string>) => Promise.allSettled([...paths].map((path) => prompt(path)));
  for (let last = ''; ; await new Promise((done) => setTimeout(done, 1000))) {
    const headers: Record<string, string> = last ? { ...auth, 'Last-Event-ID': last } : auth;
    const stream = await fetch(`${base}/events`, { headers }).catch(() => null);
    if (!stream?.ok) continue;
    await refresh(cache.keys());
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of stream.body as any) {
        const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block);
          const path = data && JSON.parse(data[1]!).path;
          if (data) await refresh(path ? [path].filter((path) => cache.has(path)) : cache.keys());
          last = /^id: (.*)$/m.exec(block)?.[1] ?? last;
        }
      }
    } catch {} // The connection was lost.
  }
}";

const TOPICS: [(&str, &str); 7] = [
    (
        "Keys",
        "Owners and Admins create keys under Settings, API keys. Send the key as “Authorization: Bearer ps_…”. A key belongs to one organization, so paths don't need to name it; the same paths also work below /api/v1/organizations/{slug}. A key can do only what its scopes allow, in the environments and folders it is limited to; everything else is answered as if it didn't exist. A revoked key stops working as soon as the revocation is confirmed.",
    ),
    (
        "Fetching",
        "Refer to a prompt by its ID, which never changes, or by its path, percent-encoded as one segment (Support%2FTriage). By default you get the version deployed to production, with the prompts it includes already inserted, and the path, name, description and tags it had when it was deployed. In a protected environment a path leads only to what was deployed there: after a prompt is renamed or moved, use its old path or its ID until it is deployed again. variables lists each variable left in the text, whether it is required, and its default. If a variable has same_as, use your value for that name, or else its own default. To let the server insert the values, POST them to …/render. Responses have a strong ETag: send it as If-None-Match, and the response is 304 until something changes. A version fetched by its number, from a prompt by its ID and with resolve=false, never changes and can be cached forever.",
    ),
    (
        "Pagination",
        "Lists return data and next_cursor. Send next_cursor as cursor to get the next page; it is null on the last page. A page can have fewer items than limit, or none, even if more pages follow. Treat cursors as opaque. Environments and usage are not paginated.",
    ),
    (
        "Idempotency",
        "Send an Idempotency-Key of your choice with a POST. For 24 hours, repeating the same request with that key returns the first response again, with Idempotency-Replayed: true. A different request with the same key is refused. If the request was carried out but its response was lost, the response is 409. Requests that only read, such as …/render, don't need one. Up to 10,000 are kept per API key.",
    ),
    (
        "Concurrent changes",
        "Send If-Match with POST …/versions, with the hash of the latest version you know. If someone saved a newer version, the response is 412 and nothing is saved. With If-None-Match: * only the first version is saved.",
    ),
    (
        "Limits",
        "The server may limit requests per minute for each key. Responses then have X-RateLimit-Limit, -Remaining and -Reset, and 429 responses have Retry-After. Request bodies are limited to 1 MiB, imports to 8 MiB. Requests time out after 30 seconds. A key can have 100 event streams open at once, an organization 500.",
    ),
    (
        "Errors",
        "Errors are returned as application/problem+json (RFC 9457). code identifies the error for programs, errors lists each invalid field and how to fix it, and request_id identifies the request in the server's log.",
    ),
];

/// What holds for all operations, and examples.
pub(super) fn guide(base: &str) -> Html {
    let base = base.trim_end_matches('/');
    let topics = TOPICS.map(|(title, text)| view! { <dt>{title}</dt><dd>{text}</dd> });
    let example = |title: &'static str, code: &str| {
        let code = code.replace("https://studio.example.com", base);
        let title = (!title.is_empty()).then_some(view! { <h3>{title}</h3> });
        view! { {title}<pre tabindex="0">{code}</pre> }
    };
    view! {
        <p class="lead">
            "Services read and write prompts with an API key at "<code>{format!("{base}/api/v1")}</code>
            ". Machine-readable: "<a href="/api/openapi.json">"OpenAPI 3.1"</a>"."
        </p>
        {example("", CURL)}
        <section aria-labelledby="guide">
            <h2 id="guide">"Basics"</h2>
            <dl>{topics.into_iter().collect_view()}</dl>
        </section>
        <section aria-labelledby="pattern">
            <h2 id="pattern">"Keep working when the server is down"</h2>
            <p>
                "Cache the last response with its ETag, revalidate with the ETag, and use the cached response when the server
                is unreachable. To avoid a request for each use, listen to events and fetch what has changed. Fetch once
                when the stream opens, so you don't miss anything."
            </p>
            {example("Python, standard library only", PYTHON)}
            {example("TypeScript", TYPESCRIPT)}
        </section>
    }
    .bake()
}

/// What may go wrong; each has an anchor, to which the `type` of a problem leads.
pub(super) fn problems() -> Html {
    let rows = Code::ALL.iter().map(|code| {
        view! {
            <tr id=code.as_str()>
                <td>{code.status()}</td>
                <td><code>{code.as_str()}</code></td>
                <td>{prose(code.says())}</td>
            </tr>
        }
    });
    view! {
        <section aria-labelledby="problems">
            <h2 id="problems">"Errors"</h2>
            <table>
                <thead><tr><th scope="col">"Status"</th><th scope="col">"Code"</th><th scope="col">"Meaning"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .bake()
}
