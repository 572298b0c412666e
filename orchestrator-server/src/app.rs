//! The map of the running service: which parts there are, who knows whom, and what happens how
//! often. The same wiring runs on real servers and on the model fleet.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};

use crate::{
    clock::SharedClock,
    config::ConfigHandle,
    execution::{judge::Judge, runner::Runner},
    inventory::owner::{self, Inventory, Known, Stored},
    journal::{
        Journal,
        facts::{Facts, Node},
    },
    leadership::Leadership,
    mysql::driver::MysqlDriver,
    probe::{
        discovery::Discovery,
        heartbeat::Heartbeats,
        resolver::{Dns, Resolver},
        suspicion::Suspicion,
    },
    tasks::Tasks,
};

/// How often what is due is looked for.
const DISCOVERY_TICK: Duration = Duration::from_millis(200);
const HEARTBEAT_TICK: Duration = Duration::from_millis(500);
const CARETAKING_TICK: Duration = Duration::from_secs(1);

/// What the core is built from.
pub struct Parts {
    /// Speaks to servers.
    pub driver: Arc<dyn MysqlDriver>,
    /// Knows the names of hosts.
    pub dns: Arc<dyn Dns>,
    /// The durable write path.
    pub journal: Arc<dyn Journal>,
    /// What the journal holds, as it changes.
    pub facts: watch::Receiver<Arc<Facts>>,
    /// What the last run left behind.
    pub known: Known,
    /// Takes the records that are worth storing.
    pub store: mpsc::UnboundedSender<Stored>,
    /// Configuration.
    pub config: ConfigHandle,
    /// The time.
    pub clock: SharedClock,
    /// Background work.
    pub tasks: Tasks,
    /// This process.
    pub node: Node,
    /// It may act; else it only answers from what it knows.
    pub leads: bool,
}

/// The running core: what the outside talks to.
#[derive(Clone)]
pub struct Core {
    /// What is known.
    pub inventory: Inventory,
    /// Reads servers.
    pub discovery: Discovery,
    /// Resolves names of hosts.
    pub resolver: Resolver,
    /// Starts recoveries.
    pub judge: Judge,
    /// Speaks to servers.
    pub driver: Arc<dyn MysqlDriver>,
    /// The durable write path.
    pub journal: Arc<dyn Journal>,
    /// Configuration.
    pub config: ConfigHandle,
    /// The time.
    pub clock: SharedClock,
    /// Who may act.
    pub leadership: Leadership,
    /// This process.
    pub node: Node,
}

/// Probing and acting, ready to begin.
pub struct Watch {
    core: Core,
    suspicion: Suspicion,
    woken: mpsc::UnboundedReceiver<shared::InstanceKey>,
    tasks: Tasks,
}

/// Wire the parts. The inventory is served from now on; nothing is probed before
/// [`Watch::begin`].
#[must_use]
pub fn build(parts: Parts) -> (Core, Watch) {
    let Parts { driver, dns, journal, facts, known, store, config, clock, tasks, node, leads } =
        parts;
    let leadership = Leadership::alone(clock.clone(), leads);
    let (inventory, owner) = owner::inventory(known, facts, store, config.clone(), clock.clone());
    let resolver = Resolver::new(dns, config.clone(), clock.clone());
    let discovery = Discovery::new(
        driver.clone(),
        resolver.clone(),
        inventory.clone(),
        config.clone(),
        clock.clone(),
        tasks.clone(),
    );
    let (wake, woken) = mpsc::unbounded_channel();
    let suspicion = Suspicion::new(
        driver.clone(),
        inventory.clone(),
        discovery.clone(),
        tasks.clone(),
        wake.clone(),
    );
    let runner = Runner {
        driver: driver.clone(),
        inventory: inventory.clone(),
        journal: journal.clone(),
        discovery: discovery.clone(),
        config: config.clone(),
        clock: clock.clone(),
        tasks: tasks.clone(),
    };
    let judge = Judge::new(runner, suspicion.clone(), leadership.clone(), node.clone(), wake);
    tasks.keep("inventory", owner.run(tasks.stop_token()));
    let core = Core {
        inventory,
        discovery,
        resolver,
        judge,
        driver,
        journal,
        config,
        clock,
        leadership,
        node,
    };
    let watch = Watch { core: core.clone(), suspicion, woken, tasks };
    (core, watch)
}

impl Watch {
    /// Probe, and act on what is found, until the tasks are told to stop.
    pub fn begin(self) {
        let Self { core, suspicion, woken, tasks } = self;
        let heartbeats = Heartbeats::new(
            core.driver.clone(),
            core.inventory.clone(),
            suspicion,
            core.config.clone(),
            tasks.clone(),
        );
        let discovery = core.discovery.clone();
        tasks.periodic("discovery", DISCOVERY_TICK, move || {
            discovery.tick();
            std::future::ready(())
        });
        tasks.periodic("heartbeats", HEARTBEAT_TICK, move || {
            heartbeats.tick();
            std::future::ready(())
        });
        tasks.keep("judge", core.judge.clone().run(woken, tasks.stop_token()));
        let core = core.clone();
        tasks.periodic("caretaking", CARETAKING_TICK, move || {
            let core = core.clone();
            async move { crate::caretaking::run(&core).await }
        });
    }
}
