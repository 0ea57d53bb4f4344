//! Lists as files: CSV that no spreadsheet takes for formulas.

use crate::error::Result;
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// A row of CSV (RFC 4180). What a spreadsheet would run as a formula is quoted for it as text, as
/// OWASP advises.
///
/// # Errors
/// None that can happen in memory.
pub fn csv_row<C: AsRef<str>>(cells: impl IntoIterator<Item = C>) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer
        .write_record(cells.into_iter().map(|cell| harmless(cell.as_ref())))
        .map_err(|error| super::caller::internal(&error))?;
    let row = writer.into_inner().map_err(|error| super::caller::internal(&error))?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
