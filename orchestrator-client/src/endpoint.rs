//! Which server to ask: the addresses given, and the choice of the leader among several.
//!
//! Nothing is remembered between invocations. Passwords in addresses are masked for all texts.

use std::net::Ipv6Addr;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use crate::failure::{Failure, Status};
use crate::http::Http;

/// What stands for a password in every text.
const REMOVED: &str = "<REMOVED>";

const DEFAULT: &str = "http://localhost:3000";

/// The address of one server's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The address that requests go to, ending in `/api`.
    pub(crate) base: String,
    /// The address for people: without a password.
    pub(crate) shown: String,
    /// Whether requests are encrypted.
    pub(crate) is_tls: bool,
}

impl Endpoint {
    /// Reads one address. As with other HTTP tools, `http://` may be left out.
    fn parse(text: &str) -> Result<Self, Failure> {
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let base = normalised(&with_scheme);
        // Of "http://" alone, no slashes are left to separate a host.
        let parsed = Url::parse(&base).ok().filter(|url| {
            let (scheme, rest) = (url.scheme(), url.query().or(url.fragment()));
            // What follows a question mark or a hash sign would swallow the path.
            matches!(scheme, "http" | "https") && url.has_host() && rest.is_none()
        });
        let usable = parsed.as_ref().filter(|_| base.contains("://"));
        let Some(url) = usable else {
            let shown = masked(&with_scheme);
            let shown = if text.contains("://") { &shown } else { &shown["http://".len()..] };
            return Err(Failure::Usage(format!(
                "{shown:?} is no address of a server; give one such as http://host:3000/api"
            )));
        };
        let (shown, is_tls) = (masked(&base), url.scheme() == "https");
        Ok(Self { base, shown, is_tls })
    }
}

/// An address for people, without the password. Cut by hand, since the text may be no valid
/// address, or spell the password otherwise than a parser would.
pub(crate) fn masked(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("//") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password that is not encoded may hold a slash: then nothing of it may be left.
    let at = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
    let login = &rest[..at.unwrap_or(end)];
    match login.split_once(':') {
        // Without a login, the colon precedes a port or is part of an IPv6 address; what is
        // neither may be the beginning of a password that holds a blank.
        Some((_, port)) if at.is_none() && (is_number(port) || is_ipv6(login)) => {
            address.to_owned()
        }
        Some((user, _)) => format!("{scheme}//{user}:{REMOVED}{}", &rest[at.unwrap_or(end)..]),
        None => address.to_owned(),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_ipv6(text: &str) -> bool {
    text.starts_with('[') || text.parse::<Ipv6Addr>().is_ok()
}

/// `http://host`, `http://host/` and `http://host/api/` all become `http://host/api`.
fn normalised(url: &str) -> String {
    let url = url.strip_suffix('/').unwrap_or(url);
    if url.ends_with("/api") {
        return url.to_owned();
    }
    format!("{}/api", url.strip_suffix('/').unwrap_or(url))
}

/// Reads a list of addresses, separated by blanks or commas; an empty one means the default.
pub(crate) fn parse_list(text: &str) -> Result<Vec<Endpoint>, Failure> {
    let mut addresses: Vec<_> =
        text.split_whitespace().flat_map(between_commas).filter(|part| !part.is_empty()).collect();
    if addresses.is_empty() {
        addresses.push(DEFAULT);
    }
    addresses.into_iter().map(Endpoint::parse).collect()
}

/// Splits at commas. Where there is a login, whose password may hold one, only at those before a
/// scheme.
fn between_commas(text: &str) -> Vec<&str> {
    if !text.contains('@') {
        return text.split(',').collect();
    }
    let mut from = 0;
    let mut parts = Vec::new();
    for (at, _) in text.match_indices(',') {
        let next = text[at + 1..].to_ascii_lowercase();
        if next.starts_with("http://") || next.starts_with("https://") {
            parts.push(&text[from..at]);
            from = at + 1;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The addresses for people.
pub(crate) fn shown(endpoints: &[Endpoint]) -> String {
    endpoints.iter().map(|endpoint| endpoint.shown.as_str()).collect::<Vec<_>>().join(" ")
}

/// The two questions, asked of all servers at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Are you the leader?
    Leader,
    /// Do you reach the leader?
    Routed,
}

impl Question {
    const fn path(self) -> &'static str {
        match self {
            Self::Leader => "leader-check",
            Self::Routed => "routed-leader-check",
        }
    }
}

/// What a server said to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    Yes,
    No(String),
    Unauthorised,
    Silent(String),
}

/// Chooses the server to ask: a single one as it is, else the leader, else the first one that
/// passes requests on to the leader. Each question may take `limit`; all are asked at once.
pub(crate) async fn choose<'e>(
    http: &Http,
    endpoints: &'e [Endpoint],
    limit: Duration,
) -> Result<&'e Endpoint, Failure> {
    if let [only] = endpoints {
        return Ok(only);
    }
    let mut questions = JoinSet::new();
    for (place, endpoint) in endpoints.iter().enumerate() {
        for question in [Question::Leader, Question::Routed] {
            let (http, base) = (http.clone(), endpoint.base.clone());
            questions
                .spawn(async move { (place, question, ask(&http, &base, question, limit).await) });
        }
    }
    let mut findings = vec![Finding::Silent("no answer".to_owned()); endpoints.len()];
    let mut routed: Option<usize> = None;
    while let Some(answer) = questions.join_next().await {
        match answer {
            Ok((place, Question::Leader, Finding::Yes)) => return Ok(&endpoints[place]),
            Ok((place, Question::Leader, finding)) => findings[place] = finding,
            Ok((place, Question::Routed, Finding::Yes)) => {
                routed = Some(routed.map_or(place, |first| first.min(place)));
            }
            Ok(_) | Err(_) => {}
        }
    }
    match routed {
        Some(place) => Ok(&endpoints[place]),
        None => Err(no_leader(endpoints, &findings)),
    }
}

/// Asks one question. Only the API's own "yes" counts: a login page answers 200 as well.
async fn ask(http: &Http, base: &str, question: Question, limit: Duration) -> Finding {
    let url = format!("{base}/{}", question.path());
    match tokio::time::timeout(limit, http.get_beginning(&url)).await {
        Err(_) => Finding::Silent(format!("no answer within {} ms", limit.as_millis())),
        Ok(Err(trouble)) => Finding::Silent(trouble.cause),
        Ok(Ok(reply)) if matches!(reply.status, 401 | 403) => Finding::Unauthorised,
        Ok(Ok(reply)) => match serde_json::from_str::<Value>(&reply.body) {
            Ok(Value::String(text)) if reply.status == 200 && text == "OK" => Finding::Yes,
            Ok(_) => Finding::No("not the leader".to_owned()),
            Err(_) => Finding::No(format!("HTTP {}, not the API", reply.status)),
        },
    }
}

fn no_leader(endpoints: &[Endpoint], findings: &[Finding]) -> Failure {
    let texts: Vec<_> = endpoints
        .iter()
        .zip(findings)
        .map(|(endpoint, finding)| {
            let text = match finding {
                Finding::Yes => "leader",
                Finding::No(text) | Finding::Silent(text) => text,
                Finding::Unauthorised => "not authorised",
            };
            format!("{}: {text}", endpoint.shown)
        })
        .collect();
    let status = if findings.contains(&Finding::Unauthorised) {
        Status::Unauthorised
    } else if findings.iter().all(|finding| matches!(finding, Finding::Silent(_))) {
        Status::Unreachable
    } else {
        Status::NoLeader
    };
    Failure::NoLeader { from: shown(endpoints), findings: texts.join("; "), status }
}

#[cfg(test)]
mod tests;
