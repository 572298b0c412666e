//! What can be wrong with the database file, told apart by what its owner has to do about it.

use std::{io::ErrorKind, path::Path, sync::Arc};

use rusqlite::ErrorCode;

/// A problem with the database file, in one line: the file, what is wrong, the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQLite3DataFile {path}: {problem}")]
pub struct BackendError {
    /// The file as configured.
    pub path: Arc<str>,
    /// What is wrong.
    pub problem: Problem,
}

/// Sorts of problems with the database file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each says what it means")]
pub enum Problem {
    #[error("the folder {0} does not exist; create it, or name a file in another folder")]
    NoFolder(String),
    #[error("cannot be written ({0}); allow the service's user to write the file and its folder")]
    NotWritable(String),
    #[error("in use by another orchestrator ({0}); stop that one, or name another file")]
    InUse(super::lock::Holder),
    #[error("locked by another program; end that program's transaction")]
    Locked,
    #[error("not an SQLite database; move it away, or name another file")]
    NotADatabase,
    #[error("damaged ({0}); restore it from a backup, or move it away to start empty")]
    Damaged(String),
    #[error("no space left; free some on its file system")]
    Full,
    #[error(
        "its schema version is {found} but this program knows only up to {known}; run the newer program that wrote it"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(
        "{what} cannot be read by this program ({detail}); run the newer program that wrote it, or restore a backup"
    )]
    Unreadable { what: String, detail: String },
    #[error("{0}")]
    Other(String),
    #[error("closed already, the service is shutting down")]
    Closed,
}

impl Problem {
    /// Names what SQLite reports about `path`.
    pub(super) fn of(path: &str, error: &rusqlite::Error) -> Self {
        let text = match error {
            rusqlite::Error::SqliteFailure(failure, None) => failure.to_string(),
            other => other.to_string(),
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen) => Self::of_unopened(path, text),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::NotWritable(text),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(text),
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Other(text),
        }
    }

    /// SQLite says only "unable to open database file"; the file system knows more.
    pub(super) fn of_unopened(path: &str, text: String) -> Self {
        let path = Path::new(path);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.map(|folder| (folder.display(), folder.metadata())) {
            Some((folder, Err(error))) if error.kind() == ErrorKind::NotFound => {
                Self::NoFolder(folder.to_string())
            }
            Some((folder, Err(error))) => Self::NotWritable(format!("{folder}: {error}")),
            _ if path.is_dir() => Self::NotWritable("it is a folder".to_owned()),
            _ => Self::NotWritable(text),
        }
    }
}
