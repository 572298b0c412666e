//! One call: repeats, and telling answers from failures.
//!
//! A call that changes something is sent again only if the first try provably never left. How
//! answers are printed is in `shape.rs`.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use serde_json::Value;
use shared::commands::{Command, Output};

use crate::endpoint::{self, Endpoint};
use crate::failure::Failure;
use crate::http::{Again, Http, Reply, Trouble};

/// How the calls of one command are paced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Time for each question when a leader is looked for.
    pub(crate) probe_limit: Duration,
    /// Milliseconds before each repeat; each is stretched by up to a quarter at random.
    pub(crate) pauses: &'static [u64],
}

/// The pace that users know.
pub(crate) const PACE: Pace =
    Pace { probe_limit: Duration::from_secs(1), pauses: &[100, 200, 500, 1000, 2000, 2500, 5000] };

/// A usable answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The body as it came.
    pub(crate) body: String,
    value: Value,
    is_envelope: bool,
}

impl Answer {
    /// Whether it is an answer of the form in which the API tells of changes.
    pub(crate) fn is_envelope(&self) -> bool {
        self.is_envelope
    }

    /// What the command asked for: the `Details` of an envelope, or the whole body.
    pub(crate) fn payload(&self) -> &Value {
        if self.is_envelope {
            self.value.get("Details").unwrap_or(&Value::Null)
        } else {
            &self.value
        }
    }

    /// The failure that the server reports in an envelope.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        if !self.is_envelope || self.value.get("Code")? != "ERROR" {
            return None;
        }
        let message = self.value.get("Message").and_then(Value::as_str).unwrap_or_default();
        // The message may begin with the server's name.
        Some(if message == "Unauthorized" || message.ends_with(" says: Unauthorized") {
            Failure::Forbidden(message.to_owned())
        } else {
            Failure::Refused(message.to_owned())
        })
    }

    /// Whether the server forbids the command to this caller, or to any caller at this server.
    fn is_forbidden(&self) -> bool {
        matches!(self.refusal(), Some(Failure::Forbidden(_)))
    }

    #[cfg(test)]
    pub(crate) fn of(body: &str) -> Self {
        classify(Reply { status: 200, body: body.to_owned(), location: None }, "test", false)
            .unwrap()
    }
}

/// A failure and whether another try makes sense.
#[derive(Debug, PartialEq)]
struct Problem {
    failure: Failure,
    again: Again,
}

/// Tells answers of the API from everything else that may listen at an address. A raw answer may
/// be any JSON; else an error's JSON that is none of the API is somebody else's, such as a proxy's.
fn classify(reply: Reply, url: &str, is_raw: bool) -> Result<Answer, Problem> {
    let final_failure = |failure| Err(Problem { failure, again: Again::Never });
    let unexpected = |what: String| {
        final_failure(Failure::Unexpected(format!(
            "Unexpected answer from {url}: HTTP {}, {what}; check the address and the path",
            reply.status
        )))
    };
    let code = reply.status;
    if matches!(code, 401 | 403) {
        return final_failure(Failure::Unauthorised { at: url.to_owned(), code });
    }
    let parsed = serde_json::from_str::<Value>(&reply.body).ok();
    let start = || {
        let start: String = reply.body.trim().chars().take(60).collect();
        format!("{:?}", start.lines().next().unwrap_or_default())
    };
    match parsed {
        Some(value) if is_envelope(&value) => {
            Ok(Answer { body: reply.body, value, is_envelope: true })
        }
        Some(value) if is_raw || code < 400 => {
            Ok(Answer { body: reply.body, value, is_envelope: false })
        }
        _ if matches!(code, 502..=504) => Err(Problem {
            failure: Failure::Unreachable { at: url.to_owned(), cause: format!("HTTP {code}") },
            again: Again::IfIdempotent,
        }),
        Some(_) => unexpected(format!("not of orchestrator's API: {}", start())),
        None if (300..400).contains(&code) => {
            let target = reply.location.as_deref().unwrap_or("nowhere");
            unexpected(format!("a redirect to {}", endpoint::masked(target)))
        }
        None if reply.body.trim().is_empty() => unexpected("an empty body".to_owned()),
        None => unexpected(format!("not JSON: {}", start())),
    }
}

fn is_envelope(value: &Value) -> bool {
    matches!(value.get("Code").and_then(Value::as_str), Some("OK" | "ERROR"))
}

/// The servers, and how to talk to them.
pub(crate) struct Service {
    http: Http,
    endpoints: Vec<Endpoint>,
    pace: Pace,
    /// Why the last try failed, for the message when the time is over.
    last_trouble: RefCell<Option<String>>,
}

impl Service {
    pub(crate) fn new(http: Http, endpoints: Vec<Endpoint>, pace: Pace) -> Self {
        Self { http, endpoints, pace, last_trouble: RefCell::default() }
    }

    /// The addresses for people.
    pub(crate) fn addresses(&self) -> String {
        endpoint::shown(&self.endpoints)
    }

    /// Why the last try failed.
    pub(crate) fn last_trouble(&self) -> Option<String> {
        self.last_trouble.take()
    }

    /// The server that would be asked.
    pub(crate) async fn choose(&self) -> Result<&Endpoint, Failure> {
        endpoint::choose(&self.http, &self.endpoints, self.pace.probe_limit).await
    }

    /// Calls a path for a command. Between repeats the leader is looked for again: it may have
    /// moved, which is the likeliest reason for a call to fail.
    pub(crate) async fn call(&self, command: &Command, path: &str) -> Result<Answer, Failure> {
        let mut endpoint = self.choose().await?;
        let mut pauses = self.pace.pauses.iter();
        let mut may_have_moved = command.idempotent && self.endpoints.len() > 1;
        loop {
            if !command.idempotent {
                // From here on the request may be going on, whatever became of the last one.
                self.last_trouble.take();
            }
            let problem = match self.try_once(command, endpoint, path).await {
                // A leader that has just stepped down forbids what it cannot do.
                Ok(answer) if may_have_moved && answer.is_forbidden() => {
                    may_have_moved = false;
                    match self.choose().await {
                        Ok(other) if other.base != endpoint.base => endpoint = other,
                        _ => return Ok(answer),
                    }
                    continue;
                }
                Ok(answer) => return Ok(answer),
                Err(problem) => problem,
            };
            let again = match problem.again {
                Again::Never => false,
                Again::IfIdempotent => command.idempotent,
                Again::Always => true,
            };
            let Some(pause) = pauses.next().filter(|_| again) else {
                return Err(match problem.again {
                    Again::IfIdempotent if !command.idempotent => perhaps_done(problem.failure),
                    _ => problem.failure,
                });
            };
            tokio::time::sleep(stretched(*pause)).await;
            endpoint = self.choose().await.unwrap_or(endpoint);
        }
    }

    async fn try_once(
        &self,
        command: &Command,
        endpoint: &Endpoint,
        path: &str,
    ) -> Result<Answer, Problem> {
        let url = format!("{}/{path}", endpoint.base);
        let result = match self.http.get(&url).await {
            Ok(reply) => {
                let is_raw = command.output == Output::Body;
                classify(reply, &format!("{}/{path}", endpoint.shown), is_raw)
            }
            Err(Trouble { cause, again }) => {
                let failure = Failure::Unreachable { at: endpoint.shown.clone(), cause };
                Err(Problem { failure, again })
            }
        };
        if let Err(Problem { failure: Failure::Unreachable { cause, .. }, .. }) = &result {
            self.last_trouble.replace(Some(cause.clone()));
        }
        result
    }
}

/// Says that the request may have arrived, to whoever thinks of sending it again.
fn perhaps_done(failure: Failure) -> Failure {
    match failure {
        Failure::Unreachable { at, cause } => Failure::Unreachable {
            at,
            cause: format!("{cause}; the request may have arrived: look before you repeat it"),
        },
        other => other,
    }
}

/// Stretches a pause at random, so that clients that failed together do not return together.
fn stretched(milliseconds: u64) -> Duration {
    let pause = Duration::from_millis(milliseconds);
    pause + random_up_to(pause / 4)
}

/// A random time.
pub(crate) fn random_up_to(limit: Duration) -> Duration {
    // Hashers are keyed at random, which is all the randomness that is needed here.
    let random = RandomState::new().build_hasher().finish() >> 11;
    limit.mul_f64(random as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests;
