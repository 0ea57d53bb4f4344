use crate::{
    browser::islands::InPlace,
    paths,
    ui::{Bake, Head, Icon, Scripts, Toast, glyph},
};
use leptos::prelude::*;

/// Which page of the account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Profile,
    Security,
    Organizations,
    Closure,
}

impl Place {
    const ALL: [Self; 4] = [Self::Profile, Self::Security, Self::Organizations, Self::Closure];

    const fn label(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::Security => "Security",
            Self::Organizations => "Organizations",
            Self::Closure => "Delete account",
        }
    }

    const fn url(self) -> &'static str {
        match self {
            Self::Profile => paths::ACCOUNT,
            Self::Security => paths::ACCOUNT_SECURITY,
            Self::Organizations => paths::ACCOUNT_ORGANIZATIONS,
            Self::Closure => paths::ACCOUNT_CLOSURE,
        }
    }
}

/// What stands around the pages of the account, which belong to no organization.
pub(super) fn frame(place: Place, says: &'static str, content: impl IntoView + 'static) -> impl IntoView {
    Head { title: format!("{} · Account", place.label()), styles: "prompt-studio.css", class: "app solo" }
        .tell();
    let content = content.bake();
    let tabs = Place::ALL.map(|tab| {
        let current = (tab == place).then_some("page");
        view! { <a class="tab" href=tab.url() aria-current=current>{tab.label()}</a> }
    });
    view! {
        <a class="skip" href="#page-body">"Skip to content"</a>
        <div class="content">
            <header class="topbar">
                <a class="button" data-kind="quiet" href=paths::HOME><Icon is=glyph::ArrowLeft/>"Back to dashboard"</a>
            </header>
            <main class="main" id="main">
                <div class="settings">
                    <details class="tabs-fold">
                        <summary>{place.label()}</summary>
                        <nav class="tabs" aria-label="Account">{tabs.collect_view()}</nav>
                    </details>
                    <div class="settings-body" id="page-body">
                        <header class="page-head"><div><h1>{place.label()}</h1><p>{says}</p></div></header>
                        {content}
                    </div>
                </div>
            </main>
        </div>
        <Toast/>
        <InPlace/>
        <Scripts/>
    }
}
