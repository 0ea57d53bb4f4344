//! The stage of one cell of the grid: an organization with somebody of each role in it, and one
//! caller.

use crate::{
    id::{DeploymentRequestId, EnvironmentRequestId, ImageId, SessionId, UserId},
    kernel::tokens::{Token, TokenHash},
    role::Role,
    tests::support::{Authenticator, Browser, Org, PASSWORD, Person, Planted, Stock, TestApp, hash},
    time::Span,
};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Who {
    Nobody,
    Stranger,
    Viewer,
    Editor,
    Admin,
    Owner,
}

impl Who {
    pub(in crate::tests) const ALL: [Self; 6] =
        [Self::Nobody, Self::Stranger, Self::Viewer, Self::Editor, Self::Admin, Self::Owner];

    pub(in crate::tests) const fn role(self) -> Option<Role> {
        match self {
            Self::Nobody | Self::Stranger => None,
            Self::Viewer => Some(Role::Viewer),
            Self::Editor => Some(Role::Editor),
            Self::Admin => Some(Role::Admin),
            Self::Owner => Some(Role::Owner),
        }
    }
}

/// The people of all cells.
pub(in crate::tests) struct Cast {
    app: TestApp,
    /// An Owner in each organization who does nothing, so that another may leave.
    pub(in crate::tests) founder: Person,
    /// A Viewer in each organization, whom things are done to.
    target: Person,
    callers: Vec<(Who, Person)>,
}

impl Cast {
    /// The family name tells casts apart.
    pub(in crate::tests) async fn of(app: &TestApp, family: &str) -> Self {
        let mut callers = Vec::new();
        for who in Who::ALL.into_iter().filter(|who| *who != Who::Nobody) {
            callers.push((who, app.somebody(&format!("{who:?} {family}")).await));
        }
        let founder = app.somebody(&format!("Founder {family}")).await;
        let target = app.somebody(&format!("Target {family}")).await;
        Self { app: app.clone(), founder, target, callers }
    }
}

/// One cell: nothing in it was touched by another.
pub(in crate::tests) struct Stage {
    pub(in crate::tests) browser: Browser,
    pub(in crate::tests) org: Org,
    pub(in crate::tests) target: Person,
    /// Another organization with the same people, which its founder offers to the caller.
    pub(in crate::tests) offered: Org,
    /// Another one, deleted.
    pub(in crate::tests) deleted: Org,
    /// A picture of the organization.
    pub(in crate::tests) image: ImageId,
    /// What is in the organization's library.
    pub(in crate::tests) stock: Stock,
    /// What the founder asked to be undeployed, or else the caller where they are to withdraw it.
    pub(in crate::tests) request: DeploymentRequestId,
    /// What it would serve.
    pub(in crate::tests) fingerprint: String,
    /// What the founder asked to become of an environment, or else the caller where they are to withdraw it.
    pub(in crate::tests) environment_request: EnvironmentRequestId,
    /// A pending invitation of somebody new.
    pub(in crate::tests) invitation: Planted,
    /// A pending invitation of the caller.
    pub(in crate::tests) own_invitation: Planted,
    /// The token of a sign-up that waits.
    pub(in crate::tests) sign_up: String,
    /// The token with which the target sets a new password.
    pub(in crate::tests) reset: String,
    /// The token with which the caller changes their address.
    pub(in crate::tests) address_change: String,
    /// The caller, or else the target.
    pub(in crate::tests) own: UserId,
    /// The address of the caller.
    pub(in crate::tests) own_email: String,
    /// Another session of the caller.
    pub(in crate::tests) other_session: SessionId,
    /// The authenticator of the caller, whose first code is awaited.
    pub(in crate::tests) authenticator: Authenticator,
    /// A recovery code of somebody who is signing in on the browser.
    pub(in crate::tests) recovery_code: String,
    /// A word nobody else uses.
    pub(in crate::tests) word: String,
}

impl Stage {
    pub(in crate::tests) async fn set(cast: &Cast, who: Who) -> Self {
        let app = &cast.app;
        let word = app.clock.id().simple().to_string();
        let org = cast.organization(&format!("Org {word}")).await;
        let offered = cast.organization(&format!("Off {word}")).await;
        let deleted = cast.organization(&format!("Del {word}")).await;
        deleted.is_deleted().await;
        let caller = cast.callers.iter().find(|(other, _)| *other == who).map(|(_, person)| person);
        let browser = match caller {
            Some(person) => app.browser_of(person.id).await,
            None => app.browser(),
        };
        let somebody = caller.unwrap_or(&cast.target);
        let member = if who.role().is_some() { somebody } else { &cast.target };
        offered.is_offered(&cast.founder, member).await;
        let own_email = app.email_of(somebody).await;
        let own_invitation = org.planted(&cast.founder, &own_email, Role::Viewer).await;
        let invitation = org.planted(&cast.founder, &format!("{word}@example.com"), Role::Editor).await;
        let (sign_up, reset) = (plant_sign_up(app, &word).await, plant_reset(app, &cast.target).await);
        let address_change = plant_address_change(app, somebody, &word).await;
        let other_session = app.session_of(somebody.id).await.0;
        let authenticator = Authenticator::waiting(app, somebody).await;
        let recovery_code = plant_second_step(app, &browser, &cast.founder).await;
        let (image, stock, target) = (org.has_image().await, org.has_library().await, cast.target.clone());
        let request = org.awaits(&cast.founder, (stock.environment, stock.live)).await;
        let fingerprint = org.fingerprint(request).await;
        let environment_request = org.awaits_change(&cast.founder, stock.empty).await;
        Self {
            browser,
            org,
            target,
            offered,
            deleted,
            image,
            stock,
            request,
            fingerprint,
            environment_request,
            invitation,
            own_invitation,
            sign_up,
            reset,
            address_change,
            own: somebody.id,
            own_email,
            other_session,
            authenticator,
            recovery_code,
            word,
        }
    }

    /// Does what has to be true before a function can be called with its sample.
    pub(in crate::tests) async fn prepare(&self, function: &str) {
        let app = &self.browser.app;
        match function {
            "account/finish_two_factor" => {
                let codes = "INSERT INTO recovery_codes (user_id, code_hash)
                     SELECT user_id, token_hash FROM sessions WHERE user_id IN (SELECT user_id FROM two_factors)";
                app.execute("DELETE FROM recovery_codes").await;
                app.execute(codes).await;
            }
            "account/renew_recovery_codes" => {
                app.execute("UPDATE two_factors SET confirmed_at = 1").await;
            }
            "deployments/withdraw" => {
                let (request, caller) = (app.literal(self.request.0), app.literal(self.own.0));
                let theirs =
                    format!("UPDATE deployment_requests SET requested_by = {caller} WHERE id = {request}");
                app.execute(&theirs).await;
            }
            "environments/withdraw" => {
                let (request, caller) = (app.literal(self.environment_request.0), app.literal(self.own.0));
                let theirs =
                    format!("UPDATE environment_requests SET requested_by = {caller} WHERE id = {request}");
                app.execute(&theirs).await;
            }
            // In each cell before, the caller became an Owner of more, beside their founder.
            "organizations/create" => {
                let caller = app.literal(self.own.0);
                let earlier = "SELECT org_id FROM members GROUP BY org_id HAVING count(*) > 1";
                let theirs = format!("user_id = {caller} AND role = 'owner' AND org_id IN ({earlier})");
                app.execute(&format!("UPDATE members SET role = 'viewer' WHERE {theirs}")).await;
            }
            // What the caller made in other cells is theirs alone.
            "account/close" => {
                let theirs = "personal_of IS NULL AND (name = 'Sample' OR name LIKE 'Off %')";
                app.execute(&format!("UPDATE organizations SET deleted_at = 1 WHERE {theirs}")).await;
            }
            _ => {}
        }
    }
}

impl Cast {
    /// The person who calls as this.
    pub(in crate::tests) fn caller(&self, who: Who) -> &Person {
        self.callers.iter().find(|(other, _)| *other == who).map(|(_, person)| person).unwrap()
    }

    /// An organization with somebody of each role, and a founder and a target.
    async fn organization(&self, name: &str) -> Org {
        let org = self.app.org(name, &self.founder).await;
        org.admits(&self.target, Role::Viewer).await;
        for (_, person) in &self.callers {
            if let Some(role) = self.role_of(person) {
                org.admits(person, role).await;
            }
        }
        org
    }

    fn role_of(&self, person: &Person) -> Option<Role> {
        self.callers.iter().find(|(_, other)| other.id == person.id).and_then(|(who, _)| who.role())
    }
}

async fn plant_sign_up(app: &TestApp, word: &str) -> String {
    let (token, now) = (Token::new(), app.clock.now());
    let mut change = app.change_outside_tenancy().await.unwrap();
    let insert = change.query(
        "INSERT INTO sign_ups (id, token_hash, browser_hash, name, email, password_hash, created_at, expires_at)
         VALUES ($1, $2, $3, 'New', $4, $5, $6, $7)",
    );
    let insert = insert.bind(app.clock.id()).bind(token.hash()).bind(Token::new().hash());
    let insert = insert.bind(format!("new-{word}@example.com")).bind(hash().await);
    insert.bind(now).bind(now + Span::hours(1)).execute().await.unwrap();
    change.commit().await.unwrap();
    token.as_str().to_owned()
}

async fn plant_reset(app: &TestApp, of: &Person) -> String {
    let (token, now) = (Token::new(), app.clock.now());
    let mut change = app.change_outside_tenancy().await.unwrap();
    let insert = change.query(
        "INSERT INTO password_resets (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    );
    let insert = insert.bind(token.hash()).bind(of.id).bind(now).bind(now + Span::hours(1));
    insert.execute().await.unwrap();
    change.commit().await.unwrap();
    token.as_str().to_owned()
}

async fn plant_address_change(app: &TestApp, of: &Person, word: &str) -> String {
    let (token, now) = (Token::new(), app.clock.now());
    let mut change = app.change_outside_tenancy().await.unwrap();
    let insert = change.query(
        "INSERT INTO address_changes (user_id, token_hash, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, email = excluded.email",
    );
    let insert = insert.bind(of.id).bind(token.hash()).bind(format!("new-{word}@example.net"));
    insert.bind(now).bind(now + Span::hours(1)).execute().await.unwrap();
    change.commit().await.unwrap();
    token.as_str().to_owned()
}

/// Somebody's sign-in on a browser waits for their second factor; with a recovery code of theirs.
async fn plant_second_step(app: &TestApp, browser: &Browser, of: &Person) -> String {
    let (token, code, now) = (Token::new(), app.clock.id().simple().to_string(), app.clock.now());
    let mut change = app.change_outside_tenancy().await.unwrap();
    let insert =
        change.query("INSERT INTO second_steps (token_hash, user_id, expires_at) VALUES ($1, $2, $3)");
    insert.bind(token.hash()).bind(of.id).bind(now + Span::hours(1)).execute().await.unwrap();
    let insert = change.query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)");
    insert.bind(of.id).bind(TokenHash::of(&code)).execute().await.unwrap();
    change.commit().await.unwrap();
    browser.keep("studio-second-step", token.as_str());
    code
}

/// The password of the sign-up that waits, and of everybody.
pub(in crate::tests) fn password() -> String {
    PASSWORD.to_owned()
}
