//! What was made or read of an organization and is true still.

use super::Scope;
use crate::{
    error::Result,
    kernel::fragment_cache::{CacheKey, Cacheable},
};
use std::sync::Arc;

impl Scope {
    /// What `make` makes of the organization's data, or made when somebody of the same role asked for
    /// the same since the organization's newest event and within the minute. It may show nothing of
    /// the person who asks.
    ///
    /// # Errors
    /// Those of `make`.
    pub async fn kept<T: Cacheable>(
        &self,
        what: String,
        make: impl Future<Output = Result<T>>,
    ) -> Result<Arc<T>> {
        // Only of a person it is known which event they have seen.
        if self.person().is_none() {
            return make.await.map(Arc::new);
        }
        let minute = self.server.clock.now().minute();
        let label = CacheKey { org: self.organization.id, seen: self.seen, role: self.role, minute, what };
        self.server.fragments.get(label, make).await
    }

    /// What `read` reads of the organization's data for a stream that knows of an event: once for all streams that hear
    /// of it and ask for the same, no matter whose they are. So `what` says all that it depends on besides.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn shared<T: Cacheable>(
        &self,
        event: i64,
        what: String,
        read: impl Future<Output = Result<T>>,
    ) -> Result<Arc<T>> {
        let org = self.organization.id;
        let minute = self.server.clock.now().minute();
        let label = CacheKey { org, seen: event, role: self.role, minute, what };
        self.server.fragments.get(label, self.server.streams.read(org, read)).await
    }
}
