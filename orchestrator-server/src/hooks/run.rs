//! Runs hook lists and tells what happens, line by line, in the words of spec 05, 8.3. Whether a
//! list runs at all, and what its failure means for a recovery, is decided by the caller.

use std::time::{Duration, Instant};

use shared::InstanceKey;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::{HookContext, HookError, environment, placeholders, process::Script};
use crate::config::HookCommand;

/// Where the lines about a run go. Hooks in the background send theirs when they end.
pub type Lines = mpsc::UnboundedSender<String>;

/// Runs hooks with one shell and one deadline.
#[derive(Clone, Debug)]
pub struct HookRunner {
    shell: String,
    deadline: Duration,
    background: TaskTracker,
}

/// One hook of a list, ready to run.
struct Hook {
    /// `PreFailoverProcesses hook 1 of 2`
    name: String,
    in_background: bool,
    script: Script,
    lines: Lines,
}

impl HookRunner {
    /// `shell` is the program of `ProcessesShellCommand`. Hooks that run longer than `deadline`
    /// are killed; those in the background, which nobody waits for, are not, and are tracked by
    /// `background`.
    #[must_use]
    pub fn new(shell: String, deadline: Duration, background: TaskTracker) -> Self {
        Self { shell, deadline, background }
    }

    /// Runs the hooks of the list named `list` one after the other. With `stop_on_failure` the
    /// first failure ends the list. Returns the first failure either way.
    pub async fn run(
        &self,
        list: &str,
        commands: &[HookCommand],
        stop_on_failure: bool,
        context: &HookContext,
        lines: &Lines,
    ) -> Result<(), HookError> {
        let scripts = commands.iter().map(|command| {
            let text = placeholders::expand(&command.text, context);
            self.script(command, text, environment::variables(context), Vec::new())
        });
        self.run_all(list, scripts, stop_on_failure, lines).await
    }

    /// Runs the hooks of `PostTakeMasterProcesses`, which differ (spec 05, 7.2): no placeholders,
    /// two arguments, two variables that hold `host:port`. All of them are run.
    pub async fn run_after_take_master(
        &self,
        commands: &[HookCommand],
        new_source: &InstanceKey,
        demoted: &InstanceKey,
        lines: &Lines,
    ) -> Result<(), HookError> {
        let keys = [new_source.to_string(), demoted.to_string()];
        let variables = vec![
            ("ORC_SUCCESSOR_HOST", Some(keys[0].clone())),
            ("ORC_FAILED_HOST", Some(keys[1].clone())),
        ];
        let scripts = commands.iter().map(|command| {
            self.script(command, command.text.clone(), variables.clone(), keys.to_vec())
        });
        self.run_all("PostTakeMasterProcesses", scripts, false, lines).await
    }

    fn script(
        &self,
        command: &HookCommand,
        text: String,
        environment: Vec<environment::Variable>,
        arguments: Vec<String>,
    ) -> (bool, Script) {
        let deadline = (!command.in_background).then_some(self.deadline);
        let script = Script { shell: self.shell.clone(), text, arguments, environment, deadline };
        (command.in_background, script)
    }

    async fn run_all(
        &self,
        list: &str,
        scripts: impl ExactSizeIterator<Item = (bool, Script)>,
        stop_on_failure: bool,
        lines: &Lines,
    ) -> Result<(), HookError> {
        let count = scripts.len();
        if count == 0 {
            say(lines, format!("No {list} hooks to run"));
            return Ok(());
        }
        say(lines, format!("Running {count} {list} hooks"));
        let mut first_failure = Ok(());
        for (number, (in_background, script)) in (1..).zip(scripts) {
            let name = format!("{list} hook {number} of {count}");
            let hook = Hook { name, in_background, script, lines: lines.clone() };
            hook.announce();
            if in_background {
                self.background.spawn(hook.run());
                continue;
            }
            let outcome = hook.run().await;
            let failed = outcome.is_err();
            first_failure = first_failure.and(outcome);
            if failed && stop_on_failure {
                say(lines, format!("Not running further {list} hooks"));
                return first_failure;
            }
        }
        say(lines, format!("done running {list} hooks"));
        first_failure
    }
}

impl Hook {
    fn mark(&self) -> &'static str {
        if self.in_background { " (async)" } else { "" }
    }

    fn announce(&self) {
        say(&self.lines, format!("Running {}{}: {}", self.name, self.mark(), self.script.text));
    }

    async fn run(self) -> Result<(), HookError> {
        let mark = self.mark();
        let Self { name, script, lines, .. } = self;
        let start = Instant::now();
        let outcome = script.run().await;
        let took = wire_text(start.elapsed());
        match outcome {
            Ok(output) => {
                info!("{name} succeeded: {output}");
                say(&lines, format!("Completed {name}{mark} in {took}"));
                Ok(())
            }
            Err(error) => {
                warn!("{name} failed: {error}");
                say(&lines, format!("Execution of {name} failed in {took} with error: {error}"));
                Err(error)
            }
        }
    }
}

/// Nobody has to listen.
fn say(lines: &Lines, line: String) {
    let _ = lines.send(line);
}

/// A duration as existing readers of these lines know it: `850ns`, `18.8µs`, `20.3ms`, `1m2.5s`.
fn wire_text(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let scaled = |nanos: u128, unit: u128| {
        let digits = unit.ilog10() as usize;
        let text = format!("{}.{:0digits$}", nanos / unit, nanos % unit);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", scaled(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", scaled(nanos, 1_000_000)),
        _ => {
            let minutes = duration.as_secs() / 60;
            let seconds = scaled(nanos % 60_000_000_000, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
