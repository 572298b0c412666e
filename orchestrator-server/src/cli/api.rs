//! Who answers a command: the running service, if there is one beside the database, else this
//! process itself, which then has the database for as long as the command takes.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use axum::http::StatusCode;
use serde_json::Value;

use crate::{
    backend::{BackendError, Problem, Sqlite, lock::Role},
    config::ConfigHandle,
    http::local::{InProcess, Question},
    serve::{Program, embedded_file},
};

/// How long to wait for another command, or for a service that is just starting or ending.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Longest time for an answer; recoveries take as long as they take.
const LIMIT: Duration = Duration::from_secs(3700);
const CONNECT: Duration = Duration::from_secs(5);

/// Who answers.
pub enum Api {
    /// This process.
    Within(Box<Program>, InProcess),
    /// The service that has the database.
    Service(Forward),
}

/// The way to the running service.
pub struct Forward {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The payload: the details of an envelope, or the whole body.
    Payload(Value),
    /// Why not.
    Refused(String),
    /// There is no such route.
    NoRoute,
}

impl Api {
    /// Finds out who answers. Waits for other commands, and for a service that starts.
    ///
    /// # Errors
    /// The backend cannot be used, or is not given free in time.
    pub async fn reach(config: ConfigHandle) -> anyhow::Result<Self> {
        // A provider installed before would be this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let file = embedded_file(&config.current())?;
        let began = Instant::now();
        loop {
            let wanted = file.clone();
            let open = move || Sqlite::open_as(&wanted, Role::Command);
            let error = match tokio::task::spawn_blocking(open).await? {
                Ok(sqlite) => {
                    let program = Program::open(config, sqlite, true).await?;
                    let api = InProcess::new(program.services.clone());
                    return Ok(Self::Within(Box::new(program), api));
                }
                Err(error) => error,
            };
            let BackendError { problem: Problem::InUse(holder), .. } = &error else {
                return Err(error.into());
            };
            if let Some((address, token)) = &holder.door {
                let service = Forward::new(&address.to_string(), token)?;
                if service.is_there().await {
                    return Ok(Self::Service(service));
                }
            }
            if began.elapsed() > PATIENCE {
                return Err(error.into());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Asks.
    ///
    /// # Errors
    /// There is no answer, or none that can be read.
    pub async fn ask(&self, question: &Question<'_>) -> anyhow::Result<Answer> {
        let (status, body) = match self {
            Self::Within(_, api) => api.ask(question).await.map_err(|error| anyhow!(error))?,
            Self::Service(service) => service.ask(question).await?,
        };
        Answer::read(status, &body)
    }

    /// Writes what is not written, and gives the database free.
    pub async fn close(self) {
        if let Self::Within(program, _) = self {
            program.close().await;
        }
    }
}

impl Forward {
    fn new(address: &str, token: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(LIMIT)
            .build()
            .context("cannot ask the running service")?;
        Ok(Self { http, url: format!("http://{address}/api/"), token: token.to_owned() })
    }

    /// Somebody who knows the token listens there.
    async fn is_there(&self) -> bool {
        let question = Question { path: "lb-check", owner: "", exact: false };
        matches!(self.ask(&question).await, Ok((StatusCode::OK, _)))
    }

    async fn ask(&self, question: &Question<'_>) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        let mut request = self.http.get(format!("{}{}", self.url, question.path));
        for (name, value) in question.headers(&self.token) {
            request = request.header(name, value);
        }
        let answer = request.send().await.context("the running service does not answer")?;
        let status = answer.status();
        let body = answer.bytes().await.context("the answer of the service broke off")?;
        Ok((status, body.to_vec()))
    }
}

impl Answer {
    fn read(status: StatusCode, body: &[u8]) -> anyhow::Result<Self> {
        let Ok(mut body) = serde_json::from_slice::<Value>(body) else {
            if status == StatusCode::NOT_FOUND {
                return Ok(Self::NoRoute);
            }
            bail!("status {status}: {}", String::from_utf8_lossy(body).trim());
        };
        let message = || body.get("Message").and_then(Value::as_str).unwrap_or_default();
        match body.get("Code").and_then(Value::as_str) {
            Some("ERROR") => Ok(Self::Refused(message().to_owned())),
            Some(_) if body.get("Message").is_some() => Ok(Self::Payload(body["Details"].take())),
            _ => Ok(Self::Payload(body)),
        }
    }

    /// The payload.
    ///
    /// # Errors
    /// There is none.
    pub fn payload(self, command: &str) -> anyhow::Result<Value> {
        match self {
            Self::Payload(value) => Ok(value),
            Self::Refused(why) => Err(anyhow!(why)),
            Self::NoRoute => Err(not_available(command)),
        }
    }
}

/// What is said of commands that are known and cannot be done.
#[must_use]
pub fn not_available(command: &str) -> anyhow::Error {
    anyhow!("the command {command} is not available in this version yet")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let cases = [
            (200, r#"["a:1"]"#, Answer::Payload(json!(["a:1"]))),
            (200, "null", Answer::Payload(json!(null))),
            (200, r#"{"Code":"OK","Message":"m","Details":7}"#, Answer::Payload(json!(7))),
            (500, r#"{"Code":"ERROR","Message":"no","Details":1}"#, Answer::Refused("no".into())),
            (404, "404 page not found\n", Answer::NoRoute),
        ];
        for (status, body, expected) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Answer::read(status, body.as_bytes()).unwrap(), expected, "{body}");
        }
        let error = Answer::read(StatusCode::UNAUTHORIZED, b"Not Authorized\n").unwrap_err();
        assert_eq!(error.to_string(), "status 401 Unauthorized: Not Authorized");
    }
}
