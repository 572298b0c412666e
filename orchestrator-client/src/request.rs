//! One call: login, limits, repeats, and telling answers from failures.
//!
//! A call that changes something is sent again only if the first try provably never left. How
//! answers are printed is in `shape.rs`.

use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue, LOCATION};
use serde_json::Value;

use crate::commands::Command;
use crate::endpoint::{self, Endpoint};
use crate::failure::Failure;
use crate::resolve::SystemNames;

/// How long to wait for a connection; the limit of the whole command is `--timeout`.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How the calls of one command are paced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Time for each question when a leader is looked for.
    pub(crate) probe_limit: Duration,
    /// Milliseconds before each repeat; each is stretched by up to a quarter at random.
    pub(crate) pauses: &'static [u64],
}

/// The pace of spec 03, 1.8 and 1.9.
pub(crate) const PACE: Pace =
    Pace { probe_limit: Duration::from_secs(1), pauses: &[100, 200, 500, 1000, 2000, 2500, 5000] };

/// Who we are to the server.
#[derive(Clone, Default)]
pub(crate) struct Login {
    /// User and password of HTTP basic authentication.
    pub(crate) basic: Option<(String, String)>,
    /// A header that names the user.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
}

impl Login {
    /// Reads `user:password` and `Header:value`; empty texts mean none.
    pub(crate) fn parse(basic: &str, header: &str) -> Result<Self, Failure> {
        let basic = Some(basic)
            .filter(|text| !matches!(*text, "" | ":"))
            .map(|text| text.split_once(':').unwrap_or((text, "")))
            .map(|(user, password)| (user.to_owned(), password.to_owned()));
        let header =
            match header.trim() {
                "" => None,
                text => Some(header_pair(text).ok_or_else(|| {
                    Failure::Usage("-e: give the header as Name:value".to_owned())
                })?),
            };
        Ok(Self { basic, header })
    }
}

fn header_pair(text: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = text.split_once(':')?;
    let mut value: HeaderValue = value.trim().parse().ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

/// The HTTP client, cheap to clone.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    login: Arc<Login>,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    location: Option<String>,
}

/// Why nothing came back.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) cause: String,
    again: Again,
}

/// Whether another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// No: the answer will be the same.
    Never,
    /// Only for commands that may run twice: the request may have arrived.
    IfRepeatable,
    /// Yes: the request never left.
    Always,
}

impl Http {
    /// Makes the client. Certificates are loaded only if `tls` says that they are needed.
    pub(crate) fn new(login: Login, tls: bool) -> Result<Self, Failure> {
        // Fails if there is a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(SystemNames::default())
            .connect_timeout(CONNECT_LIMIT)
            .user_agent(concat!("orchestrator-client/", env!("CARGO_PKG_VERSION")));
        if !tls {
            builder = builder.tls_certs_only([]);
        } else if let Some(file) =
            std::env::var_os("CURL_CA_BUNDLE").filter(|file| !file.is_empty())
        {
            builder = builder.tls_certs_only(certificates(&file.to_string_lossy())?);
        }
        if cfg!(test) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Failure::Usage(format!("cannot set up HTTP: {}", root_cause(&error)))
        })?;
        Ok(Self { client, login: Arc::new(login) })
    }

    /// Gets a URL, whatever the HTTP status.
    pub(crate) async fn get(&self, url: &str) -> Result<Reply, Trouble> {
        let response = self.request(url).send().await.map_err(Trouble::from)?;
        let location = response
            .headers()
            .get(LOCATION)
            .map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(Trouble::from)?;
        Ok(Reply { status, body: String::from_utf8_lossy(&body).into_owned(), location })
    }

    fn request(&self, url: &str) -> reqwest::RequestBuilder {
        // A login in the address counts only if no other is given.
        let mut request = match (&self.login.basic, url::Url::parse(url)) {
            (Some((user, password)), Ok(mut url)) => {
                let _ = url.set_username("").and_then(|()| url.set_password(None));
                self.client.get(url).basic_auth(user, Some(password))
            }
            _ => self.client.get(url),
        };
        if let Some((name, value)) = &self.login.header {
            request = request.header(name, value);
        }
        request
    }
}

fn certificates(file: &str) -> Result<Vec<reqwest::Certificate>, Failure> {
    let unusable =
        |error: String| Failure::Usage(format!("cannot use CURL_CA_BUNDLE {file}: {error}"));
    let text = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    reqwest::Certificate::from_pem_bundle(&text).map_err(|error| unusable(error.to_string()))
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        let again = if error.is_builder() || is_tls(&error) {
            Again::Never
        } else if error.is_connect() {
            Again::Always
        } else {
            Again::IfRepeatable
        };
        Self { cause: root_cause(&error), again }
    }
}

fn chain<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// The innermost error: the outer ones only repeat that a request failed, and its address.
fn root_cause(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Whether encryption failed, above all because of a certificate.
fn is_tls(error: &reqwest::Error) -> bool {
    chain(error).any(|error| {
        if error.is::<rustls::Error>() {
            return true;
        }
        // I/O errors hide what they wrap from the chain, and may wrap each other.
        let mut wrapper = error.downcast_ref::<std::io::Error>();
        while let Some(wrapped) = wrapper.and_then(std::io::Error::get_ref) {
            if wrapped.is::<rustls::Error>() {
                return true;
            }
            wrapper = wrapped.downcast_ref();
        }
        false
    })
}

/// A usable answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The body as it came.
    pub(crate) body: String,
    value: Value,
    is_envelope: bool,
}

impl Answer {
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

    #[cfg(test)]
    pub(crate) fn of(body: &str) -> Self {
        classify(&Reply { status: 200, body: body.to_owned(), location: None }, "test").unwrap()
    }
}

/// A failure and whether another try makes sense.
#[derive(Debug, PartialEq)]
struct Problem {
    failure: Failure,
    again: Again,
}

/// Tells answers of the API from everything else that may listen at an address.
fn classify(reply: &Reply, url: &str) -> Result<Answer, Problem> {
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
    match serde_json::from_str::<Value>(&reply.body) {
        Ok(value) => {
            let is_envelope =
                matches!(value.get("Code").and_then(Value::as_str), Some("OK" | "ERROR"));
            Ok(Answer { body: reply.body.clone(), value, is_envelope })
        }
        Err(_) if matches!(code, 502..=504) => Err(Problem {
            failure: Failure::Unreachable { at: url.to_owned(), cause: format!("HTTP {code}") },
            again: Again::IfRepeatable,
        }),
        Err(_) if (300..400).contains(&code) => {
            let target = reply.location.as_deref().unwrap_or("nowhere");
            unexpected(format!("a redirect to {target}"))
        }
        Err(_) if reply.body.trim().is_empty() => unexpected("an empty body".to_owned()),
        Err(_) => {
            let start: String = reply.body.trim().chars().take(60).collect();
            unexpected(format!("not JSON: {:?}", start.lines().next().unwrap_or_default()))
        }
    }
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
        loop {
            if !command.repeatable {
                // From here on the request may be going on, whatever became of the last one.
                self.last_trouble.take();
            }
            let problem = match self.try_once(endpoint, path).await {
                Ok(answer) => return Ok(answer),
                Err(problem) => problem,
            };
            let again = match problem.again {
                Again::Never => false,
                Again::IfRepeatable => command.repeatable,
                Again::Always => true,
            };
            let Some(pause) = pauses.next().filter(|_| again) else { return Err(problem.failure) };
            tokio::time::sleep(stretched(*pause)).await;
            endpoint = self.choose().await.unwrap_or(endpoint);
        }
    }

    async fn try_once(&self, endpoint: &Endpoint, path: &str) -> Result<Answer, Problem> {
        let url = format!("{}/{path}", endpoint.base);
        match self.http.get(&url).await {
            Ok(reply) => classify(&reply, &format!("{}/{path}", endpoint.shown)),
            Err(Trouble { cause, again }) => {
                self.last_trouble.replace(Some(cause.clone()));
                let failure = Failure::Unreachable { at: endpoint.shown.clone(), cause };
                Err(Problem { failure, again })
            }
        }
    }
}

/// Stretches a pause at random, so that clients that failed together do not return together.
fn stretched(milliseconds: u64) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(milliseconds + random % (milliseconds / 4 + 1))
}

#[cfg(test)]
mod tests;
