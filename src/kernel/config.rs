//! What an operator can set: every flag is also an environment variable.

use clap::Parser;
use std::{net::SocketAddr, path::PathBuf};
use url::Url;

/// Prompt Studio: a self-hostable studio where teams manage their AI prompts.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Config {
    /// The address to listen on.
    #[arg(long, env = "STUDIO_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// The public URL. It is used for links in emails and for the origin check.
    #[arg(long, env = "STUDIO_BASE_URL", default_value = "http://localhost:3000")]
    pub base_url: Url,

    /// The directory of the SQLite database and the master key.
    #[arg(long, env = "STUDIO_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// The database: `postgres://…` or `sqlite:path`. Defaults to `studio.db` in the data directory.
    #[arg(long, env = "STUDIO_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// The mail server: `smtp://user:password@host:587?tls=required` or `smtps://…`. Without
    /// it, no emails are sent or verified.
    #[arg(long, env = "STUDIO_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,

    /// The sender of emails.
    #[arg(long, env = "STUDIO_MAIL_FROM", default_value = "Prompt Studio <studio@localhost>")]
    pub mail_from: String,

    /// Keep emails in memory and show them at /dev/mailbox: for development without a mail server.
    /// Everyone who can reach the server can read them.
    #[arg(long, env = "STUDIO_DEV_MAILBOX")]
    pub dev_mailbox: bool,

    /// 32 bytes in base64 that encrypt stored secrets. Without it, a key is created in the data
    /// directory at the first start.
    #[arg(long, env = "STUDIO_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,

    /// The header in which a trusted proxy sends the client's IP address (the last value counts),
    /// such as `x-forwarded-for`. Defaults to the address of the connection.
    #[arg(long, env = "STUDIO_CLIENT_IP_HEADER")]
    pub client_ip_header: Option<String>,

    /// The memory for fetched prompts, in MiB.
    #[arg(long, env = "STUDIO_FETCH_MIB", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..))]
    pub fetch_mib: u16,

    /// The processor time that rendering a template can take, in milliseconds.
    #[arg(long, env = "STUDIO_RENDER_TIMEOUT_MS", default_value_t = 250, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    pub render_timeout_ms: u32,

    /// The requests per minute for each API key and process; 0 means no limit.
    #[arg(long, env = "STUDIO_API_REQUESTS_A_MINUTE", default_value_t = 0)]
    pub api_requests_a_minute: u32,

    /// The days without a request after which a session ends.
    #[arg(long, env = "STUDIO_SESSION_IDLE_DAYS", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=365))]
    pub session_idle_days: i64,

    /// The days after which a session ends in any case.
    #[arg(long, env = "STUDIO_SESSION_MAX_DAYS", default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=365))]
    pub session_max_days: i64,

    /// The maximum number of pending invitations per organization.
    #[arg(long, env = "STUDIO_MAX_PENDING_INVITATIONS", default_value_t = 100)]
    pub max_pending_invitations: i64,

    /// The maximum number of new invitations per organization and day.
    #[arg(long, env = "STUDIO_MAX_INVITATIONS_A_DAY", default_value_t = 50)]
    pub max_invitations_a_day: i64,

    /// The maximum number of emails to one address per hour.
    #[arg(long, env = "STUDIO_MAX_EMAILS_AN_HOUR", default_value_t = 10)]
    pub max_emails_an_hour: i64,

    /// The rate limits (for signing in, signing up, inviting …) as a multiple of the defaults; 0 turns
    /// them off.
    #[arg(long, env = "STUDIO_RATE_LIMITS", default_value_t = 1)]
    pub rate_limits: u32,

    /// The log filter: `info`, `debug`, or a filter such as `prompt_studio=debug,sqlx=warn`.
    #[arg(long, env = "STUDIO_LOG", default_value = "info")]
    pub log: String,

    /// Log one JSON object per line.
    #[arg(long, env = "STUDIO_LOG_JSON")]
    pub log_json: bool,

    /// Adds the routes that benchmarks need. Never on a server that people use.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Config {
    /// The database to use.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("studio.db").display()))
    }

    /// Whether people reach the studio through TLS; cookies are then `Secure` and `__Host-`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    /// The absolute URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.as_str().trim_end_matches('/'))
    }

    /// The base URL as people write it, without the scheme: `studio.example.com`.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.base_url.host_str().unwrap_or_default();
        self.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}
