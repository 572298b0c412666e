//! From a JSON answer to the printed lines. Nothing here knows a command or the network.
//!
//! Lists may be `null`, a list or a single thing: what is there is printed, so that no operation
//! that succeeded looks failed because of its answer's shape.

use std::collections::HashMap;

use serde_json::Value;
use shared::commands::{Line, Output, Test};

use crate::failure::Failure;
use crate::json_line::json_line;
use crate::request::Answer;

/// Prints an answer. `asked` is the instance of the command line.
pub(crate) fn render(output: Output, answer: &Answer, asked: &str) -> Result<String, Failure> {
    let payload = answer.payload();
    match output {
        Output::Nothing => Ok(String::new()),
        Output::Asked => Ok(format!("{asked}\n")),
        Output::Body => Ok(json_line(&answer.body) + "\n"),
        Output::Json => Ok(json_line(&payload.to_string()) + "\n"),
        Output::One(line) => lines(non_null(payload), None, line),
        Output::OneIf(test, line) => lines(non_null(payload), Some(test), line),
        Output::Each(line) => lines(elements(payload), None, line),
        Output::EachIf(test, line) => lines(elements(payload), Some(test), line),
        Output::MostCommon(place) => Ok(most_common(elements(payload), place)),
        Output::RaftLeader => match text(payload) {
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

fn lines(values: &[Value], test: Option<Test>, line: Line) -> Result<String, Failure> {
    let mut printed = String::new();
    for value in values.iter().filter(|value| test.is_none_or(|test| passes(value, test))) {
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

fn passes(instance: &Value, test: Test) -> bool {
    let flag = |name| instance.get(name).and_then(Value::as_bool).unwrap_or(false);
    let both_run = || flag("ReplicationSQLThreadRuning") && flag("ReplicationIOThreadRuning");
    let says =
        |name| instance.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    // 1 running, 0 stopped, -1 no replica.
    let both_are = |state: i64| {
        ["ReplicationSQLThreadState", "ReplicationIOThreadState"]
            .iter()
            .all(|name| instance.get(name).and_then(Value::as_i64) == Some(state))
    };
    match test {
        Test::Running => both_run(),
        Test::Broken => !both_run() && (says("LastSQLError") || says("LastIOError")),
        Test::Replicating => both_are(1),
        Test::Stopped => both_are(0),
    }
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
