//! Changes that somebody makes of their own account.

use super::RequestContext;
use crate::{
    error::{Error, Result},
    tenancy::{Change, sessions},
};

impl RequestContext {
    /// Begins a change of the account of the person signed in, alone in it: others that change it or end its sessions
    /// wait. Under that lock the account and the session still are there, so nothing comes after their end.
    ///
    /// # Errors
    /// [`Error::SignedOut`] when nobody is signed in, or not any more.
    pub async fn change_own_account(&self) -> Result<Change> {
        let visit = self.visit().ok_or(Error::SignedOut)?;
        let mut change = self.server.change_outside_tenancy().await?;
        let is_there = sessions::lock(&mut change, visit.user).await?;
        let goes_on = change.query("SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2");
        let goes_on: Option<(i32,)> = goes_on.bind(visit.session).bind(visit.user).optional().await?;
        if is_there && goes_on.is_some() { Ok(change) } else { Err(Error::SignedOut) }
    }
}
