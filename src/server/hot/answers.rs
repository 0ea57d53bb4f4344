//! Answers as they are sent, kept until something changes or others are asked for more.

use super::{
    REQUEST_ID,
    heard::{Change, Heard},
};
use crate::id::{EnvironmentId, FolderId, OrgId, PromptId};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, header::InvalidHeaderValue},
    response::Response,
};
use papaya::{Equivalent, HashMap};
use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
};

/// An answer, in the forms that it is sent in.
#[derive(Debug)]
pub struct Answer {
    plain: Form,
    brotli: Option<Form>,
    pub(super) prompt: PromptId,
    pub(super) environment: Option<EnvironmentId>,
    pub(super) around: Vec<FolderId>,
}

/// A form of an answer, with all that can be made ready.
#[derive(Debug)]
struct Form {
    body: Bytes,
    etag: HeaderValue,
    /// The headers, with room for the name of the request.
    headers: HeaderMap,
    /// Those for whoever has it already: what a cache needs (RFC 9110 §15.4.5).
    known: HeaderMap,
}

impl Form {
    fn new(body: Bytes, headers: &HeaderMap, tag: &str) -> Result<Self, InvalidHeaderValue> {
        let etag = HeaderValue::from_str(&format!("\"{tag}\""))?;
        let mut headers = headers.clone();
        headers.insert(header::ETAG, etag.clone());
        headers.insert(REQUEST_ID, HeaderValue::from_static(""));
        let mut known = headers.clone();
        let needed = |name: &HeaderName| {
            [header::ETAG, header::CACHE_CONTROL, header::VARY, REQUEST_ID].contains(name)
                || name.as_str().starts_with("x-prompt-")
        };
        for name in headers.keys().filter(|name| !needed(name)) {
            known.remove(name);
        }
        Ok(Self { body, etag, headers, known })
    }
}

impl Answer {
    /// An answer of this body with these headers about a prompt; `tag` tells it from any other.
    ///
    /// # Errors
    /// When `tag` cannot stand in a header.
    pub fn new(
        body: Vec<u8>,
        headers: &HeaderMap,
        tag: &str,
        prompt: PromptId,
    ) -> Result<Self, InvalidHeaderValue> {
        let brotli = compressed(&body).map(|body| {
            let mut headers = headers.clone();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            Form::new(body.into(), &headers, &format!("{tag}-br"))
        });
        let (plain, brotli) = (Form::new(body.into(), headers, tag)?, brotli.transpose()?);
        Ok(Self { plain, brotli, prompt, environment: None, around: Vec::new() })
    }

    /// The same, telling of an environment, and of the prompt as in these folders: keys may be limited to others.
    #[must_use]
    pub fn about(self, environment: Option<EnvironmentId>, around: Vec<FolderId>) -> Self {
        Self { environment, around, ..self }
    }

    /// The answer to a request with these headers and of this name: in the form it takes, or that it has it
    /// already.
    #[must_use]
    pub fn to(&self, asked: &HeaderMap, request: HeaderValue) -> Response {
        let brotli = self.brotli.as_ref().filter(|_| takes_brotli(asked));
        let form = brotli.unwrap_or(&self.plain);
        let known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| self.is_known(known));
        let mut response = Response::new(if known { Body::empty() } else { Body::from(form.body.clone()) });
        *response.headers_mut() = if known { form.known.clone() } else { form.headers.clone() };
        response.headers_mut().insert(REQUEST_ID, request);
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
    fn bytes(&self) -> usize {
        let brotli = self.brotli.as_ref().map_or(0, |form| form.body.len());
        self.plain.body.len() + brotli + self.around.len() * size_of::<FolderId>() + 4096
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

/// What was asked for: an organization, and the path and query as they came.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    org: OrgId,
    uri: Box<str>,
}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        AskedRef { org: self.org, uri: &self.uri }.hash(state);
    }
}

#[derive(Hash)]
struct AskedRef<'a> {
    org: OrgId,
    uri: &'a str,
}

impl Equivalent<Asked> for AskedRef<'_> {
    fn equivalent(&self, key: &Asked) -> bool {
        self.org == key.org && *self.uri == *key.uri
    }
}

#[derive(Debug)]
struct Kept {
    answer: Arc<Answer>,
    /// How often the content of the organization had changed when it was read.
    heard: u64,
    /// The second in which it was asked for last.
    used: AtomicU32,
    bytes: usize,
}

/// The answers that are kept.
#[derive(Debug)]
pub(super) struct Answers {
    all: HashMap<Asked, Kept>,
    /// The most bytes they may take.
    room: usize,
    bytes: AtomicUsize,
    is_sweeping: AtomicBool,
}

impl Answers {
    pub(super) fn new(room: usize) -> Self {
        Self { all: HashMap::new(), room, bytes: AtomicUsize::new(0), is_sweeping: AtomicBool::new(false) }
    }

    /// The answer, if it is kept and still true.
    pub(super) fn find(&self, org: OrgId, uri: &str, heard: &Heard, second: u32) -> Option<Arc<Answer>> {
        let all = self.all.pin();
        let kept = all.get(&AskedRef { org, uri })?;
        if kept.heard != heard.count(org, Change::Content) {
            return None;
        }
        if kept.used.load(Ordering::Relaxed) != second {
            kept.used.store(second, Ordering::Relaxed);
        }
        Some(kept.answer.clone())
    }

    /// Keeps an answer that was read when the content of the organization had changed `heard` times.
    pub(super) fn keep(&self, org: OrgId, uri: &str, answer: Arc<Answer>, heard: u64, second: u32) {
        let bytes = answer.bytes() + uri.len();
        if bytes > self.room / 8 {
            return;
        }
        let kept = Kept { answer, heard, used: AtomicU32::new(second), bytes };
        let all = self.all.pin();
        let before = all.insert(Asked { org, uri: uri.into() }, kept).map_or(0, |before| before.bytes);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes.fetch_sub(before, Ordering::Relaxed);
        if self.bytes.load(Ordering::Relaxed) > self.room && !self.is_sweeping.swap(true, Ordering::AcqRel) {
            self.sweep();
            self.is_sweeping.store(false, Ordering::Release);
        }
    }

    /// Lets go of what nobody has asked for the longest, until a tenth of the room is free.
    fn sweep(&self) {
        let all = self.all.pin();
        let mut seconds: Vec<(u32, usize)> =
            all.values().map(|kept| (kept.used.load(Ordering::Relaxed), kept.bytes)).collect();
        seconds.sort_unstable();
        let mut over = self.bytes.load(Ordering::Relaxed).saturating_sub(self.room / 10 * 9);
        let mut last = None;
        for (second, bytes) in seconds {
            if over == 0 {
                break;
            }
            (last, over) = (Some(second), over.saturating_sub(bytes));
        }
        let Some(last) = last else { return };
        let mut over = self.bytes.load(Ordering::Relaxed).saturating_sub(self.room / 10 * 9);
        for (asked, kept) in &all {
            if over == 0 {
                break;
            }
            if kept.used.load(Ordering::Relaxed) <= last
                && let Some(gone) = all.remove(asked)
            {
                self.bytes.fetch_sub(gone.bytes, Ordering::Relaxed);
                over = over.saturating_sub(gone.bytes);
            }
        }
    }

    /// How many answers are kept, and about how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.all.pin().len(), self.bytes.load(Ordering::Relaxed))
    }
}
