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
kept = {}  # path -> (etag, prompt)

def prompt(path):
    etag, last = kept.get(path, (None, None))
    headers = AUTH | ({"If-None-Match": etag} if etag else {})
    url = f"{BASE}/prompts/{urllib.parse.quote(path, safe='')}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=2) as answer:
            kept[path] = (answer.headers["ETag"], json.load(answer))
    except urllib.error.HTTPError as error:
        if error.code == 404:  # It was undeployed.
            kept.pop(path, None)
        if error.code != 304 and not (last and (error.code == 429 or error.code >= 500)):
            raise
    except OSError:
        if not last:  # Write kept to a file, or ship prompts with the program, to start without the studio.
            raise
    return kept[path][1]

def fill(prompt, **values):  # With the engine "plain"; for "jinja", POST the values to /render.
    taken = {}
    for one in prompt["variables"]:
        name = one.get("same_as", one["name"])
        if one["required"] and name not in values:
            raise KeyError(name)
        taken[one["name"]] = values.get(name, one.get("default", ""))
    def write(it):
        name, *fields = (it[2] or "").split(".")
        if name not in taken:
            return it[1] or it[0]
        value = taken[name]
        for field in fields:
            value = value[field]
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    put = lambda text: re.sub(r"\\(\{\{|\[\[)|\{\{\s*([\w.]+)\s*\}\}", write, text)
    if "text" in prompt:
        return put(prompt["text"])
    return [said for one in prompt["messages"] for said in (
        values[one["name"]] if one["role"] == "placeholder" else [one | {"content": put(one["content"])}])]

def listen():  # Keeps what was fetched up to date; then prompt() need not ask each time.
    last = None
    while True:
        try:
            headers = AUTH | ({"Last-Event-ID": last} if last else {})
            with urllib.request.urlopen(urllib.request.Request(BASE + "/events", headers=headers), timeout=60) as stream:
                for path in list(kept):
                    prompt(path)
                for line in stream:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        last = value
                    elif name == "data":
                        for path in [json.loads(value).get("path")] if "path" in value else list(kept):
                            if path in kept:
                                prompt(path)
        except OSError:
            pass
        time.sleep(1)

threading.Thread(target=listen, daemon=True).start()"#;

const TYPESCRIPT: &str = r"const base = 'https://studio.example.com/api/v1';
const auth = { Authorization: `Bearer ${process.env.PROMPT_STUDIO_KEY}` };
const kept = new Map<string, { etag: string; prompt: any }>();

export async function prompt(path: string) {
  const last = kept.get(path);
  const headers = last ? { ...auth, 'If-None-Match': last.etag } : auth;
  const url = `${base}/prompts/${encodeURIComponent(path)}`;
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(2000) }).catch(() => null);
  if (answer?.status === 404) kept.delete(path); // It was undeployed.
  if (answer?.ok) {
    kept.set(path, { etag: answer.headers.get('ETag')!, prompt: await answer.json() });
  } else if (!last || (answer && ![304, 429].includes(answer.status) && answer.status < 500)) {
    throw new Error(answer ? (await answer.json()).detail : 'The studio cannot be reached.');
  }
  return kept.get(path)!.prompt;
}

// With the engine 'plain'; for 'jinja', POST the values to /render.
export function fill(prompt: any, values: Record<string, any>): any {
  const taken = new Map<string, any>();
  for (const { name, same_as = name, required, default: otherwise = '' } of prompt.variables) {
    if (required && !(same_as in values)) throw new Error(`${same_as} needs a value.`);
    taken.set(name, values[same_as] ?? otherwise);
  }
  const found = /\\(\{\{|\[\[)|\{\{\s*([\p{L}\p{N}_.]+)\s*\}\}/gu;
  const put = (text: string) => text.replace(found, (all: string, sign?: string, dotted = '') => {
    const [name, ...fields] = dotted.split('.');
    if (!taken.has(name)) return sign ?? all;
    const value = fields.reduce((value: any, field: string) => value[field], taken.get(name));
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  if ('text' in prompt) return put(prompt.text);
  return prompt.messages.flatMap((one: any) =>
    one.role === 'placeholder' ? values[one.name] : [{ ...one, content: put(one.content) }]);
}

// Keeps what was fetched up to date; then prompt() need not ask each time.
export async function listen() {
  const again = (paths: Iterable<string>) => Promise.allSettled([...paths].map((path) => prompt(path)));
  for (let last = ''; ; await new Promise((done) => setTimeout(done, 1000))) {
    const headers: Record<string, string> = last ? { ...auth, 'Last-Event-ID': last } : auth;
    const stream = await fetch(`${base}/events`, { headers }).catch(() => null);
    if (!stream?.ok) continue;
    await again(kept.keys());
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of stream.body as any) {
        const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block);
          const path = data && JSON.parse(data[1]!).path;
          if (data) await again(path ? [path].filter((path) => kept.has(path)) : kept.keys());
          last = /^id: (.*)$/m.exec(block)?.[1] ?? last;
        }
      }
    } catch {} // It was cut off.
  }
}";

const TOPICS: [(&str, &str); 7] = [
    (
        "Keys",
        "An Admin makes a key in the settings of the workspace, under API keys. Send it as “Authorization: Bearer ps_…”. It names the workspace, so paths need not; the same paths are also below /api/v1/organizations/{slug}. A key does what its scopes say, in the environments and folders it is limited to, and nothing else. A revoked key is refused from the moment the revocation is answered.",
    ),
    (
        "Fetching",
        "A prompt is named by its id, which stays, or by its path, percent-encoded as one segment. Unless you say otherwise you get what is deployed to production, with the prompts that it refers to put in. variables tells each name that is left in the text, whether it must have a value, and its default; where one has same_as, it takes the value you have for that name, or else its own default. To have values put in for you, POST them to …/render. Answers carry a strong ETag: send it back as If-None-Match and the answer is 304 until something changes. A version by id with resolve=false never changes and may be kept for good.",
    ),
    (
        "Pages",
        "Lists answer with data and next_cursor. Send next_cursor as cursor for the next page; it is null on the last. A page may hold less than limit, or nothing, where much is passed over. A cursor is not to be looked into. Environments and the usage come whole.",
    ),
    (
        "Sending twice",
        "A POST may carry an Idempotency-Key of your choice. Within a day the same request under it is carried out once, and answered as the first time with Idempotency-Replayed: true. Another request under it is refused. Where it was carried out but its answer was lost, the answer is 409. What only reads, such as …/render, needs no name, and of a key 10000 are kept at once.",
    ),
    (
        "Saving over others",
        "POST …/versions takes If-Match with the hash of the newest version you saw. If somebody saved a newer one, the answer is 412 and nothing is saved. With If-None-Match: * only a first version is saved.",
    ),
    (
        "Limits",
        "A studio may limit how often a key asks in a minute; then answers carry X-RateLimit-Limit, -Remaining and -Reset, and 429 carries Retry-After. Bodies have at most 1 MiB, imports 8 MiB. A request takes at most 30 seconds, and a key may listen to events 100 times at once.",
    ),
    (
        "Problems",
        "What goes wrong is answered as application/problem+json (RFC 9457). code tells programs what it is, errors names each field with what to do about it, and request_id finds the request in the studio's log.",
    ),
];

/// What holds for all operations, and examples.
pub(super) fn guide(base: &str) -> Html {
    let base = base.trim_end_matches('/');
    let topics = TOPICS.map(|(title, text)| view! { <dt>{title}</dt><dd>{text}</dd> });
    let example = |title: &'static str, code: &str| {
        let code = code.replace("https://studio.example.com", base);
        let title = (!title.is_empty()).then_some(view! { <h3>{title}</h3> });
        view! { {title}<pre><code>{code}</code></pre> }
    };
    view! {
        <p class="lead">
            "What services read and write with an API key, below "<code>{format!("{base}/api/v1")}</code>
            ". For programs: "<a href="/api/openapi.json">"OpenAPI 3.1"</a>"."
        </p>
        {example("", CURL)}
        <section aria-labelledby="guide">
            <h2 id="guide">"What holds everywhere"</h2>
            <dl>{topics.into_iter().collect_view()}</dl>
        </section>
        <section aria-labelledby="pattern">
            <h2 id="pattern">"A service that keeps working"</h2>
            <p>
                "Keep the last answer with its ETag, ask with it, and use it when the studio cannot be reached. A
                service that must not ask on each call listens to events and fetches what has changed; it fetches
                once when the stream opens, so nothing is missed in between."
            </p>
            {example("Python, with nothing but its library", PYTHON)}
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
            <h2 id="problems">"Problems"</h2>
            <table>
                <thead><tr><th scope="col">"Status"</th><th scope="col">"Code"</th><th scope="col">"When"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </section>
    }
    .bake()
}
