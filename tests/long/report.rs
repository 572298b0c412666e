//! What a part has to say: printed as it goes, and kept as the part's section of
//! `docs/verification.md`, in the file that `LONG_REPORT` names.

/// Progress: printed, not kept.
pub(crate) fn note(line: &str) {
    println!("{line}");
}

/// The section of one part, in Markdown.
#[derive(Debug, Default)]
pub(crate) struct Report {
    text: String,
    rows: usize,
}

impl Report {
    /// Begin with what the part does.
    pub(crate) fn new(what: &str) -> Self {
        let mut report = Self::default();
        report.say(what);
        report
    }

    /// The seed, which can be given again.
    pub(crate) fn seed(&mut self, seed: u64) {
        self.say(&format!("`LONG_SEED={seed}`"));
    }

    /// A paragraph.
    pub(crate) fn say(&mut self, line: &str) {
        println!("{line}");
        self.rows = 0;
        self.text += &format!("{}{line}\n", if self.text.is_empty() { "" } else { "\n" });
        self.save();
    }

    /// A row of a table; the first one after a paragraph with the names of its columns.
    pub(crate) fn row(&mut self, cells: &[(&str, &str)]) {
        let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        if self.rows == 0 {
            self.text.push('\n');
            self.text += &line(cells.iter().map(|(name, _)| *name).collect());
            self.text += &line(cells.iter().map(|_| "---").collect());
        }
        self.rows += 1;
        self.text += &line(cells.iter().map(|(_, value)| *value).collect());
        let words: Vec<String> =
            cells.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        println!("=> {}", words.join(", "));
        self.save();
    }

    fn save(&self) {
        if let Some(path) = std::env::var_os("LONG_REPORT") {
            std::fs::write(path, &self.text).unwrap();
        }
    }
}
