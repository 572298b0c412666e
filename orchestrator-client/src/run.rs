//! One invocation from its words to the text that it prints.

use std::time::Duration;

use crate::arguments::{self, Arguments};
use crate::commands::{self, Action, Command, Takes};
use crate::endpoint;
use crate::environment::Environment;
use crate::failure::{Failure, Status};
use crate::request::{Http, Login, PACE, Service};
use crate::shape::{Show, render};
use crate::values::Values;

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
    if arguments.version {
        return Ok(Output::done(format!("{}\n", env!("CARGO_PKG_VERSION"))));
    }
    let name = arguments.command.take().unwrap_or_default();
    if name.is_empty() {
        return Err(Failure::Usage(format!(
            "No command given. Use {program} -c <command> [...] or {program} --command <command> \
             [...] to do something useful"
        )));
    }
    let command = commands::find(&name).ok_or_else(|| {
        Failure::Usage(format!("Unsupported command {name}; {program} --help lists the commands"))
    })?;
    if command.action == Action::Help {
        return Ok(Output::done(commands::usage()));
    }
    let environment = Environment::load();
    let limit = match &arguments.timeout {
        Some(text) => arguments::time_limit(text)?,
        None => default_limit(command.takes),
    };
    let values = Values::new(&arguments, &environment)?;
    values.require(command.needs)?;
    let path = values.fill(command.path)?;
    let asked = values.instance_text();
    let service = service(&arguments, &environment)?;
    within(limit, command, &service, perform(command, &service, &path, &asked))
}

fn default_limit(takes: Takes) -> Duration {
    Duration::from_secs(match takes {
        Takes::Seconds => 15,
        Takes::Minutes => 600,
    })
}

fn service(arguments: &Arguments, environment: &Environment) -> Result<Service, Failure> {
    let api = arguments.api.as_deref().filter(|api| !api.trim().is_empty());
    let endpoints = endpoint::parse_list(api.unwrap_or(&environment.api))?;
    let of_environment = format!("{}:{}", environment.auth_user, environment.auth_password);
    let login = Login::parse(
        arguments.login.as_deref().unwrap_or(&of_environment),
        arguments.login_header.as_deref().unwrap_or(&environment.auth_user_header),
    )?;
    let http = Http::new(login, endpoints.iter().any(endpoint::Endpoint::is_tls))?;
    Ok(Service::new(http, endpoints, PACE))
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
            if command.repeatable { "" } else { "; the operation may still be going on there" };
        Err(Failure::TimedOut {
            at: service.addresses(),
            seconds: limit.as_secs(),
            note: trouble.unwrap_or_else(|| going_on.to_owned()),
        })
    })
}

async fn perform(
    command: &Command,
    service: &Service,
    path: &str,
    asked: &str,
) -> Result<Output, Failure> {
    if command.action == Action::WhichApi {
        return Ok(Output::done(format!("{}\n", service.choose().await?.shown)));
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
    let answer = service.call(command, path).await?;
    match answer.refusal() {
        // A raw answer is printed whatever it says.
        Some(refusal) if matches!(command.show, Show::Body) => {
            Ok(Output { text: render(command.show, &answer, asked)?, status: refusal.status() })
        }
        Some(refusal) => Err(refusal),
        None => Ok(Output::done(render(command.show, &answer, asked)?)),
    }
}

#[cfg(test)]
mod tests;
