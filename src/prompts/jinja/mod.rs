//! Jinja, fenced in: `if`, `for`, `set`, filters; no files, no macros, nothing but the values given.
//!
//! Neither time nor memory grows past a bound, whatever the template says. Instructions are counted
//! (fuel), filters pay for the size of what they are given, output and each glued text are bounded. What is
//! bound to a name (`set`, `with`, `for`) may not glue text together, or a text could be doubled with each
//! line; `*` is for numbers alone. [`check()`] refuses a template that would, before anything of it runs.

mod check;
mod environment;

pub use check::check;

use check::check_shape;
use environment::environment;
use minijinja::{Error, ErrorKind, Value};
use std::{collections::BTreeSet, io};

/// The most bytes of a rendered text.
pub(in crate::prompts) const MAX_OUTPUT: usize = 1024 * 1024;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The line, from 1.
    pub line: usize,
    /// What to do about it, for people.
    pub message: String,
}

/// The variables that a template needs from outside, without fields; none when it cannot be read.
#[must_use]
pub fn variables(source: &str) -> BTreeSet<String> {
    if check_shape(source).is_err() {
        return BTreeSet::new();
    }
    let env = environment();
    let found = env.template_from_str(source).map(|template| template.undeclared_variables(false));
    found.map_or_else(|_| BTreeSet::new(), |found| found.into_iter().filter(|name| name != "range").collect())
}

/// Runs a template. What has no value prints as nothing, as Jinja has it.
///
/// # Errors
/// What went wrong.
pub fn render(source: &str, values: &Value) -> Result<String, Flaw> {
    check(source)?;
    let env = environment();
    let template = env.template_from_str(source).map_err(|error| Flaw::of(&error))?;
    let mut output = Bounded(Vec::new());
    template.render_captured_to(values, &mut output).map_err(|error| Flaw::of(&error))?;
    String::from_utf8(output.0).map_err(|_| Flaw { line: 1, message: "The result is no text.".to_owned() })
}

impl Flaw {
    fn of(error: &Error) -> Self {
        let message = match error.kind() {
            ErrorKind::OutOfFuel => "This takes too long: loop over less.".to_owned(),
            ErrorKind::WriteFailure => "The result is longer than 1 MiB.".to_owned(),
            kind => error.detail().map_or_else(|| kind.to_string(), ToOwned::to_owned),
        };
        Self { line: error.line().unwrap_or(1), message }
    }
}

/// Output that stops at its bound.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn rendered(source: &str, values: serde_json::Value) -> Result<String, String> {
        render(source, &Value::from_serialize(values)).map_err(|flaw| flaw.message)
    }

    #[test]
    fn conditions_loops_and_filters_work() {
        let values =
            json!({ "name": "ana", "items": [{"t": "b", "on": true}, {"t": "a", "on": false}], "n": 3 });
        for (source, text) in [
            ("Hi {{ name | capitalize }}!", "Hi Ana!"),
            ("{% if n > 2 %}many{% else %}few{% endif %}", "many"),
            ("{% for i in items %}{{ loop.index }}. {{ i.t }}\n{% endfor %}", "1. b\n2. a\n"),
            ("{% for i in items | sort(attribute='t') %}{{ i.t }}{% endfor %}", "ab"),
            ("{{ items | selectattr('on') | map(attribute='t') | join(', ') }}", "b"),
            ("{{ items | rejectattr('on') | length }}", "1"),
            ("{{ missing }}|{{ missing | default('x') }}", "|x"),
            ("{% set k = n | int * 2 %}{{ k }} {{ n ~ '!' }}", "6 3!"),
            ("{{ {'b': 1, 'a': '<'} | tojson }}", "{\"a\":\"<\",\"b\":1}"),
            ("{{ 'a-b' | replace('-', '+') | upper }} {{ '<b>' }}", "A+B <b>"),
            ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
            ("{% for i in range(3) %}{{ i }}{% endfor %}\n", "012\n"),
        ] {
            assert_eq!(rendered(source, values.clone()).as_deref(), Ok(text), "{source}");
        }
    }

    #[test]
    fn what_reaches_outside_or_grows_is_refused() {
        for source in [
            "{% include 'x' %}",
            "{% import 'x' as y %}",
            "{% extends 'x' %}",
            "{% macro m() %}{% endmacro %}",
            "{% set x %}a{% endset %}",
            "{{ x.y() }}",
            "{{ debug() }}",
            "{{ namespace() }}",
            "{% do x() %}",
            "{% set x = x ~ x %}",
            "{% for y in [x ~ x] %}{% endfor %}",
            "{% with y = x + x %}{% endwith %}",
            "{{ 'x' * 100000000 }}",
            "{{ x * n }}",
            "{{ [1] * 100000000 }}",
            "{% for a in b recursive %}{% endfor %}",
            "{% filter upper %}a{% endfilter %}",
            "{% autoescape true %}{% endautoescape %}",
            "{{ range(100000) }}",
            "{{ 'a' | indent(100000000000) }}",
            "{{ x | nothere }}",
            "{{ x is nothere }}",
            "{% if %}",
            "{{ x",
            "{{ x | replace('', 'y') }}",
        ] {
            let outcome = rendered(source, json!({ "x": "ab", "n": 5, "b": [1] }));
            assert!(outcome.is_err(), "{source}: {outcome:?}");
        }
    }

    #[test]
    fn a_flaw_says_where_it_is() {
        assert_eq!(check("a\nb {% set x = y ~ z %}").unwrap_err().line, 2);
        assert_eq!(check("\n\n{% if %}").unwrap_err().line, 3);
    }

    #[test]
    fn hostile_templates_end() {
        let big = "ab".repeat(100_000);
        let deep = "(".repeat(2000);
        for source in [
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
            "{% for a in range(10000) %}{{ x }}{% endfor %}",
            "{% for a in range(10000) %}{% if x | list | sort | length > 1 %}{% endif %}{% endfor %}",
            "{{ x | replace('a', x) | replace('a', x) }}",
            "{{ x | list | join(x) }}",
            "{% for a in x | list %}{% for b in x | list %}{{ a }}{% endfor %}{% endfor %}",
            &format!("{{{{ {deep}"),
            &"{% if a %}".repeat(5000),
            &format!("{{{{ {} }}}}", vec!["x"; 5000].join(" ~ ")),
            &format!("{{{{ {} }}}}", vec!["[1,2]"; 20].join(" * ")),
        ] {
            let outcome = rendered(source, json!({ "x": big }));
            assert!(outcome.is_err(), "{}", &source[..source.len().min(80)]);
        }
    }

    #[test]
    fn variables_are_found() {
        let source =
            "{% set a = b.c %}{{ a }}{% for i in items %}{{ i }}{{ loop.index }}{{ range(2) }}{% endfor %}";
        assert_eq!(variables(source), BTreeSet::from(["b".to_owned(), "items".to_owned()]));
        assert_eq!(variables("{% broken"), BTreeSet::new());
    }

    proptest! {
        #[test]
        fn nothing_panics(source in "(\\{[{%#]|[#%}]\\}|if |for |in |set |end|else|raw |[a-c1\"'|~+*()\\[\\]., ]|\n){0,40}") {
            let _ = rendered(&source, json!({ "a": [1, {"b": "c"}], "b": "x", "c": 2.5 }));
        }
    }
}
