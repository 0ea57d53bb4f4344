//! New inputs from those that are kept: pieces cut, doubled, moved and swapped, numbers and bytes changed, and words
//! put in that inputs of the kind are made of.

use std::ops::Range;

/// The most bytes of an input.
const LONGEST: usize = 20_000;

/// What trips programs anywhere.
const ODD: [&str; 16] = [
    "\0",
    "\r\n",
    "\n",
    "\u{feff}",
    "\u{202e}",
    "\u{85}",
    "e\u{301}",
    "🧑‍🚀",
    "-1",
    "0",
    "18446744073709551616",
    "1e999",
    "0.1e-7",
    "\\",
    "\"",
    "%00",
];

/// Puts a piece where a range is.
fn put(input: &mut Vec<u8>, range: Range<usize>, piece: &[u8]) {
    drop(input.splice(range, piece.iter().copied()));
}

pub(super) struct Mutator<'a> {
    words: &'a [&'a str],
    kept: &'a [Vec<u8>],
    state: u64,
}

impl<'a> Mutator<'a> {
    /// One that makes the same inputs of the same things and the same seed.
    pub(super) fn new(words: &'a [&'a str], kept: &'a [Vec<u8>], seed: u64) -> Self {
        Self { words, kept, state: seed }
    }

    /// A new input.
    pub(super) fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
            input.truncate(LONGEST);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let (from, to) = self.range(input.len());
        match self.below(9) {
            0 => drop(input.drain(from..to)),
            1 => {
                let piece = input[from..to].repeat(1 + self.below(4));
                put(input, to..to, &piece);
            }
            // Nested, or simply many.
            2 => {
                let word = self.word();
                let many = word.repeat(1 + self.below(300));
                put(input, from..from, &many);
            }
            3 => {
                let piece = self.piece();
                put(input, from..to, &piece);
            }
            4 => {
                let piece = self.piece();
                put(input, from..from, &piece);
            }
            5 => {
                if let Some(byte) = input.get_mut(from) {
                    *byte ^= 1 << self.below(8);
                }
            }
            6 => {
                let word = self.word();
                put(input, from..to, &word);
            }
            7 => self.number(input, from),
            _ => {
                let word = self.word();
                put(input, from..from, &word);
            }
        }
    }

    /// Puts another number where the next one is.
    fn number(&mut self, input: &mut Vec<u8>, from: usize) {
        let Some(start) = input[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else {
            return;
        };
        let length = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = match self.below(4) {
            0 => self.next().to_string(),
            1 => format!("{}.{}", self.below(1000), self.next()),
            2 => format!("{}e-{}", self.next(), self.below(330)),
            _ => self.below(70_000).to_string(),
        };
        put(input, start..start + length, number.as_bytes());
    }

    /// A word, or something odd.
    fn word(&mut self) -> Vec<u8> {
        let n = self.below(self.words.len() * 2 + ODD.len());
        let word = self.words.get(n / 2).unwrap_or_else(|| &ODD[n - self.words.len() * 2]);
        word.as_bytes().to_vec()
    }

    /// A piece of an input that is kept.
    fn piece(&mut self) -> Vec<u8> {
        let seed = self.seed();
        let (from, to) = self.range(seed.len());
        seed[from..to].to_vec()
    }

    fn seed(&mut self) -> &'a [u8] {
        let n = self.below(self.kept.len());
        &self.kept[n]
    }

    /// A range within so many bytes, most often a short one.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 24 };
        (from, (from + self.below(most + 1)).min(length))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
