//! The memory that it takes to have a large library at hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::bench::client::{Call, Connection};
use crate::bench::load::{Plan, rate};
use crate::bench::report::{self, Memory};
use crate::bench::server::Server;
use crate::bench::services::Supplier;
use crate::sh;

/// Fetches each prompt of a large library once, and prints what that adds to the server's memory.
pub(crate) async fn measure(server: &mut Server, plan: &Plan) -> Result<()> {
    let key = Supplier::large(&server.address(), plan.prompts).await?.make_key().await?;
    // What the allocator still holds from making it all would be used again, and not be seen.
    server.restart()?;
    let start = server.memory()?;
    // Versions are read and not kept: what the database has in memory of its own is there before.
    let versions =
        (0..plan.prompts).step_by(4).map(|n| key.get(&format!("{}/versions/1", Supplier::path(n))));
    send_each(server, versions.collect(), plan.connections).await?;
    let before = server.memory()?;
    let fetches: Arc<[Call]> = (0..plan.prompts).map(|n| key.get(&Supplier::path(n))).collect();
    send_each(server, Arc::clone(&fetches), plan.connections).await?;
    let after = server.memory()?;
    // That all of it was kept shows in how fast it comes again.
    let again = rate(plan.prompts, send_each(server, fetches, plan.connections).await?);
    report::print_memory(&Memory { start, before, after, prompts: plan.prompts, again });
    Ok(())
}

/// Sends each call once, dealt out in turn to the connections; tells how long that took.
async fn send_each(server: &Server, calls: Arc<[Call]>, connections: usize) -> Result<Duration> {
    let (address, start) = (server.address(), Instant::now());
    let senders: Vec<_> = (0..connections)
        .map(|sender| {
            let (address, calls) = (address.clone(), Arc::clone(&calls));
            tokio::spawn(async move {
                let mut connection = Connection::open(&address).await?;
                for call in calls.iter().skip(sender).step_by(connections) {
                    sh::check_interrupt()?;
                    let status = connection.send(call).await?.status;
                    ensure!(status.is_success(), "GET {} answered {status}", call.path);
                }
                Ok(())
            })
        })
        .collect();
    for sender in senders {
        sender.await??;
    }
    Ok(start.elapsed())
}
