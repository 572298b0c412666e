//! A cluster drawn as text (spec 02, 5.1). Pure: nodes in, lines out; what the nodes say is
//! told by [`nodes`], how they are laid out by [`draw`].

use std::collections::BTreeSet;

use shared::InstanceKey;

use crate::inventory::{
    condition::Condition,
    view::{ClusterView, Instance},
};
use crate::mysql::state::ChannelGtid;

/// How to lay out a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The description in brackets.
    Plain,
    /// The same, and the tags in further brackets.
    Tags,
    /// The description in columns.
    Tabulated,
}

/// One server of a drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The server.
    pub key: InstanceKey,
    /// The server above it, if that belongs to the drawing.
    pub parent: Option<InstanceKey>,
    /// It replicates from its own replica.
    pub co_master: bool,
    /// In front of it, where it is not at the top.
    pub glyph: char,
    /// Its name and alias.
    pub label: String,
    /// Lag, status, version, mode, binlog, extras; any may be empty.
    pub tokens: [String; 6],
    /// `name` or `name=value`.
    pub tags: Vec<String>,
}

/// The servers of a cluster, by key.
#[must_use]
pub fn nodes(view: &ClusterView) -> Vec<Node> {
    view.cluster.instances.values().map(|instance| node(view, instance)).collect()
}

fn node(view: &ClusterView, instance: &Instance) -> Node {
    let condition = Condition::of(instance, &view.config, view.now);
    let alias = instance.metadata.instance_alias.as_deref().unwrap_or_default();
    let alias = if alias.is_empty() { String::new() } else { format!(" ({alias})") };
    Node {
        key: instance.key.clone(),
        parent: parent(view, instance, condition),
        co_master: instance.place.co_master,
        glyph: glyph(condition),
        label: format!("{}{alias}", instance.key),
        tokens: tokens(view, instance, condition),
        tags: tags(view, instance),
    }
}

fn tags(view: &ClusterView, instance: &Instance) -> Vec<String> {
    let text = |(name, value): (&String, &String)| {
        let text = if value.is_empty() { name.clone() } else { format!("{name}={value}") };
        // A server is one line of a drawing.
        text.replace(char::is_control, " ")
    };
    view.facts.tags_of(&instance.key).into_iter().flatten().map(text).collect()
}

fn parent(
    view: &ClusterView,
    instance: &Instance,
    condition: Condition<'_>,
) -> Option<InstanceKey> {
    let above = if condition.is_group_secondary() {
        condition.group_primary()
    } else if condition.group_primary().is_some() && !condition.is_replica() {
        None
    } else {
        instance.source.attached()
    };
    above.filter(|key| view.instance(key).is_some()).cloned()
}

fn glyph(condition: Condition<'_>) -> char {
    if condition.is_group_secondary() {
        '‡'
    } else if condition.is_replicating() && condition.is_valid() && condition.is_recently_checked()
    {
        '+'
    } else {
        '-'
    }
}

fn tokens(view: &ClusterView, instance: &Instance, condition: Condition<'_>) -> [String; 6] {
    let state = instance.state.as_deref();
    let version = state.map(|state| state.version_text.clone()).unwrap_or_default();
    let mode = if state.is_some_and(|state| state.read_only) { "ro" } else { "rw" };
    let binlog = match state {
        Some(state) if state.binlog.enabled => state.binlog.format.clone(),
        _ => "nobinlog".to_owned(),
    };
    [
        condition.lag_text(),
        condition.status().to_owned(),
        version,
        mode.to_owned(),
        binlog,
        extras(view, instance),
    ]
}

fn extras(view: &ClusterView, instance: &Instance) -> String {
    let state = instance.state.as_deref();
    let mut extras = Vec::new();
    if state.is_some_and(|s| s.binlog.enabled && s.binlog.log_replica_updates) {
        extras.push(">>");
    }
    let by_gtid = instance.channel().is_some_and(|c| c.gtid != ChannelGtid::None);
    if by_gtid || state.is_some_and(|s| !matches!(s.gtid.mode.as_str(), "" | "OFF")) {
        extras.push(if instance.place.errant.is_empty() { "GTID" } else { "GTID:errant" });
    }
    if instance.metadata.pseudo_gtid.unwrap_or(false) {
        extras.push("P-GTID");
    }
    if state.is_some_and(|s| s.semi_sync.source_enabled) {
        extras.push("semi:master");
    }
    if state.is_some_and(|s| s.semi_sync.replica_enabled) {
        extras.push("semi:replica");
    }
    if view.downtime(&instance.key).is_some() {
        extras.push("downtimed");
    }
    extras.join(",")
}

/// The drawing: lines without a line break at the end; empty if there are no nodes.
#[must_use]
pub fn draw(nodes: &[Node], style: Style) -> String {
    let mut tree = Tree { nodes, drawn: BTreeSet::new(), lines: Vec::new() };
    tree.plant();
    match style {
        Style::Plain => bracketed(&tree.lines, false),
        Style::Tags => bracketed(&tree.lines, true),
        Style::Tabulated => tabulated(&tree.lines),
    }
}

/// A node with all that stands in front of its description.
struct Line<'a> {
    label: String,
    node: &'a Node,
}

struct Tree<'a> {
    nodes: &'a [Node],
    drawn: BTreeSet<&'a InstanceKey>,
    lines: Vec<Line<'a>>,
}

impl<'a> Tree<'a> {
    /// Draws every node: trees from their roots, then pairs that replicate from each other, then
    /// whatever hangs in a larger circle.
    fn plant(&mut self) {
        let nodes = self.nodes;
        for root in nodes.iter().filter(|node| node.parent.is_none()) {
            self.draw(root, 0);
        }
        for branch in nodes.iter().filter(|node| node.co_master) {
            self.draw(branch, 1);
        }
        for rest in nodes {
            self.draw(rest, 1);
        }
    }

    fn draw(&mut self, node: &'a Node, depth: usize) {
        // A pair's second half is a branch of its own.
        if (node.co_master && depth > 1) || !self.drawn.insert(&node.key) {
            return;
        }
        let indent = " ".repeat(depth.saturating_sub(1) * 2);
        let label = match depth {
            0 => node.label.clone(),
            _ => format!("{indent}{} {}", node.glyph, node.label),
        };
        self.lines.push(Line { label, node });
        let nodes = self.nodes;
        for child in nodes.iter().filter(|child| child.parent.as_ref() == Some(&node.key)) {
            self.draw(child, depth + 1);
        }
    }
}

fn bracketed(lines: &[Line<'_>], tags: bool) -> String {
    let width = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let line = |line: &Line<'_>| {
        let Line { label, node } = line;
        let known: Vec<&str> =
            node.tokens.iter().map(String::as_str).filter(|token| !token.is_empty()).collect();
        let tags = if tags { format!(" [{}]", node.tags.join(",")) } else { String::new() };
        format!("{label:<width$} [{}]{tags}", known.join(","))
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn tabulated(lines: &[Line<'_>]) -> String {
    let cells = |line: &Line<'_>| -> Vec<String> {
        std::iter::once(&line.label).chain(&line.node.tokens).cloned().collect()
    };
    let rows: Vec<Vec<String>> = lines.iter().map(cells).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let pad = |(column, cell): (usize, &String)| {
        let width = width(column).unwrap_or(0);
        match column {
            // The lag.
            1 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        }
    };
    let line = |row: &Vec<String>| row.iter().enumerate().map(pad).collect::<Vec<_>>().join("|");
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
