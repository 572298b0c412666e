//! What people ask of one server. Nothing retrieved is thrown away that the source could not give
//! again, and threads that somebody stopped stay so unless they are what is asked for.

mod detach;
mod errant;
mod logs;
mod safety;
mod semi_sync;
mod settings;
mod skip;
mod threads;

pub(in crate::mysql::live) use logs::binary_logs;

use shared::InstanceKey;

use super::{actor::Actor, reading::Reading, statement::Change};
use crate::mysql::{
    control::Control,
    driver::{ActionError, Effect},
    live::{server::Server, settings::LiveSettings},
    state::Channel,
};

/// Does what a person asked for.
pub(in crate::mysql::live) async fn control(
    control: &Control,
    key: &InstanceKey,
    server: &Server,
    settings: &LiveSettings,
) -> Result<Effect, ActionError> {
    let mut actor = Actor::open(key, server, settings).await?;
    let actor = &mut actor;
    match control {
        Control::Start { confirm, stall } => threads::start(actor, *confirm, *stall).await,
        Control::Stop => threads::stop(actor).await,
        Control::StopNicely { stall } => threads::stop_nicely(actor, *stall).await,
        Control::Restart { confirm, stall } => threads::restart(actor, *confirm, *stall).await,
        Control::Reset { stall } => threads::reset(actor, *stall).await,
        Control::Delay { seconds } => settings::delay(actor, *seconds).await,
        Control::UseGtid => settings::use_gtid(actor).await,
        Control::LeaveGtid => settings::leave_gtid(actor).await,
        Control::Credentials => settings::credentials(actor).await,
        Control::SkipQuery { confirm } => skip::skip(actor, *confirm).await,
        Control::DetachHost { stall } => detach::detach(actor, *stall).await,
        Control::ReattachHost { stall, confirm } => detach::reattach(actor, *stall, *confirm).await,
        Control::SemiSync { side, on } => semi_sync::switch(actor, *side, *on).await,
        Control::KillQuery { connection } => logs::kill(actor, *connection).await,
        Control::FlushLogs => logs::flush(actor).await,
        Control::PurgeLogs { to } => logs::purge(actor, to).await,
        Control::InjectEmpty { gtids } => errant::inject_empty(actor, gtids).await,
        Control::ForgetGtids { errant } => errant::forget(actor, errant).await,
    }
}

impl Actor<'_> {
    /// A look at the server, and what is reported of it.
    async fn done(&mut self) -> Result<Effect, ActionError> {
        let reading = self.look().await?;
        Ok(self.effect(&reading).await)
    }

    /// A change whose effect no look at replication shows: without an answer it is unknown.
    async fn change_unseen(&mut self, name: &str, statement: String) -> Result<(), ActionError> {
        self.change(Change { name, statement, took_effect: &|_| false, lingers: true }).await
    }

    fn refused(&self, why: &str) -> ActionError {
        ActionError::Refused(format!("{}: {why}", self.key))
    }

    /// The channel of a replica.
    fn channel<'r>(&self, reading: &'r Reading) -> Result<&'r Channel, ActionError> {
        let none = || ActionError::Refused(format!("instance is not a replica: {}", self.key));
        reading.channel.as_ref().ok_or_else(none)
    }
}
