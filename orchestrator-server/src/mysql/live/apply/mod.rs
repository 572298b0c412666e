//! Changes of one server. Each action has its own connection, reads the server between its
//! steps, and reports what the server looks like afterwards.

mod actor;
pub(super) mod control;
mod credentials;
mod drain;
mod point;
mod promote;
mod reading;
mod seal;
mod statement;
mod wait;

use super::{server::Server, settings::LiveSettings};
use crate::mysql::driver::{Action, ActionError, Effect};
use actor::Actor;
use point::Source;

/// Changes a server. `source`: what is known of the new source, where there is one.
pub(super) async fn apply(
    action: &Action,
    server: &Server,
    source: Option<&Server>,
    settings: &LiveSettings,
) -> Result<Effect, ActionError> {
    let mut actor = Actor::open(action.server(), server, settings).await?;
    match action {
        Action::Seal { .. } => seal::seal(&mut actor).await,
        Action::Drain { stall, .. } => drain::drain(&mut actor, *stall).await,
        Action::CatchUp { target, stall, .. } => drain::catch_up(&mut actor, target, *stall).await,
        Action::PointTo { source: key, confirm, delay, known_as, .. } => {
            let known_as = known_as.as_deref();
            let source = Source { key, server: source, known_as };
            point::point_to(&mut actor, source, *delay, *confirm).await
        }
        Action::Promote { keep_relay_log, .. } => {
            promote::promote(&mut actor, *keep_relay_log).await
        }
        Action::SetReadOnly { on, .. } => promote::set_read_only(&mut actor, *on).await,
        Action::Resume { found, .. } => seal::resume(&mut actor, *found).await,
        Action::Detach { .. } => promote::detach(&mut actor).await,
    }
}
