use std::{path::Path, process::Command};

use proptest::prelude::*;
use rstest::rstest;
use shared::InstanceKey;

use super::*;
use crate::hooks::{Successor, environment};

fn key(text: &str) -> InstanceKey {
    InstanceKey::parse(text, 3306).unwrap()
}

/// A source died; its replica db2 takes over.
fn failover() -> HookContext {
    HookContext {
        failure_type: "DeadMaster".into(),
        instance_type: "master".into(),
        is_master: true,
        is_co_master: false,
        failure_description: "Master cannot be reached; none of its replicas is replicating".into(),
        command: String::new(),
        failed: key("db1.example.com"),
        cluster: "db1.example.com:3306".into(),
        cluster_alias: "shop".into(),
        cluster_domain: "shop.example.com".into(),
        count_replicas: 2,
        is_downtimed: false,
        auto_master_recovery: true,
        auto_intermediate_master_recovery: false,
        orchestrator_host: "watcher-1".into(),
        recovery_uid: "1795410103600216743:ca08367b".into(),
        lost_replicas: vec![],
        replicas: vec![key("db2.example.com"), key("db3.example.com:3307")],
        successor: Some(Successor {
            key: key("db2.example.com:3308"),
            alias: "db-two".into(),
            binlog: Some("binlog.000001:1993".into()),
        }),
    }
}

/// No successor yet.
fn detection() -> HookContext {
    HookContext { successor: None, ..failover() }
}

/// A planned takeover, before anything was done.
fn takeover() -> HookContext {
    HookContext {
        failure_description: String::new(),
        command: "graceful-master-takeover".into(),
        recovery_uid: String::new(),
        lost_replicas: vec![key("db3"), key("db4:1")],
        successor: Some(Successor { key: key("db2"), alias: String::new(), binlog: None }),
        ..failover()
    }
}

const EVERY_PLACEHOLDER: &str = "'{failureType}' '{instanceType}' '{isMaster}' '{isCoMaster}' \
    '{failureDescription}' '{command}' '{failedHost}' '{failedPort}' '{failureCluster}' \
    '{failureClusterAlias}' '{failureClusterDomain}' '{countSlaves}' '{countReplicas}' \
    '{isDowntimed}' '{autoMasterRecovery}' '{autoIntermediateMasterRecovery}' \
    '{orchestratorHost}' '{recoveryUID}' '{isSuccessful}' '{successorHost}' '{successorPort}' \
    '{successorBinlogCoordinates}' '{successorAlias}' '{lostSlaves}' '{lostReplicas}' \
    '{countLostReplicas}' '{slaveHosts}' '{replicaHosts}'";

#[rstest]
#[case::with_successor(
    failover(),
    "'DeadMaster' 'master' 'true' 'false' \
     'Master cannot be reached; none of its replicas is replicating' '' 'db1.example.com' '3306' \
     'db1.example.com:3306' 'shop' 'shop.example.com' '2' '2' 'false' 'true' 'false' 'watcher-1' \
     '1795410103600216743:ca08367b' 'true' 'db2.example.com' '3308' 'binlog.000001:1993' 'db-two' \
     '' '' '0' 'db2.example.com:3306,db3.example.com:3307' \
     'db2.example.com:3306,db3.example.com:3307'"
)]
#[case::without_successor(
    detection(),
    "'DeadMaster' 'master' 'true' 'false' \
     'Master cannot be reached; none of its replicas is replicating' '' 'db1.example.com' '3306' \
     'db1.example.com:3306' 'shop' 'shop.example.com' '2' '2' 'false' 'true' 'false' 'watcher-1' \
     '1795410103600216743:ca08367b' 'false' '{successorHost}' '{successorPort}' \
     '{successorBinlogCoordinates}' '{successorAlias}' '' '' '0' \
     'db2.example.com:3306,db3.example.com:3307' 'db2.example.com:3306,db3.example.com:3307'"
)]
#[case::before_a_takeover(
    takeover(),
    "'DeadMaster' 'master' 'true' 'false' '' 'graceful-master-takeover' 'db1.example.com' '3306' \
     'db1.example.com:3306' 'shop' 'shop.example.com' '2' '2' 'false' 'true' 'false' 'watcher-1' \
     '' 'true' 'db2' '3306' '{successorBinlogCoordinates}' '' 'db3:3306,db4:1' 'db3:3306,db4:1' \
     '2' 'db2.example.com:3306,db3.example.com:3307' 'db2.example.com:3306,db3.example.com:3307'"
)]
fn every_placeholder_has_its_value(#[case] context: HookContext, #[case] expected: &str) {
    assert_eq!(expand(EVERY_PLACEHOLDER, &context), expected);
}

#[test]
fn the_environment_has_the_values_in_order() {
    let of = |context: &HookContext| -> Vec<String> {
        let line = |(name, text): environment::Variable| format!("{name}={}", text?).into();
        environment::variables(context).into_iter().filter_map(line).collect()
    };
    let mut expected = vec![
        "ORC_FAILURE_TYPE=DeadMaster",
        "ORC_INSTANCE_TYPE=master",
        "ORC_IS_MASTER=true",
        "ORC_IS_CO_MASTER=false",
        "ORC_FAILURE_DESCRIPTION=Master cannot be reached; none of its replicas is replicating",
        "ORC_COMMAND=",
        "ORC_FAILED_HOST=db1.example.com",
        "ORC_FAILED_PORT=3306",
        "ORC_FAILURE_CLUSTER=db1.example.com:3306",
        "ORC_FAILURE_CLUSTER_ALIAS=shop",
        "ORC_FAILURE_CLUSTER_DOMAIN=shop.example.com",
        "ORC_COUNT_REPLICAS=2",
        "ORC_IS_DOWNTIMED=false",
        "ORC_AUTO_MASTER_RECOVERY=true",
        "ORC_AUTO_INTERMEDIATE_MASTER_RECOVERY=false",
        "ORC_ORCHESTRATOR_HOST=watcher-1",
        "ORC_IS_SUCCESSFUL=true",
        "ORC_LOST_REPLICAS=",
        "ORC_REPLICA_HOSTS=db2.example.com:3306,db3.example.com:3307",
        "ORC_RECOVERY_UID=1795410103600216743:ca08367b",
        "ORC_SUCCESSOR_HOST=db2.example.com",
        "ORC_SUCCESSOR_PORT=3308",
        "ORC_SUCCESSOR_BINLOG_COORDINATES=binlog.000001:1993",
        "ORC_SUCCESSOR_ALIAS=db-two",
    ];
    assert_eq!(of(&failover()), expected);
    expected.truncate(20);
    expected[16] = "ORC_IS_SUCCESSFUL=false";
    assert_eq!(of(&detection()), expected);
    let names: Vec<_> = environment::variables(&detection()).into_iter().skip(20).collect();
    let unset = ["HOST", "PORT", "BINLOG_COORDINATES", "ALIAS"];
    for ((name, text), suffix) in names.into_iter().zip(unset) {
        assert_eq!((name, text), (name, None));
        assert_eq!(name, format!("ORC_SUCCESSOR_{suffix}"));
    }
}

fn named(alias: &str) -> HookContext {
    HookContext { cluster_alias: alias.to_owned(), ..detection() }
}

/// `@` stands for the placeholder of a value `it's; "$x" \`.
#[rstest]
#[case::bare("notify @", r#"notify 'it'\''s; "$x" \'"#)]
#[case::in_a_word("notify --of=@!", r#"notify --of='it'\''s; "$x" \'!"#)]
#[case::single("notify '@'", r#"notify 'it'\''s; "$x" \'"#)]
#[case::double("notify \"@\"", r#"notify "it's; \"\$x\" \\""#)]
#[case::double_within_single("echo '\"@\"'", r#"echo '"it'\''s; "$x" \"'"#)]
#[case::single_within_double("echo \"'@'\"", r#"echo "'it's; \"\$x\" \\'""#)]
#[case::after_an_escaped_quote("echo \\' @", r#"echo \' 'it'\''s; "$x" \'"#)]
#[case::after_an_escaped_quote_within("echo \"\\\"@\"", r#"echo "\"it's; \"\$x\" \\""#)]
#[case::after_an_apostrophe_in_a_comment("# don't\necho @", "# don't\necho 'it'\\''s; \"$x\" \\'")]
#[case::after_a_hash_within_a_word("echo a#' @", r#"echo a#' it'\''s; "$x" \"#)]
#[case::after_the_length_of_a_parameter("echo ${#x} @", r#"echo ${#x} 'it'\''s; "$x" \'"#)]
#[case::substitution_within_double("\"$(f @)\"", r#""$(f 'it'\''s; "$x" \')""#)]
#[case::after_a_substitution("\"$(f (x) \")\") @\"", r#""$(f (x) ")") it's; \"\$x\" \\""#)]
#[case::unknown_placeholder("{alias} @", r#"{alias} 'it'\''s; "$x" \'"#)]
fn a_value_is_escaped_by_its_context(#[case] hook: &str, #[case] expected: &str) {
    let hook = hook.replace('@', "{failureClusterAlias}");
    assert_eq!(expand(&hook, &named(r#"it's; "$x" \"#)), expected);
}

#[test]
fn a_value_is_not_expanded_again() {
    let context = named("{failedHost}");
    assert_eq!(expand("f '{failureClusterAlias}'", &context), "f '{failedHost}'");
}

#[test]
fn a_value_loses_what_no_shell_can_hold() {
    assert_eq!(expand("f {failureClusterAlias}", &named("a\0b")), "f ab");
}

/// Places where a value comes out unchanged, whatever it is; `@` is the value.
const FAITHFUL: &[&str] = &[
    "@",
    "'@'",
    "\"@\"",
    "[@]",
    "\"it's @\"",
    "'say \"@'",
    "\"$(printf %s. @)\"",
    "\"$(printf %s. '@')\"",
    "\"$(printf %s. \"@\")\"",
    "\"`printf %s. @`\"",
    "\"`printf %s. '@'`\"",
    "`printf %s. \"@\"`\"\"",
    "\"$( (printf %s. @) )\"",
    "\"$(cat <<'E' | wc -l | tr -d ' '\ndon't\nE\n)@\"",
];

/// Places where a value may come out changed, but is never run.
const SAFE: &[&str] = &[
    "printf %s \\@",
    "printf %s \"\\@\"",
    "printf %s $@",
    "printf %s \"$@\"",
    "printf %s \"`printf %s \\@ $@`\"",
    "printf %s x # @",
    "printf %s ${unset_x:-@}",
    "printf %s \"${unset_x:-@}\"",
    "printf %s \"${unset_x:-\"@\"}\"",
    "printf %s \"${unset_x:-'@'}\"",
    "printf %s \"${unset_x:-`printf %s '@' @ \"@\"`}\"",
    "printf %s ${unset_x:-`printf %s '@' @ \"@\"`}",
    "printf %s `printf x # '@`",
    "printf %s \"$((1 + @))\"",
    "cat <<E\n@\nE\nprintf %s end",
    "cat <<-E\n\tit's @ $@ \\@\n\tE\nprintf %s @",
    "cat <<'E' <<F\n'\nE\n@ \"\nF\nprintf %s '@'",
    "cat <<E\n$(printf %s @) `printf %s '@'` ${unset_x:-@}\nE",
];

fn run(shell: &str, script: &str, folder: &Path) -> String {
    let output = Command::new(shell)
        .args(["-c", script])
        .env("RAN", folder.join("ran"))
        .current_dir(folder)
        .output()
        .unwrap();
    let ran = folder.join("ran");
    assert!(!ran.exists(), "{shell} ran a part of a value: {script}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn hostile() -> impl Strategy<Value = String> {
    let attacks = [
        "$(>$RAN)",
        "`>$RAN`",
        ";>$RAN;",
        "&>$RAN&",
        "|>$RAN",
        "\n>$RAN\n",
        "(>$RAN)",
        "{x,>$RAN}",
        "'",
        "\"",
        "\\",
        "$",
        "(",
        ")",
        "}",
        "\n",
        "\nE\n",
        "E",
        "#",
        " ",
        "\t",
        "*",
        "~",
        "é",
        "a",
        "=",
        "-",
        "!",
        "<<E",
        "[",
    ];
    let attack = proptest::sample::select(attacks.to_vec()).prop_map(str::to_owned);
    let anything = any::<String>().prop_map(|text| text.replace('\0', ""));
    let parts = prop_oneof![4 => attack, 1 => anything];
    proptest::collection::vec(parts, 0..6).prop_map(|parts| parts.concat())
}

fn hook(template: &str) -> String {
    template.replace('@', "{failureClusterAlias}")
}

proptest! {
    #[test]
    fn a_value_reaches_the_command_unchanged(value in hostile()) {
        let folder = tempfile::tempdir().unwrap();
        let script: Vec<String> =
            FAITHFUL.iter().map(|place| format!("printf '%s\\0' {place}\n")).collect();
        let script = expand(&hook(&script.concat()), &named(&value));
        let dot = format!("{value}.");
        // A bare empty value is no word at all, and the shell drops none of the line breaks that
        // stand before a dot.
        let expected = [
            value.clone(), value.clone(), value.clone(), format!("[{value}]"),
            format!("it's {value}"), format!("say \"{value}"), dot.clone(), dot.clone(), dot.clone(),
            dot.clone(), dot.clone(), dot.clone(), dot.clone(), format!("1{value}"),
        ];
        for shell in ["sh", "bash"] {
            let output = run(shell, &format!("set -f; IFS=; {script}"), folder.path());
            let output: Vec<_> = output.strip_suffix('\0').unwrap().split('\0').collect();
            prop_assert_eq!(output, expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }

    #[test]
    fn bash_takes_a_value_within_its_own_quotes(value in hostile()) {
        let folder = tempfile::tempdir().unwrap();
        let script = expand(&hook("printf %s. $'don\\'t @' '@'"), &named(&value));
        prop_assert_eq!(run("bash", &script, folder.path()), format!("don't {value}.{value}."));
    }

    #[test]
    fn harmless_values_are_put_in_as_they_are(value in "[A-Za-z0-9_@%+=:,./-]{0,12}") {
        for place in FAITHFUL.iter().chain(SAFE) {
            // `@` may stand in the value.
            let hook = hook(place);
            let plain = hook.replace("{failureClusterAlias}", &value);
            prop_assert_eq!(expand(&hook, &named(&value)), plain);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_part_of_a_value_is_ever_run(value in hostile()) {
        let folder = tempfile::tempdir().unwrap();
        for place in SAFE {
            for shell in ["sh", "bash"] {
                run(shell, &expand(&hook(place), &named(&value)), folder.path());
            }
        }
    }

    #[test]
    fn in_any_text_everything_but_the_placeholder_stays(text in "[@#$(){}<>`'\"\\\\ \nEa-]{0,30}") {
        let expanded = expand(&hook(&text), &named("h'h"));
        let kept = |text: &str| text.replace(['@', '\\', '\'', 'h'], "").replace("047", "");
        prop_assert_eq!(kept(&expanded), kept(&text));
    }
}
