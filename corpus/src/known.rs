//! Reads a known divergence from its files: `NAME.toml` says where it is reported, which engine has it, and what it
//! matches; `NAME.wast` beside it is its case.
//!
//! Here the files are only read: the code that judges says what a match means.

use crate::{ReadError, StoredCase};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The known divergences that a build brings along: `corpus/known` as it was.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/known");

/// A known divergence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// The name of the divergence: that of its files, without the extension.
    pub name: String,
    /// The description in the file.
    pub says: Says,
    /// Its case.
    pub case: StoredCase,
    /// The path of the file, to say where an error is.
    pub path: PathBuf,
}

/// The description of a known divergence in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Says {
    /// The behaviour of the engine, in a few words.
    pub does: Option<String>,
    /// The behaviour that the specification prescribes instead, in a few words.
    pub should: Option<String>,
    /// Where it is reported, or what the specification says instead.
    pub link: String,
    /// The engine that has it, by its name.
    pub engine: String,
    /// The releases that have it.
    pub releases: Releases,
    /// The findings that the divergence matches.
    pub matches: Matches,
}

/// Which releases of an engine have a known divergence.
///
/// ```
/// use spawndiff_corpus::Releases;
///
/// let range = Releases::Since { since: "44.0.0".into(), mended_in: Some("50.0.1".into()) };
/// assert!(range.have("48.0.8") && !range.have("43.0.2") && !range.have("50.0.1"));
/// let since = Releases::Since { since: "9.0.0".into(), mended_in: None };
/// assert!(since.have("10.0.0"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Releases {
    /// All from one on, until it was mended, if it was.
    Since {
        /// The first release that is known to have it.
        since: String,
        /// The first release after that which is known not to have it.
        mended_in: Option<String>,
    },
    /// These and no others: for what was mended and came back. Not empty.
    These(Vec<String>),
}

impl Releases {
    /// Whether a release is one of them.
    pub fn have(&self, version: &str) -> bool {
        match self {
            Releases::Since { since, mended_in } => {
                let mended = mended_in
                    .as_ref()
                    .is_some_and(|it| order(it) <= order(version));
                order(since) <= order(version) && !mended
            }
            Releases::These(all) => all.iter().any(|it| it == version),
        }
    }

    /// Every release that is named.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let (range, all) = match self {
            Releases::Since { since, mended_in } => (Some((since, mended_in)), &[][..]),
            Releases::These(all) => (None, &all[..]),
        };
        let range = range.into_iter();
        let range = range.flat_map(|(since, mended_in)| [Some(since), mended_in.as_ref()]);
        range.flatten().chain(all).map(String::as_str)
    }
}

impl std::fmt::Display for Releases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Releases::Since {
                since,
                mended_in: None,
            } => write!(f, "{since} and later"),
            Releases::Since {
                since,
                mended_in: Some(mended_in),
            } => write!(f, "{since} until {mended_in}"),
            Releases::These(all) => f.write_str(&all.join(", ")),
        }
    }
}

/// The numbers of a version, by which versions are ordered.
fn order(version: &str) -> Vec<u64> {
    let parts = version.split(|c: char| !c.is_ascii_digit());
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// The fields of a file as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    does: Option<String>,
    should: Option<String>,
    link: String,
    engine: String,
    since: Option<String>,
    mended_in: Option<String>,
    releases: Option<Vec<String>>,
    matches: Matches,
}

/// The findings that a known divergence matches, named in one way: exactly one of the first three fields is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Matches {
    /// The findings that a reference explains which deviates in this way: the name of the way.
    pub deviation: Option<String>,
    /// The findings that a rule of the comparison tells: the name of the rule.
    pub rule: Option<String>,
    /// Every finding of this kind, as a summary names it: the last resort, for it says least.
    #[serde(alias = "signature")]
    pub fingerprint: Option<String>,
    /// The way in which the divergence ends a run that the engine does not get to the end of. Only with `deviation`.
    pub failure: Option<FailureSays>,
}

/// An error of the engine that is no trap.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FailureSays {
    /// How the message begins (a panic's with its place): one of these.
    pub messages: Vec<String>,
    /// The trap that a deviating reference gives there, by its name.
    pub stands_for: String,
}

/// Why a known divergence cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", path.display(), place(*line, *column))]
pub struct KnownError {
    /// The file, or the folder.
    pub path: PathBuf,
    /// The line, from 1; 0: no line of the file is to blame.
    pub line: usize,
    /// The column, from 1; 0: no column of the line is to blame.
    pub column: usize,
    /// The description of the error.
    pub message: String,
}

fn place(line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!(":{line}"),
        (line, column) => format!(":{line}:{column}"),
    }
}

impl KnownError {
    /// An error of a file as a whole.
    pub fn of(path: &Path, message: impl ToString) -> KnownError {
        KnownError {
            path: path.to_path_buf(),
            line: 0,
            column: 0,
            message: message.to_string(),
        }
    }
}

impl KnownFile {
    /// The known divergences that this build brings along, in the order of their names.
    ///
    /// # Errors
    ///
    /// If one of them is wrong, which the tests of this repository do not let happen.
    pub fn built_in() -> Result<Vec<KnownFile>, KnownError> {
        let files = BUILT_IN.files().map(|file| (file.path(), file.contents()));
        let read = |path: &Path| {
            let file = BUILT_IN.get_file(path)?;
            Some(file.contents().to_vec())
        };
        let paths = files.map(|(path, _)| path.to_path_buf()).collect();
        all(paths, |path| {
            read(path).ok_or_else(|| KnownError::of(path, "it is not there"))
        })
    }

    /// The known divergences of a folder, in the order of their names. Folders in it are not looked at.
    ///
    /// # Errors
    ///
    /// The first file that is wrong, and where.
    pub fn of_folder(folder: &Path) -> Result<Vec<KnownFile>, KnownError> {
        let wrong = |error: std::io::Error| KnownError::of(folder, error);
        let entries = fs::read_dir(folder).map_err(wrong)?;
        let paths: Result<Vec<PathBuf>, _> =
            entries.map(|entry| entry.map(|it| it.path())).collect();
        all(paths.map_err(wrong)?, |path| {
            fs::read(path).map_err(|error| KnownError::of(path, error))
        })
    }
}

/// The known divergences whose files are among `paths`.
fn all(
    mut paths: Vec<PathBuf>,
    read: impl Fn(&Path) -> Result<Vec<u8>, KnownError>,
) -> Result<Vec<KnownFile>, KnownError> {
    paths.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    paths.sort();
    let one = |path: PathBuf| {
        let says = says(&path, &text(&path, read(&path)?)?)?;
        let case = path.with_extension("wast");
        let text = text(&case, read(&case)?)?;
        let stored = StoredCase::parse(&text).map_err(|error| of_case(&case, &error))?;
        let name = path.file_stem().unwrap_or_default();
        Ok(KnownFile {
            name: name.to_string_lossy().into_owned(),
            says,
            case: stored,
            path,
        })
    };
    paths.into_iter().map(one).collect()
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, KnownError> {
    String::from_utf8(bytes).map_err(|_| KnownError::of(path, "it is no UTF-8 text"))
}

fn of_case(path: &Path, error: &ReadError) -> KnownError {
    KnownError {
        line: error.line,
        column: error.column,
        ..KnownError::of(path, error)
    }
}

fn says(path: &Path, text: &str) -> Result<Says, KnownError> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let before = &text[..error.span().map_or(0, |span| span.start)];
        let line = before.rsplit('\n').next().unwrap_or_default();
        KnownError {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            ..KnownError::of(path, error.message())
        }
    })?;
    let Matches {
        deviation,
        rule,
        fingerprint,
        failure,
    } = &written.matches;
    let ways = [deviation, rule, fingerprint];
    if ways.iter().filter(|way| way.is_some()).count() != 1 {
        let message = "it has to match by one of `deviation`, `rule` and `fingerprint`";
        return Err(KnownError::of(path, message));
    }
    if failure.is_some() && deviation.is_none() {
        let message = "only what matches by a `deviation` has a `failure`";
        return Err(KnownError::of(path, message));
    }
    let releases = match (written.since, written.mended_in, written.releases) {
        (Some(since), mended_in, None) => Releases::Since { since, mended_in },
        (None, None, Some(all)) if !all.is_empty() => Releases::These(all),
        (None, None, None | Some(_)) => {
            return Err(KnownError::of(path, "it names no release"));
        }
        (None, Some(_), _) | (Some(_), _, Some(_)) => {
            let message = "it names releases by `since` and perhaps `mended-in`, or by `releases`";
            return Err(KnownError::of(path, message));
        }
    };
    Ok(Says {
        does: written.does,
        should: written.should,
        link: written.link,
        engine: written.engine,
        releases,
        matches: written.matches,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = include_str!("../known/cancels-twice.wast");
    const SAYS: &str = "link = \"https://example.org\"\nengine = \"wasmtime\"\nreleases = [\"48.0.8\"]\n\
                        [matches]\nsignature = \"leaves threads\"\n";

    /// A folder with a known divergence of this description.
    fn folder(says: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("there is room");
        fs::write(folder.path().join("a-name.toml"), says).expect("there is room");
        fs::write(folder.path().join("a-name.wast"), CASE).expect("there is room");
        folder
    }

    fn error(says: &str) -> String {
        let folder = folder(says);
        let error = KnownFile::of_folder(folder.path()).expect_err("it is wrong");
        let text = error.to_string();
        let inside = text.strip_prefix(&folder.path().display().to_string());
        inside
            .expect("it begins with the path")
            .trim_start_matches('/')
            .to_string()
    }

    #[test]
    fn a_folder_is_read_and_its_files_bear_their_names() {
        let folder = folder(SAYS);
        let read = KnownFile::of_folder(folder.path()).expect("it is right");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].name, "a-name");
        let these = Releases::These(vec!["48.0.8".to_string()]);
        assert_eq!(read[0].says.releases, these);
        assert_eq!(
            read[0].says.matches.fingerprint.as_deref(),
            Some("leaves threads")
        );
        assert_eq!(read[0].case, StoredCase::parse(CASE).expect("it is a case"));
    }

    #[test]
    fn a_range_of_releases_ends_where_it_was_mended_and_a_list_is_of_no_other() {
        let of = |releases: &str| {
            let says = SAYS.replace("releases = [\"48.0.8\"]", releases);
            let folder = folder(&says);
            let read = KnownFile::of_folder(folder.path()).expect("it is right");
            read[0].says.releases.clone()
        };
        let range = of("since = \"44.0.0\"\nmended-in = \"50.0.1\"");
        let versions = ["43.0.0", "44.0.0", "48.0.9", "50.0.1", "51.0.0"];
        let having = |releases: &Releases| versions.map(|version| releases.have(version));
        assert_eq!(having(&range), [false, true, true, false, false]);
        assert_eq!(range.named().collect::<Vec<_>>(), ["44.0.0", "50.0.1"]);
        let since = of("since = \"48.0.9\"");
        assert_eq!(having(&since), [false, false, true, true, true]);
        let list = of("releases = [\"44.0.0\", \"50.0.1\"]");
        assert_eq!(having(&list), [false, true, false, true, false]);
    }

    #[test]
    fn what_is_built_in_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("known");
        let read = KnownFile::of_folder(&folder).expect("they are right");
        let mut built_in = KnownFile::built_in().expect("they are right");
        for known in &mut built_in {
            known.path = folder.join(&known.path);
        }
        assert_eq!(built_in, read);
        assert!(!read.is_empty());
    }

    #[test]
    fn an_error_says_where_it_is() {
        let wrong = SAYS.replace("engine = \"wasmtime\"", "engine = 7");
        assert_eq!(
            error(&wrong),
            "a-name.toml:2:10: invalid type: integer `7`, expected a string"
        );
        assert!(error(&SAYS.replace("link", "lnik")).starts_with("a-name.toml:1:1: unknown field"));
        assert!(error(&SAYS.replace("\"48.0.8\"", "")).ends_with("it names no release"));
        let both = SAYS.replace("[matches]", "since = \"44.0.0\"\n[matches]");
        assert!(error(&both).contains("it names releases by `since`"));
        let both = format!("{SAYS}rule = \"not-locked-down\"\n");
        assert!(error(&both).starts_with("a-name.toml: it has to match by one of"));
        let failing = format!("{SAYS}[matches.failure]\nmessages = []\nstands-for = \"\"\n");
        assert!(error(&failing).contains("only what matches by a `deviation`"));
    }

    #[test]
    fn a_case_that_is_wrong_or_missing_is_an_error_in_its_file() {
        let folder = folder(SAYS);
        let case = folder.path().join("a-name.wast");
        fs::write(&case, "(component definition $spawndiff (").expect("there is room");
        let error = KnownFile::of_folder(folder.path()).expect_err("it is no case");
        assert_eq!((error.path, error.line), (case.clone(), 1));
        fs::remove_file(&case).expect("it is there");
        let error = KnownFile::of_folder(folder.path()).expect_err("it is not there");
        assert_eq!(error.path, case);
    }
}
