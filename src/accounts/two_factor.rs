//! The second factor: codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is
//! lost. The shared secret lies sealed; of recovery codes only hashes are kept; each code works once.

use super::{emails::Happened, store::tell};
use crate::{
    error::{Error, Result},
    id::UserId,
    kernel::{clock::random, internal_error::internal, tokens::TokenHash},
    tenancy::{
        Change, Server,
        audit::{Action, Entry},
        client::Person,
    },
    time::{Span, Timestamp},
    web::{Proof, RequestContext},
};
use totp_rs::{Builder, Totp};

/// How many recovery codes there are.
const CODES: usize = 10;
/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// How long the first code is waited for.
const GOOD_FOR: Span = Span::minutes(15);
/// How the authenticator lists us.
const ISSUER: &str = "Prompt Studio";

/// Where somebody stands with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TwoFactor {
    /// It is not set up.
    Off,
    /// The secret waits for its first code; this is its `otpauth:` URL, and the secret in base32.
    Waiting(String, String),
    /// It waits, and is not shown: the password was entered too long ago, or the secret made. It can be begun anew.
    Hidden,
    /// It is on, since when, with so many recovery codes left.
    On(Timestamp, i64),
}

#[derive(sqlx::FromRow)]
struct Row {
    sealed: Vec<u8>,
    confirmed_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl Row {
    /// Whether a first code confirms it still.
    fn is_young(&self, now: Timestamp) -> bool {
        now - self.created_at <= GOOD_FOR
    }
}

/// Whether somebody has a second factor.
///
/// # Errors
/// When the database fails.
pub async fn is_on(server: &Server, user: UserId) -> Result<bool> {
    let on = server.outside_tenancy();
    let on = on.query("SELECT 1 FROM two_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL");
    let on: Option<(i32,)> = on.bind(user).optional().await?;
    Ok(on.is_some())
}

/// Where the person who calls stands with it.
///
/// # Errors
/// When the database fails.
pub async fn of(caller: &RequestContext, person: &Person) -> Result<TwoFactor> {
    let (server, user) = (&caller.server, person.id);
    let row = server.outside_tenancy();
    let row = row.query("SELECT sealed, confirmed_at, created_at FROM two_factors WHERE user_id = $1");
    let row: Option<Row> = row.bind(user).optional().await?;
    let Some(row) = row else { return Ok(TwoFactor::Off) };
    if let Some(since) = row.confirmed_at {
        let left = server.outside_tenancy();
        let left = left.query("SELECT count(*) FROM recovery_codes WHERE user_id = $1").bind(user);
        let (left,): (i64,) = left.one().await?;
        return Ok(TwoFactor::On(since, left));
    }
    // Whoever has but the session is not to have the secret.
    if !caller.is_fresh() || !row.is_young(server.clock.now()) {
        return Ok(TwoFactor::Hidden);
    }
    let totp = open(server, user, &row.sealed, person.email.as_str())?;
    let url = totp.to_url().map_err(|error| internal(&error))?;
    let typed = base32(&url);
    Ok(TwoFactor::Waiting(url, typed))
}

/// Makes a secret for the authenticator; a first code confirms it.
///
/// # Errors
/// [`Error::Conflict`] when it is on already.
pub async fn begin(caller: &RequestContext, proof: &Proof) -> Result<()> {
    let (user, now) = (proof.user(), caller.server.clock.now());
    let sealed = caller.server.encryption.encrypt(&random::<20>(), user.0.as_bytes());
    let mut change = caller.change_own_account().await?;
    let begun = change
        .query(
            "INSERT INTO two_factors (user_id, sealed, last_step, created_at) VALUES ($1, $2, 0, $3)
             ON CONFLICT (user_id) DO UPDATE SET sealed = $2, created_at = $3 WHERE two_factors.confirmed_at IS NULL",
        )
        .bind(user)
        .bind(sealed)
        .bind(now)
        .execute()
        .await?;
    if begun == 0 {
        return Err(Error::conflict("Two-factor authentication is already on."));
    }
    // Codes of an earlier try belong to an earlier secret.
    change.query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute().await?;
    change.commit().await
}

/// Checks the authenticator's first code, and makes the recovery codes. It is on once they are kept:
/// [`finish`].
///
/// # Errors
/// [`Error::Invalid`] at `code`; [`Error::Conflict`] when none was begun.
pub async fn confirm(caller: &RequestContext, code: &str) -> Result<Vec<String>> {
    let user = caller.visit().ok_or(Error::SignedOut)?.user;
    let mut change = caller.change_own_account().await?;
    let now = change.clock().now();
    if find(&mut change, user, false).await?.is_none_or(|row| !row.is_young(now)) {
        return Err(Error::conflict("Start setting up two-factor authentication first."));
    }
    if !use_totp(&mut change, user, code, false).await? {
        return Err(Error::invalid("code", "Wrong code. Enter the one your app shows now."));
    }
    let codes = make_codes(&mut change, user).await?;
    change.commit().await?;
    Ok(codes)
}

/// Turns it on, for somebody who has the recovery codes of [`confirm`].
///
/// # Errors
/// [`Error::Conflict`] when there are none.
pub async fn finish(caller: &RequestContext) -> Result<()> {
    let user = caller.visit().ok_or(Error::SignedOut)?.user;
    let mut change = caller.change_own_account().await?;
    let now = change.clock().now();
    let confirmed = change
        .query(
            "UPDATE two_factors SET confirmed_at = $2 WHERE user_id = $1 AND confirmed_at IS NULL
               AND EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = $1)",
        )
        .bind(user)
        .bind(now)
        .execute()
        .await?;
    if confirmed == 0 {
        return Err(Error::conflict("Enter a code from your authenticator app first."));
    }
    caller.audit(&mut change, user, Entry::new(Action::TwoFactorOn, user.0)).await?;
    tell(&mut change, user, Happened::TwoFactorOn).await?;
    change.commit().await
}

/// Makes new recovery codes; the old ones are dead.
///
/// # Errors
/// [`Error::Conflict`] when it is not on.
pub async fn renew_codes(caller: &RequestContext, proof: &Proof) -> Result<Vec<String>> {
    let mut change = caller.change_own_account().await?;
    if find(&mut change, proof.user(), true).await?.is_none() {
        return Err(Error::conflict("Two-factor authentication is off."));
    }
    let codes = make_codes(&mut change, proof.user()).await?;
    let entry = Entry::new(Action::RecoveryCodesMade, proof.user().0);
    caller.audit(&mut change, proof.user(), entry).await?;
    tell(&mut change, proof.user(), Happened::RecoveryCodes).await?;
    change.commit().await?;
    Ok(codes)
}

/// Forgets a secret that waits for its first code.
///
/// # Errors
/// When the database fails.
pub async fn forget(caller: &RequestContext, user: UserId) -> Result<()> {
    let mut change = caller.change_own_account().await?;
    let forget = change.query("DELETE FROM two_factors WHERE user_id = $1 AND confirmed_at IS NULL");
    if forget.bind(user).execute().await? > 0 {
        change.query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute().await?;
    }
    change.commit().await
}

/// Turns it off.
///
/// # Errors
/// [`Error::Conflict`] while an organization asks for it.
pub async fn end(caller: &RequestContext, proof: &Proof) -> Result<()> {
    let user = proof.user();
    let mut change = caller.change_own_account().await?;
    let asks = change.query(
        "SELECT o.name FROM members m JOIN organizations o ON o.id = m.org_id
         WHERE m.user_id = $1 AND o.two_factor_since IS NOT NULL AND o.deleted_at IS NULL ORDER BY o.name LIMIT 1",
    );
    let asks: Option<(String,)> = asks.bind(user).optional().await?;
    if let Some((name,)) = asks {
        return Err(Error::conflict(format!("{name} requires two-factor authentication. Leave it first.")));
    }
    change.query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute().await?;
    let off = change.query("DELETE FROM two_factors WHERE user_id = $1").bind(user).execute().await?;
    caller.audit(&mut change, user, Entry::new(Action::TwoFactorOff, user.0)).await?;
    // Of two at once one turned it off.
    if off > 0 {
        tell(&mut change, user, Happened::TwoFactorOff).await?;
    }
    change.commit().await
}

/// Uses a code up: of the authenticator, or a recovery code.
///
/// # Errors
/// When the database fails.
pub(super) async fn use_code(change: &mut Change, user: UserId, code: &str) -> Result<bool> {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    if code.len() == 6 {
        return use_totp(change, user, &code, true).await;
    }
    let code = code.to_ascii_lowercase().replace('o', "0").replace(['i', 'l'], "1");
    let recovery = change.query("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2");
    let gone = recovery.bind(user).bind(TokenHash::of(&code)).execute().await?;
    Ok(gone > 0)
}

async fn use_totp(change: &mut Change, user: UserId, code: &str, confirmed: bool) -> Result<bool> {
    let Some(row) = find(change, user, confirmed).await? else { return Ok(false) };
    let totp = open(change.server(), user, &row.sealed, "account")?;
    let seconds = u64::try_from(change.clock().now().0 / 1000).unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_digit).take(7).collect();
    let Some(step) = totp.check(&code, seconds) else { return Ok(false) };
    // Each code once: of two at the same time one moves the step.
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    let later = change.query("UPDATE two_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2");
    Ok(later.bind(user).bind(step).execute().await? > 0)
}

async fn find(change: &mut Change, user: UserId, confirmed: bool) -> Result<Option<Row>> {
    let row = change.query("SELECT sealed, confirmed_at, created_at FROM two_factors WHERE user_id = $1");
    let row: Option<Row> = row.bind(user).optional().await?;
    Ok(row.filter(|row| row.confirmed_at.is_some() == confirmed))
}

fn open(server: &Server, user: UserId, sealed: &[u8], account: &str) -> Result<Totp> {
    let secret = server.encryption.decrypt(sealed, user.0.as_bytes());
    let secret = secret.ok_or_else(|| internal(&"the secret of a second factor does not open"))?;
    // A colon would part the issuer from the account.
    let account = account.replace(':', " ");
    let builder = Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER));
    builder.build().map_err(|error| internal(&error))
}

/// Makes recovery codes in place of those there are: 80 bits each, as people can type them.
async fn make_codes(change: &mut Change, user: UserId) -> Result<Vec<String>> {
    change.query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute().await?;
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let code: String =
            random::<16>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).iter().collect();
        let insert = change.query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)");
        insert.bind(user).bind(TokenHash::of(&code)).execute().await?;
        codes.push(format!("{}-{}-{}-{}", &code[..4], &code[4..8], &code[8..12], &code[12..]));
    }
    Ok(codes)
}

/// The secret as people type it where a picture cannot be scanned.
fn base32(url: &str) -> String {
    let secret = url::Url::parse(url).ok().and_then(|url| {
        url.query_pairs().find(|(name, _)| name == "secret").map(|(_, secret)| secret.into_owned())
    });
    let secret = secret.unwrap_or_default();
    secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}
