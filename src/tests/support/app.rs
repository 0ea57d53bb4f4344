//! A running server: the real router on a real database, without a socket.

use super::{BASE, Browser, Database, Kind, Person, person, sql};
use crate::{
    app::App,
    delivery::{Delivery, cache::CachedFetch},
    error::Result,
    kernel::Config,
    tenancy::{Server, Topic},
    web::Web,
};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, Response},
};
use clap::Parser;
use std::{net::SocketAddr, ops::Deref, task::Poll, time::Duration};
use tokio::task::AbortHandle;
use tower::ServiceExt;
use uuid::Uuid;

/// A server that a test talks to. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::tests) struct TestApp {
    app: App,
    front: CachedFetch,
    pub(in crate::tests) database: Database,
}

/// Runs a test on a database of its own, which is removed whether or not the test passes.
pub(in crate::tests) fn run<F>(kind: Kind, test: impl FnOnce(TestApp) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::create(kind).await;
        let app = TestApp::start(&database, |_| {}).await;
        let outcome = tokio::spawn(test(app)).await;
        database.remove().await;
        if let Err(error) = outcome {
            std::panic::resume_unwind(error.into_panic());
        }
    });
}

impl TestApp {
    /// A server on a SQLite of its own, which goes away with it, that does nothing on its own.
    pub(in crate::tests) async fn alone(configure: impl FnOnce(&mut Config)) -> Self {
        Self::open(&Database::create(Kind::Sqlite).await, configure).await
    }

    async fn start(database: &Database, configure: impl FnOnce(&mut Config)) -> Self {
        let app = Self::open(database, configure).await;
        // Tests do the chores themselves: they make what is old, and say when it is swept up.
        app.app.start_queues();
        app
    }

    async fn open(database: &Database, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::parse_from(["prompt-studio", "--dev-mailbox"]);
        // As it is by default, whatever the environment says.
        (config.smtp_url, config.client_ip_header, config.master_key) = (None, None, None);
        config.base_url = BASE.parse().unwrap();
        config.database_url = Some(database.url.clone());
        config.data_dir = database.dir.path().to_owned();
        configure(&mut config);
        let app = App::start(config).await.unwrap();
        let front = app.front();
        Self { app, front, database: database.clone() }
    }

    /// Another server on the same database, configured differently.
    pub(in crate::tests) async fn another(&self, configure: impl FnOnce(&mut Config)) -> Self {
        Self::start(&self.database, configure).await
    }

    /// Another server on the same database that does nothing on its own.
    pub(in crate::tests) async fn another_idle(&self, configure: impl FnOnce(&mut Config)) -> Self {
        Self::open(&self.database, configure).await
    }

    /// Keeps an idle server in touch with the others, until that is aborted.
    pub(in crate::tests) fn follows(&self) -> AbortHandle {
        let (db, clock) = (self.outside_tenancy().clone(), self.clock.clone());
        tokio::spawn(self.events.clone().run(db, clock)).abort_handle()
    }

    /// Another server on the same database that has no mail at all.
    pub(in crate::tests) async fn without_mail(&self) -> Self {
        self.another(|config| config.dev_mailbox = false).await
    }

    /// What all requests share.
    pub(in crate::tests) fn web(&self) -> &Web {
        &self.app.web
    }

    /// What services are answered with.
    pub(in crate::tests) fn delivery(&self) -> &Delivery {
        &self.app.delivery
    }

    /// Has written down what requests leave to be written later.
    pub(in crate::tests) async fn writes_notes(&self) -> Result<()> {
        self.deferred_writes.flush(self.outside_tenancy()).await
    }

    /// What it answers with.
    pub(in crate::tests) fn front(&self) -> CachedFetch {
        self.front.clone()
    }

    /// A browser nobody is signed in on.
    pub(in crate::tests) fn browser(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// A request as it is, to the router.
    pub(in crate::tests) async fn send(&self, mut request: Request<Body>) -> Response<Body> {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            let client = SocketAddr::from(([127, 0, 0, 1], 40_000));
            request.extensions_mut().insert(ConnectInfo(client));
        }
        let Ok(response) = self.front.clone().oneshot(request).await;
        response
    }

    /// Signs up with the address `name@example.com` and confirms it from the letter.
    pub(in crate::tests) async fn sign_up(&self, name: &str) -> Person {
        let (browser, email) = (self.browser(), person::email(name));
        browser.signs_up(name, &email).await.leads_to("/sign-up/sent");
        let token = self.link_for(&email, "/confirm/").await;
        browser.post("/api/accounts/confirm", &[("token", &token)]).await.status(303);
        self.known(name, browser).await
    }

    /// Waits until this server hears what happens on its database.
    pub(in crate::tests) async fn hears(&self) {
        let mut events = self.events.subscribe();
        for _ in 0..100 {
            let mut change = self.change_outside_tenancy().await.unwrap();
            change.announce(None, Topic::Session, Uuid::nil()).await.unwrap();
            change.commit().await.unwrap();
            if tokio::time::timeout(Duration::from_millis(100), events.recv()).await.is_ok() {
                return;
            }
        }
        panic!("the server does not hear of events");
    }

    /// Runs a statement as it is.
    pub(in crate::tests) async fn execute(&self, statement: &str) -> u64 {
        self.try_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
    }

    /// Tries a statement as it is.
    pub(in crate::tests) async fn try_execute(&self, statement: &str) -> Result<u64, sqlx::Error> {
        let mut tx = self.outside_tenancy().begin().await?;
        let touched = tx.query(sql(statement)).execute().await?;
        tx.commit().await?;
        Ok(touched)
    }
}

impl Deref for TestApp {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.app.server
    }
}

/// Waits for something to become true, within twenty seconds.
pub(in crate::tests) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    ask: impl Fn() -> F,
) -> T {
    for _ in 0..2000 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited in vain for {what}");
}

/// Lets a future go on until it has been polled `polls` times, and drops it then, as when a client goes away.
pub(in crate::tests) async fn cut_off(future: impl Future, polls: usize) {
    let (mut future, mut polled) = (std::pin::pin!(future), 0);
    std::future::poll_fn(|context| {
        polled += 1;
        let is_done = future.as_mut().poll(context).is_ready();
        if is_done || polled == polls { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
