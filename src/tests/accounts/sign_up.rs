//! Signing up: with mail, nothing tells whether an address has an account, and nobody confirms an
//! account of which somebody else knows the password.

use super::{Answer, Browser, Org, PASSWORD, TestApp, both_databases, email, token};
use crate::{role::Role, time::Span};
use futures_util::future::join_all;

both_databases!(
    a_person_signs_up_and_has_a_workspace_of_their_own,
    a_taken_address_is_answered_like_a_free_one,
    the_same_browser_confirms_with_one_click,
    another_browser_confirms_with_the_password_only,
    a_link_works_once_and_for_a_day,
    opening_a_link_changes_nothing,
    of_many_uses_of_one_link_one_wins,
    tokens_of_one_kind_are_no_tokens_of_another,
    signing_in_before_confirming_sends_the_letter_again,
    without_mail_one_is_in_at_once_and_a_taken_address_says_so,
    a_failed_form_keeps_what_was_typed_but_no_password,
    one_mailbox_is_one_account,
    an_address_is_not_flooded_with_letters,
    the_page_says_where_the_link_went_and_sends_it_again,
    a_wrong_address_is_corrected,
    nothing_is_sent_again_that_was_not_begun_here,
);

impl Browser {
    async fn confirms(&self, token: &str, password: &str) -> Answer {
        let page = format!("/confirm/{token}");
        let fields = [("page", page.as_str()), ("token", token), ("password", password)];
        self.post("/api/accounts/confirm", &fields).await
    }
}

async fn a_person_signs_up_and_has_a_workspace_of_their_own(app: TestApp) {
    let ana = app.sign_up("Ana Novak").await;
    let own = Org::personal(&ana).await;
    assert_eq!(own.slug, "ana-novak");
    assert_eq!((own.owners().await, own.role_of(&ana).await), (1, Some(Role::Owner)));
    ana.get("/").await.leads_to("/ana-novak");
    ana.get("/ana-novak").await.status(200).says("Ana Novak").says("Create a team organization");
    assert!(app.verified(&ana).await);
}

async fn a_taken_address_is_answered_like_a_free_one(app: TestApp) {
    app.sign_up("Ana").await;
    let free = app.browser().signs_up("New", "new@example.com").await;
    let taken = app.browser().signs_up("New", "ana@example.com").await;
    let cookies = |answer: &Answer| -> Vec<String> {
        let names = answer.cookies().into_iter().map(|cookie| cookie.split('=').next().unwrap().to_owned());
        names.collect()
    };
    assert_eq!((free.status, &free.body), (taken.status, &taken.body));
    assert_eq!(cookies(&free), cookies(&taken));
    for name in free.headers.keys().filter(|name| !["set-cookie", "x-request-id"].contains(&name.as_str())) {
        assert_eq!(free.headers.get(name), taken.headers.get(name), "{name}");
    }
    assert_eq!(free.headers.len(), taken.headers.len());
    let (free, taken) = (app.letter_to("new@example.com").await, app.letter_to("ana@example.com").await);
    assert!(free.text.contains("/confirm/"), "{}", free.text);
    assert_eq!(taken.subject, "You already have an account");
    assert!(!taken.text.contains("/confirm/") && taken.text.contains("/sign-in"), "{}", taken.text);
}

async fn the_same_browser_confirms_with_one_click(app: TestApp) {
    let browser = app.browser();
    browser.signs_up("Ana", "ana@example.com").await.leads_to("/sign-up/sent");
    assert_eq!(browser.cookie("studio"), None, "nobody is signed in before the address is proven");
    let token = app.link_for("ana@example.com", "/confirm/").await;
    let page = browser.get(&format!("/confirm/{token}")).await.status(200).hides("type=\"password\"");
    page.says("ana@example.com").has("referrer-policy", "no-referrer").has("cache-control", "no-store");
    browser.confirms(&token, "").await.leads_to("/ana");
    browser.get("/ana").await.status(200);
}

async fn another_browser_confirms_with_the_password_only(app: TestApp) {
    app.browser().signs_up("Ana", "ana@example.com").await.status(303);
    let token = app.link_for("ana@example.com", "/confirm/").await;
    let other = app.browser();
    other.get(&format!("/confirm/{token}")).await.status(200).says("type=\"password\"");
    for wrong in ["", "wrong password", "x"] {
        let answer = other.confirms(&token, wrong).await.status(422);
        answer.says("Enter the password you chose when you signed up.");
    }
    // A sign-up cookie of some other sign-up is not the one.
    let mallory = app.browser();
    mallory.signs_up("Mallory", "mallory@example.com").await.status(303);
    mallory.confirms(&token, "").await.status(422);
    other.confirms(&token, PASSWORD).await.leads_to("/ana");
    other.get("/ana").await.status(200);
}

async fn a_link_works_once_and_for_a_day(app: TestApp) {
    let browser = app.browser();
    browser.signs_up("Ana", "ana@example.com").await.status(303);
    let first = app.link_for("ana@example.com", "/confirm/").await;
    app.clock.advance(Span::hours(24));
    browser.get(&format!("/confirm/{first}")).await.status(410).says("This link is no longer valid");
    browser.confirms(&first, PASSWORD).await.status(410).says("This link is no longer valid");
    browser.signs_up("Ana", "ana@example.com").await.status(303);
    let second = app.link_for("ana@example.com", "/confirm/").await;
    app.clock.advance(Span(Span::hours(24).0 - 60_000));
    browser.confirms(&second, PASSWORD).await.leads_to("/ana");
    for used in [&first, &second] {
        browser.get(&format!("/confirm/{used}")).await.status(410);
        app.browser().confirms(used, PASSWORD).await.status(410);
    }
}

async fn opening_a_link_changes_nothing(app: TestApp) {
    let browser = app.browser();
    browser.signs_up("Ana", "ana@example.com").await.status(303);
    let token = app.link_for("ana@example.com", "/confirm/").await;
    let before = app.everything().await;
    for visitor in [&browser, &app.browser()] {
        for _ in 0..3 {
            visitor.get(&format!("/confirm/{token}")).await.status(200);
            assert_eq!(visitor.cookie("studio"), None);
        }
    }
    assert_eq!(app.everything().await, before);
    browser.confirms(&token, "").await.leads_to("/ana");
}

async fn of_many_uses_of_one_link_one_wins(app: TestApp) {
    for n in 0..10 {
        let (browser, email) = (app.browser(), format!("ana{n}@example.com"));
        browser.signs_up("Ana", &email).await.status(303);
        let token = app.link_for(&email, "/confirm/").await;
        let tabs: Vec<_> = (0..5).map(|_| browser.copy()).collect();
        let answers = join_all(tabs.iter().map(|tab| tab.confirms(&token, PASSWORD))).await;
        let won = answers.iter().filter(|answer| answer.status == 303).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status, 303 | 409 | 410)));
        let users = app.rows("users", &format!("email = '{email}'")).await;
        assert_eq!(users.len(), 1);
    }
}

async fn tokens_of_one_kind_are_no_tokens_of_another(app: TestApp) {
    app.sign_up("Ben").await;
    let browser = app.browser();
    browser.signs_up("Ana", "ana@example.com").await.status(303);
    browser.post("/api/accounts/forgot_password", &[("email", "ben@example.com")]).await.status(303);
    let confirm = app.link_for("ana@example.com", "/confirm/").await;
    let reset = app.link_for("ben@example.com", "/reset-password/").await;
    let before = app.rows("users", "1 = 1").await;
    browser.confirms(&reset, PASSWORD).await.status(410);
    let fields = [("token", confirm.as_str()), ("password", "another fine password")];
    browser.call("/api/accounts/reset_password", &fields).await.status(409);
    for (path, token) in
        [("invite", &confirm), ("invite", &reset), ("confirm", &reset), ("reset-password", &confirm)]
    {
        let answer = browser.get(&format!("/{path}/{token}")).await;
        assert!(matches!(answer.status, 404 | 410), "{path}: {answer}");
    }
    browser.joins(&confirm, "Ana").await.status(409);
    assert_eq!(app.rows("users", "1 = 1").await, before);
}

async fn signing_in_before_confirming_sends_the_letter_again(app: TestApp) {
    app.browser().signs_up("Ana", "ana@example.com").await.status(303);
    let first = app.link_for("ana@example.com", "/confirm/").await;
    let browser = app.browser();
    browser.signs_in("ana@example.com", "wrong password").await.status(422);
    assert_eq!(app.letters_to("ana@example.com").await, 1);
    browser.signs_in("ana@example.com", PASSWORD).await.leads_to("/sign-up/sent");
    assert_eq!(browser.cookie("studio"), None);
    let second = app.link_for("ana@example.com", "/confirm/").await;
    browser.get(&format!("/confirm/{first}")).await.status(410);
    browser.confirms(&second, "").await.leads_to("/ana");
}

async fn without_mail_one_is_in_at_once_and_a_taken_address_says_so(app: TestApp) {
    let app = app.without_mail().await;
    let browser = app.browser();
    browser.signs_up("Ana", "ana@example.com").await.leads_to("/ana");
    browser.get("/ana").await.status(200);
    assert!(!app.verified(&app.known("Ana", browser).await).await);
    let other = app.browser();
    let answer = other.signs_up("Another", " ANA@example.com").await.status(422);
    answer
        .says("This email already has an account. Sign in instead.")
        .says("value=\"Another\"")
        .hides(PASSWORD);
    assert_eq!(other.cookie("studio"), None);
    assert_eq!(app.letters_to("ana@example.com").await, 0);
    other
        .get("/forgot-password")
        .await
        .status(200)
        .says("doesn't send email")
        .hides("/api/accounts/forgot_password");
}

async fn a_failed_form_keeps_what_was_typed_but_no_password(app: TestApp) {
    let fields = [
        ("page", "/sign-up?next=/invite/x"),
        ("name", "  "),
        ("email", "a\"><script>alert(1)</script>"),
        ("password", "s3cret!"),
        ("next", "/invite/x"),
    ];
    let answer = app.browser().post("/api/accounts/sign_up", &fields).await.status(422);
    let answer =
        answer.says("Enter a name.").says("Enter an email such as").says("Use at least 8 characters.");
    let answer =
        answer.says("value=\"a&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\"").says("value=\"/invite/x\"");
    assert_eq!(answer.body.matches("aria-invalid=\"true\"").count(), 3);
    answer.hides("s3cret!").hides("<script>alert").has("cache-control", "no-store");
    assert!(app.rows("sign_ups", "1 = 1").await.is_empty());
}

async fn one_mailbox_is_one_account(app: TestApp) {
    app.sign_up("Ana").await;
    for spelling in ["ANA@EXAMPLE.COM", " ana@example.com. ", "ana@ｅｘａｍｐｌｅ.com"] {
        app.browser().signs_up("Ana", spelling).await.status(303);
        assert_eq!(app.letter_to("ana@example.com").await.subject, "You already have an account");
        app.browser().signs_in(spelling, PASSWORD).await.leads_to("/");
    }
    let twice = "INSERT INTO users SELECT * FROM users";
    assert!(app.try_execute(twice).await.is_err(), "the schema knows that an address is unique");
}

async fn an_address_is_not_flooded_with_letters(app: TestApp) {
    let to = email("Ana");
    for _ in 0..12 {
        app.browser().signs_up("Ana", &to).await.leads_to("/sign-up/sent");
    }
    assert_eq!(app.letters_to(&to).await, 10);
    assert!(!token(&app.letter_to(&to).await, "/confirm/").is_empty());
}

async fn resends(browser: &Browser, email: &str) -> Answer {
    browser.post("/api/accounts/resend", &[("page", "/sign-up/sent"), ("email", email)]).await
}

async fn the_page_says_where_the_link_went_and_sends_it_again(app: TestApp) {
    app.sign_up("Known").await;
    for email in ["ana@example.com", "known@example.com"] {
        let (browser, before) = (app.browser(), app.letters_to(email).await);
        browser.signs_up("Ana", email).await.leads_to("/sign-up/sent");
        let page = browser.get("/sign-up/sent").await.status(200);
        page.says(&format!("We sent a link to <strong>{email}</strong>")).says("Send again");
        resends(&browser, email).await.leads_to("/sign-up/sent");
        browser.get("/sign-up/sent").await.says("Email sent").says(email);
        assert_eq!(app.letters_to(email).await, before + 2, "{email}");
    }
    // The last link is the one that works, with one click in this browser.
    let browser = app.browser();
    browser.signs_up("Eve", "eve@example.com").await.status(303);
    let first = app.link_for("eve@example.com", "/confirm/").await;
    resends(&browser, "eve@example.com").await.status(303);
    let second = app.link_for("eve@example.com", "/confirm/").await;
    assert_ne!(first, second);
    browser.get(&format!("/confirm/{first}")).await.status(410);
    browser.confirms(&second, "").await.leads_to("/eve");
    // Whoever comes from elsewhere is told nothing.
    app.browser().get("/sign-up/sent").await.status(200).hides("example.com").hides("Send again");
}

async fn a_wrong_address_is_corrected(app: TestApp) {
    let browser = app.browser();
    browser.signs_up("Ana", "ana@exmaple.com").await.status(303);
    let wrong = app.link_for("ana@exmaple.com", "/confirm/").await;
    resends(&browser, "nonsense").await.status(422).says("value=\"nonsense\"");
    resends(&browser, "ana@example.com").await.leads_to("/sign-up/sent");
    browser.get("/sign-up/sent").await.says("ana@example.com").hides("exmaple");
    // Whoever has the first letter has nothing.
    app.browser().get(&format!("/confirm/{wrong}")).await.status(410);
    browser.confirms(&app.link_for("ana@example.com", "/confirm/").await, "").await.leads_to("/ana");
    app.browser().signs_in("ana@example.com", PASSWORD).await.leads_to("/");
}

async fn nothing_is_sent_again_that_was_not_begun_here(app: TestApp) {
    app.browser().signs_up("Ana", "ana@example.com").await.status(303);
    let stranger = app.browser();
    resends(&stranger, "ana@example.com").await.leads_to("/sign-up");
    resends(&stranger, "new@example.com").await.leads_to("/sign-up");
    assert_eq!((app.letters_to("ana@example.com").await, app.letters_to("new@example.com").await), (1, 0));
    // Nor more often than an address may be written to.
    let browser = app.browser();
    browser.signs_up("Eve", "eve@example.com").await.status(303);
    let link = app.link_for("eve@example.com", "/confirm/").await;
    for _ in 0..9 {
        resends(&browser, "eve@example.com").await.status(303);
    }
    let most = app.config.max_emails_an_hour;
    assert_eq!(app.letters_to("eve@example.com").await, most.min(10));
    assert!(most < 10 || link != app.link_for("eve@example.com", "/confirm/").await);
}
