//! `target/site`, the files that the server embeds: browser bundle, style sheets and `public/`.
//!
//! A file is written only when its content changed, so that nothing downstream is rebuilt for nothing, and files that
//! no longer belong there are removed, compressed twins of an earlier release build among them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{bundle, compress, css};

/// Where the site is built. The server's source names the same folder.
pub(crate) const DIR: &str = "target/site";

/// For whom a build is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For the developer at the keyboard: fast to build.
    Quick,
    /// For people: small and fast to load.
    Release,
}

impl Profile {
    /// Reads the `--release` flag.
    pub(crate) fn from_flag(release: bool) -> Self {
        if release { Self::Release } else { Self::Quick }
    }

    /// The name of folders that hold such a build.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quick => "debug",
            Self::Release => "release",
        }
    }

    /// Cargo's profile for the browser bundle.
    pub(crate) fn wasm(self) -> &'static str {
        match self {
            Self::Quick => "dev",
            Self::Release => "wasm-release",
        }
    }
}

/// Builds the whole site.
pub(crate) fn build(profile: Profile) -> Result<()> {
    let mut site = Site::open(DIR, profile == Profile::Release)?;
    for (entry, output, required) in
        [("style/main.css", "pkg/prompt-studio.css", true), ("style/public.css", "pkg/public.css", false)]
    {
        if required || Path::new(entry).exists() {
            let sheet = css::bundle(Path::new(entry), profile == Profile::Release)?;
            site.put(Path::new(output), sheet.as_bytes())?;
        }
    }
    site.put_folder(&bundle::build(profile)?, Path::new("pkg"))?;
    if Path::new("public").is_dir() {
        site.put_folder(Path::new("public"), Path::new(""))?;
    }
    site.sweep()
}

/// Makes the folder exist, since the server's source cannot be compiled without it.
pub(crate) fn ensure_folder() -> Result<()> {
    fs::create_dir_all(DIR).with_context(|| format!("cannot make {DIR}"))
}

/// A folder that shall hold exactly the files that are put into it.
struct Site {
    root: PathBuf,
    precompress: bool,
    kept: BTreeSet<PathBuf>,
}

impl Site {
    fn open(root: impl Into<PathBuf>, precompress: bool) -> Result<Self> {
        let root = root.into();
        fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
        Ok(Self { root, precompress, kept: BTreeSet::new() })
    }

    /// Puts a file at `path`, with its compressed twins beside it.
    ///
    /// The twins are written first: a twin that exists beside an unchanged file was made from it.
    fn put(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        let file = self.root.join(path);
        let changed = fs::read(&file).ok().as_deref() != Some(bytes);
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir)?;
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if self.precompress && compress::worthwhile(&extension) {
            self.put_twin(file.with_added_extension("br"), changed, || compress::brotli(bytes))?;
            self.put_twin(file.with_added_extension("gz"), changed, || compress::gzip(bytes))?;
        }
        if changed {
            fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
        }
        self.kept.insert(file);
        Ok(())
    }

    fn put_twin(
        &mut self,
        twin: PathBuf,
        changed: bool,
        make: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<()> {
        if changed || !twin.exists() {
            fs::write(&twin, make()?).with_context(|| format!("cannot write {}", twin.display()))?;
        }
        self.kept.insert(twin);
        Ok(())
    }

    /// Puts every file below `from` under the folder `to`, hidden files left out.
    fn put_folder(&mut self, from: &Path, to: &Path) -> Result<()> {
        for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
            let entry = entry?;
            let path = to.join(entry.file_name());
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.path().is_dir() {
                self.put_folder(&entry.path(), &path)?;
            } else {
                self.put(&path, &fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }

    /// Removes what was not put, and folders left empty by that.
    fn sweep(&self) -> Result<()> {
        self.sweep_folder(&self.root)
    }

    fn sweep_folder(&self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.sweep_folder(&path)?;
                if fs::read_dir(&path)?.next().is_none() {
                    fs::remove_dir(&path)?;
                }
            } else if !self.kept.contains(&path) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_release_puts_twins_and_the_next_quick_build_removes_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Site::open(dir.path(), true).unwrap();
        site.put(Path::new("a.css"), b"a{}").unwrap();
        site.put(Path::new("old/b.png"), b"png").unwrap();
        site.sweep().unwrap();
        assert_eq!(names(dir.path()), ["a.css", "a.css.br", "a.css.gz", "old"]);

        let mut site = Site::open(dir.path(), false).unwrap();
        site.put(Path::new("a.css"), b"a{}").unwrap();
        site.sweep().unwrap();
        assert_eq!(names(dir.path()), ["a.css"]);
    }

    #[test]
    fn an_unchanged_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Site::open(dir.path(), true).unwrap();
        site.put(Path::new("a.js"), b"1").unwrap();
        fs::write(dir.path().join("a.js.br"), "marked").unwrap();
        site.put(Path::new("a.js"), b"1").unwrap();
        assert_eq!(fs::read(dir.path().join("a.js.br")).unwrap(), b"marked");
        site.put(Path::new("a.js"), b"2").unwrap();
        assert_ne!(fs::read(dir.path().join("a.js.br")).unwrap(), b"marked");
    }
}
