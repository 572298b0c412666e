use super::*;
use rstest::rstest;
use shared::commands;

fn read(line: &str) -> Result<Arguments, Failure> {
    parse(line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned))
}

#[rstest]
#[case("-c clusters")]
#[case("-cclusters")]
#[case("-command clusters")]
#[case("--command clusters")]
#[case("--command=clusters")]
#[case("-command=clusters")]
#[case("-c topology -c clusters")]
#[case("-c clusters --debug -verbose --stack --debug=true")]
#[case("-h x -c clusters")]
#[case("-c clusters stray words")]
#[case("-c clusters -- --stray -x")]
fn spellings_of_a_command(#[case] line: &str) {
    let arguments = read(line).unwrap();
    assert_eq!(arguments.get(FlagId::Command), Some("clusters"));
    assert_eq!(arguments.help, None);
}

#[test]
fn every_flag_stores_its_value_in_each_spelling() {
    for flag in FLAGS.iter().filter(|flag| flag.takes_value()) {
        let both = |name: &str| {
            ["-", "--"].map(|dashes| [format!("{dashes}{name} v"), format!("{dashes}{name}=v")])
        };
        let mut lines: Vec<_> = flag.long.iter().flat_map(|name| both(name)).flatten().collect();
        if let Some(letter) = flag.short {
            lines.extend([format!("-{letter} v"), format!("-{letter}v")]);
        }
        for line in lines {
            let expected =
                Arguments { given: vec![(flag.id, "v".to_owned())], ..Default::default() };
            assert_eq!(read(&line).unwrap(), expected, "{line}");
        }
    }
}

#[test]
fn the_last_of_synonyms_wins() {
    assert_eq!(read("-d a -s b").unwrap().get(FlagId::Destination), Some("b"));
    assert_eq!(read("-s b -d a").unwrap().get(FlagId::Destination), Some("a"));
}

#[test]
fn a_value_is_taken_as_it_is() {
    let words = ["-r", "-tag", "-q", "a = b", "--owner=", "-t=x"].map(str::to_owned);
    let arguments = parse(words).unwrap();
    assert_eq!(arguments.get(FlagId::Reason), Some("-tag"));
    assert_eq!(arguments.get(FlagId::Owner), Some(""));
    assert_eq!(arguments.get(FlagId::Query), Some("a = b"));
    assert_eq!(arguments.get(FlagId::Tag), Some("=x"));
}

#[rstest]
#[case("--json", true)]
#[case("--json=true", true)]
#[case("--json=false", false)]
#[case("", false)]
fn switches(#[case] line: &str, #[case] on: bool) {
    assert_eq!(read(line).unwrap().is_on(FlagId::Json), on);
}

#[rstest]
#[case("-h", "")]
#[case("--help", "")]
#[case("-h x", "x")]
#[case("-c forget -i h -h", "")]
#[case("-h -c forget -i h", "")]
#[case("forget --help", "")]
fn help_wins(#[case] line: &str, #[case] topic: &str) {
    assert_eq!(read(line).unwrap().help.as_deref(), Some(topic));
}

#[rstest]
#[case("relocate h d", "i=h d=d")]
#[case("relocate -i h d", "d=d i=h")]
#[case("relocate d -i h", "d=d i=h")]
#[case("relocate h -s d", "d=d i=h")]
#[case("relocate h --timeout 5s d", "d=d i=h")]
#[case("-i h relocate d", "d=d i=h")]
#[case("topology c", "a=c")]
#[case("topology -i h", "i=h")]
#[case("graceful-master-takeover c d", "a=c d=d")]
#[case("recover h", "i=h")]
#[case("recover -- -h", "i=-h")]
#[case("downtimed", "")]
fn words_after_a_subcommand(#[case] line: &str, #[case] expected: &str) {
    let mut arguments = read(line).unwrap();
    let command = commands::find(&arguments.words.remove(0)).unwrap();
    arguments.place_words(command).unwrap();
    let mut values: Vec<_> =
        [(FlagId::Instance, "i"), (FlagId::Destination, "d"), (FlagId::Alias, "a")]
            .into_iter()
            .filter_map(|(id, name)| Some(format!("{name}={}", arguments.get(id)?)))
            .collect();
    values.sort();
    let mut expected: Vec<_> = expected.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(values, expected);
}

#[rstest]
#[case("clusters x")]
#[case("relocate a b c")]
#[case("discover -i a b")]
fn too_many_words(#[case] line: &str) {
    let mut arguments = read(line).unwrap();
    let command = commands::find(&arguments.words.remove(0)).unwrap();
    let message = arguments.place_words(command).unwrap_err().to_string();
    assert!(message.starts_with(&format!("too many words for {}", command.name)), "{message}");
}

#[rstest]
#[case(
    "-c",
    "a value is missing: -c <command>, --command <command>; see orchestrator-client --help"
)]
#[case(
    "-c clusters --alias",
    "a value is missing: -a <cluster>, --alias <cluster>; see orchestrator-client --help"
)]
#[case("-c clusters -Z", "unknown flag -Z; see orchestrator-client --help")]
#[case("-psecret", "unknown flag -p; see orchestrator-client --help")]
#[case("--nosuch=secret", "unknown flag --nosuch; see orchestrator-client --help")]
#[case("--alais=secret", "unknown flag --alais: did you mean --alias?")]
#[case("--time-out 5", "unknown flag --time-out: did you mean --timeout?")]
#[case(
    "clusters -c clusters",
    "a word that belongs to no flag stands before the last flag: \
     quote values that hold blanks; see orchestrator-client --help"
)]
fn refused_lines(#[case] line: &str, #[case] message: &str) {
    assert_eq!(read(line).unwrap_err().to_string(), message);
}

#[rstest]
#[case("0", 0)]
#[case("30", 30)]
#[case("45s", 45)]
#[case("5m", 300)]
#[case("2h", 7200)]
#[case("1w", 604_800)]
fn times(#[case] text: &str, #[case] seconds: u64) {
    assert_eq!(time("--timeout", text).unwrap(), Duration::from_secs(seconds));
}

#[rstest]
#[case("")]
#[case("m")]
#[case("1.5s")]
#[case("-1")]
#[case("9ä")]
#[case("99999999999999999w")]
fn refused_times(#[case] text: &str) {
    let message = time("--splay", text).unwrap_err().to_string();
    assert_eq!(message, format!("--splay {text}: give a time such as 30, 45s or 5m"));
}
