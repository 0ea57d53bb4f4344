use super::{addresses, characters, look_alikes::with_plain_signs};
use crate::text::{is_disruptive, is_path_char};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a folder or a prompt is called: a level of a path, 1 to 80 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct PathName(String);

/// Words that stand for something else where a path may stand, in references and URLs.
const RESERVED: &[&str] = &[
    "activity",
    "api",
    "batch-order",
    "compare",
    "deployments",
    "diff",
    "draft",
    "export",
    "folders",
    "import",
    "latest",
    "metrics",
    "move",
    "new",
    "render",
    "run",
    "search",
    "settings",
    "trash",
    "usage",
    "variables",
    "versions",
];

const SLASH: &str = "Names can't contain “/”.";
const SIGNS: &str = "Names can't contain brackets, braces, @, |, < or >.";

impl PathName {
    /// The most characters of a name.
    pub const MAX: usize = 80;

    /// Composes (NFC), trims, folds white space to single spaces, and refuses what a path or a reference could not
    /// hold and what looks like that, what cannot be seen, links, reserved words, and what looks like an id.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = characters::composed_name(text)?;
        check_signs(&name)?;
        if let Some(flaw) = characters::flaw(&name) {
            return Err(flaw);
        }
        if addresses::names_link(&name) {
            return Err(addresses::REFUSED);
        }
        check_signs(&with_plain_signs(&name))?;
        if name.starts_with('.') {
            return Err("Names can't start with a dot.");
        }
        if RESERVED.contains(&name.to_lowercase().as_str()) {
            return Err("This name is reserved. Choose another one.");
        }
        if name.parse::<uuid::Uuid>().is_ok() {
            return Err("This name looks like an ID. Choose another one.");
        }
        Ok(Self(name))
    }

    /// The same name with something behind it, shortened where both are too long: "Tone copy". It may be from before
    /// what is good now.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let room = Self::MAX.saturating_sub(suffix.chars().count());
        let mut kept: String = self.0.chars().take(room).collect();
        if kept.len() < self.0.len() {
            kept.truncate(kept.trim_end_matches(characters::is_dangling).len());
        }
        Self(kept + suffix)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_signs(name: &str) -> Result<(), &'static str> {
    if name.contains('/') {
        return Err(SLASH);
    }
    if name.chars().any(is_disruptive) {
        return Err(characters::INVISIBLE);
    }
    if name.chars().all(is_path_char) { Ok(()) } else { Err(SIGNS) }
}

impl fmt::Display for PathName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_as_people_write_them() {
        for name in [
            "Triage",
            "Größe & co",
            "v2.1 (old)",
            "名前",
            "【社内】要約（入力／出力）",
            "［社内］要約 ｜ 旧",
            "〈要約〉《旧》〔社内〕",
            "‹Ton› 1½",
            "ǀXam",
            "丿乀ノ",
            "नमस्ते।",
            "Müller–Lüdenscheidt",
            "راه‌نما",
            "क्‍ष",
            "👩‍🚀 Crew",
            "acme.com review",
            "it's \"quoted\", 50%",
        ] {
            assert_eq!(PathName::parse(&format!(" {name}  ")).unwrap().as_str(), name);
        }
    }

    #[test]
    fn what_would_break_a_path_is_refused() {
        for name in [
            "",
            " ",
            "a/b",
            "a|b",
            "a@3",
            "a[b",
            "{a}",
            "<b>",
            "a\\b",
            "a\nb",
            "a\u{202e}b",
            "a\u{ad}b",
            "a\u{200d}",
            "\u{3164}",
            "a\u{200c}b",
            "a\u{e000}",
            "\u{301}",
            "z\u{335}\u{335}\u{335}\u{335}\u{335}",
            "ana＠acme.com",
            "https：／／acme",
            "www.acme.com",
            "Pay,www.acme.com",
            "latest",
            "New",
            ".",
            "..",
            ".hidden",
            "01890a5d-ac96-774b-bcce-b302099a8057",
        ] {
            assert!(PathName::parse(name).is_err(), "{name:?}");
        }
        assert_eq!(PathName::parse("\u{202e}"), Err(characters::INVISIBLE));
        assert!(PathName::parse(&"ä".repeat(80)).is_ok() && PathName::parse(&"ä".repeat(81)).is_err());
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn what_looks_like_a_path_is_refused() {
        for name in [
            "Support/Tone",
            "Support∕Tone",
            "Support⁄Tone",
            "Support⧸Tone",
            "Support╱Tone",
            "Support〳Tone",
            "SupportⳆTone",
            "Support\u{1d23a}Tone",
            "Support／Tone",
            "Support ／ トーン",
            "／",
        ] {
            assert_eq!(PathName::parse(name), Err(SLASH), "{name}");
        }
        for name in [
            "Support\\Tone",
            "Support＼Tone",
            "Support﹨Tone",
            "Support∖Tone",
            "Support⧵Tone",
            "Support\u{1d20f}Tone",
            "Support\u{1d23b}Tone",
            "Tone@production",
            "Tone＠production",
            "Tone﹫production",
            "トーン＠production",
            "Tone｜x",
            "Tone∣x",
            "Tone│x",
            "Tone\u{5c0}x",
            "⟦Tone⟧",
            "［［Tone］］",
            "［［トーン］］",
            "﹇Tone﹈",
            "｛x｝",
            "﹛x﹜",
            "＜b＞",
            "﹤b﹥",
        ] {
            assert_eq!(PathName::parse(name), Err(SIGNS), "{name}");
        }
    }

    #[test]
    fn a_name_goes_on_with_more_behind_it() {
        let name = |text: &str| PathName(text.to_owned());
        assert_eq!(name("Tone").with_suffix(" copy").as_str(), "Tone copy");
        assert_eq!(name(&"ä".repeat(80)).with_suffix(" (2)").as_str(), format!("{} (2)", "ä".repeat(76)));
        // One from before, and one that is cut within.
        assert_eq!(name("To\u{200d}ne").with_suffix(" copy").as_str(), "To\u{200d}ne copy");
        let cut = format!("{}👩\u{200d}🚀abc", "a".repeat(74));
        assert_eq!(name(&cut).with_suffix(" (2)").as_str(), format!("{}👩 (2)", "a".repeat(74)));
    }
}
