//! `/{org}/settings/members/{user}?to=…`: what follows when a member becomes something else, said before it is
//! done.

use super::{
    RemoveMember, SetRole,
    consequences::{Follows, foretold, invitations},
};
use crate::{
    error::{Error, Result},
    fields::Name,
    id::UserId,
    orgs::{AppLayout, Place},
    paths,
    role::{ManageMembers, Role},
    tenancy::Scope,
    ui::{Bake, Choice, Choices, Form, Hidden, Html, Submit},
    web::RequestContext,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Who would become what.
struct Wish {
    user: UserId,
    name: Name,
    follows: Follows,
    /// How many invitations of theirs would end.
    sent: i64,
}

impl Wish {
    async fn read(caller: &RequestContext, scope: &Scope) -> Result<Self> {
        let user: UserId = caller.segment(3).parse().map_err(|_| Error::NotFound)?;
        let to = match caller.query("to").as_deref() {
            Some("removed") => None,
            to => Some(to.and_then(Role::parse).ok_or(Error::NotFound)?),
        };
        let member = scope
            .query("SELECT u.name, m.role FROM members m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND m.user_id = $2")
            .bind(user);
        let member: Option<(Name, Role)> = member.optional().await?;
        let (name, before) = member.ok_or(Error::NotFound)?;
        let actor = scope.role();
        if !actor.may_manage(before) || !to.is_none_or(|to| actor.may_grant(to)) {
            return Err(Error::Forbidden);
        }
        let is_self = scope.person().is_some_and(|person| person.id == user);
        let sent = foretold(scope, user, to).await?;
        Ok(Self { user, name, follows: Follows { before, to, is_self }, sent })
    }

    /// What is asked, and what the button that does it says.
    fn question(&self, org: &Name) -> (String, String) {
        let who = if self.follows.is_self { "yourself".to_owned() } else { self.name.to_string() };
        match self.follows.to {
            Some(to) => {
                let says = format!("Make {who} {}", to.with_article());
                (format!("{says}?"), says)
            }
            None => (format!("Remove {who} from {org}?"), format!("Remove {who}")),
        }
    }

    /// What follows, a sentence each.
    fn sentences(&self, org: &Name) -> Vec<String> {
        let Follows { before, to, is_self } = self.follows;
        let (who, is) = if is_self { ("You".to_owned(), "are") } else { (self.name.to_string(), "is") };
        let mut says = Vec::new();
        match to {
            Some(Role::Owner) => says.push(format!(
                "An Owner has full control: {who} can then delete {org}, transfer it, and change everyone’s role, including yours."
            )),
            Some(to) => {
                let before = before.with_article();
                says.push(format!("{who} {is} {before} now. {}: {}.", to.label(), to.says()));
            }
            None => says.push(format!("{who} will lose access immediately. API keys they created keep working.")),
        }
        if self.follows.is_own_loss() {
            says.push("You can't undo this yourself.".to_owned());
        }
        if self.sent > 0 {
            let sent = invitations(self.sent);
            let they = if is_self { "you" } else { "they" };
            says.push(format!("{sent} that {they} sent will be revoked."));
        }
        says
    }
}

/// `/{org}/settings/members/{user}`.
///
/// # Errors
/// Those of [`AppLayout::enter`]; [`Error::NotFound`] for somebody who is no member; [`Error::Forbidden`] for what
/// the person who asks may not do.
pub async fn member_change(caller: RequestContext) -> Result<impl IntoView> {
    let (scope, frame) = AppLayout::enter(&caller).await?;
    scope.clone().require::<ManageMembers>()?;
    let wish = Wish::read(&caller, &scope).await?;
    let organization = &scope.organization().name;
    let (question, does) = wish.question(organization);
    let says = wish.sentences(organization).into_iter().map(|says| view! { <p>{says}</p> }).collect_view();
    let members = paths::members(scope.slug());
    let (action, role) = match wish.follows.to {
        Some(to) => (SetRole::PATH, Some(view! { <Hidden name="role" value=to.as_str()/> })),
        None => (RemoveMember::PATH, None),
    };
    let kind = if wish.follows.to == Some(Role::Owner) { "primary" } else { "danger" };
    let body = view! {
        <header class="page-head"><div><h1>{question.clone()}</h1></div></header>
        <section class="panel">
            <Form action>
                {says}
                <Hidden name="org" value=scope.slug().to_string()/>
                <Hidden name="user" value=wish.user.0.simple().to_string()/>
                {role}
                <Hidden name="agreed" value=wish.sent.to_string()/>
                {heirs(&wish)}
                <div class="form-actions">
                    <Submit kind>{does}</Submit>
                    <a class="button" data-kind="quiet" href=members>"Cancel"</a>
                </div>
            </Form>
        </section>
    };
    Ok(frame.show_thing(Place::Members, vec![(question, String::new())], body))
}

/// What may become of the invitations: they end, or the actor goes on with them.
fn heirs(wish: &Wish) -> Option<Html> {
    (wish.sent > 0 && !wish.follows.is_self).then(|| {
        let revoke = Choice {
            value: "revoke".into(),
            label: "Revoke them".into(),
            says: "Their links stop working. You can invite the people again.",
        };
        let take_over = Choice {
            value: "take_over".into(),
            label: "Take them over".into(),
            says: "Their links keep working. You become the person who sent them.",
        };
        view! { <Choices name="invitations" label="Invitations" choices=vec![revoke, take_over] value="revoke"/> }
            .bake()
    })
}
