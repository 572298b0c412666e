//! One invocation from its words to the text that it prints.

use std::time::Duration;

use serde_json::Value;
use shared::commands::{self, Action, Command, Output as Shape};
use shared::flags::FlagId;

use crate::arguments::{self, Arguments};
use crate::environment::{API, Environment};
use crate::failure::{Failure, Status};
use crate::http::{Http, TlsFiles};
use crate::login::Login;
use crate::request::{PACE, Service, random_up_to};
use crate::shape::render;
use crate::suggest::did_you_mean;
use crate::values::Values;
use crate::{completions, endpoint, help, man};

/// What goes to standard output, and how the process ends.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) status: Status,
}

impl Output {
    fn done(text: String) -> Self {
        Self { text, status: Status::Done }
    }
}

/// Runs the command that the words name. Whatever is wrong with the words is told before any
/// server is asked.
pub(crate) fn run(
    words: impl IntoIterator<Item = String>,
    program: &str,
) -> Result<Output, Failure> {
    let mut arguments = arguments::parse(words)?;
    if arguments.is_on(FlagId::Version) {
        return Ok(Output::done(format!("{}\n", env!("CARGO_PKG_VERSION"))));
    }
    if let Some(topic) = arguments.help.take() {
        return Ok(Output::done(asked_help(&topic, &arguments)));
    }
    let command = command(&mut arguments, program)?;
    match command.action {
        Action::Help => return help_command(&arguments).map(Output::done),
        Action::Completions => return completions::of_shell(&arguments).map(Output::done),
        Action::ManPage => return Ok(Output::done(man::page())),
        Action::WhichApi | Action::Call => {}
    }
    if arguments.get(FlagId::Command).is_none() {
        arguments.place_words(command)?;
    }
    let environment = Environment::load()?;
    let limit = match arguments.get(FlagId::Timeout) {
        Some(text) => Some(arguments::time("--timeout", text)?),
        None => None,
    };
    if limit.is_some_and(|limit| limit.is_zero()) {
        return Err(Failure::Usage("--timeout 0: give a time such as 30, 45s or 5m".to_owned()));
    }
    let splay = arguments.get(FlagId::Splay).map(|text| arguments::time("--splay", text));
    let values = Values::new(&arguments, &environment)?;
    values.require(command.needs)?;
    let path = values.fill(command.path)?;
    let command = &command.at(&path);
    let limit = limit.unwrap_or_else(|| command.limit.duration());
    let job = Job {
        command,
        path: &path,
        asked: &values.instance_text(),
        json: arguments.is_on(FlagId::Json),
        quiet: arguments.is_on(FlagId::Quiet) && command.changes,
    };
    let service = service(&arguments, &environment)?;
    let splay = splay.transpose()?.map_or(Duration::ZERO, random_up_to);
    std::thread::sleep(splay);
    within(limit, command, &service, perform(&job, &service))
}

/// The command, from `-c` or else from the first bare word.
fn command(arguments: &mut Arguments, program: &str) -> Result<&'static Command, Failure> {
    let name = match arguments.get(FlagId::Command) {
        Some(name) => name.to_owned(),
        None if arguments.words.is_empty() => String::new(),
        None => arguments.words.remove(0),
    };
    if name.is_empty() {
        return Err(Failure::Usage(format!(
            "No command given. Use {program} -c <command> [...] or {program} <command> [...] to do \
             something useful; {program} --help lists the commands"
        )));
    }
    commands::find(&name).ok_or_else(|| unsupported(&name, program))
}

fn unsupported(name: &str, program: &str) -> Failure {
    let names = commands::all()
        .flat_map(|command| [command.name].into_iter().chain(command.also.iter().copied()));
    Failure::Usage(match did_you_mean(&name.replacen("slave", "replica", 1), names) {
        Some(near) => format!("Unsupported command {name}: did you mean {near}?"),
        None => format!("Unsupported command {name}; {program} --help lists the commands"),
    })
}

/// What `--help` prints: the help of a command if one is named before or after it.
fn asked_help(topic: &str, arguments: &Arguments) -> String {
    let before = arguments.get(FlagId::Command).or(arguments.words.first().map(String::as_str));
    [Some(topic), before]
        .into_iter()
        .flatten()
        .find_map(commands::find)
        .map_or_else(help::usage, help::of_command)
}

/// What the command `help` prints. With `-c`, words after it never counted.
fn help_command(arguments: &Arguments) -> Result<String, Failure> {
    let is_flag = arguments.get(FlagId::Command).is_some();
    match arguments.words.first() {
        None => Ok(help::usage()),
        Some(name) => match commands::find(name) {
            Some(command) => Ok(help::of_command(command)),
            None if is_flag => Ok(help::usage()),
            None => Err(unsupported(name, env!("CARGO_BIN_NAME"))),
        },
    }
}

fn service(arguments: &Arguments, environment: &Environment) -> Result<Service, Failure> {
    let api = arguments.get(FlagId::Api).filter(|api| !api.trim().is_empty());
    let endpoints = endpoint::parse_list(api.unwrap_or(environment.get(API)))?;
    let login = Login::of(arguments, environment)?;
    let files = TlsFiles::of(arguments, environment);
    let tls = endpoints.iter().any(|endpoint| endpoint.is_tls);
    let http = Http::new(login, environment, tls.then_some(&files))?;
    Ok(Service::new(http, endpoints, PACE))
}

/// One command, ready to be sent.
struct Job<'a> {
    command: &'a Command,
    path: &'a str,
    /// The instance of the command line.
    asked: &'a str,
    json: bool,
    quiet: bool,
}

/// Drives the calls on this thread, for no longer than the limit.
fn within(
    limit: Duration,
    command: &Command,
    service: &Service,
    calls: impl Future<Output = Result<Output, Failure>>,
) -> Result<Output, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Unexpected(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(async { tokio::time::timeout(limit, calls).await }).unwrap_or_else(|_| {
        let trouble = service.last_trouble().map(|cause| format!("; the last try: {cause}"));
        let going_on =
            if command.idempotent { "" } else { "; the operation may still be going on there" };
        Err(Failure::TimedOut {
            at: service.addresses(),
            seconds: limit.as_secs(),
            note: trouble.unwrap_or_else(|| going_on.to_owned()),
        })
    })
}

async fn perform(job: &Job<'_>, service: &Service) -> Result<Output, Failure> {
    let command = job.command;
    if command.action == Action::WhichApi {
        let address = &service.choose().await?.shown;
        let address =
            if job.json { Value::from(address.as_str()).to_string() } else { address.clone() };
        return Ok(Output::done(address + "\n"));
    }
    if command.needs_raft_leader {
        let state = service.call(command, "raft-state").await?;
        match (state.refusal(), state.payload().as_str().unwrap_or_default()) {
            (Some(refusal), _) => return Err(refusal),
            (None, "Leader") => {}
            (None, other) => {
                let text = format!("the node asked is {other:?}, and only the leader can tell");
                return Err(Failure::NotRaftLeader(text));
            }
        }
    }
    let answer = service.call(command, job.path).await?;
    let status = answer.refusal().map_or(Status::Done, |refusal| refusal.status());
    if job.json {
        return Ok(Output { text: format!("{}\n", answer.body.trim_end()), status });
    }
    if command.changes && !answer.is_envelope() {
        let start: String = answer.body.trim().chars().take(60).collect();
        return Err(Failure::Unexpected(format!(
            "unexpected answer, so the change is not known to be made: {start:?}; is this the API \
             of orchestrator?"
        )));
    }
    match answer.refusal() {
        // A raw answer is printed whatever it says.
        Some(_) if command.output == Shape::Body => {
            Ok(Output { text: render(command.output, &answer, job.asked)?, status })
        }
        Some(refusal) => Err(refusal),
        None => {
            let text = render(command.output, &answer, job.asked)?;
            Ok(Output::done(if job.quiet { String::new() } else { text }))
        }
    }
}

#[cfg(test)]
mod tests;
