//! From the invitee's side: the page, joining, declining, and whom the link does not admit.

use super::{GUEST, Org, Role, TestApp, acme, both_databases, copied, email, mailed};
use crate::{tests::support::PASSWORD, time::Span};
use axum::http::Method;

both_databases!(
    somebody_new_joins_from_the_letter,
    somebody_with_an_account_joins_from_the_letter,
    opening_the_link_changes_nothing,
    the_page_is_private,
    a_link_works_once,
    the_link_is_bound_to_its_address,
    the_mailed_link_proves_the_address,
    the_copied_link_proves_nothing,
    without_mail_any_account_with_the_address_is_admitted,
    accepting_never_changes_what_a_member_is,
    declining_ends_it,
    an_invitation_that_nobody_could_send_now_is_refused,
    nobody_signs_up_twice_through_an_invitation,
    joining_keeps_what_was_typed_but_no_password,
    a_used_link_leads_its_member_in,
);

async fn somebody_new_joins_from_the_letter(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let (token, browser) = (mailed(&app, GUEST).await, app.browser());
    let named = [("token", token.as_str()), ("name", "Guest"), ("password", "Acme-2026")];
    let refused = browser.call("/api/invitations/join", &named).await.status(422);
    refused.says("Choose a password that isn't the organization's name.");
    let page = browser.get(&format!("/invite/{token}")).await.status(200);
    page.says("Ana invited you to Acme")
        .says("You'll be an Editor")
        .says(GUEST)
        .says("Create account and join");
    let path = format!("/invite/{token}");
    let fields = [("page", path.as_str()), ("token", &token), ("name", "Guest"), ("password", PASSWORD)];
    browser.post("/api/invitations/join", &fields).await.leads_to("/acme");
    browser.get("/acme").await.status(200).says("You joined the organization").says("Your role: Editor");
    let guest = app.known("Guest", browser).await;
    assert_eq!(acme.role_of(&guest).await, Some(Role::Editor));
    assert_eq!(Org::personal(&guest).await.role_of(&guest).await, Some(Role::Owner));
    assert!(app.verified(&guest).await, "the letter proved it");
    // The account is one like any other.
    app.browser().signs_in(GUEST, PASSWORD).await.leads_to("/");
}

async fn somebody_with_an_account_joins_from_the_letter(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody("Guest").await;
    ana.invites(&acme, GUEST, Role::Viewer).await.status(200);
    let (token, browser) = (mailed(&app, GUEST).await, app.browser());
    let path = format!("/invite/{token}");
    browser.get(&path).await.status(200).says("You already have an account. Sign in to join.");
    let fields = [("page", path.as_str()), ("email", GUEST), ("password", PASSWORD), ("next", &path)];
    browser.post("/api/accounts/sign_in", &fields).await.leads_to(&path);
    browser.get(&path).await.status(200).says("Join Acme");
    let before = browser.cookie("studio");
    browser.post("/api/invitations/accept", &[("page", &path), ("token", &token)]).await.leads_to("/acme");
    assert_ne!(browser.cookie("studio"), before, "what the session may do has grown, so its id changes");
    assert_eq!(acme.role_of(&guest).await, Some(Role::Viewer));
    browser.get("/").await.leads_to(&Org::personal(&guest).await.page(""));
}

async fn opening_the_link_changes_nothing(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody("Guest").await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let path = format!("/invite/{}", mailed(&app, GUEST).await);
    let before = app.everything().await;
    for browser in [&app.browser(), &guest.browser, &ana.browser] {
        for method in [Method::GET, Method::GET, Method::HEAD] {
            let answer = browser.send(browser.asks(method, &path), "").await.status(200);
            assert!(answer.cookies().iter().all(|cookie| !cookie.starts_with("studio=")), "{answer}");
        }
    }
    assert_eq!(app.everything().await, before);
    guest.accepts(path.trim_start_matches("/invite/")).await.status(200);
}

async fn the_page_is_private(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let link = copied(&ana.invites(&acme, GUEST, Role::Editor).await);
    let mailed = mailed(&app, GUEST).await;
    for token in [link.as_str(), &mailed, "unknown"] {
        let answer = app.browser().get(&format!("/invite/{token}")).await;
        answer.has("referrer-policy", "no-referrer").has("cache-control", "no-store").hides(".wasm");
    }
    // A person who has only the copied link is not told the address.
    app.browser().get(&format!("/invite/{link}")).await.hides(GUEST).says("g•••@example.com");
}

async fn a_link_works_once(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody("Guest").await;
    let link = copied(&ana.invites(&acme, GUEST, Role::Editor).await);
    let mailed = mailed(&app, GUEST).await;
    guest.accepts(&mailed).await.status(200);
    guest.leaves(&acme).await.status(200);
    for token in [&mailed, &link] {
        guest.get(&format!("/invite/{token}")).await.status(410).says("This invitation was used");
        guest.accepts(token).await.status(409);
        app.browser().joins(token, "Guest").await.status(409);
        app.browser().call("/api/invitations/decline", &[("token", token)]).await.status(409);
    }
    assert_eq!(acme.role_of(&guest).await, None);
    assert_eq!(acme.invitations("accepted").await, 1);
}

async fn the_link_is_bound_to_its_address(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (mallory, link) =
        (app.somebody("Mallory").await, copied(&ana.invites(&acme, GUEST, Role::Editor).await));
    let mailed = mailed(&app, GUEST).await;
    for token in [&mailed, &link] {
        let path = format!("/invite/{token}");
        let page =
            mallory.get(&path).await.status(200).says("You're signed in as Mallory (mallory@example.com).");
        page.says("This invitation is for g•••@example.com.")
            .says("Switch account")
            .hides(GUEST)
            .hides("Join Acme</button>");
        let answer = mallory.accepts(token).await.status(409);
        answer.says("This invitation is for g•••@example.com.").hides(GUEST);
    }
    assert_eq!(acme.role_of(&mallory).await, None);
    assert_eq!(acme.invitations("pending").await, 1);
    let path = format!("/invite/{mailed}");
    let next = [("page", path.as_str()), ("next", &path)];
    let answer = mallory.post("/api/accounts/sign_out", &next).await;
    answer.leads_to(&format!("/sign-in?next=/invite/{mailed}"));
}

async fn the_mailed_link_proves_the_address(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody_unproven("Guest").await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    assert!(!app.verified(&guest).await);
    guest.accepts(&mailed(&app, GUEST).await).await.status(200);
    assert!(app.verified(&guest).await);
}

async fn the_copied_link_proves_nothing(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody_unproven("Guest").await;
    let link = copied(&ana.invites(&acme, GUEST, Role::Editor).await);
    let answer = "Open the link in your invitation email instead";
    guest.get(&format!("/invite/{link}")).await.status(200).says(answer).hides("Join Acme</button>");
    guest.accepts(&link).await.status(409).says(answer);
    // Nor does it make an account for the address.
    app.browser().joins(&link, "Guest").await.status(409).says(answer);
    app.browser().call("/api/invitations/decline", &[("token", &link)]).await.status(403);
    assert!(!app.verified(&guest).await);
    assert_eq!((acme.role_of(&guest).await, acme.invitations("pending").await), (None, 1));
    app.execute("UPDATE users SET verified_at = 1 WHERE email = 'guest@example.com'").await;
    guest.accepts(&link).await.status(200);
}

async fn without_mail_any_account_with_the_address_is_admitted(app: TestApp) {
    let app = app.without_mail().await;
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody_unproven("Guest").await;
    let answer = ana.invites(&acme, "guest@example.com new@example.com", Role::Editor).await.status(200);
    let links: Vec<_> =
        answer.body.split("/invite/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    app.somebody("Mallory").await.accepts(links[0]).await.status(409);
    guest.accepts(links[0]).await.status(200);
    assert_eq!(acme.role_of(&guest).await, Some(Role::Editor));
    assert!(!app.verified(&guest).await, "nothing was proven");
    let new = app.browser();
    new.get(&format!("/invite/{}", links[1])).await.status(200).says("Create account and join");
    new.joins(links[1], "New").await.status(200);
    let new = app.known("New", new).await;
    assert_eq!((acme.role_of(&new).await, app.verified(&new).await), (Some(Role::Editor), false));
}

async fn accepting_never_changes_what_a_member_is(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for (member, offered) in
        [(Role::Viewer, Role::Owner), (Role::Owner, Role::Viewer), (Role::Editor, Role::Admin)]
    {
        let name = format!("{member} Guest");
        ana.invites(&acme, &email(&name), offered).await.status(200);
        let guest = acme.has(&name, member).await;
        guest.accepts(&mailed(&app, &guest.email).await).await.status(200);
        assert_eq!(acme.role_of(&guest).await, Some(member));
    }
}

async fn declining_ends_it(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let token = mailed(&app, GUEST).await;
    let (path, browser) = (format!("/invite/{token}"), app.browser());
    browser.get(&path).await.says("Decline");
    browser.post("/api/invitations/decline", &[("page", &path), ("token", &token)]).await.leads_to(&path);
    browser.get(&path).await.status(410).says("This invitation was declined");
    app.somebody("Guest").await.accepts(&token).await.status(409);
    ana.get("/acme/settings/invitations").await.says("Declined");
    assert_eq!((acme.invitations("declined").await, acme.invitations("pending").await), (1, 0));
}

async fn an_invitation_that_nobody_could_send_now_is_refused(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (adam, guest) = (acme.has("Adam", Role::Admin).await, app.somebody("Guest").await);
    let planted = acme.planted(&adam, GUEST, Role::Admin).await;
    // Behind the back of the rule that revokes them: the check at the door is one of its own.
    for role in [Some(Role::Editor), None] {
        match role {
            Some(role) => acme.admits(&adam, role).await,
            None => drop(app.execute("DELETE FROM members WHERE role = 'editor'").await),
        }
        let path = format!("/invite/{}", planted.token);
        guest.get(&path).await.status(410).says("This invitation is no longer valid");
        guest.accepts(&planted.token).await.status(409).says("is no longer valid");
        app.browser().joins(&planted.token, "Guest").await.status(409);
        assert_eq!(acme.role_of(&guest).await, None);
    }
    acme.admits(&adam, Role::Admin).await;
    guest.accepts(&planted.token).await.status(200);
    drop(ana);
}

async fn nobody_signs_up_twice_through_an_invitation(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody("Guest").await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let (token, mallory) = (mailed(&app, GUEST).await, app.browser());
    let users = app.rows("users", "1 = 1").await;
    let fields = [("token", token.as_str()), ("name", "Mallory"), ("password", "another password")];
    mallory
        .call("/api/invitations/join", &fields)
        .await
        .status(409)
        .says("This email already has an account.");
    assert_eq!(app.rows("users", "1 = 1").await, users);
    assert_eq!(mallory.cookie("studio"), None);
    assert_eq!((acme.role_of(&guest).await, acme.invitations("pending").await), (None, 1));
}

async fn joining_keeps_what_was_typed_but_no_password(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let (letter, token) = (app.letter_to(GUEST).await, mailed(&app, GUEST).await);
    assert_eq!(super::token(&letter, "/invite/"), token);
    let path = format!("/invite/{token}");
    let fields = [("page", path.as_str()), ("token", &token), ("name", "Gu\"est"), ("password", "sh0rt!!")];
    let answer = app.browser().post("/api/invitations/join", &fields).await.status(422);
    let answer = answer.says("Use at least 8 characters.").says("Gu&quot;est").hides("sh0rt!!");
    answer.has("referrer-policy", "no-referrer").has("cache-control", "no-store");
    app.clock.advance(Span::days(8));
    app.browser().post("/api/invitations/join", &fields).await.status(410).says("has expired");
}

async fn a_used_link_leads_its_member_in(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (guest, other) = (app.somebody("Guest").await, acme.has("Other", Role::Viewer).await);
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let token = mailed(&app, GUEST).await;
    let path = format!("/invite/{token}");
    guest.accepts(&token).await.status(200);
    for member in [&guest, &other] {
        member.get(&path).await.status(200).says("You're already in Acme").says("href=\"/acme\"");
    }
    // Signed out one signs in and comes back; to anybody else it says only that it was used.
    let page = app.browser().get(&path).await.status(410).says("This invitation was used");
    page.says(&format!("/sign-in?next={path}")).hides("Acme");
    app.somebody("Mallory").await.get(&path).await.status(410).hides("Acme").hides("/sign-in");
}
