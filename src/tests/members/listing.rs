//! The list: search, filter, order, pages.

use super::{Role, TestApp, acme, both_databases, encode};
use crate::tests::support::{Browser, Org, sql};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

both_databases!(
    people_are_found_by_parts_of_name_and_address,
    the_role_narrows_the_list,
    each_order_is_that_order,
    pages_hold_everybody_exactly_once,
    forged_cursors_and_orders_do_no_harm,
    nonsense_in_the_url_does_no_harm,
);

/// The addresses on a page, in order, and the URL of the next one.
async fn read(browser: &Browser, url: &str) -> (Vec<String>, Option<String>) {
    let answer = browser.get(url).await.status(200);
    let rows = answer.body.split("class=\"person-email\">").skip(1);
    let rows = rows.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    let next = answer.body.split("rel=\"next\" href=\"").nth(1).or_else(|| {
        let link = answer.body.split("rel=\"next\"").next()?;
        answer.body.contains("rel=\"next\"").then(|| link.rsplit("href=\"").next()).flatten()
    });
    (rows, next.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")))
}

async fn found(browser: &Browser, org: &Org, query: &[(&str, &str)]) -> Vec<String> {
    let rows = read(browser, &format!("{}?{}", org.page("settings/members"), encode(query))).await.0;
    rows.into_iter().map(|email| email.replace("@example.com", "")).collect()
}

async fn people_are_found_by_parts_of_name_and_address(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for name in ["Eve Percent", "Zoë Łukasz", "Bob"] {
        acme.has(name, Role::Editor).await;
    }
    app.execute("UPDATE users SET name = '100%_\\', email = 'a_b%c@example.com' WHERE name = 'Bob'").await;
    for (search, expected) in [
        ("eve", vec!["eve.percent"]),
        (" EVE  ", vec!["eve.percent"]),
        ("e p", vec!["eve.percent"]),
        (".percent@", vec!["eve.percent"]),
        ("%", vec!["a_b%c"]),
        ("_", vec!["a_b%c"]),
        ("\\", vec!["a_b%c"]),
        ("100%_\\", vec!["a_b%c"]),
        ("Łukasz", vec!["zoë.łukasz"]),
        ("Zoë Łukasz", vec!["zoë.łukasz"]),
        ("nobody", vec![]),
        ("' OR '1'='1", vec![]),
    ] {
        assert_eq!(found(&ana, &acme, &[("search", search)]).await, expected, "{search:?}");
    }
    let page = ana.get("/acme/settings/members?search=%22%3E%3Cscript%3E").await.status(200);
    page.says("value=\"&quot;&gt;&lt;script&gt;\"").hides("\"><script>").says("No people");
}

async fn the_role_narrows_the_list(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for (name, role) in
        [("Adam", Role::Admin), ("Eve", Role::Editor), ("Ed", Role::Editor), ("Vic", Role::Viewer)]
    {
        acme.has(name, role).await;
    }
    for (role, expected) in [
        ("owner", vec!["ana"]),
        ("admin", vec!["adam"]),
        ("editor", vec!["ed", "eve"]),
        ("viewer", vec!["vic"]),
        ("", vec!["adam", "ana", "ed", "eve", "vic"]),
        ("root", vec!["adam", "ana", "ed", "eve", "vic"]),
    ] {
        assert_eq!(found(&ana, &acme, &[("role", role)]).await, expected, "{role:?}");
    }
    assert_eq!(found(&ana, &acme, &[("role", "editor"), ("search", "ev")]).await, ["eve"]);
    ana.get("/acme/settings/members?role=editor").await.says("2 people").says("value=\"editor\" selected");
}

async fn each_order_is_that_order(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for (name, role) in [("ben", Role::Viewer), ("Cy", Role::Admin), ("Dan", Role::Editor)] {
        app.clock.advance(crate::time::Span::seconds(1));
        acme.has(name, role).await;
    }
    app.execute("UPDATE users SET email = 'z@example.com' WHERE name = 'Ana'").await;
    for (sort, expected) in [
        ("", ["z", "ben", "cy", "dan"]),
        ("name", ["z", "ben", "cy", "dan"]),
        ("email", ["ben", "cy", "dan", "z"]),
        ("role", ["z", "cy", "dan", "ben"]),
        ("joined", ["z", "ben", "cy", "dan"]),
        ("password_hash", ["z", "ben", "cy", "dan"]),
    ] {
        assert_eq!(found(&ana, &acme, &[("sort", sort)]).await, expected, "{sort:?}");
        let mut reversed = expected;
        reversed.reverse();
        assert_eq!(found(&ana, &acme, &[("sort", &format!("-{sort}"))]).await, reversed, "-{sort:?}");
    }
    ana.get("/acme/settings/members?sort=-role").await.says("aria-sort=\"descending\"");
}

/// Many members, with names, times and roles that tie.
async fn crowd(app: &TestApp, org: &Org) {
    for n in 0..57 {
        org.has(&format!("Person {n:02}"), Role::ALL[n % 4]).await;
    }
    app.execute("UPDATE users SET name = 'Same Name' WHERE email < 'person.40'").await;
    app.execute(sql("UPDATE members SET joined_at = joined_at - joined_at % 1000")).await;
}

async fn pages_hold_everybody_exactly_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    crowd(&app, &acme).await;
    for sort in ["name", "-name", "email", "-email", "role", "-role", "joined", "-joined"] {
        let first = format!("/acme/settings/members?sort={sort}&size=7");
        let (mut seen, mut url, mut pages) = (Vec::new(), Some(first), 0);
        while let Some(page) = url {
            let (rows, next) = read(&ana, &page).await;
            assert!(rows.len() <= 7 && !rows.is_empty(), "{page}");
            seen.extend(rows);
            (url, pages) = (next, pages + 1);
        }
        let whole = read(&ana, &format!("/acme/settings/members?sort={sort}&size=1000")).await.0;
        assert_eq!((whole.len(), pages), (58, 9), "{sort}");
        assert_eq!(seen, whole, "{sort}: the pages in a row are the list");
    }
    let (rows, next) = read(&ana, "/acme/settings/members?role=editor&size=10").await;
    assert_eq!(rows.len(), 10);
    assert_eq!(read(&ana, &next.unwrap()).await.0.len(), 4, "the filter goes on to the next page");
}

/// Cursors that no list hands out.
fn forged_cursors() -> Vec<String> {
    let nil = "00000000-0000-0000-0000-000000000000";
    let forged = [
        "null".to_owned(),
        "[1,2]".to_owned(),
        format!("[\"' OR 1=1 --\",\"{nil}\"]"),
        format!("[\"\\u0000\",\"{nil}\"]"),
        format!("[\"{}\",\"{nil}\"]", "z".repeat(5000)),
    ];
    forged
        .map(|json| URL_SAFE_NO_PAD.encode(json))
        .into_iter()
        .chain(["x".into(), "A".repeat(9000)])
        .collect()
}

async fn forged_cursors_and_orders_do_no_harm(app: TestApp) {
    let (ana, _) = acme(&app).await;
    for cursor in forged_cursors() {
        for sort in ["", "-joined", "role", "email; DROP TABLE users"] {
            let query = encode(&[("after", cursor.as_str()), ("sort", sort)]);
            ana.get(&format!("/acme/settings/members?{query}")).await.status(200).hides("ORDER BY");
        }
    }
}

async fn nonsense_in_the_url_does_no_harm(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let long = format!("search={}", "%C3%A4".repeat(3000));
    for query in
        "size=0 size=-1 size=99999999999999999999 size=x search=%00 search=a%00b role=%00 sort=%00 % %zz \
        search=%ff%fe search=1&search=2 &&& search[]=x =x"
            .split(' ')
            .chain([long.as_str()])
    {
        ana.get(&format!("/acme/settings/members?{query}")).await.status(200);
    }
}
