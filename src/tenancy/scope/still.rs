//! Whether somebody may still do what they began: what takes long asks again and again.

use super::Scope;
use crate::{
    error::{Error, Result},
    role::{Permission, Role},
    tenancy::{api_key, sessions},
};

impl Scope {
    /// Checks that the actor may do `P` still.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when their session or key is not good any more; [`Error::NotFound`],
    /// [`Error::SecondFactorMissing`] or [`Error::Forbidden`] when they lost the right; when the database fails.
    pub async fn still_may<P: Permission>(&self) -> Result<()> {
        if let Some(key) = self.key() {
            return if api_key::is_good(&self.server, key).await? { Ok(()) } else { Err(Error::SignedOut) };
        }
        let Some(person) = self.person() else { return Ok(()) };
        if let Some(session) = self.session
            && !sessions::is_live(&self.server, session).await?
        {
            return Err(Error::SignedOut);
        }
        let role = self.query(
            "SELECT m.role, o.two_factor_since IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM two_factors f WHERE f.user_id = m.user_id AND f.confirmed_at IS NOT NULL)
             FROM members m JOIN organizations o ON o.id = m.org_id
             WHERE m.org_id = $1 AND m.user_id = $2 AND o.deleted_at IS NULL",
        );
        let role: Option<(Role, bool)> = role.bind(person.id).optional().await?;
        match role.ok_or(Error::NotFound)? {
            (_, true) => Err(Error::SecondFactorMissing),
            (role, _) if role.can::<P>() => Ok(()),
            _ => Err(Error::Forbidden),
        }
    }
}
