//! The board: which prompts are on it, in which order, and what one can ask it for.

use super::{Team, TestApp, both_databases};
use crate::{
    deployments::{
        deploy::deploy,
        model::DeployCommand,
        overview::{Asked, Overview, Show, overview},
    },
    role::Role,
};

both_databases!(
    what_is_behind_comes_first_and_numbers_count,
    each_filter_tells_its_prompts,
    a_page_is_a_part_of_the_whole,
    an_empty_cell_deploys,
    an_older_version_can_be_chosen,
    what_has_no_version_is_told,
);

impl Team {
    async fn board(&self, typed: &str, show: Show, from: i64) -> Overview {
        overview(&self.scope, &Asked { typed: typed.into(), show, from, size: 4 }).await.unwrap()
    }

    async fn on_board(&self, show: Show) -> Vec<String> {
        self.board("", show, 0).await.rows.into_iter().map(|row| row.path).collect()
    }
}

async fn what_is_behind_comes_first_and_numbers_count(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, staging) = (team.environment("development").await.id, team.environment("staging").await.id);
    for name in ["Chat 10", "chat 2"] {
        team.saying(name, &["x"]).await;
    }
    let (old, new) = (team.saying("Old", &["1", "2"]).await, team.saying("New 1", &["1", "2"]).await);
    assert_eq!(team.on_board(Show::All).await, ["chat 2", "Chat 10", "New 1", "Old"]);
    team.deploys(dev, new, 2).await.unwrap();
    team.deploys(dev, old, 2).await.unwrap();
    assert_eq!(team.on_board(Show::All).await, ["New 1", "Old", "chat 2", "Chat 10"]);
    // One place that is behind is enough.
    team.deploys(staging, old, 1).await.unwrap();
    assert_eq!(team.on_board(Show::All).await, ["Old", "New 1", "chat 2", "Chat 10"]);
    team.deploys(staging, old, 2).await.unwrap();
    team.undeploys(dev, new).await.unwrap();
    assert_eq!(team.on_board(Show::All).await, ["Old", "chat 2", "Chat 10", "New 1"]);
}

async fn each_filter_tells_its_prompts(app: TestApp) {
    let team = Team::of(&app).await;
    let (dev, production) =
        (team.environment("development").await.id, team.environment("production").await.id);
    let (behind, live) = (team.saying("Behind", &["1", "2"]).await, team.saying("Live", &["1"]).await);
    let waits = team.saying("Waits", &["1"]).await;
    team.deploys(dev, behind, 1).await.unwrap();
    team.deploys(dev, live, 1).await.unwrap();
    let ed = team.org.has("Ed", Role::Editor).await;
    let order = DeployCommand { reason: "please".into(), ..team.order(production, waits, Some(1)).await };
    deploy(&team.of_member(&ed).await.unwrap(), &order).await.unwrap();
    for (show, paths) in [
        (Show::All, &["Behind", "Live", "Waits"][..]),
        (Show::Live, &["Behind", "Live"]),
        (Show::Behind, &["Behind"]),
        (Show::Waiting, &["Waits"]),
        (Show::NotDeployed, &["Waits"]),
    ] {
        assert_eq!(team.on_board(show).await, paths, "{show:?}");
        assert_eq!(Show::parse(show.as_str()), show);
    }
    assert_eq!(team.board("", Show::Live, 0).await.counts, [3, 2, 1, 1, 1]);
    assert_eq!(team.board("LIV", Show::All, 0).await.counts, [1, 1, 0, 0, 0]);
    assert_eq!(Show::parse("anything"), Show::All);
    // On the page.
    let page = team.org.page("deployments?show=waiting");
    ed.get(&page)
        .await
        .status(200)
        .says(">Waits</a>")
        .hides(">Behind</a>")
        .says(">v1 waiting for approval</span>");
    ed.get(&team.org.page("deployments?show=behind&q=liv"))
        .await
        .status(200)
        .says("No prompt is in this state.");
}

async fn a_page_is_a_part_of_the_whole(app: TestApp) {
    let team = Team::of(&app).await;
    for n in 0..9 {
        team.saying(&format!("P{n}"), &["x"]).await;
    }
    let mut all = Vec::new();
    for from in [0, 4, 8, 12] {
        let board = team.board("", Show::NotDeployed, from).await;
        assert_eq!((board.count(Show::NotDeployed), board.is_cut), (9, false));
        all.extend(board.rows.into_iter().map(|row| row.path));
    }
    assert_eq!(all, (0..9).map(|n| format!("P{n}")).collect::<Vec<_>>());
    let ed = team.org.has("Ed", Role::Editor).await;
    for n in 9..120 {
        team.saying(&format!("P{n}"), &["x"]).await;
    }
    let page = ed.get(&team.org.page("deployments?q=p&from=50")).await.status(200);
    let page =
        page.says("51–100 of 120").says(">P50</a>").says(">P99</a>").hides(">P100</a>").hides(">P49</a>");
    page.says("deployments?q=p\"").says("deployments?q=p&amp;from=100");
}

async fn an_empty_cell_deploys(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let tone = team.saying("Tone", &["one", "two"]).await;
    let (ed, vi) = (team.org.has("Ed", Role::Editor).await, team.org.has("Vi", Role::Viewer).await);
    let url = format!("/deployments/{dev}/{tone}/review?kind=deploy&amp;version=2\"");
    ed.get(&team.org.page("deployments")).await.status(200).says(&url);
    vi.get(&team.org.page("deployments")).await.status(200).hides("Deploy v2");
    team.deploys(dev, tone, 2).await.unwrap();
    ed.get(&team.org.page("deployments")).await.status(200).hides(&url).says("Deploy v2");
}

async fn an_older_version_can_be_chosen(app: TestApp) {
    let team = Team::of(&app).await;
    let dev = team.environment("development").await.id;
    let (tone, one) = (team.saying("Tone", &["one", "two"]).await, team.saying("One", &["x"]).await);
    let ed = team.org.has("Ed", Role::Editor).await;
    team.deploys(dev, tone, 2).await.unwrap();
    ed.get(&team.org.page("deployments")).await.says("Deploy an older version…");
    let review = |prompt, version| {
        team.org.page(&format!("deployments/{dev}/{prompt}/review?kind=deploy&version={version}"))
    };
    let page = ed.get(&review(tone, 1)).await.status(200);
    page.says("<option value=\"1\" selected").says("Version 2 (live)").says("Show this version");
    ed.get(&review(one, 1)).await.status(200).hides("Show this version");
    // Where nothing is live there is nothing to compare with: what the version says is shown.
    ed.get(&review(one, 1)).await.says("class=\"difference\"").hides("text changed").hides("added:");
    ed.get(&review(tone, 1)).await.says("text changed");
}

async fn what_has_no_version_is_told(app: TestApp) {
    let team = Team::of(&app).await;
    let ed = team.org.has("Ed", Role::Editor).await;
    let board = team.org.page("deployments");
    ed.get(&board).await.hides("no version yet");
    team.saying("A", &[]).await;
    ed.get(&board).await.says("1 prompt has no version yet: ").says(">A</a>");
    for name in ["B", "C", "D", "E"] {
        team.saying(name, &[]).await;
    }
    ed.get(&board)
        .await
        .says("5 prompts have no version yet: ")
        .says(">C</a>")
        .hides(">D</a>")
        .says(" and 2 more.");
}
