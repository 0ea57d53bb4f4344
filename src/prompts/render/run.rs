//! Where a prompt is rendered: what is little work, in the server's own process; the rest, in the sandbox.

use super::{Problems, Purse, Rendered, Renderer, Resolved, Values, render, rendered, values::about};
use crate::{
    error::Result as Outcome,
    kernel::{
        JobOwner,
        sandbox::{Failure, Job},
    },
    prompts::{checks::too_deep, jinja::too_much, nesting::is_too_deep},
    templates::Engine,
    tenancy::Server,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

/// The most bytes of a value that is put in at once, and the most of such values.
const LARGE: usize = 64 * 1024;
const MANY: usize = 64;

/// Renders a prompt.
#[derive(Debug, Serialize, Deserialize)]
pub struct RenderPrompt {
    resolved: Resolved,
    values: Values,
}

impl Job for RenderPrompt {
    const NAME: &'static str = "render-prompt";
    type Answer = Result<Rendered, Problems>;

    fn bytes(&self) -> usize {
        self.resolved.bytes() + self.values.values().map(about).sum::<usize>()
    }

    fn run(self) -> Self::Answer {
        render(&self.resolved, &self.values)
    }
}

/// Renders a prompt for an organization: what is much work or runs Jinja, in the sandbox.
///
/// # Errors
/// When the sandbox has no room. Everything that is in the way of rendering it is told within.
pub async fn render_for(
    (server, behalf): (&Server, JobOwner),
    resolved: Resolved,
    values: Values,
) -> Outcome<Result<Rendered, Problems>> {
    let job = RenderPrompt { resolved, values };
    let tried = server.long_work.run_on(behalf, job.bytes(), move || {
        let paths = job.resolved.parts.iter().map(|part| part.path.clone()).collect::<Vec<_>>();
        let made = at_once(&job.resolved, &job.values).or_else(|| refused(&job.values, &paths));
        (made, paths, job)
    });
    let (made, paths, job) = tried.await?;
    if let Some(made) = made {
        return Ok(made);
    }
    let answer = server.sandbox.run(behalf, job).await?;
    Ok(answer.unwrap_or_else(|failure| {
        let part = if let Failure::TooSlow(Some(place)) = failure { place.part as usize } else { 0 };
        let path = paths.get(part).or(paths.first()).cloned().unwrap_or_default();
        Err(Problems { others: BTreeSet::from([(path, too_much(failure))]), ..Problems::default() })
    }))
}

/// A worker reads no values that are nested deeper than others may be.
fn refused(values: &Values, paths: &[String]) -> Option<Result<Rendered, Problems>> {
    values.values().any(is_too_deep).then(|| {
        let path = paths.first().cloned().unwrap_or_default();
        Err(Problems { others: BTreeSet::from([(path, too_deep())]), ..Problems::default() })
    })
}

/// What comes of rendering a prompt; none where that is too much work for the server's own process.
pub(super) fn at_once(resolved: &Resolved, values: &Values) -> Option<Result<Rendered, Problems>> {
    let is_plain = resolved.parts.iter().all(|part| part.content.engine == Engine::Plain);
    if !is_plain || values.len() > MANY || values.values().any(is_large) {
        return None;
    }
    let mut renderer = Renderer::new(resolved, values, Purse::at_once());
    let made = rendered(&mut renderer, resolved);
    (!renderer.purse.is_empty()).then_some(made)
}

/// Whether a value may take long to be put in.
fn is_large(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > LARGE,
        Value::Array(_) | Value::Object(_) => true,
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What is in the way of rendering a prompt without any value of a call, as far as that can be told without
/// running Jinja.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checked {
    /// What is in the way.
    pub problems: Problems,
    /// How much work it was to find that out, in steps.
    pub work: usize,
}

impl Checked {
    /// With a purse, and whether that was too small for it.
    fn within(resolved: &Resolved, purse: Purse) -> (Self, bool) {
        let (values, all) = (Values::new(), purse.work_left());
        let mut renderer = Renderer::checking(resolved, &values, purse);
        let problems = rendered(&mut renderer, resolved).err().unwrap_or_default();
        let purse = &renderer.purse;
        (Self { problems, work: all - purse.work_left() }, purse.is_empty())
    }
}

/// Finds out what is in the way of rendering a prompt.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckPrompt {
    resolved: Resolved,
}

impl CheckPrompt {
    #[cfg(test)]
    pub(crate) const fn new(resolved: Resolved) -> Self {
        Self { resolved }
    }
}

impl Job for CheckPrompt {
    const NAME: &'static str = "check-prompt";
    type Answer = Checked;

    fn bytes(&self) -> usize {
        self.resolved.bytes()
    }

    fn run(self) -> Checked {
        Checked::within(&self.resolved, Purse::default()).0
    }
}

/// What is in the way of rendering a prompt, found out for an organization: what is much work, in the sandbox. None
/// where it is too much for that as well.
///
/// # Errors
/// When the sandbox has no room.
pub async fn check_for(
    (server, behalf): (&Server, JobOwner),
    resolved: &Arc<Resolved>,
) -> Outcome<Option<Checked>> {
    let (bytes, resolved) = (resolved.bytes(), resolved.clone());
    let tried = server.long_work.run_on(behalf, bytes, move || {
        let (checked, is_cut) = Checked::within(&resolved, Purse::at_once());
        (checked, is_cut.then(|| CheckPrompt { resolved: (*resolved).clone() }))
    });
    match tried.await? {
        (checked, None) => Ok(Some(checked)),
        (_, Some(job)) => Ok(server.sandbox.run(behalf, job).await?.ok()),
    }
}
