//! How often something may be tried: per client and per account.
//!
//! There are two kinds. Every function that changes something has a bucket for each address it is called from
//! (each person, once signed in): so many at once, then one every so often. And guessing a password or a code
//! backs off by account: after a few wrong guesses each further one has to wait twice
//! as long, up to a quarter of an hour. A device on which the person has signed in before has a count
//! of its own, so nobody is locked out by others who guess. API keys cannot be guessed; requests with invalid keys
//! are limited because of what they cost.
//!
//! Counts are kept in memory, in bounded room: per process, and until it ends.

use crate::{
    error::{Error, Result},
    fields::counted,
    id::UserId,
    kernel::Clock,
    tenancy::client::Client,
    time::{Span, Timestamp},
};
use quick_cache::sync::Cache;
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};
use uuid::Uuid;

/// The most subjects whose counts are kept.
const ROOM: usize = 100_000;

/// So many at once, then one every so often.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    burst: i64,
    every: Span,
}

const fn bucket(burst: i64, every: Span) -> Bucket {
    Bucket { burst, every }
}

/// What may be tried from one address, and by one person who is signed in, by the path of the function.
const ROUTE_LIMITS: &[(&str, Bucket)] = &[
    ("accounts/sign_in", bucket(20, Span::seconds(6))),
    ("accounts/prove_second_factor", bucket(20, Span::seconds(6))),
    ("accounts/sign_up", bucket(20, Span::minutes(1))),
    ("accounts/resend", bucket(10, Span::minutes(1))),
    ("accounts/confirm", bucket(20, Span::seconds(6))),
    ("accounts/forgot_password", bucket(10, Span::minutes(1))),
    ("accounts/reset_password", bucket(20, Span::seconds(6))),
    ("account/confirm_address", bucket(20, Span::seconds(6))),
    // Each of these sends emails, and can be taken back to be done again.
    ("account/close", bucket(10, Span::minutes(6))),
    ("organizations/delete", bucket(10, Span::minutes(6))),
    ("transfers/offer", bucket(10, Span::minutes(6))),
    ("organizations/create", bucket(20, Span::minutes(1))),
    ("invitations/invite", bucket(60, Span::seconds(10))),
    ("invitations/resend", bucket(60, Span::seconds(10))),
    ("invitations/accept", bucket(20, Span::seconds(6))),
    ("invitations/join", bucket(20, Span::seconds(6))),
    ("invitations/decline", bucket(20, Span::seconds(6))),
];

/// The functions that have a bucket of their own.
#[cfg(test)]
pub(crate) fn limited_routes() -> impl Iterator<Item = &'static str> {
    ROUTE_LIMITS.iter().map(|(path, _)| *path)
}

/// All other functions: by person, or by address for those who are not signed in.
const DEFAULT_LIMIT: Bucket = bucket(300, Span(100));

/// API keys that are no good, by the address they are shown from: each costs a reading of the database.
const BAD_KEYS: Bucket = DEFAULT_LIMIT;

/// How many of somebody's refusals are written down: a service that goes on asking for what it may not have
/// fills no log, and keeps nobody from writing.
const REFUSALS: Bucket = bucket(60, Span::minutes(1));

/// Forms of those who are not signed in that are kept to be shown again, by address.
const KEPT_FORMS: Bucket = bucket(60, Span::seconds(10));

/// Wrong guesses that cost nothing.
const FREE: u32 = 5;
/// The longest wait for the next guess.
const LONGEST: Span = Span::minutes(15);
/// After this long without a guess all is forgotten.
const FORGET: Span = Span::hours(1);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    /// An address: of IPv6 its network, since a host has 2⁶⁴ of them.
    Address(&'static str, Ipv6Addr),
    /// A request that does not say where it comes from.
    Nowhere(&'static str),
    /// Somebody, wherever they are.
    Person(&'static str, UserId),
    /// A person or a key that was refused something.
    Refused(Uuid),
}

impl Subject {
    fn from(name: &'static str, client: &Client) -> Self {
        client.ip.map_or(Self::Nowhere(name), |ip| Self::Address(name, network(ip)))
    }
}

/// What is guessed at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ThrottleKey {
    /// What kind it is.
    pub kind: &'static str,
    /// Whose: an address or an id.
    pub of: String,
    /// The device on which they have signed in before, if it is one.
    pub device: Option<String>,
}

#[derive(Debug, Default)]
struct Attempts {
    wrong: u32,
    last: Option<Timestamp>,
}

/// The counts of one process.
pub struct Limits {
    clock: Clock,
    /// Multiplies how much is let through; nought lets all through.
    factor: i64,
    buckets: Cache<Subject, Arc<AtomicI64>>,
    guesses: Cache<ThrottleKey, Arc<Mutex<Attempts>>>,
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("factor", &self.factor)
            .field("subjects", &self.buckets.len())
            .finish_non_exhaustive()
    }
}

/// A guess that is under way. It counts as wrong unless it is said to be right.
#[derive(Debug)]
#[must_use]
pub struct Attempt(Arc<Mutex<Attempts>>);

impl Attempt {
    /// It was right: what was wrong before is forgotten.
    pub fn succeeded(self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Attempts::default();
    }
}

impl Limits {
    /// Counts from nought.
    #[must_use]
    pub fn new(clock: Clock, factor: u32) -> Self {
        let factor = i64::from(factor);
        Self { clock, factor, buckets: Cache::new(ROOM), guesses: Cache::new(ROOM) }
    }

    /// Whether a function may be called once more.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub fn check(&self, function: &str, client: &Client, person: Option<UserId>) -> Result<()> {
        if self.factor == 0 {
            return Ok(());
        }
        let door = ROUTE_LIMITS.iter().find(|(path, _)| *path == function);
        match (door, person) {
            (Some((path, bucket)), person) => {
                person.map_or(Ok(()), |person| self.take(&Subject::Person(path, person), *bucket))?;
                self.take(&Subject::from(path, client), *bucket)
            }
            (None, Some(person)) => self.take(&Subject::Person("", person), DEFAULT_LIMIT),
            (None, None) => self.take(&Subject::from("", client), DEFAULT_LIMIT),
        }
    }

    /// Whether an API key that is not known may be tried: too many were no good lately.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub fn may_try_key(&self, client: &Client) -> Result<()> {
        if self.factor == 0 {
            return Ok(());
        }
        let made = self.buckets.get(&Subject::from("api key", client));
        let (now, every, most) = self.measures(BAD_KEYS);
        let full_at = made.map_or(now, |made| made.load(Ordering::Relaxed).max(now));
        let wait = full_at + every - now - most;
        if wait > 0 { Err(too_many(Span(wait))) } else { Ok(()) }
    }

    /// Counts an API key that was no good.
    pub fn note_bad_key(&self, client: &Client) {
        if self.factor > 0 {
            drop(self.take(&Subject::from("api key", client), BAD_KEYS));
        }
    }

    /// Whether one more refusal of a person or a key is to be written down.
    pub fn notes_refusal_of(&self, doer: Uuid) -> bool {
        self.factor == 0 || self.take(&Subject::Refused(doer), REFUSALS).is_ok()
    }

    /// Whether one more form of somebody who is not signed in is kept.
    pub fn keeps_form_of(&self, client: &Client) -> bool {
        self.factor == 0 || self.take(&Subject::from("posted form", client), KEPT_FORMS).is_ok()
    }

    /// The time, how long a bucket takes to fill by one, and by all it holds.
    fn measures(&self, bucket: Bucket) -> (i64, i64, i64) {
        let every = (bucket.every.0 / self.factor).max(1);
        (self.clock.now().0, every, every * bucket.burst * self.factor)
    }

    /// The generic cell rate algorithm: one number a subject, the time at which its bucket is full
    /// again.
    fn take(&self, subject: &Subject, bucket: Bucket) -> Result<()> {
        let (now, every, most) = self.measures(bucket);
        let made = self.buckets.get_or_insert_with(subject, || Ok::<_, Error>(Arc::default()))?;
        let drawn = made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let full_at = full_at.max(now) + every;
            (full_at - now <= most).then_some(full_at)
        });
        drawn.map(drop).map_err(|full_at| {
            let wait = full_at + every - now - most;
            too_many(Span(wait))
        })
    }

    /// Begins a guess. Each counts from its beginning, so that many at once are many.
    ///
    /// # Errors
    /// [`Error::TooMany`] when too many were wrong, with the time to wait.
    pub fn attempt(&self, secret: &ThrottleKey) -> Result<Attempt> {
        let now = self.clock.now();
        let made = self.guesses.get_or_insert_with(secret, || Ok::<_, Error>(Arc::default()))?;
        let mut guesses = made.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.last.is_some_and(|last| now > last + FORGET) {
            *guesses = Attempts::default();
        }
        let free_at = guesses.last.map_or(now, |last| last + wait_after(guesses.wrong));
        if self.factor > 0 && free_at > now {
            return Err(too_many(free_at - now));
        }
        guesses.wrong += 1;
        guesses.last = Some(now);
        drop(guesses);
        Ok(Attempt(made))
    }
}

/// How long to wait after so many wrong guesses: nothing at first, then 2 s, 4 s, 8 s …
fn wait_after(wrong: u32) -> Span {
    match wrong.checked_sub(FREE) {
        None => Span(0),
        Some(over) => Span::seconds(2 << over.min(20)).min(LONGEST),
    }
}

fn too_many(wait: Span) -> Error {
    let seconds = u32::try_from((wait.0.max(1) + 999) / 1000).unwrap_or(u32::MAX);
    let when = if seconds < 60 { counted(seconds, "second") } else { wait.in_words() };
    Error::TooMany {
        retry_after: seconds,
        message: format!("Too many attempts. Try again in {when}.").into(),
    }
}

/// What stands for an address: itself, or its /64 network.
pub(super) fn network(ip: IpAddr) -> Ipv6Addr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(ip: &str) -> Client {
        Client { ip: Some(ip.parse().unwrap()), ..Client::default() }
    }

    fn limits() -> (Limits, Clock) {
        let clock = Clock::default();
        (Limits::new(clock.clone(), 1), clock)
    }

    fn passed(limits: &Limits, function: &str, client: &Client, tries: usize) -> usize {
        (0..tries).filter(|_| limits.check(function, client, None).is_ok()).count()
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (limits, clock) = limits();
        let client = from("192.0.2.1");
        assert_eq!(passed(&limits, "accounts/sign_in", &client, 100), 20);
        let refused = limits.check("accounts/sign_in", &client, None).unwrap_err();
        assert!(matches!(refused, Error::TooMany { retry_after: 5..=6, .. }), "{refused:?}");
        clock.advance(Span::seconds(60));
        assert_eq!(passed(&limits, "accounts/sign_in", &client, 100), 10);
        clock.advance(Span::hours(1));
        assert_eq!(passed(&limits, "accounts/sign_in", &client, 100), 20);
        // Another function and another address have buckets of their own.
        assert_eq!(passed(&limits, "accounts/sign_up", &client, 1), 1);
        assert_eq!(passed(&limits, "accounts/sign_in", &from("192.0.2.2"), 1), 1);
    }

    #[test]
    fn the_wait_is_said_as_people_say_it() {
        for (wait, says) in
            [(1, "1 second"), (1001, "2 seconds"), (59_000, "59 seconds"), (60_000, "1 minute")]
        {
            let says = format!("Too many attempts. Try again in {says}.");
            assert_eq!(too_many(Span(wait)).to_string(), says);
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let (limits, _) = limits();
        let all: usize = (0..100)
            .map(|n| passed(&limits, "accounts/sign_in", &from(&format!("2001:db8:1:2::{n:x}")), 1))
            .sum();
        assert_eq!(all, 20);
        assert_eq!(passed(&limits, "accounts/sign_in", &from("2001:db8:1:3::1"), 1), 1);
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), network("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_person_is_limited_wherever_they_are() {
        let (limits, clock) = limits();
        let person = Some(UserId(clock.id()));
        let calls = (0..1000).filter(|n| {
            limits.check("members/set_role", &from(&format!("192.0.2.{}", n % 250)), person).is_ok()
        });
        assert!((300..400).contains(&calls.count()));
    }

    #[test]
    fn wrong_guesses_wait_longer_and_longer() {
        let (limits, clock) = limits();
        let secret = |device: Option<&str>| ThrottleKey {
            kind: "password",
            of: "ana@example.com".into(),
            device: device.map(ToOwned::to_owned),
        };
        for _ in 0..FREE {
            drop(limits.attempt(&secret(None)).unwrap());
        }
        let mut waited = Vec::new();
        for _ in 0..12 {
            let Error::TooMany { retry_after, .. } = limits.attempt(&secret(None)).unwrap_err() else {
                panic!()
            };
            waited.push(retry_after);
            clock.advance(Span::seconds(i64::from(retry_after)));
            drop(limits.attempt(&secret(None)).unwrap());
        }
        assert_eq!(waited, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        // Where they have signed in before, they are not kept waiting by others.
        limits.attempt(&secret(Some("laptop"))).unwrap().succeeded();
        assert!(limits.attempt(&secret(None)).is_err());
        clock.advance(Span::hours(2));
        limits.attempt(&secret(None)).unwrap().succeeded();
        drop(limits.attempt(&secret(None)).unwrap());
    }

    #[test]
    fn guesses_at_once_are_as_many() {
        let (limits, _) = limits();
        let secret = || ThrottleKey { kind: "password", of: "a".into(), device: None };
        let begun: Vec<_> = (0..100).filter_map(|_| limits.attempt(&secret()).ok()).collect();
        assert_eq!(begun.len(), usize::try_from(FREE).unwrap());
    }

    #[test]
    fn keys_that_are_no_good_are_tried_so_often() {
        let (limits, clock) = limits();
        let (here, there) = (from("192.0.2.1"), from("192.0.2.2"));
        for _ in 0..300 {
            limits.may_try_key(&here).unwrap();
            limits.note_bad_key(&here);
        }
        let refused = limits.may_try_key(&here).unwrap_err();
        assert!(matches!(refused, Error::TooMany { retry_after: 1, .. }), "{refused:?}");
        limits.may_try_key(&there).unwrap();
        // Trying alone counts for nothing.
        clock.advance(Span::seconds(1));
        assert!((0..100).all(|_| limits.may_try_key(&here).is_ok()));
        let boundless = Limits::new(clock, 0);
        (0..1000).for_each(|_| boundless.note_bad_key(&here));
        boundless.may_try_key(&here).unwrap();
    }

    #[test]
    fn the_room_is_bounded() {
        let (limits, _) = limits();
        for n in 0..300_000u32 {
            let ip = IpAddr::from(std::net::Ipv4Addr::from(n));
            drop(limits.check("accounts/sign_in", &Client { ip: Some(ip), ..Client::default() }, None));
        }
        assert!(limits.buckets.len() <= ROOM, "{limits:?}");
    }
}
