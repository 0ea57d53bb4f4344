//! Importing drafts and old paths, once the versions are there.

use super::{Merge, Work};
use crate::{
    error::Result,
    fields::counted,
    id::PromptId,
    library::exchange::{check::levels, line::Act},
    prompts::{content::Content, drafts, store, versions::content_within},
};

/// What becomes of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Draft {
    /// It says that already, or the file is not about it.
    Same,
    /// It becomes what the file says.
    Written,
    /// It has changes of its own, and stays.
    Kept,
}

impl Merge<'_> {
    /// The draft and old paths of a prompt, and what is told of it.
    pub(super) async fn finish(&mut self, at: usize) -> Result<()> {
        self.refresh(at).await?;
        let Work { entry, id, is_new, added, .. } = self.works[at];
        let latest = i64::try_from(self.works[at].hashes.len()).unwrap_or(i64::MAX);
        if is_new {
            for path in &entry.old_paths {
                self.old_path(id, path).await?;
            }
        }
        let failed = self.works[at].failed.clone();
        let draft = self.draft(at, latest).await?;
        let mut rest = failed.map_or_else(String::new, |why| format!("; skipped: {why}"));
        if draft == Draft::Kept {
            rest += "; the existing draft has changes and is kept";
        }
        let count = counted(added, "version");
        let (act, says) = match (is_new, added, draft) {
            (true, 0, _) => (Act::Create, "draft, no versions".to_owned()),
            (true, ..) => (Act::Create, format!("prompt with {count}")),
            (false, 0, Draft::Written) => (Act::Change, "draft".to_owned()),
            (false, 0, _) => (Act::Skip, "nothing new".to_owned()),
            (false, ..) => (Act::Change, format!("{count} added to the existing ones")),
        };
        self.tell(act, &entry.path, format!("{says}{rest}"));
        Ok(())
    }

    /// The draft follows the file, unless somebody has changes of their own in it.
    async fn draft(&mut self, at: usize, latest: i64) -> Result<Draft> {
        let Work { id, is_new, added, entry, ref about, .. } = self.works[at];
        let draft = drafts::read_within(&mut self.change, id).await?;
        // A file with versions that are all here changes nothing; one with a draft only is about that.
        let is_about_it = is_new || added > 0 || entry.versions.is_empty();
        if !is_about_it || (draft.content == about.draft && draft.base == latest) {
            return Ok(Draft::Same);
        }
        let is_own = match draft.base {
            _ if is_new => false,
            0 => draft.content != Content::empty(draft.content.kind()),
            base => content_within(&mut self.change, id, base).await?.as_ref() != Some(&draft.content),
        };
        if is_own {
            return Ok(if draft.content == about.draft { Draft::Same } else { Draft::Kept });
        }
        let content = about.draft.clone();
        drafts::write(&mut self.change, id, &content, latest).await?;
        Ok(Draft::Written)
    }

    async fn old_path(&mut self, id: PromptId, path: &str) -> Result<()> {
        if levels(path).is_err() {
            return Ok(());
        }
        if store::is_taken(&mut self.change, path).await? {
            return Ok(());
        }
        let old = self.change.query(
            "INSERT INTO old_paths (org_id, path, prompt_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        old.bind(path.to_owned()).bind(id).execute().await?;
        Ok(())
    }
}
