//! The lock file beside the embedded database: one process at a time, and where it can be asked.
//! The kernel drops the lock however the process ends, so a file that was left behind by a killed
//! process is no obstacle: what counts is the lock, not the file.

use std::{
    fmt,
    fs::{File, Permissions},
    io::{self, Read, Write},
    net::SocketAddr,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use super::Problem;

/// Only the user of the service may read where and how it can be asked.
const MODE: u32 = 0o600;

/// What a process takes the database for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It serves until it is told to end, and can be asked.
    Service,
    /// It runs one command and ends soon.
    Command,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Command => "command",
        }
    }
}

/// The process that has the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number, where it is known.
    pub process: Option<u32>,
    /// What it has it for.
    pub role: Option<Role>,
    /// Where it can be asked, and the secret that it wants to hear.
    pub door: Option<(SocketAddr, String)>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "process {process}"),
            None => f.write_str("unknown process"),
        }
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.door.as_ref().map(|(address, _)| address);
        write!(f, "Holder({self}, {:?}, {address:?})", self.role)
    }
}

impl Holder {
    fn to_text(&self) -> String {
        let process = self.process.unwrap_or_default();
        let role = self.role.map_or("", Role::word);
        let mut text = format!("process {process}\nrole {role}\n");
        if let Some((address, token)) = &self.door {
            text += &format!("address {address}\ntoken {token}\n");
        }
        text
    }

    /// Lines that are not known are passed over, and so is a last one that is not complete.
    fn of_text(text: &str) -> Self {
        let complete = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let value =
            |name| complete.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let address = value("address").and_then(|address| address.parse().ok());
        let token = value("token").map(str::to_owned);
        Self {
            process: value("process").and_then(|process| process.parse().ok()),
            role: [Role::Service, Role::Command]
                .into_iter()
                .find(|role| value("role") == Some(role.word())),
            door: address.zip(token),
        }
    }
}

/// The lock, held. Its file is removed when it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of a database file, or says who has it. Does not wait.
    ///
    /// The lock stands in a file of its own: one on the database itself would shut out backup
    /// programs, or fight with SQLite's own.
    pub(super) fn take(database: &str, role: Role) -> Result<Self, Problem> {
        let path = path_of(database);
        let unusable = |error: io::Error| {
            let text = format!("{}: {error}", path.display());
            Problem::of_unopened(&path.to_string_lossy(), text)
        };
        let file = loop {
            let mut file = open(&path).map_err(unusable)?;
            if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
                if error != rustix::io::Errno::WOULDBLOCK {
                    return Err(unusable(error.into()));
                }
                let mut text = String::new();
                // A holder that cannot be read is an unknown one.
                let _ = file.read_to_string(&mut text);
                return Err(Problem::InUse(Holder::of_text(&text)));
            }
            // Its last holder may have removed the file between the opening and the locking.
            if is_still_there(&file, &path).map_err(unusable)? {
                break file;
            }
        };
        belongs_to_owner_of(database, &file);
        let holder = Holder { process: Some(std::process::id()), role: Some(role), door: None };
        write(&file, &holder).map_err(unusable)?;
        Ok(Self { file, path })
    }

    /// Says where this process can be asked from now on.
    pub(super) fn announce(&self, address: SocketAddr, token: &str) -> io::Result<()> {
        let process = Some(std::process::id());
        let door = Some((address, token.to_owned()));
        write(&self.file, &Holder { process, role: Some(Role::Service), door })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is locked, so that it is certainly this process's own.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path_of(database: &str) -> PathBuf {
    format!("{database}.lock").into()
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(MODE).open(path)
}

fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match path.metadata() {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A command that root runs must not leave a file behind that keeps the service's user out.
fn belongs_to_owner_of(database: &str, lock: &File) {
    let Ok(owner) = Path::new(database).metadata() else { return };
    let differs = |ours: &std::fs::Metadata| ours.uid() != owner.uid();
    if lock.metadata().is_ok_and(|ours| differs(&ours)) {
        // Only root may; nobody else needs to.
        let _ = std::os::unix::fs::fchown(lock, Some(owner.uid()), Some(owner.gid()));
    }
}

/// Replaces the text of the file; whoever reads in between sees an incomplete one.
fn write(mut file: &File, holder: &Holder) -> io::Result<()> {
    use std::io::Seek;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(holder.to_text().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("o.db").display().to_string();
        std::fs::write(&path, "").unwrap();
        (folder, path)
    }

    fn holder(database: &str) -> Holder {
        match Lock::take(database, Role::Command) {
            Err(Problem::InUse(holder)) => holder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whoever_comes_second_learns_who_was_first_and_where_to_ask() {
        let (_folder, database) = database();
        let lock = Lock::take(&database, Role::Service).unwrap();
        let before = holder(&database);
        assert_eq!((before.process, before.role), (Some(std::process::id()), Some(Role::Service)));
        assert_eq!(before.door, None);

        let address = "127.0.0.1:28999".parse().unwrap();
        lock.announce(address, "secret").unwrap();
        assert_eq!(holder(&database).door, Some((address, "secret".to_owned())));
        assert!(!format!("{:?}", holder(&database)).contains("secret"));
    }

    #[test]
    fn the_file_is_private_and_gone_at_the_end() {
        let (_folder, database) = database();
        let lock = Lock::take(&database, Role::Service).unwrap();
        let mode = path_of(&database).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(lock);
        assert!(!path_of(&database).exists());
    }

    #[test]
    fn a_file_that_was_left_behind_is_no_obstacle() {
        let (_folder, database) = database();
        let stale = "process 1\nrole service\naddress 127.0.0.1:1\ntoken old\n".repeat(3);
        std::fs::write(path_of(&database), stale).unwrap();
        let lock = Lock::take(&database, Role::Command).unwrap();
        let holder = holder(&database);
        assert_eq!((holder.process, holder.door), (Some(std::process::id()), None));
        drop(lock);
    }

    #[test]
    fn what_is_not_complete_is_not_believed() {
        let whole = "process 7\nrole service\naddress 127.0.0.1:80\ntoken abcdef\n";
        for cut in 0..whole.len() {
            let holder = Holder::of_text(&whole[..cut]);
            assert_eq!(holder.door, None, "{:?}", &whole[..cut]);
        }
        let door = Some(("127.0.0.1:80".parse().unwrap(), "abcdef".to_owned()));
        assert_eq!(Holder::of_text(whole).door, door);
        let unknown = Holder { process: None, role: None, door: None };
        assert_eq!(Holder::of_text("\u{0}\u{1}x\ny"), unknown);
        assert_eq!(unknown.to_string(), "unknown process");
    }
}
