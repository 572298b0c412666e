//! Reading of the words after the program's name, by the table of flags in `shared`.
//!
//! Existing command lines mix three styles (`-cclusters`, `-duration 30m`, `--duration=30m`), so
//! the words are read here by hand. What the values mean is decided in `values.rs`.

use std::time::Duration;

use shared::commands::Command;
use shared::duration::parse_simple;
use shared::flags::{FLAGS, Flag, FlagId};

use crate::failure::Failure;
use crate::suggest::did_you_mean;

const HINT: &str = "see orchestrator-client --help";

/// The words of the command line by meaning.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// In the order of the command line: of several, the last one counts.
    given: Vec<(FlagId, String)>,
    /// Words that are neither flags nor their values.
    pub(crate) words: Vec<String>,
    /// Whether help is asked for, and of what.
    pub(crate) help: Option<String>,
}

impl Arguments {
    /// The value of a flag, if it was given.
    pub(crate) fn get(&self, id: FlagId) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| *given == id).map(|(_, value)| value.as_str())
    }

    /// Whether a flag without a value is on; `--json=false` turns it off.
    pub(crate) fn is_on(&self, id: FlagId) -> bool {
        self.get(id).is_some_and(|value| !matches!(value, "false" | "0"))
    }

    /// Gives the words after a subcommand the places of the values that no flag gave.
    pub(crate) fn place_words(&mut self, command: &Command) -> Result<(), Failure> {
        let mut words = std::mem::take(&mut self.words).into_iter();
        let places: Vec<_> = command.words().map(|(field, _)| field.flags()).collect();
        for flags in places {
            if flags.iter().any(|flag| self.get(*flag).is_some()) {
                continue;
            }
            let (Some(word), Some(flag)) = (words.next(), flags.first()) else { break };
            self.given.push((*flag, word));
        }
        match words.next() {
            None => Ok(()),
            Some(_) => {
                let name = command.name;
                Err(Failure::Usage(format!(
                    "too many words for {name}: quote values that hold blanks; \
                     see orchestrator-client {name} --help"
                )))
            }
        }
    }
}

/// Reads the words after the program's name.
///
/// `-h` ends the reading unless a bare word follows: `-h` took a value once, and both
/// `-h`, `-h x` and `-h x -c clusters` keep their meaning. With `-c`, bare words at the end are
/// left out as they always were; a flag after one is an error, because it used to be left out
/// too, and silently.
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Arguments, Failure> {
    let mut arguments = Arguments::default();
    let mut flag_after_word = false;
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if word == "--" {
            arguments.words.extend(words);
            break;
        }
        if !word.starts_with('-') || word == "-" {
            arguments.words.push(word);
            continue;
        }
        flag_after_word |= !arguments.words.is_empty();
        let (flag, attached) = find(&word)?;
        match flag.id {
            FlagId::Help => {
                let topic = attached
                    .map(str::to_owned)
                    .or_else(|| words.next_if(|word| !word.starts_with('-')));
                let ends = topic.is_none();
                arguments.help = Some(topic.unwrap_or_default());
                if ends {
                    return Ok(arguments);
                }
            }
            id if flag.takes_value() => {
                let value = match attached {
                    Some(value) => value.to_owned(),
                    None => words.next().ok_or_else(|| missing_value(flag))?,
                };
                if id == FlagId::Command {
                    arguments.help = None;
                }
                arguments.given.push((id, value));
            }
            id => arguments.given.push((id, attached.unwrap_or_default().to_owned())),
        }
    }
    if flag_after_word && arguments.get(FlagId::Command).is_some() {
        return Err(Failure::Usage(format!(
            "a word that belongs to no flag stands before the last flag: \
             quote values that hold blanks; {HINT}"
        )));
    }
    Ok(arguments)
}

/// The flag that a word spells, and the value that is attached to it.
fn find(word: &str) -> Result<(&'static Flag, Option<&str>), Failure> {
    let single = word.strip_prefix('-').unwrap_or(word);
    let body = single.strip_prefix('-').unwrap_or(single);
    let (name, attached) = match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    };
    if let Some(flag) = FLAGS.iter().find(|flag| flag.long.contains(&name)) {
        return Ok((flag, attached));
    }
    let mut letters = single.chars();
    let letter = letters.next();
    match FLAGS.iter().find(|flag| flag.short.is_some() && flag.short == letter) {
        Some(flag) => Ok((flag, Some(letters.as_str()).filter(|glued| !glued.is_empty()))),
        None => Err(unknown(word, name)),
    }
}

/// The text never repeats a value, which may be a password.
fn unknown(word: &str, name: &str) -> Failure {
    let names = FLAGS.iter().filter(|flag| !flag.help.is_empty()).flat_map(|flag| flag.long);
    match did_you_mean(name, names.copied()) {
        Some(near) => Failure::Usage(format!("unknown flag --{name}: did you mean --{near}?")),
        None if word.starts_with("--") => Failure::Usage(format!("unknown flag --{name}; {HINT}")),
        None => {
            let letter: String = word.chars().take(2).collect();
            Failure::Usage(format!("unknown flag {letter}; {HINT}"))
        }
    }
}

fn missing_value(flag: &Flag) -> Failure {
    let spelling = flag.spelling();
    Failure::Usage(format!("a value is missing: {spelling}; {HINT}"))
}

/// Reads a time: a number of seconds, or a number and one of `s m h d w`.
pub(crate) fn time(flag: &str, text: &str) -> Result<Duration, Failure> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let with_unit = if is_number { format!("{text}s") } else { text.to_owned() };
    parse_simple(&with_unit)
        .map_err(|_| Failure::Usage(format!("{flag} {text}: give a time such as 30, 45s or 5m")))
}

#[cfg(test)]
mod tests;
