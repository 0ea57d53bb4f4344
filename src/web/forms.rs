//! Forms: the way from a `<form>` to a server function and back to a page, with no script.
//!
//! A posted form runs its server function. When that succeeds the browser is sent on; when it
//! fails, it is led back to the page the form stands on (`form_result`), which has the right status then, the
//! message at its field, and what was typed still there. An island that fetched it is answered with that
//! page at once. Nothing shown travels through the URL.

use super::{
    RequestContext,
    form_once::Once,
    form_response::Post,
    form_result,
    uploads::{self, Most},
};
use crate::{
    error::{Error, Flaws, Result},
    kernel::long_work,
    paths,
    web::{
        error_page,
        form_response::Forms,
        server_function::{PAGE_FIELD, accepts_html, as_program, refusal, run},
    },
};
use axum::{
    body::{Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    response::Response,
};
use http_body_util::BodyExt;
use leptos::server_fn::axum::get_server_fn_service;
use std::collections::BTreeSet;

/// The most bytes of a form that is read though it is not carried out.
const SMALL_BODY: u64 = 16 * 1024;
/// The most bytes of an argument of a function that takes more text than others.
const MAX_ARGUMENT: usize = 1000;
/// The kind of a form's body.
const FORM: &str = "application/x-www-form-urlencoded";

/// Answers `POST /api/…`, and `GET` for functions that only read.
pub async fn dispatch(State(forms): State<Forms>, request: Request) -> Response {
    if get_server_fn_service(request.uri().path(), request.method().clone()).is_none() {
        return error_page::plain_error(&Error::NotFound);
    }
    let function = request.uri().path().trim_start_matches("/api/");
    let caller = request.extensions().get::<RequestContext>();
    let limited = caller.and_then(|caller| caller.limited(function).err());
    let is_post = *request.method() == Method::POST;
    let is_form = is_post && accepts_html(request.headers());
    // What is not carried out is read only to show it again, and so is not if it is large.
    if let Some(error) = limited.as_ref().filter(|_| is_large(&request)) {
        return unread(is_form, error);
    }
    let (mut parts, body, too_large) = match read(request).await {
        Ok(read) => read,
        Err(error) => return unread(is_form, &error),
    };
    let limited = limited.or(too_large);
    if !is_post {
        return run_unless(limited, &parts, body).await;
    }
    let Some(input) = long_work::within(body.len(), || fields(&parts.headers, &body)) else {
        return unread(is_form, &uploads::foreign());
    };
    if let Some(caller) = parts.extensions.remove::<RequestContext>() {
        parts.extensions.insert(caller.with_fields(&input));
    }
    let refused = limited.or_else(|| no_text(&input));
    let body = if uploads::takes_more(parts.uri.path()) { short(&input) } else { body };
    if !is_form {
        return run_unless(refused, &parts, body).await;
    }
    let page = page_of(&parts.headers, &input);
    let caller = parts.extensions.get::<RequestContext>().filter(|_| refused.is_none());
    let once = caller.and_then(|caller| Once::of(caller, parts.uri.path(), &input));
    let post = Post { forms, parts, page, input, is_refused: refused.is_some() };
    if let Some(once) = once {
        return post.once(once, body).await;
    }
    let answer = run_unless(refused, &post.parts, body).await;
    post.respond(answer).await
}

/// Runs the function, unless it is refused already.
async fn run_unless(refused: Option<Error>, parts: &Parts, body: Bytes) -> Response {
    match refused {
        Some(error) => refusal(&error),
        None => run(as_program(parts, body)).await,
    }
}

/// Whether a body is, or may become, larger than what is kept of those who are not signed in.
fn is_large(request: &Request) -> bool {
    uploads::is_multipart(request.headers())
        || request.body().size_hint().upper().is_none_or(|bytes| bytes > SMALL_BODY)
}

/// The answer to a form that was not read.
fn unread(is_form: bool, error: &Error) -> Response {
    if is_form { error_page::plain_error(error) } else { refusal(error) }
}

/// Reads the body: as it is, or of a form with files its other fields; the files go with the caller. What has too much
/// text is read with that error, unless it is too large to be shown again.
async fn read(request: Request) -> Result<(Parts, Bytes, Option<Error>)> {
    let caller = request.extensions().get::<RequestContext>().cloned();
    let caller = caller.filter(|_| uploads::is_multipart(request.headers()));
    let most = Most::of(&request);
    // What says of itself that it is too large is not read at all.
    if usize::try_from(request.body().size_hint().lower()).is_ok_and(|bytes| bytes > most.body) {
        return Err(most.of_body());
    }
    let too_large = |text: usize| (text > most.text).then(|| most.of_text());
    if let Some(caller) = caller {
        let (mut parts, body) = request.into_parts();
        let (fields, files, text) = uploads::read(&parts.headers, body, most).await?;
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.extensions.insert(caller.with_files(files));
        return Ok((parts, fields, too_large(text)));
    }
    let (parts, body) = request.into_parts();
    let body = http_body_util::Limited::new(body, most.body).collect().await;
    let body = body.map_err(|_| most.of_body())?.to_bytes();
    let too_large = too_large(body.len());
    Ok((parts, body, too_large))
}

/// The page the form stands on: as the form says, which it must where the page tells no referrer,
/// or as the browser does.
fn page_of(headers: &HeaderMap, input: &[(String, String)]) -> String {
    let named = input.iter().find(|(name, _)| name == PAGE_FIELD).map(|(_, page)| page.clone());
    let referrer = || {
        let url: url::Url = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
        Some(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    };
    let page = named.or_else(referrer).filter(|page| paths::is_local(page));
    page.map_or_else(|| paths::HOME.to_owned(), |page| form_result::parted(&page).0)
}

/// The fields of a form, in order; none when it is no form, or none of ours: with too many fields, with
/// one twice, or with brackets, which programs read as they like.
fn fields(headers: &HeaderMap, body: &Bytes) -> Option<Vec<(String, String)>> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if kind.split(';').next()?.trim() != FORM {
        return None;
    }
    if body.split(|byte| *byte == b'&').count() > uploads::MAX_FIELDS {
        return None;
    }
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    let names: BTreeSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let is_ours = names.len() == fields.len() && !names.iter().any(|name| name.contains(['[', ']']));
    is_ours.then_some(fields)
}

/// A form of the short fields alone: a function that takes more text reads the others from its caller.
fn short(fields: &[(String, String)]) -> Bytes {
    let short = fields.iter().filter(|(_, value)| value.len() <= MAX_ARGUMENT);
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(short).finish().into()
}

/// What is wrong with fields that hold a NUL, which a database does not take for text.
fn no_text(fields: &[(String, String)]) -> Option<Error> {
    let mut flaws = Flaws::default();
    for (name, _) in fields.iter().filter(|(_, value)| value.contains('\0')) {
        flaws.add(name.clone(), "Remove the NUL character.");
    }
    flaws.finish().err()
}
