//! The characters that a name may be made of: those that people see, and by which they tell it from others.

use crate::text::is_disruptive;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, EmojiPresentation,
        ExtendedPictographic, GeneralCategory, JoiningType, PrependedConcatenationMark, Script,
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
const MAX_ACCENTS: usize = 4;
/// The most marks of a letter, with those beside it and joiners.
const MAX_MARKS: usize = 8;
/// The most bytes of a character, with the marks that are composed with it.
const BYTES_OF_ONE: usize = 32;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const AS_TEXT: char = '\u{fe0e}';
const AS_PICTURE: char = '\u{fe0f}';
/// What stands before the last vowel of a Mongolian word.
const VOWEL_SEPARATOR: char = '\u{180e}';

/// A text as it is compared: composed (NFC), without what does nothing.
#[must_use]
pub fn composed(text: &str) -> Cow<'_, str> {
    let text = without_idle(text);
    if is_nfc(&text) { text } else { text.nfc().collect::<String>().into() }
}

/// A text without the joiners and selectors that people type where they do nothing.
#[must_use]
pub fn without_idle(text: &str) -> Cow<'_, str> {
    if !text.contains([NON_JOINER, AS_TEXT, AS_PICTURE]) {
        return text.into();
    }
    let all: Vec<char> = text.chars().collect();
    let mut kept = Vec::with_capacity(all.len());
    for (n, c) in all.iter().copied().enumerate() {
        if !is_idle(&kept, c, &all[n + 1..]) {
            kept.push(c);
        }
    }
    if kept.len() == all.len() { text.into() } else { kept.into_iter().collect::<String>().into() }
}

/// Whether a joiner divides what does not join beside an Arabic letter, or a virama from no letter, or a selector says
/// of an emoji how it is shown anyway.
fn is_idle(before: &[char], c: char, after: &[char]) -> bool {
    let last = before.last().copied();
    match c {
        NON_JOINER => {
            !joins(before, c, after) && (last.is_some_and(is_virama) || is_beside_arabic(before, after))
        }
        AS_TEXT | AS_PICTURE => last.is_some_and(is_emoji) && !varies(before, c, after),
        _ => false,
    }
}

/// Whether letters or digits are on both sides of a place, one of them an Arabic letter. The dash that joins letters is
/// none.
fn is_beside_arabic(before: &[char], after: &[char]) -> bool {
    let (last, next) = around(before, after);
    let is_part = |c: char| c.is_alphanumeric() && joining(c) != JoiningType::JoinCausing;
    let is_arabic = is_letter(last, Script::Arabic) || is_letter(next, Script::Arabic);
    is_arabic && last.is_some_and(is_part) && next.is_some_and(is_part)
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
    matches!(c, ' ' | NON_JOINER | JOINER | VOWEL_SEPARATOR)
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
        AS_TEXT | AS_PICTURE => !varies(before, c, after),
        '\u{180b}'..='\u{180d}' | '\u{180f}' | VOWEL_SEPARATOR => !is_of_mongolian(before, c, after),
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
    let is_before = |c| matches!(joining(c), JoiningType::LeftJoining | JoiningType::DualJoining);
    let is_after = |c| matches!(joining(c), JoiningType::RightJoining | JoiningType::DualJoining);
    let (last, next) = around(before, after);
    last.is_some_and(is_before) && next.is_some_and(is_after)
}

fn is_letter(c: Option<char>, script: Script) -> bool {
    c.is_some_and(|c| c.is_alphabetic() && CodePointMapData::<Script>::new().get(c) == script)
}

fn joining(c: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(c)
}

/// The letters around a place, whatever marks they have.
fn around(before: &[char], after: &[char]) -> (Option<char>, Option<char>) {
    let is_seen = |c: &char| joining(*c) != JoiningType::Transparent;
    (before.iter().rev().copied().find(is_seen), after.iter().copied().find(is_seen))
}

/// Whether a selector or separator stands behind a Mongolian letter, which is spelled with it.
fn is_of_mongolian(before: &[char], c: char, after: &[char]) -> bool {
    let last = match before {
        [.., letter, '\u{180b}'..='\u{180d}' | '\u{180f}'] if c == VOWEL_SEPARATOR => Some(*letter),
        _ => before.last().copied(),
    };
    let has_vowel = || is_letter(after.first().copied(), Script::Mongolian);
    is_letter(last, Script::Mongolian) && (c != VOWEL_SEPARATOR || has_vowel())
}

fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

fn is_picture(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn is_emoji(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<Emoji>().contains(c)
}

/// Whether a character is an emoji, or a picture like those.
pub(super) fn is_pictograph(c: char) -> bool {
    is_emoji(c) || is_picture(c)
}

fn is_tone(c: char) -> bool {
    CodePointSetData::new::<EmojiModifier>().contains(c)
}

/// Whether an emoji ends there, perhaps in a skin tone or as a picture. Devices without a picture of both show two.
fn is_after_picture(before: &[char]) -> bool {
    let is_more = |c: char| c == AS_PICTURE || is_tone(c);
    match before {
        [.., picture, one, two] if is_more(*one) && is_more(*two) => is_picture(*picture),
        [.., picture, one] if is_more(*one) => is_picture(*picture),
        [.., picture] => is_picture(*picture),
        [] => false,
    }
}

/// Whether a selector shows what comes before it otherwise than it is shown anyway: emoji, and digits on a key.
fn varies(before: &[char], selector: char, after: &[char]) -> bool {
    let (Some(last), next) = (before.last().copied(), after.first().copied()) else { return false };
    let is_shown = CodePointSetData::new::<EmojiPresentation>().contains(last);
    let is_key = next == Some('\u{20e3}');
    CodePointSetData::new::<Emoji>().contains(last)
        && (is_key || !last.is_ascii())
        && is_shown == (selector == AS_TEXT)
        && !next.is_some_and(is_tone)
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

/// Whether there are marks without a letter, or too many on one, joiners or not.
fn has_loose_marks(name: &str) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    let (mut accents, mut all, mut has_letter) = (0, 0, false);
    for c in name.nfd() {
        let (is_accent, is_more) = match category(c) {
            NonspacingMark | EnclosingMark => (true, true),
            SpacingMark => (false, true),
            _ => (false, matches!(c, NON_JOINER | JOINER)),
        };
        if !is_more {
            (accents, all, has_letter) = (0, 0, c != ' ');
            continue;
        }
        accents += usize::from(is_accent);
        all += 1;
        if !has_letter || accents > MAX_ACCENTS || all > MAX_MARKS {
            return true;
        }
    }
    false
}
