//! The string literals of a source file.

/// A string literal, and the line it begins in.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tests) struct Literal {
    pub(in crate::tests) line: usize,
    pub(in crate::tests) text: String,
}

/// All string literals of a source, in order. Those in comments are none.
pub(in crate::tests) fn literals(source: &str) -> Vec<Literal> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let text = match c {
            '/' if rest.starts_with("//") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            '\'' => {
                at += character(rest);
                continue;
            }
            '"' => quoted(rest),
            'r' if !source[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') => {
                raw(rest)
            }
            _ => None,
        };
        at += text.map_or(c.len_utf8(), |(text, length)| {
            let line = source[..at].matches('\n').count() + 1;
            found.push(Literal { line, text });
            length
        });
    }
    found
}

/// The length of a character in quotes, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((after, _))) => {
            let end = rest[after + 1..].find('\'');
            end.map_or(1, |end| after + 1 + end + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

/// The text at the beginning, in quotes, as it is read, and how long it is with them.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, at + 1)),
            '\\' => match chars.next()?.1 {
                // A line that goes on in the next one.
                '\n' => while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {},
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    None
}

/// The same of a raw text, if there is one.
fn raw(rest: &str) -> Option<(String, usize)> {
    let signs = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let text = rest[1 + signs..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(signs));
    let length = text.find(&end)?;
    Some((text[..length].to_owned(), 1 + signs + 1 + length + end.len()))
}

#[test]
fn literals_are_read_as_they_are_written() {
    let source = concat!(
        "// \"no\"\nfn a<'a>(x: &'a str) { b(\"one \\\"two\\\"\", '\"', '\\'', \"x\") }\n",
        "/* \"no\" */ let r = r#\"raw \"text\"\"#; let bar = \"so \\\n    on\";\nfor\"x y\"",
    );
    let read: Vec<(usize, String)> = literals(source).into_iter().map(|one| (one.line, one.text)).collect();
    let expected = [(2, "one \"two\""), (2, "x"), (3, "raw \"text\""), (3, "so on"), (5, "x y")]
        .map(|(n, text)| (n, text.to_owned()));
    assert_eq!(read, expected);
}
