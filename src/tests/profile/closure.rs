//! The end of an account.

use super::{Org, PASSWORD, Person, TestApp, assert_absent, both_databases};
use crate::{
    role::Role,
    tests::{api_keys::key, support::whereabouts},
};
use axum::{body::Body, http::Request};
use futures_util::future::join;

both_databases!(
    what_is_personal_is_erased_and_what_others_need_stays,
    an_only_owner_hands_over_first,
    the_address_can_be_used_again,
    typing_another_address_does_nothing,
    two_owners_end_at_once,
    keys_of_the_personal_workspace_are_let_in_no_more,
);

async fn closes(person: &Person) -> super::Answer {
    let fields = [("page", "/account/closure"), ("email", person.email.as_str()), ("password", PASSWORD)];
    person.post("/api/account/close", &fields).await
}

async fn what_is_personal_is_erased_and_what_others_need_stays(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    let zoe = acme.has("Zoe Quill", Role::Admin).await;
    let browser = zoe.from("203.0.113.77");
    browser.signs_in(&zoe.email, PASSWORD).await.status(303);
    // She has done things, has a second factor, and is invited elsewhere.
    let here = Person { browser: browser.clone(), ..zoe.clone() };
    here.invites(&acme, "guest@example.com", Role::Viewer).await.status(200);
    here.account("rename", &[("name", "Zoe Quill-Marsh")]).await.status(303);
    here.account("begin_two_factor", &[]).await.status(303);
    here.post("/api/account/change_address", &[("email", "zoe@later.example")]).await.status(303);
    let elsewhere = app.org("Elsewhere", &ana).await;
    let invitation = elsewhere.planted(&ana, &zoe.email, Role::Viewer).await;
    here.accepts(&invitation.token).await.status(200);
    let told = acme.count("SELECT count(*) FROM audit_log WHERE org_id = $1").await;
    app.letter_to("zoe@later.example").await;
    closes(&here).await.leads_to("/sign-in");
    here.get("/zoe-quill").await.leads_to("/sign-in?next=/zoe-quill");
    zoe.get("/acme").await.leads_to("/sign-in?next=/acme");
    app.browser().signs_in(&zoe.email, PASSWORD).await.status(422);
    assert_eq!((acme.role_of(&zoe).await, elsewhere.role_of(&zoe).await), (None, None));
    assert_eq!(acme.invitations("pending").await, 0, "what she could not send any more is revoked");
    // The letter that tells her is the last thing with her address, and goes with the sweep.
    app.letter_to(&zoe.email).await;
    app.clock.advance(crate::time::Span::days(3));
    crate::tenancy::jobs::sweep(&app).await.unwrap();
    let all = app.everything().await;
    for personal in ["Zoe", "Quill", "Marsh", &zoe.email, "later.example", "203.0.113.77"] {
        assert_absent(&all, personal.as_bytes());
    }
    // What she did is told still, by nobody's name.
    assert!(acme.count("SELECT count(*) FROM audit_log WHERE org_id = $1").await > told);
    ana.get("/acme/settings/audit-log").await.status(200).says("Deleted person").hides("Zoe");
    assert!(
        whereabouts(&all, zoe.id.0.as_bytes()).is_some()
            || whereabouts(&all, zoe.id.to_string().as_bytes()).is_some()
    );
    let personal = app.rows("organizations", "slug = 'zoe-quill'").await;
    assert_eq!(personal, Vec::<String>::new(), "her personal workspace is gone");
}

async fn an_only_owner_hands_over_first(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme & Co", &ana).await;
    ana.get("/account/closure").await.status(200).says("Acme &amp; Co").hides("Delete my account");
    closes(&ana).await.status(409);
    assert_eq!(acme.role_of(&ana).await, Some(Role::Owner));
    ana.get("/ana").await.status(200);
    let ben = acme.has("Ben", Role::Owner).await;
    ana.get("/account/closure").await.says("Delete my account");
    closes(&ana).await.leads_to("/sign-in");
    assert_eq!((acme.owners().await, acme.role_of(&ben).await), (1, Some(Role::Owner)));
    // One that is deleted is in nobody's way.
    ben.call("/api/organizations/delete", &[("org", &acme.slug), ("slug", &acme.slug)]).await.status(200);
    closes(&ben).await.leads_to("/sign-in");
}

async fn the_address_can_be_used_again(app: TestApp) {
    let ana = app.somebody("Ana").await;
    closes(&ana).await.leads_to("/sign-in");
    let again = app.sign_up("Ana").await;
    again.get("/ana").await.status(200);
    assert_ne!(again.id, ana.id);
}

async fn typing_another_address_does_nothing(app: TestApp) {
    let (ana, ben) = (app.somebody("Ana").await, app.somebody("Ben").await);
    for typed in ["", "ana", &ben.email] {
        let fields = [("page", "/account/closure"), ("email", typed), ("password", PASSWORD)];
        ana.post("/api/account/close", &fields).await.status(422).says("Type ana@example.com");
    }
    ana.get("/ana").await.status(200);
    ben.get("/ben").await.status(200);
}

async fn two_owners_end_at_once(app: TestApp) {
    for trial in 0..20 {
        let (ana, ben) =
            (app.somebody(&format!("Ana {trial}")).await, app.somebody(&format!("Ben {trial}")).await);
        let acme: Org = app.org(&format!("Acme {trial}"), &ana).await;
        acme.admits(&ben, Role::Owner).await;
        let (one, two) = join(closes(&ana), closes(&ben)).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!((statuses, acme.owners().await), ([303, 409], 1));
    }
}

async fn keys_of_the_personal_workspace_are_let_in_no_more(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let acme = app.org("Acme", &ana).await;
    acme.has("Ben", Role::Owner).await;
    let home = app.home_of(&ana).await;
    home.has_library().await;
    let fields = [("preset", "runtime"), ("name", "Mine")];
    let (_, mine) = key(&ana.makes_key(&home, &fields).await.status(200));
    ana.makes_key(&acme, &[("name", "Theirs")]).await.status(200);
    // Only the other one is said to go on.
    let page = ana.get("/account/closure").await.status(200);
    page.says("API keys you created keep working: Theirs in Acme.").hides("Mine");
    let fetches = async || {
        let request = Request::builder().uri("/api/v1/prompts/Tone?environment=development");
        let request = request.header("authorization", format!("Bearer {mine}"));
        app.send(request.body(Body::empty()).unwrap()).await.status()
    };
    for _ in 0..2 {
        assert_eq!(fetches().await, 200);
    }
    closes(&ana).await.leads_to("/sign-in");
    assert_eq!(fetches().await, 401);
}
