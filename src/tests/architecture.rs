//! The shape of the house, read from the source: who may use whom, and what stays in one place.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The floor, which everything stands on; its parts may use each other.
const FLOOR: [&str; 9] = ["error", "fields", "id", "key_scope", "paths", "role", "slug", "text", "time"];

/// What stands on it, in order: each may use what comes before it.
const ORDER: [&str; 27] = [
    "templates",
    "browser",
    "kernel",
    "tenancy",
    "web",
    "delivery",
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
const BEYOND_THE_WALLS: [&str; 33] = [
    "accounts/confirmation.rs",
    "accounts/resets.rs",
    "accounts/sign_in.rs",
    "accounts/sign_ups.rs",
    "accounts/store.rs",
    "accounts/two_factor.rs",
    "api/idempotency.rs",
    "app.rs",
    "bench/routes.rs",
    "delivery/usage.rs",
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
    "tenancy/change.rs",
    "tenancy/server.rs",
    "web/form_once.rs",
    "web/form_result.rs",
    "web/own_account.rs",
    "web/proof.rs",
    "web/readiness.rs",
    "web/request_context.rs",
    "web/role_change.rs",
    "web/session/mod.rs",
    "web/session/store.rs",
];

/// Files that are longer than they should be: to be split when next worked on.
const TOO_LONG: [&str; 1] = ["kernel/db.rs"];

/// All source files but the tests, by their path from `src`.
pub(super) fn files() -> BTreeMap<String, String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
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

/// A source file, as far as it tells what it uses.
struct File {
    /// Its module, from the crate.
    module: Path,
    /// What its `use` statements and its paths name, from the crate.
    names: BTreeSet<Path>,
    /// What it hands on under a name of its own.
    exports: BTreeMap<String, Path>,
}

type Path = Vec<String>;

/// All files but the tests and the crate's own, which only say what there is.
fn house() -> BTreeMap<String, File> {
    let sources: BTreeMap<_, _> = sources().into_iter().filter(|(file, _)| !is_root(file)).collect();
    let modules: BTreeSet<Path> = sources.keys().map(|file| module(file)).collect();
    let read = |(file, code): (String, String)| {
        let code = code.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
        let file_read = read(module(&file), &code, &modules);
        (file, file_read)
    };
    sources.into_iter().map(read).collect()
}

fn is_root(file: &str) -> bool {
    ["lib.rs", "main.rs"].contains(&file)
}

fn module(file: &str) -> Path {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(String::from).collect()
}

fn read(module: Path, code: &str, modules: &BTreeSet<Path>) -> File {
    let mut file = File { module, names: BTreeSet::new(), exports: BTreeMap::new() };
    let (mut rest, mut at) = (String::new(), 0);
    for line in code.split_inclusive('\n') {
        let here = at;
        at += line.len();
        let statement = line.trim_start();
        let visible = statement.split_once("use ").map(|(before, _)| before.trim_end());
        let Some(visible) = visible.filter(|before| before.is_empty() || before.starts_with("pub")) else {
            rest.push_str(line);
            continue;
        };
        let tree = code[here..].split_once("use ").unwrap().1.split(';').next().unwrap();
        for (path, name) in leaves(tree) {
            let Some(path) = from_the_crate(&file.module, &path, modules) else { continue };
            if visible.is_empty() {
                file.names.insert(path);
            } else {
                file.exports.insert(name, path);
            }
        }
    }
    for path in rest.split("crate::").skip(1) {
        let path = path.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').next().unwrap();
        let path: Path = path.split("::").filter(|part| !part.is_empty()).map(String::from).collect();
        file.names.insert(path);
    }
    file
}

/// The paths of a `use`, each with the name that it gives.
fn leaves(tree: &str) -> Vec<(Path, String)> {
    fn walk(before: &[String], tree: &str, found: &mut Vec<(Path, String)>) {
        let tree = tree.trim();
        if let Some(inner) = tree.strip_prefix('{') {
            let (mut depth, mut start) = (0, 0);
            let inner = &inner[..inner.rfind('}').unwrap_or(inner.len())];
            for (at, c) in inner.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        walk(before, &inner[start..at], found);
                        start = at + 1;
                    }
                    _ => {}
                }
            }
            walk(before, &inner[start..], found);
        } else if let Some((first, rest)) = tree.split_once("::") {
            walk(&[before, &[first.trim().to_owned()]].concat(), rest, found);
        } else if !tree.is_empty() {
            let (name, alias) = tree.split_once(" as ").unwrap_or((tree, tree));
            let path = if name == "self" { before.to_vec() } else { [before, &[name.to_owned()]].concat() };
            found.push((path, alias.to_owned()));
        }
    }
    let mut found = Vec::new();
    walk(&[], tree, &mut found);
    found
}

/// A path as the crate has it; none when it leads out of it.
fn from_the_crate(module: &Path, path: &[String], modules: &BTreeSet<Path>) -> Option<Path> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            Some([&module[..module.len().checked_sub(ups)?], &path[ups..]].concat())
        }
        first => {
            let child = [module.as_slice(), &[first.to_owned()]].concat();
            modules.contains(&child).then(|| [module, path].concat())
        }
    }
}

/// The files that each file uses, found through what others hand on.
fn uses(house: &BTreeMap<String, File>) -> BTreeMap<&str, BTreeSet<&str>> {
    let by_module: BTreeMap<&Path, &str> =
        house.iter().map(|(file, read)| (&read.module, file.as_str())).collect();
    let found = |file: &str| {
        let names = &house[file].names;
        names
            .iter()
            .filter_map(|path| owner(path, house, &by_module, 8))
            .filter(|used| *used != file)
            .collect()
    };
    house.keys().map(|file| (file.as_str(), found(file))).collect()
}

/// The file where what a path names is defined.
fn owner<'a>(
    path: &[String],
    house: &'a BTreeMap<String, File>,
    by_module: &BTreeMap<&Path, &'a str>,
    steps: usize,
) -> Option<&'a str> {
    let known = (1..=path.len()).rev().find(|length| by_module.contains_key(&path[..*length].to_vec()))?;
    let file = by_module[&path[..known].to_vec()];
    let handed_on = path.get(known).and_then(|name| house[file].exports.get(name)).filter(|_| steps > 0);
    match handed_on {
        Some(to) => owner(&[to, &path[known + 1..]].concat(), house, by_module, steps - 1),
        None => Some(file),
    }
}

fn rank(file: &str) -> usize {
    let part = file.split(['/', '.']).next().unwrap();
    let above = || ORDER.iter().position(|name| *name == part).map(|place| place + 1);
    let rank = if FLOOR.contains(&part) { Some(0) } else { above() };
    rank.unwrap_or_else(|| panic!("{file} has no place in the order"))
}

#[test]
fn each_part_uses_what_comes_before_it() {
    for (file, used) in uses(&house()) {
        for other in used {
            assert!(rank(other) <= rank(file), "{file} uses {other}");
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    // What is used from a file on, itself only when something leads back to it.
    fn reached<'a>(file: &'a str, uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
        while let Some(file) = next.pop() {
            next.extend(uses[file].iter().copied().filter(|used| reached.insert(*used)));
        }
        reached
    }
    let house = house();
    let uses = uses(&house);
    let reached: BTreeMap<&str, _> = uses.keys().map(|file| (*file, reached(file, &uses))).collect();
    let mut circles = BTreeSet::new();
    for (file, from) in &reached {
        let circle: Vec<&str> = from.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    let circles: Vec<String> = circles.into_iter().map(|circle| circle.join(" ")).collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn paths_are_read_as_they_are_written() {
    let modules = ["a", "a/b", "d", "a/c"].map(module).into();
    let code = "use super::{\n b::{X, Y},\n d::Z,\n};\nuse c::{self, W as V};\npub use crate::e::F;\n\nfn x() -> crate::g::H {}";
    let file = read(module("a/mod.rs"), code, &modules);
    let names: Vec<String> = file.names.iter().map(|path| path.join("::")).collect();
    assert_eq!(names, ["a::c", "a::c::W", "b::X", "b::Y", "d::Z", "g::H"]);
    assert_eq!(file.exports["F"].join("::"), "e::F");
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
            "api/idempotency.rs",
            "library/exchange/store.rs",
            "library/trash/purge.rs",
            "orgs/closure.rs",
            "profile/closure.rs",
            "prompts/earlier.rs",
            "tenancy/jobs.rs",
        ]
    );
    assert_eq!(
        files_with("write_in_order("),
        ["environments/purge.rs", "library/trash/purge.rs", "orgs/closure.rs", "tenancy/batches.rs"]
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
            "web/own_account.rs",
        ]
    );
    // Who a request is of is found out by its session, and nowhere else.
    assert_eq!(files_with("Visitor::new("), ["web/request_context.rs"]);
    // One way in: everyone is asked for their second factor there.
    assert_eq!(files_with("caller.sign_in("), ["accounts/sign_in.rs"]);
    assert_eq!(files_with("fn system("), ["tenancy/scope/mod.rs"]);
}

#[test]
fn what_has_a_home_stays_there() {
    assert_eq!(files_with("SystemTime::now"), ["kernel/clock.rs"]);
    assert_eq!(files_with("getrandom::"), ["kernel/clock.rs"]);
    assert!(files_with("Uuid::now_v7").is_empty() && files_with("Uuid::new_v4").is_empty());
    for sql in ["sqlx::query", "query_as_with", "query_with", "raw_sql", "QueryBuilder"] {
        assert!(files_with(sql).iter().all(|file| file == "kernel/db.rs"), "{sql}: {:?}", files_with(sql));
    }
    let databases = files_with("Postgres(");
    assert!(
        databases.iter().all(|file| file.starts_with("kernel/")
            || file.starts_with("tenancy/")
            || file.starts_with("web/")),
        "{databases:?}"
    );
}

#[test]
fn files_are_short() {
    let lines = |text: &str| text.split("#[cfg(test)]\nmod tests {").next().unwrap().lines().count();
    let long: Vec<_> =
        files().into_iter().filter(|(_, text)| lines(text) > 300).map(|(name, _)| name).collect();
    assert_eq!(long, TOO_LONG, "at most 300 lines, tests not counted");
}
