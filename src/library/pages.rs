//! The pages of the library: its top, a folder, and what makes new things.

use super::{
    CreateFolder, CreatePrompt, DuplicateFolder, MoveFolder, RenameFolder, TrashFolder,
    contents::contents,
    folders::{self, Folder},
    sample_note::sample_note,
    search_form::search_form,
    tree::{Here, crumbs, tree},
    variables,
    variables_form::variables_section,
};
use crate::{
    error::{Error, Result},
    id::FolderId,
    kernel::fragment_cache::Cacheable,
    orgs::{AppLayout, Place},
    paths,
    prompts::{content::Kind, sizes::weight},
    role::{EditContent, ExportOrganization, ImportContent, TrashContent},
    tenancy::Scope,
    ui::{
        About, Act, Choice, Choices, Delete, Field, Form, FormAlert, Hidden, Html, Icon, Once, Section,
        Select, Submit, Was, glyph,
    },
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::Value;
use std::collections::BTreeMap;

/// `/{org}/prompts`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn library(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let tree = tree(&scope, Here::Top).await?;
    let contents = contents(&caller, &scope, None).await?;
    let (org, search, samples) = (scope.slug().clone(), search_form(&scope, ""), sample_note(&scope).await?);
    let body = view! {
        <header class="page-head">
            <div><h1>"Prompts"</h1><p>"All prompts in this organization, with their full history."</p></div>
            <div class="page-actions">{new_buttons(&scope, None)}</div>
        </header>
        {search}
        {samples}
        {contents}
        <p class="page-links">
            <a href=paths::variables(&org)>"Organization variables"</a>
            <a href=paths::trash(&org)>"Trash"</a>
            {scope.can::<ImportContent>().then(|| view! { <a href=paths::import(&org, None)>"Import"</a> })}
            {scope.can::<ExportOrganization>().then(|| view! { <a href=paths::export(&org, "json", "") download>"Export all"</a> })}
        </p>
    };
    Ok(frame.show(Place::Prompts, beside(tree, body)))
}

/// A page of the library: the tree, and beside it what it is about.
pub fn beside(tree: Html, body: impl IntoView) -> impl IntoView {
    view! { <div class="library">{tree}<div class="library-body" id="page-body">{body}</div></div> }
}

fn new_buttons(scope: &Scope, folder: Option<FolderId>) -> impl IntoView + use<> {
    let org = scope.slug().clone();
    scope.can::<EditContent>().then(|| {
        view! {
            <a class="button" href=paths::new_folder(&org, folder)><Icon is=glyph::Folder/>"New folder"</a>
            <a class="button" data-kind="primary" href=paths::new_prompt(&org, folder)><Icon is=glyph::Plus/>"New prompt"</a>
        }
    })
}

/// `/{org}/prompts/folders/{folder}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] when there is no such folder.
pub async fn folder(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let id: FolderId = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
    let told = scope.kept(format!("folder {id}"), Told::read(&scope, id)).await?;
    let folder = &told.folder;
    let tree = tree(&scope, Here::Folder(id)).await?;
    let contents = contents(&caller, &scope, Some(id)).await?;
    let manage = if scope.can::<EditContent>() { Some(manage(&caller, &scope, folder).await?) } else { None };
    let body = view! {
        <header class="page-head">
            <div><h1>{folder.name.to_string()}</h1><p>"Prompts in this folder inherit its variables."</p></div>
            <div class="page-actions">{new_buttons(&scope, Some(id))}</div>
        </header>
        <FormAlert action=TrashFolder::PATH/>
        <FormAlert action=DuplicateFolder::PATH/>
        {contents}
        {variables_section(&caller, &scope, Some(id), &told.variables, "Inherited by everything in this folder. Overridden by nearer folders, a prompt's defaults, and values passed in the request.")}
        <p class="page-links">
            <a href=paths::export(scope.slug(), "json", &format!("?folder={id}")) download>"Export this folder as JSON"</a>
            <a href=paths::export(scope.slug(), "md", &format!("?folder={id}")) download>"As Markdown"</a>
        </p>
        {manage}
    };
    Ok(frame.show_thing(Place::Prompts, crumbs(scope.slug(), &told.trail), beside(tree, body)))
}

/// What the page of a folder tells of it.
struct Told {
    folder: Folder,
    /// The folders from the top down to it.
    trail: Vec<Folder>,
    /// Its own variables.
    variables: BTreeMap<String, Value>,
}

impl Told {
    async fn read(scope: &Scope, id: FolderId) -> Result<Self> {
        let trail = folders::trail(scope, Some(id)).await?;
        let folder = trail.last().cloned().ok_or(Error::NotFound)?;
        Ok(Self { folder, trail, variables: variables::read(scope, Some(id)).await? })
    }
}

impl Cacheable for Told {
    fn bytes(&self) -> usize {
        let folders = self.trail.iter().map(|folder| size_of::<Folder>() + folder.path.len());
        let variables = self.variables.iter().map(|(name, value)| name.len() + weight(value));
        folders.sum::<usize>() + variables.sum::<usize>()
    }
}

/// `/{org}/prompts/variables`.
///
/// # Errors
/// Those of [`AppLayout::enter`].
pub async fn organization_variables(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    let (tree, own) = (tree(&scope, Here::Elsewhere).await?, variables::read(&scope, None).await?);
    let says = "Inherited by all prompts in this organization. Overridden by folders, a prompt's defaults, and values passed in the request.";
    let body = view! {
        <header class="page-head"><div><h1>"Variables"</h1><p>"Values shared by all prompts."</p></div></header>
        {variables_section(&caller, &scope, None, &own, says)}
    };
    let trail = vec![("Variables".to_owned(), paths::variables(scope.slug()))];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

/// Moving, renaming, duplicating and deleting a folder.
async fn manage(caller: &RequestContext, scope: &Scope, folder: &Folder) -> Result<impl IntoView + use<>> {
    let (org, id) = (scope.slug().to_string(), folder.id.to_string());
    let name = folder.name.to_string();
    let about = || vec![("org", org.clone()), ("folder", id.clone())];
    let named = about();
    // The form that moves it names every folder there is, so it is there when it is asked for.
    let (moving, ask) = if caller.query("move").is_some() {
        (Some(move_form(scope, folder, about()).await?), None)
    } else {
        let url = format!("{}?move=1", paths::folder(scope.slug(), Some(folder.id)));
        (None, Some(view! { <a class="button" href=url>"Move folder…"</a> }))
    };
    let duplicate = view! { <Act action=DuplicateFolder::PATH about=about()><Once/><button class="button">"Duplicate folder"</button></Act> };
    let delete = scope.can::<TrashContent>().then(|| {
        view! {
            <Delete id="trash-folder" label=format!("Delete {name}") action=TrashFolder::PATH about=about()
                says="The folder and everything in it moves to the trash. You can restore it for 30 days."/>
        }
    });
    Ok(view! {
        <Section title="Name" says="The old path keeps working until something else uses it. In protected environments, live prompts keep their old path until they're deployed again.">
            <Form action=RenameFolder::PATH ids="rename-">
                <About of=named/>
                <Was name="name" value=name.clone()/>
                <Field name="name" label="Name" value=name.clone() maxlength=80/>
                <div class="form-actions"><Submit kind="">"Rename folder"</Submit></div>
            </Form>
            {moving}
        </Section>
        <div class="page-actions">
            {ask}
            {duplicate}
            {delete}
        </div>
    })
}

async fn move_form(
    scope: &Scope,
    folder: &Folder,
    about: Vec<(&'static str, String)>,
) -> Result<impl IntoView + use<>> {
    let inside = format!("{}/", folder.path);
    let mut parents = folders::all(scope).await?;
    parents.retain(|one| one.id != folder.id && !one.path.starts_with(&inside));
    let places = place_fields("parent", parents, folder.parent_id);
    Ok(view! {
        <Form action=MoveFolder::PATH ids="move-">
            <About of=about/>
            {places}
            <div class="form-actions"><Submit kind="">"Move folder"</Submit></div>
        </Form>
    })
}

/// The folders to choose from, the top first.
fn folder_choices(folders: Vec<Folder>) -> Vec<Choice> {
    let top = Choice { value: String::new(), label: "Top level".into(), says: "" };
    let each = folders.into_iter().map(|folder| Choice {
        value: folder.id.to_string(),
        label: folder.path,
        says: "",
    });
    std::iter::once(top).chain(each).collect()
}

/// Where something moves to: a field for the folder, named as given, and one for the place in it.
pub fn place_fields(
    field: &'static str,
    folders: Vec<Folder>,
    now_in: Option<FolderId>,
) -> impl IntoView + use<> {
    let choices = folder_choices(folders);
    let places = [("last", "Last"), ("first", "First")];
    let places = places.map(|(value, label)| Choice { value: value.into(), label: label.into(), says: "" });
    view! {
        <Select name=field label="Folder" choices value=now_in.map_or_else(String::new, |id| id.to_string())/>
        <Select name="place" label="Position" choices=places.to_vec() value="last"/>
    }
}

/// `/{org}/prompts/new`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::Forbidden`] for those who may not.
pub async fn new_prompt(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<EditContent>()?;
    let (folder, here, choices) = place_of_new(&caller, &scope).await?;
    let tree = tree(&scope, here).await?;
    let org = scope.slug().to_string();
    let kinds = [
        (Kind::Chat, "Messages: system, user, assistant, tools"),
        (Kind::Text, "A single text that other prompts can include"),
    ];
    let kinds =
        kinds.map(|(kind, says)| Choice { value: kind.as_str().into(), label: kind.label().into(), says });
    let body = view! {
        <header class="page-head"><div><h1>"New prompt"</h1><p>"Starts as a draft. Nothing is served until you save and deploy a version."</p></div></header>
        <section class="panel">
            <Form action=CreatePrompt::PATH once=true>
                <Hidden name="org" value=org/>
                <Field name="name" label="Name" maxlength=80 autofocus=true hint="For example, Triage."/>
                <Select name="folder" label="Folder" choices value=folder/>
                <Choices name="kind" label="Type" choices=kinds.to_vec() value="chat"/>
                <div class="form-actions"><Submit>"Create prompt"</Submit></div>
            </Form>
        </section>
    };
    let trail = vec![("New prompt".to_owned(), String::new())];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

/// `/{org}/prompts/folders/new`.
///
/// # Errors
/// As [`new_prompt`].
pub async fn new_folder(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<EditContent>()?;
    let (folder, here, choices) = place_of_new(&caller, &scope).await?;
    let tree = tree(&scope, here).await?;
    let org = scope.slug().to_string();
    let body = view! {
        <header class="page-head"><div><h1>"New folder"</h1><p>"Folders group prompts and give them variables."</p></div></header>
        <section class="panel">
            <Form action=CreateFolder::PATH once=true>
                <Hidden name="org" value=org/>
                <Field name="name" label="Name" maxlength=80 autofocus=true/>
                <Select name="folder" label="Parent folder" choices value=folder/>
                <div class="form-actions"><Submit>"Create folder"</Submit></div>
            </Form>
        </section>
    };
    let trail = vec![("New folder".to_owned(), String::new())];
    Ok(frame.show_thing(Place::Prompts, trail, beside(tree, body)))
}

/// The folder that the URL names for something new, and those there are to choose from.
async fn place_of_new(caller: &RequestContext, scope: &Scope) -> Result<(String, Here, Vec<Choice>)> {
    let folder = caller.query("folder").and_then(|folder| folder.parse().ok());
    let all = folders::all(scope).await?;
    let folder = folder.filter(|folder| all.iter().any(|one| one.id == *folder));
    let here = folder.map_or(Here::Top, Here::Folder);
    let chosen = folder.map_or_else(String::new, |folder: FolderId| folder.to_string());
    Ok((chosen, here, folder_choices(all)))
}
