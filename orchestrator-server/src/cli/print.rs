//! From an answer of the API to the lines of the server's own command line, which differ from the
//! client's in places (spec 03, 3.8). Nothing here knows a command or the network.

use std::{collections::BTreeSet, fmt::Write};

use regex::Regex;
use serde_json::Value;
use shared::commands::Test;

/// What becomes of an answer. The payload is the `Details` of an envelope, or else the whole
/// body; `KEY` is `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// Nothing.
    Nothing,
    /// This line.
    Fixed(&'static str),
    /// The instance that was asked for.
    Asked,
    /// The instance that was asked for, if an element of the list has its key.
    AskedIfListed,
    /// `I<D`, as they were asked for.
    AskedBelowDestination,
    /// The destination that was asked for, if the answer is yes.
    DestinationIfSo,
    /// The `KEY` of the payload; the instance that was asked for where there is none.
    Key,
    /// The `KEY` of the payload if it passes the test.
    KeyIf(Test),
    /// The `KEY` of each element.
    Keys,
    /// The same, sorted; an empty line if there are none.
    SortedKeysOrEmpty,
    /// The `KEY` of each element that has this text at this place.
    KeysWhere(&'static str, &'static str),
    /// The `KEY` of each element, if it matches `-pattern`.
    KeysLikePattern,
    /// `KEY<I` for each element.
    KeysBelowAsked,
    /// Replicas that gh-ost can read from, those with the fewest replicas first.
    KeysOfRowReplicas,
    /// `KEY<source`.
    Relocated,
    /// The `KEY` of the source; nothing where there is none or it is detached.
    SourceKey,
    /// The payload as text, on a line.
    Text,
    /// The text at the place.
    TextAt(&'static str),
    /// Each element, a text.
    EachText,
    /// Each element; an empty line if there are none.
    LinesOrEmpty,
    /// Texts at two places of each element, with a text between them.
    Pairs(&'static str, &'static str, &'static str),
    /// SQL statements, each ending with a semicolon.
    Statements,
    /// `[lag,status,…]` of the instance, from the drawing of its cluster.
    Status,
    /// The largest lag of the instances.
    LargestLag,
    /// The value of the tag `-tag` among `name=value` texts; nothing where it is absent.
    TagValue,
    /// `KEY (cluster NAME): …` with every problem, downtimed servers left out.
    Analysis,
    /// The `KEY` of the promoted instance; nothing if no recovery was attempted.
    Recovered,
    /// The `KEY` of the successor.
    Successor,
    /// The same, and its position at promotion.
    SuccessorAndPosition,
    /// `N recoveries acknowledged`.
    Acknowledged,
    /// Whether automatic recoveries are disabled.
    GlobalRecoveries,
    /// `KEY rule` lines, sorted; an empty line if there are none.
    PromotionRulesOrEmpty,
    /// `host:token` of each node.
    Nodes,
    /// `host resolved` lines.
    ResolvedHosts,
    /// `host virtual` lines, sorted, each host once.
    VirtualNames,
}

/// What was asked, as far as answers repeat it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `KEY` of `-i`.
    pub instance: &'a str,
    /// `KEY` of `-d`.
    pub destination: &'a str,
    /// `-pattern`
    pub pattern: &'a str,
    /// `-tag`
    pub tag: &'a str,
}

/// The lines for an answer's payload.
///
/// # Errors
/// The payload lacks what is to be printed, or the pattern is none.
pub fn render(print: Print, payload: &Value, asked: Asked<'_>) -> Result<String, String> {
    let list = elements(payload);
    Ok(match print {
        Print::Nothing => String::new(),
        Print::Fixed(text) => line(text),
        Print::Asked => line(asked.instance),
        Print::AskedIfListed => {
            let listed = list.iter().any(|value| key(value).is_ok_and(|k| k == asked.instance));
            if listed { line(asked.instance) } else { String::new() }
        }
        Print::AskedBelowDestination => line(&format!("{}<{}", asked.instance, asked.destination)),
        Print::DestinationIfSo => line(asked.destination),
        Print::Key => line(&key(payload).unwrap_or_else(|_| asked.instance.to_owned())),
        Print::KeyIf(test) if passes(payload, test) => line(&key(payload)?),
        Print::KeyIf(_) => String::new(),
        Print::Keys => keys(list)?,
        Print::SortedKeysOrEmpty => or_empty_line(sorted(keys(list)?)),
        Print::KeysWhere(place, text) => {
            keys(list.iter().filter(|value| text_at(value, place) == text))?
        }
        Print::KeysLikePattern => keys_like(list, asked.pattern)?,
        Print::KeysBelowAsked => {
            each(list, |value| Ok(format!("{}<{}", key(value)?, asked.instance)))?
        }
        Print::KeysOfRowReplicas => row_replicas(list)?,
        Print::Relocated => {
            line(&format!("{}<{}", key(payload)?, key(at(payload, "/MasterKey")?)?))
        }
        Print::SourceKey => source(payload)?,
        Print::Text => line(&text(payload)),
        Print::TextAt(place) => line(&text(at(payload, place)?)),
        Print::EachText => each(list, |value| Ok(text(value)))?,
        Print::LinesOrEmpty => or_empty_line(each(list, |value| Ok(text(value)))?),
        Print::Pairs(first, between, second) => each(list, |value| {
            Ok(format!("{}{between}{}", text(at(value, first)?), text(at(value, second)?)))
        })?,
        Print::Statements => {
            each(list, |value| Ok(format!("{};", text(value).trim_end_matches(';'))))?
        }
        Print::Status => line(status(payload, asked.instance)?),
        Print::LargestLag => line(&largest_lag(list)?.to_string()),
        Print::TagValue => tag_value(list, asked.tag),
        Print::Analysis => analyses(list)?,
        Print::Recovered => line(&key(payload)?),
        Print::Successor => line(&key(at(payload, "/SuccessorKey")?)?),
        Print::SuccessorAndPosition => successor_and_position(payload)?,
        Print::Acknowledged => line(&format!("{} recoveries acknowledged", text(payload))),
        Print::GlobalRecoveries => {
            let disabled = text(payload) == "disabled";
            line(&format!("OK: Global recoveries disabled: {disabled}"))
        }
        Print::PromotionRulesOrEmpty => {
            let rule =
                |value: &Value| Ok(format!("{} {}", key(value)?, text_at(value, "/PromotionRule")));
            or_empty_line(sorted(each(list, rule)?))
        }
        Print::Nodes => each(elements(at(payload, "/AvailableNodes")?), |node| {
            Ok(format!("{}:{}", text_at(node, "/Hostname"), text_at(node, "/Token")))
        })?,
        Print::ResolvedHosts => resolved_hosts(payload),
        Print::VirtualNames => virtual_names(list),
    })
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

/// Lists may be `null`, a list or a single thing.
pub(super) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(list) => list,
        single => std::slice::from_ref(single),
    }
}

fn each<'v>(
    values: impl IntoIterator<Item = &'v Value>,
    print: impl Fn(&Value) -> Result<String, String>,
) -> Result<String, String> {
    values.into_iter().map(|value| print(value).map(|text| line(&text))).collect()
}

fn keys<'v>(values: impl IntoIterator<Item = &'v Value>) -> Result<String, String> {
    each(values, key)
}

/// `host:port` of a key, of something with a key, or of something that is filed under one.
pub(super) fn key(value: &Value) -> Result<String, String> {
    let value = value.get("Key").unwrap_or(value);
    match (value.get("Hostname").and_then(Value::as_str), value.get("Port").and_then(Value::as_u64))
    {
        (Some(hostname), Some(port)) => Ok(format!("{hostname}:{port}")),
        _ => Err(lacks(value, "/Hostname")),
    }
}

fn keys_like(list: &[Value], pattern: &str) -> Result<String, String> {
    let pattern = Regex::new(pattern).map_err(|error| {
        let error = error.to_string();
        let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("-pattern is no regular expression: {why}")
    })?;
    keys(list.iter().filter(|value| key(value).is_ok_and(|key| pattern.is_match(&key))))
}

/// Spec 04, 7.6.
fn row_replicas(list: &[Value]) -> Result<String, String> {
    let is = |value: &Value, place| value.pointer(place).and_then(Value::as_bool) == Some(true);
    let fits = |value: &&Value| {
        number(value, "/ReplicationDepth") > 0
            && text_at(value, "/Binlog_format") == "ROW"
            && is(value, "/IsLastCheckValid")
            && is(value, "/LogBinEnabled")
            && is(value, "/LogReplicationUpdatesEnabled")
            && text_at(value, "/FlavorName") != "MaxScale"
    };
    let mut replicas: Vec<&Value> = list.iter().filter(fits).collect();
    let count = |value: &Value| value.pointer("/Replicas").map_or(0, |r| elements(r).len());
    replicas.sort_by_key(|value| count(value));
    keys(replicas)
}

fn number(value: &Value, place: &str) -> i64 {
    value.pointer(place).and_then(Value::as_i64).unwrap_or(0)
}

fn source(payload: &Value) -> Result<String, String> {
    let found = at(payload, "/MasterKey")?;
    let hostname = text_at(found, "/Hostname");
    let none = hostname.is_empty() || hostname == "_" || hostname.starts_with("//");
    if none { Ok(String::new()) } else { Ok(line(&key(found)?)) }
}

/// The brackets on the line of the instance: `+ KEY (alias)   [lag,status,…]`.
fn status<'t>(payload: &'t Value, asked: &str) -> Result<&'t str, String> {
    let drawing = payload.as_str().ok_or_else(|| lacks(payload, "/text"))?;
    let name = |line: &str| {
        let label = line.trim_start().trim_start_matches(['+', '-', '\u{2021}']).trim_start();
        label.split([' ', '[']).next().unwrap_or_default() == asked
    };
    let found = drawing.lines().find(|line| name(line));
    let brackets = found.and_then(|line| Some(&line[line.rfind('[')?..]));
    brackets.ok_or_else(|| format!("{asked} is not in the drawing of its cluster"))
}

fn largest_lag(list: &[Value]) -> Result<i64, String> {
    let lag = |value: &Value| {
        let lag = value.pointer("/ReplicationLagSeconds")?;
        lag.get("Valid")?.as_bool()?.then(|| lag.get("Int64")?.as_i64())?
    };
    let largest = list.iter().filter_map(lag).max();
    largest.ok_or_else(|| "No instances found in GetInstancesMaxLag".to_owned())
}

fn tag_value(list: &[Value], tag: &str) -> String {
    let name = tag.split('=').next().unwrap_or_default();
    let tags = list.iter().filter_map(Value::as_str);
    let mut found = tags.filter_map(|tag| match tag.split_once('=') {
        Some((n, value)) if n == name => Some(value),
        None if tag == name => Some(""),
        _ => None,
    });
    found.next().map(line).unwrap_or_default()
}

fn analyses(list: &[Value]) -> Result<String, String> {
    let mut printed = String::new();
    for entry in list.iter().filter(|entry| entry.get("IsDowntimed") != Some(&Value::Bool(true))) {
        let code = text(at(entry, "/Analysis")?);
        let structure = entry.get("StructureAnalysis").map_or(&[][..], elements);
        let codes: Vec<String> = std::iter::once(code)
            .filter(|code| code != "NoProblem")
            .chain(structure.iter().map(text))
            .collect();
        let key = key(at(entry, "/AnalyzedInstanceKey")?)?;
        let cluster = text(at(entry, "/ClusterDetails/ClusterName")?);
        // Writing to a text never fails.
        let _ = writeln!(printed, "{key} (cluster {cluster}): {}", codes.join(", "));
    }
    Ok(printed)
}

fn successor_and_position(payload: &Value) -> Result<String, String> {
    let successor = key(at(payload, "/SuccessorKey")?)?;
    let file = text_at(payload, "/SuccessorBinlogCoordinates/LogFile");
    let position = number(payload, "/SuccessorBinlogCoordinates/LogPos");
    Ok(format!("{successor}\n{file}:{position}\n"))
}

fn resolved_hosts(payload: &Value) -> String {
    let hosts = payload.as_object().into_iter().flatten();
    hosts.map(|(host, cached)| format!("{host} {}\n", text_at(cached, "/Object"))).collect()
}

fn virtual_names(list: &[Value]) -> String {
    let names = list
        .iter()
        .map(|server| (text_at(server, "/Key/Hostname"), text_at(server, "/UnresolvedHostname")));
    let names: BTreeSet<_> = names.filter(|(_, name)| !name.is_empty()).collect();
    names.iter().map(|(host, name)| format!("{host} {name}\n")).collect()
}

fn sorted(lines: String) -> String {
    let mut all: Vec<&str> = lines.lines().collect();
    all.sort_unstable();
    all.into_iter().map(line).collect()
}

fn or_empty_line(lines: String) -> String {
    if lines.is_empty() { line("") } else { lines }
}

fn at<'v>(value: &'v Value, place: &str) -> Result<&'v Value, String> {
    value.pointer(place).ok_or_else(|| lacks(value, place))
}

fn text_at(value: &Value, place: &str) -> String {
    value.pointer(place).map(text).unwrap_or_default()
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn lacks(value: &Value, place: &str) -> String {
    let start: String = value.to_string().chars().take(80).collect();
    format!("unexpected answer: no {} in {start}", place.trim_start_matches('/').replace('/', "."))
}

fn passes(instance: &Value, test: Test) -> bool {
    let both = |state: i64| {
        number(instance, "/ReplicationSQLThreadState") == state
            && number(instance, "/ReplicationIOThreadState") == state
            && instance.get("ReplicationIOThreadState").is_some()
    };
    match test {
        Test::Replicating | Test::Running => both(1),
        Test::Stopped => both(0),
        Test::Broken => !both(1),
    }
}

#[cfg(test)]
#[path = "print_tests.rs"]
mod tests;
