//! What is really in the database, whatever the tables are.

use super::{Kind, TestApp};
use crate::id::OrgId;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A statement put together by a test. It is never freed; tests are few.
pub(in crate::tests) fn sql(text: impl AsRef<str>) -> &'static str {
    Box::leak(text.as_ref().to_owned().into_boxed_str())
}

impl TestApp {
    /// The names of all tables of ours, but the one in which processes say twice a second that they live.
    pub(in crate::tests) async fn tables(&self) -> Vec<String> {
        let list = match self.database.kind {
            Kind::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'prompt_words%'"
            }
            Kind::Postgres => {
                "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'"
            }
        };
        let names: Vec<(String,)> = self.outside_tenancy().query(list).all().await.unwrap();
        let mut names: Vec<_> = names.into_iter().map(|(name,)| name).collect();
        names.retain(|name| !["_sqlx_migrations", "nodes"].contains(&name.as_str()));
        names.sort();
        names
    }

    /// The names of a table's columns, in order.
    pub(in crate::tests) async fn columns(&self, table: &str) -> Vec<String> {
        let list = match self.database.kind {
            Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
            Kind::Postgres => format!(
                "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        let names: Vec<(String,)> = self.outside_tenancy().query(sql(list)).all().await.unwrap();
        names.into_iter().map(|(name,)| name).collect()
    }

    /// The rows of a table as text, all columns of each, those that a condition holds for.
    pub(in crate::tests) async fn rows(&self, table: &str, condition: &str) -> Vec<String> {
        let row = match self.database.kind {
            Kind::Sqlite => {
                let columns = self.columns(table).await;
                columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join("||' '||")
            }
            Kind::Postgres => format!("CAST({table} AS TEXT)"),
        };
        let select = sql(format!("SELECT {row} FROM {table} WHERE {condition}"));
        let rows: Vec<(String,)> = self.outside_tenancy().query(select).all().await.unwrap();
        let mut rows: Vec<_> = rows.into_iter().map(|(row,)| row).collect();
        rows.sort();
        rows
    }

    /// Everything in the database.
    pub(in crate::tests) async fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        for table in self.tables().await {
            let rows = self.rows(&table, "1 = 1").await;
            all.insert(table, rows);
        }
        all
    }

    /// Everything in the database that belongs to an organization.
    pub(in crate::tests) async fn everything_of(&self, org: OrgId) -> BTreeMap<String, Vec<String>> {
        let mut all = BTreeMap::new();
        let id = self.literal(org.0);
        for table in self.tables().await {
            let key = if table == "organizations" { "id" } else { "org_id" };
            if self.columns(&table).await.iter().any(|column| column == key) {
                let rows = self.rows(&table, &format!("{key} = {id}")).await;
                all.insert(table, rows);
            }
        }
        all
    }

    /// An id as it is written in a statement.
    pub(in crate::tests) fn literal(&self, id: Uuid) -> String {
        match self.database.kind {
            Kind::Sqlite => format!("X'{}'", id.simple()),
            Kind::Postgres => format!("'{id}'"),
        }
    }
}

/// Claims that a secret is nowhere in the database: neither as text nor as bytes.
#[track_caller]
pub(in crate::tests) fn assert_absent(all: &BTreeMap<String, Vec<String>>, secret: &[u8]) {
    let found = whereabouts(all, secret);
    assert!(found.is_none(), "{:?} is in {}", String::from_utf8_lossy(secret), found.unwrap_or_default());
}

/// Where something is in the database, as text or as bytes.
pub(in crate::tests) fn whereabouts(all: &BTreeMap<String, Vec<String>>, wanted: &[u8]) -> Option<String> {
    let hex = wanted.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let text = String::from_utf8_lossy(wanted);
    let rows = all.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
    let mut found = rows.filter(|(_, row)| row.contains(&*text) || row.to_lowercase().contains(&hex));
    found.next().map(|(table, row)| format!("{table}: {row}"))
}
