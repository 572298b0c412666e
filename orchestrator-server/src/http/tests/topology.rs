//! Clusters drawn as text.

use shared::InstanceKey;

use super::lab::Lab;
use crate::{
    http::topology::{Node, Style, draw, nodes},
    inventory::sketch,
};

fn drawing(view: &crate::inventory::view::ClusterView) -> String {
    draw(&nodes(view), Style::Plain)
}

#[tokio::test]
async fn the_small_fleet_is_drawn() {
    let lab = Lab::new();
    let details = async |route: &str| {
        let answer = lab.get(&format!("/api/{route}/main")).await.json();
        answer["Details"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        details("topology").await,
        "\
db1:3306 (node-1)     [0s,ok,8.4.3,rw,ROW,>>,GTID,semi:master]
+ db2:3306 (node-2)   [0s,ok,8.4.3,ro,ROW,>>,GTID,semi:replica]
  + db4:3306 (node-4) [0s,ok,8.4.3,ro,ROW,>>,GTID]
+ db3:3306 (node-3)   [0s,ok,8.4.3,ro,ROW,>>,GTID,downtimed]"
    );
    assert_eq!(
        details("topology-tags").await,
        "\
db1:3306 (node-1)     [0s,ok,8.4.3,rw,ROW,>>,GTID,semi:master] []
+ db2:3306 (node-2)   [0s,ok,8.4.3,ro,ROW,>>,GTID,semi:replica] []
  + db4:3306 (node-4) [0s,ok,8.4.3,ro,ROW,>>,GTID] []
+ db3:3306 (node-3)   [0s,ok,8.4.3,ro,ROW,>>,GTID,downtimed] []"
    );
    assert_eq!(
        details("topology-tabulated").await,
        "\
db1:3306 (node-1)    |0s|ok|8.4.3|rw|ROW|>>,GTID,semi:master \n\
+ db2:3306 (node-2)  |0s|ok|8.4.3|ro|ROW|>>,GTID,semi:replica\n  \
+ db4:3306 (node-4)|0s|ok|8.4.3|ro|ROW|>>,GTID             \n\
+ db3:3306 (node-3)  |0s|ok|8.4.3|ro|ROW|>>,GTID,downtimed   "
    );
}

/// What stands in the brackets of the last server of a sketch.
fn last(sketched: &str) -> String {
    let text = drawing(&sketch::mysql(sketched));
    text.lines().last().unwrap().to_owned()
}

#[test]
fn states_are_told() {
    for (sketched, expected) in [
        ("m -> r", "+ r:3306 [0s,ok,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r!", "- r:3306 [unknown,invalid,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r~", "- r:3306 [null,nonreplicating,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r^", "- r:3306 [null,nonreplicating,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r[lag=7]", "+ r:3306 [7s,ok,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r[lag=21]", "+ r:3306 [21s,lag,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r[lag=3600 delay=3600]", "+ r:3306 [3600s,ok,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r[lag=3 delay=3600]", "+ r:3306 [3s,lag,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r[lag=null]", "+ r:3306 [null,ok,8.0.36,ro,ROW,>>,GTID]"),
        ("m -> r[nolog]", "+ r:3306 [0s,ok,8.0.36,ro,nobinlog,GTID]"),
        ("m -> r[noupdates]", "+ r:3306 [0s,ok,8.0.36,ro,ROW,GTID]"),
        ("m -> r[nogtid]", "+ r:3306 [0s,ok,8.0.36,ro,ROW,>>]"),
        ("m -> r(10+2)", "+ r:3306 [0s,ok,8.0.36,ro,ROW,>>,GTID:errant]"),
        ("m -> r[pseudo]@", "+ r:3306 [0s,ok,8.0.36,ro,ROW,>>,GTID,P-GTID,downtimed]"),
    ] {
        assert_eq!(last(sketched).replace("r:3306  ", "r:3306 "), expected, "{sketched}");
    }
}

fn node(name: &str, parent: Option<&str>, co_master: bool) -> Node {
    let key = |name: &str| InstanceKey::parse(name, 1).unwrap();
    Node {
        key: key(name),
        parent: parent.map(key),
        co_master,
        glyph: '+',
        label: name.to_owned(),
        tokens: Default::default(),
        tags: Vec::new(),
    }
}

/// The labels of a drawing, one a line.
fn labels(nodes: &[Node]) -> Vec<String> {
    let text = draw(nodes, Style::Plain);
    text.lines().map(|line| line.split(" [").next().unwrap().trim_end().to_owned()).collect()
}

#[test]
fn a_pair_is_drawn_as_two_branches() {
    let pair =
        [node("a", Some("b"), true), node("b", Some("a"), true), node("c", Some("a"), false)];
    assert_eq!(labels(&pair), ["+ a", "  + c", "+ b"]);
}

#[test]
fn every_server_is_drawn_once() {
    let roots = [node("a", None, false), node("b", None, false), node("c", Some("b"), false)];
    assert_eq!(labels(&roots), ["a", "b", "+ c"]);
    let ring =
        [node("a", Some("c"), false), node("b", Some("a"), false), node("c", Some("b"), false)];
    assert_eq!(labels(&ring), ["+ a", "  + b", "    + c"]);
    assert_eq!(draw(&[], Style::Plain), "");
}

#[test]
fn odd_characters_do_not_break_the_columns() {
    let mut odd = [node("a", None, false), node("b", Some("a"), false)];
    odd[0].label = "a:1 (x[y|z)".to_owned();
    odd[1].glyph = '‡';
    odd[1].tokens[0] = "10s".to_owned();
    assert_eq!(draw(&odd, Style::Plain), "a:1 (x[y|z) []\n‡ b         [10s]");
    assert_eq!(draw(&odd, Style::Tabulated), "a:1 (x[y|z)|   |||||\n‡ b        |10s|||||");
}
