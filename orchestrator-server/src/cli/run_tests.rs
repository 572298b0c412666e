use rstest::rstest;

use super::*;
use crate::cli::flags;

fn given(line: &str) -> Flags {
    flags::parse(line.split_whitespace().map(Into::into)).unwrap()
}

/// The paths that a command line calls, or why it calls none.
fn paths(line: &str) -> Result<Vec<String>, String> {
    let flags = given(&format!("-owner dba {line}"));
    let command = commands::find(flags.command.as_deref().unwrap()).unwrap();
    let runs = runs(command, &flags, &Config::default()).map_err(|error| error.to_string())?;
    runs.iter().map(|run| run.path(command.path()).map_err(|error| error.to_string())).collect()
}

#[rstest]
#[case("-c clusters", "clusters")]
#[case("-c topology -alias main", "topology/main")]
#[case("-c topology -i db1", "topology/db1%3A3306")]
#[case("-c topology -alias main -i db1", "topology/main")]
#[case("-c which-downtimed-instances", "downtimed")]
#[case("-c which-downtimed-instances -alias a/b", "downtimed/a%2Fb")]
#[case("-c begin-downtime -i db1 -reason=x -duration 5m", "begin-downtime/db1/3306/dba/x/5m")]
#[case("-c begin-downtime -i db1:3307 --reason x", "begin-downtime/db1/3307/dba/x")]
#[case("-c register-candidate -i db1", "register-candidate/db1/3306/prefer")]
#[case(
    "-c register-candidate -i db1 --promotion-rule must_not",
    "register-candidate/db1/3306/must_not"
)]
#[case("-c recover -i db1 -d [fe80::1]:3307", "recover/db1/3306/fe80%3A%3A1/3307")]
#[case("-c recover -i db1", "recover/db1/3306")]
#[case("-c search -pattern db", "search?s=db")]
#[case(
    "-c submit-pool-instances -pool web -i a:1,b:2",
    "submit-pool-instances/web?instances=a%3A1%2Cb%3A2"
)]
#[case("-c ack-instance-recoveries -i db1 -reason ok", "ack-recovery/instance/db1/3306?comment=ok")]
fn one_call(#[case] line: &str, #[case] path: &str) {
    assert_eq!(paths(line), Ok(vec![path.to_owned()]), "{line}");
}

#[test]
fn several_instances_are_several_runs() {
    let flags = Flags {
        command: Some("end-downtime".to_owned()),
        instance: " db1,db2:3307\n\tdb3 ,".to_owned(),
        owner: "dba".to_owned(),
        ..Flags::default()
    };
    let command = commands::find("end-downtime").unwrap();
    let runs = runs(command, &flags, &Config::default()).unwrap();
    let paths: Vec<String> = runs.iter().map(|run| run.path(command.path()).unwrap()).collect();
    assert_eq!(paths, ["end-downtime/db1/3306", "end-downtime/db2/3307", "end-downtime/db3/3306"]);
}

#[rstest]
#[case("-c begin-downtime -reason x", "Cannot deduce instance")]
#[case("-c begin-downtime -i db1", "--reason option required")]
#[case("-c stop-replica", "Cannot deduce instance")]
#[case("-c stop-replica -i db1:x", "Cannot deduce instance: -i db1:x")]
#[case("-c which-master -i :3306", "Cannot deduce instance: -i :3306")]
#[case("-c end-downtime -i db1,db2:0", "db2:0")]
#[case("-c relocate -i db1", "Cannot deduce destination")]
#[case("-c recover -i db1 -d x:y", "Cannot deduce instance: -d x:y")]
#[case("-c force-master-failover", "give -alias or -i")]
#[case("-c ack-all-recoveries", "--reason option required")]
#[case("-c find", "No pattern given")]
#[case("-c search", "No pattern given")]
#[case("-c submit-pool-instances -i a:1", "Please submit --pool")]
#[case("-c tag -i db1", "Unable to parse tag")]
#[case("-c purge-binary-logs -i db1", "expecting --binlog value")]
#[case("-c begin-downtime -i db1 -reason ..", "cannot be sent")]
fn a_value_that_is_missing_or_none_is_named(#[case] line: &str, #[case] says: &str) {
    let error = paths(line).unwrap_err();
    assert!(error.contains(says), "{line}: {error}");
}

#[test]
fn where_nothing_can_be_harmed_this_machine_is_meant() {
    let machine = hostname::get().unwrap().to_string_lossy().into_owned();
    for (line, route) in [("-c which-master", "instance"), ("-c discover", "discover")] {
        assert_eq!(paths(line), Ok(vec![format!("{route}/{}/3306", encode(&machine))]), "{line}");
    }
}

#[test]
fn no_instance_is_needed_where_none_is_taken() {
    for name in ["clusters", "replication-analysis", "enable-global-recoveries", "active-nodes"] {
        let command = commands::find(name).unwrap();
        let flags = given(&format!("-c {name}"));
        let runs = runs(command, &flags, &Config::default()).unwrap();
        assert_eq!(runs.len(), 1, "{name}");
        assert_eq!(runs[0].instance, None, "{name}");
    }
}

/// Only commands that change servers insist on whole names.
#[rstest]
#[case("stop-replica", true)]
#[case("forget", true)]
#[case("recover", true)]
#[case("begin-downtime", false)]
#[case("which-master", false)]
fn whole_names(#[case] name: &str, #[case] exact: bool) {
    let flags = given(&format!("-c {name} -i db1 -reason r"));
    let command = commands::find(name).unwrap();
    let runs = runs(command, &flags, &Config::default()).unwrap();
    assert_eq!(runs[0].question(command, "x").exact, exact);
}
