//! Two at once. What must never be true is never true, however requests meet: a hundred times over
//! on each database.
//!
//! One server and the same few people serve all trials; each trial has an organization of its own.

use super::support::{Answer, Browser, Org, Person, TestApp, both_databases, postgres_only};
use crate::{role::Role, tenancy::sessions};
use futures_util::future::{join, join_all};

both_databases!(
    two_owners_leave_at_once,
    two_owners_demote_each_other_at_once,
    two_owners_remove_each_other_at_once,
    five_accepts_of_one_token,
    five_invitations_of_one_address,
    accept_against_revoke,
    accept_against_the_inviters_removal,
    two_people_take_one_slug,
    a_new_password_against_a_session_that_rotates,
    two_tabs_rotate_one_session,
);

// What the other database is told at once, PostgreSQL finds out by itself.
postgres_only!(a_read_that_nobody_waits_for_ends);

const TRIALS: usize = 100;

/// Two Owners of as many organizations as there are trials, and the organization of one trial.
async fn owned_by_two(app: &TestApp, ana: &Person, ben: &Person, trial: usize) -> Org {
    let org = app.org(&format!("Acme {trial:03}"), ana).await;
    org.admits(ben, Role::Owner).await;
    org
}

/// A server that lets through as much as comes, since this is not about how much that is.
async fn unlimited(app: &TestApp) -> TestApp {
    app.another(|config| config.rate_limits = 0).await
}

async fn two(app: &TestApp) -> (Person, Person) {
    (app.somebody("Ana").await, app.somebody("Ben").await)
}

/// Claims that exactly one of two got through, and the other was told why not.
#[track_caller]
fn one_of(a: &Answer, b: &Answer, refusals: &[u16]) {
    let (won, lost) = if a.status == 200 { (a, b) } else { (b, a) };
    assert_eq!(won.status, 200, "{a}\n{b}");
    assert!(refusals.contains(&lost.status), "{a}\n{b}");
}

async fn two_owners_leave_at_once(app: TestApp) {
    let (ana, ben) = two(&app).await;
    for trial in 0..TRIALS {
        let org = owned_by_two(&app, &ana, &ben, trial).await;
        let (a, b) = join(ana.leaves(&org), ben.leaves(&org)).await;
        one_of(&a, &b, &[409]);
        assert_eq!(org.owners().await, 1);
    }
}

async fn two_owners_demote_each_other_at_once(app: TestApp) {
    let (ana, ben) = two(&app).await;
    for trial in 0..TRIALS {
        let org = owned_by_two(&app, &ana, &ben, trial).await;
        let (a, b) =
            join(ana.sets_role(&org, &ben, Role::Editor), ben.sets_role(&org, &ana, Role::Editor)).await;
        // The person who comes second is no Owner any more.
        one_of(&a, &b, &[403]);
        assert_eq!(org.owners().await, 1);
    }
}

async fn two_owners_remove_each_other_at_once(app: TestApp) {
    let (ana, ben) = two(&app).await;
    for trial in 0..TRIALS {
        let org = owned_by_two(&app, &ana, &ben, trial).await;
        let (a, b) = join(ana.removes(&org, &ben), ben.removes(&org, &ana)).await;
        one_of(&a, &b, &[404]);
        assert_eq!(org.owners().await, 1);
    }
}

async fn five_accepts_of_one_token(app: TestApp) {
    let app = unlimited(&app).await;
    let (ana, ciro) = two(&app).await;
    let devices: [Browser; 5] = std::array::from_fn(|_| ciro.copy());
    for trial in 0..TRIALS {
        let org = app.org(&format!("Acme {trial:03}"), &ana).await;
        let invitation = org.planted(&ana, &ciro.email, Role::Editor).await;
        for device in &devices {
            device.become_again(&app.browser_of(ciro.id).await);
        }
        let answers = join_all(devices.iter().map(|device| device.accepts(&invitation.token))).await;
        let joined = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(joined, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)));
        assert_eq!(org.role_of(&ciro).await, Some(Role::Editor));
        assert_eq!(org.invitations("accepted").await, 1);
        let told = "SELECT count(*) FROM audit_log WHERE org_id = $1 AND action = 'invitation.accepted'";
        assert_eq!(org.count(told).await, 1);
    }
}

async fn five_invitations_of_one_address(app: TestApp) {
    let app = unlimited(&app).await;
    let ana = app.somebody("Ana").await;
    for trial in 0..TRIALS {
        let org = app.org(&format!("Acme {trial:03}"), &ana).await;
        let email = format!("ciro{trial}@example.com");
        let answers = join_all((0..5).map(|_| ana.invites(&org, &email, Role::Editor))).await;
        for answer in answers {
            answer.status(200).says("\"Ok\"");
        }
        let rows = org.count("SELECT count(*) FROM invitations WHERE org_id = $1").await;
        assert_eq!((rows, org.invitations("pending").await), (1, 1));
        assert_eq!(app.letters_to(&email).await, 5);
    }
}

async fn accept_against_revoke(app: TestApp) {
    let app = unlimited(&app).await;
    let (ana, ciro) = two(&app).await;
    for trial in 0..TRIALS {
        let org = app.org(&format!("Acme {trial:03}"), &ana).await;
        let invitation = org.planted(&ana, &ciro.email, Role::Editor).await;
        let id = invitation.id.to_string();
        let fields = [("org", org.slug.as_str()), ("invitation", &id)];
        let revoke = ana.call("/api/invitations/revoke", &fields);
        let (accepted, revoked) = join(ciro.accepts(&invitation.token), revoke).await;
        one_of(&accepted, &revoked, &[409]);
        let is_in = org.role_of(&ciro).await.is_some();
        assert_eq!(is_in, accepted.status == 200);
        assert_eq!(org.invitations("accepted").await, i64::from(is_in));
        assert_eq!(org.invitations("revoked").await, i64::from(!is_in));
    }
}

async fn accept_against_the_inviters_removal(app: TestApp) {
    let app = unlimited(&app).await;
    let (ana, ciro) = two(&app).await;
    let adam = app.somebody("Adam").await;
    for trial in 0..TRIALS {
        let org = app.org(&format!("Acme {trial:03}"), &ana).await;
        org.admits(&adam, Role::Admin).await;
        let invitation = org.planted(&adam, &ciro.email, Role::Admin).await;
        let (accepted, removed) = join(ciro.accepts(&invitation.token), ana.removes(&org, &adam)).await;
        assert_eq!(removed.status, 200, "{removed}");
        let is_in = org.role_of(&ciro).await.is_some();
        assert_eq!(is_in, accepted.status == 200, "{accepted}");
        assert_eq!(org.invitations("accepted").await, i64::from(is_in));
        assert_eq!(org.invitations("pending").await, 0);
    }
}

async fn two_people_take_one_slug(app: TestApp) {
    let app = unlimited(&app).await;
    for trial in 0..TRIALS {
        let [ana, ben] = ["Ana", "Ben"].map(|name| format!("{name} {trial}"));
        let (ana, ben) = (app.somebody(&ana).await, app.somebody(&ben).await);
        let slug = format!("wanted-{trial}");
        let (a, b) = join(ana.creates_at("Ana’s", &slug), ben.creates_at("Ben’s", &slug)).await;
        let (won, lost) = if a.status == 303 { (a, b) } else { (b, a) };
        won.leads_to(&format!("/{slug}"));
        lost.status(422).says(&format!("The URL {slug} is already taken. Choose another one."));
        let org = Org::find(&app, &slug).await;
        assert_eq!(org.owners().await, 1);
    }
}

/// A thief of a session keeps it busy with what gives it a fresh id, so that some request is
/// always under way. It ends all the same.
async fn a_new_password_against_a_session_that_rotates(app: TestApp) {
    let app = unlimited(&app).await;
    for trial in 0..TRIALS {
        let ana = app.somebody(&format!("Ana {trial}")).await;
        let thieves = join_all((0..3).map(|_| app.browser_of(ana.id))).await;
        let slugs: Vec<_> = (0..3).map(|n| format!("mine-{trial}-{n}")).collect();
        let busy = thieves.iter().zip(&slugs).map(|(thief, slug)| {
            let fields = [("name", "Mine"), ("slug", slug.as_str())];
            async move { thief.call("/api/organizations/create", &fields).await }
        });
        // What a new password does to the sessions, without the time that hashing it takes.
        let ends = async {
            tokio::time::sleep(std::time::Duration::from_micros(150 * (trial as u64 % 40))).await;
            let mut change = app.change_outside_tenancy().await.unwrap();
            sessions::end_all(&mut change, ana.id).await.unwrap();
            change.commit().await.unwrap();
        };
        let (answers, ()) = join(join_all(busy), ends).await;
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401)), "{}", answers[0]);
        for thief in &thieves {
            thief.get("/ana").await.leads_to("/sign-in?next=/ana");
        }
    }
}

async fn two_tabs_rotate_one_session(app: TestApp) {
    let app = unlimited(&app).await;
    for trial in 0..TRIALS {
        let ana = app.somebody(&format!("Ana {trial}")).await;
        let before = ana.cookie("studio");
        let (one, two, reader) = (ana.copy(), ana.copy(), ana.copy());
        let slugs = [format!("one-{trial}"), format!("two-{trial}")];
        let fields = |n: usize| [("name", "Mine"), ("slug", slugs[n].as_str())];
        let (first, second) = (fields(0), fields(1));
        let create = "/api/organizations/create";
        let both = join(one.call(create, &first), two.call(create, &second));
        let ((a, b), read) = join(both, reader.get("/account")).await;
        // A request that still comes with the old cookie is served, and leaves the new one alone.
        assert_eq!((a.status, b.status, read.status), (200, 200, 200), "{a}\n{b}\n{read}");
        assert_eq!(reader.cookie("studio"), before);
        let rotated: Vec<_> = [&one, &two].into_iter().filter(|tab| tab.cookie("studio") != before).collect();
        let [rotated] = rotated[..] else { panic!("{} fresh ids", rotated.len()) };
        rotated.get("/account").await.status(200);
    }
}

async fn a_read_that_nobody_waits_for_ends(app: TestApp) {
    let (most,): (String,) = app.outside_tenancy().query("SHOW statement_timeout").one().await.unwrap();
    assert_eq!(most, "20s");
}
