//! Completion scripts of shells, made from the tables of commands and flags.

use std::fmt::Write;

use shared::commands;
use shared::flags::{FLAGS, Flag};

use crate::arguments::Arguments;
use crate::failure::Failure;

/// The script for the shell that the words name.
pub(crate) fn of_shell(arguments: &Arguments) -> Result<String, Failure> {
    match arguments.words.first().map(String::as_str) {
        Some("bash") => Ok(bash()),
        Some("zsh") => Ok(zsh()),
        Some("fish") => Ok(fish()),
        _ => Err(Failure::Usage("name a shell: bash, zsh or fish".to_owned())),
    }
}

fn shown() -> impl Iterator<Item = &'static Flag> {
    FLAGS.iter().filter(|flag| !flag.help.is_empty())
}

/// Every spelling of a flag that a completion offers.
fn spellings(flag: &Flag) -> Vec<String> {
    let short = flag.short.map(|letter| format!("-{letter}"));
    short.into_iter().chain(flag.long.first().map(|name| format!("--{name}"))).collect()
}

fn names() -> String {
    commands::all().map(|command| command.name).collect::<Vec<_>>().join(" ")
}

fn bash() -> String {
    let all: Vec<_> = shown().flat_map(spellings).collect();
    let valued: Vec<_> = shown().filter(|flag| flag.takes_value()).flat_map(spellings).collect();
    let rules = "prefer neutral prefer_not must_not";
    format!(
        r#"# bash completion of orchestrator-client
_orchestrator_client() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} offered i
    local commands="{names}"
    COMPREPLY=()
    case $previous in
        -c | -command | --command) offered=$commands ;;
        -R | -promotion-rule | --promotion-rule) offered="{rules}" ;;
        completions) offered="bash zsh fish" ;;
        help) offered=$commands ;;
        --*-file)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
        {valued}) return ;;
        *)
            offered=$commands
            for ((i = 1; i < COMP_CWORD; i++)); do
                case ${{COMP_WORDS[i]}} in
                    -c | -command | --command | [!-]*) offered= ;;
                esac
            done
            if [[ $word == -* ]]; then offered="{all}"; fi ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
}}
complete -F _orchestrator_client orchestrator-client
"#,
        names = names(),
        all = all.join(" "),
        valued = valued.join(" | "),
    )
}

fn zsh() -> String {
    let mut text = String::from(
        "#compdef orchestrator-client\n# zsh completion of orchestrator-client\n\n\
         _orchestrator_client_commands() {\n    local -a commands\n    commands=(\n",
    );
    for command in commands::all() {
        let help = single_quoted(&command.help.replace(':', "\\:"));
        let _ = writeln!(text, "        '{}:{help}'", command.name);
    }
    text.push_str(
        "    )\n    _describe -t commands command commands\n}\n\n_orchestrator_client() {\n    \
         _arguments \\\n",
    );
    for flag in shown() {
        let help = single_quoted(&bracketed(flag.help));
        let value = match flag.value {
            "" => String::new(),
            "command" => ":command:_orchestrator_client_commands".to_owned(),
            "file" if flag.short.is_none() => ":file:_files".to_owned(),
            "rule" => ":rule:(prefer neutral prefer_not must_not)".to_owned(),
            value => format!(":{}: ", single_quoted(&bracketed(value).replace(':', "\\:"))),
        };
        for spelling in spellings(flag) {
            let _ = writeln!(text, "        '{spelling}[{help}]{value}' \\");
        }
    }
    text.push_str(
        "        '1:command:_orchestrator_client_commands' \\\n        '*:word: '\n}\n\n\
         _orchestrator_client \"$@\"\n",
    );
    text
}

fn fish() -> String {
    let mut text = String::from(
        "# fish completion of orchestrator-client\n\
         complete -c orchestrator-client -f\n",
    );
    for command in commands::all() {
        let (name, help) = (command.name, fish_quoted(command.help));
        let _ = writeln!(
            text,
            "complete -c orchestrator-client -n __fish_use_subcommand -a {name} -d '{help}'"
        );
    }
    for flag in shown() {
        let mut line = String::from("complete -c orchestrator-client");
        if let Some(letter) = flag.short {
            let _ = write!(line, " -s {letter}");
        }
        if let Some(name) = flag.long.first() {
            let _ = write!(line, " -l {name}");
        }
        match flag.value {
            "" => {}
            "command" => {
                let _ = write!(line, " -x -a '{}'", names());
            }
            "rule" => line.push_str(" -x -a 'prefer neutral prefer_not must_not'"),
            "file" if flag.short.is_none() => line.push_str(" -r -F"),
            _ => line.push_str(" -x"),
        }
        let _ = writeln!(text, "{line} -d '{}'", fish_quoted(flag.help));
    }
    for (command, words) in [("completions", "bash zsh fish".to_owned()), ("help", names())] {
        let _ = writeln!(
            text,
            "complete -c orchestrator-client -n '__fish_seen_subcommand_from {command}' \
             -a '{words}'"
        );
    }
    text
}

/// For a place within `'…'` of zsh.
fn single_quoted(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// For a place within `[…]` of an argument's description.
fn bracketed(text: &str) -> String {
    text.replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]")
}

fn fish_quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('\'', r"\'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    #[rstest]
    #[case(bash())]
    #[case(zsh())]
    #[case(fish())]
    fn every_command_and_flag_is_offered(#[case] script: String) {
        for command in commands::all() {
            assert!(script.contains(command.name), "{}", command.name);
        }
        for flag in shown() {
            assert!(script.contains(flag.long[0]), "{}", flag.long[0]);
        }
    }

    /// Shells that are not installed are left out.
    #[rstest]
    #[case("bash", bash())]
    #[case("zsh", zsh())]
    #[case("fish", fish())]
    fn shells_can_read_the_scripts(#[case] shell: &str, #[case] script: String) {
        let child =
            Command::new(shell).arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let Ok(mut child) = child else { return };
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What fish offers for the last word of a line.
    #[rstest]
    #[case("which-mas", "which-master")]
    #[case("help which-mas", "which-master")]
    #[case("-c which-mas", "which-master")]
    #[case("--timeo", "--timeout")]
    #[case("register-candidate -R must", "must_not")]
    #[case("completions f", "fish")]
    fn fish_completes(#[case] line: &str, #[case] expected: &str) {
        let script = format!("{}\ncomplete -C 'orchestrator-client {line}'", fish());
        let Ok(output) = Command::new("fish").args(["-N", "-c", &script]).output() else { return };
        let offered = String::from_utf8(output.stdout).unwrap();
        let words: Vec<_> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, [expected]);
    }

    /// What bash offers after the words of a line.
    #[rstest]
    #[case(&["which-mas"], "which-master")]
    #[case(&["-c", "which-mas"], "which-master")]
    #[case(&["--timeo"], "--timeout")]
    #[case(&["register-candidate", "-R", "must"], "must_not")]
    #[case(&["completions", "f"], "fish")]
    #[case(&["which-master", "which-mas"], "")]
    #[case(&["-i", "which-mas"], "")]
    fn bash_completes(#[case] words: &[&str], #[case] expected: &str) {
        let script = format!(
            "{}\nCOMP_WORDS=(orchestrator-client \"$@\"); COMP_CWORD=$#; _orchestrator_client; \
             echo \"${{COMPREPLY[*]}}\"",
            bash()
        );
        let output = Command::new("bash").args(["-c", &script, "bash"]).args(words).output();
        let Ok(output) = output else { return };
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), expected);
    }
}
