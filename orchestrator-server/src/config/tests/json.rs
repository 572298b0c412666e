//! What a file may look like, and how values are read and dumped.

use proptest::prelude::*;

use super::super::document::{self, Members};
use super::super::{KEYS, Key, Map, RawConfig, Secrets};
use super::{config, errors, load_bytes};

/// The keys that existing files may have, with JSON type and default.
const REFERENCE_KEYS: &str = include_str!("../fixtures/reference_keys.txt");

/// The keys that came after.
const NEW_KEYS: [&str; 17] = [
    "PrimaryHeartbeatMilliseconds",
    "SharedProbing",
    "PrimaryRestartGraceMilliseconds",
    "GrayFailurePolicy",
    "PromotionDataLossPolicy",
    "PromotionDataLossMaxLagSeconds",
    "PromotionApplyWaitSeconds",
    "MassFailoverMaxPercent",
    "RejoinOldSource",
    "HookTimeoutSeconds",
    "AuthGroupsHeader",
    "TrustedProxies",
    "RequirePostForMutations",
    "EtcdAddress",
    "EtcdUser",
    "EtcdPassword",
    "EtcdCAFile",
];

#[test]
fn the_table_holds_every_key_with_its_type_and_default() {
    let defaults = RawConfig::default();
    let mut known: Vec<&str> = NEW_KEYS.to_vec();
    for line in REFERENCE_KEYS.lines() {
        let (name, rest) = line.split_once(' ').unwrap();
        let (json_type, default) = rest.split_once(' ').unwrap();
        let key = Key::find(name).unwrap_or_else(|| panic!("no key {name}"));
        assert_eq!(key.name, name);
        assert_eq!(key.value(&defaults).type_name(), json_type, "{name}");
        let ours: serde_json::Value =
            serde_json::from_str(&key.json(&defaults, Secrets::Show)).unwrap();
        let theirs: serde_json::Value = serde_json::from_str(default).unwrap();
        let equal = ours == theirs || (ours.as_f64().is_some() && ours.as_f64() == theirs.as_f64());
        assert!(equal, "{name}: {ours} is not {theirs}");
        known.push(name);
    }
    assert_eq!(known.len(), 201 + NEW_KEYS.len());
    let mut names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    known.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn every_key_has_a_meaning() {
    for key in KEYS {
        assert!(key.doc.trim().ends_with('.'), "{}: {}", key.name, key.doc);
    }
}

#[test]
fn files_that_are_read() {
    #[rustfmt::skip]
    let cases: &[(&[u8], &str, &str)] = &[
        // bytes, key, its value
        (b"{}", "Debug", "false"),
        (b"null", "Debug", "false"),
        (b" \n\t{ \"Debug\" : true } ", "Debug", "true"),
        (br#"{"debug": true}"#, "Debug", "true"),
        (br#"{"DEBUG": true}"#, "Debug", "true"),
        (br#"{"Debug": true, "Debug": false}"#, "Debug", "false"),
        (br#"{"Debug": false, "dEBUG": true}"#, "Debug", "true"),
        (br#"{"Debug": true} garbage"#, "Debug", "true"),
        (br#"{"Debug": true}{"Debug": false}"#, "Debug", "true"),
        (b"{\"Debug\": true}\xff\xfe\0", "Debug", "true"),
        (br##"{"#": "x", "#": [1, {"a": 1e999}], "Debug": true}"##, "Debug", "true"),
        (br#"{"Unknown": {"Debug": true}}"#, "Debug", "false"),
        (br#"{"Debug": true, "debug": null}"#, "Debug", "true"),
        (br#"{"InstancePollSeconds": null}"#, "InstancePollSeconds", "5"),
        (br#"{"InstancePollSeconds": 18446744073709551615, "DeadInstancePollSecondsMax": 18446744073709551615}"#, "InstancePollSeconds", "18446744073709551615"),
        (br#"{"MySQLOrchestratorMaxPoolConnections": -1}"#, "MySQLOrchestratorMaxPoolConnections", "-1"),
        (br#"{"MySQLOrchestratorMaxPoolConnections": -0}"#, "MySQLOrchestratorMaxPoolConnections", "0"),
        (br#"{"DeadInstancePollSecondsMultiplyFactor": 1}"#, "DeadInstancePollSecondsMultiplyFactor", "1"),
        (br#"{"DeadInstancePollSecondsMultiplyFactor": 1.5}"#, "DeadInstancePollSecondsMultiplyFactor", "1.5"),
        (br#"{"DeadInstancePollSecondsMultiplyFactor": 2e0}"#, "DeadInstancePollSecondsMultiplyFactor", "2"),
        (br#"{"MySQLOrchestratorMaxAllowedPacket": 2147483647}"#, "MySQLOrchestratorMaxAllowedPacket", "2147483647"),
        (br#"{"PowerAuthUsers": null}"#, "PowerAuthUsers", "null"),
        (br#"{"PowerAuthUsers": []}"#, "PowerAuthUsers", "[]"),
        (br#"{"PowerAuthUsers": [null, null]}"#, "PowerAuthUsers", r#"["*",""]"#),
        (br#"{"PowerAuthUsers": ["a", "b"], "PowerAuthUsers": [null, "c", null]}"#, "PowerAuthUsers", r#"["a","c",""]"#),
        (br#"{"ClusterNameToAlias": null}"#, "ClusterNameToAlias", "null"),
        (br#"{"ClusterNameToAlias": {"b": "1", "a": null, "b": "2"}}"#, "ClusterNameToAlias", r#"{"b":"2","a":""}"#),
        (br#"{"WebMessage": "\u00e9\ud83d\ude00\n"}"#, "WebMessage", "\"\u{e9}\u{1f600}\\n\""),
        (br#"{"WebMessage": "a\ud800b"}"#, "WebMessage", "\"a\u{fffd}b\""),
        (br#"{"WebMessage": "\udc00\ud800\ud800\udc00"}"#, "WebMessage", "\"\u{fffd}\u{fffd}\u{10000}\""),
        (br#"{"WebMessage": "\\ud800"}"#, "WebMessage", r#""\\ud800""#),
        (br#"{"WebMessage": "\ud800"}"#, "WebMessage", "\"\u{fffd}\""),
        (b"{\"WebMessage\": \"a\xffb\"}", "WebMessage", "\"a\u{fffd}b\""),
        (br#"{"PromotionDataLossPolicy": "bounded"}"#, "PromotionDataLossPolicy", r#""bounded""#),
        (br#"{"PromotionDataLossPolicy": {"a": "bounded"}}"#, "PromotionDataLossPolicy", r#"{"a":"bounded"}"#),
        (br#"{"PromotionDataLossPolicy": null}"#, "PromotionDataLossPolicy", r#""available""#),
    ];
    for (bytes, key, expected) in cases {
        let text = String::from_utf8_lossy(bytes);
        let loaded = load_bytes(bytes).unwrap_or_else(|error| panic!("{text}: {error}"));
        let json = Key::find(key).unwrap().json(&loaded.config.raw, Secrets::Show);
        assert_eq!(json, *expected, "{text}");
    }
}

#[test]
fn files_that_are_refused() {
    #[rustfmt::skip]
    let cases: &[(&[u8], &str)] = &[
        (b"", "EOF: the file is empty"),
        (b" \n ", "EOF: the file is empty"),
        (b"\xef\xbb\xbf{}", "expected value"),
        (b"[]", "expected an object"),
        (b"\"x\"", "expected an object"),
        (b"5", "expected an object"),
        (b"true", "expected an object"),
        (b"{", "EOF while parsing"),
        (br#"{"Debug": true,}"#, "trailing comma"),
        (b"{'Debug': true}", "key must be a string"),
        (b"{ // x\n}", "key must be a string"),
        (b"/* x */ {}", "expected value"),
        (br#"{"Debug" true}"#, "expected `:`"),
        (b"{\"WebMessage\": \"a\nb\"}", "control character"),
        (br#"{"WebMessage": "\x"}"#, "invalid escape"),
        (br#"{"InstancePollSeconds": 05}"#, "invalid number"),
        (br#"{"InstancePollSeconds": +5}"#, "expected value"),
        (br#"{"ReadOnly": "true"}"#, "ReadOnly must be true or false, without quotes; found: \"true\""),
        (br#"{"ReadOnly": 1}"#, "ReadOnly must be"),
        (br#"{"InstancePollSeconds": "5"}"#, "InstancePollSeconds must be a whole number, 0 or more, without quotes, fraction or exponent; found: \"5\""),
        (br#"{"InstancePollSeconds": 5.0}"#, "found: 5.0"),
        (br#"{"InstancePollSeconds": 5e0}"#, "found: 5e0"),
        (br#"{"InstancePollSeconds": -5}"#, "found: -5"),
        (br#"{"InstancePollSeconds": 18446744073709551616}"#, "found: 1844"),
        (br#"{"InstancePollSeconds": true}"#, "found: true"),
        (br#"{"SeedWaitSecondsBeforeSend": 9223372036854775808}"#, "found: 9223"),
        (br#"{"MySQLOrchestratorMaxAllowedPacket": 2147483648}"#, "MySQLOrchestratorMaxAllowedPacket must be a whole number of 32 bits"),
        (br#"{"DeadInstancePollSecondsMultiplyFactor": "1"}"#, "must be a number"),
        (br#"{"DeadInstancePollSecondsMultiplyFactor": 1e39}"#, "must be a number"),
        (br#"{"WebMessage": 5}"#, "WebMessage must be a string in double quotes; found: 5"),
        (br#"{"WebMessage": ["a"]}"#, "must be a string"),
        (br#"{"PowerAuthUsers": "a"}"#, "PowerAuthUsers must be a list of strings; found: \"a\""),
        (br#"{"PowerAuthUsers": ["a", 5]}"#, "must be a list of strings"),
        (br#"{"PowerAuthUsers": {}}"#, "must be a list of strings"),
        (br#"{"ClusterNameToAlias": ["a"]}"#, "ClusterNameToAlias must be an object whose values are strings"),
        (br#"{"ClusterNameToAlias": {"a": 5}}"#, "must be an object whose values are strings"),
        (br#"{"PromotionDataLossPolicy": ["a"]}"#, "must be a string, or an object"),
        (br#"{"PromotionDataLossPolicy": {"a": 5}}"#, "must be a string, or an object"),
    ];
    for (bytes, expected) in cases {
        let text = String::from_utf8_lossy(bytes);
        let error = load_bytes(bytes).expect_err(&text).to_string();
        assert!(error.starts_with("Cannot read config file: /"), "{text}: {error}");
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains('\n'), "{text}: {error}");
    }
}

#[test]
fn a_syntax_error_has_its_place() {
    let error = errors("{\"WebMessage\": \"\\ud800\",\n \"Debug\": yes}");
    assert_eq!(error, ["Cannot read config file: 1.json expected value at line 2 column 11"]);
}

#[test]
fn a_long_or_secret_value_is_not_repeated() {
    let long = format!("{{\"Debug\": \"{}\"}}", "x".repeat(500));
    assert!(errors(&long)[0].len() < 200);
    let secret = errors(r#"{"MySQLTopologyPassword": 12345}"#);
    assert!(!secret[0].contains("12345"), "{secret:?}");
}

#[test]
fn a_dump_is_one_line_of_all_keys_in_order() {
    let text = r#"{"WebMessage": "<b>&\"\\\u2028\u0001\t</b>", "MySQLTopologyPassword": "p<w"}"#;
    let raw = config(text).raw;
    let dump = raw.dump(Secrets::Show);
    assert!(!dump.contains('\n'));
    let shown = r#""WebMessage":"\u003cb\u003e\u0026\"\\\u2028\u0001\t\u003c/b\u003e""#;
    assert!(dump.contains(shown), "{dump}");
    assert!(dump.contains(r#""MySQLTopologyPassword":"p\u003cw""#), "{dump}");
    assert!(dump.contains(r#""OAuthScopes":null"#), "{dump}");
    let Members(members) = document::parse(dump.as_bytes()).unwrap();
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
}

#[test]
fn secrets_can_be_masked() {
    let raw = config(
        r#"{"MySQLTopologyPassword": "hush", "MySQLOrchestratorPassword": "hush",
            "HTTPAuthPassword": "hush", "ConsulAclToken": "hush", "EtcdPassword": "hush",
            "OAuthClientSecret": "hush"}"#,
    )
    .raw;
    let dump = raw.dump(Secrets::Mask);
    assert!(!dump.contains("hush"), "{dump}");
    assert!(dump.contains(r#""MySQLTopologyPassword":"********""#), "{dump}");
    assert!(!format!("{raw:?}").contains("hush"));
    assert!(!format!("{:?}", raw.etcd_password).contains("hush"));
    // An empty secret is no secret: that it is empty is worth knowing.
    let dump = RawConfig::default().dump(Secrets::Mask);
    assert!(dump.contains(r#""MySQLTopologyPassword":"""#), "{dump}");
}

/// What some file may say of a key.
fn value_of(key: &'static Key) -> BoxedStrategy<String> {
    let text = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap());
    match key.value(&RawConfig::default()).type_name() {
        "bool" => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        "int" => any::<i64>().prop_map(|value| value.to_string()).boxed(),
        "uint" => any::<u64>().prop_map(|value| value.to_string()).boxed(),
        "int32" => any::<i32>().prop_map(|value| value.to_string()).boxed(),
        "float32" => prop::num::f32::NORMAL.prop_map(|value| value.to_string()).boxed(),
        "string" => text.boxed(),
        "string[]" => prop_oneof![
            Just("null".to_owned()),
            prop::collection::vec(text, 0..4).prop_map(|items| format!("[{}]", items.join(",")))
        ]
        .boxed(),
        "map" | "string or map" => prop::collection::vec((text.clone(), text), 0..4)
            .prop_map(|entries| {
                let entries: Vec<String> =
                    entries.into_iter().map(|(k, v)| format!("{k}:{v}")).collect();
                format!("{{{}}}", entries.join(","))
            })
            .boxed(),
        other => panic!("no values of type {other}"),
    }
}

fn read_into(raw: &mut RawConfig, text: &str) {
    let Members(members) = document::parse(text.as_bytes()).unwrap();
    for (name, value) in &members {
        let key = Key::find(name).unwrap();
        key.value_mut(raw).read(value.get()).unwrap();
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = document::parse(&bytes);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "[{}\\[\\]\":,\\\\ud8cDF0-9é a-z]{0,60}") {
        let _ = document::parse(text.as_bytes());
    }

    #[test]
    fn arbitrary_values_never_panic(place in 0..KEYS.len(), text in "\\PC{0,20}") {
        let _ = KEYS[place].value_mut(&mut RawConfig::default()).read(&text);
    }

    #[test]
    fn any_file_loads_or_is_refused(values in prop::collection::vec(
        (0..KEYS.len()).prop_flat_map(|place| (Just(place), value_of(&KEYS[place]))), 0..40
    )) {
        let members: Vec<String> =
            values.iter().map(|(place, value)| format!("\"{}\":{value}", KEYS[*place].name)).collect();
        let mut draft = super::super::draft::Draft::default();
        read_into(&mut draft.raw, &format!("{{{}}}", members.join(",")));
        super::super::Config::check(&mut draft);
    }

    #[test]
    fn a_dump_reads_back_as_it_was(values in KEYS.iter().map(value_of).collect::<Vec<_>>()) {
        let members: Vec<String> = KEYS
            .iter()
            .zip(&values)
            .map(|(key, value)| format!("\"{}\":{value}", key.name))
            .collect();
        let mut raw = RawConfig::default();
        read_into(&mut raw, &format!("{{{}}}", members.join(",")));
        let mut again = RawConfig { cluster_name_to_alias: Map::empty(), ..RawConfig::default() };
        read_into(&mut again, &raw.dump(Secrets::Show));
        prop_assert_eq!(raw, again);
    }
}
