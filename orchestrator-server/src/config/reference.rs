//! `docs/configuration.md`, the reference of all keys, printed from the table of keys. The test
//! fails when the file is not what the table says; it writes the file anew when the environment
//! variable `UPDATE_DOCS` is set.

use std::path::Path;

use super::{DEFAULT_FILES, DEFAULT_SQLITE_FILE, KEYS, Key, RawConfig, Reload, Secrets};

fn effect(reload: Reload) -> &'static str {
    match reload {
        Reload::Live => "yes",
        Reload::NewConnections => "new connections",
        Reload::Partly => "partly",
        Reload::Restart => "restart",
        Reload::AtLoad => "through other keys",
        Reload::NoEffect => "no effect",
    }
}

fn text() -> String {
    let files = DEFAULT_FILES.map(|file| format!("`{file}`")).join(", ");
    let mut out = include_str!("reference_intro.md").replace("{files}", &files);
    let defaults = RawConfig::default();
    let mut group = "";
    for key in KEYS {
        if key.group != group {
            group = key.group;
            out += &format!("\n### {group}\n\n");
            out += "| Key | Type | Default | Reload | Meaning |\n|---|---|---|---|---|\n";
        }
        let (name, doc) = (key.name, key.doc.trim().replace('|', "\\|"));
        let (kind, json) = (key.value(&defaults).type_name(), key.json(&defaults, Secrets::Show));
        out += &format!("| `{name}` | {kind} | `{json}` | {} | {doc} |\n", effect(key.reload));
    }
    out
}

#[test]
fn the_key_reference_says_what_the_table_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let wanted = text();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/configuration.md is out of date; run this test with UPDATE_DOCS=1. It must be:\n{wanted}"
    );
}

#[test]
fn the_default_database_file_is_told() {
    assert!(Key::find("SQLite3DataFile").unwrap().doc.contains(DEFAULT_SQLITE_FILE));
}
