//! The outbox: letters that are to be sent.
//!
//! A letter is a row, sealed because its links are secrets, written in the transaction that causes
//! it and emptied once it is sent. Whether the mail server is up makes no difference to a request.
//!
//! Letters leave by turns of those who send them, so however many somebody sends, nobody waits for all of them. A mail
//! server that says nothing holds up the letters that it was given, for a while, and no others. A mail server that is
//! away is tried for two days (RFC 5321, section 4.5.4.1).

use super::{Server, mail::NotSent};
use crate::{
    error::Result,
    fields::Email,
    id::LetterId,
    time::{Span, Timestamp},
};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a letter is tried before it counts as failed.
const KEEP_TRYING: Span = Span::days(2);
/// How long it waits after its first try; after each of the next, twice as long.
const FIRST_WAIT: Span = Span::seconds(5);
/// The longest that it waits.
const LONGEST_WAIT: Span = Span::hours(1);
/// How long a process may take to send a letter before another tries.
const CLAIM: Span = Span::minutes(2);
/// How long the mail server may take for a letter: it is over before another process tries.
const PATIENCE: Span = Span::seconds(90);
/// How many letters are sent at once.
const AT_ONCE: usize = 20;
/// How often it is looked whether any is due.
const LOOK: Duration = Duration::from_secs(1);

/// Sends letters as they come due; never returns.
pub async fn run(server: Server) {
    // Tasks of their own: each goes on to write while the next letters are waited for, which take the same connection.
    let mut sending = JoinSet::new();
    loop {
        // Not for each that is done: all that wait are looked at.
        if sending.len() <= AT_ONCE / 2 {
            match claim(&server, AT_ONCE - sending.len()).await {
                Ok(letters) => {
                    for due in letters {
                        let server = server.clone();
                        sending.spawn(async move { deliver(&server, due).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "the outbox could not be read"),
            }
        }
        tokio::select! {
            Some(_) = sending.join_next() => {}
            _ = tokio::time::timeout(LOOK, server.mail.due()) => {}
        }
    }
}

#[derive(sqlx::FromRow)]
struct Due {
    id: LetterId,
    recipient: Email,
    sealed: Vec<u8>,
    attempts: i64,
    created_at: Timestamp,
}

impl Due {
    /// When a letter is tried again that could not be sent now: 5 s later, 10 s, 20 s … and then every hour. Never,
    /// once it is too old.
    fn next_try(&self, now: Timestamp) -> Option<Timestamp> {
        let doubled = FIRST_WAIT.0 << self.attempts.clamp(0, 20);
        let next = now + Span(doubled.min(LONGEST_WAIT.0));
        (next <= self.created_at + KEEP_TRYING).then_some(next)
    }
}

/// Takes some due letters for this process: the first of each sender, then the second, and so on. Those of nobody, as
/// for a new password, are each the first. Another process that gets in between waits for the row, finds it claimed, and
/// passes over it.
async fn claim(server: &Server, most: usize) -> Result<Vec<Due>> {
    if !server.mail.is_on() {
        return Ok(Vec::new());
    }
    let now = server.clock.now();
    let waiting = server.db.query(
        "SELECT id FROM (
           SELECT id, due_at, row_number() OVER (PARTITION BY coalesce(sender_id, org_id, id) ORDER BY due_at, id) AS turn
           FROM letters WHERE done_at IS NULL AND failed_at IS NULL AND due_at <= $1) waiting
         ORDER BY turn, due_at, id LIMIT CAST($2 AS BIGINT)",
    );
    let waiting = waiting.bind(now).bind(i64::try_from(most).unwrap_or(i64::MAX));
    let mut waiting: Vec<(LetterId,)> = waiting.all().await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    // In the order they were written in; and in one order, so that no two processes wait for each other.
    waiting.sort_by_key(|(id,)| id.0);
    let mut tx = server.db.begin().await?;
    let mut letters = Vec::new();
    for (id,) in waiting {
        let claim = tx.query(
            "UPDATE letters SET due_at = $2
             WHERE id = $3 AND due_at <= $1 AND done_at IS NULL AND failed_at IS NULL
             RETURNING id, recipient, sealed, attempts, created_at",
        );
        let due: Option<Due> = claim.bind(now).bind(now + CLAIM).bind(id).optional().await?;
        letters.extend(due);
    }
    tx.commit().await?;
    Ok(letters)
}

/// Sends one letter and notes how it went.
async fn deliver(server: &Server, due: Due) {
    let opened = server.encryption.decrypt(&due.sealed, due.id.0.as_bytes());
    let letter = opened.and_then(|body| serde_json::from_slice(&body).ok());
    let sent = match letter {
        Some(letter) => {
            let attempt = server.mail.send(due.id, due.recipient.as_str(), letter, server.clock.now());
            tokio::select! {
                sent = attempt => sent,
                () = server.clock.sleep(PATIENCE) => Err(NotSent::for_now("the mail server takes too long")),
            }
        }
        None => Err(NotSent::for_now("the email cannot be decrypted")),
    };
    let now = server.clock.now();
    let noted = match sent {
        Ok(()) => note_sent(server, due.id, now).await,
        Err(NotSent { reason, is_permanent }) => {
            // Mail servers repeat the address.
            let reason = reason.replace(due.recipient.as_str(), &due.recipient.masked());
            let next = due.next_try(now).filter(|_| !is_permanent);
            let (attempt, again) = (due.attempts + 1, next.is_some());
            tracing::warn!(letter = %due.id, attempt, again, reason, "an email was not sent");
            note_failure(server, &due, &reason, (now, next)).await
        }
    };
    if let Err(error) = noted {
        tracing::error!(letter = %due.id, %error, "the result of sending an email could not be saved");
    }
}

async fn note_sent(server: &Server, id: LetterId, now: Timestamp) -> crate::kernel::db::Result<()> {
    let mut tx = server.db.begin().await?;
    let sql = "UPDATE letters SET done_at = $2, attempts = attempts + 1, sealed = NULL, last_error = NULL WHERE id = $1";
    tx.query(sql).bind(id).bind(now).execute().await?;
    tx.commit().await
}

/// Notes that a letter was not sent, and when it is tried again: where never, it failed.
async fn note_failure(
    server: &Server,
    due: &Due,
    reason: &str,
    (now, next): (Timestamp, Option<Timestamp>),
) -> crate::kernel::db::Result<()> {
    let failed = next.is_none().then_some(now);
    let reason: String = reason.chars().take(500).collect();
    let mut tx = server.db.begin().await?;
    tx.query("UPDATE letters SET attempts = $2, due_at = $3, failed_at = $4, last_error = $5 WHERE id = $1")
        .bind(due.id)
        .bind(due.attempts + 1)
        .bind(next.unwrap_or(now))
        .bind(failed)
        .bind(reason)
        .execute()
        .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_letter_is_tried_for_two_days_and_every_hour_at_last() {
        let begin = Timestamp(1_000_000_000_000);
        let recipient = Email::parse("ana@example.com").unwrap();
        let mut due =
            Due { id: LetterId(Uuid::nil()), recipient, sealed: Vec::new(), attempts: 0, created_at: begin };
        let (mut now, mut waits) = (begin, Vec::new());
        while let Some(next) = due.next_try(now) {
            waits.push((next - now).0 / 1000);
            (now, due.attempts) = (next, due.attempts + 1);
        }
        assert_eq!(waits[..12], [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert!(waits[10..].iter().all(|wait| *wait == 3600));
        assert!(now <= begin + KEEP_TRYING && now + LONGEST_WAIT > begin + KEEP_TRYING);
        // One that could not be tried for long, since no process was there, is tried once.
        assert_eq!(due.next_try(begin + Span::days(9)), None);
    }
}
