//! Answers: a bare JSON value or an envelope, before they become HTTP. Handlers return them;
//! only the router adds the identity prefix and writes them out.

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::wire::{Envelope, to_wire_json};

use crate::journal::JournalError;

/// What a handler returns.
pub type Outcome = Result<Reply, Refusal>;

/// A successful answer.
#[derive(Debug)]
pub enum Reply {
    /// The payload is the whole body.
    Bare {
        /// HTTP status.
        status: StatusCode,
        /// JSON.
        body: Vec<u8>,
    },
    /// Code, message and details.
    Envelope(Envelope<Box<RawValue>>),
}

/// An answer that says why not: an ERROR envelope, HTTP status 500.
#[derive(Debug)]
pub struct Refusal {
    /// The reason, in words.
    pub message: String,
    /// What goes with it.
    pub details: Option<Box<RawValue>>,
}

impl Reply {
    /// A bare value.
    pub fn bare<T: Serialize + ?Sized>(value: &T) -> Outcome {
        Self::bare_with(StatusCode::OK, value)
    }

    /// A bare value with a status of its own.
    pub fn bare_with<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Outcome {
        Ok(Self::Bare { status, body: to_wire_json(value)? })
    }

    /// A bare list that is `null` when it is empty (spec 02, 3.1 tells which ones are).
    pub fn bare_or_null<T: Serialize>(list: &[T]) -> Outcome {
        if list.is_empty() { Self::bare(&()) } else { Self::bare(list) }
    }

    /// An OK envelope with details.
    pub fn ok<T: Serialize + ?Sized>(message: impl Into<String>, details: &T) -> Outcome {
        Ok(Self::Envelope(Envelope::ok(message, raw(details)?)))
    }

    /// An OK envelope without details.
    pub fn done(message: impl Into<String>) -> Outcome {
        Ok(Self::Envelope(Envelope::ok_message(message)))
    }
}

impl Refusal {
    /// A refusal without details.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), details: None }
    }

    /// The same refusal with details.
    #[must_use]
    pub fn with<T: Serialize + ?Sized>(self, details: &T) -> Self {
        // Values of ours always can be written; should one not, the reason still goes out.
        Self { details: raw(details).ok(), ..self }
    }
}

/// A text that says why not.
impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// Something could not be made durable, or the audit could not be read.
impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        Self::new(error.to_string())
    }
}

/// The answer itself could not be written; happens to no type of ours.
impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("Cannot write the answer: {error}"))
    }
}

fn raw<T: Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, serde_json::Error> {
    let json = to_wire_json(value)?;
    serde_json::from_slice(&json)
}
