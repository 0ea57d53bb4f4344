//! What is said after somebody's role changed: who is what now, and the way back.

use crate::{
    error::Result,
    fields::Name,
    id::UserId,
    role::{ManageMembers, Role},
    tenancy::Scope,
    ui::{Notice, Telling},
};

/// Tells the toast of the page who has which role now, if that was just changed.
///
/// # Errors
/// When the database fails.
pub(super) async fn tell(scope: &Scope) -> Result<()> {
    let about = |name: &str| Notice::RoleChanged.about(name);
    let user = about("user").and_then(|user| user.parse::<UserId>().ok());
    let before = about("role").and_then(|role| Role::parse(&role));
    let (Some(user), Some(before)) = (user, before) else { return Ok(()) };
    let member = scope
        .query("SELECT u.name, m.role FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND m.user_id = $2")
        .bind(user);
    let Some((name, role)) = member.optional::<(Name, Role)>().await? else { return Ok(()) };
    let is_self = scope.person().is_some_and(|person| person.id == user);
    let who = if is_self { "You're".to_owned() } else { format!("{name} is") };
    let mine = scope.role();
    let may = scope.can::<ManageMembers>() && mine.may_manage(role) && mine.may_grant(before);
    let (says, may_undo) = (format!("{who} now {}", role.with_article()), may && before != role);
    Telling { says, may_undo, next: None }.tell();
    Ok(())
}
