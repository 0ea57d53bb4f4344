//! Characters that look like the signs of paths and references.

use icu_properties::{CodePointMapData, props::EastAsianWidth};
use unicode_normalization::UnicodeNormalization;

/// A text with the signs of paths and references that its characters look like.
#[must_use]
pub fn with_plain_signs(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let plain = |(n, c): (usize, &char)| match sign(*c) {
        Some(sign) if width(*c) != EastAsianWidth::Fullwidth || !is_wide_at(&all, n) => sign,
        _ => *c,
    };
    all.iter().enumerate().map(plain).collect()
}

fn width(c: char) -> EastAsianWidth {
    CodePointMapData::<EastAsianWidth>::new().get(c)
}

/// Whether the letters at both sides are wide, where wide signs are the common ones: 入力／出力.
fn is_wide_at(all: &[char], n: usize) -> bool {
    let is_wide = |c: &char| match width(*c) {
        EastAsianWidth::Wide => true,
        EastAsianWidth::Fullwidth => sign(*c).is_none(),
        _ => false,
    };
    let is_seen = |c: &&char| **c != ' ';
    let (last, next) = (all[..n].iter().rev().find(is_seen), all[n + 1..].iter().find(is_seen));
    (last.is_some() || next.is_some()) && last.is_none_or(is_wide) && next.is_none_or(is_wide)
}

/// The sign that a character looks like; none of those that are it.
fn sign(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let mut plain = c.nfkc();
    let first = plain.next().filter(|_| plain.next().is_none())?;
    Some(match first {
        '/' | '⁁' | '⁄' | '∕' | '╱' | '⟋' | '⧸' | '㇓' | '᜵' | '〳' | 'Ⳇ' | '\u{1d23a}' => {
            '/'
        }
        '\\' | '∖' | '╲' | '⟍' | '⧵' | '⧹' | '㇔' | '\u{1d20f}' | '\u{1d23b}' => '\\',
        '|' | '¦' | '∣' | '⎸' | '⎹' | '⏐' | '⏽' | '│' | '┃' | '❘' | '❙' | '\u{5c0}' => '|',
        '[' | '⁅' | '⟦' | '⦋' | '⦍' | '⦏' | '〚' => '[',
        ']' | '⁆' | '⟧' | '⦌' | '⦎' | '⦐' | '〛' => ']',
        '{' | '❴' | '⦃' => '{',
        '}' | '❵' | '⦄' => '}',
        '<' | '˂' | '❬' | '❮' | '❰' | '⟨' => '<',
        '>' | '˃' | '❭' | '❯' | '❱' | '⟩' => '>',
        '@' => '@',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::with_plain_signs;

    #[test]
    fn a_sign_is_what_it_looks_like() {
        for (text, plain) in [
            ("Support∕Tone", "Support/Tone"),
            ("Support／Tone", "Support/Tone"),
            ("支援／Tone", "支援/Tone"),
            ("／", "/"),
            ("Tone ＠ production", "Tone @ production"),
            ("トーン＠production", "トーン@production"),
            ("［［Tone］］", "[[Tone]]"),
            ("［［トーン］］", "[[トーン]]"),
            ("入力／出力", "入力／出力"),
            ("［社内］要約", "［社内］要約"),
            ("要約 ｜ 社内", "要約 ｜ 社内"),
            ("Support〳Tone", "Support/Tone"),
            ("SupportⳆTone", "Support/Tone"),
            ("Support\u{1d23a}Tone", "Support/Tone"),
            ("Support\u{1d20f}Tone\u{1d23b}x", "Support\\Tone\\x"),
            ("Tone\u{5c0}x", "Tone|x"),
            ("a/b", "a/b"),
            ("ノ丿", "ノ丿"),
            ("ノート 1½ ℅ ‹x›", "ノート 1½ ℅ ‹x›"),
        ] {
            assert_eq!(with_plain_signs(text), plain, "{text}");
        }
    }
}
