use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command as Process, Stdio},
    sync::mpsc as blocking,
};

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    backend::{Problem, sqlite::Urgency},
    clock::{Clock, Moment},
    journal::{arbitrary, command::AuditEntry},
};

/// A service with a journal in a folder of its own.
struct Service {
    folder: tempfile::TempDir,
    sqlite: Sqlite,
    journal: LocalJournal,
    feed: Feed,
}

struct NoTime;

impl Clock for NoTime {
    fn now(&self) -> Moment {
        Moment::from_unix_seconds(5)
    }
}

async fn start_in(folder: tempfile::TempDir, bounds: Bounds) -> Service {
    let (sqlite, opened) = open(folder.path(), bounds).await;
    let (journal, feed) = opened.unwrap();
    Service { folder, sqlite, journal, feed }
}

async fn start(bounds: Bounds) -> Service {
    start_in(tempfile::tempdir().unwrap(), bounds).await
}

async fn open(
    folder: &Path,
    bounds: Bounds,
) -> (Sqlite, Result<(LocalJournal, Feed), BackendError>) {
    let sqlite = Sqlite::open(folder.join("o.sqlite3").to_str().unwrap()).unwrap();
    let opened = LocalJournal::open(&sqlite, Arc::new(NoTime), bounds).await;
    (sqlite, opened)
}

impl Service {
    async fn stop(self) -> tempfile::TempDir {
        self.journal.close().await;
        self.sqlite.close().await;
        self.folder
    }

    /// Stops and starts again.
    async fn restart(self, bounds: Bounds) -> Self {
        start_in(self.stop().await, bounds).await
    }

    fn facts(&self) -> Arc<Facts> {
        self.journal.facts.borrow().clone()
    }

    async fn propose(&self, command: Command) -> Applied {
        self.journal.propose(command).await.unwrap()
    }

    async fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let count = self.sqlite.run(Urgency::Later, move |connection| {
            connection.query_row(&sql, [], |row| row.get(0))
        });
        count.await.unwrap()
    }

    /// The log is shortened beside other work.
    async fn until_shortened_below(&self, rows: u64) {
        for _ in 0..10_000 {
            if self.count("orc_log").await < rows {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{} rows stay in the log", self.count("orc_log").await);
    }

    /// Lets the file grow to this many pages, at least to its present size.
    async fn limit(&self, pages: u32) {
        let limited = self.sqlite.run(Urgency::Now, move |connection| {
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        });
        limited.await.unwrap();
    }

    /// Keeps the database busy until the sender is used or dropped.
    fn hang(&self) -> blocking::Sender<()> {
        let (release, released) = blocking::channel();
        drop(self.sqlite.run(Urgency::Now, move |_| {
            let _ = released.recv();
            Ok(())
        }));
        release
    }

    async fn healthy(&mut self) {
        let well = JournalHealth::default();
        self.journal.health.wait_for(|health| *health == well).await.unwrap();
    }
}

fn key(number: usize) -> InstanceKey {
    InstanceKey::new(&format!("h{number}"), 3306).unwrap()
}

fn forget(number: usize) -> Command {
    Command::Forget { key: key(number), until: Moment::from_unix_seconds(9) }
}

fn audit(number: usize, at: i64, message: &str) -> Command {
    Command::Audit(AuditEntry {
        at: Moment::from_unix_seconds(at),
        kind: "note".into(),
        key: (number > 0).then(|| key(number)),
        cluster: "c1".into(),
        message: message.into(),
    })
}

/// A busy disk does not fail these tests.
fn patient() -> Bounds {
    Bounds { deadline: Duration::from_secs(60), ..Bounds::default() }
}

fn small() -> Bounds {
    let retry = Duration::from_millis(10);
    Bounds { compact_after: 5, backlog: 10, retry, ..patient() }
}

#[tokio::test]
async fn who_waited_reads_its_own_write() {
    let mut service = start(patient()).await;
    assert_eq!(service.propose(forget(1)).await, Applied { number: 1 });
    assert!(service.facts().forgotten.contains_key(&key(1)));
    let entry = service.feed.try_recv().unwrap();
    assert_eq!(*entry.command, forget(1));
    assert_eq!(entry.facts, service.facts());
    assert_eq!(service.journal.health(), JournalHealth::default());
}

#[tokio::test]
async fn commands_are_applied_in_the_order_of_the_calls() {
    let mut service = start(patient()).await;
    let unpolled: Vec<_> = (1..=3).map(|number| service.journal.propose(forget(number))).collect();
    service.journal.propose(forget(4)).await.unwrap();
    drop(unpolled);
    for number in 1..=4 {
        let entry = service.feed.try_recv().unwrap();
        assert_eq!((&*entry.command, entry.facts.applied), (&forget(number), number as u64));
    }
}

#[tokio::test]
async fn commands_that_wait_share_a_transaction() {
    let service = start(patient()).await;
    let release = service.hang();
    let first = service.journal.propose(forget(0));
    tokio::task::yield_now().await;
    let others: Vec<_> = (1..200).map(|number| service.journal.propose(forget(number))).collect();
    release.send(()).unwrap();
    first.await.unwrap();
    for other in others {
        other.await.unwrap();
    }
    assert_eq!(service.count("orc_log").await, 200);
    // A transaction of its own for each would have added at least one page for each.
    let log = service.folder.path().join("o.sqlite3-wal");
    let pages = std::fs::metadata(log).unwrap().len() / 4096;
    assert!(pages < 100, "{pages} pages");
}

#[tokio::test]
async fn a_restart_changes_nothing() {
    let service = start(patient()).await;
    service.propose(forget(1)).await;
    service.propose(audit(1, 1, "hello")).await;
    let before = service.facts();
    let mut service = service.restart(patient()).await;
    assert_eq!(service.facts(), before);
    assert!(service.feed.try_recv().is_err(), "the past is not fed again");
    assert_eq!(service.propose(forget(2)).await.number, 1);
    assert_eq!(service.facts().applied, 3);
}

#[tokio::test]
async fn a_snapshot_takes_the_place_of_a_long_log() {
    let service = start(small()).await;
    for number in 0..12 {
        service.propose(forget(number)).await;
    }
    service.until_shortened_below(5).await;
    assert_eq!(service.count("orc_snapshot").await, 1);
    let before = service.facts();
    let service = service.restart(small()).await;
    assert_eq!(service.facts(), before);

    let service = service.restart(patient()).await;
    for number in 12..20 {
        service.propose(forget(number)).await;
    }
    assert_eq!(service.count("orc_log").await, 10, "too few to be shortened");
    let service = service.restart(small()).await;
    service.until_shortened_below(1).await;
    assert_eq!(service.facts().forgotten.size(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_stops_nobody() {
    let mut service = start(Bounds::default()).await;
    let release = service.hang();
    assert_eq!(service.propose(forget(1)).await.number, 1);
    let error = Some("the database did not answer within 1 s".to_owned());
    assert_eq!(service.journal.health(), JournalHealth { unwritten: 1, error: error.clone() });

    let waited = Instant::now();
    service.propose(forget(2)).await;
    assert_eq!(waited.elapsed(), Duration::ZERO, "nobody waits for it a second time");
    assert_eq!(service.journal.health(), JournalHealth { unwritten: 2, error });
    assert_eq!(service.facts().forgotten.size(), 2);

    release.send(()).unwrap();
    service.healthy().await;
    let before = service.facts();
    assert_eq!(service.restart(patient()).await.facts(), before);
}

#[tokio::test]
async fn what_a_full_disk_refuses_is_written_later_in_order() {
    let mut service = start(small()).await;
    service.propose(forget(1)).await;
    service.limit(1).await;
    service.propose(audit(1, 1, &"x".repeat(1_000_000))).await;
    service.propose(forget(2)).await;
    let health = service.journal.health();
    assert_eq!(health.unwritten, 2);
    assert!(health.error.unwrap().contains("no space left"));
    assert_eq!(service.count("orc_log").await, 1, "nothing overtakes the command before it");

    service.limit(1_000_000).await;
    service.healthy().await;
    assert_eq!(service.count("orc_log").await, 3);
    assert_eq!(service.count("orc_audit").await, 1);
    let before = service.facts();
    assert_eq!(service.restart(patient()).await.facts(), before);
}

#[tokio::test]
async fn a_long_backlog_shrinks_to_a_snapshot_and_the_newest_audit_entries() {
    let mut service = start(small()).await;
    service.limit(1).await;
    let long = "x".repeat(100_000);
    for number in 2..30 {
        service.propose(audit(number, 1, &long)).await;
        service.propose(forget(number)).await;
        assert!(service.journal.health().unwritten <= 10);
    }
    service.limit(1_000_000).await;
    service.healthy().await;
    assert_eq!((service.count("orc_log").await, service.count("orc_snapshot").await), (0, 1));
    let newest = service.journal.audit_page(None, 0, 3).await.unwrap();
    let keys: Vec<_> = newest.into_iter().map(|row| row.entry.key.unwrap()).collect();
    assert_eq!(keys, [key(29), key(28), key(27)]);
    let before = service.facts();
    assert_eq!(before.forgotten.size(), 28);
    assert_eq!(service.restart(small()).await.facts(), before);
}

#[tokio::test]
async fn the_audit_is_paged_newest_first() {
    let service = start(patient()).await;
    for (at, number) in [(1, 1), (2, 2), (3, 0), (4, 1), (5, 1)] {
        service.propose(audit(number, at, &format!("entry {at}"))).await;
    }
    let page = async |number: Option<usize>, page, size| -> Vec<_> {
        let rows = service.journal.audit_page(number.map(key), page, size).await.unwrap();
        rows.into_iter().map(|row| (row.id, row.entry.message)).collect()
    };
    let entry = |id| (id, format!("entry {id}"));
    assert_eq!(page(None, 0, 3).await, [5, 4, 3].map(entry));
    assert_eq!(page(None, 1, 3).await, [2, 1].map(entry));
    assert_eq!(page(None, 2, 3).await, []);
    assert_eq!(page(None, u64::MAX, 3).await, []);
    assert_eq!(page(Some(1), 0, 2).await, [5, 4].map(entry));
    assert_eq!(page(Some(1), 1, 2).await, [1].map(entry));

    let rows = service.journal.audit_page(Some(key(2)), 0, 9).await.unwrap();
    let Command::Audit(expected) = audit(2, 2, "entry 2") else { unreachable!() };
    assert_eq!(rows, [AuditRow { id: 2, entry: expected }]);
    let rows = service.journal.audit_page(None, 2, 1).await.unwrap();
    assert_eq!(rows[0].entry.key, None, "an entry about the service");

    let moment = Moment::from_unix_seconds;
    let purge =
        Command::Purge { at: moment(9), history_before: moment(4), candidates_before: moment(0) };
    service.propose(purge).await;
    assert_eq!(page(None, 0, 9).await, [5, 4].map(entry));
}

#[tokio::test]
async fn a_closed_journal_takes_no_commands() {
    let service = start(patient()).await;
    let before_closing = service.journal.propose(forget(1));
    service.journal.close().await;
    assert_eq!(before_closing.await, Ok(Applied { number: 1 }));
    assert_eq!(service.journal.propose(forget(2)).await, Err(JournalError::Closed));
    service.journal.ended().await;
    service.journal.close().await;
    assert_eq!(service.restart(patient()).await.facts().forgotten.size(), 1);
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_ever() {
    let service = start(patient()).await;
    let release = service.hang();
    service.propose(forget(1)).await;
    service.journal.close().await;
    service.journal.ended().await;
    release.send(()).unwrap();
}

#[rstest]
#[case::unknown_command(
    "INSERT INTO orc_log VALUES (2, 0, '{\"Levitate\":{}}')",
    "command 2 cannot be read by this program (unknown variant `Levitate`"
)]
#[case::missing_command(
    "UPDATE orc_log SET seq = 3",
    "damaged (command 1 is missing from orc_log)"
)]
#[case::unknown_fact(
    "INSERT INTO orc_snapshot VALUES (1, 1, '{\"applied\":1,\"spells\":{}}')",
    "the snapshot cannot be read by this program (unknown field `spells`"
)]
#[tokio::test]
async fn what_is_not_understood_is_not_dropped(#[case] change: &'static str, #[case] text: &str) {
    let service = start(patient()).await;
    service.propose(forget(1)).await;
    let changed =
        service.sqlite.run(Urgency::Now, move |connection| connection.execute(change, []));
    changed.await.unwrap();
    let folder = service.stop().await;
    let error = open(folder.path(), patient()).await.1.unwrap_err();
    assert!(error.problem.to_string().starts_with(text), "{error}");
    assert!(matches!(error.problem, Problem::Unreadable { .. } | Problem::Damaged(_)));
}

#[tokio::test]
async fn a_copy_made_after_any_answer_holds_what_was_answered() {
    let service = start(Bounds { compact_after: 7, ..patient() }).await;
    for number in 0..20 {
        service.propose(forget(number)).await;
        // Compaction may be under way: it must not be cut in two by the copy.
        service.count("orc_log").await;
        let copy = tempfile::tempdir().unwrap();
        for file in ["o.sqlite3", "o.sqlite3-wal"] {
            std::fs::copy(service.folder.path().join(file), copy.path().join(file)).unwrap();
        }
        assert_eq!(start_in(copy, patient()).await.facts(), service.facts());
    }
}

const KILLED_IN: &str = "ORCHESTRATOR_TEST_JOURNAL_FOLDER";

/// Not a test: the process that [`a_killed_process_loses_nothing_that_it_answered`] kills.
#[tokio::test]
async fn a_process_to_be_killed() {
    let Some(folder) = std::env::var_os(KILLED_IN) else { return };
    let bounds = Bounds { compact_after: 50, ..patient() };
    let (_sqlite, opened) = open(Path::new(&folder), bounds).await;
    let (journal, _feed) = opened.unwrap();
    let writer = async |first: usize| {
        for number in (first..).step_by(8) {
            journal.propose(forget(number)).await.unwrap();
            println!("\nanswered {number}");
        }
    };
    futures_util::future::join_all((0..8).map(writer)).await;
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{}::a_process_to_be_killed", module_path!().split_once("::").unwrap().1);
    let mut process = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(KILLED_IN, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answered = BTreeSet::new();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    for line in lines {
        if let Some(number) = line.strip_prefix("answered ") {
            answered.insert(number.parse::<usize>().unwrap());
        }
        if answered.len() == 300 {
            process.kill().unwrap();
        }
    }
    process.wait().unwrap();
    assert!(answered.len() >= 300, "{} answers", answered.len());
    let facts = start_in(folder, patient()).await.facts();
    for number in answered {
        assert!(facts.forgotten.contains_key(&key(number)), "{number} was answered");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_read_back_is_what_was_in_effect(
        runs in proptest::collection::vec((arbitrary::commands(20), 1..8_usize), 1..4)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut expected = Facts::default();
            let mut folder = tempfile::tempdir().unwrap();
            for (commands, compact_after) in runs {
                let bounds = Bounds { compact_after, ..patient() };
                let service = start_in(folder, bounds).await;
                assert_eq!(*service.facts(), expected);
                for command in commands {
                    assert_eq!(service.propose(command.clone()).await, expected.apply(&command));
                }
                assert_eq!(*service.facts(), expected);
                folder = service.stop().await;
            }
        });
    }
}
