//! Where a request comes from, by its connection or by what a proxy says.

use crate::tenancy::{Client, Server};
use axum::extract::{ConnectInfo, Request};
use std::net::{IpAddr, SocketAddr};

/// Where a request comes from.
pub fn client(server: &Server, request: &Request) -> Client {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let connected = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ip = if let Some(name) = &server.config.client_ip_header {
        // The last value of the last line is the one that the trusted proxy itself wrote.
        let last = headers.get_all(name).iter().next_back().and_then(|line| line.to_str().ok());
        last.and_then(|line| line.rsplit(',').next()).and_then(address)
    } else {
        if headers.contains_key("x-forwarded-for") {
            warn_of_proxy();
        }
        connected()
    };
    Client {
        ip,
        user_agent: text("user-agent").chars().filter(|c| !c.is_control()).take(300).collect(),
        request_id: server.clock.id().to_string(),
        is_prefetch: text("sec-purpose").contains("prefetch"),
        is_reread: request.method().is_safe() && headers.contains_key("x-reread"),
        ..Client::default()
    }
}

/// The address that a proxy tells, in any of the ways that proxies write it: with a port, in brackets, in quotes.
fn address(told: &str) -> Option<IpAddr> {
    let told = told.trim().trim_matches('"');
    let alone = || told.strip_prefix('[').and_then(|told| told.strip_suffix(']')).unwrap_or(told).parse();
    told.parse::<SocketAddr>().map(|socket| socket.ip()).or_else(|_| alone()).ok()
}

/// Says once that a proxy seems to stand in front, and that nobody said which header to believe.
fn warn_of_proxy() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            "requests come through a proxy: set --client-ip-header, or rate limits treat everyone as one client"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (told, ip) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1:567 ", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[::1]:80", "::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ] {
            assert_eq!(address(told), Some(ip.parse().unwrap()), "{told}");
        }
        for told in ["", "unknown", "_hidden", "192.0.2.1:x", "[::1", "192.0.2.1, 192.0.2.2"] {
            assert_eq!(address(told), None, "{told}");
        }
    }
}
