//! The man page, made from the tables of commands and flags.

use std::fmt::Write;

use shared::commands::SECTIONS;
use shared::flags::FLAGS;

use crate::help::synopsis;

const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "done; also if there is nothing to print"),
    (
        "1",
        "the server said no, or its answer is not one of orchestrator's API, or cannot be written",
    ),
    ("2", "the command line, the profile file or a variable is wrong; nothing was sent"),
    ("3", "no server answered within the time"),
    ("4", "servers answered, but none leads, or the raft group has no leader"),
    ("5", "the server wants other credentials, or forbids the command"),
];

const VARIABLES: &[(&str, &str)] = &[
    ("ORCHESTRATOR_API", "one address or several, such as http://orc1:3000 http://orc2:3000"),
    ("ORCHESTRATOR_INSTANCE", "the instance where no -i is given"),
    ("ORCHESTRATOR_AUTH_USER, ORCHESTRATOR_AUTH_PASSWORD", "HTTP basic authentication"),
    ("ORCHESTRATOR_AUTH_USER_HEADER", "Header:value for header authentication"),
    ("ORCHESTRATOR_AUTH_TOKEN", "bearer token"),
    (
        "ORCHESTRATOR_CA_FILE, CURL_CA_BUNDLE, SSL_CERT_FILE",
        "certificates to trust instead of the system's",
    ),
    ("ORCHESTRATOR_CERT_FILE, ORCHESTRATOR_KEY_FILE", "client certificate and its key"),
    ("http_proxy, https_proxy, all_proxy, no_proxy", "as with other HTTP tools"),
];

/// The page in the `man` macros.
pub(crate) fn page() -> String {
    let mut page = format!(
        ".TH ORCHESTRATOR\\-CLIENT 1 \"\" \"orchestrator {}\" \"User Commands\"\n\
         .SH NAME\norchestrator\\-client \\- run one command against the HTTP API of orchestrator\n\
         .SH SYNOPSIS\n.B orchestrator\\-client\n\\-c\n.I command\n[\n.I flags\n]\n.br\n\
         .B orchestrator\\-client\n.I command\n[\n.I words\n] [\n.I flags\n]\n\
         .SH DESCRIPTION\nPrints what the server answers for people and scripts. It never reads \
         standard input.\n.SH OPTIONS\nLong names take one or two dashes; a value follows as the \
         next word or after =.\n",
        env!("CARGO_PKG_VERSION")
    );
    for flag in FLAGS.iter().filter(|flag| !flag.help.is_empty()) {
        entry(&mut page, &flag.spelling(), flag.help);
    }
    page.push_str(".SH COMMANDS\nNames with slave for replica are accepted too.\n");
    for section in SECTIONS {
        let _ = writeln!(page, ".SS {}", escaped(section.title));
        for command in section.commands {
            entry(&mut page, &synopsis(command), command.help);
        }
    }
    for (title, entries) in [("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", VARIABLES)] {
        let _ = writeln!(page, ".SH {title}");
        for (term, text) in entries {
            entry(&mut page, term, text);
        }
    }
    page.push_str(".SH FILES\n");
    let file = "/etc/profile.d/orchestrator-client.sh";
    entry(&mut page, file, "assigns the variables above; it wins over the environment");
    page
}

fn entry(page: &mut String, term: &str, text: &str) {
    let _ = writeln!(page, ".TP\n.B {}\n{}", escaped(term), escaped(text));
}

/// A line of plain text.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    #[test]
    fn every_command_and_flag_is_there() {
        let page = page();
        for command in shared::commands::all() {
            assert!(page.contains(&escaped(&synopsis(command))), "{}", command.name);
        }
        for flag in FLAGS.iter().filter(|flag| !flag.help.is_empty()) {
            assert!(page.contains(&escaped(&flag.spelling())), "{:?}", flag.id);
        }
    }

    /// Where groff is not installed, this proves nothing.
    #[test]
    fn groff_has_nothing_to_complain_about() {
        let child = Command::new("groff")
            .args(["-man", "-Tascii", "-ww", "-z"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else { return };
        child.stdin.take().unwrap().write_all(page().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}
