//! A network namespace for the service alone: database servers are on this side of its only
//! link, each at an address of its own, so that the way from the service to one of them can be
//! cut while all others, and the servers among themselves, notice nothing.

use std::process::Command;

use harness::service::Place;

/// Removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Apart {
    name: String,
    /// `198.18.x`, of the range that is set aside for tests of networks (RFC 2544).
    net: String,
}

/// How a way is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// Packets vanish.
    Drop,
    /// Connections are refused and reset.
    Refuse,
}

impl Apart {
    /// A namespace, or why there can be none here.
    pub(crate) fn new(nodes: u16) -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("network namespaces need root".to_owned());
        }
        let apart = Self::unused()?;
        let (name, net) = (&apart.name, &apart.net);
        run(&format!("link add {name}h type veth peer name {name}n netns {name}"))?;
        run(&format!("addr add {net}.1/24 dev {name}h"))?;
        for node in 1..=nodes {
            run(&format!("addr add {}/24 dev {name}h", apart.address(node)))?;
        }
        run(&format!("link set {name}h up"))?;
        run(&format!("-n {name} addr add {net}.2/24 dev {name}n"))?;
        run(&format!("-n {name} link set {name}n up"))?;
        run(&format!("-n {name} link set lo up"))?;
        Ok(apart)
    }

    /// An empty namespace. Others may exist beside it.
    fn unused() -> Result<Self, String> {
        let mut last = String::new();
        for _ in 0..5 {
            let number = rand::random::<u8>();
            let (name, net) = (format!("apart{number}"), format!("198.18.{number}"));
            match run(&format!("netns add {name}")) {
                Ok(()) => return Ok(Self { name, net }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Where a node is found, from both sides.
    pub(crate) fn address(&self, node: u16) -> String {
        format!("{}.{}", self.net, 10 + node)
    }

    /// For a service in the namespace.
    pub(crate) fn place(&self) -> Place {
        let run_by = ["ip", "netns", "exec", &self.name].map(str::to_owned).to_vec();
        Place { address: format!("{}.2", self.net), run_by }
    }

    /// Cut the way from the namespace to a node.
    pub(crate) fn cut(&self, cut: Cut, node: u16) {
        let (name, address) = (&self.name, self.address(node));
        let how = match cut {
            // No card has this number, so nobody takes the packets.
            Cut::Drop => format!(
                "neigh replace {address} lladdr 02:00:00:00:00:01 nud permanent dev {name}n"
            ),
            // The namespace believes itself to be the node, and listens at none of its ports.
            Cut::Refuse => format!("addr add {address}/32 dev lo"),
        };
        run(&format!("-n {name} {how}")).unwrap();
    }

    /// Undo the cut.
    pub(crate) fn heal(&self, cut: Cut, node: u16) {
        let (name, address) = (&self.name, self.address(node));
        let how = match cut {
            Cut::Drop => format!("neigh del {address} dev {name}n"),
            Cut::Refuse => format!("addr del {address}/32 dev lo"),
        };
        run(&format!("-n {name} {how}")).unwrap();
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // The namespace takes its end of the link with it, and so both ends.
        let _ = run(&format!("netns del {}", self.name));
    }
}

/// Run `ip` with these words.
fn run(words: &str) -> Result<(), String> {
    let output = Command::new("ip").args(words.split(' ')).output();
    let output = output.map_err(|error| format!("ip {words}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("ip {words}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
