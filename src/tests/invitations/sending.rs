//! From the inviter's side: inviting, the letter, the list, sending again, taking back.

use super::{
    Answer, GUEST, Org, Person, Role, TestApp, acme, assert_absent, both_databases, copied, mailed, sql,
};
use crate::{tests::support::BASE, time::Span};

both_databases!(
    the_letter_says_who_invites_whom_to_what,
    tokens_are_stored_as_hashes_only,
    many_addresses_at_once_have_a_result_each,
    inviting_a_member_says_so,
    inviting_again_resends_and_keeps_one_row,
    sending_again_kills_the_old_links,
    a_revoked_invitation_is_dead_and_says_so,
    an_invitation_runs_out_when_the_settings_say,
    nobody_invites_above_their_own_role,
    an_admin_cannot_touch_an_owners_invitation,
    editors_and_viewers_neither_see_nor_send,
    the_form_keeps_what_was_typed,
    the_list_shows_where_each_stands_and_is_paged,
    the_personal_workspace_has_one_owner,
);

impl Person {
    async fn resends(&self, org: &Org, to: &str) -> Answer {
        self.acts_on("/api/invitations/resend", org, to).await
    }

    async fn revokes(&self, org: &Org, to: &str) -> Answer {
        self.acts_on("/api/invitations/revoke", org, to).await
    }

    async fn acts_on(&self, action: &str, org: &Org, to: &str) -> Answer {
        let id = org.invitation_of(to).await.to_string();
        self.call(action, &[("org", &org.slug), ("invitation", &id)]).await
    }
}

async fn the_letter_says_who_invites_whom_to_what(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, " Guest@Example.COM", Role::Editor).await.status(200);
    let letter = app.letter_to(GUEST).await;
    let token = mailed(&app, GUEST).await;
    let told = format!("{}\n\n{}\n{}", letter.subject, letter.text, letter.html);
    insta::allow_duplicates! { insta::assert_snapshot!("letter", told.replace(&token, "TOKEN")) };
    assert!(letter.html.contains(&format!("href=\"{BASE}/invite/{token}\"")));
}

async fn tokens_are_stored_as_hashes_only(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let link = copied(&ana.invites(&acme, GUEST, Role::Editor).await);
    let mailed = mailed(&app, GUEST).await;
    assert_ne!(link, mailed);
    let all = app.everything().await;
    for token in [link, mailed] {
        assert_eq!(token.len(), 43, "256 bits in base64");
        assert_absent(&all, token.as_bytes());
    }
}

async fn many_addresses_at_once_have_a_result_each(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let typed =
        "a@example.com, b@example.com\nnot an address; Cy <c@example.com>\n a@EXAMPLE.com ana@example.com";
    let fields =
        [("page", "/acme/settings/invitations/new"), ("org", "acme"), ("emails", typed), ("role", "viewer")];
    let answer = ana.post("/api/invitations/invite", &fields).await.status(200);
    assert_eq!(answer.body.matches("data-state=\"sent\"").count(), 4, "{answer}");
    let answer = answer.says("ana@example.com is already a member.").says("Enter an email such as");
    // An address in two spellings is invited once and sent again.
    let answer = answer.says("Already invited. Sent again as Viewer");
    answer.says("3 invited, 1 invited again, 4 not invited");
    assert_eq!(acme.invitations("pending").await, 3);
    assert_eq!(app.letters_to("c@example.com").await, 1);
}

async fn inviting_a_member_says_so(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let eve = acme.has("Eve", Role::Editor).await;
    let answer = ana.invites(&acme, &eve.email, Role::Owner).await;
    answer.status(422).says("eve@example.com is already a member.");
    assert_eq!(acme.role_of(&eve).await, Some(Role::Editor));
    assert_eq!(acme.invitations("pending").await, 0);
    assert_eq!(app.letters_to(&eve.email).await, 0);
}

async fn inviting_again_resends_and_keeps_one_row(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, GUEST, Role::Viewer).await.status(200).says("\"again\":false");
    let old = mailed(&app, GUEST).await;
    ana.invites(&acme, "GUEST@example.com", Role::Editor).await.status(200).says("\"again\":true");
    assert_eq!(acme.count("SELECT count(*) FROM invitations WHERE org_id = $1").await, 1);
    let new = mailed(&app, GUEST).await;
    app.browser().get(&format!("/invite/{old}")).await.status(404);
    app.browser().get(&format!("/invite/{new}")).await.status(200).says("You'll be an Editor");
}

async fn sending_again_kills_the_old_links(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let link = copied(&ana.invites(&acme, GUEST, Role::Editor).await);
    let first = mailed(&app, GUEST).await;
    app.clock.advance(Span::days(6));
    let again = copied(&ana.resends(&acme, GUEST).await.status(200));
    let second = mailed(&app, GUEST).await;
    let guest = app.somebody("Guest").await;
    for dead in [&first, &link] {
        guest.get(&format!("/invite/{dead}")).await.status(404).says("This link isn't valid");
        guest.accepts(dead).await.status(409);
        app.browser().call("/api/invitations/decline", &[("token", dead)]).await.status(409);
    }
    // The new ones are good for as long again.
    app.clock.advance(Span::days(6));
    guest.get(&format!("/invite/{again}")).await.status(200);
    guest.accepts(&second).await.status(200);
    ana.resends(&acme, GUEST).await.status(409).says("no longer pending");
}

async fn a_revoked_invitation_is_dead_and_says_so(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    let token = mailed(&app, GUEST).await;
    let fields = [("page", "/acme/settings/invitations"), ("org", "acme")];
    let id = acme.invitation_of(GUEST).await.to_string();
    let fields: Vec<_> = fields.into_iter().chain([("invitation", id.as_str())]).collect();
    ana.post("/api/invitations/revoke", &fields).await.leads_to("/acme/settings/invitations");
    ana.get("/acme/settings/invitations").await.says("Revoked").says("Invitation revoked");
    ana.post("/api/invitations/revoke", &fields).await.status(409).says("no longer pending");
    let guest = app.somebody("Guest").await;
    guest.get(&format!("/invite/{token}")).await.status(410).says("was revoked");
    guest.accepts(&token).await.status(409);
    assert_eq!(acme.role_of(&guest).await, None);
    // The address can be invited anew.
    ana.invites(&acme, GUEST, Role::Editor).await.status(200).says("\"again\":false");
}

async fn an_invitation_runs_out_when_the_settings_say(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let guest = app.somebody("Guest").await;
    for (hours, wrong) in [(1, false), (168, false), (720, false), (0, true), (721, true), (-5, true)] {
        let hours_typed = hours.to_string();
        let settings = [("org", "acme"), ("default_role", "editor"), ("invitation_hours", &hours_typed)];
        let answer = ana.call("/api/organizations/set_invitation_rules", &settings).await;
        if wrong {
            answer.status(422).says("Choose between 1 hour and 30 days.");
            continue;
        }
        answer.status(200);
        ana.invites(&acme, GUEST, Role::Editor).await.status(200);
        let token = mailed(&app, GUEST).await;
        app.clock.advance(Span(Span::hours(hours).0 - 60_000));
        guest.get(&format!("/invite/{token}")).await.status(200).says("Join Acme");
        app.clock.advance(Span::minutes(1));
        let visitor = app.browser_of(guest.id).await;
        visitor.get(&format!("/invite/{token}")).await.status(410).says("This invitation has expired");
        visitor.accepts(&token).await.status(409).says("expired");
        ana.become_again(&app.browser_of(ana.id).await);
        ana.get("/acme/settings/invitations").await.says("Expired");
    }
    assert_eq!(acme.role_of(&guest).await, None);
}

async fn nobody_invites_above_their_own_role(app: TestApp) {
    let (_, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    adam.invites(&acme, GUEST, Role::Owner).await.status(403);
    assert_eq!(acme.invitations("pending").await, 0);
    assert_eq!(app.letters_to(GUEST).await, 0);
    adam.invites(&acme, GUEST, Role::Admin).await.status(200);
    adam.get("/acme/settings/invitations/new").await.says("value=\"admin\"").hides("value=\"owner\"");
    for role in ["", "OWNER", "root", "owner,admin"] {
        let fields = [("org", "acme"), ("emails", "x@example.com"), ("role", role)];
        adam.call("/api/invitations/invite", &fields).await.status(422).says("Choose one of the roles.");
    }
}

async fn an_admin_cannot_touch_an_owners_invitation(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let adam = acme.has("Adam", Role::Admin).await;
    ana.invites(&acme, GUEST, Role::Owner).await.status(200);
    let before = app.rows("invitations", "1 = 1").await;
    adam.resends(&acme, GUEST).await.status(403);
    adam.revokes(&acme, GUEST).await.status(403);
    adam.invites(&acme, GUEST, Role::Viewer).await.status(422).says("Only an Owner can change that");
    assert_eq!(app.rows("invitations", "1 = 1").await, before);
    let page = adam.get("/acme/settings/invitations").await.says(GUEST);
    page.hides("/api/invitations/revoke").hides("/api/invitations/resend");
    ana.get("/acme/settings/invitations").await.says("/api/invitations/revoke");
}

async fn editors_and_viewers_neither_see_nor_send(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    ana.invites(&acme, GUEST, Role::Editor).await.status(200);
    for (name, role) in [("Eve", Role::Editor), ("Vic", Role::Viewer)] {
        let person = acme.has(name, role).await;
        person.get("/acme/settings/invitations").await.status(403).hides(GUEST);
        person.get("/acme/settings/invitations/new").await.status(403).hides("/api/invitations/invite");
        for page in ["/acme", "/acme/settings/members", "/acme/settings/general"] {
            let answer = person.get(page).await.status(200).hides(GUEST).hides("/settings/invitations");
            answer.hides("/api/invitations").hides("ending invitations");
        }
        person.invites(&acme, "x@example.com", Role::Viewer).await.status(403);
        person.resends(&acme, GUEST).await.status(403);
        person.revokes(&acme, GUEST).await.status(403);
    }
}

async fn the_form_keeps_what_was_typed(app: TestApp) {
    let (ana, _) = acme(&app).await;
    let page = "/acme/settings/invitations/new";
    let fields = [("page", page), ("org", "acme"), ("emails", "<i>nobody</i>"), ("role", "viewer")];
    let answer = ana.post("/api/invitations/invite", &fields).await.status(422);
    let answer = answer.says("Enter an email such as").says("aria-invalid=\"true\"");
    answer.says("&lt;i&gt;nobody&lt;/i&gt;</textarea>").hides("<i>nobody");
    let fields = [("page", page), ("org", "acme"), ("emails", " \n,"), ("role", "viewer")];
    ana.post("/api/invitations/invite", &fields).await.status(422).says("Enter at least one email.");
}

async fn the_list_shows_where_each_stands_and_is_paged(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    for n in 0..120 {
        acme.planted(&ana, &format!("guest-{n:03}@example.com"), Role::Editor).await;
        app.clock.advance(Span(1));
    }
    app.execute("UPDATE invitations SET state = 'declined', closed_at = 0 WHERE email < 'guest-040'").await;
    let (mut seen, mut url) = (Vec::new(), Some("/acme/settings/invitations".to_owned()));
    while let Some(page) = url {
        let answer = ana.get(&page).await.status(200);
        let rows = answer.body.split("data-label=\"Email\" title=\"").skip(1);
        seen.extend(rows.map(|rest| rest.split('"').next().unwrap().to_owned()));
        let next = answer.body.split("rel=\"next\" href=\"").nth(1);
        url = next.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    }
    let newest_first: Vec<_> = (0..120).rev().map(|n| format!("guest-{n:03}@example.com")).collect();
    assert_eq!(seen, newest_first);
    let answer = ana.get("/acme/settings/invitations?after=not-a-cursor").await.status(200);
    answer.says("guest-119@example.com");
}

async fn the_personal_workspace_has_one_owner(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let own = Org::personal(&ana).await;
    ana.invites(&own, GUEST, Role::Owner).await.status(422).says("A personal workspace has one Owner.");
    ana.get(&own.page("settings/invitations/new")).await.hides("value=\"owner\"");
    ana.invites(&own, GUEST, Role::Admin).await.status(200);
    let says = "Ana invited you to their personal workspace";
    assert_eq!(app.letter_to(GUEST).await.subject, says);
    app.browser().get(&format!("/invite/{}", mailed(&app, GUEST).await)).await.status(200).says(says);
    let answer = app.try_execute(sql("UPDATE invitations SET role = 'nobody'")).await;
    assert!(answer.is_err(), "the schema knows the roles");
}
