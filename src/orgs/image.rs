//! Pictures of organizations: decoded within bounds, cut square, and kept as PNGs of our own making. What
//! was sent is never served.

use super::settings;
use crate::{
    error::{Error, Result},
    id::ImageId,
    kernel::{internal_error::internal, sandbox::Job},
    role::ManageSettings,
    tenancy::{Grant, Scope},
    web::{RequestContext, error_page, posted::File},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use image::{DynamicImage, ImageFormat, ImageReader, Limits, imageops::FilterType};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

/// The width and height it is kept in: twice of what is shown.
const SIZE: u32 = 128;
/// The largest width and height that is read.
const MAX_BYTES: usize = 1024 * 1024;
/// The most pixels of a side.
const MAX_SIDE: u32 = 2000;
/// The most memory decoding may take.
const MAX_MEMORY: u64 = 64 * 1024 * 1024;
const WRONG: &str = "Use a PNG, JPEG or WebP image.";
const TOO_LARGE: &str = "Use an image of at most 2,000 by 2,000 pixels.";
const UNREADABLE: &str = "This image can't be read. Use another one.";

/// Sets the colour of the avatar and, when a file was chosen, its picture; or takes the picture away.
///
/// # Errors
/// [`Error::Invalid`] at `image`; as [`settings::change`].
pub async fn set(
    grant: &Grant<ManageSettings>,
    hue: Option<i64>,
    file: Option<&File>,
    remove: bool,
) -> Result<()> {
    let png = match file {
        Some(file) => Some(draw(grant, file).await?),
        None => None,
    };
    let mut change = grant.change().await?;
    let image = match png {
        Some(png) => {
            let id = ImageId(change.new_id());
            change
                .query("INSERT INTO organization_images (org_id, id, png) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(png)
                .execute()
                .await?;
            Some(Some(id))
        }
        None => remove.then_some(None),
    };
    settings::change_within(grant, &mut change, |settings| {
        settings.hue = hue;
        settings.image_id = image.unwrap_or(settings.image_id);
        Ok(())
    })
    .await?;
    change
        .query(
            "DELETE FROM organization_images WHERE org_id = $1 AND id NOT IN (
               SELECT image_id FROM organizations WHERE id = $1 AND image_id IS NOT NULL)",
        )
        .execute()
        .await?;
    change.commit().await
}

/// The picture as we keep it.
async fn draw(scope: &Scope, file: &File) -> Result<Vec<u8>> {
    let Some(bytes) = file.bytes.clone().filter(|bytes| bytes.len() <= MAX_BYTES) else {
        return Err(Error::invalid("image", "Use an image of at most 1 MiB."));
    };
    let job = RedrawPicture { sent: BASE64.encode(&bytes) };
    let drawn = scope.server().pictures.run(scope.behalf(), job).await?;
    let png = drawn.unwrap_or_else(|_| Err(UNREADABLE.to_owned()));
    let png = png.map_err(|message| Error::invalid("image", message))?;
    BASE64.decode(png).map_err(|error| internal(&error))
}

/// Makes a picture anew, as we keep it; bytes are in base64.
#[derive(Debug, Serialize, Deserialize)]
pub struct RedrawPicture {
    sent: String,
}

impl Job for RedrawPicture {
    const NAME: &'static str = "redraw-picture";
    type Answer = std::result::Result<String, String>;

    fn bytes(&self) -> usize {
        self.sent.len()
    }

    fn run(self) -> Self::Answer {
        let bytes = BASE64.decode(self.sent).map_err(|_| UNREADABLE)?;
        Ok(redraw(&bytes.into()).map(|png| BASE64.encode(png))?)
    }
}

fn redraw(bytes: &Bytes) -> Result<Vec<u8>, &'static str> {
    // By what is in it, whatever it calls itself.
    let format = image::guess_format(bytes).map_err(|_| WRONG)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(WRONG);
    }
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    let (width, height) = size.map_err(|_| UNREADABLE)?;
    if width.max(height) > MAX_SIDE {
        return Err(TOO_LARGE);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| UNREADABLE)?;
    let square = picture.resize_to_fill(SIZE, SIZE, FilterType::Triangle);
    let mut png = Vec::new();
    let written =
        DynamicImage::from(square.to_rgba8()).write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
    written.map(|()| png).map_err(|_| WRONG)
}

/// The routes of pictures.
pub fn routes() -> Router {
    Router::new().route("/{org}/image/{image}", get(show))
}

/// `/{org}/image/{image}`, for members. Another picture has another address, so it never changes.
async fn show(
    Extension(caller): Extension<RequestContext>,
    Path((org, image)): Path<(String, String)>,
) -> Response {
    match find(&caller, &org, &image).await {
        Ok(png) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
            ];
            (headers, png).into_response()
        }
        Err(error) => error_page::plain_error(&error),
    }
}

async fn find(caller: &RequestContext, org: &str, image: &str) -> Result<Vec<u8>> {
    let scope = caller.enter(org).await?;
    let image: ImageId = image.parse().map_err(|_| Error::NotFound)?;
    let png = scope.query("SELECT png FROM organization_images WHERE org_id = $1 AND id = $2");
    let png: Option<(Vec<u8>,)> = png.bind(image).optional().await?;
    png.map(|(png,)| png).ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Bytes {
        let mut bytes = Vec::new();
        DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes.into()
    }

    #[test]
    fn what_is_kept_is_small_square_and_ours() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let png = redraw(&picture(300, 200, format)).unwrap();
            let kept = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
            assert_eq!((kept.width(), kept.height()), (SIZE, SIZE));
        }
        // What was hidden behind the end of a picture does not come along.
        let trojan = [&picture(10, 10, ImageFormat::Png)[..], b"<script>alert(1)</script>"].concat();
        let png = redraw(&trojan.into()).unwrap();
        assert!(!String::from_utf8_lossy(&png).contains("script"));
    }

    #[test]
    fn what_is_no_picture_of_a_known_kind_is_refused() {
        let svg: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
        for bytes in [svg, b"", b"GIF89a\x01\0\x01\0\0\0\0", b"\x89PNG\r\n\x1a\n", b"BM", &[0xff, 0xd8, 0xff]]
        {
            assert!(redraw(&Bytes::copy_from_slice(bytes)).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        // One colour packs a thousandfold: 64 million pixels in some hundred kilobytes.
        let mut header = picture(1, 1, ImageFormat::Png).to_vec();
        header[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        assert!(redraw(&header.into()).is_err());
        assert!(redraw(&picture(2001, 1, ImageFormat::Png)).is_err());
    }
}
