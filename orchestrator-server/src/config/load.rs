//! From files to a checked configuration: which files are read, how they are laid over each
//! other, and which passwords come from elsewhere. Everything is computed anew from the
//! defaults each time; nothing of an earlier load stays. All errors are reported at once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::value::RawValue;

use super::checked::Config;
use super::credentials;
use super::document::{self, Members};
use super::draft::Draft;
use super::key::Key;
use super::notes::Notes;
use super::problem::{ConfigErrors, Problem};
use super::setting::MASK;

/// The files that are read when none is named; the last two are relative to the working
/// directory.
pub const DEFAULT_FILES: [&str; 3] =
    ["/etc/orchestrator.conf.json", "conf/orchestrator.conf.json", "orchestrator.conf.json"];

/// A larger file is no configuration; reading it would only take memory.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Which files make up the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChoice {
    /// Those of these that exist, each laid over the ones before it.
    Overlay(Vec<PathBuf>),
    /// Only this one, which must exist.
    Only(PathBuf),
}

impl FileChoice {
    /// What `--config` asks for: that file, or the default files if it is absent or empty.
    pub fn from_flag(file: Option<&str>) -> Self {
        match file {
            Some(file) if !file.is_empty() => Self::Only(file.into()),
            _ => Self::Overlay(DEFAULT_FILES.iter().map(PathBuf::from).collect()),
        }
    }
}

/// A usable configuration, and what there is to tell about it.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
    /// What an operator should know: one line each.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// Logs the files and warnings.
    pub fn log(&self) {
        for file in &self.files {
            tracing::info!("Read config: {}", file.display());
        }
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }
}

/// Reads, merges and checks the configuration. `env` looks up environment variables.
///
/// # Errors
/// All that is wrong with the files and the values. Values that cannot be worked with as they
/// are, but whose remedy is plain, are mended and give a warning instead.
pub fn load(
    files: &FileChoice,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, ConfigErrors> {
    load_with(files, None, env)
}

impl FromStr for Config {
    type Err = ConfigErrors;

    /// The configuration of a file of that text, without environment variables.
    fn from_str(text: &str) -> Result<Self, ConfigErrors> {
        let name = Path::new("text");
        let members = document::parse(text.as_bytes())
            .map_err(|cause| ConfigErrors(vec![Problem::File { file: name.to_owned(), cause }]))?;
        let mut draft = Draft::default();
        merge(&mut draft, name, members);
        fetch_passwords(&mut draft, &|_| None);
        finish(draft).map(|loaded| loaded.config)
    }
}

/// As [`load`], with one more file laid over the others, which must exist.
pub(super) fn load_with(
    files: &FileChoice,
    extra: Option<&Path>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Loaded, ConfigErrors> {
    let mut draft = Draft::default();
    match files {
        FileChoice::Overlay(paths) => paths.iter().for_each(|path| overlay(&mut draft, path)),
        FileChoice::Only(path) => require(&mut draft, path),
    }
    if let Some(path) = extra {
        // Opening a pipe or a device on a caller's word could wait for ever.
        if path.is_file() || !path.exists() {
            require(&mut draft, path);
        } else {
            let cause = "is not a regular file".to_owned();
            draft.errors.push(Problem::File { file: path.to_owned(), cause });
        }
    }
    // A file that could not be read would make many keys look absent.
    if draft.errors.iter().any(|problem| matches!(problem, Problem::File { .. })) {
        return Err(ConfigErrors(draft.errors));
    }
    if draft.files.is_empty() {
        draft.warnings.push("No configuration file found: running on built-in defaults".to_owned());
    }
    fetch_passwords(&mut draft, env);
    finish(draft)
}

/// Checks what was merged.
fn finish(mut draft: Draft) -> Result<Loaded, ConfigErrors> {
    let config = Config::check(&mut draft);
    if draft.errors.is_empty() {
        Ok(Loaded { config, files: draft.files, warnings: draft.warnings })
    } else {
        Err(ConfigErrors(draft.errors))
    }
}

/// Adds a file if it is there.
fn overlay(draft: &mut Draft, path: &Path) {
    match File::open(path) {
        Ok(file) => add(draft, path, file),
        Err(error) if is_absent(&error) => {}
        Err(error) => {
            draft.warnings.push(format!("Cannot open config file: {} {error}", path.display()));
        }
    }
}

/// Adds a file, which must be there.
fn require(draft: &mut Draft, path: &Path) {
    match File::open(path) {
        Ok(file) => add(draft, path, file),
        Err(error) => {
            draft.errors.push(Problem::File { file: path.to_owned(), cause: error.to_string() });
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn add(draft: &mut Draft, path: &Path, file: File) {
    let document = read_limited(file)
        .map_err(|error| error.to_string())
        .and_then(|bytes| document::parse(&bytes));
    match document {
        Ok(document) => merge(draft, path, document),
        Err(cause) => draft.errors.push(Problem::File { file: path.to_owned(), cause }),
    }
}

fn read_limited(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!("is larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(bytes)
}

/// Lays one file's members over the draft, in their order: the last of a key wins.
fn merge(draft: &mut Draft, path: &Path, Members(members): Members) {
    let place = draft.files.len();
    draft.files.push(path.to_owned());
    let mut notes = Notes::default();
    for (name, value) in &members {
        let Some(key) = Key::find(name) else {
            notes.unknown(name);
            continue;
        };
        notes.known(key, name);
        let json = RawValue::get(value);
        match key.value_mut(&mut draft.raw).read(json) {
            Ok(true) => {
                draft.set_by.insert(key.name, place);
            }
            Ok(false) => {}
            Err(rule) => {
                let secret = key.value(&draft.raw).is_secret();
                let value = if secret { MASK.to_owned() } else { shorten(json) };
                let file = path.to_owned();
                draft.errors.push(Problem::Type { file, key: key.name, value, rule });
            }
        }
    }
    draft.warnings.extend(notes.lines(path));
}

/// The start of a long or many-lined value, so that a message stays one line.
fn shorten(json: &str) -> String {
    let line = json.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}

/// Passwords from credentials files, then from the environment: so a credentials file may name
/// a variable too.
fn fetch_passwords(draft: &mut Draft, env: &dyn Fn(&str) -> Option<String>) {
    const ORCHESTRATOR_FILE: &str = "MySQLOrchestratorCredentialsConfigFile";
    const TOPOLOGY_FILE: &str = "MySQLTopologyCredentialsConfigFile";

    let file = draft.raw.mysql_orchestrator_credentials_config_file.clone();
    if let Some((user, password)) = read_credentials(draft, ORCHESTRATOR_FILE, &file) {
        draft.raw.mysql_orchestrator_user = user;
        draft.raw.mysql_orchestrator_password = password.into();
    }
    let file = draft.raw.mysql_topology_credentials_config_file.clone();
    if let Some((user, password)) = read_credentials(draft, TOPOLOGY_FILE, &file) {
        draft.raw.mysql_topology_user = user;
        draft.raw.mysql_topology_password = password.into();
    }

    let password = draft.raw.mysql_orchestrator_password.expose().to_owned();
    if let Some(value) = from_environment(draft, "MySQLOrchestratorPassword", &password, env) {
        draft.raw.mysql_orchestrator_password = value.into();
    }
    let password = draft.raw.mysql_topology_password.expose().to_owned();
    if let Some(value) = from_environment(draft, "MySQLTopologyPassword", &password, env) {
        draft.raw.mysql_topology_password = value.into();
    }
}

/// User and password from the file that `key` names. One that the file leaves out is empty,
/// even where the configuration has it.
fn read_credentials(draft: &mut Draft, key: &'static str, file: &str) -> Option<(String, String)> {
    if file.is_empty() {
        return None;
    }
    let parsed = File::open(file)
        .and_then(read_limited)
        .map_err(|error| vec![error.to_string()])
        .and_then(|bytes| credentials::parse(&bytes));
    match parsed {
        Ok(found) => {
            for (name, value) in [("user", &found.user), ("password", &found.password)] {
                if value.is_none() {
                    draft.warn(key, format!("the file has no {name}, which is therefore empty"));
                }
            }
            Some((found.user.unwrap_or_default(), found.password.unwrap_or_default()))
        }
        Err(causes) => {
            let problem = |cause| Problem::Credentials { key, file: file.into(), cause };
            draft.errors.extend(causes.into_iter().map(problem));
            None
        }
    }
}

/// The environment's value for a password that names a variable.
fn from_environment(
    draft: &mut Draft,
    key: &'static str,
    password: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let name = credentials::variable_name(password)?;
    let value = env(name);
    if value.is_none() {
        // Only what looks like a variable's name is shown: else it may be part of a password.
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let name = if plain { name } else { "it names" };
        draft.warn(key, format!("environment variable {name} is not set: the password is empty"));
    }
    Some(value.unwrap_or_default())
}
