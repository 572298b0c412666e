//! The door for the command line of this machine: the API again, on a loopback address of its
//! own, for whoever can read the token in the lock file beside the database. It works whatever
//! the configuration says about listening, TLS and authentication.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, Request, StatusCode, header::AUTHORIZATION},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{auth::same, router::Front, service::Services};

/// Names the owner of what is asked, in base64.
pub const OWNER: &str = "x-orchestrator-owner";

/// Present where a part of a host name is not enough.
pub const EXACT: &str = "x-orchestrator-exact";

/// Who calls from this machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LocalCaller {
    pub(super) owner: String,
    pub(super) exact: bool,
}

/// A question of the command line: a path below `/api/` that is already encoded, and on whose
/// behalf.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Path and query.
    pub path: &'a str,
    /// Who asks.
    pub owner: &'a str,
    /// Host names have to be given in full.
    pub exact: bool,
}

impl Question<'_> {
    /// The headers that go with it.
    #[must_use]
    pub fn headers(&self, token: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("authorization", format!("Bearer {token}")),
            (OWNER, BASE64_STANDARD.encode(self.owner)),
        ];
        headers.extend(self.exact.then(|| (EXACT, "true".to_owned())));
        headers
    }
}

/// The API within this process, without a network.
pub struct InProcess {
    front: Front,
    token: String,
}

impl InProcess {
    /// The API of these services.
    #[must_use]
    pub fn new(services: Arc<Services>) -> Self {
        // Nobody else can call it.
        let token = "this process".to_owned();
        Self { front: Front::local(services, token.clone()), token }
    }

    /// The status and body of the answer.
    ///
    /// # Errors
    /// The path is none.
    pub async fn ask(&self, question: &Question<'_>) -> Result<(StatusCode, Vec<u8>), String> {
        let mut request = Request::builder().uri(format!("/api/{}", question.path));
        for (name, value) in question.headers(&self.token) {
            request = request.header(name, value);
        }
        let request = request.body(Body::empty()).map_err(|error| error.to_string())?;
        let (parts, body) = self.front.answer(request).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
        Ok((parts.status, body.to_vec()))
    }
}

/// The door, open but not yet answered at.
pub struct LocalDoor {
    listener: TcpListener,
    front: Front,
}

impl LocalDoor {
    /// Opens it on a port that the system chooses.
    ///
    /// # Errors
    /// There is no free port on the loopback interface.
    pub async fn open(services: Arc<Services>, token: String) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        Ok(Self { listener, front: Front::local(services, token) })
    }

    /// Where it is.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let router = Router::new().fallback(serve).with_state(Arc::new(self.front));
        let served =
            axum::serve(self.listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            warn!("the command line of this machine is not served any more: {error}");
        }
    }
}

async fn serve(
    State(front): State<Arc<Front>>,
    request: Request<Body>,
) -> axum::http::Response<Body> {
    front.answer(request).await
}

/// Who calls; none if the token is not the right one.
pub(super) fn admit(token: &str, headers: &HeaderMap) -> Option<LocalCaller> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    if !same(given, token) {
        return None;
    }
    let owner = headers.get(OWNER).and_then(|owner| BASE64_STANDARD.decode(owner).ok());
    Some(LocalCaller {
        owner: String::from_utf8(owner.unwrap_or_default()).unwrap_or_default(),
        exact: headers.contains_key(EXACT),
    })
}
