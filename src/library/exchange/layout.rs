//! JSON laid out for people: what the file is made of has lines of its own, and the values that people keep in it do
//! not. Were those indented too, what is nested deep would become many times as large.

use crate::{error::Result, kernel::internal_error::internal};
use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};
use std::io::{self, Write};

/// A value as it is written so deep in the file: lists and objects down to so many levels in it have their items on
/// lines of their own, and what is deeper stays on its line.
///
/// # Errors
/// [`Error::Internal`](crate::error::Error::Internal) when it cannot be written.
pub(super) fn laid_out<T: Serialize>(value: &T, depth: usize, levels: usize) -> Result<String> {
    let mut text = Vec::new();
    let layout = Layout { depth, level: 0, levels, has_items: false };
    let mut serializer = Serializer::with_formatter(&mut text, layout);
    value.serialize(&mut serializer).map_err(|error| internal(&error))?;
    String::from_utf8(text).map_err(|error| internal(&error))
}

struct Layout {
    /// How deep in the file the value is.
    depth: usize,
    /// How many lists and objects are open.
    level: usize,
    /// How many of them have their items on lines of their own.
    levels: usize,
    /// Whether what was written last is an item of what is open.
    has_items: bool,
}

impl Layout {
    const fn is_compact(&self) -> bool {
        self.level > self.levels
    }

    fn line<W: Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth + self.level).try_for_each(|_| out.write_all(b"  "))
    }

    fn open<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.has_items = false;
        out.write_all(bracket)
    }

    fn close<W: Write + ?Sized>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let has_lines = self.has_items && !self.is_compact();
        self.level -= 1;
        if has_lines {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn item<W: Write + ?Sized>(&self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.is_compact() { Ok(()) } else { self.line(out) }
    }
}

impl Formatter for Layout {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_items = true;
        Ok(())
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.is_compact() { b":" } else { b": " })
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_items = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_deep_stays_on_its_line() {
        let value = json!({ "a": [1, { "b": [2, "x\n"] }], "c": {}, "d": [[]] });
        let says = "{\n    \"a\": [\n      1,\n      {\"b\":[2,\"x\\n\"]}\n    ],\n    \"c\": {},\n    \"d\": [\n      []\n    ]\n  }";
        assert_eq!(laid_out(&value, 1, 2).unwrap(), says);
        assert_eq!(laid_out(&value, 3, 0).unwrap(), value.to_string());
        assert_eq!(laid_out(&value, 0, 9).unwrap(), serde_json::to_string_pretty(&value).unwrap());
        for levels in 0..5 {
            let text = laid_out(&value, 2, levels).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn nesting_multiplies_nothing() {
        let deep = (0..50).fold(json!(vec![1; 1_000]), |value, _| json!([value]));
        let text = laid_out(&json!({ "deep": deep }), 2, 1).unwrap();
        assert!(text.len() < deep.to_string().len() + 100, "{} bytes", text.len());
    }
}
