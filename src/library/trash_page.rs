//! The page of the trash.

use super::{
    PurgeTrash, RestoreTrash,
    pages::beside,
    trash::{self, RESTORABLE, Trashed},
    tree::{Here, tree},
};
use crate::{
    error::Result,
    fields::counted,
    orgs::{AppLayout, Place},
    paths,
    role::{PurgeContent, TrashContent},
    tenancy::Scope,
    ui::{Act, Bake, Confirm, Empty, FormAlert, Icon, When, glyph},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// `/{org}/prompts/trash`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn trash_page(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let (tree, list) = (tree(&scope, Here::Elsewhere).await?, trash::list(&scope).await?);
    let list = if list.is_empty() {
        view! { <Empty icon=glyph::Trash title="The trash is empty"><p>"Deleted prompts and folders can be restored here for 30 days."</p></Empty> }
            .bake()
    } else {
        let rows: Vec<_> = list.into_iter().map(|one| row(&scope, one)).collect();
        view! {
            <table class="table">
                <thead><tr>
                    <th scope="col">"Location"</th><th scope="col">"Deleted"</th><th scope="col">"By"</th><th scope="col">"Deleted for good"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .bake()
    };
    let body = view! {
        <header class="page-head"><div><h1>"Trash"</h1><p>"Deleted items are kept for 30 days, then deleted for good."</p></div></header>
        <FormAlert action=RestoreTrash::PATH/>
        <FormAlert action=PurgeTrash::PATH/>
        <div id="trash" data-live="prompts">{list}</div>
    };
    let trail = vec![("Trash".to_owned(), paths::trash(scope.slug()))];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

fn row(scope: &Scope, one: Trashed) -> impl IntoView + use<> {
    let icon = if one.kind == "folder" { glyph::Folder } else { glyph::File };
    let inside = (one.kind == "folder").then(|| format!(" · {}", counted(one.prompts, "prompt")));
    let (now, gone) = (scope.server().clock.now(), one.created_at + RESTORABLE);
    let by = one.by.map(|by| by.to_string());
    let about = || vec![("org", scope.slug().to_string()), ("trash", one.id.to_string())];
    let restore = scope.can::<TrashContent>().then(|| {
        let label = format!("Restore {}", one.path);
        view! {
            <Act action=RestoreTrash::PATH about=about()>
                <button class="button" data-size="small" aria-label=label>"Restore"</button>
            </Act>
        }
    });
    let purge = scope.can::<PurgeContent>().then(|| {
        let menu = format!("purge-{}", one.id);
        let (label, about) = (format!("Delete {} for good", one.path), about());
        view! {
            <button class="button" data-size="small" data-kind="quiet" type="button" popovertarget=menu.clone() aria-label=label.clone()>"Delete"</button>
            <Confirm id=menu question=format!("{label}?") says="All its versions are deleted too. This can't be undone.">
                <Act action=PurgeTrash::PATH about>
                    <button class="button" data-kind="danger">"Delete for good"</button>
                </Act>
            </Confirm>
        }
    });
    view! {
        <tr>
            <td data-label="Location"><span class="thing"><Icon is=icon/>{one.path}{inside}</span></td>
            <td data-label="Deleted"><When at=one.created_at now/></td>
            <td data-label="By">{by}</td>
            <td data-label="Deleted for good"><When at=gone now/></td>
            <td class="row-acts">{restore}{purge}</td>
        </tr>
    }
}
