//! What was made of an organization's data, kept until something happens in the organization.
//!
//! Every change of an organization announces an event, and a [`Scope`](crate::tenancy::Scope) knows the number of
//! the newest one. What is kept stands under that number, so nothing has to be thrown away: after a
//! change nobody asks for the old number again, and the room goes to what is asked for. When a
//! change makes many browsers read the same region again, one request makes it and the others wait.

use crate::{error::Result, id::OrgId, role::Role};
use quick_cache::{Weighter, sync::Cache};
use std::{any::Any, sync::Arc};

/// The most bytes kept, all organizations together.
const ROOM: u64 = 32 * 1024 * 1024;

/// Something that can be kept.
pub trait Cacheable: Any + Send + Sync {
    /// How many bytes it takes, roughly.
    fn bytes(&self) -> usize;
}

impl Cacheable for i64 {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// Whose it is and what: an organization as all of one role see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    /// The organization.
    pub(crate) org: OrgId,
    /// Its newest event.
    pub(crate) seen: i64,
    /// The role of the person who asks.
    pub(crate) role: Role,
    /// The minute in which it was made: what is shown of time stays true that long.
    pub(crate) minute: i64,
    /// What it is.
    pub(crate) what: String,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<CacheKey, Arc<dyn Cacheable>> for Bytes {
    fn weight(&self, label: &CacheKey, kept: &Arc<dyn Cacheable>) -> u64 {
        (size_of::<CacheKey>() + label.what.len() + kept.bytes()) as u64
    }
}

/// The place where it is kept, one a process.
pub struct FragmentCache(Cache<CacheKey, Arc<dyn Cacheable>, Bytes>);

impl Default for FragmentCache {
    fn default() -> Self {
        Self(Cache::with_weighter(1024, ROOM, Bytes))
    }
}

impl std::fmt::Debug for FragmentCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").field("kept", &self.0.len()).field("bytes", &self.0.weight()).finish()
    }
}

impl FragmentCache {
    /// What stands under the label, or else what `make` makes.
    pub(crate) async fn get<T: Cacheable>(
        &self,
        label: CacheKey,
        make: impl Future<Output = Result<T>>,
    ) -> Result<Arc<T>> {
        let make = async { make.await.map(|made| Arc::new(made) as Arc<dyn Cacheable>) };
        let kept: Arc<dyn Any + Send + Sync> = self.0.get_or_insert_async(&label, make).await?;
        kept.downcast()
            .map_err(|_| crate::kernel::internal_error::internal(&format!("{label:?} is of another kind")))
    }
}
