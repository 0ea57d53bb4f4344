//! An answer as it is sent, with all that can be made ready.

use crate::{
    id::{EnvironmentId, FolderId, PromptId},
    kernel::{config::Config, long_work},
    text::hex,
    web::secure_headers::add_secure_headers,
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The name of a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The version that an answer tells of.
pub const VERSION: HeaderName = HeaderName::from_static("x-prompt-version");

/// Bytes that an answer takes besides itself: what is allocated for its headers and its place in the map.
const OVERHEAD: usize = 512;

/// How long caches may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLifetime {
    /// It never changes.
    ForGood,
    /// Until they are told that it has changed, and for a day where nobody can tell.
    WhileTrue,
}

/// The headers of an answer, with room for those in which one differs from the next: there is one for all, or
/// they would take more memory than what is answered.
#[derive(Debug)]
struct Head {
    whole: HeaderMap,
    /// For a client that has it already: what a cache needs (RFC 9110 §15.4.5).
    known: HeaderMap,
}

impl Head {
    fn new(config: &Config, lasting: CacheLifetime, encoding: Option<&'static str>) -> Self {
        let cached = match lasting {
            CacheLifetime::ForGood => "private, max-age=31536000, immutable",
            CacheLifetime::WhileTrue => "private, max-age=0, stale-while-revalidate=60, stale-if-error=86400",
        };
        let mut whole = HeaderMap::new();
        for (name, value) in [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, cached),
            (header::VARY, "Authorization, Accept-Encoding"),
            (header::ETAG, ""),
            (VERSION, ""),
            (REQUEST_ID, ""),
        ] {
            whole.insert(name, HeaderValue::from_static(value));
        }
        if let Some(encoding) = encoding {
            whole.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        let needed = [header::CACHE_CONTROL, header::VARY, header::ETAG, VERSION, REQUEST_ID];
        let known = needed.into_iter().filter_map(|name| Some((name.clone(), whole.get(name)?.clone())));
        let known = known.collect();
        add_secure_headers(config, &mut whole);
        Self { whole, known }
    }
}

/// The headers of all answers.
#[derive(Debug)]
pub struct AnswerHeaders {
    /// For good and while true, each plain and compressed.
    all: [[Arc<Head>; 2]; 2],
}

impl AnswerHeaders {
    pub(super) fn new(config: &Config) -> Self {
        let of = |lasting| [None, Some("br")].map(|encoding| Arc::new(Head::new(config, lasting, encoding)));
        Self { all: [of(CacheLifetime::ForGood), of(CacheLifetime::WhileTrue)] }
    }
}

/// What an answer is about.
#[derive(Debug)]
pub struct About {
    /// The prompt.
    pub prompt: PromptId,
    /// Its version.
    pub version: i64,
    /// How long it may be kept.
    pub lasting: CacheLifetime,
    /// The environment it was asked for in, if it was: keys may be limited to others.
    pub environment: Option<EnvironmentId>,
    /// The folders around the prompt: keys may be limited to others.
    pub around: Vec<FolderId>,
    /// Where else it is for good, where it was asked for by a path that it had once (RFC 8288, RFC 6596).
    pub canonical: Option<HeaderValue>,
}

/// A form of an answer.
#[derive(Debug)]
struct Form {
    body: Bytes,
    etag: HeaderValue,
    head: Arc<Head>,
}

/// An answer, in the forms that it is sent in.
#[derive(Debug)]
pub struct Answer {
    plain: Form,
    brotli: Option<Form>,
    version: HeaderValue,
    pub(super) about: About,
}

impl Answer {
    /// An answer of JSON.
    #[must_use]
    pub fn new(heads: &AnswerHeaders, body: Vec<u8>, about: About) -> Self {
        long_work::note(body.len());
        let [plain, packed] = &heads.all[usize::from(about.lasting == CacheLifetime::WhileTrue)];
        let tag = hex(&Sha256::digest(&body)[..16]);
        let form = |body: Vec<u8>, tag: String, head: &Arc<Head>| {
            // A tag is hexadecimal, which always can stand in a header.
            let etag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""));
            // No longer than it must be.
            Form { body: body.into_boxed_slice().into(), etag, head: Arc::clone(head) }
        };
        let brotli = compressed(&body).map(|body| form(body, format!("\"{tag}-br\""), packed));
        let plain = form(body, format!("\"{tag}\""), plain);
        Self { plain, brotli, version: HeaderValue::from(about.version), about }
    }

    /// The answer to a request with these headers and of this name: in the form it takes, or that it has it
    /// already.
    #[must_use]
    pub fn to(&self, asked: &HeaderMap, request: HeaderValue) -> Response {
        let brotli = self.brotli.as_ref().filter(|_| takes_brotli(asked));
        let form = brotli.unwrap_or(&self.plain);
        let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| self.is_known(known));
        let mut response = Response::new(if known { Body::empty() } else { Body::from(form.body.clone()) });
        let headers = response.headers_mut();
        *headers = if known { form.head.known.clone() } else { form.head.whole.clone() };
        headers.insert(header::ETAG, form.etag.clone());
        headers.insert(VERSION, self.version.clone());
        headers.insert(REQUEST_ID, request);
        if let Some(canonical) = &self.about.canonical {
            headers.insert(header::LINK, canonical.clone());
        }
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    }

    /// Whether `If-None-Match` names it, in any of its forms (RFC 9110 §13.1.2: compared weakly).
    fn is_known(&self, known: &HeaderValue) -> bool {
        let known = known.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let known = known.map(|one| one.strip_prefix(b"W/").unwrap_or(one));
        let forms = || std::iter::once(&self.plain).chain(&self.brotli);
        known.into_iter().any(|one| one == b"*" || forms().any(|form| form.etag.as_bytes() == one))
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let brotli = self.brotli.as_ref().map_or(0, |form| form.body.len());
        OVERHEAD
            + size_of::<Self>()
            + self.plain.body.len()
            + brotli
            + self.about.around.len() * size_of::<FolderId>()
    }
}

/// The body compressed, where that makes it smaller by more than it costs.
fn compressed(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < 512 {
        return None;
    }
    let (mut small, mut body_left) = (Vec::with_capacity(body.len() / 2), body);
    let params = brotli::enc::BrotliEncoderParams { quality: 5, size_hint: body.len(), ..Default::default() };
    brotli::BrotliCompress(&mut body_left, &mut small, &params).ok()?;
    (small.len() < body.len() * 9 / 10).then_some(small)
}

/// Whether a request takes brotli: it is named, and not with a quality of nought.
fn takes_brotli(asked: &HeaderMap) -> bool {
    let Some(accepts) = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    accepts.split(',').any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|quality| quality.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("br") && quality.is_none_or(|quality| quality > 0.0)
    })
}
