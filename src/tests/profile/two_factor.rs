//! The second factor.

use super::{Answer, Authenticator, Browser, PASSWORD, Person, TestApp, assert_absent, both_databases};
use crate::{role::Role, time::Span};
use futures_util::future::join_all;

both_databases!(
    it_is_set_up_by_its_first_code,
    signing_in_asks_for_the_code,
    a_code_works_once_and_in_its_time,
    a_recovery_code_works_once,
    wrong_codes_back_off,
    a_password_that_was_reset_does_not_get_around_it,
    half_signed_in_is_not_signed_in,
    turning_it_off_needs_the_password_and_nobody_who_asks_for_it,
    an_organization_asks_its_members_for_it,
    who_asks_has_it,
    it_is_not_on_before_the_recovery_codes_are_kept,
    what_happens_to_it_is_told_by_email,
    a_waiting_secret_is_shown_to_whoever_knows_the_password,
    a_waiting_secret_is_begun_anew_after_a_while,
);

const SECURITY: &str = "/account/security";

impl Browser {
    async fn enters_code(&self, code: &str) -> Answer {
        self.post("/api/accounts/prove_second_factor", &[("page", "/sign-in/code"), ("code", code)]).await
    }
}

/// The secret that is shown on the page.
fn secret(page: &Answer) -> String {
    page.body
        .split("Secret: ")
        .nth(1)
        .and_then(|rest| rest.split('>').nth(1))
        .map_or_else(|| panic!("no secret: {page}"), |rest| rest.split('<').next().unwrap().to_owned())
}

/// The recovery codes that are shown on the page.
fn codes(page: &Answer) -> Vec<String> {
    let list = page.body.split("recovery-codes").nth(1).and_then(|rest| rest.split("</ul>").next()).unwrap();
    list.split("<li").skip(1).map(|li| li.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
}

async fn it_is_set_up_by_its_first_code(app: TestApp) {
    let ana = app.somebody("Ana").await;
    ana.get(SECURITY).await.says("Set up two-factor authentication");
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    let page = ana.get(SECURITY).await.status(200).says("<svg").says("Continue");
    let authenticator = Authenticator::typed(&app, &secret(&page));
    // Until then it does not count.
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    for wrong in ["000000", "", "12345", "abcdef"] {
        ana.account("confirm_two_factor", &[("code", wrong)]).await.status(422).says("Wrong code");
    }
    let typed = authenticator.code();
    let spaced = format!(" {} {} ", &typed[..3], &typed[3..]);
    let page = ana.account("confirm_two_factor", &[("code", &spaced)]).await.status(200).says("I saved them");
    let codes = codes(&page);
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 19), "{codes:?}");
    // They can be kept as a file, too, and only then it is on.
    page.clone().says("download=\"prompt-studio-recovery-codes.txt\"").says(&codes.join("%0A"));
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    ana.account("finish_two_factor", &[]).await.leads_to(SECURITY);
    ana.get(SECURITY).await.says("Two-factor authentication has been on since");
    ana.get(SECURITY).await.status(200).hides(&codes[0]).says("10 recovery codes are left");
    // Neither the secret nor a code lies in the database.
    let all = app.everything().await;
    let raw = totp_rs::Secret::try_from_base32(secret(&ana_secret(&page)).replace(' ', "")).ok();
    assert!(raw.is_none(), "the page shows the secret no more");
    for code in &codes {
        assert_absent(&all, code.as_bytes());
        assert_absent(&all, code.replace('-', "").as_bytes());
    }
    ana.account("begin_two_factor", &[]).await.status(409).says("Two-factor authentication is already on.");
}

/// The page as it is: where there is no secret, one that is none.
fn ana_secret(page: &Answer) -> Answer {
    Answer { body: format!("{} Secret: <code>!</code>", page.body), ..page.clone() }
}

async fn with_second_factor(app: &TestApp) -> (Person, Authenticator) {
    let ana = app.somebody("Ana").await;
    let authenticator = Authenticator::on(app, &ana).await;
    (ana, authenticator)
}

async fn signing_in_asks_for_the_code(app: TestApp) {
    let (_, authenticator) = with_second_factor(&app).await;
    let browser = app.browser();
    let fields = [("email", "ana@example.com"), ("password", PASSWORD), ("next", "/ana/settings/members")];
    browser.post("/api/accounts/sign_in", &fields).await.leads_to("/sign-in/code");
    browser.get("/sign-in/code").await.status(200).says("autocomplete=\"one-time-code\"");
    browser.enters_code("000000").await.status(422).says("Wrong code");
    browser.enters_code(&authenticator.code()).await.leads_to("/ana/settings/members");
    browser.get("/ana").await.status(200);
    // The step is used up.
    browser.enters_code(&authenticator.code_in(Span::seconds(30))).await.status(409);
    app.browser().get("/sign-in/code").await.leads_to("/sign-in");
    app.browser().enters_code(&authenticator.code()).await.status(409).says("Sign in again.");
    app.browser().signs_in("ana@example.com", "wrong one").await.status(422);
}

async fn a_code_works_once_and_in_its_time(app: TestApp) {
    let (_, authenticator) = with_second_factor(&app).await;
    let code = authenticator.code();
    let devices = [app.browser(), app.browser(), app.browser()];
    for device in &devices {
        device.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
    }
    let answers = join_all(devices.iter().map(|device| device.enters_code(&code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1, "{answers:?}");
    let late = app.browser();
    app.clock.advance(Span::minutes(5));
    late.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
    for outdated in
        [code, authenticator.code_in(Span::seconds(-90)), authenticator.code_in(Span::seconds(90))]
    {
        late.enters_code(&outdated).await.status(422);
    }
    // Two of the three at once may have been wrong after the right one: the sixth guess waits then.
    app.clock.advance(Span::seconds(2));
    late.enters_code(&authenticator.code_in(Span::seconds(-30))).await.status(303);
    // Who takes too long begins again.
    let slow = app.browser();
    slow.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
    app.clock.advance(Span::minutes(11));
    slow.enters_code(&authenticator.code()).await.status(409);
}

async fn a_recovery_code_works_once(app: TestApp) {
    let (ana, _) = with_second_factor(&app).await;
    let page = ana.account("renew_recovery_codes", &[]).await.status(200);
    let codes = codes(&page);
    let enter = async |code: &str| {
        let browser = app.browser();
        browser.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
        browser.enters_code(code).await.status
    };
    assert_eq!(enter(&codes[0].to_uppercase().replace('-', " ")).await, 303);
    assert_eq!(enter(&codes[0]).await, 422);
    ana.get(SECURITY).await.says("9 recovery codes are left");
    // New ones kill the old.
    ana.account("renew_recovery_codes", &[]).await.status(200);
    assert_eq!(enter(&codes[1]).await, 422);
}

async fn wrong_codes_back_off(app: TestApp) {
    let (_, authenticator) = with_second_factor(&app).await;
    let browser = app.browser();
    browser.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
    for _ in 0..5 {
        browser.enters_code("000000").await.status(422);
    }
    // Nor does it help to begin again, or from elsewhere.
    for browser in [browser, app.browser()] {
        browser.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
        browser.enters_code(&authenticator.code()).await.status(429).says("Too many attempts.");
    }
}

async fn a_password_that_was_reset_does_not_get_around_it(app: TestApp) {
    let (_, authenticator) = with_second_factor(&app).await;
    let browser = app.browser();
    browser.post("/api/accounts/forgot_password", &[("email", "ana@example.com")]).await.status(303);
    let token = app.link_for("ana@example.com", "/reset-password/").await;
    let fields = [("token", token.as_str()), ("password", "eight blue lanterns")];
    browser.post("/api/accounts/reset_password", &fields).await.leads_to("/sign-in/code");
    browser.get("/ana").await.leads_to("/sign-in?next=/ana");
    browser.enters_code(&authenticator.code()).await.leads_to("/");
    browser.get("/ana").await.status(200);
}

async fn half_signed_in_is_not_signed_in(app: TestApp) {
    let (_, _) = with_second_factor(&app).await;
    let browser = app.browser();
    browser.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-in/code");
    for page in ["/ana", "/account", "/new", "/ana/settings/members"] {
        browser.get(page).await.leads_to(&format!("/sign-in?next={page}"));
    }
    browser.call("/api/organizations/create", &[("name", "X"), ("slug", "xyz")]).await.status(401);
    assert_eq!(app.rows("sessions", "1 = 1").await.len(), 1, "that of the browser before");
}

async fn turning_it_off_needs_the_password_and_nobody_who_asks_for_it(app: TestApp) {
    let (ana, _) = with_second_factor(&app).await;
    let acme = app.org("Acme", &ana).await;
    app.clock.advance(Span::minutes(20));
    ana.account("end_two_factor", &[]).await.status(422).says("Enter your password to continue.");
    app.execute("UPDATE organizations SET two_factor_since = 1 WHERE slug = 'acme'").await;
    let fields = [("password", PASSWORD)];
    ana.account("end_two_factor", &fields)
        .await
        .status(409)
        .says("Acme requires two-factor authentication. Leave it first.");
    app.execute("UPDATE organizations SET two_factor_since = NULL").await;
    ana.account("end_two_factor", &fields).await.status(303);
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    assert_eq!((app.rows("two_factors", "1 = 1").await.len(), acme.owners().await), (0, 1));
}

async fn an_organization_asks_its_members_for_it(app: TestApp) {
    let (ana, _) = with_second_factor(&app).await;
    let acme = app.org("Acme", &ana).await;
    let eve = acme.has("Eve", Role::Admin).await;
    let access = [("org", "acme"), ("two_factor", "true")];
    ana.call("/api/organizations/set_access", &access).await.status(200);
    ana.get("/acme").await.status(200);
    for page in ["/acme", "/acme/settings/members", "/acme/settings/audit-log"] {
        eve.get(page).await.leads_to(SECURITY);
    }
    eve.get(SECURITY).await.says("Acme requires two-factor authentication. Set it up");
    eve.get("/acme/events").await.status(403);
    eve.get("/acme/settings/members.csv").await.status(403);
    eve.invites(&acme, "x@example.com", Role::Viewer).await.status(403).says("second_factor_missing");
    eve.get("/eve").await.status(200).says("Acme");
    eve.get("/account/organizations").await.says("Requires two-factor authentication");
    // They come in as soon as they have it, and may leave without.
    let authenticator = Authenticator::waiting(&app, &eve).await;
    eve.account("confirm_two_factor", &[("code", &authenticator.code())]).await.status(200);
    eve.get("/acme").await.leads_to(SECURITY);
    eve.account("finish_two_factor", &[]).await.status(303);
    eve.get("/acme").await.status(200);
    let vic = acme.has("Vic", Role::Viewer).await;
    vic.get("/acme").await.leads_to(SECURITY);
    vic.leaves(&acme).await.status(200);
    assert_eq!(acme.role_of(&vic).await, None);
}

async fn who_asks_has_it(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.org("Acme", &ana).await;
    let page = ("page", "/acme/settings/general");
    let access = [page, ("org", "acme"), ("two_factor", "true")];
    let answer = ana.post("/api/organizations/set_access", &access).await.status(422);
    answer.says("Turn on two-factor authentication in your own account first");
    ana.get("/acme").await.status(200);
}

async fn it_is_not_on_before_the_recovery_codes_are_kept(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let first = "Enter a code from your authenticator app first.";
    ana.account("finish_two_factor", &[]).await.status(409).says(first);
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    ana.account("finish_two_factor", &[]).await.status(409).says(first);
    let authenticator = Authenticator::typed(&app, &secret(&ana.get(SECURITY).await));
    ana.account("confirm_two_factor", &[("code", &authenticator.code())]).await.status(200);
    // Whoever begins anew has no codes of the secret before.
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    ana.account("finish_two_factor", &[]).await.status(409).says(first);
    // A code of the same half minute was used already.
    app.clock.advance(Span::seconds(30));
    let authenticator = Authenticator::typed(&app, &secret(&ana.get(SECURITY).await));
    ana.account("confirm_two_factor", &[("code", &authenticator.code())]).await.status(200);
    ana.account("end_two_factor", &[]).await.leads_to(SECURITY);
    assert_eq!(app.rows("recovery_codes", "1 = 1").await.len(), 0);
    ana.account("finish_two_factor", &[]).await.status(409).says(first);
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
    let told = app.rows("audit_log", "action = 'account.two_factor_on'").await;
    assert_eq!(told.len(), 0);
}

async fn a_waiting_secret_is_shown_to_whoever_knows_the_password(app: TestApp) {
    let ana = app.somebody("Ana").await;
    app.clock.advance(Span::minutes(10));
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    let waiting = secret(&ana.get(SECURITY).await);
    // The password was entered a quarter of an hour ago, and the secret made a little later.
    app.clock.advance(Span::minutes(6));
    let thief = ana.copy();
    thief.get(SECURITY).await.status(200).hides(&waiting).says("type=\"password\"");
    let refused = thief.account("begin_two_factor", &[]).await.status(422);
    refused.says("Enter your password to continue.").says("begin-password-error").hides(&waiting);
    let fields = [("password", "wrong one")];
    thief.account("begin_two_factor", &fields).await.status(422).says("Wrong password.").hides(&waiting);
    // Whoever has the secret already goes on, and is shown the recovery codes.
    let authenticator = Authenticator::typed(&app, &waiting);
    let page = ana.account("confirm_two_factor", &[("code", &authenticator.code())]).await.status(200);
    assert_eq!(codes(&page).len(), 10);
    ana.account("finish_two_factor", &[]).await.leads_to(SECURITY);
}

async fn a_waiting_secret_is_begun_anew_after_a_while(app: TestApp) {
    let ana = app.somebody("Ana").await;
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    let late = secret(&ana.get(SECURITY).await);
    app.clock.advance(Span::minutes(16));
    let ana = app.browser_of(ana.id).await;
    ana.get(SECURITY).await.status(200).hides(&late).says("Set up two-factor authentication");
    let code = Authenticator::typed(&app, &late).code();
    let refused = ana.account("confirm_two_factor", &[("code", &code)]).await.status(409);
    refused.says("Start setting up two-factor authentication first.");
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    assert_ne!(secret(&ana.get(SECURITY).await), late);
}

async fn what_happens_to_it_is_told_by_email(app: TestApp) {
    let ana = app.somebody("Ana").await;
    let told = async || app.letter_to(&ana.email).await.subject;
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    let authenticator = Authenticator::typed(&app, &secret(&ana.get(SECURITY).await));
    ana.account("confirm_two_factor", &[("code", &authenticator.code())]).await.status(200);
    assert_eq!(app.letters_to(&ana.email).await, 0, "it is not on yet");
    ana.account("finish_two_factor", &[]).await.status(303);
    assert_eq!(told().await, "Two-factor authentication was turned on");
    ana.account("renew_recovery_codes", &[]).await.status(200);
    assert_eq!(told().await, "New recovery codes were created");
    ana.account("end_two_factor", &[]).await.status(303);
    assert_eq!(told().await, "Two-factor authentication was turned off");
    let letter = app.letter_to(&ana.email).await;
    for text in [&letter.text, &letter.html] {
        assert!(text.contains("If this wasn't you, reset your password now"), "{text}");
    }
    // One that waits for its first code is forgotten without a word.
    ana.account("begin_two_factor", &[]).await.leads_to(SECURITY);
    ana.account("end_two_factor", &[]).await.leads_to(SECURITY);
    assert_eq!(app.letters_to(&ana.email).await, 3);
}
