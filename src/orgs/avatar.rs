use crate::{
    paths,
    tenancy::Organization,
    ui::{Bake, Html, Initials, hue, initials},
};
use leptos::prelude::*;

/// The avatar of an organization: its picture, or its initials on its colour. For members; others are
/// not shown pictures.
#[component]
pub fn OrgAvatar(
    /// Whose.
    organization: Organization,
    /// `small` or `large`.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    let Organization { id, name, slug, image, hue: chosen, .. } = organization;
    if let Some(image) = image {
        return picture(paths::image(&slug, image), size);
    }
    let hue = chosen.map_or_else(|| hue(id.0), |hue| hue.to_string());
    view! { <Initials letters=initials(name.as_str()) hue shape="square" size/> }.bake()
}

fn picture(url: String, size: &'static str) -> Html {
    let size = (!size.is_empty()).then_some(size);
    view! { <img class="avatar" data-shape="square" data-size=size src=url alt="" width="24" height="24"/> }
        .bake()
}
