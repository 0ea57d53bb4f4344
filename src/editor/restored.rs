//! What comes after a draft was restored.

use crate::{
    id::PromptId, paths, prompts::editing::Kept, role::EditContent, tenancy::Grant, ui::Notice, web::response,
};

/// Leads to the draft that was restored, and says so, with a way back to the one that was there before.
pub(super) fn restored(grant: &Grant<EditContent>, prompt: PromptId, kept: Kept, notice: Notice) {
    notice.say_with(kept.undo(prompt));
    response::go(&paths::prompt(grant.slug(), prompt));
}
