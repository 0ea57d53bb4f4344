//! Forms with files: their fields are read as those of any other form, and the files beside them.

use super::{RequestContext, known_devices};
use crate::{
    error::{Error, Result},
    kernel::long_work,
    web::posted::File,
};
use axum::{
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode, header},
};
use std::borrow::Cow;

/// The most bytes of a form without files.
pub(super) const MAX_TEXT: usize = 256 * 1024;
/// The most fields a form may have.
pub(super) const MAX_FIELDS: usize = 600;
/// The most bytes of a form with files. Files may be smaller: what is larger than that is answered at
/// its field, and only what is larger than this at the door.
pub(super) const MAX_BODY: usize = 10 * 1024 * 1024;
/// The most bytes of a file.
pub const MAX_FILE: usize = 8 * 1024 * 1024;

/// The functions that take files.
const TAKE_FILES: [&str; 2] = ["imports/create", "organizations/set_avatar"];
/// The functions whose forms have more text than others, and how many bytes: those of variables, as much as a folder can
/// have.
const TAKE_MORE: [(&str, usize); 1] = [("variables/set", 2_200_000)];

/// How much of a form is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    /// The most bytes of its body.
    pub(super) body: usize,
    /// The most bytes of its text. What has more, and fits, is read to be shown again.
    pub(super) text: usize,
}

fn function(path: &str) -> &str {
    path.trim_start_matches("/api/")
}

/// Whether a form posted to a path may have more text than others.
pub(super) fn takes_more(path: &str) -> bool {
    TAKE_MORE.iter().any(|(more, _)| *more == function(path))
}

impl Most {
    /// More than little is only read of those who are signed in, and large bodies where the function takes files.
    pub(super) fn of(request: &Request) -> Self {
        let (headers, function) = (request.headers(), function(request.uri().path()));
        let caller = request.extensions().get::<RequestContext>();
        let is_signed_in = caller.is_some_and(|caller| caller.visit().is_some());
        // Of somebody whose session has ended, what they typed is kept.
        let was_signed_in =
            || caller.is_some_and(|caller| known_devices::last_person(&caller.server, headers).is_some());
        let more = TAKE_MORE.iter().find(|(more, _)| *more == function && is_signed_in);
        let text = more.map_or(MAX_TEXT, |(_, text)| *text);
        let is_multipart = is_multipart(headers);
        let body = if is_multipart && is_signed_in && TAKE_FILES.contains(&function) {
            MAX_BODY
        } else if is_signed_in || is_multipart && was_signed_in() {
            text + MAX_TEXT
        } else {
            MAX_TEXT
        };
        Self { body, text }
    }

    /// That a form has too much text.
    pub(super) fn of_text(self) -> Error {
        let most = self.text / 1024;
        let message = format!("This form can hold at most {most} KiB of text. Nothing was saved.");
        Error::TooLarge { message: message.into() }
    }

    /// That a form is too large to be read.
    pub(super) fn of_body(self) -> Error {
        if self.body < MAX_BODY { self.of_text() } else { TOO_LARGE }
    }
}

/// That a form with files is too large.
pub(super) const TOO_LARGE: Error = Error::TooLarge {
    message: Cow::Borrowed("A form with files can hold at most 10 MiB in total. Nothing was saved."),
};

/// Whether a request says that its body is a form with files.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// The fields, as a form without files has them in its body, the files, and how many bytes of text there are.
///
/// # Errors
/// [`Error::Invalid`] for what is no form, [`Error::TooLarge`].
pub(super) async fn read(headers: &HeaderMap, body: Body, most: Most) -> Result<(Bytes, Vec<File>, usize)> {
    let mut request = Request::new(body);
    *request.headers_mut() = headers.clone();
    // In place of the two megabytes that the library stops at.
    DefaultBodyLimit::max(most.body).apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| foreign())?;
    let (mut fields, mut files, mut text) = (Vec::new(), Vec::new(), 0);
    let broken = |error: MultipartError| match error.status() {
        StatusCode::BAD_REQUEST => foreign(),
        _ => most.of_body(),
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if fields.len() + files.len() >= MAX_FIELDS || name.len() > 200 {
            return Err(foreign());
        }
        if let Some(file) = field.file_name() {
            let file = file.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
            let bytes = up_to(field, MAX_FILE).await.map_err(broken)?;
            // A browser sends an empty one when none was chosen.
            if bytes.as_ref().is_none_or(|bytes| !bytes.is_empty()) {
                files.push(File { field: name, name: file, bytes });
            }
        } else {
            let room = (most.text + MAX_TEXT).saturating_sub(text);
            let typed = up_to(field, room).await.map_err(broken)?.ok_or_else(|| most.of_text())?;
            text += typed.len();
            fields.push((name, String::from_utf8(typed.to_vec()).map_err(|_| foreign())?));
        }
    }
    let fields = long_work::within(text, || serde_urlencoded::to_string(fields)).map_err(|_| foreign())?;
    Ok((fields.into(), files, text))
}

/// That something is no form, or none of ours.
pub(super) fn foreign() -> Error {
    Error::invalid("", "This form didn't come from this site.")
}

/// The bytes of a field, unless there are more than `most`; it is read to its end in any case.
async fn up_to(mut field: Field<'_>, most: usize) -> Result<Option<Bytes>, MultipartError> {
    let (mut bytes, mut fits) = (Vec::new(), true);
    while let Some(chunk) = field.chunk().await? {
        fits &= bytes.len() + chunk.len() <= most;
        if fits {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(fits.then(|| bytes.into()))
}
