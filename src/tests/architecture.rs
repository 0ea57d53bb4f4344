//! The shape of the house, read from the source: who may use whom, and what stays in one place.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The floor, which everything stands on; its parts may use each other.
const FLOOR: [&str; 9] = ["error", "fields", "id", "key_scope", "paths", "role", "slug", "text", "time"];

/// What stands on it, in order: each may use what comes before it.
const ORDER: [&str; 24] = [
    "templates",
    "browser",
    "server",
    "ui",
    "orgs",
    "environments",
    "prompts",
    "deployments",
    "library",
    "editor",
    "board",
    "api_keys",
    "members",
    "accounts",
    "invitations",
    "profile",
    "dashboard",
    "palette",
    "audit_log",
    "live",
    "mailbox",
    "api",
    "bench",
    "app",
];

/// Who may reach the database beyond the walls: for what belongs to no organization, and to find
/// the way into one.
const BEYOND_THE_WALLS: [&str; 20] = [
    "accounts/entrance.rs",
    "accounts/resets.rs",
    "accounts/sign_ups.rs",
    "accounts/store.rs",
    "accounts/two_factor.rs",
    "api/repeat.rs",
    "bench/routes.rs",
    "deployments/voiding.rs",
    "environments/purge.rs",
    "invitations/entry.rs",
    "library/trash/purge.rs",
    "orgs/closure.rs",
    "orgs/store.rs",
    "profile/address.rs",
    "profile/closure.rs",
    "profile/sessions.rs",
    "profile/store.rs",
    "prompts/index.rs",
    "prompts/room.rs",
    "server/start.rs",
];

/// Files that are longer than they should be: to be split when next worked on.
const TOO_LONG: [&str; 1] = ["server/db.rs"];

/// All source files but the tests, by their path from `src`.
pub(super) fn files() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 80, "{} files", files.len());
    files
}

/// The same without comments.
fn sources() -> BTreeMap<String, String> {
    let code = |text: String| {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    files().into_iter().map(|(name, text)| (name, code(text))).collect()
}

/// The files that hold a text.
fn files_with(text: &str) -> Vec<String> {
    sources().into_iter().filter(|(_, code)| code.contains(text)).map(|(name, _)| name).collect()
}

/// The modules of the crate that a file names, by path or in braces.
fn modules(code: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if rest.starts_with('{') {
            modules.extend(first_names(rest));
        } else {
            modules.insert(name(rest));
        }
    }
    modules
}

/// The first names of the paths between braces.
fn first_names(braces: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0, Vec::new(), 1);
    for (at, c) in braces.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (c == ',' && depth == 1) || depth == 0 {
            names.push(name(braces[start..at].trim_start()));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn name(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn rank(module: &str) -> Option<usize> {
    let above = || ORDER.iter().position(|name| *name == module).map(|place| place + 1);
    if FLOOR.contains(&module) { Some(0) } else { above() }
}

#[test]
fn each_part_uses_what_comes_before_it() {
    for (file, code) in sources().iter().filter(|(file, _)| *file != "lib.rs" && *file != "main.rs") {
        let module = file.split(['/', '.']).next().unwrap();
        let own = rank(module).unwrap_or_else(|| panic!("{module} has no place in the order"));
        for used in modules(code) {
            let theirs =
                rank(&used).unwrap_or_else(|| panic!("{file} uses {used}, which has no place in the order"));
            assert!(theirs < own || used == module || (own == 0 && theirs == 0), "{file} uses {used}");
        }
    }
}

#[test]
fn paths_are_read_as_they_are_written() {
    let code = "use crate::{\n a::{b, c},\n d, e::F,\n};\n fn x() -> crate::g::H {}";
    assert_eq!(modules(code), BTreeSet::from(["a", "d", "e", "g"].map(String::from)));
}

#[test]
fn features_are_chosen_in_one_place() {
    assert_eq!(files_with("feature = "), ["lib.rs"]);
}

#[test]
fn the_walls_have_few_doors() {
    assert_eq!(files_with("outside_tenancy"), BEYOND_THE_WALLS);
    assert_eq!(
        files_with("Scope::system("),
        ["bench/routes.rs", "invitations/entry.rs", "profile/closure.rs"]
    );
    assert_eq!(
        files_with("Scope::of_chore("),
        [
            "deployments/voiding.rs",
            "library/sample.rs",
            "library/trash/purge.rs",
            "prompts/index.rs",
            "prompts/room.rs",
        ]
    );
    // What is removed in parts, in all organizations or in one that is gone.
    assert_eq!(
        files_with(".write_in_parts("),
        [
            "api/repeat.rs",
            "library/exchange/store.rs",
            "library/trash/purge.rs",
            "orgs/closure.rs",
            "profile/closure.rs",
            "prompts/earlier.rs",
            "server/jobs.rs",
        ]
    );
    assert_eq!(
        files_with("write_in_order("),
        ["environments/purge.rs", "library/trash/purge.rs", "orgs/closure.rs", "server/parts.rs"]
    );
    // What somebody changes beyond the walls is theirs, and they are signed in still.
    assert_eq!(
        files_with("change_own_account("),
        [
            "accounts/two_factor.rs",
            "invitations/entry.rs",
            "orgs/actions.rs",
            "orgs/closure.rs",
            "profile/address.rs",
            "profile/closure.rs",
            "profile/sessions.rs",
            "profile/store.rs",
            "server/own_account.rs",
        ]
    );
    // One way in: everyone is asked for their second factor there.
    assert_eq!(files_with("caller.sign_in("), ["accounts/entrance.rs"]);
    assert_eq!(files_with("fn system("), ["server/scope/mod.rs"]);
}

#[test]
fn what_has_a_home_stays_there() {
    assert_eq!(files_with("SystemTime::now"), ["server/clock.rs"]);
    assert_eq!(files_with("getrandom::"), ["server/clock.rs"]);
    assert!(files_with("Uuid::now_v7").is_empty() && files_with("Uuid::new_v4").is_empty());
    for sql in ["sqlx::query", "query_as_with", "query_with", "raw_sql", "QueryBuilder"] {
        assert!(files_with(sql).iter().all(|file| file == "server/db.rs"), "{sql}: {:?}", files_with(sql));
    }
    let databases = files_with("Postgres(");
    assert!(databases.iter().all(|file| file.starts_with("server/")), "{databases:?}");
}

#[test]
fn files_are_short() {
    let lines = |text: &str| text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines().count();
    let long: Vec<_> =
        files().into_iter().filter(|(_, text)| lines(text) > 300).map(|(name, _)| name).collect();
    assert_eq!(long, TOO_LONG, "at most 300 lines, tests not counted");
}
