//! How the answer to a command becomes text, as data; the client's printer walks it.

/// How an answer is printed. The payload is the `Details` of an envelope, or else the whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Not at all.
    Nothing,
    /// The instance that was asked for: the answer names none.
    Asked,
    /// The whole body as one line of JSON.
    Body,
    /// The payload as one line of JSON.
    Json,
    /// The payload as one line.
    One(Line),
    /// The payload as one line, if it passes the test.
    OneIf(Test, Line),
    /// Each element of the payload as one line.
    Each(Line),
    /// Each element of the payload that passes the test.
    EachIf(Test, Line),
    /// The text that most elements have at a place; of equals, the last in order.
    MostCommon(&'static str),
    /// The raft leader's address, which must not be empty.
    RaftLeader,
}

/// How a value becomes a line. Places are JSON pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// `host:port` of an instance or of a key.
    Key,
    /// `host:port` of the key at the place.
    KeyAt(&'static str),
    /// The value itself, a string without quotes.
    Text,
    /// The value at the place.
    TextAt(&'static str),
    /// The values at two places with a text between them.
    Pair(&'static str, &'static str, &'static str),
    /// `instance<source`.
    Relocated,
    /// An entry of the replication analysis.
    Analysis,
}

/// What is asked of an instance before it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Both threads are known to run.
    Running,
    /// Not both threads run, and there is an error.
    Broken,
    /// Both threads are in the state "running".
    Replicating,
    /// Both threads are in the state "stopped"; a server that is no replica has another one.
    Stopped,
}
