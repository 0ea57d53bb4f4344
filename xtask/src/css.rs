//! Style sheets: an entry file and what it imports become one file.
//!
//! The targets are the browsers of the last two years, so that nesting, `light-dark()` and OKLCH stay as written and
//! only missing prefixes are added.

use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use lightningcss::targets::{Browsers, Targets};

/// Bundles the style sheet at `entry` with everything it imports.
pub(crate) fn bundle(entry: &Path, minify: bool) -> Result<String> {
    ensure!(entry.is_file(), "{} is missing: it is the entry of the style sheets", entry.display());
    let files = FileProvider::new();
    let failed = |error: &dyn std::fmt::Display| anyhow!("{}: {error}", entry.display());
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(entry).map_err(|error| failed(&error))?;
    let targets = targets();
    sheet.minify(MinifyOptions { targets, ..Default::default() }).map_err(|error| failed(&error))?;
    let printed = sheet.to_css(PrinterOptions { minify, targets, ..Default::default() });
    Ok(printed.map_err(|error| failed(&error))?.code)
}

fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Targets::from(Browsers {
        chrome: version(123, 0),
        edge: version(123, 0),
        firefox: version(125, 0),
        safari: version(17, 5),
        ios_saf: version(17, 5),
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled(files: &[(&str, &str)]) -> Result<String> {
        let dir = tempfile::tempdir()?;
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text)?;
        }
        bundle(&dir.path().join("main.css"), true)
    }

    #[test]
    fn imports_are_inlined_into_their_layer() {
        let css = bundled(&[
            ("main.css", "@layer base, ui; @import 'button.css' layer(ui);"),
            ("button.css", "button { margin: 0px; }"),
        ]);
        assert_eq!(css.unwrap(), "@layer base;@layer ui{button{margin:0}}");
    }

    #[test]
    fn what_todays_browsers_know_stays_as_written() {
        let css = "a{color:light-dark(oklch(20% .1 250),#fff);&:hover{color:red}}";
        let out = bundled(&[("main.css", css)]).unwrap();
        assert!(out.contains("light-dark(oklch("), "{out}");
        assert!(out.contains("&:hover"), "{out}");
    }

    #[test]
    fn a_missing_import_names_the_file() {
        let error = bundled(&[("main.css", "@import 'gone.css';")]).unwrap_err().to_string();
        assert!(error.contains("main.css"), "{error}");
        let error = bundled(&[]).unwrap_err().to_string();
        assert!(error.contains("main.css is missing"), "{error}");
    }
}
