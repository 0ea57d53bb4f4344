//! Fuzz targets: what reads texts, files and requests, given anything at all.
//!
//! A target is a function of some bytes, and says what must hold whatever they are. In the tests each runs over its
//! corpus, `corpus/<target>`, and then over some inputs made of that (`mutation`), the same ones each time, so that
//! a run fails only for what was changed. With `FUZZ_SECONDS` set it goes on for so long, over other inputs each time.
//! `cargo xtask fuzz <target>` gives the same function to libFuzzer, which follows what is covered, for as long as
//! one likes.
//!
//! An input that fails is written to the corpus, so that the next run begins with it. Where the whole process
//! dies, as of its stack, the input is in `target/fuzz/at-hand/<target>`.

mod archives;
mod bodies;
mod headers;
mod imports;
mod jinja;
mod markdown;
#[cfg(not(fuzzing))]
mod mutation;
mod templates;

use super::support::{Org, TestApp};
use crate::{
    kernel::Config,
    prompts::content::{Body, Content},
};
#[cfg(not(fuzzing))]
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

#[cfg(not(fuzzing))]
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[cfg(not(fuzzing))]
fn corpus(target: &str) -> PathBuf {
    root().join("src/tests/fuzz/corpus").join(target)
}

/// Runs a target over its corpus, and then over what is like it. `words` are what its inputs are made of.
#[cfg(not(fuzzing))]
fn run(target: &str, words: &[&str], mut check: impl FnMut(&[u8])) {
    use crate::kernel::Clock;
    use std::{
        fs,
        hash::{BuildHasher, RandomState},
        time::Duration,
    };
    /// How many made inputs are tried where no time is given.
    const INPUTS: u64 = 500;
    let files = fs::read_dir(corpus(target)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let kept: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!kept.is_empty(), "{target} has no corpus");
    for (file, input) in files.iter().zip(&kept) {
        try_one(target, input, &mut check).unwrap_or_else(|()| panic!("{} fails", file.display()));
    }
    let time =
        std::env::var("FUZZ_SECONDS").ok().map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let seed = if time.is_some() { RandomState::new().hash_one(target) } else { 0 };
    let mut mutator = mutation::Mutator::new(words, &kept, seed);
    let (clock, mut tried) = (Clock::default(), 0);
    let began = clock.instant();
    while time.map_or(tried < INPUTS, |time| began.elapsed() < time) {
        let input = mutator.input();
        try_one(target, &input, &mut check).unwrap_or_else(|()| panic!("{} fails", keep(target, &input)));
        tried += 1;
    }
    assert!(tried > 0, "{target} was tried with nothing new");
    #[expect(clippy::print_stdout, reason = "shown when it is asked for")]
    {
        println!("{target}: {} kept inputs, {tried} made of them", kept.len());
    }
}

/// The same under libFuzzer, which ends the process when it is done.
#[cfg(fuzzing)]
fn run(_: &str, _: &[&str], check: impl FnMut(&[u8])) {
    let check = std::sync::Mutex::new(check);
    let check = std::panic::AssertUnwindSafe(check);
    bolero::check!().for_each(|input: &[u8]| {
        let check = &check;
        // A panic ends the process.
        (check.lock().unwrap_or_else(std::sync::PoisonError::into_inner))(input);
    });
}

/// Where the input is that is being tried.
#[cfg(not(fuzzing))]
fn at_hand(target: &str) -> PathBuf {
    let folder = root().join("target/fuzz/at-hand");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(target)
}

#[cfg(not(fuzzing))]
fn try_one(target: &str, input: &[u8], mut check: impl FnMut(&[u8])) -> Result<(), ()> {
    let at_hand = at_hand(target);
    std::fs::write(&at_hand, input).unwrap();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(input)));
    std::fs::remove_file(&at_hand).unwrap();
    outcome.map_err(drop)
}

/// Puts an input that fails into the corpus, and tells where.
#[cfg(not(fuzzing))]
fn keep(target: &str, input: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(input);
    let file =
        corpus(target).join(format!("found-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
    std::fs::write(&file, input).unwrap();
    file.display().to_string()
}

/// A server for inputs. Now and then it is made anew, so that what earlier ones left behind neither grows nor
/// is all that later ones find.
struct Stage<T, F> {
    runtime: Runtime,
    set: F,
    scene: Option<T>,
    acts: u32,
}

impl<T, F: AsyncFn() -> T> Stage<T, F> {
    /// After how many inputs it is made anew.
    const ACTS: u32 = 500;

    fn new(set: F) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        Self { runtime, set, scene: None, acts: 0 }
    }

    /// What comes of something done there.
    fn act<R>(&mut self, act: impl AsyncFnOnce(&T) -> R) -> R {
        if self.acts.is_multiple_of(Self::ACTS) {
            self.scene = None;
        }
        self.acts += 1;
        let (set, scene) = (&self.set, &mut self.scene);
        self.runtime.block_on(async {
            let scene = match scene {
                Some(scene) => scene,
                None => scene.insert(set().await),
            };
            act(&*scene).await
        })
    }
}

/// A server with a database of its own, which tells nobody to come back later.
async fn server() -> TestApp {
    TestApp::alone(|config: &mut Config| {
        config.rate_limits = 0;
        config.render_timeout_ms = 100;
    })
    .await
}

/// An organization on it, owned by Ana.
async fn org(app: &TestApp, name: &str) -> Org {
    let ana = app.somebody(&format!("Ana {name}")).await;
    app.org(name, &ana).await
}

/// A content as a file of Markdown keeps it: without what it cannot tell apart.
fn as_in_markdown(mut content: Content) -> Content {
    let plain = |text: &mut String| *text = text.replace('\r', "");
    match &mut content.body {
        Body::Text(text) => plain(text),
        Body::Chat(messages) => messages.iter_mut().for_each(|message| plain(&mut message.content)),
    }
    content
}
