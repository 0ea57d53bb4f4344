//! The server functions of the sample.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::sample;
use crate::{
    error::Error,
    paths,
    role::{EditContent, TrashContent},
    ui::Notice,
    web::{RequestContext, response},
};
use leptos::prelude::*;

/// Adds the sample to an organization that has no prompts.
#[server(endpoint = "samples/create")]
pub async fn add_samples(org: String) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    sample::add(&grant).await?;
    Notice::SamplesAdded.say();
    Ok(())
}

/// Puts the sample in the trash.
#[server(endpoint = "samples/remove")]
pub async fn remove_samples(org: String) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<TrashContent>()?;
    match &sample::remove(&grant).await?[..] {
        [one] => Notice::Trashed.say_undoable(&[("trash", one.to_string())]),
        _ => Notice::Trashed.say(),
    }
    response::go(&paths::prompts(grant.slug()));
    Ok(())
}
