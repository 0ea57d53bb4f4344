//! Bad input of every kind to every function: an answer, and never a fault of ours.

use super::{Answer, BASE, TestApp, both_databases, encode, with};
use crate::tests::policy::{
    stage::{Cast, Stage, Who},
    table::{FUNCTIONS, PAGES},
};
use axum::http::Method;

both_databases!(
    no_value_of_any_field_is_a_fault_of_ours,
    no_body_is_a_fault_of_ours,
    no_path_is_a_fault_of_ours,
    bodies_have_a_size,
    what_is_too_long_is_told_and_not_lost,
    forms_have_few_fields,
);

/// Values that trip programs.
const ODD: &str = " |\0|a\0b|\r\n|'|\"|\\|%00|%|_|null|undefined|true|[]|{}|-1|0|9223372036854775808|1e999|NaN|@|a@b|\
    ../../etc/passwd|<script>|' OR 1=1 --|$1|\u{202e}|\u{feff}|👩‍🚀|é\u{301}|{{7*7}}|${7*7}|\
    00000000-0000-0000-0000-000000000000";

fn values() -> Vec<String> {
    let long = ["x".repeat(100_000), "ä".repeat(20_000), "a@b.".repeat(10_000), String::new()];
    ODD.split('|').map(ToOwned::to_owned).chain(long).collect()
}

#[track_caller]
fn is_answer(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {answer}");
    for told in ["SELECT ", "INSERT ", "sqlx", "panicked", "src/", ".rs:", "postgres", "sqlite", "/root/"] {
        assert!(!answer.body.contains(told), "{what} tells of {told:?}: {}", answer.body);
    }
}

async fn no_value_of_any_field_is_a_fault_of_ours(app: TestApp) {
    // Or most of it would only be told to come back later.
    let app = app.another(|config| config.rate_limits = 0).await;
    let cast = Cast::of(&app, "Smith").await;
    for function in FUNCTIONS {
        let stage = Stage::set(&cast, Who::Admin).await;
        let sample = (function.sample)(&stage);
        for field in 0..sample.len() {
            for value in values() {
                // A URL holds less than a body.
                let most = if function.method == "GET" { 8000 } else { usize::MAX };
                let mut fields = sample.clone();
                fields[field].1 = value.chars().take(most).collect();
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                // A copy, so that a person who signs out or in by this is the same for the next.
                let browser = app.browser_of(cast.caller(Who::Admin).id).await;
                let action = format!("/api/{}", function.path);
                let answer = if function.method == "GET" {
                    browser.get(&format!("{action}?{}", encode(&fields))).await
                } else {
                    browser.call(&action, &fields).await
                };
                let shown: String = value.chars().take(40).collect();
                is_answer(&answer, &format!("{action} with {}={shown:?}", fields[field].0));
            }
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Bodies that are no good forms, by what they say they are.
const BODIES: [(&str, &[u8]); 14] = [
    (FORM, b""),
    (FORM, b"&&&==&"),
    (FORM, b"email=a&email=b&org=a&org=b&name=x&name=y&token=1&token=2"),
    (FORM, b"email[]=a&org[0]=x&org[1]=y&name[a][b]=c&token[]="),
    (FORM, b"%"),
    (FORM, b"email=%zz&org=%"),
    (FORM, b"email=%ff%fe&org=%c3%28&name=%80"),
    (FORM, b"\xff\xfe\x00\x01"),
    (FORM, b"page=%2F%00&email=x"),
    (FORM, b"page=/../../x&org=x"),
    ("application/json", b"{\"org\":\"acme\"}"),
    ("text/plain", b"org=acme"),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=\"org\"\r\n\r\na\r\n--x--",
    ),
    ("", b"org=acme"),
];

async fn no_body_is_a_fault_of_ours(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    for function in FUNCTIONS.iter().filter(|function| function.method == "POST") {
        let browser = app.browser_of(cast.caller(Who::Admin).id).await;
        for (kind, body) in BODIES {
            for accept in ["text/html", "application/json", "*/*", "garbage;;;"] {
                let request = with(browser.copy().form(&format!("/api/{}", function.path)), "accept", accept);
                let answer = browser.copy().send(with(request, "content-type", kind), body).await;
                let sent = String::from_utf8_lossy(body);
                is_answer(&answer, &format!("{} with {kind} {sent:?} for {accept}", function.path));
            }
        }
    }
}

async fn no_path_is_a_fault_of_ours(app: TestApp) {
    let cast = Cast::of(&app, "Smith").await;
    let stage = Stage::set(&cast, Who::Admin).await;
    for page in PAGES.iter().filter(|page| page.path.contains('{')) {
        for path in odd_paths(page.path) {
            let answer = stage.browser.send(stage.browser.asks(Method::GET, &path), "").await;
            is_answer(&answer, &path);
            assert!(matches!(answer.status, 302 | 308 | 400 | 404 | 410 | 422), "{path}: {answer}");
        }
    }
    for page in PAGES.iter().filter(|page| page.is_view) {
        let there = (page.sample)(&stage);
        for query in ["q=%00", "actor=%00&target=%00", "before=%00", "after=%00&from=-1", "q=%ff", "kind=%00"]
        {
            let path = format!("{there}{}{query}", if there.contains('?') { '&' } else { '?' });
            is_answer(&stage.browser.get(&path).await, &path);
        }
    }
    let long = format!("/{}", "a".repeat(8000));
    stage.browser.get(&long).await.status(404);
}

/// The path with odd things in its place, and odd queries after it, as far as they are URLs at all.
fn odd_paths(path: &str) -> Vec<String> {
    let (start, rest) = path.split_once('{').unwrap();
    let rest = rest.split_once('}').unwrap().1;
    let odd = "%00 %ff %2f %2e%2e ..%2f.. % a%20b <script> %F0%9F%92%A9 ' A null".split(' ');
    let ends = [
        "",
        "?",
        "?x=%00",
        "?next=%00",
        "?after=%00",
        "?q=%00",
        "?before=%00&actor=%00",
        "?page=1&page=2",
        "/",
    ];
    let paths = odd.flat_map(|part| ends.map(|end| format!("{start}{part}{rest}{end}")));
    paths.filter(|path| path.parse::<axum::http::Uri>().is_ok()).collect()
}

async fn bodies_have_a_size(app: TestApp) {
    let (ana, big) = (app.somebody("Ana").await, format!("emails={}", "x".repeat(300 * 1024)));
    for accept in ["text/html", "application/json"] {
        let request = with(ana.form("/api/invitations/invite"), "accept", accept);
        ana.send(request, big.clone()).await.status(413);
        // A body that says nothing of its size is cut off as well.
        let chunks = futures_util::stream::iter((0..400).map(|_| Ok::<_, std::io::Error>("x".repeat(1024))));
        let request = with(ana.form("/api/invitations/invite"), "accept", accept);
        ana.send(request, axum::body::Body::from_stream(chunks)).await.status(413);
    }
    let under = format!("org=ana&role=viewer&emails={}", "x".repeat(200 * 1024));
    let request = with(ana.form("/api/invitations/invite"), "accept", "application/json");
    ana.send(request, under).await.status(422);
}

async fn what_is_too_long_is_told_and_not_lost(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.org("Acme", &ana).await;
    let says = "This form can hold at most 256 KiB of text. Nothing was saved.";
    let long = "x".repeat(300 * 1024);
    let page = ("page", "/acme/prompts/new");
    let fields = [page, ("org", "acme"), ("name", &*long), ("kind", "chat")];
    let in_place = with(ana.form("/api/prompts/create"), "x-in-place", "1");
    for form in [ana.form("/api/prompts/create"), in_place] {
        ana.send_only(form, encode(&fields)).await.status(413).says(says).says(&long);
    }
    // More than that is not read, and neither is so much of a stranger.
    let longer = "x".repeat(600 * 1024);
    let fields = [page, ("org", "acme"), ("name", &*longer), ("kind", "chat")];
    let plain = ana.post("/api/prompts/create", &fields).await.status(413).hides("xxx");
    plain.says(says).says("Go back").has("content-type", "text/html; charset=utf-8");
    app.browser().post("/api/accounts/sign_up", &[("name", &*long)]).await.status(413).says(says);
    let huge = with(ana.form("/api/imports/create"), "content-length", "20000000");
    ana.send_only(huge, "").await.status(413).says("A form with files can hold at most 10 MiB in total.");
}

async fn forms_have_few_fields(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let many = (0..10_000).map(|n| format!("f{n}=x")).collect::<Vec<_>>().join("&");
    for accept in ["text/html", "application/json"] {
        for function in ["invitations/invite", "accounts/sign_in"] {
            let request = with(ana.form(&format!("/api/{function}")), "accept", accept);
            let answer = ana.copy().send(request, many.clone()).await;
            assert!(matches!(answer.status, 413 | 422), "{accept}: {answer}");
        }
    }
    let referred = with(ana.form("/api/organizations/create"), "referer", &format!("{BASE}/new"));
    ana.send(referred, "name=&slug=").await.status(422).says("Enter a name.");
}
