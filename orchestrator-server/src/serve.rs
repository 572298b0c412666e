//! The forms of the program that serve: from the configuration to a serving process, and down again.
//! The order of start-up and of shutdown is read from top to bottom.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};
use rand::Rng;
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch::Sender},
};
use tracing::{error, info, warn};
use tracing_subscriber::EnvFilter;

use crate::{
    app::{self, Core, Parts, Watch},
    audit::{AuditedJournal, Sinks},
    backend::{InstanceStore, Sqlite, TopologySnapshots, store},
    cli::flags::Flags,
    clock::{SharedClock, SystemClock},
    config::{self, Backend, Config, ConfigHandle, FileChoice},
    http::{NodeInfo, Server, Services, Standing, identity, local::LocalDoor},
    import,
    journal::{
        Journal,
        command::{AuditEntry, Command},
        facts::Node,
        local::{Bounds, LocalJournal},
    },
    measure::{Measurements, QueueHistory, Window},
    mysql::live::LiveDriver,
    operations::{ServiceOperations, keep_snapshot},
    probe::resolver::SystemDns,
    tasks::Tasks,
};

/// Longest wait for tasks to end at shutdown.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serve until a signal ends it.
///
/// # Errors
/// What keeps it from starting, or ended it: one line.
pub fn run(flags: &Flags) -> anyhow::Result<()> {
    let config = configuration(flags, Unasked::Warn)?;
    refuse_what_is_not_there(&config.current())?;
    runtime()?.block_on(serve(flags.discovery, config, true))
}

/// Serve until a signal ends it, without the API: nobody but the command line of this machine can
/// ask.
///
/// # Errors
/// As [`run`].
pub fn serve_without_api(flags: &Flags, config: ConfigHandle) -> anyhow::Result<()> {
    refuse_what_is_not_there(&config.current())?;
    runtime()?.block_on(serve(flags.discovery, config, false))
}

/// What is logged where no flag says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// A service: what deserves attention.
    Warn,
    /// A command: errors, so that cron mails nothing about one that succeeded.
    Error,
}

/// Reads the configuration, and begins to log as it and the flags say.
///
/// # Errors
/// What is wrong with the configuration: one line each.
pub fn configuration(flags: &Flags, unasked: Unasked) -> anyhow::Result<ConfigHandle> {
    let files = FileChoice::from_flag(flags.config.as_deref());
    let loaded = config::load(&files, &environment)?;
    start_logging(flags, &loaded.config, unasked);
    loaded.log();
    Ok(ConfigHandle::new(loaded, files, Box::new(environment)))
}

/// What everything runs on.
///
/// # Errors
/// The system gives no threads.
pub fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("cannot start")
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Settings that would make a promise this program cannot keep yet.
fn refuse_what_is_not_there(config: &Config) -> anyhow::Result<()> {
    if config.raft.is_some() {
        bail!("RaftEnabled is true: raft is not available in this version");
    }
    Ok(())
}

fn start_logging(flags: &Flags, config: &Config, unasked: Unasked) {
    let level = match (flags.quiet, flags.debug || config.raw.debug, flags.verbose) {
        (true, _, _) => "error",
        (_, true, _) => "orchestrator_server=debug,orchestrator=debug,info",
        (_, _, true) => "info",
        _ if unasked == Unasked::Error => "error",
        _ => "warn",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false)
        .init();
}

/// The parts of a process on the embedded backend, wired, but neither probing nor listening.
pub struct Program {
    /// What the outside talks to.
    pub core: Core,
    /// What handlers of the API reach.
    pub services: Arc<Services>,
    /// Background work.
    pub tasks: Tasks,
    watch: Watch,
    storage: Storage,
}

/// What has to be closed in order.
struct Storage {
    journal: Arc<LocalJournal>,
    sqlite: Sqlite,
    sinks: Sinks,
}

impl Storage {
    /// Ends background work, writes what is not written, and gives the backend free.
    async fn close(self, tasks: &Tasks) {
        tasks.shut_down(PATIENCE).await;
        self.journal.close().await;
        self.sinks.close();
        self.sqlite.close().await;
    }
}

impl Program {
    /// Opens the backend and wires the parts. `leads` tells whether the process may act.
    ///
    /// # Errors
    /// The backend cannot be used, or another process has it.
    pub async fn open(config: ConfigHandle, sqlite: Sqlite, leads: bool) -> anyhow::Result<Self> {
        // A provider installed before would be this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock: SharedClock = Arc::new(SystemClock::default());
        let tasks = Tasks::default();
        let node = this_node();
        import::at_first_start(&sqlite).await?;
        let journal = LocalJournal::open(&sqlite, clock.clone(), Bounds::default()).await?.0;
        let instances = InstanceStore::new(sqlite.clone());
        let known = store::load(&instances).await?;
        info!("{} servers are known from the last run", known.instances.len());

        let (stored, to_store) = mpsc::unbounded_channel();
        let flushes = Arc::new(Window::default());
        let measured = (flushes.clone(), clock.clone());
        tasks.spawn("store", store::run(instances, to_store, tasks.stop_token(), measured));
        let driver = Arc::new(LiveDriver::new(config.clone(), clock.clone()));
        let journal: Arc<LocalJournal> = Arc::new(journal);
        let sinks = Sinks::start(Sinks::syslog(config.current().raw.audit_to_syslog))?;
        let audited: Arc<dyn Journal> =
            Arc::new(AuditedJournal::new(journal.clone(), config.clone(), sinks.clone()));
        let (core, watch) = app::build(Parts {
            dns: Arc::new(SystemDns::new()),
            driver,
            facts: journal.facts(),
            journal: audited.clone(),
            known,
            store: stored,
            config: config.clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            node: node.clone(),
            leads,
        });

        // Without the journal nothing can be recovered: the process ends, to be started again.
        let supervised = journal.clone();
        let stop = tasks.stop_token();
        tasks.keep("journal", async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = supervised.ended() => {}
            }
        });

        let file = sqlite.path().to_owned();
        let (standing, standing_now) =
            tokio::sync::watch::channel(standing(&core, &file, clock.now()));
        keep_standing(&core, &journal, standing, &file, &tasks);
        let measurements = Measurements {
            probes: core.discovery.probes(),
            queues: watch_queues(&core, &config, &tasks),
            queries: sqlite.queries(),
            flushes,
        };
        let snapshots = TopologySnapshots::new(sqlite.clone());
        let current = config.current();
        keep_snapshots(&core, &snapshots, &current, &tasks);
        let services = Services {
            fleet: core.inventory.changes(),
            config: config.clone(),
            clock,
            journal: audited,
            operations: Arc::new(ServiceOperations::new(core.clone(), tasks.clone(), snapshots)),
            identity: identity::find(&current, &node.hostname).await,
            node,
            measurements,
            standing: standing_now,
        };
        let storage = Storage { journal, sqlite, sinks };
        Ok(Self { core, services: Arc::new(services), tasks, watch, storage })
    }

    /// Ends background work, writes what is not written, and gives the backend free.
    pub async fn close(self) {
        self.storage.close(&self.tasks).await;
    }
}

/// The file of the embedded backend.
///
/// # Errors
/// The backend is another one.
pub fn embedded_file(config: &Config) -> anyhow::Result<String> {
    match &config.backend {
        Backend::Sqlite { file } => Ok(file.clone()),
        Backend::Mysql { server, .. } => bail!(
            "the backend is mysql at {server}: a shared backend is not available in this version; set BackendDB to sqlite"
        ),
    }
}

async fn serve(discovery: bool, config: ConfigHandle, with_api: bool) -> anyhow::Result<()> {
    // From here on: until somebody listens, this signal ends the process.
    let hangup = listen(SignalKind::hangup());
    info!("starting orchestrator {}", env!("CARGO_PKG_VERSION"));
    let file = embedded_file(&config.current())?;
    let sqlite = tokio::task::spawn_blocking(move || Sqlite::open_after_commands(&file)).await??;
    let program = Program::open(config, sqlite, discovery).await?;
    let Program { core, services, tasks, watch, storage } = program;

    // Whoever got an answer may end the process properly.
    let told = Told::listen(hangup);
    // Nothing is done to a server by a process that cannot be asked about it.
    let server = if with_api { Some(Server::bind(services.clone()).await?) } else { None };
    open_local_door(services, &storage.sqlite, &tasks).await?;
    if let Some(server) = server {
        let api = tasks.clone();
        tasks.keep("api", async move {
            if let Err(error) = server.run(api.stop_token()).await {
                error!("{error}");
            }
        });
    }
    if discovery {
        watch.begin();
    }
    let ended = tasks.failed();
    let outcome = tokio::select! {
        () = until_told(&core, told) => Ok(()),
        () = ended.cancelled() => Err(anyhow!("a task that must not end has ended; see the log")),
    };
    storage.close(&tasks).await;
    outcome
}

/// From now on the command line of this machine asks this process.
async fn open_local_door(
    services: Arc<Services>,
    sqlite: &Sqlite,
    tasks: &Tasks,
) -> anyhow::Result<()> {
    let token = random_token();
    let door = LocalDoor::open(services, token.clone())
        .await
        .context("cannot listen on the loopback interface for the command line")?;
    sqlite.announce(door.address()?, &token).await.context("cannot write the lock file")?;
    tasks.spawn("command line", door.run(tasks.stop_token()));
    Ok(())
}

fn random_token() -> String {
    let mut token = [0_u8; 32];
    rand::rng().fill_bytes(&mut token);
    token.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn this_node() -> Node {
    Node {
        hostname: hostname::get()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_else(|_| "localhost".to_owned()),
        token: random_token(),
    }
}

fn standing(core: &Core, file: &str, now: crate::clock::Moment) -> Standing {
    let info = NodeInfo {
        node: core.node.clone(),
        version: String::new(),
        first_seen: core.leadership.since(),
        last_seen: Some(now),
        backend: String::new(),
    };
    let leader = core.leadership.may_act();
    Standing {
        leader,
        trouble: None,
        active: leader.then(|| info.clone()),
        known: vec![NodeInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            last_seen: None,
            backend: file.to_owned(),
            ..info
        }],
    }
}

/// Health, once a second: red while commands cannot be written down.
fn keep_standing(
    core: &Core,
    journal: &Arc<LocalJournal>,
    sender: Sender<Standing>,
    file: &str,
    tasks: &Tasks,
) {
    let (core, journal, file) = (core.clone(), journal.clone(), file.to_owned());
    let sender = Arc::new(sender);
    tasks.periodic("standing", Duration::from_secs(1), move || {
        let mut now = standing(&core, &file, core.clock.now());
        now.trouble = journal.health().error;
        sender.send_replace(now);
        std::future::ready(())
    });
}

/// The lengths of the queues of probes, once a second. Servers that do not answer have a queue
/// of their own under its name only where `DeadInstanceDiscoveryMaxConcurrency` asks for it.
fn watch_queues(core: &Core, config: &ConfigHandle, tasks: &Tasks) -> Vec<Arc<QueueHistory>> {
    let dead = config.current().raw.dead_instance_discovery_max_concurrency > 0;
    let names: &[&str] = if dead { &["DEFAULT", "DEADINSTANCES"] } else { &["DEFAULT"] };
    let queues: Vec<_> = names.iter().map(|name| Arc::new(QueueHistory::new(name))).collect();
    let (core, config, histories) = (core.clone(), config.clone(), queues.clone());
    tasks.periodic("queue lengths", Duration::from_secs(1), move || {
        let most = config.current().raw.discovery_queue_max_statistics_size;
        let most = usize::try_from(most).unwrap_or(0);
        for (history, sample) in histories.iter().zip(core.discovery.queues()) {
            history.add(sample, most);
        }
        std::future::ready(())
    });
    queues
}

/// A snapshot of all topologies every `SnapshotTopologiesIntervalHours`; the first one an interval
/// after the start.
fn keep_snapshots(core: &Core, snapshots: &TopologySnapshots, config: &Config, tasks: &Tasks) {
    let Some(interval) = config.snapshot_topologies_interval() else { return };
    let (core, snapshots, stop) = (core.clone(), snapshots.clone(), tasks.stop_token());
    tasks.keep("topology snapshots", async move {
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            if core.leadership.may_act()
                && let Err(error) = keep_snapshot(&core, &snapshots).await
            {
                warn!("no snapshot of the topologies was kept: {error}");
            }
        }
    });
}

/// The signals that a service follows, from the moment at which this is made.
struct Told {
    hangup: Option<Signal>,
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl Told {
    fn listen(hangup: Option<Signal>) -> Self {
        let terminate = listen(SignalKind::terminate());
        Self { hangup, terminate, interrupt: listen(SignalKind::interrupt()) }
    }
}

/// Reload on SIGHUP; return on SIGTERM or SIGINT.
async fn until_told(core: &Core, mut told: Told) {
    loop {
        tokio::select! {
            () = next(&mut told.hangup) => reload(core).await,
            () = next(&mut told.terminate) => break,
            () = next(&mut told.interrupt) => break,
        }
    }
    info!("told to end");
    audit(core, "shutdown", "told by a signal").await;
}

fn listen(kind: SignalKind) -> Option<Signal> {
    signal(kind).inspect_err(|error| warn!("cannot listen for a signal: {error}")).ok()
}

async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

async fn reload(core: &Core) {
    audit(core, "reload-configuration", "Triggered via SIGHUP").await;
    match core.config.reload(None) {
        Ok(report) => report.log(),
        Err(errors) => {
            for line in errors.to_string().lines() {
                error!("configuration not reloaded, the running one stays: {line}");
            }
        }
    }
}

async fn audit(core: &Core, kind: &str, message: &str) {
    let entry = AuditEntry {
        at: core.clock.now(),
        kind: kind.to_owned(),
        key: None,
        cluster: String::new(),
        message: message.to_owned(),
    };
    if let Err(error) = core.journal.propose(Command::Audit(entry)).await {
        warn!("cannot audit: {error}");
    }
}
