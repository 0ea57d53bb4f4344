//! The stage of one cell of the grid: an organization with somebody of each role in it, and one
//! caller.

use crate::{
    role::Role,
    server::tokens::Token,
    tests::support::{Browser, Org, PASSWORD, Person, Planted, TestApp, hash},
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
    /// A pending invitation of somebody new.
    pub(in crate::tests) invitation: Planted,
    /// A pending invitation of the caller.
    pub(in crate::tests) own_invitation: Planted,
    /// The token of a sign-up that waits.
    pub(in crate::tests) sign_up: String,
    /// The token with which the target sets a new password.
    pub(in crate::tests) reset: String,
    /// A word nobody else uses.
    pub(in crate::tests) word: String,
}

impl Stage {
    pub(in crate::tests) async fn set(cast: &Cast, who: Who) -> Self {
        let app = &cast.app;
        let word = app.clock.id().simple().to_string();
        let org = app.org(&format!("Org {word}"), &cast.founder).await;
        org.admits(&cast.target, Role::Viewer).await;
        for (_, person) in &cast.callers {
            if let Some(role) = cast.role_of(person) {
                org.admits(person, role).await;
            }
        }
        let caller = cast.callers.iter().find(|(other, _)| *other == who).map(|(_, person)| person);
        let browser = match caller {
            Some(person) => app.browser_of(person.id).await,
            None => app.browser(),
        };
        let own = caller.map_or("own@example.com", |person| &person.email);
        let own_invitation = org.planted(&cast.founder, own, Role::Viewer).await;
        let invitation = org.planted(&cast.founder, &format!("{word}@example.com"), Role::Editor).await;
        let (sign_up, reset) = (plant_sign_up(app, &word).await, plant_reset(app, &cast.target).await);
        Self { browser, org, target: cast.target.clone(), invitation, own_invitation, sign_up, reset, word }
    }
}

impl Cast {
    /// Whoever calls as this.
    pub(in crate::tests) fn caller(&self, who: Who) -> &Person {
        self.callers.iter().find(|(other, _)| *other == who).map(|(_, person)| person).unwrap()
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

/// The password of the sign-up that waits, and of everybody.
pub(in crate::tests) fn password() -> String {
    PASSWORD.to_owned()
}
