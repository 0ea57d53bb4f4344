//! Comparing contents that may be large: in the sandbox, and shown page by page.

use super::{
    content::Content,
    diff::{Difference, between},
};
use crate::{
    error::Result,
    kernel::{long_work::SMALL, sandbox::Job},
    tenancy::Scope,
};
use serde::{Deserialize, Serialize};

/// Compares two contents.
#[derive(Debug, Serialize, Deserialize)]
pub struct CompareContents {
    old: Content,
    new: Content,
}

impl Job for CompareContents {
    const NAME: &'static str = "compare-contents";
    type Answer = Difference;

    fn bytes(&self) -> usize {
        self.old.bytes() + self.new.bytes()
    }

    fn run(self) -> Difference {
        between(&self.old, &self.new)
    }
}

/// [`between`] for somebody in an organization: what is large, in the sandbox.
///
/// # Errors
/// When there is no room for it.
pub async fn between_for(scope: &Scope, old: &Content, new: &Content) -> Result<Difference> {
    let job = CompareContents { old: old.clone(), new: new.clone() };
    if job.bytes() <= SMALL {
        // It may take longer than it looks.
        return scope.server().long_work.run(scope.behalf(), move || job.run()).await;
    }
    let found = scope.server().sandbox.run(scope.behalf(), job).await?;
    let too_much = "The texts are too long or too different to compare.".to_owned();
    Ok(found.unwrap_or_else(|_| Difference { summary: vec![too_much], parts: Vec::new() }))
}

impl Difference {
    /// Some of its lines: as many as `most`, without those before `from`; and how many come after them.
    #[must_use]
    pub fn page(mut self, from: usize, most: usize) -> (Self, usize) {
        let (mut skip, mut room, mut rest) = (from, most, 0);
        for part in &mut self.parts {
            let skipped = skip.min(part.lines.len());
            part.lines.drain(..skipped);
            skip -= skipped;
            let shown = room.min(part.lines.len());
            rest += part.lines.len() - shown;
            part.lines.truncate(shown);
            room -= shown;
        }
        if from > 0 || rest > 0 {
            self.parts.retain(|part| !part.lines.is_empty());
        }
        (self, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(json: serde_json::Value) -> Content {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_long_difference_is_read_page_by_page() {
        let lines =
            |seed: usize| (0..50).map(|n| format!("{}\n", n * seed + seed)).collect::<Vec<_>>().concat();
        let old = content(json!({ "body": { "chat": [
            { "role": "system", "content": lines(2) }, { "role": "user", "content": lines(3) },
        ] } }));
        let new = content(json!({ "body": { "chat": [
            { "role": "system", "content": lines(5) }, { "role": "user", "content": lines(7) },
        ] } }));
        let all = between(&old, &new);
        let count =
            |difference: &Difference| difference.parts.iter().map(|part| part.lines.len()).sum::<usize>();
        let (mut from, mut seen) = (0, Vec::new());
        loop {
            let (page, rest) = all.clone().page(from, 30);
            assert!(count(&page) <= 30 && page.parts.iter().all(|part| !part.lines.is_empty()));
            from += count(&page);
            assert_eq!(from + rest, count(&all));
            seen.extend(page.parts.into_iter().flat_map(|part| part.lines));
            if rest == 0 {
                break;
            }
        }
        let every: Vec<_> = all.parts.into_iter().flat_map(|part| part.lines).collect();
        assert_eq!(seen, every);
    }
}
