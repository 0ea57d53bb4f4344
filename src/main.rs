//! Prompt Studio's server: reads the configuration, opens the database, serves.

use clap::Parser;
use prompt_studio::{
    app::{self, App},
    kernel::{Config, instance_lock::InstanceLock, sandbox::worker},
    web::listener,
};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Memory goes back to the system under load that comes and goes, unlike with others.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(worker::COMMAND) {
        return worker::run(app::JOBS);
    }
    serve()
}

#[tokio::main]
async fn serve() -> ExitCode {
    let config = Config::parse();
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&config.log));
    if config.log_json {
        log.json().init();
    } else {
        log.init();
    }
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the server does not run");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let _lock = InstanceLock::on(&config)?;
    let app = App::start(config).await?;
    app.start_queues();
    app.start_chores();
    listener::serve(&app.server, app.front()).await?;
    app.flush().await;
    Ok(())
}
