//! What people change about themselves, in the database.

use crate::{
    accounts::{Happened, store::tell},
    error::Result,
    fields::{Name, Password},
    id::{OrgId, UserId},
    tenancy::{
        Server, Topic,
        audit::{Action, Entry},
        client::Person,
        sessions,
    },
    web::{Proof, RequestContext},
};
use serde_json::json;
use std::collections::HashMap;

/// Changes somebody's name, and says so wherever it is shown.
pub(super) async fn rename(caller: &RequestContext, person: &Person, name: Name) -> Result<()> {
    if name == person.name {
        return Ok(());
    }
    let mut change = caller.change_own_account().await?;
    change.query("UPDATE users SET name = $2 WHERE id = $1").bind(person.id).bind(name).execute().await?;
    let orgs = change.query("SELECT org_id FROM members WHERE user_id = $1 ORDER BY org_id");
    let orgs: Vec<(OrgId,)> = orgs.bind(person.id).all().await?;
    for (org,) in orgs {
        change.announce(Some(org), Topic::Members, person.id.0).await?;
    }
    let entry = Entry::new(Action::ProfileChanged, person.id.0).details(json!({ "changed": ["name"] }));
    caller.audit(&mut change, person.id, entry).await?;
    change.commit().await
}

/// Sets a new password and ends all sessions but this one. Letters that set one are void, and so is one that changes
/// the address.
pub(super) async fn change_password(caller: &RequestContext, proof: &Proof, new: Password) -> Result<()> {
    let user = proof.user();
    let hash = caller.server.passwords.hash(new).await?;
    let mut change = caller.change_own_account().await?;
    change.query("UPDATE users SET password_hash = $2 WHERE id = $1").bind(user).bind(hash).execute().await?;
    change.query("DELETE FROM password_resets WHERE user_id = $1").bind(user).execute().await?;
    change.query("DELETE FROM second_steps WHERE user_id = $1").bind(user).execute().await?;
    // Someone who had the old password may have asked for it.
    change.query("DELETE FROM address_changes WHERE user_id = $1").bind(user).execute().await?;
    if let Some(visit) = caller.visit() {
        sessions::end_others(&mut change, visit).await?;
    }
    caller.audit(&mut change, user, Entry::new(Action::PasswordChanged, user.0)).await?;
    tell(&mut change, user, Happened::PasswordChanged).await?;
    change.commit().await
}

/// The names of the keys that somebody made, by organization, each with its name: they go on when somebody goes.
/// Those of their personal workspace go with it.
pub(super) async fn keys_made_by(server: &Server, user: UserId) -> Result<HashMap<OrgId, (Name, Vec<Name>)>> {
    let rows = server.outside_tenancy().query(
        "SELECT k.org_id, o.name, k.name FROM api_keys k JOIN organizations o ON o.id = k.org_id
         WHERE k.created_by = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
           AND o.deleted_at IS NULL AND (o.personal_of IS NULL OR o.personal_of <> $1)
         ORDER BY lower(k.name), k.id",
    );
    let mut keys: HashMap<OrgId, (Name, Vec<Name>)> = HashMap::new();
    for (org, of, name) in rows.bind(user).bind(server.clock.now()).all::<(OrgId, Name, Name)>().await? {
        keys.entry(org).or_insert_with(|| (of, Vec::new())).1.push(name);
    }
    Ok(keys)
}

/// How many invitations of somebody could be accepted, by organization: they end when they leave it.
pub(super) async fn invitations_of(server: &Server, user: UserId) -> Result<HashMap<OrgId, i64>> {
    let rows = server.outside_tenancy().query(
        "SELECT m.org_id, count(*) FROM members m JOIN invitations i ON i.org_id = m.org_id AND i.inviter_id = m.user_id
         WHERE m.user_id = $1 AND i.state = 'pending' AND i.expires_at > $2 GROUP BY m.org_id",
    );
    Ok(rows.bind(user).bind(server.clock.now()).all::<(OrgId, i64)>().await?.into_iter().collect())
}
