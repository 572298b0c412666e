use std::{fs, path::Path};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::hooks::Successor;

const LONG: Duration = Duration::from_secs(600);

struct Bench {
    folder: tempfile::TempDir,
    runner: HookRunner,
    lines: Lines,
    heard: mpsc::UnboundedReceiver<String>,
}

impl Bench {
    fn new(shell: &str, deadline: Duration) -> Self {
        let (lines, heard) = mpsc::unbounded_channel();
        let runner = HookRunner::new(shell.to_owned(), deadline, TaskTracker::new());
        Self { folder: tempfile::tempdir().unwrap(), runner, lines, heard }
    }

    /// Runs hooks; `@` stands for the bench's folder, a final `&` for the background.
    async fn run(&self, hooks: &[&str], stop_on_failure: bool) -> Result<(), String> {
        let commands: Vec<_> = hooks.iter().map(|hook| self.command(hook)).collect();
        let list = "PreFailoverProcesses";
        let context = context();
        let ran = self.runner.run(list, &commands, stop_on_failure, &context, &self.lines);
        ran.await.map_err(|error| error.to_string())
    }

    fn command(&self, hook: &str) -> HookCommand {
        let text = hook.replace('@', self.folder.path().to_str().unwrap());
        let foreground = text.strip_suffix(" &");
        HookCommand {
            text: foreground.unwrap_or(&text).to_owned(),
            in_background: foreground.is_some(),
        }
    }

    /// The lines since the last call, with `…` for durations.
    fn lines(&mut self) -> Vec<String> {
        let time = regex::Regex::new(r" in [0-9.]+(ns|µs|ms|s)\b").unwrap();
        std::iter::from_fn(|| self.heard.try_recv().ok())
            .map(|line| time.replace(&line, " in …").into_owned())
            .collect()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap_or_default()
    }

    fn create(&self, file: &str) {
        fs::write(self.folder.path().join(file), "").unwrap();
    }
}

fn key(host: &str) -> InstanceKey {
    InstanceKey::new(host, 3306).unwrap()
}

fn context() -> HookContext {
    HookContext {
        failure_type: "DeadMaster".into(),
        instance_type: "master".into(),
        is_master: true,
        is_co_master: false,
        failure_description: "it's dead; $(really)".into(),
        command: String::new(),
        failed: key("db1"),
        cluster: "db1:3306".into(),
        cluster_alias: "shop".into(),
        cluster_domain: String::new(),
        count_replicas: 1,
        is_downtimed: false,
        auto_master_recovery: true,
        auto_intermediate_master_recovery: true,
        orchestrator_host: "watcher".into(),
        recovery_uid: "1:a".into(),
        lost_replicas: vec![],
        replicas: vec![key("db2")],
        successor: Some(Successor { key: key("db2"), alias: "two".into(), binlog: None }),
    }
}

#[rstest]
#[case::none(&[], true, &["No PreFailoverProcesses hooks to run"], Ok(()))]
#[case::one(
    &["true {failedHost}"],
    true,
    &[
        "Running 1 PreFailoverProcesses hooks",
        "Running PreFailoverProcesses hook 1 of 1: true db1",
        "Completed PreFailoverProcesses hook 1 of 1 in …",
        "done running PreFailoverProcesses hooks",
    ],
    Ok(())
)]
#[case::failure_stops(
    &["exit 3", "true"],
    true,
    &[
        "Running 2 PreFailoverProcesses hooks",
        "Running PreFailoverProcesses hook 1 of 2: exit 3",
        "Execution of PreFailoverProcesses hook 1 of 2 failed in … with error: (exit status 3) ",
        "Not running further PreFailoverProcesses hooks",
    ],
    Err("(exit status 3) ")
)]
#[case::failure_does_not_stop(
    &["echo out; echo err >&2; exit 3", "exit 4", "true"],
    false,
    &[
        "Running 3 PreFailoverProcesses hooks",
        "Running PreFailoverProcesses hook 1 of 3: echo out; echo err >&2; exit 3",
        "Execution of PreFailoverProcesses hook 1 of 3 failed in … with error: (exit status 3) out\nerr\n",
        "Running PreFailoverProcesses hook 2 of 3: exit 4",
        "Execution of PreFailoverProcesses hook 2 of 3 failed in … with error: (exit status 4) ",
        "Running PreFailoverProcesses hook 3 of 3: true",
        "Completed PreFailoverProcesses hook 3 of 3 in …",
        "done running PreFailoverProcesses hooks",
    ],
    Err("(exit status 3) out\nerr\n")
)]
#[tokio::test]
async fn a_run_is_told_line_by_line(
    #[case] hooks: &[&str],
    #[case] stop_on_failure: bool,
    #[case] lines: &[&str],
    #[case] outcome: Result<(), &str>,
) {
    let mut bench = Bench::new("sh", LONG);
    assert_eq!(bench.run(hooks, stop_on_failure).await, outcome.map_err(str::to_owned));
    assert_eq!(bench.lines(), lines);
}

#[tokio::test]
async fn nobody_waits_for_hooks_in_the_background() {
    let mut bench = Bench::new("sh", Duration::ZERO);
    let hook = "until [ -e @/go ]; do sleep 0.01; done; exit 3 &";
    assert_eq!(bench.run(&[hook], true).await, Ok(()));
    let text = bench.command(hook).text;
    let expected = [
        "Running 1 PreFailoverProcesses hooks".to_owned(),
        format!("Running PreFailoverProcesses hook 1 of 1 (async): {text}"),
        "done running PreFailoverProcesses hooks".to_owned(),
    ];
    assert_eq!(bench.lines(), expected);

    bench.create("go");
    bench.runner.background.close();
    bench.runner.background.wait().await;
    let failed =
        "Execution of PreFailoverProcesses hook 1 of 1 failed in … with error: (exit status 3) ";
    assert_eq!(bench.lines(), [failed], "it had no deadline, and its failure can be seen");

    bench.runner.background.reopen();
    assert_eq!(bench.run(&["true &"], true).await, Ok(()));
    bench.runner.background.close();
    bench.runner.background.wait().await;
    let completed = "Completed PreFailoverProcesses hook 1 of 1 (async) in …";
    assert_eq!(bench.lines().last().unwrap(), completed);
}

#[tokio::test]
async fn a_hook_gets_values_environment_and_nothing_to_read() {
    let bench = Bench::new("sh", LONG);
    let hook = "{ printf '%s|' '{failureDescription}' \"$ORC_FAILURE_DESCRIPTION\" $# \
                \"$ORC_SUCCESSOR_HOST\" \"$ORC_SUCCESSOR_PORT\" \
                \"${ORC_SUCCESSOR_BINLOG_COORDINATES-unset}\" \"$CARGO_MANIFEST_DIR\"; cat; } \
                > @/out";
    assert_eq!(bench.run(&[hook], true).await, Ok(()));
    let inherited = env!("CARGO_MANIFEST_DIR");
    let expected =
        format!("it's dead; $(really)|it's dead; $(really)|0|db2|3306|unset|{inherited}|");
    assert_eq!(bench.read("out"), expected);
}

#[tokio::test]
async fn an_inherited_variable_can_be_taken_away() {
    let script = Script {
        shell: "sh".into(),
        text: "echo \"${CARGO_MANIFEST_DIR-unset}\"".into(),
        arguments: vec![],
        environment: vec![("CARGO_MANIFEST_DIR", None)],
        deadline: None,
    };
    assert_eq!(script.run().await.unwrap(), "unset\n");
}

#[tokio::test]
async fn take_master_hooks_get_both_servers() {
    let mut bench = Bench::new("sh", LONG);
    let hook = "echo \"$1 $2 $# $ORC_SUCCESSOR_HOST $ORC_FAILED_HOST {failedHost}\" >> @/out";
    let commands = [bench.command("exit 1"), bench.command(hook)];
    let (new, old) = (key("db2"), key("db1"));
    let ran = bench.runner.run_after_take_master(&commands, &new, &old, &bench.lines).await;
    assert_eq!(ran.unwrap_err().to_string(), "(exit status 1) ");
    assert_eq!(bench.read("out"), "db2:3306 db1:3306 2 db2:3306 db1:3306 {failedHost}\n");
    let lines = bench.lines();
    assert_eq!(lines[0], "Running 2 PostTakeMasterProcesses hooks");
    assert_eq!(lines.last().unwrap(), "done running PostTakeMasterProcesses hooks");
}

#[tokio::test]
async fn the_file_of_a_hook_is_private_and_goes_away() {
    let bench = Bench::new("sh", LONG);
    let hook = "echo \"$0\" > @/name; ls -l \"$0\" > @/mode";
    assert_eq!(bench.run(&[hook], true).await, Ok(()));
    let name = bench.read("name");
    let path = Path::new(name.trim_end());
    let file = path.file_name().unwrap().to_str().unwrap();
    assert!(file.starts_with("orchestrator-process-cmd-"), "{file}");
    assert!(bench.read("mode").starts_with("-rwx------"));
    assert!(!path.exists());
}

#[rstest]
#[case::killed("kill -9 $$", "(signal 9) ")]
#[case::syntax("echo 'a", "(exit status 2) ")]
#[case::not_text("printf '\\377'; exit 1", "(exit status 1) \u{fffd}")]
#[tokio::test]
async fn a_failure_says_how(#[case] hook: &str, #[case] error: &str) {
    let bench = Bench::new("sh", LONG);
    let told = bench.run(&[hook], true).await.unwrap_err();
    assert!(told.starts_with(error), "{told}");
}

#[tokio::test]
async fn a_shell_that_is_not_there_is_named() {
    let bench = Bench::new("no-such-shell", LONG);
    let told = bench.run(&["true"], true).await.unwrap_err();
    assert_eq!(told, "(cannot run no-such-shell: No such file or directory (os error 2)) ");
}

#[tokio::test]
async fn endless_output_is_cut() {
    let bench = Bench::new("sh", LONG);
    let told = bench.run(&["head -c 300000 /dev/zero | tr '\\0' x; exit 1"], true).await;
    let expected =
        format!("(exit status 1) {}\n[more output was dropped]\n", "x".repeat(64 * 1024));
    assert_eq!(told.unwrap_err(), expected);
}

#[tokio::test]
async fn a_hook_that_hangs_is_killed_with_all_its_children() {
    let hook = "trap '' TERM; sleep 1000 & echo $! > @/child; echo waiting; wait";
    for deadline in [100, 1000, 10_000, 100_000] {
        let bench = Bench::new("sh", Duration::from_millis(deadline));
        let told = bench.run(&[hook], true).await.unwrap_err();
        if bench.read("child").is_empty() {
            // The shell had not come so far.
            continue;
        }
        let seconds = Duration::from_millis(deadline).as_secs_f64();
        let reason = format!("(killed after {seconds} s, see HookTimeoutSeconds) ");
        assert!(told.starts_with(&reason), "{told}");
        // Its parent is gone, so it may stay a zombie where nobody collects those.
        let stat = format!("/proc/{}/stat", bench.read("child").trim());
        let gone = async {
            let alive = |state: String| !state.is_empty() && !state.contains(") Z ");
            while alive(fs::read_to_string(&stat).unwrap_or_default()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), gone).await.expect("the child is killed");
        return;
    }
    panic!("the hook never started");
}

#[tokio::test]
async fn children_that_a_hook_leaves_behind_go_on() {
    let bench = Bench::new("sh", LONG);
    let hook = "(until [ -e @/go ]; do sleep 0.01; done; echo late; echo more > @/done) & \
                echo $! > @/child; echo early";
    assert_eq!(bench.run(&[hook, "echo next"], true).await, Ok(()));
    bench.create("go");
    let done = async {
        while bench.read("done").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let went_on = tokio::time::timeout(Duration::from_secs(60), done).await;
    if went_on.is_err() {
        let child = bench.read("child").trim().parse().unwrap();
        let _ = kill_process(Pid::from_raw(child).unwrap(), Signal::KILL);
    }
    assert!(went_on.is_ok(), "printing to nobody must not end it");
}

#[rstest]
#[case(0, "0s")]
#[case(850, "850ns")]
#[case(1_000, "1µs")]
#[case(18_750, "18.75µs")]
#[case(27_765_718, "27.765718ms")]
#[case(100_000_000, "100ms")]
#[case(1_000_000_000, "1s")]
#[case(2_050_000_000, "2.05s")]
#[case(60_000_000_000, "1m0s")]
#[case(62_500_000_000, "1m2.5s")]
#[case(3_600_000_000_000, "1h0m0s")]
#[case(7_265_000_000_001, "2h1m5.000000001s")]
fn durations_are_written_as_ever(#[case] nanos: u64, #[case] text: &str) {
    assert_eq!(wire_text(Duration::from_nanos(nanos)), text);
}
