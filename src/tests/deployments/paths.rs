//! What services find at a path changes by deployments alone: nothing takes the path of what is live, and what moves
//! away is still found where it was deployed.

use super::{Team, TestApp, both_databases, why};
use crate::{
    deployments::{
        deploy::deploy,
        drift,
        model::{DeployCommand, Kind},
    },
    environments::store::{Protection, set},
    fields::PathName,
    id::{FolderId, PromptId},
    library::{
        copies,
        exchange::{format::FORMAT, import::import_file},
        folders, moves,
        trash::{put_folder, put_prompt, restore},
    },
    prompts::{Tags, content::Kind as PromptKind, details, store},
    role::Role,
};
use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json};

both_databases!(
    a_protected_path_is_taken_by_nothing,
    a_protected_path_is_not_taken_by_folders,
    what_moves_away_is_found_where_it_was,
    an_open_path_leads_to_the_old_until_the_new_is_deployed,
    what_is_undeployed_takes_no_path_from_another,
    no_rename_puts_anything_live_at_a_path,
    what_was_renamed_is_deployed_again_at_its_new_path,
    a_path_is_free_when_what_was_live_is_not,
    a_limited_key_still_finds_what_moved_away,
);

fn name(text: &str) -> PathName {
    PathName::parse(text).unwrap()
}

const SAYS: &str =
    "Services in production still get Voice at Tone. Choose another name, or undeploy it there first.";

impl Team {
    async fn renames(&self, prompt: PromptId, to: &str) -> crate::error::Result<()> {
        details::describe(&self.may(), prompt, &name(to), "", &Tags::default()).await
    }

    async fn folder(&self, called: &str) -> FolderId {
        folders::create(&self.may(), None, &name(called)).await.unwrap()
    }

    async fn creates(&self, folder: Option<FolderId>, called: &str) -> crate::error::Result<PromptId> {
        store::create(&self.may(), folder, &name(called), PromptKind::Text).await
    }

    async fn moves(&self, prompt: PromptId, to: Option<FolderId>) -> crate::error::Result<()> {
        moves::move_prompt(&self.may(), prompt, to, moves::Place::Last).await
    }

    async fn key(&self) -> String {
        self.org.has_key("read:prompts").await.1.as_str().to_owned()
    }

    /// The id of the prompt that a service gets at a path in an environment, or the status.
    async fn at(&self, key: &str, environment: &str, path: &str) -> Result<String, u16> {
        let path = path.replace('/', "%2F");
        let ask = |method: &str, uri: String, body: String| {
            let request = Request::builder()
                .method(method)
                .uri(uri)
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .header(header::CONTENT_TYPE, "application/json");
            self.app.send(request.body(Body::from(body)).unwrap())
        };
        let uri = format!("/api/v1/prompts/{path}?environment={environment}");
        let mut got = Vec::new();
        // Anew, from memory, and rendered it is the same.
        for _ in 0..2 {
            got.push(ask("GET", uri.clone(), String::new()).await);
        }
        let render = json!({ "environment": environment }).to_string();
        got.push(ask("POST", format!("/api/v1/prompts/{path}/render"), render).await);
        let mut ids = Vec::new();
        for answer in got {
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            ids.push(if status == 200 { Ok(body["id"].as_str().unwrap().to_owned()) } else { Err(status) });
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        ids.swap_remove(0)
    }
}

async fn a_protected_path_is_taken_by_nothing(app: TestApp) {
    let team = Team::of(&app).await;
    let gone = team.saying("Tone", &["Gone"]).await;
    let gone = put_prompt(&team.may(), gone).await.unwrap();
    let tone = team.saying("Tone", &["Be kind."]).await;
    let production = team.environment("production").await.id;
    team.deploys(production, tone, 1).await.unwrap();
    team.renames(tone, "Voice").await.unwrap();
    let other = team.saying("Other", &["x"]).await;
    assert_eq!(why(team.creates(None, "Tone").await), SAYS);
    assert_eq!(why(team.renames(other, "Tone").await), SAYS);
    let parts = team.folder("Parts").await;
    let within = team.creates(Some(parts), "Tone").await.unwrap();
    assert_eq!(why(team.moves(within, None).await), SAYS);
    let file = json!({ "format": FORMAT, "prompts": [{
        "path": "Tone", "draft": { "body": { "text": "x" } },
    }] });
    let lines = import_file(&team.may(), serde_json::from_value(file).unwrap()).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.says.as_str()).collect::<Vec<_>>(), [SAYS]);
    assert_eq!(restore(&team.may(), gone).await.unwrap(), "Tone (2)");
    let key = team.key().await;
    assert_eq!(team.at(&key, "production", "Tone").await, Ok(tone.to_string()));
    assert_eq!(team.at(&key, "production", "Voice").await, Err(404), "nobody approved it there");
    // Where it is live it may go back.
    team.renames(tone, "Tone").await.unwrap();
    team.renames(tone, "Voice").await.unwrap();
    // A copy is called something else anyway, and a name that differs is free.
    copies::duplicate_prompt(&team.may(), tone).await.unwrap();
    team.creates(None, "Tone 3").await.unwrap();
}

async fn a_protected_path_is_not_taken_by_folders(app: TestApp) {
    let team = Team::of(&app).await;
    let production = team.environment("production").await.id;
    let (support, help) = (team.folder("Support").await, team.folder("Help").await);
    let tone = team.saying("Tone", &["Be kind.", "Be brief."]).await;
    team.moves(tone, Some(support)).await.unwrap();
    team.deploys(production, tone, 1).await.unwrap();
    team.creates(Some(help), "Tone").await.unwrap();
    moves::rename_folder(&team.may(), support, &name("Old")).await.unwrap();
    let says = "Services in production still get Old/Tone at Support/Tone. Choose another name, or undeploy it there first.";
    assert_eq!(why(moves::rename_folder(&team.may(), help, &name("Support")).await), says);
    let around = team.folder("Around").await;
    let below = folders::create(&team.may(), Some(around), &name("Support")).await.unwrap();
    team.creates(Some(below), "Tone").await.unwrap();
    assert_eq!(why(moves::move_folder(&team.may(), below, None, moves::Place::Last).await), says);
    let below = put_folder(&team.may(), below).await.unwrap();
    put_folder(&team.may(), around).await.unwrap();
    assert!(why(restore(&team.may(), below).await).ends_with("undeploy it there first."));
    let key = team.key().await;
    assert_eq!(team.at(&key, "production", "Support/Tone").await, Ok(tone.to_string()));
    assert_eq!(team.at(&key, "production", "Old/Tone").await, Err(404), "nobody approved it there");
    // Deployed anew it is at both, and the old one is not taken either.
    team.deploys(production, tone, 2).await.unwrap();
    assert_eq!(why(moves::rename_folder(&team.may(), help, &name("Support")).await), says);
}

async fn what_moves_away_is_found_where_it_was(app: TestApp) {
    let team = Team::of(&app).await;
    let production = team.environment("production").await.id;
    let tone = team.saying("Tone", &["Be kind.", "Be brief."]).await;
    team.deploys(production, tone, 1).await.unwrap();
    team.renames(tone, "Voice").await.unwrap();
    assert_eq!(why(team.creates(None, "Tone").await), SAYS);
    // Deployed anew under its new name it is at both, and nothing takes the old one.
    team.deploys(production, tone, 2).await.unwrap();
    let key = team.key().await;
    for path in ["Tone", "Voice"] {
        assert_eq!(team.at(&key, "production", path).await, Ok(tone.to_string()), "{path}");
    }
    assert_eq!(why(team.creates(None, "Tone").await), SAYS);
    // Undeployed it is at neither, and the path is free.
    team.undeploys(production, tone).await.unwrap();
    let new = team.saying("Tone", &["Be new."]).await;
    team.deploys(production, new, 1).await.unwrap();
    assert_eq!(team.at(&key, "production", "Tone").await, Ok(new.to_string()));
    assert_eq!(team.at(&key, "production", "Voice").await, Err(404));
    // What is live at a path by rolling back is where it is then.
    team.deploys(production, tone, 1).await.unwrap();
    team.deploys(production, tone, 2).await.unwrap();
    let order = DeployCommand { kind: Kind::Rollback, ..team.order(production, tone, Some(1)).await };
    deploy(&team.may(), &order).await.unwrap();
    assert_eq!(team.at(&key, "production", "Tone").await, Ok(new.to_string()));
}

async fn an_open_path_leads_to_the_old_until_the_new_is_deployed(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["Be kind."]).await;
    team.deploys(dev, tone, 1).await.unwrap();
    team.renames(tone, "Voice").await.unwrap();
    let new = team.saying("Tone", &["Be new."]).await;
    let key = team.key().await;
    assert_eq!(team.at(&key, "development", "Tone").await, Ok(tone.to_string()));
    assert_eq!(team.at(&key, "staging", "Tone").await, Err(404));
    team.deploys(dev, new, 1).await.unwrap();
    assert_eq!(team.at(&key, "development", "Tone").await, Ok(new.to_string()));
    assert_eq!(team.at(&key, "development", "Voice").await, Ok(tone.to_string()));
    team.undeploys(dev, new).await.unwrap();
    assert_eq!(team.at(&key, "development", "Tone").await, Err(404), "the old one gave way");
}

async fn what_is_undeployed_takes_no_path_from_another(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await;
    let (tone, fresh) = (team.saying("Tone", &["Be kind."]).await, team.saying("Fresh", &["Be new."]).await);
    team.deploys(dev.id, tone, 1).await.unwrap();
    team.deploys(dev.id, fresh, 1).await.unwrap();
    team.renames(tone, "Voice").await.unwrap();
    team.renames(fresh, "Tone").await.unwrap();
    let key = team.key().await;
    assert_eq!(team.at(&key, "development", "Tone").await, Ok(tone.to_string()));
    // It is called so, but was never deployed here.
    team.undeploys(dev.id, fresh).await.unwrap();
    assert_eq!(team.at(&key, "development", "Tone").await, Ok(tone.to_string()));
    assert_eq!(team.at(&key, "development", "Fresh").await, Err(404));
    team.renames(fresh, "Fresh").await.unwrap();
    let protection = Protection { seen: dev.approvals.into(), wanted: 1_i64.into() };
    set(&team.may(), dev.id, &dev.name, protection).await.unwrap();
    assert_eq!(why(team.creates(None, "Tone").await), SAYS.replace("production", "development"));
}

async fn no_rename_puts_anything_live_at_a_path(app: TestApp) {
    let team = Team::of(&app).await;
    let production = team.environment("production").await.id;
    let (pay, internal) = (team.saying("Pay", &["Pay."]).await, team.saying("Internal", &["Secret."]).await);
    team.deploys(production, pay, 1).await.unwrap();
    team.deploys(production, internal, 1).await.unwrap();
    let key = team.key().await;
    // A path at which nothing was ever deployed.
    assert_eq!(team.at(&key, "production", "Fresh").await, Err(404));
    team.renames(internal, "Fresh").await.unwrap();
    assert_eq!(team.at(&key, "production", "Fresh").await, Err(404));
    // One at which something was.
    team.undeploys(production, pay).await.unwrap();
    assert_eq!(team.at(&key, "production", "Pay").await, Err(404));
    team.renames(pay, "Away").await.unwrap();
    team.renames(internal, "Pay").await.unwrap();
    assert_eq!(team.at(&key, "production", "Pay").await, Err(404));
    // One that it left is no way there either.
    team.renames(internal, "Elsewhere").await.unwrap();
    assert_eq!(team.at(&key, "production", "Pay").await, Err(404));
    // It goes on where it was approved, and by its id.
    for named in ["Internal", &internal.to_string()] {
        assert_eq!(team.at(&key, "production", named).await, Ok(internal.to_string()), "{named}");
    }
}

async fn what_was_renamed_is_deployed_again_at_its_new_path(app: TestApp) {
    let team = Team::of(&app).await;
    let production = team.environment("production").await.id;
    let tone = team.saying("Tone", &["Be kind."]).await;
    team.deploys(production, tone, 1).await.unwrap();
    let eve = team.org.has("Eve", Role::Editor).await;
    let details = format!("/{}/prompts/{tone}/details", team.org.slug);
    let says = "Services get this as Tone in production.";
    eve.get(&details).await.says(says);
    team.renames(tone, "Voice").await.unwrap();
    eve.get(&details).await.says(says);
    let drift = drift::drift(&team.scope, production, (tone, 1)).await.unwrap();
    assert_eq!(drift, ["Services also get it at its new path: Voice"]);
    team.deploys(production, tone, 1).await.unwrap();
    let key = team.key().await;
    for path in ["Tone", "Voice"] {
        assert_eq!(team.at(&key, "production", path).await, Ok(tone.to_string()), "{path}");
    }
    assert!(why(team.deploys(production, tone, 1).await).contains("already live"));
}

async fn a_path_is_free_when_what_was_live_is_not(app: TestApp) {
    let team = Team::of(&app).await;
    let production = team.environment("production").await.id;
    let tone = team.saying("Tone", &["Be kind."]).await;
    team.deploys(production, tone, 1).await.unwrap();
    team.renames(tone, "Voice").await.unwrap();
    team.undeploys(production, tone).await.unwrap();
    let new = team.saying("Tone", &["Be new."]).await;
    let key = team.key().await;
    assert_eq!(team.at(&key, "production", "Tone").await, Err(404));
    team.deploys(production, tone, 1).await.unwrap();
    assert_eq!(team.at(&key, "production", "Tone").await, Err(404), "it is live where it is now");
    team.deploys(production, new, 1).await.unwrap();
    assert_eq!(team.at(&key, "production", "Tone").await, Ok(new.to_string()));
}

async fn a_limited_key_still_finds_what_moved_away(app: TestApp) {
    let team = Team::of(&app).await;
    let production = team.environment("production").await.id;
    let (support, other) = (team.folder("Support").await, team.folder("Other").await);
    let tone = team.saying("Tone", &["Be kind.", "Be brief."]).await;
    team.moves(tone, Some(support)).await.unwrap();
    team.deploys(production, tone, 1).await.unwrap();
    let (_, key) = team.org.has_limited_key("read:prompts", None, Some(format!("[\"{support}\"]"))).await;
    let (_, theirs) = team.org.has_limited_key("read:prompts", None, Some(format!("[\"{other}\"]"))).await;
    team.moves(tone, Some(other)).await.unwrap();
    assert_eq!(team.at(key.as_str(), "production", "Support/Tone").await, Ok(tone.to_string()));
    assert_eq!(team.at(key.as_str(), "production", "Other/Tone").await, Err(404));
    assert_eq!(team.at(theirs.as_str(), "production", "Support/Tone").await, Ok(tone.to_string()));
    // Another folder of the old name is another folder.
    moves::rename_folder(&team.may(), support, &name("Old")).await.unwrap();
    let new = team.folder("Support").await;
    let (_, newer) = team.org.has_limited_key("read:prompts", None, Some(format!("[\"{new}\"]"))).await;
    assert_eq!(team.at(newer.as_str(), "production", "Support/Tone").await, Err(404));
    assert_eq!(team.at(key.as_str(), "production", "Support/Tone").await, Ok(tone.to_string()));
    // What is deployed elsewhere is out of its reach.
    team.deploys(production, tone, 2).await.unwrap();
    assert_eq!(team.at(key.as_str(), "production", "Support/Tone").await, Err(404));
}
