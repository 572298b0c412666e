//! What an import took, what it left, and why: for people.

use std::{collections::BTreeMap, fmt};

use super::table::Table;
use crate::journal::imported::{Brought, Imported};

/// Rows that were left for one reason each are listed up to this many a table.
const EXAMPLES: usize = 5;

/// See the module's text.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What there was to take.
    pub found: Found,
    /// Facts that were new.
    pub brought: Brought,
    /// Servers that were new.
    pub servers: u64,
    /// Audit entries that were new.
    pub audit: u64,
    tables: Vec<String>,
    columns: Vec<String>,
    rows: BTreeMap<String, Vec<String>>,
}

/// How much there was of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    servers: u64,
    audit: u64,
    facts: Brought,
}

impl Found {
    pub(super) fn of(facts: &Imported, servers: usize) -> Self {
        Self {
            servers: servers as u64,
            audit: facts.audit.len() as u64,
            facts: Brought {
                downtimes: facts.downtimes.len() as u64,
                candidates: facts.candidates.len() as u64,
                maintenances: facts.maintenances.len() as u64,
                aliases: (facts.aliases.len() + facts.alias_overrides.len()) as u64,
                tags: facts.tags.len() as u64,
                pools: facts.pools.len() as u64,
                host_attributes: facts.host_attributes.len() as u64,
                virtual_names: facts.virtual_names.len() as u64,
                detections: facts.detections.len() as u64,
                recoveries: facts.recoveries.len() as u64,
                switches: u64::from(facts.recoveries_disabled),
            },
        }
    }
}

impl Report {
    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "imported {} servers, {} facts and {} audit entries of the Go program",
            self.servers,
            self.brought.total(),
            self.audit
        )
    }

    pub(super) fn left_table(&mut self, table: &Table, why: &str) {
        if !table.rows.is_empty() {
            let rows = table.rows.len();
            self.tables.push(format!("table {} ({rows} rows): {why}", table.name));
        }
    }

    /// Compares the columns of a table with those that are known.
    pub(super) fn columns(&mut self, table: &Table, known: &[&str]) {
        let unknown = table.columns.iter().filter(|column| !known.contains(&column.as_str()));
        for column in unknown {
            self.columns.push(format!("column {}.{column}: not known", table.name));
        }
        let missing = known.iter().filter(|known| !table.columns.iter().any(|c| c == *known));
        for column in missing {
            self.columns
                .push(format!("column {}.{column}: missing, its default is taken", table.name));
        }
    }

    pub(super) fn left_row(&mut self, table: &str, why: String) {
        self.rows.entry(table.to_owned()).or_default().push(why);
    }

    fn lines(&self) -> [(&'static str, u64, u64); 13] {
        let (new, all) = (&self.brought, &self.found.facts);
        [
            ("servers", self.servers, self.found.servers),
            ("cluster aliases", new.aliases, all.aliases),
            ("promotion rules", new.candidates, all.candidates),
            ("downtimes", new.downtimes, all.downtimes),
            ("maintenance locks", new.maintenances, all.maintenances),
            ("tags", new.tags, all.tags),
            ("pools", new.pools, all.pools),
            ("host attributes", new.host_attributes, all.host_attributes),
            ("virtual names", new.virtual_names, all.virtual_names),
            ("detections", new.detections, all.detections),
            ("recoveries", new.recoveries, all.recoveries),
            ("switch: recoveries disabled", new.switches, all.switches),
            ("audit entries", self.audit, self.found.audit),
        ]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, new, all) in self.lines() {
            let here = all.saturating_sub(new);
            write!(f, "took {new} {what}")?;
            writeln!(
                f,
                "{}",
                if here > 0 { format!(", {here} were here already") } else { String::new() }
            )?;
        }
        for line in self.tables.iter().chain(&self.columns) {
            writeln!(f, "left {line}")?;
        }
        for (table, reasons) in &self.rows {
            for why in reasons.iter().take(EXAMPLES) {
                writeln!(f, "left a row of {table}: {why}")?;
            }
            if reasons.len() > EXAMPLES {
                writeln!(f, "left {} more rows of {table}", reasons.len() - EXAMPLES)?;
            }
        }
        Ok(())
    }
}
