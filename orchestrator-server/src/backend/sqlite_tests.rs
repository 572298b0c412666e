use std::path::{Path, PathBuf};

use rstest::rstest;
use rusqlite::OptionalExtension;

use super::*;

fn in_folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&folder.path().join("orchestrator.sqlite3"));
    (folder, path)
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn message(path: &str) -> String {
    Sqlite::open(path).unwrap_err().to_string()
}

#[tokio::test]
async fn jobs_run_in_order_and_urgent_ones_first() {
    let sqlite = Sqlite::open(":memory:").unwrap();
    let (start, started) = mpsc::channel::<()>();
    let blocker = sqlite.run(Urgency::Now, move |_| {
        started.recv().unwrap();
        Ok(())
    });
    let (note, noted) = mpsc::channel();
    let jobs: Vec<_> =
        [(Urgency::Later, 1), (Urgency::Now, 2), (Urgency::Later, 3), (Urgency::Now, 4)]
            .into_iter()
            .map(|(urgency, number)| {
                let note = note.clone();
                sqlite.run(urgency, move |_| {
                    note.send(number).unwrap();
                    Ok(())
                })
            })
            .collect();
    start.send(()).unwrap();
    blocker.await.unwrap();
    for job in jobs {
        job.await.unwrap();
    }
    drop(note);
    assert_eq!(noted.iter().collect::<Vec<_>>(), [2, 4, 1, 3]);
}

#[tokio::test]
async fn a_job_that_nobody_waits_for_runs_all_the_same() {
    let (_folder, path) = in_folder();
    let sqlite = Sqlite::open(&path).unwrap();
    drop(sqlite.run(Urgency::Later, |connection| {
        connection.execute("INSERT INTO orc_meta VALUES ('a', 'b')", [])
    }));
    sqlite.close().await;
    let after = sqlite.run(Urgency::Now, |_| Ok(())).await.unwrap_err();
    assert_eq!(after.problem, Problem::Closed);

    let sqlite = Sqlite::open(&path).unwrap();
    let value = sqlite.run(Urgency::Now, |connection| {
        connection.query_row("SELECT value FROM orc_meta WHERE key = 'a'", [], |row| row.get(0))
    });
    assert_eq!(value.await, Ok("b".to_owned()));
}

#[tokio::test]
async fn commits_reach_the_disk() {
    let (_folder, path) = in_folder();
    let sqlite = Sqlite::open(&path).unwrap();
    let pragma = |name: &'static str| {
        sqlite.run(Urgency::Now, move |connection| {
            connection.query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get::<_, rusqlite::types::Value>(0)
            })
        })
    };
    assert_eq!(pragma("journal_mode").await, Ok("wal".to_owned().into()));
    assert_eq!(pragma("synchronous").await, Ok(2_i64.into()), "FULL");
    assert_eq!(pragma("busy_timeout").await, Ok(5000_i64.into()));
}

#[tokio::test]
async fn one_file_serves_one_process() {
    let (folder, path) = in_folder();
    let first = Sqlite::open(&path).unwrap();
    let expected = format!(
        "SQLite3DataFile {path}: in use by another orchestrator (process {}); stop that one, or \
         name another file",
        std::process::id()
    );
    assert_eq!(message(&path), expected);

    let link = folder.path().join("link.sqlite3");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(message(&text(&link)).contains("in use by another orchestrator"));

    first.close().await;
    assert!(Sqlite::open(&path).is_ok());
}

/// What stands in the way of the file, and what is said about it.
#[rstest]
#[case::no_folder(
    |folder: &Path| folder.join("missing/o.sqlite3"),
    "the folder {folder}/missing does not exist; create it, or name a file in another folder"
)]
#[case::a_folder(
    |folder: &Path| folder.to_path_buf(),
    "cannot be written (it is a folder); allow the service's user to write the file and its folder"
)]
#[case::no_database(
    |folder: &Path| written(folder, &b"[client]\nuser = orchestrator\n".repeat(100)),
    "not an SQLite database; move it away, or name another file"
)]
#[case::newer_schema(
    |folder: &Path| changed(folder, "UPDATE orc_meta SET value = '7' WHERE key = 'schema_version'"),
    "its schema version is 7 but this program knows only up to 2; run the newer program that wrote it"
)]
#[case::no_schema_version(
    |folder: &Path| changed(folder, "DELETE FROM orc_meta"),
    "damaged (orc_meta has no usable schema_version: None); restore it from a backup, or move it \
     away to start empty"
)]
fn an_unusable_file_is_explained(
    #[case] prepare: impl FnOnce(&Path) -> PathBuf,
    #[case] problem: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&prepare(folder.path()));
    let problem = problem.replace("{folder}", &text(folder.path()));
    assert_eq!(message(&path), format!("SQLite3DataFile {path}: {problem}"));
}

fn written(folder: &Path, content: &[u8]) -> PathBuf {
    let path = folder.join("o.sqlite3");
    std::fs::write(&path, content).unwrap();
    path
}

/// A database of ours that somebody changed.
fn changed(folder: &Path, sql: &str) -> PathBuf {
    let path = folder.join("o.sqlite3");
    let mut connection = Connection::open(&path).unwrap();
    schema::upgrade(&mut connection).unwrap();
    connection.execute_batch(sql).unwrap();
    path
}

#[test]
fn a_file_that_cannot_be_written_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = changed(folder.path(), "");
    let uri = format!("file:{}?mode=ro", text(&path));
    let expected = "cannot be written (opened read-only); allow the service's user to write the \
                    file and its folder";
    assert_eq!(message(&uri), format!("SQLite3DataFile {uri}: {expected}"));
    // No process may create files there, not even the superuser's.
    let error = message("/proc/self/o.sqlite3");
    assert!(error.contains("cannot be written (unable to open database file"), "{error}");
}

#[test]
fn a_damaged_file_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = changed(folder.path(), "");
    let mut content = std::fs::read(&path).unwrap();
    content[100..4096].fill(0xff);
    std::fs::write(&path, content).unwrap();
    let path = text(&path);
    let expected = "damaged (database disk image is malformed); restore it from a backup, or move \
                    it away to start empty";
    assert_eq!(message(&path), format!("SQLite3DataFile {path}: {expected}"));
}

#[tokio::test]
async fn a_full_disk_is_told_from_other_failures() {
    let sqlite = Sqlite::open(":memory:").unwrap();
    let error = sqlite.run(Urgency::Now, |connection| {
        connection.query_row("PRAGMA max_page_count = 1", [], |_| Ok(()))?;
        connection.execute("INSERT INTO orc_meta VALUES ('a', zeroblob(1000000))", [])
    });
    assert_eq!(error.await.unwrap_err().problem, Problem::Full);
    let error = sqlite.run(Urgency::Now, |connection| connection.execute("SELECT nonsense", []));
    let error = error.await.unwrap_err();
    assert!(matches!(&error.problem, Problem::Other(text) if text.contains("nonsense")), "{error}");
}

#[tokio::test]
async fn tables_of_others_stay_as_they_are() {
    let (_folder, path) = in_folder();
    let theirs = Connection::open(&path).unwrap();
    theirs.execute_batch("CREATE TABLE audit (id INTEGER); INSERT INTO audit VALUES (7)").unwrap();
    drop(theirs);
    let sqlite = Sqlite::open(&path).unwrap();
    let schema = sqlite.run(Urgency::Now, |connection| {
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        names.collect::<rusqlite::Result<Vec<_>>>()
    });
    let names = schema.await.unwrap();
    let others: Vec<_> = names.iter().filter(|name| !name.starts_with("orc_")).collect();
    assert_eq!(others, ["audit"]);
    let value = sqlite.run(Urgency::Now, |connection| {
        connection.query_row("SELECT id FROM audit", [], |row| row.get::<_, i64>(0)).optional()
    });
    assert_eq!(value.await, Ok(Some(7)));
}

#[test]
fn a_present_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = changed(folder.path(), "INSERT INTO orc_log VALUES (1, 2, 'kept')");
    let mut connection = Connection::open(path).unwrap();
    schema::upgrade(&mut connection).unwrap();
    let kept: String =
        connection.query_row("SELECT command FROM orc_log", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "kept");
}

#[tokio::test]
async fn jobs_are_timed() {
    let sqlite = Sqlite::open(":memory:").unwrap();
    assert!(sqlite.queries().is_empty());
    sqlite.run(Urgency::Now, |_| Ok(())).await.unwrap();
    let broken = sqlite.run(Urgency::Later, |connection| connection.execute_batch("nonsense"));
    assert!(broken.await.is_err());
    let samples = sqlite.queries().since(crate::clock::Moment::default());
    let failed: Vec<bool> = samples.iter().map(|(_, sample)| sample.failure.is_some()).collect();
    assert_eq!(failed, [false, true]);
}
