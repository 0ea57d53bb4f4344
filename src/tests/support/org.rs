//! An organization on the stage, and shortcuts that put people in it.

use super::{Person, TestApp};
use crate::{
    deployments::{asked, deploy::deploy, impact, model as deployments},
    environments::store as environments,
    fields::PathName,
    id::{
        ApiKeyId, AuditId, DeploymentRequestId, EnvironmentId, EnvironmentRequestId, FolderId, ImageId,
        ImportId, InvitationId, OrgId, PromptId, TrashId,
    },
    kernel::tokens::Token,
    library::{
        exchange::{self, format::FORMAT},
        folders,
        moves::{self, Place},
        trash, variables,
    },
    orgs::store::plant_environments,
    prompts::{
        content::{Body, Content, Kind},
        editing, saving, store,
    },
    role::{self, Role},
    tenancy::{Grant, Scope, Topic},
    time::Span,
};

/// An organization.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Org {
    pub(in crate::tests) id: OrgId,
    pub(in crate::tests) slug: String,
    app: TestApp,
}

/// What a library holds: a folder; a prompt in it that refers to another, with two versions and a draft of
/// revision 6 that is neither; something in the trash.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Stock {
    pub(in crate::tests) folder: FolderId,
    /// The row of the log that tells of the folder's variables.
    pub(in crate::tests) variables: AuditId,
    pub(in crate::tests) prompt: PromptId,
    pub(in crate::tests) trash: TrashId,
    pub(in crate::tests) import: ImportId,
    /// Where a prompt is live.
    pub(in crate::tests) environment: EnvironmentId,
    pub(in crate::tests) live: PromptId,
    /// Where none is.
    pub(in crate::tests) empty: EnvironmentId,
    /// A key that reads prompts.
    pub(in crate::tests) key: ApiKeyId,
}

/// An invitation put there without a letter.
#[derive(Debug, Clone)]
pub(in crate::tests) struct Planted {
    pub(in crate::tests) id: InvitationId,
    pub(in crate::tests) token: String,
}

impl TestApp {
    /// An organization of this name with an Owner, as it was made some time ago.
    pub(in crate::tests) async fn org(&self, name: &str, owner: &Person) -> Org {
        let (id, now) = (OrgId(self.clock.id()), self.clock.now());
        let slug = crate::slug::suggest(name);
        let mut change = self.change_outside_tenancy().await.unwrap();
        let insert = change.query(
            "INSERT INTO organizations (id, slug, name, default_role, invitation_span, created_at)
             VALUES ($1, $2, $3, 'editor', $4, $5)",
        );
        let insert = insert.bind(id).bind(slug.clone()).bind(name.to_owned());
        insert.bind(Span::days(7)).bind(now).execute().await.unwrap();
        plant_environments(&mut change, id, true).await.unwrap();
        // As it was then: an Admin deploys alone.
        let others = change.query("UPDATE environments SET others = 0 WHERE org_id = $1");
        others.bind(id).execute().await.unwrap();
        change.commit().await.unwrap();
        let org = Org { id, slug, app: self.clone() };
        org.admits(owner, Role::Owner).await;
        org
    }

    /// The personal workspace of somebody.
    pub(in crate::tests) async fn home_of(&self, person: &Person) -> Org {
        let home = self.outside_tenancy().query("SELECT id, slug FROM organizations WHERE personal_of = $1");
        let (id, slug): (OrgId, String) = home.bind(person.id).one().await.unwrap();
        Org { id, slug, app: self.clone() }
    }
}

impl Org {
    pub(in crate::tests) async fn find(app: &TestApp, slug: &str) -> Self {
        let found = app.outside_tenancy().query("SELECT id FROM organizations WHERE slug = $1");
        let (id,): (OrgId,) = found.bind(slug.to_owned()).one().await.unwrap();
        Self { id, slug: slug.into(), app: app.clone() }
    }

    /// The personal organization of somebody.
    pub(in crate::tests) async fn personal(person: &Person) -> Self {
        let found =
            person.app.outside_tenancy().query("SELECT slug FROM organizations WHERE personal_of = $1");
        let (slug,): (String,) = found.bind(person.id).one().await.unwrap();
        Self::find(&person.app, &slug).await
    }

    /// A page of it, such as `settings/members`.
    pub(in crate::tests) fn page(&self, page: &str) -> String {
        format!("/{}/{page}", self.slug).trim_end_matches('/').to_owned()
    }

    /// Somebody new who has been a member for some time.
    pub(in crate::tests) async fn has(&self, name: &str, role: Role) -> Person {
        let person = self.app.somebody(name).await;
        self.admits(&person, role).await;
        person
    }

    /// Makes somebody a member without further ado.
    pub(in crate::tests) async fn admits(&self, person: &Person, role: Role) {
        let now = self.app.clock.now();
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        let insert = change.query(
            "INSERT INTO members (org_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role",
        );
        insert.bind(self.id).bind(person.id).bind(role).bind(now).execute().await.unwrap();
        change.commit().await.unwrap();
    }

    /// It was deleted just now.
    pub(in crate::tests) async fn is_deleted(&self) {
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        let now = self.app.clock.now();
        let delete = change.query("UPDATE organizations SET deleted_at = $2 WHERE id = $1");
        delete.bind(self.id).bind(now).execute().await.unwrap();
        change.announce(Some(self.id), Topic::Organization, self.id.0).await.unwrap();
        change.commit().await.unwrap();
    }

    /// One member offers it to another.
    pub(in crate::tests) async fn is_offered(&self, from: &Person, to: &Person) {
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        let now = self.app.clock.now();
        let offer = change.query(
            "INSERT INTO transfers (org_id, from_id, to_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        );
        let offer = offer.bind(self.id).bind(from.id).bind(to.id).bind(now).bind(now + Span::days(7));
        offer.execute().await.unwrap();
        change.commit().await.unwrap();
    }

    /// It has a picture of some bytes.
    pub(in crate::tests) async fn has_image(&self) -> ImageId {
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        let image = ImageId(self.app.clock.id());
        let insert = change.query("INSERT INTO organization_images (org_id, id, png) VALUES ($1, $2, $3)");
        insert.bind(self.id).bind(image).bind(b"png".to_vec()).execute().await.unwrap();
        let set = change.query("UPDATE organizations SET image_id = $2 WHERE id = $1");
        set.bind(self.id).bind(image).execute().await.unwrap();
        change.commit().await.unwrap();
        image
    }

    /// The app it is in.
    pub(super) fn app(&self) -> &TestApp {
        &self.app
    }

    /// What somebody is in it.
    pub(in crate::tests) async fn role_of(&self, person: &Person) -> Option<Role> {
        let found = self.app.outside_tenancy();
        let found = found.query("SELECT role FROM members WHERE org_id = $1 AND user_id = $2");
        let row: Option<(Role,)> = found.bind(self.id).bind(person.id).optional().await.unwrap();
        row.map(|(role,)| role)
    }

    /// How many Owners it has.
    pub(in crate::tests) async fn owners(&self) -> i64 {
        self.count("SELECT count(*) FROM members WHERE org_id = $1 AND role = 'owner'").await
    }

    /// How many invitations are in a state.
    pub(in crate::tests) async fn invitations(&self, state: &str) -> i64 {
        let count = "SELECT count(*) FROM invitations WHERE org_id = $1 AND state = ";
        self.count(super::sql(format!("{count}'{state}'"))).await
    }

    /// The newest invitation of an address.
    pub(in crate::tests) async fn invitation_of(&self, email: &str) -> InvitationId {
        let found = self.app.outside_tenancy();
        let found = found
            .query("SELECT id FROM invitations WHERE org_id = $1 AND email = $2 ORDER BY id DESC LIMIT 1");
        let (id,): (InvitationId,) = found.bind(self.id).bind(email.to_owned()).one().await.unwrap();
        id
    }

    /// A number of something; `$1` is the organization.
    pub(in crate::tests) async fn count(&self, count: &'static str) -> i64 {
        let (n,): (i64,) = self.app.outside_tenancy().query(count).bind(self.id).one().await.unwrap();
        n
    }

    /// A pending invitation that was sent some time ago.
    pub(in crate::tests) async fn planted(&self, by: &Person, email: &str, role: Role) -> Planted {
        let (id, now, token) = (InvitationId(self.app.clock.id()), self.app.clock.now(), Token::new());
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        let insert = change.query(
            "INSERT INTO invitations (org_id, id, email, role, state, inviter_id, mail_hash, link_hash, created_at, sent_at, expires_at)
             VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $8, $9)",
        );
        let insert = insert.bind(self.id).bind(id).bind(email.to_owned()).bind(role).bind(by.id);
        let insert = insert.bind(token.hash()).bind(Token::new().hash()).bind(now).bind(now + Span::days(7));
        insert.execute().await.unwrap();
        change.commit().await.unwrap();
        Planted { id, token: token.as_str().to_owned() }
    }

    /// Something of everything that a library may hold.
    pub(in crate::tests) async fn has_library(&self) -> Stock {
        let scope = Scope::of_chore(&self.app, self.id, "to set the stage").await.unwrap();
        let edit: Grant<role::EditContent> = scope.clone().require().unwrap();
        let name = |text: &str| PathName::parse(text).unwrap();
        let folder = folders::create(&edit, None, &name("Support")).await.unwrap();
        let tone = variables::set(&edit, Some(folder), &[("tone".into(), "kind".into())]).await;
        let mut prompts = Vec::new();
        let said = |text: &str| Content { body: Body::Text(text.into()), ..Content::empty(Kind::Text) };
        for (title, texts) in
            [("Tone", &["Be {{ tone }}."][..]), ("Triage", &["[[ Tone ]]", "[[ Tone ]]!"]), ("Gone", &["x"])]
        {
            let id = store::create(&edit, None, &name(title), Kind::Text).await.unwrap();
            for (n, text) in (0..).zip(texts) {
                editing::save(&edit, id, 2 * n + 1, &said(text)).await.unwrap();
                let seen = saving::Seen { revision: 2 * n + 2, latest: n };
                saving::save(&edit, id, seen, "").await.unwrap();
            }
            prompts.push(id);
        }
        editing::save(&edit, prompts[1], 5, &said("[[ Tone ]]?")).await.unwrap();
        moves::move_prompt(&edit, prompts[1], Some(folder), Place::Last).await.unwrap();
        let trash = trash::put_prompt(&scope.clone().require().unwrap(), prompts[2]).await.unwrap();
        let file = format!("{{\"format\":\"{FORMAT}\",\"folders\":[{{\"path\":\"Imported\"}}]}}");
        let import = exchange::store::keep(&scope.clone().require().unwrap(), None, &file).await.unwrap();
        let environment = self.deploys(&scope, prompts[0]).await;
        let empty = environments::named(&scope, "staging").await.unwrap().unwrap().id;
        let (key, _) = self.has_key("read:prompts").await;
        let (prompt, live, variables) = (prompts[1], prompts[0], tone.unwrap().unwrap());
        Stock { folder, variables, prompt, trash, import, environment, live, empty, key }
    }

    /// Deploys the first version of a prompt to development.
    pub(in crate::tests) async fn deploys(&self, scope: &Scope, prompt: PromptId) -> EnvironmentId {
        let environment = environments::named(scope, "development").await.unwrap().unwrap().id;
        let (kind, version, reason) = (deployments::Kind::Deploy, Some(1), String::new());
        let order = deployments::DeployCommand { environment, prompt, kind, version, reason, seen: 0 };
        deploy(&scope.clone().require().unwrap(), &order).await.unwrap();
        environment
    }

    /// Has somebody ask that a prompt which is live is undeployed, approved already by themselves.
    pub(in crate::tests) async fn awaits(
        &self,
        by: &Person,
        (environment, prompt): (EnvironmentId, PromptId),
    ) -> DeploymentRequestId {
        let (id, now) = (DeploymentRequestId(self.app.clock.id()), self.app.clock.now());
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        for sql in [
            "INSERT INTO deployment_requests (org_id, id, requested_by, environment_id, prompt_id, kind, reason, seen, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'undeploy', '', 1, 'pending', $6)",
            "INSERT INTO approvals (org_id, request_id, user_id, created_at)
             SELECT $1, $2, $3, $6 FROM environments WHERE org_id = $1 AND id = $4 AND $5 IS NOT NULL",
        ] {
            let insert = change.query(sql).bind(self.id).bind(id).bind(by.id);
            insert.bind(environment).bind(prompt).bind(now).execute().await.unwrap();
        }
        change.commit().await.unwrap();
        id
    }

    /// Has somebody ask that an environment is open to Editors, as it is already, approved already by themselves.
    pub(in crate::tests) async fn awaits_change(
        &self,
        by: &Person,
        environment: EnvironmentId,
    ) -> EnvironmentRequestId {
        let (id, now) = (EnvironmentRequestId(self.app.clock.id()), self.app.clock.now());
        let mut change = self.app.change_outside_tenancy().await.unwrap();
        for sql in [
            "INSERT INTO environment_requests (org_id, id, environment_id, kind, name, approvals, others, state, requested_by, created_at)
             SELECT org_id, $2, id, 'change', name, 0, 0, 'pending', $3, $4 FROM environments WHERE org_id = $1 AND id = $5",
            "INSERT INTO environment_approvals (org_id, request_id, user_id, created_at)
             SELECT org_id, $2, $3, $4 FROM environments WHERE org_id = $1 AND id = $5",
        ] {
            let insert = change.query(sql).bind(self.id).bind(id).bind(by.id);
            insert.bind(now).bind(environment).execute().await.unwrap();
        }
        change.commit().await.unwrap();
        id
    }

    /// The fingerprint of what a request would serve, as its page tells it now.
    pub(in crate::tests) async fn fingerprint(&self, request: DeploymentRequestId) -> String {
        let scope = Scope::of_chore(&self.app, self.id, "a test").await.unwrap();
        let order = asked::find(&scope, request).await.unwrap().order();
        match impact::of(&scope, &order).await {
            Ok(impact) => impact.served.fingerprint(),
            Err(error) => panic!("{error}"),
        }
    }
}
