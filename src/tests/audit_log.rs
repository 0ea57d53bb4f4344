//! The audit log: one row for each act, never changed, read by those who may.

use super::support::{Answer, Org, PASSWORD, Person, TestApp, both_databases, encode};
use crate::{
    id::OrgId,
    role::Role,
    tenancy::{
        Scope,
        audit::{Action, Entry},
    },
    time::Span,
};
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

both_databases!(
    no_statement_changes_or_removes_a_row,
    each_act_is_one_row_with_all_there_is_to_tell,
    signing_in_is_told_to_the_workspaces_of_that_time,
    a_refusal_is_told_once,
    rows_hold_no_secret_and_no_address,
    it_speaks_of_people_and_not_of_ids,
    it_is_filtered_by_who_what_whom_and_when,
    an_empty_log_has_no_filters_to_clear,
    it_is_paged_without_gaps,
    a_page_ends_where_it_tells_much,
    of_what_was_refused_the_beginning_is_kept,
    forged_filters_and_cursors_find_nothing_of_others,
    it_is_exported_as_csv_and_json_lines,
    its_export_ends_with_the_right_to_it,
    hostile_names_stay_text_everywhere,
    members_are_exported_for_those_who_manage_them,
);

const LOG: &str = "/acme/settings/audit-log";

async fn acme(app: &TestApp) -> (Person, Org) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    (ana, acme)
}

async fn an_empty_log_has_no_filters_to_clear(app: TestApp) {
    let (ana, _) = acme(&app).await;
    ana.get(LOG).await.status(200).says("No entries yet").hides("Clear filters").hides("Enter full names.");
    let nothing = ana.get(&format!("{LOG}?actor=nobody")).await.status(200);
    nothing.says("No results").says("Clear filters").says("Enter full names.");
}

async fn no_statement_changes_or_removes_a_row(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    let before = app.rows("audit_log", "1 = 1").await;
    for statement in [
        "UPDATE audit_log SET action = 'x'",
        "UPDATE audit_log SET actor_id = NULL",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE org_id IS NOT NULL",
    ] {
        let error = app.try_execute(statement).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
    if app.database.kind == super::support::Kind::Postgres {
        assert!(app.try_execute("TRUNCATE audit_log").await.is_err());
    }
    assert_eq!(app.rows("audit_log", "1 = 1").await, before);
    assert!(!before.is_empty());
}

#[derive(sqlx::FromRow)]
struct Row {
    org_id: Option<OrgId>,
    actor_kind: String,
    actor_id: Option<uuid::Uuid>,
    actor_role: Option<String>,
    action: String,
    target_id: Option<uuid::Uuid>,
    ip: Option<String>,
    user_agent: String,
    request_id: String,
}

async fn log(app: &TestApp) -> Vec<Row> {
    let rows = app.outside_tenancy().query(
        "SELECT a.org_id, a.actor_kind, a.actor_id, a.actor_role, a.action, a.target_id, o.ip, o.user_agent, a.request_id
         FROM audit_log a JOIN audit_origins o ON o.audit_id = a.id ORDER BY a.id",
    );
    rows.all().await.unwrap()
}

async fn each_act_is_one_row_with_all_there_is_to_tell(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (eve, guest) = (acme.has("Eve", Role::Viewer).await, app.somebody("Guest").await);
    let token = acme.planted(&ana, &guest.email, Role::Editor).await.token;
    let there = ana.from("192.0.2.44");
    let there = Person { browser: there, ..ana.clone() };
    there.sets_role(&acme, &eve, Role::Editor).await.status(200);
    there.removes(&acme, &eve).await.status(200);
    guest.accepts(&token).await.status(200);
    guest.leaves(&acme).await.status(200);
    there.call("/api/organizations/update_settings", &[("org", "acme"), ("name", "Acme")]).await.status(200);
    there
        .call("/api/organizations/update_settings", &[("org", "acme"), ("name", "Acme 2")])
        .await
        .status(200);
    there.call("/api/organizations/delete", &[("org", "acme"), ("slug", "acme")]).await.status(200);
    there.call("/api/organizations/restore", &[("slug", "acme")]).await.status(200);
    let rows = log(&app).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.actor_id, row.actor_role.as_deref(), row.target_id))
        .collect();
    let (a, e, g) = (Some(ana.id.0), Some(eve.id.0), Some(guest.id.0));
    let invitation = Some(acme.invitation_of(&guest.email).await.0);
    let org = Some(acme.id.0);
    assert_eq!(
        told,
        [
            ("member.role_changed", a, Some("owner"), e),
            ("member.removed", a, Some("owner"), e),
            ("invitation.accepted", g, None, invitation),
            ("member.left", g, Some("editor"), g),
            ("organization.updated", a, Some("owner"), org),
            ("organization.deleted", a, Some("owner"), org),
            ("organization.restored", a, Some("owner"), org),
        ]
    );
    for row in rows {
        assert_eq!((row.org_id, row.actor_kind.as_str()), (Some(acme.id), "person"));
        assert!(row.request_id.len() == 36 && row.user_agent.is_empty(), "{}", row.request_id);
        assert_eq!(row.ip.as_deref() == Some("192.0.2.44"), row.actor_id == a);
    }
}

async fn signing_in_is_told_to_the_workspaces_of_that_time(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = app.somebody("Eve").await;
    app.browser().signs_in(&eve.email, PASSWORD).await.status(303);
    acme.admits(&eve, Role::Editor).await;
    ana.get(LOG).await.status(200).hides("signed in");
    app.browser().from("192.0.2.9").signs_in(&eve.email, PASSWORD).await.status(303);
    app.browser().from("198.51.100.1").signs_in(&eve.email, "wrong one").await.status(422);
    app.browser().signs_in("nobody@example.com", "wrong one").await.status(422);
    let page =
        ana.get(LOG).await.says("signed in").says("192.0.2.9").says("failed to sign in").says("198.51.100.1");
    assert_eq!(page.body.matches("failed to sign in").count(), 1, "{page}");
    // It stays when she goes, and her later ones are not told.
    ana.removes(&acme, &eve).await.status(200);
    app.browser().from("203.0.113.5").signs_in(&eve.email, PASSWORD).await.status(303);
    ana.get(LOG).await.says("192.0.2.9").hides("203.0.113.5");
    let all = log(&app).await;
    let count = |action: &str| all.iter().filter(|row| row.action == action).count();
    assert_eq!((count("account.signed_in"), count("account.sign_in_failed")), (3, 2));
    // Others read nothing of it.
    let ben = app.somebody("Ben").await;
    app.org("Bcme", &ben).await;
    ben.get("/bcme/settings/audit-log").await.status(200).says("No entries yet");
}

async fn a_refusal_is_told_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (vic, stranger) = (acme.has("Vic", Role::Viewer).await, app.somebody("Stranger").await);
    vic.get("/acme/settings/invitations").await.status(403);
    vic.invites(&acme, "x@example.com", Role::Viewer).await.status(403);
    let fields = [
        ("page", "/acme/settings/members"),
        ("org", "acme"),
        ("user", &vic.id.to_string()),
        ("role", "owner"),
    ];
    vic.post("/api/members/set_role", &fields).await.status(403);
    // What a role does not see is not refused, and who is no member has nothing there.
    vic.get("/acme").await.status(200);
    vic.get("/acme/settings/members").await.status(200);
    stranger.get("/acme/settings/invitations").await.status(404);
    app.writes_notes().await.unwrap();
    let refused: Vec<_> = log(&app).await.into_iter().filter(|row| row.action == "access.denied").collect();
    assert_eq!(refused.len(), 3);
    for row in &refused {
        assert_eq!(
            (row.org_id, row.actor_id, row.actor_role.as_deref()),
            (Some(acme.id), Some(vic.id.0), Some("viewer"))
        );
    }
    let page = ana.get(LOG).await.says("was denied access").says("tried to change a role");
    page.says(">/acme/settings/invitations<");
}

async fn rows_hold_no_secret_and_no_address(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, "secret.guest@example.com", Role::Viewer).await.status(200);
    let token = app.link_for("secret.guest@example.com", "/invite/").await;
    app.browser().joins(&token, "Guest").await.status(200);
    app.browser().signs_in(&ana.email, "wrong password").await.status(422);
    ana.call("/api/account/change_address", &[("email", "ana@new.example")]).await.status(200);
    let change = app.link_for("ana@new.example", "/account/address/").await;
    ana.call("/api/account/confirm_address", &[("token", &change)]).await.status(200);
    ana.call("/api/account/begin_two_factor", &[]).await.status(200);
    let rows = app.rows("audit_log", "1 = 1").await.join("\n");
    for told in ["@", "wrong password", PASSWORD, &token, &change, "$argon2"] {
        assert!(!rows.contains(told), "{told}: {rows}");
    }
    // The address of an invitation is looked up where it is shown.
    ana.get(LOG).await.says("secret.guest@example.com");
}

async fn it_speaks_of_people_and_not_of_ids(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let bo = acme.has("Bo", Role::Editor).await;
    let offer = [("org", "acme"), ("email", bo.email.as_str())];
    ana.call("/api/transfers/offer", &offer).await.status(200);
    bo.call("/api/transfers/accept", &[("org", "acme")]).await.status(200);
    let page = bo.get(LOG).await.status(200);
    // What stands between the tags is what people read.
    let read: String =
        page.body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    let ids = read.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|word| word.len() >= 32);
    assert_eq!(ids.collect::<Vec<_>>(), Vec::<&str>::new(), "{page}");
    for code in ["member.role_changed", "account.two_factor_on", "transfer.accepted"] {
        assert!(!read.contains(code), "{code}: {read}");
    }
    page.says("Changed the role of…").says("over the").says(">Ana<");
    // One who was picked from a row is named, and stays picked.
    let page = bo.get(&format!("{LOG}?actor={}", ana.id)).await.status(200);
    let picked = format!("type=\"hidden\" name=\"actor\" value=\"{}\"", ana.id);
    page.says(&picked).says("<strong>Ana</strong>").hides("took");
}

async fn rows_of(person: &Person, filter: &[(&str, &str)]) -> Answer {
    person.get(&format!("{LOG}?{}", encode(filter))).await.status(200)
}

fn lines(page: &Answer) -> usize {
    page.body.matches("data-label=\"When\"").count()
}

async fn it_is_filtered_by_who_what_whom_and_when(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, eve) = (acme.has("Adam Smith", Role::Admin).await, acme.has("Eve", Role::Viewer).await);
    adam.sets_role(&acme, &eve, Role::Editor).await.status(200);
    ana.sets_role(&acme, &eve, Role::Viewer).await.status(200);
    ana.invites(&acme, "x@example.com", Role::Viewer).await.status(200);
    app.clock.advance(Span::days(2));
    let ana = Person { browser: app.browser_of(ana.id).await, ..ana };
    ana.removes(&acme, &eve).await.status(200);
    let day = |ago: i64| crate::ui::rfc3339(app.clock.now() - Span::days(ago))[..10].to_owned();
    assert_eq!(lines(&rows_of(&ana, &[]).await), 4);
    for (filter, n) in [
        (vec![("actor", "adam smith")], 1),
        (vec![("actor", adam.email.as_str())], 1),
        (vec![("actor", "ana")], 3),
        (vec![("actor", "nobody at all")], 0),
        (vec![("action", "member.role_changed")], 2),
        (vec![("action", "member.role_changed"), ("actor", "Ana")], 1),
        (vec![("target", "Eve")], 3),
        (vec![("target", &eve.id.to_string()), ("action", "member.removed")], 1),
        (vec![("target", "x@example.com")], 1),
        (vec![("target", "nobody@example.com")], 0),
        (vec![("from", &day(0))], 1),
        (vec![("to", &day(1))], 3),
        (vec![("from", &day(5)), ("to", &day(3))], 0),
        // What makes no sense is passed over.
        (vec![("action", "x"), ("from", "yesterday"), ("after", "x")], 4),
    ] {
        let page = rows_of(&ana, &filter).await;
        assert_eq!(lines(&page), n, "{filter:?}: {page}");
    }
    // Two of one name: neither is guessed.
    acme.has("Twin", Role::Viewer).await;
    app.execute("UPDATE users SET name = 'Twin' WHERE name = 'Adam Smith'").await;
    assert_eq!(lines(&rows_of(&ana, &[("actor", "twin")]).await), 0);
}

/// Where the link to the next page leads.
fn next_page(page: &Answer) -> Option<String> {
    let link = page
        .body
        .split("<a ")
        .find(|link| link.split('>').next().is_some_and(|tag| tag.contains("rel=\"next\"")))?;
    let url = link.split("href=\"").nth(1)?.split('"').next()?;
    Some(url.replace("&amp;", "&"))
}

async fn it_is_paged_without_gaps(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    for n in 0..60 {
        let role = if n % 2 == 0 { Role::Editor } else { Role::Viewer };
        ana.sets_role(&acme, &eve, role).await.status(200);
        if n % 3 == 0 {
            app.browser().signs_in(&eve.email, PASSWORD).await.status(303);
        }
    }
    let (mut url, mut pages, mut seen) = (LOG.to_owned(), 0, 0);
    while let Some(next) = {
        let page = ana.get(&url).await.status(200);
        (pages, seen) = (pages + 1, seen + lines(&page));
        next_page(&page)
    } {
        assert!(pages < 10, "it never ends: {next}");
        url = next;
    }
    assert_eq!((pages, seen), (2, 80));
}

async fn a_page_ends_where_it_tells_much(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    // Three fit; the last is too large for any page.
    for (n, length) in [1_200_000, 300_000, 300_000, 300_000, 300_000, 300_000].into_iter().enumerate() {
        app.clock.advance(Span::seconds(1));
        let details = json!({ "after": { "n": n, "text": "x".repeat(length) } });
        scope.note(Entry::new(Action::SettingsChanged, None).details(details)).await.unwrap();
    }
    let (mut url, mut seen) = (LOG.to_owned(), Vec::new());
    let last = loop {
        let page = ana.get(&url).await.status(200);
        assert!(page.body.len() < 200_000, "values are cut: {}", page.body.len());
        seen.push(lines(&page));
        match next_page(&page) {
            Some(next) if seen.len() < 10 => url = next,
            _ => break page,
        }
    };
    // What is too large alone may be followed by a page of nothing.
    assert_eq!(seen, [3, 2, 1, 0], "{last}");
}

async fn of_what_was_refused_the_beginning_is_kept(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (_, key) = acme.has_key("read:prompts").await;
    let key = app.shown(key.as_str()).await.unwrap();
    let scope = Scope::of_key(&app, Arc::default(), key).await.unwrap();
    app.web().note_refusal(&scope, &format!("GET /api/v1/{}", "x".repeat(100_000)));
    app.writes_notes().await.unwrap();
    let kept = "SELECT CAST(length(CAST(details AS TEXT)) AS BIGINT) FROM audit_log
                WHERE org_id = $1 AND action = 'access.denied'";
    assert!((200..220).contains(&acme.count(kept).await));
    ana.get(LOG).await.status(200).says("GET /api/v1/xxx").hides(&"x".repeat(200));
}

async fn forged_filters_and_cursors_find_nothing_of_others(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let ben = app.somebody("Ben").await;
    let other = app.org("Other", &ben).await;
    let eve = other.has("Eve Elsewhere", Role::Viewer).await;
    ben.sets_role(&other, &eve, Role::Editor).await.status(200);
    ben.invites(&other, "theirs@example.com", Role::Viewer).await.status(200);
    let theirs = log(&app).await.into_iter().find(|row| row.org_id == Some(other.id)).unwrap();
    let id = |id: Option<uuid::Uuid>| id.unwrap().to_string();
    for filter in [
        [("actor", ben.id.to_string())],
        [("actor", "Ben".into())],
        [("actor", ben.email.clone())],
        [("target", id(theirs.target_id))],
        [("target", "Eve Elsewhere".into())],
        [("after", "ffffffff-ffff-ffff-ffff-ffffffffffff".into())],
        [("after", "' OR 1=1 --".into())],
        [("actor", "%".into())],
        [("actor", "' OR '1'='1".into())],
        [("from", "0001-01-01".into())],
        [("to", "9999-12-31".into())],
    ] {
        let filter: Vec<_> = filter.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for ending in ["", ".csv", ".jsonl"] {
            let answer = ana.get(&format!("{LOG}{ending}?{}", encode(&filter))).await.status(200);
            // Their own exports are all that there is to see.
            let answer = answer.hides("theirs@example.com").hides(">changed the role of").hides(">invited");
            assert!(ending.is_empty() || !answer.body.contains("member."), "{filter:?}: {answer}");
        }
    }
    assert_eq!(acme.owners().await, 1);
}

async fn it_is_exported_as_csv_and_json_lines(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Viewer).await;
    let limitless = app.another(|config| config.rate_limits = 0).await;
    let many = Person { browser: ana.at(&limitless), ..ana.clone() };
    for n in 0..520 {
        let role = if n % 2 == 0 { Role::Editor } else { Role::Viewer };
        many.sets_role(&acme, &eve, role).await.status(200);
    }
    let csv = ana.get(&format!("{LOG}.csv")).await.status(200).has("content-type", "text/csv; charset=utf-8");
    let csv = csv.has("content-disposition", "attachment; filename=\"acme-audit-log.csv\"");
    let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    // The export itself is told, and is the first.
    assert_eq!(rows.len(), 521);
    assert_eq!((&rows[0][6], &rows[1][6]), ("audit_log.exported", "member.role_changed"));
    let ids: BTreeSet<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(ids.len(), 521);
    let lines = ana.get(&format!("{LOG}.jsonl?action=member.role_changed")).await.status(200);
    let rows: Vec<serde_json::Value> =
        lines.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 520);
    assert_eq!(
        rows[0]["details"],
        serde_json::json!({ "before": { "role": "editor" }, "after": { "role": "viewer" } })
    );
    assert_eq!(rows[0]["target"]["name"], "Eve");
    let times = rows.iter().map(|row| row["time"].as_str().unwrap());
    assert!(times.is_sorted_by(|a, b| a >= b), "the newest first");
}

async fn its_export_ends_with_the_right_to_it(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let vic = acme.has("Vic", Role::Admin).await;
    let scope = Scope::of_chore(&app, acme.id, "a test").await.unwrap();
    // So large that two of them are read at once.
    for n in 0..16 {
        let details = json!({ "after": { "n": n, "text": "x".repeat(200_000) } });
        scope.note(Entry::new(Action::SettingsChanged, None).details(details)).await.unwrap();
    }
    for ending in ["csv", "jsonl"] {
        let begin = async || {
            let answer = vic.open(vic.asks(Method::GET, &format!("{LOG}.{ending}")), "").await;
            assert_eq!(answer.status(), 200);
            let mut body = answer.into_body();
            body.frame().await.unwrap().unwrap();
            body
        };
        assert!(begin().await.collect().await.unwrap().to_bytes().len() > 3_000_000);
        let body = begin().await;
        app.execute("UPDATE members SET role = 'viewer' WHERE role = 'admin'").await;
        assert!(body.collect().await.is_err(), "{ending}");
        app.execute("UPDATE members SET role = 'admin' WHERE role = 'viewer'").await;
    }
}

async fn hostile_names_stay_text_everywhere(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let formula = "=HYPERLINK(\"evil\")";
    let eve = acme.has("Eve", Role::Viewer).await;
    for name in [formula, "+1", "@SUM(A1)", "<img src=x onerror=alert(1)>"] {
        eve.call("/api/account/rename", &[("name", name)]).await.status(200);
        ana.sets_role(&acme, &eve, Role::Editor).await.status(200);
        ana.sets_role(&acme, &eve, Role::Viewer).await.status(200);
        for path in [format!("{LOG}.csv"), "/acme/settings/members.csv".into()] {
            let csv = ana.get(&path).await.status(200);
            let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
            for cell in reader
                .records()
                .flat_map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect::<Vec<_>>())
            {
                assert!(!cell.starts_with(['=', '+', '@', '-', '\t']), "{path}: {cell}");
            }
        }
        ana.get(LOG).await.status(200).hides("<img src=x");
        let lines = ana.get(&format!("{LOG}.jsonl")).await.status(200);
        assert!(lines.body.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        assert!(lines.body.contains(&serde_json::to_string(name).unwrap()), "JSON keeps what it is");
    }
}

async fn members_are_exported_for_those_who_manage_them(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Editor).await;
    eve.call("/api/account/rename", &[("name", "Eve, the \"Second\"")]).await.status(200);
    eve.get("/acme").await.status(200);
    let csv = ana.get("/acme/settings/members.csv").await.status(200);
    let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[1][0], &rows[1][2]), ("Eve, the \"Second\"", "editor"));
    eve.get("/acme/settings/members.csv").await.status(403);
    let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'members.exported'";
    assert_eq!(acme.count(told).await, 1);
}
