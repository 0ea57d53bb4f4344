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
pub trait Keep: Any + Send + Sync {
    /// How many bytes it takes, roughly.
    fn bytes(&self) -> usize;
}

impl Keep for i64 {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// Whose it is and what: an organization as all of one role see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Label {
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

impl Weighter<Label, Arc<dyn Keep>> for Bytes {
    fn weight(&self, label: &Label, kept: &Arc<dyn Keep>) -> u64 {
        (size_of::<Label>() + label.what.len() + kept.bytes()) as u64
    }
}

/// The place where it is kept, one a process.
pub struct Shelf(Cache<Label, Arc<dyn Keep>, Bytes>);

impl Default for Shelf {
    fn default() -> Self {
        Self(Cache::with_weighter(1024, ROOM, Bytes))
    }
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").field("kept", &self.0.len()).field("bytes", &self.0.weight()).finish()
    }
}

impl Shelf {
    /// What stands under the label, or else what `make` makes.
    pub(crate) async fn get<T: Keep>(
        &self,
        label: Label,
        make: impl Future<Output = Result<T>>,
    ) -> Result<Arc<T>> {
        let make = async { make.await.map(|made| Arc::new(made) as Arc<dyn Keep>) };
        let kept: Arc<dyn Any + Send + Sync> = self.0.get_or_insert_async(&label, make).await?;
        kept.downcast()
            .map_err(|_| crate::kernel::internal_error::internal(&format!("{label:?} is of another kind")))
    }
}
