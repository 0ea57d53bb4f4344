//! Forms with files: their fields are read as those of any other form, and the files beside them.

use super::{Caller, devices, forms, serve};
use crate::error::Error;
use axum::{
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

/// The most bytes of a form with files. Files may be smaller: what is larger than that is answered at
/// its field, and only what is larger than this at the door.
pub(super) const MAX_BODY: usize = 10 * 1024 * 1024;
/// The most bytes of a file.
pub const MAX_FILE: usize = 8 * 1024 * 1024;

/// The most bytes of the fields of a form, and what stands between them.
const MOST_OF_FIELDS: usize = 2 * forms::MAX_BODY;

/// The functions that take files.
const TAKE_FILES: [&str; 2] = ["imports/create", "organizations/set_avatar"];

/// The most bytes of the body of a form: one with files may be larger, if somebody is signed in and the function takes
/// files.
pub(super) fn most(request: &Request) -> usize {
    let (headers, function) = (request.headers(), request.uri().path().trim_start_matches("/api/"));
    let caller = request.extensions().get::<Caller>().filter(|_| is_multipart(headers));
    match caller {
        Some(caller) if caller.visit().is_some() && TAKE_FILES.contains(&function) => MAX_BODY,
        Some(caller) if caller.visit().is_some() => MOST_OF_FIELDS,
        // Of somebody whose session has ended, what they typed is kept.
        Some(caller) if devices::last_person(&caller.server, headers).is_some() => MOST_OF_FIELDS,
        _ => forms::MAX_BODY,
    }
}

/// A file that was chosen in a form.
#[derive(Debug, Clone)]
pub struct File {
    pub(super) field: String,
    /// What it is called where it comes from, without folders; at most 200 characters.
    pub name: String,
    /// Its bytes, or nothing when there were more than [`MAX_FILE`].
    pub bytes: Option<Bytes>,
}

/// Whether a request says that its body is a form with files.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

/// The fields, as a form without files has them in its body, and the files.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<(Bytes, Vec<File>), Response> {
    let refused = || serve::plain_error(&Error::invalid("", "This form didn't come from this site."));
    let mut request = Request::new(body);
    *request.headers_mut() = headers.clone();
    // In place of the two megabytes that the library stops at.
    DefaultBodyLimit::max(most).apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| refused())?;
    let (mut fields, mut files, mut room) = (Vec::new(), Vec::new(), forms::MAX_BODY);
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if fields.len() + files.len() >= forms::MAX_FIELDS || name.len() > 200 {
            return Err(refused());
        }
        if let Some(file) = field.file_name() {
            let file = file.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
            let bytes = up_to(field, MAX_FILE).await.map_err(|error| broken(&error))?;
            // A browser sends an empty one when none was chosen.
            if bytes.as_ref().is_none_or(|bytes| !bytes.is_empty()) {
                files.push(File { field: name, name: file, bytes });
            }
        } else {
            let text = up_to(field, room).await.map_err(|error| broken(&error))?;
            let text = text.ok_or_else(|| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
            room -= text.len();
            fields.push((name, String::from_utf8(text.to_vec()).map_err(|_| refused())?));
        }
    }
    let fields = serde_urlencoded::to_string(fields).map_err(|_| refused())?;
    Ok((fields.into(), files))
}

/// The answer to a form that does not end as it should: too large, or no form.
fn broken(error: &MultipartError) -> Response {
    match error.status() {
        StatusCode::BAD_REQUEST => {
            serve::plain_error(&Error::invalid("", "This form didn't come from this site."))
        }
        _ => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
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
