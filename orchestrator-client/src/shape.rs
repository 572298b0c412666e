//! From a JSON answer to the printed lines. Nothing here knows a command or the network.
//!
//! Lists may be `null`, a list or a single thing: what is there is printed, so that no operation
//! that succeeded looks failed because of its answer's shape.

use std::collections::HashMap;

use serde_json::Value;

use crate::failure::Failure;
use crate::json_line::json_line;
use crate::request::Answer;

/// How an answer is printed.
#[derive(Clone, Copy)]
pub(crate) enum Show {
    /// Not at all.
    Nothing,
    /// The instance that was asked for: the answer names none.
    Asked,
    /// The whole body as one line of JSON.
    Body,
    /// The payload as one line of JSON.
    Json,
    /// The payload as one line.
    One(Line),
    /// The payload as one line, if it passes the test.
    OneIf(fn(&Value) -> bool, Line),
    /// Each element of the payload as one line.
    Each(Line),
    /// Each element of the payload that passes the test.
    EachIf(fn(&Value) -> bool, Line),
    /// The text that most elements have there; of equals, the last in order.
    MostCommon(&'static str),
    /// The raft leader's address, which must not be empty.
    RaftLeader,
}

/// How a value becomes a line. Places are JSON pointers.
#[derive(Clone, Copy)]
pub(crate) enum Line {
    /// `host:port` of an instance or of a key.
    Key,
    /// `host:port` of the key at the place.
    KeyAt(&'static str),
    /// The value itself, a string without quotes.
    Text,
    /// The value at the place.
    TextAt(&'static str),
    /// The values at two places with a text between them.
    Pair(&'static str, &'static str, &'static str),
    /// `instance<source`.
    Relocated,
    /// An entry of the replication analysis.
    Analysis,
}

/// Prints an answer. `asked` is the instance of the command line.
pub(crate) fn render(show: Show, answer: &Answer, asked: &str) -> Result<String, Failure> {
    let payload = answer.payload();
    let any: fn(&Value) -> bool = |_| true;
    match show {
        Show::Nothing => Ok(String::new()),
        Show::Asked => Ok(format!("{asked}\n")),
        Show::Body => Ok(json_line(&answer.body) + "\n"),
        Show::Json => Ok(json_line(&payload.to_string()) + "\n"),
        Show::One(line) => lines(non_null(payload), any, line),
        Show::OneIf(test, line) => lines(non_null(payload), test, line),
        Show::Each(line) => lines(elements(payload), any, line),
        Show::EachIf(test, line) => lines(elements(payload), test, line),
        Show::MostCommon(place) => Ok(most_common(elements(payload), place)),
        Show::RaftLeader => match text(payload) {
            leader if leader.is_empty() => {
                Err(Failure::NotRaftLeader("the node knows no leader at present".to_owned()))
            }
            leader => Ok(leader + "\n"),
        },
    }
}

fn non_null(value: &Value) -> &[Value] {
    if value.is_null() { &[] } else { std::slice::from_ref(value) }
}

fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| non_null(value), Vec::as_slice)
}

fn lines(values: &[Value], test: fn(&Value) -> bool, line: Line) -> Result<String, Failure> {
    let mut printed = String::new();
    for value in values.iter().filter(|value| test(value)) {
        if let Some(text) = print(value, line)? {
            printed.push_str(&text);
            printed.push('\n');
        }
    }
    Ok(printed)
}

/// One line; `None` where the answer says "none" by `null`.
fn print(value: &Value, line: Line) -> Result<Option<String>, Failure> {
    let at = |place: &str| value.pointer(place).ok_or_else(|| lacks(value, place));
    Ok(match line {
        Line::Key => Some(key(value.get("Key").unwrap_or(value))?),
        Line::KeyAt(place) => match at(place)? {
            Value::Null => None,
            found => Some(key(found)?),
        },
        Line::Text => Some(text(value)),
        Line::TextAt(place) => Some(text(at(place)?)),
        Line::Pair(first, between, second) => {
            Some(format!("{}{between}{}", text(at(first)?), text(at(second)?)))
        }
        Line::Relocated => Some(format!("{}<{}", key(at("/Key")?)?, key(at("/MasterKey")?)?)),
        Line::Analysis => Some(analysis(value)?),
    })
}

fn key(value: &Value) -> Result<String, Failure> {
    match (value.get("Hostname").and_then(Value::as_str), value.get("Port").and_then(Value::as_u64))
    {
        (Some(hostname), Some(port)) => Ok(format!("{hostname}:{port}")),
        _ => Err(lacks(value, "/Hostname")),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => json_line(&other.to_string()),
    }
}

/// `KEY (cluster NAME): CODE`; of structure warnings, the first stands for no problem.
fn analysis(entry: &Value) -> Result<String, Failure> {
    let at = |place: &str| entry.pointer(place).ok_or_else(|| lacks(entry, place));
    let mut code = text(at("/Analysis")?);
    if code == "NoProblem" {
        code = entry.pointer("/StructureAnalysis/0").map(text).unwrap_or_default();
    }
    let cluster = text(at("/ClusterDetails/ClusterName")?);
    Ok(format!("{} (cluster {cluster}): {code}", key(at("/AnalyzedInstanceKey")?)?))
}

fn most_common(values: &[Value], place: &str) -> String {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value.pointer(place).map(text).unwrap_or_default()).or_insert(0) += 1;
    }
    let most = counts.into_iter().max_by(|(a, m), (b, n)| m.cmp(n).then_with(|| a.cmp(b)));
    most.map(|(text, _)| text + "\n").unwrap_or_default()
}

fn lacks(value: &Value, place: &str) -> Failure {
    let start: String = value.to_string().chars().take(80).collect();
    Failure::Unexpected(format!(
        "unexpected answer: no {} in {start}; is this the API of orchestrator?",
        place.trim_start_matches('/').replace('/', ".")
    ))
}

#[cfg(test)]
mod tests;
