//! `cargo xtask bench`: what a request costs on the release server.
//!
//! A number of requests a second says little alone: it depends on the machine and on the hour. So each route is measured
//! in turn with a control in the same run, `/dev/control`, which answers the same bytes behind the same session layer
//! from memory. Their ratio is what the route itself costs, and it can be compared between machines and days.

mod client;
mod load;
mod memory;
mod report;
mod revocations;
mod scenario;
pub(crate) mod server;
pub(crate) mod services;
mod wire;

use std::time::Duration;

use anyhow::{Context, Result};

use crate::bench::load::Plan;
use crate::bench::server::Server;
use crate::site::Profile;
use crate::{serve, sh};

const REVOCATIONS: &str = "revocations";
const MEMORY: &str = "memory";

/// What to measure and for how long.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measures only what has this in its name: routes, `revocations`, `memory`
    filter: Option<String>,
    /// Two rounds of half-second slices instead of five of two seconds, and a fiftieth of the keys and prompts: to see
    /// that everything works
    #[arg(long)]
    quick: bool,
    /// Connections that send one request after the other
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Measures the release server that is there instead of building it anew
    #[arg(long)]
    no_build: bool,
}

impl Args {
    fn plan(&self) -> Plan {
        let connections = self.connections.max(1);
        if self.quick {
            Plan { rounds: 2, slice: Duration::from_millis(500), connections, keys: 200, prompts: 2_000 }
        } else {
            Plan { rounds: 5, slice: Duration::from_secs(2), connections, keys: 10_000, prompts: 100_000 }
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.filter.as_deref().is_none_or(|filter| name.contains(filter))
    }

    /// Whether it is nothing of the table that is wanted, which takes a while to set up.
    fn wants_no_route(&self) -> bool {
        self.filter.as_deref().is_some_and(|filter| [REVOCATIONS, MEMORY].contains(&filter))
    }
}

/// Builds the server, starts it, measures every route and prints the table.
pub(crate) fn run(args: &Args) -> Result<()> {
    if !args.no_build {
        serve::build(Profile::Release)?;
    }
    let mut server = Server::start_pinned(&serve::binary(Profile::Release)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(measure(&mut server, args));
    // The server gets Ctrl-C from the terminal as well, so what failed then is of no interest.
    sh::check_interrupt()?;
    outcome.with_context(|| format!("the server said last:\n{}", server.last_words()))
}

async fn measure(server: &mut Server, args: &Args) -> Result<()> {
    let plan = args.plan();
    if !args.wants_no_route() {
        measure_routes(server, args, &plan).await?;
    }
    if args.wants(REVOCATIONS) {
        revocations::measure(server, &plan).await.context(REVOCATIONS)?;
    }
    // Last, because it starts the server anew.
    if args.wants(MEMORY) {
        memory::measure(server, &plan).await.context(MEMORY)?;
    }
    Ok(())
}

async fn measure_routes(server: &Server, args: &Args, plan: &Plan) -> Result<()> {
    let (routes, work) = scenario::prepare(&server.address()).await.context("cannot prepare the scenario")?;
    for one in &work {
        println!("{:17} p50 {:>9.1} us   p99 {:>9.1} us", one.what, one.p50_us, one.p99_us);
    }
    println!("\n{} connections, {} rounds of 4 slices of {:?}\n", plan.connections, plan.rounds, plan.slice);
    report::print_head();
    for route in routes.iter().filter(|route| args.wants(route.name)) {
        let measured = load::compare(server, route, plan).await.with_context(|| route.name.to_owned())?;
        report::print_row(route.name, &measured);
    }
    println!("\nthe server had {} MiB at most\n", server.peak_memory()? / 1024);
    Ok(())
}
