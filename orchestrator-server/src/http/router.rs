//! From a request to an answer: who calls, which row of the route table, may they, and the
//! answer as HTTP. What an answer says is the handlers' business.

use std::{
    borrow::Cow,
    net::IpAddr,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, Method, Response, StatusCode, header, request::Parts},
};
use futures_util::FutureExt;
use shared::{
    url::{self, DecodeError},
    wire::{Code, Envelope, to_wire_json},
};
use tokio::time::timeout;
use tower_http::compression::CompressionLayer;
use tracing::{debug, error};

use super::{
    auth::{self, Caller},
    call::Call,
    identity, local,
    reply::{Outcome, Refusal, Reply},
    route::{self, Access, Params, Patience, Route},
    routes::{ROUTES, STATUS},
    service::Services,
};
use crate::config::Config;

const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Longest time for an answer that reads memory, writes one fact or probes one server.
const SHORT: Duration = Duration::from_secs(60);

/// Longest time for the answer to a recovery, which itself goes on.
const LONG: Duration = Duration::from_secs(3600);

/// The status route where the configuration does not move it.
const DEFAULT_STATUS_PATH: &str = "/api/status";

/// The other end of a connection, where it has an address.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer(pub Option<IpAddr>);

/// Everything that the listener serves.
pub fn router(services: Arc<Services>) -> Router {
    let front = Arc::new(Front::new(services));
    Router::new().fallback(serve).with_state(front).layer(CompressionLayer::new())
}

async fn serve(State(front): State<Arc<Front>>, request: Request) -> Response<Body> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let began = Instant::now();
    let response = front.answer(request).await;
    debug!("{method} {uri}: {} in {:?}", response.status().as_u16(), began.elapsed());
    response
}

/// What stays the same from request to request.
pub(super) struct Front {
    services: Arc<Services>,
    /// The segments in front of `api`; the first one is empty.
    prefix: Vec<String>,
    /// The one path outside the prefix, where the status route was moved.
    status_path: Option<String>,
    /// What the command line of this machine has to know; none where everybody is served.
    token: Option<String>,
}

impl Front {
    pub(super) fn new(services: Arc<Services>) -> Self {
        let raw = &services.config.current().raw;
        let names = raw.url_prefix.split('/').filter(|name| !name.is_empty());
        let prefix = std::iter::once("").chain(names).map(str::to_owned).collect();
        let moved = raw.status_endpoint != DEFAULT_STATUS_PATH;
        let status_path = moved.then(|| raw.status_endpoint.clone());
        Self { services, prefix, status_path, token: None }
    }

    /// The front for the command line of this machine: no prefix, no login but the token, and
    /// neither `ReadOnly` nor `RequirePostForMutations`, which are about the API.
    pub(super) fn local(services: Arc<Services>, token: String) -> Self {
        Self { services, prefix: vec![String::new()], status_path: None, token: Some(token) }
    }

    pub(super) async fn answer(&self, request: Request) -> Response<Body> {
        let config = self.services.config.current();
        // No route reads a body.
        let (request, _) = request.into_parts();
        if let Some(token) = &self.token {
            return match local::admit(token, &request.headers) {
                Some(caller) => self.answer_local(request, caller, config).await,
                None => unauthorized(),
            };
        }
        let peer = request.extensions.get::<ConnectInfo<Peer>>().and_then(|info| info.0.0);
        let Some(caller) = auth::admit(&config, &request.headers, peer) else {
            return unauthorized();
        };
        let posted = config.raw.require_post_for_mutations && request.method == Method::POST;
        if !posted && !matches!(request.method, Method::GET | Method::HEAD) {
            return not_found();
        }
        let Ok(segments) = segments(request.uri.path()) else {
            return plain(StatusCode::BAD_REQUEST, "400 Bad Request\n");
        };
        let Some((route, params)) = self.find(&segments) else { return not_found() };
        match route.access {
            Access::Read if posted => return not_found(),
            Access::Write if config.raw.require_post_for_mutations && !posted => {
                return self.render(Err(Refusal::new(
                    "This route takes POST only (RequirePostForMutations)",
                )));
            }
            Access::Read | Access::Write => {}
        }
        if route.access == Access::Write && !self.may_write(&config, &caller).await {
            return self.render(Err(Refusal::new("Unauthorized")));
        }
        let call = self.call(request, config, params, caller.user);
        self.render(run(route, &call).await)
    }

    async fn answer_local(
        &self,
        request: Parts,
        caller: local::LocalCaller,
        config: Arc<Config>,
    ) -> Response<Body> {
        let Ok(segments) = segments(request.uri.path()) else {
            return plain(StatusCode::BAD_REQUEST, "400 Bad Request\n");
        };
        let Some((route, params)) = self.find(&segments) else { return not_found() };
        let call = self.call(request, config, params, caller.owner);
        let call = Call { local: true, exact: caller.exact, ..call };
        self.render(run(route, &call).await)
    }

    fn call(&self, request: Parts, config: Arc<Config>, params: Params, user: String) -> Call {
        let services = &self.services;
        Call {
            services: services.clone(),
            view: services.view(),
            config,
            now: services.clock.now(),
            params,
            query: Params::of_query(request.uri.query().unwrap_or_default()),
            headers: request.headers,
            user,
            local: false,
            exact: false,
        }
    }

    /// The route of a path. An encoded slash belongs to its segment, such as a reason; where no
    /// route fits it that way, it separates segments, as callers of old may expect.
    fn find(&self, segments: &[String]) -> Option<(&'static Route, Params)> {
        let whole = segments.join("/");
        if self.status_path.as_ref() == Some(&whole) {
            return Some((&STATUS, Params::default()));
        }
        let again: Vec<String> = whole.split('/').map(str::to_owned).collect();
        self.find_in_table(segments).or_else(|| self.find_in_table(&again))
    }

    fn find_in_table(&self, segments: &[String]) -> Option<(&'static Route, Params)> {
        let below = segments.strip_prefix(self.prefix.as_slice())?;
        let (api, below) = below.split_first()?;
        if api != "api" {
            return None;
        }
        if self.status_path.is_none()
            && let Some(found) = route::find(std::slice::from_ref(&STATUS), below)
        {
            return Some(found);
        }
        route::find(ROUTES, below)
    }

    async fn may_write(&self, config: &Config, caller: &Caller) -> bool {
        let follower = config.raft.is_some() && !self.services.standing.borrow().leader;
        !follower && auth::may_write(config, caller).await
    }

    fn render(&self, outcome: Outcome) -> Response<Body> {
        let envelope = match outcome {
            Ok(Reply::Bare { status, body }) => return response(status, JSON, body),
            Ok(Reply::Envelope(envelope)) => envelope,
            Err(Refusal { message, details }) => Envelope { details, ..Envelope::error(message) },
        };
        let identity = self.services.identity.as_deref().filter(|_| self.token.is_none());
        let message = identity::prefix(identity, envelope.message);
        let envelope = Envelope { message, ..envelope };
        let status = match envelope.code {
            Code::Ok => StatusCode::OK,
            Code::Error => StatusCode::INTERNAL_SERVER_ERROR,
        };
        match to_wire_json(&envelope) {
            Ok(body) => response(status, JSON, body),
            Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
        }
    }
}

/// The segments of a path, decoded one by one; the first one is empty.
fn segments(path: &str) -> Result<Vec<String>, DecodeError> {
    path.split('/').map(|part| url::decode_segment(part).map(Cow::into_owned)).collect()
}

/// Runs the handler, within bounds.
async fn run(route: &Route, call: &Call) -> Outcome {
    let limit = match route.patience {
        Patience::Short => SHORT,
        Patience::Long => LONG,
    };
    let answer = AssertUnwindSafe((route.handler)(call)).catch_unwind();
    match timeout(limit, answer).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => {
            let text = panic_text(&*panic);
            error!("the handler of {} failed: {text}", route.paths[0]);
            Err(Refusal::new(format!("Internal error: {text}")))
        }
        Err(_) => Err(Refusal::new(format!(
            "No answer within {} seconds; the operation may still go on",
            limit.as_secs()
        ))),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown")
}

fn response(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, content_type);
    response
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = response(status, TEXT, text.as_bytes().to_vec());
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, header::HeaderValue::from_static(value));
}

fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn unauthorized() -> Response<Body> {
    let mut response = plain(StatusCode::UNAUTHORIZED, "Not Authorized\n");
    set(&mut response, header::WWW_AUTHENTICATE, "Basic realm=\"Authorization Required\"");
    response
}
