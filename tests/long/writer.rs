//! An ordinary application that always wants to write: it holds a connection to every node,
//! sticks to the one that takes its rows, and tries all others when that one fails. Row after
//! row is numbered, so that a gap tells of a lost one.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use harness::{sandbox::Sandbox, wait};
use mysql_async::{Conn, OptsBuilder, prelude::Queryable};
use tokio::{task::JoinHandle, time::timeout};

/// Between two tries on a node.
const PAUSE: Duration = Duration::from_millis(5);
/// After this an application gives a connection up.
const PATIENCE: Duration = Duration::from_secs(1);

/// Numbers are never given twice, whoever writes.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The running application. Dropped, it ends at its next row.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    /// The node that takes rows; 0 while none does.
    current: AtomicU16,
    end: AtomicBool,
    taken: Mutex<BTreeMap<u16, Vec<Taken>>>,
}

/// A row that a node said it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) row: u64,
    pub(crate) at: Instant,
}

impl Writer {
    /// Write to whichever node takes it.
    pub(crate) fn start(sandbox: &Sandbox) -> Self {
        let shared = Arc::new(Shared {
            current: AtomicU16::new(0),
            end: AtomicBool::new(false),
            taken: Mutex::default(),
        });
        let tasks = (1..=sandbox.nodes())
            .map(|node| {
                let (shared, port) = (shared.clone(), sandbox.port(node));
                tokio::spawn(async move { shared.write_to(node, port).await })
            })
            .collect();
        Self { shared, tasks }
    }

    /// When a node other than these took its first row after `since`, and which.
    pub(crate) async fn first_elsewhere(
        &self,
        than: u16,
        since: Instant,
        longest: Duration,
    ) -> (u16, Instant) {
        wait::until(longest, "another node takes rows", || async {
            let taken = self.taken();
            let rows = taken.iter().filter(|(node, _)| **node != than);
            let first = rows.filter_map(|(node, rows)| {
                rows.iter().find(|row| row.at >= since).map(|row| (*node, row.at))
            });
            first.min_by_key(|(_, at)| *at).ok_or_else(|| "no row taken".to_owned())
        })
        .await
    }

    /// Wait until so many more rows were taken.
    pub(crate) async fn has_written(&self, rows: usize) {
        let before = self.count();
        wait::until(wait::secs(60), "the application writes", || async {
            let now = self.count();
            if now >= before + rows { Ok(()) } else { Err(format!("{before}, then {now} rows")) }
        })
        .await;
    }

    /// How many rows were taken by whomever.
    pub(crate) fn count(&self) -> usize {
        self.taken().values().map(Vec::len).sum()
    }

    /// End, and tell what each node took.
    pub(crate) async fn stop(mut self) -> BTreeMap<u16, Vec<Taken>> {
        self.shared.end.store(true, Ordering::Relaxed);
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        self.taken().clone()
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<u16, Vec<Taken>>> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.end.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    async fn write_to(&self, node: u16, port: u16) {
        let mut connection = None;
        while !self.end.load(Ordering::Relaxed) {
            tokio::time::sleep(PAUSE).await;
            let current = self.current.load(Ordering::Relaxed);
            if connection.is_none() {
                connection = timeout(PATIENCE, connect(port)).await.ok().and_then(Result::ok);
            }
            let Some(open) = connection.as_mut().filter(|_| current == 0 || current == node) else {
                continue;
            };
            let row = NEXT.fetch_add(1, Ordering::Relaxed);
            let insert = open.query_drop(format!("insert into t (v) values ('{row}')"));
            match timeout(PATIENCE, insert).await {
                Ok(Ok(())) => self.was_taken(node, row),
                // It answers, and refuses: the connection is good.
                Ok(Err(mysql_async::Error::Server(_))) => self.leave(node),
                _ => {
                    self.leave(node);
                    connection = None;
                }
            }
        }
    }

    fn was_taken(&self, node: u16, row: u64) {
        self.current.store(node, Ordering::Relaxed);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.entry(node).or_default().push(Taken { row, at: Instant::now() });
    }

    fn leave(&self, node: u16) {
        // Another node may have been found meanwhile.
        let _ = self.current.compare_exchange(node, 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}

async fn connect(port: u16) -> mysql_async::Result<Conn> {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(port)
        .user(Some("app"))
        .pass(Some("app_pw"))
        .db_name(Some("test_data"))
        .prefer_socket(false);
    Conn::new(options).await
}
