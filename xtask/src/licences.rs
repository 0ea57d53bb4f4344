//! Licences: everything we build with must be free to use under terms that we know.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::sh;

/// What any dependency may come under.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What single crates may come under besides: crate, licence, reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("cssparser", "MPL-2.0", CSS_TOOL),
    ("cssparser-color", "MPL-2.0", CSS_TOOL),
    ("cssparser-macros", "MPL-2.0", CSS_TOOL),
    ("dtoa-short", "MPL-2.0", CSS_TOOL),
    ("lightningcss", "MPL-2.0", CSS_TOOL),
    ("lightningcss-derive", "MPL-2.0", CSS_TOOL),
    ("parcel_selectors", "MPL-2.0", CSS_TOOL),
    ("webpki-roots", "CDLA-Permissive-2.0", "the list of certificate authorities, data and not code"),
];

const CSS_TOOL: &str = "bundles style sheets at build time, unmodified, and is no part of what is shipped";

/// The part of `cargo metadata` that matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// Where it comes from; nothing for our own packages.
    source: Option<String>,
}

/// Checks the licence of every dependency, whatever its target or feature.
pub(crate) fn check() -> Result<()> {
    let json = sh::capture(sh::cargo().args(["metadata", "--format-version", "1", "--all-features"]))?;
    let metadata: Metadata = serde_json::from_str(&json).context("cannot read what `cargo metadata` says")?;
    let foreign: Vec<_> = metadata.packages.iter().filter(|package| package.source.is_some()).collect();
    let allowed = ALLOWED.iter().map(|name| licensee(name)).collect::<Result<Vec<_>>>()?;
    let refused: Vec<_> = foreign.iter().filter_map(|package| verdict(package, &allowed).err()).collect();
    let unused = EXCEPTIONS.iter().filter(|(name, ..)| !foreign.iter().any(|package| package.name == *name));
    let unused = unused.map(|(name, ..)| anyhow::anyhow!("{name}: the exception is needed no more"));
    let problems: Vec<_> = refused.into_iter().chain(unused).map(|problem| format!("{problem:#}")).collect();
    if problems.is_empty() {
        println!("{} dependencies, every licence is fine", foreign.len());
        return Ok(());
    }
    bail!("{} licences to look at:\n{}", problems.len(), problems.join("\n"));
}

fn verdict(package: &Package, allowed: &[Licensee]) -> Result<()> {
    let of = || format!("{} {}", package.name, package.version);
    let text = package.license.as_deref().with_context(|| format!("{} names no licence", of()))?;
    // Older crates write `MIT/Apache-2.0`.
    let expression = Expression::parse_mode(text, ParseMode::LAX)
        .map_err(|error| anyhow::anyhow!("{}: cannot read its licence `{text}`: {}", of(), error.reason))?;
    let exception = EXCEPTIONS.iter().find(|(name, ..)| *name == package.name);
    let extra = exception.map(|(_, licence, _)| licensee(licence)).transpose()?;
    if expression.evaluate(|wanted| allowed.iter().chain(&extra).any(|licence| licence.satisfies(wanted))) {
        return Ok(());
    }
    bail!("{}: `{text}` is not on the list", of())
}

fn licensee(name: &str) -> Result<Licensee> {
    Licensee::parse(name).map_err(|error| anyhow::anyhow!("`{name}` is no licence: {}", error.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(license: Option<&str>) -> bool {
        let package = Package {
            name: "a".into(),
            version: "1.0.0".into(),
            license: license.map(Into::into),
            source: Some("registry".into()),
        };
        verdict(&package, &[licensee("MIT").unwrap(), licensee("Unicode-3.0").unwrap()]).is_ok()
    }

    #[test]
    fn one_way_to_satisfy_the_expression_is_enough() {
        assert!(accepts(Some("MIT")));
        assert!(accepts(Some("GPL-3.0-only OR MIT")));
        assert!(accepts(Some("Apache-2.0/MIT")));
        assert!(accepts(Some("(MIT OR Apache-2.0) AND Unicode-3.0")));
    }

    #[test]
    fn everything_else_is_refused() {
        assert!(!accepts(Some("GPL-3.0-only")));
        assert!(!accepts(Some("MIT AND GPL-3.0-only")));
        assert!(!accepts(Some("whatever")));
        assert!(!accepts(None));
    }

    #[test]
    fn the_lists_name_real_licences() {
        for name in ALLOWED.iter().chain(EXCEPTIONS.iter().map(|(_, licence, _)| licence)) {
            licensee(name).unwrap();
        }
    }
}
