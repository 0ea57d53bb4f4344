//! Who makes a request, as far as entering an organization needs it.

use super::{Client, Person, Server, sessions::Visit};
use crate::{
    error::{Error, Result},
    id::{OrgId, UserId},
    role::Role,
};
use std::sync::{Arc, OnceLock};

/// Who makes a request: where from, and who is signed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The server.
    pub server: Server,
    /// Where the request comes from.
    pub client: Arc<Client>,
    visit: Option<Visit>,
    entered: Arc<OnceLock<Entered>>,
}

/// The organization a request got into, so that a refusal there is written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entered {
    pub(crate) org: OrgId,
    pub(crate) user: UserId,
    pub(crate) role: Role,
}

impl Visitor {
    pub(crate) fn new(server: Server, client: Client, visit: Option<Visit>) -> Self {
        Self { server, client: Arc::new(client), visit, entered: Arc::default() }
    }

    /// The signed-in browser, if it is one.
    #[must_use]
    pub const fn visit(&self) -> Option<Visit> {
        self.visit
    }

    /// The person signed in, if anybody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn person(&self) -> Result<Option<Person>> {
        let Some(visit) = self.visit else { return Ok(None) };
        let person = self.server.db.query(
            "SELECT id, name, email, verified_at IS NOT NULL AS is_verified, home_org_id FROM users WHERE id = $1",
        );
        Ok(person.bind(visit.user).optional().await?)
    }

    /// The person signed in.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when nobody is.
    pub async fn signed_in(&self) -> Result<Person> {
        self.person().await?.ok_or(Error::SignedOut)
    }

    pub(super) fn note_entered(&self, org: OrgId, user: UserId, role: Role) {
        // The first counts: a form that failed is answered with a page, which enters again.
        let _ = self.entered.set(Entered { org, user, role });
    }

    /// The organization that was entered first, if any was.
    pub(crate) fn entered(&self) -> Option<Entered> {
        self.entered.get().copied()
    }
}
