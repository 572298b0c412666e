//! The hook lists as commands. Running them, and filling in their placeholders, is not done here.

use super::raw::RawConfig;
use super::setting::List;

/// One hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCommand {
    /// The text for the shell, placeholders included.
    pub text: String,
    /// Not waited for, and its failure counts for nothing: it was written with `&` at its end.
    pub in_background: bool,
}

/// All hook lists, each in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// `OnFailureDetectionProcesses`
    pub on_failure_detection: Vec<HookCommand>,
    /// `PreGracefulTakeoverProcesses`
    pub pre_graceful_takeover: Vec<HookCommand>,
    /// `PreFailoverProcesses`
    pub pre_failover: Vec<HookCommand>,
    /// `PostFailoverProcesses`
    pub post_failover: Vec<HookCommand>,
    /// `PostUnsuccessfulFailoverProcesses`
    pub post_unsuccessful_failover: Vec<HookCommand>,
    /// `PostMasterFailoverProcesses`
    pub post_master_failover: Vec<HookCommand>,
    /// `PostIntermediateMasterFailoverProcesses`
    pub post_intermediate_master_failover: Vec<HookCommand>,
    /// `PostGracefulTakeoverProcesses`
    pub post_graceful_takeover: Vec<HookCommand>,
    /// `PostTakeMasterProcesses`; a final `&` is left to the shell there.
    pub post_take_master: Vec<HookCommand>,
}

impl Hooks {
    pub(super) fn new(raw: &RawConfig) -> Self {
        Self {
            on_failure_detection: commands(&raw.on_failure_detection_processes),
            pre_graceful_takeover: commands(&raw.pre_graceful_takeover_processes),
            pre_failover: commands(&raw.pre_failover_processes),
            post_failover: commands(&raw.post_failover_processes),
            post_unsuccessful_failover: commands(&raw.post_unsuccessful_failover_processes),
            post_master_failover: commands(&raw.post_master_failover_processes),
            post_intermediate_master_failover: commands(
                &raw.post_intermediate_master_failover_processes,
            ),
            post_graceful_takeover: commands(&raw.post_graceful_takeover_processes),
            post_take_master: trimmed(&raw.post_take_master_processes)
                .map(|text| HookCommand { text: text.to_owned(), in_background: false })
                .collect(),
        }
    }
}

fn commands(list: &List) -> Vec<HookCommand> {
    let command = |text: &str| {
        let foreground = text.trim_end_matches(|c: char| c == '&' || c.is_whitespace());
        let in_background = text.ends_with('&');
        let text = if in_background { foreground } else { text };
        HookCommand { text: text.to_owned(), in_background }
    };
    trimmed(list).map(command).collect()
}

fn trimmed(list: &List) -> impl Iterator<Item = &str> {
    list.iter().map(|text| text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_ampersand_means_the_background() {
        let cases: &[(&str, &str, bool)] = &[
            ("echo a", "echo a", false),
            ("  echo a  ", "echo a", false),
            ("echo a &", "echo a", true),
            ("echo a &&", "echo a", true),
            ("echo a & ", "echo a", true),
            ("echo a && echo b", "echo a && echo b", false),
        ];
        for (text, expected, in_background) in cases {
            let expected =
                HookCommand { text: (*expected).to_owned(), in_background: *in_background };
            assert_eq!(commands(&List::from([*text])), [expected], "{text:?}");
        }
        assert_eq!(commands(&List::from(["", "  "])), []);
    }

    #[test]
    fn take_master_hooks_keep_their_ampersand() {
        let raw = RawConfig {
            post_take_master_processes: List::from([" run & "]),
            ..RawConfig::default()
        };
        let expected = HookCommand { text: "run &".to_owned(), in_background: false };
        assert_eq!(Hooks::new(&raw).post_take_master, [expected]);
    }
}
