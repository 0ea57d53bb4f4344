//! A key that is rotated while it is used: each answer is that of a secret which was good when it was asked
//! with, or may have been.

use super::{Service, TestApp, acme, both_databases};
use crate::tests::{api_keys::key, support::Answer};
use futures_util::future::join;

both_databases!(rotating_against_use);

const PATH: &str = "/prompts/Tone?environment=development";

async fn rotating_against_use(app: TestApp) {
    let (ana, acme, _) = acme(&app).await;
    let (id, first) = key(&ana.makes_key(&acme, &[]).await.status(200));
    let (mut before, mut now) = (Service::with(&app, "ps_0_0_0"), Service::with(&app, &first));
    let asks = async |service: &Service| -> Vec<u16> {
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(service.get(PATH).await.status);
        }
        seen
    };
    for trial in 0..40 {
        let overlap = if trial % 2 == 0 { "0" } else { "30" };
        let fields = [("org", "acme"), ("key", &*id), ("overlap", overlap)];
        let rotate = async { ana.call("/api/api_keys/rotate", &fields).await };
        let (answer, seen): (Answer, Vec<u16>) = join(rotate, asks(&now)).await;
        let next = Service::with(&app, &key(&answer.status(200)).1);
        // While it is rotated, it is good until it is not.
        assert!(seen.is_sorted() && seen.iter().all(|status| [200, 401].contains(status)), "{seen:?}");
        if overlap == "30" {
            assert_eq!(seen, [200; 4], "trial {trial}");
        }
        // From the answer on, the new one is good, and the old one as long as was said.
        assert_eq!(asks(&next).await, [200; 4], "trial {trial}");
        let expected = if overlap == "30" { 200 } else { 401 };
        assert_eq!(asks(&now).await, [expected; 4], "trial {trial}");
        assert_eq!(asks(&before).await, [401; 4], "trial {trial}");
        (before, now) = (now, next);
    }
}
