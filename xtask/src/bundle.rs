//! The browser bundle: the part of the crate that runs in the browser compiled for wasm, and the JavaScript that binds it to
//! the page. There is a module for
//! every page, and one for pages that do more than that: the crate again, with another feature.
//!
//! `wasm-bindgen` is used as a library: its version must equal that of the crate in `Cargo.lock`, which a tool installed
//! by hand never does for long. The files are made in a staging folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::site::Profile;
use crate::{machine, sh};

/// What the files are called in the page, after cargo-leptos's custom.
pub(crate) const NAME: &str = "prompt-studio";

/// The modules that pages load: the feature that makes each, and what its files are called.
const MODULES: [(&str, &str); 2] = [("hydrate", NAME), ("editor", "editor")];

/// The target of the browser half.
const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the bundle and returns the folder that holds its files.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    ensure_target()?;
    let stage = sh::target_dir().join("bundle").join(profile.name());
    empty(&stage)?;
    for (feature, name) in MODULES {
        let module = compile(profile, feature)?;
        bind(&module, &stage, name).context("cannot bind the wasm module")?;
    }
    if profile == Profile::Release {
        minify_scripts(&stage)?;
    }
    Ok(stage)
}

/// Compiles the library for the browser and returns the raw module.
fn compile(profile: Profile, feature: &str) -> Result<PathBuf> {
    let mut cargo = sh::cargo();
    cargo.args(["build", "--lib", "--no-default-features", "--features", feature]);
    if profile == Profile::Release {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", short_paths()?);
    }
    sh::run(cargo.args(["--target", TARGET, "--profile", profile.wasm()]))?;
    let folder = if profile.wasm() == "dev" { "debug" } else { profile.wasm() };
    Ok(sh::target_dir().join(TARGET).join(folder).join(format!("{}.wasm", NAME.replace('-', "_"))))
}

/// Flags that leave out of panics where the sources of dependencies lie on this machine, which nobody needs to load.
fn short_paths() -> Result<String> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("there is no home directory")?.join(".cargo"),
    };
    Ok(format!("--remap-path-prefix={}/=", home.join("registry/src").display()))
}

fn empty(stage: &Path) -> Result<()> {
    if stage.exists() {
        fs::remove_dir_all(stage)?;
    }
    Ok(fs::create_dir_all(stage)?)
}

/// Writes the module and its JavaScript into `stage`. What the module imports is named by number there: its own names
/// end in hashes, which compress badly.
fn bind(module: &Path, stage: &Path, name: &str) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).web(true)?.typescript(false).demangle(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    let mut output = bindgen.generate_output()?;
    let mut names = Vec::new();
    for (n, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        names.push((std::mem::replace(&mut import.name, format!("i{n}")), format!("i{n}")));
    }
    output.emit(stage)?;
    let path = stage.join(name).with_extension("js");
    let mut script = fs::read_to_string(&path)?;
    for (long, short) in names {
        let (long, short) = (format!(" {long}: "), format!(" {short}: "));
        ensure!(script.matches(&long).count() == 1, "{} does not define{long}once", path.display());
        script = script.replace(&long, &short);
    }
    Ok(fs::write(&path, script)?)
}

/// Takes the comments and spaces out of the scripts that were made here.
fn minify_scripts(stage: &Path) -> Result<()> {
    for entry in fs::read_dir(stage)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let script = fs::read_to_string(&path)?;
            let small =
                minifier::js::minify(&script).map_err(|error| anyhow!("{}: {error}", path.display()))?;
            fs::write(&path, small.to_string())?;
        }
    }
    Ok(())
}

/// Makes sure that the toolchain can compile for the browser.
fn ensure_target() -> Result<()> {
    let found = sh::capture(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(found.trim()).is_dir() {
        return Ok(());
    }
    machine::need("rustup", &format!("the toolchain lacks the target {TARGET}"))?;
    sh::run(Command::new("rustup").args(["target", "add", TARGET]))
}
