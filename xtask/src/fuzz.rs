//! Fuzzing by hand: a target of the tests under libFuzzer, which bolero links into the test program.
//!
//! Nothing here needs a nightly compiler: LLVM writes down what is covered, no sanitizer is asked for. A failing input
//! is written to the corpus of the target, so that the tests fail until it is mended.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::sh;

/// The corpora, a folder for each target.
const CORPUS: &str = "src/tests/fuzz/corpus";
/// Where the instrumented build and new inputs are.
const DIR: &str = "target/fuzz";

/// What LLVM writes down: each branch taken, and what is compared with what.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "--cfg=fuzzing_libfuzzer",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What to fuzz, and for how long.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The target: a folder of src/tests/fuzz/corpus
    target: String,
    /// Stop after this many minutes; otherwise it goes on until Ctrl-C or a failure
    #[arg(long)]
    minutes: Option<u32>,
    /// Further arguments for libFuzzer, after `--`, such as -max_len=65536
    #[arg(last = true, value_name = "ARGS")]
    further: Vec<String>,
}

/// Runs a target until its time is up, it fails, or Ctrl-C.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = &args.target;
    let corpus = Path::new(CORPUS).join(target);
    ensure!(corpus.is_dir(), "no such target; there are: {}", targets()?.join(", "));
    let found = Path::new(DIR).join("inputs").join(target);
    std::fs::create_dir_all(&found)?;
    // The first folder gets the new inputs.
    let mut options = vec![
        found.display().to_string(),
        corpus.display().to_string(),
        format!("-artifact_prefix={}/found-", corpus.display()),
        "-timeout=30".to_owned(),
        "-print_final_stats=1".to_owned(),
    ];
    options.extend(args.minutes.map(|minutes| format!("-max_total_time={}", minutes * 60)));
    options.extend(args.further.iter().cloned());
    let test = format!("tests::fuzz::{target}::{target}");
    let mut cargo = sh::cargo();
    // With a target named, the flags are not for build scripts, which nothing of libFuzzer is linked into.
    cargo.args(["test", "--package", "prompt-studio", "--lib", "--target", &host()?]);
    cargo.args(["--target-dir", &format!("{DIR}/build"), "--", &test, "--exact", "--nocapture"]);
    cargo.env("RUSTFLAGS", FLAGS.join(" ")).env("BOLERO_FUZZER", "libfuzzer");
    cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").env("BOLERO_LIBFUZZER_ARGS", options.join(" "));
    sh::run(&mut cargo)
}

fn targets() -> Result<Vec<String>> {
    let folders = std::fs::read_dir(CORPUS).context("there is no corpus")?;
    let mut names = Vec::new();
    for folder in folders {
        names.push(folder?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The platform that we run on, by the name the compiler has for it.
fn host() -> Result<String> {
    let told = sh::capture(std::process::Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it runs on")?.to_owned())
}
