//! Keys that are revoked while others fetch as fast as they can: whoever is answered that a key is revoked may rely
//! on it that the key opens nothing any more.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hyper::StatusCode;

use crate::bench::client::Connection;
use crate::bench::load::{Crowd, Plan, rate};
use crate::bench::report;
use crate::bench::server::Server;
use crate::bench::services::Supplier;
use crate::sh;

/// How many revoke at once, each in an organization of its own: when a key changes, the server trusts none that it has
/// in memory of the same organization, and those of the others would be revoked when they were not there any more.
const REVOKERS: usize = 4;

/// What came of it.
#[derive(Default)]
struct Revoked {
    /// How long each revocation took.
    latencies: Vec<Duration>,
    /// How many keys were let in afterwards.
    let_in: usize,
}

/// Makes keys, fetches with them and revokes them, under load, and prints what came of it.
pub(crate) async fn measure(server: &Server, plan: &Plan) -> Result<()> {
    let address = server.address();
    let (mut suppliers, mut fetches) = (Vec::new(), Vec::new());
    for _ in 0..REVOKERS {
        let mut supplier = Supplier::small(&address).await?;
        fetches.push(supplier.make_key().await?.get(Supplier::HOT));
        suppliers.push((supplier, Connection::open(&address).await?));
    }
    let load = Crowd::gather(server, &fetches.iter().collect::<Vec<_>>(), plan.connections).await?;
    let (before, start) = (load.answered()?, Instant::now());
    let revokers: Vec<_> = suppliers
        .into_iter()
        .map(|(supplier, service)| tokio::spawn(revoke(supplier, service, plan.keys / REVOKERS)))
        .collect();
    let mut total = Revoked::default();
    for revoker in revokers {
        let Revoked { latencies, let_in } = revoker.await??;
        total.latencies.extend(latencies);
        total.let_in += let_in;
    }
    let load = rate(load.answered()? - before, start.elapsed());
    let Revoked { mut latencies, let_in } = total;
    latencies.sort_unstable();
    report::print_revocations(&latencies, load, let_in);
    ensure!(let_in == 0, "{let_in} keys were let in after they had been revoked");
    Ok(())
}

/// Makes and revokes so many keys, one after the other. Each is fetched with twice before, so that the server has it in
/// memory, and once at once after the answer.
async fn revoke(mut supplier: Supplier, mut service: Connection, keys: usize) -> Result<Revoked> {
    let mut revoked = Revoked::default();
    for _ in 0..keys {
        sh::check_interrupt()?;
        let key = supplier.make_key().await?;
        let fetch = key.get(Supplier::HOT);
        for _ in 0..2 {
            let status = service.send(&fetch).await?.status;
            ensure!(status == StatusCode::OK, "a fetch with a good key answered {status}");
        }
        let start = Instant::now();
        supplier.revoke(&key).await?;
        revoked.latencies.push(start.elapsed());
        let status = service.send(&fetch).await.context("a fetch with a revoked key")?.status;
        ensure!(
            status.is_success() || status == StatusCode::UNAUTHORIZED,
            "a fetch with a revoked key answered {status}"
        );
        revoked.let_in += usize::from(status.is_success());
    }
    Ok(revoked)
}
