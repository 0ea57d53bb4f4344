//! What is known of the texts of a content before they are rendered.

use super::{
    content::Content,
    jinja::{self, Analysis as OfTemplate},
    references::leads,
};
use crate::{
    error::Result,
    kernel::JobOwner,
    templates::{Engine, Reference},
    tenancy::Server,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the texts of a content use, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// The names of the variables in them, without fields.
    pub variables: BTreeSet<String>,
    /// Which of them cannot be used, from 0, and why.
    pub flaws: Vec<(usize, String)>,
    /// The references in them, each target once. Rendering does without.
    #[serde(skip)]
    pub references: BTreeMap<String, Reference>,
    /// Whether the sandbox came to no end with one of them, so that its variables are not known. That may be due to
    /// what else the machine does. Rendering does without.
    #[serde(skip)]
    pub is_unread: bool,
}

impl Analysis {
    /// That of a content, on behalf of an organization. Jinja is read in the sandbox.
    ///
    /// # Errors
    /// When there is no room for it.
    pub async fn of(server: &Server, behalf: JobOwner, content: &Content) -> Result<Self> {
        let own = content.clone();
        let mut analysis =
            server.long_work.run_on(behalf, content.text_bytes(), move || Self::as_written(&own)).await?;
        if content.engine == Engine::Jinja {
            for (n, text) in content.texts().enumerate() {
                analysis.add(n, jinja::analyze(server, behalf, text).await?);
            }
        }
        Ok(analysis)
    }

    /// The same in this process: for content of our own, which is not hostile.
    pub(crate) fn here(content: &Content) -> Self {
        let mut analysis = Self::as_written(content);
        if content.engine == Engine::Jinja {
            for (n, text) in content.texts().enumerate() {
                analysis.add(n, jinja::analyze_here(text));
            }
        }
        analysis
    }

    /// What is seen without running anything: the variables of Jinja are not.
    fn as_written(content: &Content) -> Self {
        let mut analysis = Self::default();
        for template in content.templates() {
            let roots = template.variables().map(|name| name.split('.').next().unwrap_or_default());
            analysis.variables.extend(roots.map(ToOwned::to_owned));
            analysis.references.extend(leads(&template));
        }
        analysis
    }

    fn add(&mut self, n: usize, of: OfTemplate) {
        self.variables.extend(of.variables);
        self.flaws.extend(of.flaw.map(|flaw| (n, flaw)));
        self.is_unread |= of.is_unread;
    }
}
