//! The server functions of variables of folders and of the organization.

#![expect(missing_docs, reason = "the macro makes a type of each function's arguments")]

use super::{variables, variables_seen};
use crate::{
    error::Error,
    id::{self, AuditId},
    kernel::long_work,
    role::EditContent,
    ui::Notice,
    web::RequestContext,
};
use leptos::prelude::*;

/// Sets the variables of a folder, or those of the organization: the fields `name-0`, `value-0` and so on, as far as
/// they differ from those that were `seen`.
#[server(endpoint = "variables/set")]
pub async fn set_variables(org: String, #[server(default)] folder: String) -> Result<(), Error> {
    let caller = RequestContext::here()?;
    let grant = caller.enter(&org).await?.require::<EditContent>()?;
    let fields = caller.fields();
    let bytes = fields.iter().map(|(_, value)| value.len()).sum();
    let mine = long_work::within(bytes, || variables::posted(fields));
    let seen = variables_seen::SeenVariables::posted(fields);
    let row = variables_seen::save(&grant, id::optional(&folder)?, seen.as_ref(), &mine).await?;
    Notice::VariablesSaved.say_with(row.map(|row| [("folder", folder), ("row", row.to_string())]));
    Ok(())
}

/// Undoes a change of the variables of a folder, or of those of the organization: the one that a row of the
/// audit log tells of.
#[server(endpoint = "variables/restore")]
pub async fn restore_variables(
    org: String,
    #[server(default)] folder: String,
    row: AuditId,
) -> Result<(), Error> {
    let grant = RequestContext::here()?.enter(&org).await?.require::<EditContent>()?;
    let row = variables::undo(&grant, id::optional(&folder)?, row).await?;
    Notice::VariablesRestored.say_with(row.map(|row| [("folder", folder), ("row", row.to_string())]));
    Ok(())
}
