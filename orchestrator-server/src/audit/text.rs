//! Audit entries as lines of text, in the forms that readers of such files know. Control
//! characters are escaped: one entry is one line, whatever somebody gave as a reason.

use std::fmt::Write;

use shared::{InstanceKey, timestamp};

use crate::journal::command::AuditEntry;

/// A line of `AuditLogFile`, with its line break.
pub(super) fn file_line(entry: &AuditEntry) -> String {
    let (host, port) = server(entry);
    let at = timestamp::expression_text(entry.at.unix_seconds());
    let fields = [
        at.as_str(),
        &escaped(&entry.kind),
        host,
        &port.to_string(),
        &format!("[{}]", escaped(&entry.cluster)),
        &escaped(&entry.message),
    ];
    fields.join("\t") + "\t\n"
}

/// What syslog and the log get.
pub(super) fn log_text(entry: &AuditEntry) -> String {
    let (host, port) = server(entry);
    format!(
        "auditType:{} instance:{host}:{port} cluster:{} message:{}",
        escaped(&entry.kind),
        escaped(&entry.cluster),
        escaped(&entry.message)
    )
}

fn server(entry: &AuditEntry) -> (&str, u16) {
    entry.key.as_ref().map_or(("", 0), |key: &InstanceKey| (key.hostname(), key.port()))
}

fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            // Writing to a text cannot fail.
            let _ = write!(line, "{}", character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    #[test]
    fn an_entry_is_one_line() {
        let mut entry = AuditEntry {
            at: Moment::from_unix_seconds(0),
            kind: "tag".to_owned(),
            key: None,
            cluster: String::new(),
            message: "it's\t100%\n1970-01-01 \u{1f600}\u{1b}[2J".to_owned(),
        };
        let message = r"it's\t100%\n1970-01-01 😀\u{1b}[2J";
        assert_eq!(file_line(&entry), format!("1970-01-01 00:00:00\ttag\t\t0\t[]\t{message}\t\n"));
        assert_eq!(
            log_text(&entry),
            format!("auditType:tag instance::0 cluster: message:{message}")
        );
        entry.key = InstanceKey::new("fe80::1", 3306).ok();
        assert!(log_text(&entry).contains(" instance:fe80::1:3306 "));
    }
}
