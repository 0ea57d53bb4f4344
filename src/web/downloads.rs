//! Files that leave: lists as CSV that no spreadsheet takes for formulas, and what is written piece by piece.

use crate::{
    error::{Error, Result},
    kernel::{Clock, internal_error::internal},
    time::Span,
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

/// How often something is tried again that the server is too busy for, and how long after.
const TRIES: usize = 10;
const PAUSE: Span = Span::seconds(1);

/// A row of CSV (RFC 4180). What a spreadsheet would run as a formula is quoted for it as text, as
/// OWASP advises.
///
/// # Errors
/// None that can happen in memory.
pub fn csv_row<C: AsRef<str>>(cells: impl IntoIterator<Item = C>) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer
        .write_record(cells.into_iter().map(|cell| harmless(cell.as_ref())))
        .map_err(|error| internal(&error))?;
    let row = writer.into_inner().map_err(|error| internal(&error))?;
    Ok(String::from_utf8_lossy(&row).into_owned())
}

/// The text, with an apostrophe before it where a spreadsheet would begin to calculate.
fn harmless(cell: &str) -> String {
    // Spreadsheets fold full-width signs, and pass over white space before them.
    let first = cell.trim_start().chars().next();
    let calculates = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if calculates || cell.starts_with(['\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

/// A file to be saved under a name of ASCII letters, digits, dots and hyphens.
#[must_use]
pub fn attachment(name: &str, kind: &'static str, body: impl Into<Body>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)];
    (headers, body.into()).into_response()
}

/// A file that is written piece by piece, as it is taken. It ends when nobody takes it any more.
pub fn written<F>(write: impl FnOnce(Out) -> F) -> Body
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let writing = tokio::spawn(write(Out(sender.clone())).in_current_span());
    let end = async move {
        let written = writing.await.unwrap_or_else(|error| Err(internal(&error)));
        if let Err(error) = written
            && !sender.is_closed()
        {
            tracing::warn!(%error, "an export ended before it was complete");
            // What is cut off must not look whole.
            drop(sender.send(Err(error)).await);
        }
    };
    tokio::spawn(end.in_current_span());
    Body::from_stream(ReceiverStream::new(receiver))
}

/// Where the pieces of a file go.
#[derive(Debug)]
pub struct Out(mpsc::Sender<Result<Bytes>>);

impl Out {
    /// Writes a piece, once the one before is taken.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when nobody takes the file any more.
    pub async fn put(&self, piece: impl Into<Bytes>) -> Result<()> {
        let gone = |_| Error::Unavailable { retry_after: 1 };
        self.0.send(Ok(piece.into())).await.map_err(gone)
    }
}

/// Does something for a file that has begun: while the server is too busy for it, again a few times. A file that is cut
/// off is taken from its beginning again, which costs more.
///
/// # Errors
/// Those of `act`; [`Error::Unavailable`] when the server is too busy for long.
pub async fn patiently<T, F: Future<Output = Result<T>>>(
    clock: &Clock,
    mut act: impl FnMut() -> F,
) -> Result<T> {
    for _ in 0..TRIES {
        match act().await {
            Err(Error::Unavailable { .. }) => clock.sleep(PAUSE).await,
            done => return done,
        }
    }
    act().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn what_is_cut_off_does_not_look_whole() {
        async fn whole(out: Out) -> Result<()> {
            out.put("all ").await?;
            out.put("of it").await
        }
        async fn cut_off(out: Out) -> Result<()> {
            out.put("some").await?;
            Err(Error::NotFound)
        }
        async fn panics(out: Out) -> Result<()> {
            out.put("some").await?;
            panic!("on purpose")
        }
        assert_eq!(written(whole).collect().await.unwrap().to_bytes(), "all of it");
        assert!(written(cut_off).collect().await.is_err());
        assert!(written(panics).collect().await.is_err());
    }

    #[tokio::test]
    async fn what_the_server_is_too_busy_for_is_tried_again_a_few_times() {
        let (clock, busy) = (Clock::default(), Error::Unavailable { retry_after: 1 });
        let tried = async |busy_for: usize| {
            let mut tries = 0;
            let act = || {
                tries += 1;
                std::future::ready(if tries > busy_for { Ok(tries) } else { Err(busy.clone()) })
            };
            let time = async {
                for _ in 0..100 {
                    clock.advance(PAUSE);
                    tokio::task::yield_now().await;
                }
                std::future::pending::<()>().await;
            };
            tokio::select! { done = patiently(&clock, act) => done, () = time => panic!("it has no end") }
        };
        assert_eq!(tried(2).await, Ok(3));
        assert_eq!(tried(TRIES).await, Ok(TRIES + 1));
        assert_eq!(tried(TRIES + 1).await, Err(busy.clone()));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1", "=cmd|' /C calc'!A0"] {
            assert!(csv_row([cell]).unwrap().trim_start_matches('"').starts_with('\''), "{cell:?}");
        }
        assert_eq!(
            csv_row(["Ana", "a,b", "say \"hi\"", "a\nb", ""]).unwrap(),
            "Ana,\"a,b\",\"say \"\"hi\"\"\",\"a\nb\",\r\n"
        );
    }
}
