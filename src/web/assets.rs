//! The files of the site: embedded in a release, read from `target/site` in development.
//!
//! What is under `pkg/` (scripts, wasm, styles) is served under a path that names the hash of all
//! of it, so browsers keep it for ever and relative imports go on working. Precompressed twins
//! (`.br`, `.gz`) are used where the build made them.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::Embed;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

#[derive(Embed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Site;

/// Has cargo build this again in another checkout, whose site lies elsewhere.
const _: Option<&str> = option_env!("STUDIO_ROOT");

/// The files, in memory.
#[derive(Debug, Clone)]
pub struct Assets {
    files: Arc<BTreeMap<String, Bytes>>,
    /// The path of what is under `pkg/`, without slashes at its ends: `pkg/<hash>`.
    pub pkg: Arc<str>,
}

impl Assets {
    /// Reads all files.
    #[must_use]
    pub fn load() -> Self {
        let mut files = BTreeMap::new();
        let mut hash = Sha256::new();
        for name in Site::iter() {
            let Some(file) = Site::get(&name) else { continue };
            let data = match file.data {
                Cow::Borrowed(data) => Bytes::from_static(data),
                Cow::Owned(data) => Bytes::from(data),
            };
            hash.update(name.as_bytes());
            hash.update(&data);
            files.insert(name.into_owned(), data);
        }
        let hash = URL_SAFE_NO_PAD.encode(&hash.finalize()[..9]);
        Self { files: Arc::new(files), pkg: format!("pkg/{hash}").into() }
    }

    /// The URL of a style sheet or script by its name, such as `prompt-studio.css`.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("/{}/{name}", self.pkg)
    }

    /// A file, in the best encoding the browser takes.
    fn get(&self, name: &str, headers: &HeaderMap, cache: &'static str) -> Response {
        let accepts =
            headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let encodings = [("br", ".br"), ("gzip", ".gz")];
        let encoded = encodings.into_iter().filter(|(encoding, _)| accepts.contains(encoding)).find_map(
            |(encoding, ending)| {
                self.files.get(&format!("{name}{ending}")).map(|data| (data, Some(encoding)))
            },
        );
        let Some((data, encoding)) = encoded.or_else(|| self.files.get(name).map(|data| (data, None))) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut response = data.clone().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

/// The routes of all files.
pub fn routes(assets: &Assets) -> Router {
    let mut router = Router::new();
    for name in assets.files.keys() {
        if matches!(ending(name), Some("br" | "gz")) {
            continue;
        }
        let (path, cache) = match name.strip_prefix("pkg/") {
            Some(rest) => (assets.url(rest), "public, max-age=31536000, immutable"),
            None => (format!("/{name}"), "public, max-age=86400"),
        };
        let (assets, name) = (assets.clone(), name.clone());
        let serve = move |headers: HeaderMap| async move { assets.get(&name, &headers, cache) };
        router = router.route(&path, get(serve));
    }
    router
}

fn ending(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, ending)| ending)
}

fn content_type(name: &str) -> &'static str {
    match ending(name) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
