//! What is known of the texts of a content before they are rendered.

use super::{
    content::Content,
    jinja::{self, Analysis as OfTemplate},
};
use crate::{
    error::Result,
    server::{Behalf, Server},
    templates::Engine,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the texts of a content use, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// The names of the variables in them, without fields.
    pub variables: BTreeSet<String>,
    /// Which of them cannot be used, from 0, and why.
    pub flaws: Vec<(usize, String)>,
}

impl Analysis {
    /// That of a content. Jinja is read in the sandbox, on behalf of an organization.
    ///
    /// # Errors
    /// When the sandbox has no room.
    pub async fn of(server: &Server, behalf: Behalf, content: &Content) -> Result<Self> {
        if content.engine == Engine::Plain {
            return Ok(Self::of_plain(content));
        }
        let mut analysis = Self::default();
        for (n, text) in content.texts().enumerate() {
            analysis.add(n, jinja::analyze(server, behalf, text).await?);
        }
        Ok(analysis)
    }

    /// The same in this process: for content of our own, which is not hostile.
    pub(crate) fn here(content: &Content) -> Self {
        if content.engine == Engine::Plain {
            return Self::of_plain(content);
        }
        let mut analysis = Self::default();
        for (n, text) in content.texts().enumerate() {
            analysis.add(n, jinja::analyze_here(text));
        }
        analysis
    }

    fn of_plain(content: &Content) -> Self {
        let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let names = content
            .templates()
            .flat_map(|template| template.variables().map(root).collect::<Vec<_>>())
            .collect();
        Self { variables: names, flaws: Vec::new() }
    }

    fn add(&mut self, n: usize, of: OfTemplate) {
        self.variables.extend(of.variables);
        self.flaws.extend(of.flaw.map(|flaw| (n, flaw)));
    }
}
