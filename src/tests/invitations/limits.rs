//! How many invitations, and how many letters to one address: then 429, with the time to come back.

use super::{GUEST, Org, Person, Role, TestApp, acme, both_databases};
use crate::time::Span;

both_databases!(
    a_hundred_may_be_pending,
    what_has_expired_is_not_pending,
    fifty_may_be_new_within_a_day,
    one_address_gets_ten_letters_an_hour,
    one_person_cannot_flood_an_address_from_many_organizations,
    what_still_fits_is_sent,
    a_hundred_addresses_are_read_at_once,
);

/// Invitations that were sent long ago.
async fn long_ago(org: &Org, by: &Person, n: i64) {
    for i in 0..n {
        org.planted(by, &format!("old-{i}@example.com"), Role::Viewer).await;
    }
    let id = by.app.literal(org.id.0);
    by.app
        .execute(&format!("UPDATE invitations SET created_at = created_at - 200000000 WHERE org_id = {id}"))
        .await;
}

async fn a_hundred_may_be_pending(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    long_ago(&acme, &ana, 99).await;
    ana.invites(&acme, GUEST, Role::Viewer).await.status(200);
    let answer = ana.invites(&acme, "more@example.com", Role::Viewer).await.status(429);
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    answer.says("This organization already has 100 pending invitations, the maximum.");
    assert_eq!(acme.invitations("pending").await, 100);
    assert_eq!(app.letters_to("more@example.com").await, 0);
    // Nothing new is needed to send one of them again, and an answered one makes room.
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    app.execute("UPDATE invitations SET state = 'declined', closed_at = 0 WHERE email = 'old-0@example.com'")
        .await;
    ana.invites(&acme, "more@example.com", Role::Viewer).await.status(200);
    ana.invites(&acme, "last@example.com", Role::Viewer).await.status(429);
    // Nor does one that has expired count.
    app.execute("UPDATE invitations SET expires_at = 1 WHERE email = 'old-1@example.com'").await;
    ana.invites(&acme, "last@example.com", Role::Viewer).await.status(200);
}

async fn what_has_expired_is_not_pending(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, "old@example.com\nnew@example.com", Role::Viewer).await.status(200);
    let counted = "Pending invitations (2)";
    ana.get("/acme/settings/members").await.says(counted).says("old@example.com");
    ana.get("/acme").await.says("old@example.com");
    app.execute("UPDATE invitations SET expires_at = 1 WHERE email = 'old@example.com'").await;
    ana.invites(&acme, "newer@example.com", Role::Viewer).await.status(200);
    ana.get("/acme/settings/members").await.says(counted).hides("old@example.com");
    ana.get("/acme").await.hides("old@example.com").says("new@example.com");
    ana.get("/acme/settings/invitations").await.says("old@example.com").says("Expired");
}

async fn fifty_may_be_new_within_a_day(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let addresses = |n: i64| (0..n).map(|i| format!("new-{i}@example.com")).collect::<Vec<_>>().join("\n");
    ana.invites(&acme, &addresses(50), Role::Viewer).await.status(200);
    app.clock.advance(Span::hours(23));
    let answer = ana.invites(&acme, GUEST, Role::Viewer).await.status(429);
    let seconds: i64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((3500..=3601).contains(&seconds), "an hour is left of the day, not {seconds} s");
    answer.says("This organization already sent 50 invitations in the last 24 hours");
    // Revoking does not let anybody send more.
    app.execute("UPDATE invitations SET state = 'revoked', closed_at = 0").await;
    ana.invites(&acme, GUEST, Role::Viewer).await.status(429);
    app.clock.advance(Span::seconds(seconds));
    ana.invites(&acme, GUEST, Role::Viewer).await.status(200);
}

async fn a_hundred_addresses_are_read_at_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let addresses = |n: i64| (0..n).map(|i| format!("no address {i}")).collect::<Vec<_>>().join("\n");
    // Each word counts as an address: "no", "address" and the numbers.
    ana.invites(&acme, &addresses(98), Role::Viewer).await.status(200);
    let answer = ana.invites(&acme, &addresses(99), Role::Viewer).await.status(422);
    answer.says("Enter at most 100 emails at a time.").says("emails");
    ana.invites(&acme, &addresses(12_000), Role::Viewer).await.status(422).says("Enter at most 100 emails");
    assert_eq!(acme.invitations("pending").await, 0);
}

async fn one_address_gets_ten_letters_an_hour(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for _ in 0..10 {
        ana.invites(&acme, GUEST, Role::Viewer).await.status(200);
    }
    let before = app.rows("invitations", "1 = 1").await;
    let answer = ana.invites(&acme, GUEST, Role::Editor).await.status(429);
    let seconds: i64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((3000..=3601).contains(&seconds), "{seconds}");
    answer.says("guest@example.com already got 10 emails in the last hour");
    let id = acme.invitation_of(GUEST).await.to_string();
    let resend = [("org", "acme"), ("invitation", id.as_str())];
    ana.call("/api/invitations/resend", &resend).await.status(429);
    // Nothing is lost: the last letter's link is as good as before.
    assert_eq!(app.rows("invitations", "1 = 1").await, before);
    assert_eq!(app.letters_to(GUEST).await, 10);
    let token = super::mailed(&app, GUEST).await;
    app.browser().get(&format!("/invite/{token}")).await.status(200);
    ana.invites(&acme, "other@example.com", Role::Viewer).await.status(200);
    app.clock.advance(Span::seconds(seconds));
    ana.call("/api/invitations/resend", &resend).await.status(200);
}

async fn one_person_cannot_flood_an_address_from_many_organizations(app: TestApp) {
    let ana = app.somebody("Ana").await;
    for n in 0..10 {
        let org = app.org(&format!("Acme {n}"), &ana).await;
        ana.invites(&org, GUEST, Role::Viewer).await.status(200);
    }
    let org = app.org("Acme 11", &ana).await;
    ana.invites(&org, GUEST, Role::Viewer).await.status(429);
    // Somebody else's organization learns nothing of them.
    let ben = app.somebody("Ben").await;
    let other = app.org("Other", &ben).await;
    ben.invites(&other, GUEST, Role::Viewer).await.status(200);
}

async fn what_still_fits_is_sent(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    long_ago(&acme, &ana, 98).await;
    let fields = [
        ("page", "/acme/settings/invitations/new"),
        ("org", "acme"),
        ("emails", "a@example.com\nb@example.com\nc@example.com"),
        ("role", "viewer"),
    ];
    let answer = ana.post("/api/invitations/invite", &fields).await.status(200);
    assert_eq!(answer.body.matches("data-state=\"sent\"").count(), 2, "{answer}");
    answer.says("This organization already has 100 pending invitations, the maximum.");
    assert_eq!(acme.invitations("pending").await, 100);
    // When nothing fits, the form comes back as it was, with the reason.
    let answer = ana
        .post(
            "/api/invitations/invite",
            &fields[..2]
                .iter()
                .copied()
                .chain([("emails", "d@example.com e@example.com"), ("role", "viewer")])
                .collect::<Vec<_>>(),
        )
        .await
        .status(429);
    let answer = answer
        .says("This organization already has 100 pending invitations, the maximum.")
        .says("d@example.com e@example.com</textarea>");
    assert!(answer.header("retry-after").is_some());
}
