//! What the page of the library says of the sample while it is there.

use super::{RemoveSamples, sample::MOST};
use crate::{
    error::Result,
    fields::counted,
    role::TrashContent,
    tenancy::Scope,
    ui::{Act, Confirm, FormAlert},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What the samples are for, and what removes them.
///
/// # Errors
/// When the database fails.
pub(super) async fn sample_note(scope: &Scope) -> Result<impl IntoView + use<>> {
    let count = async {
        let count = scope
            .query("SELECT count(*) FROM prompts WHERE org_id = $1 AND trash_id IS NULL AND tags = 'sample'");
        let (count,): (i64,) = count.one().await?;
        Ok(count)
    };
    let count: i64 = *scope.kept("samples".to_owned(), count).await?;
    let may_remove = scope.can::<TrashContent>() && (1..=MOST).contains(&count);
    let note = may_remove.then(|| {
        let about = vec![("org", scope.slug().to_string())];
        let says = format!(
            "{} and their folders move to the trash. You can restore them for 30 days.",
            counted(count, "sample prompt")
        );
        view! {
            <p class="note">
                "Prompts marked “Sample” show what you can do here. Try them and change them as you like. "
                <button class="button" data-size="small" type="button" popovertarget="remove-samples">"Remove samples"</button>
            </p>
            <Confirm id="remove-samples" question="Remove the samples?" says>
                <Act action=RemoveSamples::PATH about><button class="button" data-kind="danger">"Remove samples"</button></Act>
            </Confirm>
        }
    });
    Ok(view! { <div id="samples" data-live="prompts"><FormAlert action=RemoveSamples::PATH/>{note}</div> })
}
