//! What stands around every page of a prompt: the tree, its name, its tabs.

use super::form::Typed;
use crate::{
    error::{Error, Result},
    id::PromptId,
    library::{
        contents::version_of,
        folders,
        pages::beside,
        tree::{Here, crumbs, tree},
    },
    orgs::{AppLayout, Place},
    paths,
    prompts::{
        content::Content,
        draft::Draft,
        drafts,
        store::{self, Prompt},
        versions,
    },
    role::EditContent,
    tenancy::Scope,
    ui::{Act, Bake, Html, Once},
    web::RequestContext,
};
use leptos::prelude::*;

/// Which page of a prompt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Edit,
    Versions,
    Details,
}

impl Tab {
    const ALL: [Self; 3] = [Self::Edit, Self::Versions, Self::Details];

    const fn label(self) -> &'static str {
        match self {
            Self::Edit => "Prompt",
            Self::Versions => "Versions",
            Self::Details => "Details",
        }
    }
}

/// What the title of the window calls the page, unless it is the prompt itself.
fn part(caller: &RequestContext) -> Option<String> {
    Some(match (caller.segment(3), caller.segment(4)) {
        ("save", _) => "Save version".to_owned(),
        ("versions", "") => "Versions".to_owned(),
        ("versions", number) => format!("Version {number}"),
        ("compare", _) => "Compare".to_owned(),
        ("drafts", "") => "Earlier drafts".to_owned(),
        ("drafts", revision) => format!("Draft {revision}"),
        ("details", _) => "Details".to_owned(),
        _ => return None,
    })
}

/// A prompt, with what all its pages show.
pub(super) struct PromptLayout {
    pub(super) scope: Scope,
    pub(super) prompt: Prompt,
    pub(super) draft: Draft,
    /// The content of the newest version, if there is one.
    pub(super) newest: Option<Content>,
    frame: AppLayout,
    trail: Vec<(String, String)>,
    tree: Html,
}

impl PromptLayout {
    /// The prompt that the URL names.
    pub(super) async fn enter(caller: &RequestContext) -> Result<Self> {
        let (scope, frame) = AppLayout::enter(caller).await?;
        let id: PromptId = caller.segment(2).parse().map_err(|_| Error::NotFound)?;
        let prompt = store::find(&scope, id).await?;
        let draft = drafts::read(&scope, id).await?;
        let newest = match prompt.latest {
            0 => None,
            latest => Some(versions::content(&scope, id, latest).await?),
        };
        let around = folders::trail(&scope, prompt.folder_id).await?;
        let mut trail = crumbs(scope.slug(), &around);
        trail.push((prompt.name.to_string(), paths::prompt(scope.slug(), id)));
        let tree = tree(&scope, Here::Prompt(id, prompt.folder_id)).await?;
        let frame = part(caller).into_iter().fold(frame, AppLayout::part);
        Ok(Self { scope, prompt, draft, newest, frame, trail, tree })
    }

    /// Whether the draft says something else than the newest version.
    pub(super) fn is_dirty(&self) -> bool {
        self.newest.as_ref() != Some(&self.draft.content)
    }

    /// What stands in the form: the draft, or what was typed when it could not be kept.
    pub(super) fn typed(&self, caller: &RequestContext, action: &str) -> Typed {
        let failed = caller.posted().filter(|posted| posted.action == action && posted.error().is_some());
        failed.map_or_else(|| Typed::of(&self.draft.content), |posted| Typed::posted(&posted.input))
    }

    /// The form that brings back a version or an earlier draft, for those who may: what it is called, the field that
    /// names it, and the size of its button.
    pub(super) fn restore(
        &self,
        action: &'static str,
        what: &str,
        named: (&'static str, i64),
        size: Option<&'static str>,
    ) -> Option<Html> {
        self.scope.can::<EditContent>().then(|| {
            let (field, number) = named;
            let about = vec![
                ("org", self.scope.slug().to_string()),
                ("prompt", self.prompt.id.to_string()),
                (field, number.to_string()),
            ];
            let label = format!("Restore {what} {number}");
            view! {
                <Act action about>
                    <Once/>
                    <button class="button" data-size=size aria-label=label>"Restore"</button>
                </Act>
            }
            .bake()
        })
    }

    /// The page: `body` under the prompt's name and tabs; `actions` stand beside the name.
    pub(super) fn show(self, tab: Tab, actions: impl IntoView, body: impl IntoView) -> impl IntoView {
        let org = self.scope.slug().clone();
        let id = self.prompt.id;
        let status = version_of(self.prompt.latest, self.is_dirty());
        let says = if self.prompt.description.is_empty() {
            self.prompt.path.clone()
        } else {
            self.prompt.description.clone()
        };
        // At the top level the path is the name, which the title says.
        let says = (says != self.prompt.name.as_str()).then(|| view! { <p>{says}</p> });
        let tabs = Tab::ALL.map(|one| {
            let url = match one {
                Tab::Edit => paths::prompt(&org, id),
                Tab::Versions => paths::versions(&org, id),
                Tab::Details => paths::prompt_details(&org, id),
            };
            let current = (one == tab).then_some("page");
            view! { <a class="tab" href=url aria-current=current>{one.label()}</a> }
        });
        let body = view! {
            <header class="page-head">
                <div>
                    <h1>{self.prompt.name.to_string()}" "<span class="badge" id="version-status" data-live="prompts drafts">{status}</span></h1>
                    {says}
                </div>
                {actions}
            </header>
            <nav class="tabs across" aria-label="Prompt">{tabs.collect_view()}</nav>
            {body}
        }
        .bake();
        self.frame.show_thing(Place::Prompts, self.trail, beside(self.tree, body))
    }
}
