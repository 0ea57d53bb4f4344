use super::{addresses, characters, signs::is_disruptive};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a person, an organization or a key: 1 to 80 characters on one line, and no address: names stand in
/// emails, where programs make links of those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The most characters a name may have.
    pub const MAX: usize = 80;

    /// Composes (NFC), trims, folds white space to single spaces, and refuses what could not be shown or would
    /// change how the text around it reads (line breaks, control, direction and invisible characters), and what is
    /// an address in whatever letters.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = characters::composed_name(text)?;
        if name.chars().any(is_disruptive) {
            return Err("Use letters, digits and punctuation only, on one line.");
        }
        if let Some(flaw) = characters::flaw(&name) {
            return Err(flaw);
        }
        if addresses::names_one(&name) {
            return Err(addresses::REFUSED);
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::characters::{INVISIBLE, LOOSE_MARKS, UNKNOWN};

    /// Names as people have them, in their scripts.
    const REAL: &[&str] = &[
        "Ana",
        "O’Brien & Søn",
        "Nguyễn Thị Ánh Tuyết",
        "Łukasz Żółć",
        "Þórður Æsir",
        "Ἀλέξανδρος",
        "Володимир",
        "Գևորգ",
        "გიორგი",
        "李小龙",
        "山田 太郎",
        "ひらがな・カタカナ",
        "김철수",
        "محمد عبد الله",
        "مُحَمَّد",
        "می‌خواهم",
        "ابراهیم‌زاده",
        "שָׁלוֹם בֵּן־דָּוִד",
        "ܐܒܪܗܡ",
        "ߒߞߏ",
        "अनुष्का शर्मा",
        "क्‍षत्रिय",
        "र्‍य",
        "র‍্যাচেল",
        "ਸਿੰਘ",
        "ગાંધી",
        "சுப்ரமணியன்",
        "ప్రసాద్‌రావు",
        "ರ‍್ಯಾಲಿ",
        "മോഹന്‍ലാല്‍",
        "ශ්‍රී ලංකා",
        "สมชาย น้ำทิพย์",
        "ສົມສັກ",
        "བསྟན་འཛིན་རྒྱ་མཚོ",
        "လျှော်ဖြူ",
        "សុខ ស្រីមុំ",
        "አበበ በቂላ",
        "ᏣᎳᎩ",
        "J.R.R. Tolkien",
        "St.John, Ph.D.",
        "Node.js",
        "R&D @ Acme",
        "AC/DC",
        "10:30 club",
        "v2.0",
        "<script>alert(1)</script>",
        "👩‍🚀 Zoë",
        "👨‍👩‍👧‍👦 Family",
        "👩🏽‍⚕️",
        "❤️ Team",
        "❤️‍🔥",
        "🏳️‍🌈",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England",
        "🇨🇭 Bern",
        "1️⃣ First",
        "株式会社（本社）",
    ];

    #[test]
    fn names_are_kept_as_people_write_them() {
        for name in REAL {
            let name: String = unicode_normalization::UnicodeNormalization::nfc(*name).collect();
            assert_eq!(Name::parse(&format!("  {name} ")).as_ref().map(Name::as_str), Ok(&*name), "{name}");
        }
        assert_eq!(Name::parse("Ana   Novak").unwrap().as_str(), "Ana Novak");
    }

    #[test]
    fn a_name_has_one_spelling() {
        assert_eq!(Name::parse("Jose\u{301}").unwrap().as_str(), "Jos\u{e9}");
        assert_eq!(Name::parse("\u{212b}ngstro\u{308}m").unwrap().as_str(), "\u{c5}ngstr\u{f6}m");
        // What is typed in wide letters stays so.
        assert_eq!(Name::parse("Ａｃｍｅ").unwrap().as_str(), "Ａｃｍｅ");
        assert!(Name::parse(&"e\u{301}".repeat(80)).is_ok() && Name::parse(&"e\u{301}".repeat(81)).is_err());
    }

    #[test]
    fn names_cannot_break_a_line_or_turn_the_text_around() {
        for name in [
            "",
            "   ",
            "Ana\r\nBcc: x@y.z",
            "a\tb",
            "\u{202e}evil",
            "Ana\u{2066}",
            "\u{200b}",
            "Ana\u{200f}",
            "Ana\u{61c}",
            "a\u{0}b",
        ] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        assert!(Name::parse(&"ä".repeat(80)).is_ok());
        assert!(Name::parse(&"ä".repeat(81)).is_err());
        assert!(Name::parse(&"ä".repeat(1_000_000)).is_err());
        assert_eq!(Name::parse("\u{3000}Ana\u{2003}Novak ").unwrap().as_str(), "Ana Novak");
    }

    #[test]
    fn names_are_no_addresses() {
        for name in [
            "ana@example.com",
            "Ana <ana@example.test>",
            "https://evil.test",
            "Open HTTP://x now",
            "www.evil.test",
            "WWW.evil",
            "evil.com",
            "Go to evil.co.uk!",
            "(evil.com)",
            "evil.test/pay",
            "evil.test:8080",
            "evil.test?x=1",
            "müller.com",
            "ana＠example.com",
            "ana﹫example.com",
            "ａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ",
            "evil．com",
            "evil。com",
            "evil․com",
            "ｅｖｉｌ.com",
            "ⓔⓥⓘⓛ.ⓒⓞⓜ",
            "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦",
            "https：／／evil",
            "ｗｗｗ．evil",
            "evil.test／pay",
            "пример.рф",
        ] {
            assert_eq!(Name::parse(name).err(), Some(addresses::REFUSED), "{name:?}");
        }
    }

    #[test]
    fn names_have_nothing_that_cannot_be_seen() {
        for name in [
            "A\u{ad}na",
            "Ana\u{3164}",
            "\u{2800}",
            "A\u{34f}na",
            "\u{180e}Ana",
            "\u{1d159}",
            // Joiners that join nothing.
            "\u{200d}",
            "\u{200d}Ana",
            "Ana\u{200d}",
            "Ana\u{200c} Novak",
            "A\u{200d}\u{200d}na",
            "A\u{200c}na",
            "A\u{200d}na",
            "مح\u{200c}",
            "دا\u{200c}را",
            "👩\u{200d}",
            "\u{200d}👩",
            "👩\u{200d}a",
            // Selectors and tags of nothing.
            "\u{fe0f}",
            "Ana \u{fe0f}",
            "Ana\u{fe0f}",
            "A1\u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
            "A\u{fe01}na",
            "葛\u{e0100}",
            "Ana\u{e0041}",
            "🏴\u{e0061}\u{e0062}\u{e007f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}",
        ] {
            assert_eq!(Name::parse(name).err(), Some(INVISIBLE), "{name:?}");
        }
    }

    #[test]
    fn names_have_only_characters_that_there_are() {
        for name in ["\u{e000}", "Ana\u{f8ff}", "\u{f0000}", "A\u{10fffd}", "\u{378}", "a\u{fdd0}b"] {
            assert_eq!(Name::parse(name).err(), Some(UNKNOWN), "{name:?}");
        }
    }

    #[test]
    fn marks_stand_on_letters_and_not_on_each_other() {
        for name in ["\u{301}", "\u{301}Ana", "Ana \u{301}", "\u{20dd}", "\u{93e}", "\u{301}\u{302}\u{303}"] {
            assert_eq!(Name::parse(name).err(), Some(LOOSE_MARKS), "{name:?}");
        }
        let stacked = |marks: usize| format!("Z{}algo", "\u{335}".repeat(marks));
        assert!(Name::parse(&stacked(4)).is_ok());
        assert_eq!(Name::parse(&stacked(5)).err(), Some(LOOSE_MARKS));
        // Those that are part of a composed letter count.
        let composed = |marks: usize| format!("\u{1ec7}{}", "\u{335}".repeat(marks));
        assert!(Name::parse(&composed(2)).is_ok() && Name::parse(&composed(3)).is_err());
    }
}
