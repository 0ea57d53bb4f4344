//! The characters that a name may be made of: those that people see, and by which they tell it from others.

use super::signs::is_disruptive;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic,
        GeneralCategory, JoiningType, PrependedConcatenationMark,
    },
};
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What to do about characters that cannot be seen.
pub(super) const INVISIBLE: &str = "Remove the invisible characters.";
/// What to do about characters that are nobody's, or not the same everywhere.
pub(super) const UNKNOWN: &str = "Remove the characters that can't be displayed everywhere.";
/// What to do about accents that stand alone or in piles.
pub(super) const LOOSE_MARKS: &str = "Use at most 4 accents on one character, and none on their own.";

/// The most characters of a name.
const MAX: usize = 80;
const TOO_LONG: &str = "Use at most 80 characters.";
/// The most accents on a letter: some scripts write four.
const MAX_MARKS: usize = 4;
/// The most bytes of a character, with the marks that are composed with it.
const BYTES_OF_ONE: usize = 32;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// A text as it is compared: composed (NFC).
#[must_use]
pub fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { text.into() } else { text.nfc().collect::<String>().into() }
}

/// A name, composed, with single spaces between its words.
pub(super) fn composed_name(text: &str) -> Result<String, &'static str> {
    let name = words(text);
    if name.len() > MAX * BYTES_OF_ONE {
        return Err(TOO_LONG);
    }
    let name = composed(&name).into_owned();
    match name.chars().count() {
        0 => Err("Enter a name."),
        1..=MAX => Ok(name),
        _ => Err(TOO_LONG),
    }
}

/// The words of a name with single spaces between them.
fn words(text: &str) -> String {
    let is_space = |c: char| c.is_whitespace() && !is_disruptive(c);
    text.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What is wrong with the characters of a name, so that it could look like another one or like nothing; none where
/// all is well.
#[must_use]
pub fn flaw(name: &str) -> Option<&'static str> {
    let all: Vec<char> = name.chars().collect();
    for (n, c) in all.iter().copied().enumerate() {
        if is_unknown(c) {
            return Some(UNKNOWN);
        }
        if is_hidden(&all[..n], c, &all[n + 1..]) {
            return Some(INVISIBLE);
        }
    }
    has_loose_marks(name).then_some(LOOSE_MARKS)
}

/// What ends a name that was cut, and is nothing at its end.
pub(super) fn is_dangling(c: char) -> bool {
    c == ' ' || matches!(c, NON_JOINER | JOINER)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Whether a character is none, or one that each font has another for.
fn is_unknown(c: char) -> bool {
    use GeneralCategory::{PrivateUse, Surrogate, Unassigned};
    // Those are to be ignored, and so seen nowhere.
    let is_ignored = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    !is_ignored && matches!(category(c), PrivateUse | Surrogate | Unassigned)
}

/// Whether a character shows nothing, and does nothing to those around it.
fn is_hidden(before: &[char], c: char, after: &[char]) -> bool {
    match c {
        NON_JOINER | JOINER => !joins(before, c, after),
        '\u{fe0e}' | '\u{fe0f}' => !varies(before, after),
        '\u{e0020}'..='\u{e007f}' => !is_of_flag(before, c, after),
        // A pattern without dots, a head without a note, a filler, and what stands for an object.
        '\u{2800}' | '\u{1d159}' | '\u{16fe4}' | '\u{fffc}' => true,
        c => {
            let is_format = category(c) == GeneralCategory::Format;
            is_format && !CodePointSetData::new::<PrependedConcatenationMark>().contains(c)
                || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        }
    }
}

/// Whether a joiner does something there: after or before a virama (Indic), between letters that would join (Arabic,
/// RFC 5892 A.1), and between emoji.
fn joins(before: &[char], c: char, after: &[char]) -> bool {
    let (Some(last), next) = (before.last().copied(), after.first().copied()) else { return false };
    if is_virama(last) {
        return c == JOINER || next.is_some_and(char::is_alphanumeric);
    }
    if c == JOINER {
        return last.is_alphanumeric() && next.is_some_and(is_virama)
            || is_after_picture(before) && next.is_some_and(is_picture);
    }
    let joining = |c: &&char| CodePointMapData::<JoiningType>::new().get(**c);
    let is_seen = |c: &&char| joining(c) != JoiningType::Transparent;
    let (last, next) = (before.iter().rev().find(is_seen), after.iter().find(is_seen));
    let is_before = |c: &char| matches!(joining(&c), JoiningType::LeftJoining | JoiningType::DualJoining);
    let is_after = |c: &char| matches!(joining(&c), JoiningType::RightJoining | JoiningType::DualJoining);
    last.is_some_and(is_before) && next.is_some_and(is_after)
}

fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

fn is_picture(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Whether an emoji ends there, perhaps in a skin tone or as a picture.
fn is_after_picture(before: &[char]) -> bool {
    let is_tone = |c: char| c == '\u{fe0f}' || CodePointSetData::new::<EmojiModifier>().contains(c);
    match before {
        [.., picture, one, two] if is_tone(*one) && is_tone(*two) => is_picture(*picture),
        [.., picture, one] if is_tone(*one) => is_picture(*picture),
        [.., picture] => is_picture(*picture),
        [] => false,
    }
}

/// Whether what comes before can be shown as text or as a picture: emoji, and digits on a key.
fn varies(before: &[char], after: &[char]) -> bool {
    before.last().is_some_and(|last| {
        let is_key = after.first() == Some(&'\u{20e3}');
        CodePointSetData::new::<Emoji>().contains(*last) && (is_key || !last.is_ascii())
    })
}

/// The flags that are written in tags: England, Scotland and Wales.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// Whether a tag is part of such a flag.
fn is_of_flag(before: &[char], c: char, after: &[char]) -> bool {
    let letter =
        |c: &char| u32::from(*c).checked_sub(0xe0000).and_then(char::from_u32).filter(char::is_ascii);
    let tags: Vec<char> = before.iter().rev().map_while(letter).collect();
    let flag = before.iter().rev().nth(tags.len());
    let mut tagged: String = tags.into_iter().rev().chain(letter(&c)).collect();
    tagged.extend(after.iter().map_while(letter));
    flag == Some(&'\u{1f3f4}') && tagged.strip_suffix('\u{7f}').is_some_and(|region| FLAGS.contains(&region))
}

/// Whether there are marks without a letter, or too many on one.
fn has_loose_marks(name: &str) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    let (mut marks, mut has_letter) = (0, false);
    for c in name.nfd() {
        match category(c) {
            SpacingMark if has_letter => {}
            NonspacingMark | EnclosingMark if has_letter && marks < MAX_MARKS => marks += 1,
            SpacingMark | NonspacingMark | EnclosingMark => return true,
            _ => (marks, has_letter) = (0, c != ' '),
        }
    }
    false
}
