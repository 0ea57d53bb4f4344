//! The end of the process, as it is told to stop.

use tokio::sync::watch;

/// Whether the process is to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Tells everybody who waits for it.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it begins.
    pub async fn begun(&self) {
        // The sender is this one: it does not go away meanwhile.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}
