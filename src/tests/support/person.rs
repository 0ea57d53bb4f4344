//! People: each signed in on a browser of their own.

use super::{Answer, Browser, Org, TestApp};
use crate::{
    accounts::store::{self, NewPerson},
    fields::{Email, Name, Password},
    id::{SessionId, UserId},
    kernel::{passwords::Passwords, tokens::TokenHash},
    role::Role,
    tenancy::sessions::Visit,
};
use sqlx::types::Json;
use std::{collections::HashMap, ops::Deref};
use tokio::sync::OnceCell;
use tower_sessions::session::Id;

/// The password of everybody.
pub(in crate::tests) const PASSWORD: &str = "seven grey herons";

/// Somebody with an account, signed in.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Person {
    pub(in crate::tests) id: UserId,
    pub(in crate::tests) email: String,
    pub(in crate::tests) browser: Browser,
}

impl Deref for Person {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

/// The address of somebody, by their name.
pub(in crate::tests) fn email(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase().replace(' ', "."))
}

impl TestApp {
    /// Somebody who has signed up and proven their address some time ago.
    pub(in crate::tests) async fn somebody(&self, name: &str) -> Person {
        self.account(name, true).await
    }

    /// Somebody who signed up when there was no mail, so that their address is not proven.
    pub(in crate::tests) async fn somebody_unproven(&self, name: &str) -> Person {
        self.account(name, false).await
    }

    /// The person who just signed up by this name on a browser.
    pub(in crate::tests) async fn known(&self, name: &str, browser: Browser) -> Person {
        let email = email(name);
        let found = self.outside_tenancy().query("SELECT id FROM users WHERE email = $1");
        let (id,): (UserId,) = found.bind(email.clone()).one().await.unwrap();
        Person { id, email, browser }
    }

    /// Whether somebody's address is proven.
    pub(in crate::tests) async fn verified(&self, person: &Person) -> bool {
        let found = self.outside_tenancy().query("SELECT verified_at IS NOT NULL FROM users WHERE id = $1");
        let (verified,): (bool,) = found.bind(person.id).one().await.unwrap();
        verified
    }

    async fn account(&self, name: &str, is_verified: bool) -> Person {
        let new = NewPerson {
            name: Name::parse(name).unwrap(),
            email: Email::parse(&email(name)).unwrap(),
            password_hash: hash().await,
            is_verified,
        };
        let mut change = self.change_outside_tenancy().await.unwrap();
        let (id, _) = store::create(&mut change, new).await.unwrap().unwrap();
        change.commit().await.unwrap();
        let browser = self.browser_of(id).await;
        Person { id, email: email(name), browser }
    }

    /// Somebody's address as it is now.
    pub(in crate::tests) async fn email_of(&self, person: &Person) -> String {
        let found = self.outside_tenancy().query("SELECT email FROM users WHERE id = $1");
        let (email,): (String,) = found.bind(person.id).one().await.unwrap();
        email
    }

    /// A further browser on which somebody is signed in.
    pub(in crate::tests) async fn browser_of(&self, user: UserId) -> Browser {
        self.session_of(user).await.1
    }

    /// A further session of somebody, and its browser.
    pub(in crate::tests) async fn session_of(&self, user: UserId) -> (SessionId, Browser) {
        let (id, now) = (Id::default(), self.clock.now());
        let visit = Visit { session: SessionId(self.clock.id()), user, since: now, proved_at: now };
        let data = HashMap::from([("visit", visit)]);
        let mut change = self.change_outside_tenancy().await.unwrap();
        let insert = change.query(
            "INSERT INTO sessions (token_hash, id, user_id, data, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5)",
        );
        let insert = insert.bind(TokenHash::of(&id.0.to_string())).bind(visit.session).bind(user);
        insert.bind(Json(data)).bind(now).execute().await.unwrap();
        change.commit().await.unwrap();
        let browser = self.browser();
        browser.keep("studio", &id.to_string());
        (visit.session, browser)
    }
}

/// The hash of [`PASSWORD`], computed once: it is slow on purpose.
pub(in crate::tests) async fn hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let hash = || async { Passwords::default().hash(Password::typed(PASSWORD).unwrap()).await.unwrap() };
    HASH.get_or_init(hash).await.clone()
}

impl Person {
    /// Makes an organization by the form.
    pub(in crate::tests) async fn creates(&self, name: &str) -> Org {
        let slug = crate::slug::suggest(name);
        self.creates_at(name, &slug).await.leads_to(&format!("/{slug}"));
        Org::find(&self.app, &slug).await
    }

    /// Tries to make an organization at an address.
    pub(in crate::tests) async fn creates_at(&self, name: &str, slug: &str) -> Answer {
        let fields = [("page", "/new"), ("name", name), ("slug", slug)];
        self.post("/api/organizations/create", &fields).await
    }

    /// Makes somebody something else, knowing that it ends no invitation.
    pub(in crate::tests) async fn sets_role(&self, org: &Org, of: &Self, role: Role) -> Answer {
        self.sets_role_knowing(org, of, role, 0).await
    }

    /// Makes somebody something else, knowing that it ends so many invitations.
    pub(in crate::tests) async fn sets_role_knowing(
        &self,
        org: &Org,
        of: &Self,
        role: Role,
        ends: i64,
    ) -> Answer {
        let (id, ends) = (of.id.to_string(), ends.to_string());
        let fields = [("org", org.slug.as_str()), ("user", &id), ("role", role.as_str()), ("agreed", &ends)];
        self.call("/api/members/set_role", &fields).await
    }

    /// Takes somebody out, knowing that it ends no invitation.
    pub(in crate::tests) async fn removes(&self, org: &Org, who: &Self) -> Answer {
        self.removes_knowing(org, who, 0).await
    }

    /// Takes somebody out, knowing that it ends so many invitations.
    pub(in crate::tests) async fn removes_knowing(&self, org: &Org, who: &Self, ends: i64) -> Answer {
        let (id, ends) = (who.id.to_string(), ends.to_string());
        let fields = [("org", org.slug.as_str()), ("user", &id), ("agreed", &ends)];
        self.call("/api/members/remove", &fields).await
    }

    /// Leaves.
    pub(in crate::tests) async fn leaves(&self, org: &Org) -> Answer {
        self.call("/api/members/leave", &[("org", &org.slug)]).await
    }

    /// Invites addresses, one a line.
    pub(in crate::tests) async fn invites(&self, org: &Org, emails: &str, role: Role) -> Answer {
        let fields = [("org", org.slug.as_str()), ("emails", emails), ("role", role.as_str())];
        self.call("/api/invitations/invite", &fields).await
    }
}

impl Browser {
    /// Accepts the invitation of a token.
    pub(in crate::tests) async fn accepts(&self, token: &str) -> Answer {
        self.call("/api/invitations/accept", &[("token", token)]).await
    }

    /// Signs up at the page of an invitation.
    pub(in crate::tests) async fn joins(&self, token: &str, name: &str) -> Answer {
        let fields = [("token", token), ("name", name), ("password", PASSWORD)];
        self.call("/api/invitations/join", &fields).await
    }
}
