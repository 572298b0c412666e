//! The name of the user who runs this process: the owner of what it does, by default.

/// `cron` may set neither `USER` nor `HOME`, so the user id decides; the variables help where
/// users are not in `/etc/passwd`, and the bare id remains in containers that know no name.
#[must_use]
pub fn current() -> String {
    let id = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let variable = |name| std::env::var(name).ok().filter(|name| !name.is_empty());
    user_name(&passwd, id)
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .unwrap_or_else(|| id.to_string())
}

fn user_name(passwd: &str, id: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_id() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# note\nbroken\n:x:7::::\n\
                      dba:x:1001:1001::/home/dba:\n";
        assert_eq!(user_name(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_name(passwd, 1001).as_deref(), Some("dba"));
        assert_eq!(user_name(passwd, 7), None);
    }

    #[test]
    fn the_current_user_is_never_empty() {
        assert_ne!(current(), "");
    }
}
