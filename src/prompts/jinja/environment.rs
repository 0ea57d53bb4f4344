//! What templates may use: filters, tests, `range`.

use super::{stand_in, trace};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters,
    value::{Kwargs, Rest},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The most bytes of a rendered text.
pub(in crate::prompts) const MAX_OUTPUT: usize = 1024 * 1024;

/// Instructions of one rendering.
const FUEL: u64 = 1_000_000;
/// Bytes and items that the filters of one rendering are given, all in all.
const WORK: usize = 16 * 1024 * 1024;

/// What the filters of one rendering may still be given.
#[derive(Clone)]
struct Purse(Arc<AtomicUsize>);

impl Purse {
    fn pay(&self, cost: usize) -> Result<(), Error> {
        let paid = self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
        paid.map(drop).map_err(|_| Error::new(ErrorKind::OutOfFuel, "too complex"))
    }

    fn pay_for(&self, value: &Value) -> Result<(), Error> {
        self.pay(value.as_str().map_or_else(|| value.len().unwrap_or(1) * 16, str::len) + 16)
    }
}

pub(super) fn environment() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_undefined_behavior(UndefinedBehavior::Lenient);
    env.set_keep_trailing_newline(true);
    env.set_fuel(Some(FUEL));
    let purse = Purse(Arc::new(AtomicUsize::new(WORK)));
    add_filters(&mut env, &purse);
    add_tests(&mut env);
    env.add_function(trace::FUNCTION, trace::at_line);
    env.add_function("range", |start: u32, end: Option<u32>| {
        let (start, end) = end.map_or((0, start), |end| (start, end));
        if end.saturating_sub(start) > 10_000 {
            return Err(Error::new(ErrorKind::InvalidOperation, "range() can return at most 10,000 numbers"));
        }
        Ok((start..end).map(Value::from).collect::<Vec<_>>())
    });
    env
}

fn add_filters(env: &mut Environment<'static>, purse: &Purse) {
    macro_rules! one {
        ($($name:literal $filter:expr;)*) => {$({
            let purse = purse.clone();
            env.add_filter($name, move |state: &State, value: Value| {
                purse.pay_for(&value)?;
                // What is missing stays its name; of its items it is known that there are none.
                if stand_in::is_one(&value) && !matches!($name, "length" | "count") {
                    return Ok(value);
                }
                let run: fn(&State, Value) -> Result<Value, Error> = $filter;
                run(state, value)
            });
        })*};
    }
    one! {
        "upper" |_, v| Ok(Value::from(text(&v).to_uppercase()));
        "lower" |_, v| Ok(Value::from(text(&v).to_lowercase()));
        "title" |_, v| Ok(Value::from(filters::title(text(&v).into())));
        "capitalize" |_, v| Ok(Value::from(capitalized(&text(&v))));
        "trim" |_, v| Ok(Value::from(text(&v).trim()));
        "lines" |_, v| filters::lines(&v);
        "length" |_, v| filters::length(&v).map(Value::from);
        "count" |_, v| filters::length(&v).map(Value::from);
        "first" |_, v| filters::first(&v);
        "last" |_, v| filters::last(v);
        "list" filters::list;
        "reverse" |_, v| filters::reverse(&v);
        "items" |_, v| filters::items(&v);
        "abs" |_, v| filters::abs(v);
        "min" filters::min;
        "max" filters::max;
        "sum" filters::sum;
        "string" |_, v| Ok(Value::from(text(&v)));
        "int" |s, v| filters::int(s, &v);
        "float" |s, v| filters::float(s, &v);
    }
    let own = purse.clone();
    env.add_filter("sort", move |s: &State, v: Value, k: Kwargs| {
        own.pay_for(&v)?;
        if stand_in::is_one(&v) { Ok(v) } else { filters::sort(s, v, k) }
    });
    let own = purse.clone();
    env.add_filter("unique", move |s: &State, v: Value, k: Kwargs| {
        own.pay_for(&v)?;
        if stand_in::is_one(&v) { Ok(v) } else { filters::unique(s, v, k) }
    });
    let own = purse.clone();
    env.add_filter("dictsort", move |v: Value, k: Kwargs| {
        own.pay_for(&v)?;
        if stand_in::is_one(&v) { Ok(v) } else { filters::dictsort(&v, k) }
    });
    let own = purse.clone();
    env.add_filter("round", move |v: Value, p: Option<i32>| {
        own.pay(16)?;
        if stand_in::is_one(&v) { Ok(v) } else { filters::round(v, p.map(|p| p.clamp(-30, 30))) }
    });
    let defaults = |s: &State, v: Value, args: Rest<Value>| filters::default(s, &v, args);
    env.add_filter("default", defaults);
    env.add_filter("d", defaults);
    let own = purse.clone();
    env.add_filter("split", move |v: Value, by: Option<String>| {
        own.pay_for(&v)?;
        let text = text(&v);
        Ok::<_, Error>(match by.filter(|by| !by.is_empty()) {
            Some(by) => text.split(&by).map(Value::from).collect::<Vec<_>>(),
            None => text.split_whitespace().map(Value::from).collect(),
        })
    });
    let own = purse.clone();
    env.add_filter("tojson", move |v: Value| {
        own.pay_for(&v)?;
        if stand_in::is_one(&v) {
            return Ok(v);
        }
        let json =
            serde_json::to_string(&v).map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))?;
        own.pay(json.len())?;
        Ok(Value::from_safe_string(json))
    });
    add_gluing_filters(env, purse);
    add_choosing_filters(env, purse);
}

/// Filters that make a text longer: they pay for what they make, before they make it.
fn add_gluing_filters(env: &mut Environment<'static>, purse: &Purse) {
    let own = purse.clone();
    env.add_filter("replace", move |v: Value, from: String, to: String| {
        let text = text(&v);
        if from.is_empty() {
            return Err(Error::new(ErrorKind::InvalidOperation, "the text to replace is empty"));
        }
        own.pay(text.len())?;
        own.pay(bounded(text.len().saturating_add(text.matches(&from).count().saturating_mul(to.len())))?)?;
        Ok(text.replace(&from, &to))
    });
    let own = purse.clone();
    env.add_filter("join", move |v: Value, by: Option<String>| {
        if stand_in::is_one(&v) {
            return Ok(text(&v));
        }
        let (by, mut joined) = (by.unwrap_or_default(), String::new());
        for (n, item) in v.try_iter()?.enumerate() {
            let item = text(&item);
            bounded(joined.len() + item.len() + by.len())?;
            own.pay(item.len() + by.len() + 16)?;
            if n > 0 {
                joined.push_str(&by);
            }
            joined.push_str(&item);
        }
        Ok::<_, Error>(joined)
    });
    let own = purse.clone();
    env.add_filter("indent", move |v: Value, by: usize| {
        let text = text(&v);
        let lines = text.lines().count();
        own.pay(bounded(text.len().saturating_add(lines.saturating_mul(by)))?)?;
        let pad = " ".repeat(by);
        Ok::<_, Error>(text.replace('\n', &format!("\n{pad}")))
    });
}

fn add_choosing_filters(env: &mut Environment<'static>, purse: &Purse) {
    for (name, wanted) in [("selectattr", true), ("rejectattr", false)] {
        let own = purse.clone();
        env.add_filter(name, move |value: Value, args: Rest<Value>| {
            own.pay_for(&value)?;
            match &args[..] {
                [] => Err(Error::new(ErrorKind::MissingArgument, "name the field to check")),
                [attribute] => chosen(&value, attribute.as_str().unwrap_or_default(), wanted),
                _ => Err(Error::new(ErrorKind::TooManyArguments, "only the name of the field is supported")),
            }
        });
    }
    let own = purse.clone();
    env.add_filter("map", move |value: Value, kwargs: Kwargs| {
        own.pay_for(&value)?;
        let attribute: String = kwargs.get("attribute")?;
        kwargs.assert_all_used()?;
        let items = value.try_iter()?.map(|item| item.get_attr(&attribute));
        items.collect::<Result<Vec<_>, _>>()
    });
}

/// The items whose field is true, or is not.
fn chosen(value: &Value, attribute: &str, wanted: bool) -> Result<Vec<Value>, Error> {
    let mut items = Vec::new();
    for item in value.try_iter()? {
        if item.get_attr(attribute)?.is_true() == wanted {
            items.push(item);
        }
    }
    Ok(items)
}

fn add_tests(env: &mut Environment<'static>) {
    env.add_test("defined", |v: Value| !v.is_undefined());
    env.add_test("undefined", |v: Value| v.is_undefined());
    env.add_test("none", |v: Value| v.is_none());
    env.add_test("string", |v: Value| v.as_str().is_some());
    env.add_test("number", |v: Value| v.is_number());
    env.add_test("odd", |v: i64| v % 2 != 0);
    env.add_test("even", |v: i64| v % 2 == 0);
    env.add_test("in", |v: Value, all: Value| all.try_iter().is_ok_and(|mut all| all.any(|one| one == v)));
    env.add_test("sequence", |v: Value| v.kind() == minijinja::value::ValueKind::Seq);
    env.add_test("mapping", |v: Value| v.kind() == minijinja::value::ValueKind::Map);
}

fn text(value: &Value) -> String {
    if value.is_undefined() || value.is_none() { String::new() } else { value.to_string() }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars.flat_map(char::to_lowercase)).collect()
}

fn bounded(length: usize) -> Result<usize, Error> {
    if length > MAX_OUTPUT {
        return Err(Error::new(ErrorKind::WriteFailure, "too long"));
    }
    Ok(length)
}
