//! Jinja, fenced in: `if`, `for`, `set`, filters; no files, no macros, nothing but the values given.
//!
//! No check can tell whether a template ends, or fits into memory. So nothing here runs in the server's own
//! process: [`Analyze`] and [`RenderPrompt`](super::render::RenderPrompt) are jobs of the
//! [`sandbox`](crate::kernel::sandbox). What can be refused with a better message than "too long" is
//! refused first: instructions are counted (fuel), filters pay for the size of what they are given, output
//! and each glued text are bounded, and `check` refuses what would double a text with each line.

mod check;
mod environment;
mod flaw;
pub(in crate::prompts) mod stand_in;
pub(in crate::prompts) mod trace;

pub use flaw::Flaw;
pub use stand_in::AROUND;

use crate::{
    error::Result as Outcome,
    kernel::{
        JobOwner,
        sandbox::{Failure, Job},
    },
    templates::{self, Engine, Piece},
    tenancy::Server,
};
use check::{check, check_shape};
use environment::{MAX_OUTPUT, environment};
use minijinja::{Error, ErrorKind, Value};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, io};

/// What is known of a template without running it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// The variables that it needs from outside, without fields; none when it cannot be read.
    pub variables: BTreeSet<String>,
    /// Why it cannot be used, for people, with the line.
    pub flaw: Option<String>,
    /// Whether the sandbox came to no end with it, so that its variables are not known.
    #[serde(skip)]
    pub is_unread: bool,
}

/// Reads and checks a template.
#[derive(Debug, Serialize, Deserialize)]
pub struct Analyze {
    source: String,
}

impl Job for Analyze {
    const NAME: &'static str = "analyze-template";
    type Answer = Analysis;

    fn bytes(&self) -> usize {
        self.source.len()
    }

    fn run(self) -> Analysis {
        analyze_here(&self.source)
    }
}

/// What is known of a template, found out in the sandbox.
///
/// # Errors
/// When the sandbox has no room. That a template is too much for it is a flaw of the template.
pub async fn analyze(server: &Server, behalf: JobOwner, source: &str) -> Outcome<Analysis> {
    let answer = server.sandbox.run(behalf, Analyze { source: source.to_owned() }).await?;
    let too_much =
        |failure| Analysis { flaw: Some(too_much(failure)), is_unread: true, ..Analysis::default() };
    Ok(answer.unwrap_or_else(too_much))
}

/// What people read about a template that was too much for the sandbox.
pub(in crate::prompts) fn too_much(failure: Failure) -> String {
    match failure {
        Failure::TooSlow(Some(place)) => format!("This template takes too long (line {}).", place.line),
        Failure::TooSlow(None) => "This template takes too long.".to_owned(),
        Failure::Died => "This template needs too much memory, or is nested too deeply.".to_owned(),
    }
}

/// What is known of a template, found out in this process: for the sandbox's own.
pub(in crate::prompts) fn analyze_here(source: &str) -> Analysis {
    let flaw = check(source).err().map(|flaw| flaw.to_string());
    let mut variables = variables(&without_references(source));
    variables.retain(|name| !name.starts_with('_'));
    Analysis { variables, flaw, is_unread: false }
}

/// A template whose references are variables, which no name of people's is: it begins with an underscore.
fn without_references(source: &str) -> String {
    let template = templates::parse(Engine::Jinja, source);
    let pieces = template.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Variable(_) | Piece::Reference(_) => "{{ _ }}",
    });
    pieces.collect()
}

/// The variables that a template needs from outside, without fields; none when it cannot be read.
pub(in crate::prompts) fn variables(source: &str) -> BTreeSet<String> {
    if check_shape(source).is_err() {
        return BTreeSet::new();
    }
    let env = environment();
    let found = env.template_from_str(source).map(|template| template.undeclared_variables(false));
    found.map_or_else(|_| BTreeSet::new(), |found| found.into_iter().filter(|name| name != "range").collect())
}

/// Runs a template in this process, for the sandbox's own. What has no value prints as nothing, as Jinja has
/// it.
///
/// # Errors
/// What went wrong.
pub(in crate::prompts) fn render(source: &str, values: &Value) -> Result<String, Flaw> {
    check(source)?;
    let env = environment();
    let source = trace::traced(source);
    let template = env.template_from_str(&source).map_err(|error| Flaw::of(&error))?;
    let mut output = Bounded(Vec::new());
    template.render_captured_to(values, &mut output).map_err(|error| Flaw::of(&error))?;
    String::from_utf8(output.0).map_err(|_| Flaw { line: 1, message: "The result isn't text.".to_owned() })
}

impl Flaw {
    fn of(error: &Error) -> Self {
        let message = match error.kind() {
            ErrorKind::OutOfFuel => "This template takes too long: loop over fewer items.".to_owned(),
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
