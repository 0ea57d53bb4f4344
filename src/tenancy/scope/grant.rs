//! The proof that somebody may do something.

use super::Scope;
use crate::{
    error::{Error, Result},
    key_scope::KeyScopes,
    role::{Leave, Permission, Rights, Role},
    tenancy::{Change, OrgChange, Visitor},
};
use std::{marker::PhantomData, ops::Deref};

/// A scope whose holder may do `P`. Only [`Scope::require`] makes one.
#[derive(Debug, Clone)]
pub struct Grant<P> {
    scope: Scope,
    permission: PhantomData<P>,
}

impl Scope {
    /// The proof that the holder may do `P`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when their role or their scopes do not allow it.
    pub fn require<P: Permission>(self) -> Result<Grant<P>> {
        if self.can::<P>() {
            Ok(Grant { scope: self, permission: PhantomData })
        } else {
            Err(Error::Forbidden)
        }
    }
}

impl Visitor {
    /// Enters an organization only to leave it, which nobody needs a second factor for.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub async fn enter_to_leave(&self, org: &str) -> Result<Grant<Leave>> {
        Scope::of(self, Scope::row(self, org).await?).require()
    }
}

impl<P> Deref for Grant<P> {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl<P: Permission> Grant<P> {
    /// Begins a change in the organization, alone in it: others that change it wait. The role is
    /// read again under that lock, so what was true when the request came in is true still.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Forbidden`] when the actor lost the right in the meantime, and
    /// [`Error::SignedOut`] when their session ended;
    /// when the database fails.
    pub async fn change(&self) -> Result<OrgChange> {
        self.change_within(Change::begin(&self.scope.server).await?).await
    }

    /// Goes on with a change that was begun outside the organization, such as making an account
    /// that joins it. From here on it is fenced.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn change_within(&self, change: Change) -> Result<OrgChange> {
        let mut change = OrgChange::fence(change, &self.scope).await?;
        if let Some(key) = self.scope.key() {
            let now = change.now();
            let row = change.query(
                "SELECT scopes FROM api_keys
                 WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)",
            );
            let (scopes,): (String,) =
                row.bind(key.id).bind(now).optional().await?.ok_or(Error::SignedOut)?;
            let rights = Rights::Key(KeyScopes::parse(&scopes));
            if !rights.can::<P>() {
                return Err(Error::Forbidden);
            }
        }
        if let Some(person) = self.scope.person() {
            let row: Option<(Role, bool)> = change
                .query(
                    "SELECT role, $3 IS NULL OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = $3)
                     FROM members WHERE org_id = $1 AND user_id = $2",
                )
                .bind(person.id)
                .bind(self.scope.session)
                .optional()
                .await?;
            let (role, is_signed_in) = row.ok_or(Error::NotFound)?;
            if !is_signed_in {
                return Err(Error::SignedOut);
            }
            if !role.can::<P>() {
                return Err(Error::Forbidden);
            }
            change.acts_as(role);
        }
        Ok(change)
    }
}
