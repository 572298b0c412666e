//! The HTTP client: limits, logins, certificates and proxies. What an answer means is decided in
//! `request.rs`.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, LOCATION};
use shared::flags::FlagId;

use crate::arguments::Arguments;
use crate::environment::{
    CA_FILE, CERT_FILE, CURL_CA_BUNDLE, Environment, KEY_FILE, SSL_CERT_FILE,
};
use crate::failure::Failure;
use crate::login::Login;
use crate::resolve::SystemNames;

/// How long to wait for a connection; the limit of the whole command is `--timeout`.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The longest answer that is read; the largest fleets' lists are a tenth of it.
const ANSWER_LIMIT: usize = 512 << 20;

/// How much is read of an answer that should be a word.
const BEGINNING: usize = 16 << 10;

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
    pub(crate) location: Option<String>,
}

/// Why nothing came back.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) cause: String,
    pub(crate) again: Again,
}

/// Whether another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// No: the answer will be the same.
    Never,
    /// Only for commands that may run twice: the request may have arrived.
    IfIdempotent,
    /// Yes: the request never left.
    Always,
}

/// The files of encrypted connections; each with the flag or variable that names it.
#[derive(Debug, Default)]
pub(crate) struct TlsFiles {
    authorities: Option<(String, String)>,
    certificate: Option<(String, String)>,
    key: Option<(String, String)>,
}

impl TlsFiles {
    /// Joins the flags with the environment.
    pub(crate) fn of(given: &Arguments, environment: &Environment) -> Self {
        let file = |id, flag: &str, names: &[&'static str]| {
            let of_flag = given.get(id).map(|file| (flag.to_owned(), file.to_owned()));
            of_flag.or_else(|| {
                let (name, file) = environment.first(names)?;
                Some((name.to_owned(), file.to_owned()))
            })
        };
        Self {
            authorities: file(
                FlagId::CaFile,
                "--ca-file",
                &[CA_FILE, CURL_CA_BUNDLE, SSL_CERT_FILE],
            ),
            certificate: file(FlagId::CertFile, "--cert-file", &[CERT_FILE]),
            key: file(FlagId::KeyFile, "--key-file", &[KEY_FILE]),
        }
    }

    fn apply(
        &self,
        mut builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder, Failure> {
        if let Some((source, file)) = &self.authorities {
            let authorities = reqwest::Certificate::from_pem_bundle(&read(source, file)?)
                .map_err(|error| unusable(source, file, &root_cause(&error)))?;
            if authorities.is_empty() {
                return Err(unusable(source, file, "it holds no certificate"));
            }
            builder = builder.tls_certs_only(authorities);
        }
        if let Some((source, file)) = &self.certificate {
            let mut pem = read(source, file)?;
            if let Some((source, file)) = &self.key {
                pem.push(b'\n');
                pem.extend(read(source, file)?);
            }
            let identity = reqwest::Identity::from_pem(&pem)
                .map_err(|error| unusable(source, file, &root_cause(&error)))?;
            builder = builder.identity(identity);
        }
        Ok(builder)
    }
}

fn read(source: &str, file: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| unusable(source, file, &error.to_string()))
}

fn unusable(source: &str, file: &str, why: &str) -> Failure {
    Failure::Usage(format!("{source} {file}: {why}"))
}

impl Http {
    /// Makes the client. Certificates are loaded only if `tls` says that they are needed.
    pub(crate) fn new(
        login: Login,
        environment: &Environment,
        tls: Option<&TlsFiles>,
    ) -> Result<Self, Failure> {
        // Fails if there is a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(SystemNames::default())
            .connect_timeout(CONNECT_LIMIT)
            // A server that closes a used connection meanwhile would leave a takeover in doubt.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("orchestrator-client/", env!("CARGO_PKG_VERSION")));
        let builder = match tls {
            Some(files) => files.apply(builder)?,
            None => builder.tls_certs_only([]),
        };
        let remedy = if tls.is_some() { "; --ca-file names certificates to trust" } else { "" };
        let client = with_proxies(builder, environment)?.build().map_err(|error| {
            Failure::Usage(format!("cannot set up HTTP: {}{remedy}", root_cause(&error)))
        })?;
        Ok(Self { client, login: Arc::new(login) })
    }

    /// Gets a URL, whatever the HTTP status.
    pub(crate) async fn get(&self, url: &str) -> Result<Reply, Trouble> {
        let (reply, is_whole) = self.get_up_to(url, ANSWER_LIMIT).await?;
        if is_whole {
            return Ok(reply);
        }
        let cause = format!("the answer is longer than {ANSWER_LIMIT} bytes");
        Err(Trouble { cause, again: Again::Never })
    }

    /// Gets the beginning of what may be long and is known to be short where it counts.
    pub(crate) async fn get_beginning(&self, url: &str) -> Result<Reply, Trouble> {
        self.get_up_to(url, BEGINNING).await.map(|(reply, _)| reply)
    }

    /// Gets a URL, and whether the limit left all of the answer.
    async fn get_up_to(&self, url: &str, limit: usize) -> Result<(Reply, bool), Trouble> {
        let mut response = self.request(url).send().await.map_err(Trouble::from)?;
        let location = response
            .headers()
            .get(LOCATION)
            .map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while body.len() <= limit
            && let Some(chunk) = response.chunk().await.map_err(Trouble::from)?
        {
            body.extend_from_slice(&chunk);
        }
        let is_whole = body.len() <= limit;
        let body = String::from_utf8(body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok((Reply { status, body, location }, is_whole))
    }

    fn request(&self, url: &str) -> reqwest::RequestBuilder {
        // A login in the address counts only if no other is given.
        let given = self.login.basic.is_some() || self.login.bearer.is_some();
        let mut request = match url::Url::parse(url).ok().filter(|_| given) {
            Some(mut url) => {
                let _ = url.set_username("").and_then(|()| url.set_password(None));
                self.client.get(url)
            }
            None => self.client.get(url),
        };
        request = match (&self.login.basic, &self.login.bearer) {
            (Some((user, password)), _) => request.basic_auth(user, Some(password)),
            (None, Some(bearer)) => request.header(AUTHORIZATION, bearer),
            (None, None) => request,
        };
        if let Some((name, value)) = &self.login.header {
            request = request.header(name, value);
        }
        request
    }
}

/// Sets the proxies as curl does: for `http` only the variable in lower case counts.
fn with_proxies(
    builder: reqwest::ClientBuilder,
    environment: &Environment,
) -> Result<reqwest::ClientBuilder, Failure> {
    type Make = fn(String) -> reqwest::Result<reqwest::Proxy>;
    let kinds: [(&[&str], Make); 3] = [
        (&["http_proxy"], reqwest::Proxy::http),
        (&["https_proxy", "HTTPS_PROXY"], reqwest::Proxy::https),
        (&["all_proxy", "ALL_PROXY"], reqwest::Proxy::all),
    ];
    let except = environment.first(&["no_proxy", "NO_PROXY"]).map(|(_, hosts)| hosts.trim());
    let mut builder = builder.no_proxy();
    if except == Some("*") {
        return Ok(builder);
    }
    let except = except.and_then(reqwest::NoProxy::from_string);
    for (names, make) in kinds {
        let Some((name, address)) = environment.first(names) else { continue };
        let proxy = make(address.to_owned()).map_err(|_| {
            Failure::Usage(format!("{name}: give a proxy such as http://host:3128"))
        })?;
        builder = builder.proxy(proxy.no_proxy(except.clone()));
    }
    Ok(builder)
}

impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        let again = if error.is_builder() || is_tls(&error) {
            Again::Never
        } else if error.is_connect() {
            Again::Always
        } else {
            Again::IfIdempotent
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
