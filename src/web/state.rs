//! What all requests share: how often things may be tried, how much memory bodies take, the files of the site.

use super::{assets::Assets, body_memory::Bodies, rate_limits::Limits, readiness::Ready};
use crate::{
    kernel::{Clock, Config, keyed_semaphore::KeyedSemaphore},
    tenancy::{
        Scope,
        audit::{self, Doer},
    },
};
use std::{ops::Deref, sync::Arc};

/// How many requests of a person are answered at once, with those of all keys that they made. Who sends more waits for
/// themselves, and others do not wait for them: each connection to the database goes to the one who asked for it first.
const REQUESTS: usize = 16;

/// What all requests share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Web(Arc<Shared>);

/// The parts of [`Web`].
#[derive(Debug)]
pub struct Shared {
    /// How often things may be tried.
    pub limits: Limits,
    /// The bodies of requests that are answered.
    pub bodies: Bodies,
    /// Large answers that are sent.
    pub(super) answers: Bodies,
    /// Whose requests are answered.
    pub(super) requests: KeyedSemaphore,
    /// The files of the site.
    pub assets: Assets,
    pub(super) ready: Ready,
}

impl Web {
    /// Of a process that begins.
    #[must_use]
    pub fn new(config: &Config, clock: &Clock) -> Self {
        Self(Arc::new(Shared {
            limits: Limits::new(clock.clone(), config.rate_limits),
            bodies: Bodies::default(),
            answers: Bodies::default(),
            requests: KeyedSemaphore::of(REQUESTS),
            assets: Assets::load(),
            ready: Ready::default(),
        }))
    }

    /// Notes that a key was refused something in the organization, unless that was noted often.
    pub fn note_refusal(&self, scope: &Scope, act: &str) {
        if let Some(key) = scope.key().filter(|key| self.limits.notes_refusal_of(key.id.0)) {
            let (org, client) = (scope.organization().id, scope.client().clone());
            audit::leave_refusal(scope.server(), org, Doer::key(key.id), client, act);
        }
    }
}

impl Deref for Web {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
