//! Defaults from outside the command line: the profile file, the environment, the system's user.
//!
//! The profile file is shell text, so a shell reads it, once, and only if the file exists.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

const PROFILE: &str = "/etc/profile.d/orchestrator-client.sh";

/// The variables, in the order in which the shell prints them.
const VARIABLES: [&str; 5] = [
    "ORCHESTRATOR_API",
    "ORCHESTRATOR_INSTANCE",
    "ORCHESTRATOR_AUTH_USER",
    "ORCHESTRATOR_AUTH_PASSWORD",
    "ORCHESTRATOR_AUTH_USER_HEADER",
];

/// The values of the variables; empty where unset.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) api: String,
    pub(crate) instance: String,
    pub(crate) auth_user: String,
    pub(crate) auth_password: String,
    pub(crate) auth_user_header: String,
}

impl Environment {
    /// The environment, overlaid by the profile file (spec 03, 1.3).
    pub(crate) fn load() -> Self {
        Self::of_profile(Path::new(PROFILE)).unwrap_or_else(|| {
            Self::from(VARIABLES.map(|name| {
                std::env::var_os(name).unwrap_or_default().to_string_lossy().into_owned()
            }))
        })
    }

    /// What the variables are after a shell has read the file; `None` if there is no such file,
    /// no shell, or the file ends the shell.
    fn of_profile(file: &Path) -> Option<Self> {
        if !file.is_file() {
            return None;
        }
        let values = VARIABLES.map(|name| format!("\"${name}\"")).join(" ");
        let script = format!(". \"$0\" >/dev/null; printf '%s\\0' {values}");
        let run = |shell| {
            Command::new(shell)
                .arg("-c")
                .arg(&script)
                .arg(file)
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
        };
        let output = match run("bash") {
            Err(error) if error.kind() == ErrorKind::NotFound => run("sh"),
            other => other,
        }
        .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let values: Vec<_> = text.split('\0').map(str::to_owned).collect();
        // The text ends with a separator, which gives one empty piece more.
        let values: [String; 6] = values.try_into().ok()?;
        let [api, instance, user, password, header, _] = values;
        Some(Self::from([api, instance, user, password, header]))
    }
}

impl From<[String; VARIABLES.len()]> for Environment {
    fn from(values: [String; VARIABLES.len()]) -> Self {
        let [api, instance, auth_user, auth_password, auth_user_header] = values;
        Self { api, instance, auth_user, auth_password, auth_user_header }
    }
}

/// The name of the user who runs this process.
///
/// `cron` may set neither `USER` nor `HOME`, so the user id decides; the variables help where
/// users are not in `/etc/passwd`, and the bare id remains in containers that know no name.
pub(crate) fn current_user() -> String {
    let id = std::fs::metadata("/proc/self").map(|metadata| metadata.uid()).ok();
    let named = id
        .and_then(|id| user_name(&std::fs::read_to_string("/etc/passwd").unwrap_or_default(), id));
    let variable = |name| std::env::var(name).ok().filter(|name| !name.is_empty());
    named
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .or_else(|| id.map(|id| id.to_string()))
        .unwrap_or_default()
}

fn user_name(passwd: &str, id: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_id() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# note\nbroken\ndba:x:1001:1001::/home/dba:\n";
        assert_eq!(user_name(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_name(passwd, 1001).as_deref(), Some("dba"));
        assert_eq!(user_name(passwd, 7), None);
    }

    #[test]
    fn the_current_user_is_never_empty() {
        assert_ne!(current_user(), "");
    }

    fn profile(name: &str, text: &str) -> Option<Environment> {
        let file = std::env::temp_dir()
            .join(format!("orchestrator-client-{}-{name}.sh", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let environment = Environment::of_profile(&file);
        std::fs::remove_file(&file).unwrap();
        environment
    }

    #[test]
    fn a_profile_assigns_without_export_and_computes() {
        let text = "echo noise\nORCHESTRATOR_API=\"http://h1:3000/api http://h2:3000/api\"\n\
                    if true; then ORCHESTRATOR_INSTANCE=`echo db1`:12345; fi\n\
                    ORCHESTRATOR_AUTH_USER=u\nexport ORCHESTRATOR_AUTH_PASSWORD='p w'\n\
                    ORCHESTRATOR_AUTH_USER_HEADER=\n";
        let expected = Environment::from(
            ["http://h1:3000/api http://h2:3000/api", "db1:12345", "u", "p w", ""]
                .map(str::to_owned),
        );
        assert_eq!(profile("plain", text), Some(expected));
    }

    #[test]
    fn a_profile_that_ends_the_shell_is_as_good_as_none() {
        assert_eq!(profile("exit", "exit 0\n"), None);
        assert_eq!(Environment::of_profile(Path::new("/nonexistent/profile.sh")), None);
    }
}
