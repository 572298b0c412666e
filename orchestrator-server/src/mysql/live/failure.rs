//! Turns errors of the client library into the kinds of failure that the rest tells apart.

use std::{io, time::Duration};

use mysql_async::{DriverError, Error, IoError};

use crate::mysql::driver::{FailureKind, ProbeFailure};

/// Why a statement gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueryError {
    /// The server answered with an error; the connection is still good.
    #[error("ERROR {code}: {text}")]
    Server {
        /// Server error number.
        code: u16,
        /// Server error text.
        text: String,
    },
    /// It was not sent, for this reason.
    #[error("{0}")]
    Refused(String),
    /// The connection broke.
    #[error("connection lost: {0}")]
    Lost(String),
    /// No answer in time; the statement may still run on the server.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
}

impl QueryError {
    /// Tells errors of a statement apart. Errors by which the server says that it closed the
    /// connection count as lost.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::Server(error) if !is_disconnection(error.code) => {
                Self::Server { code: error.code, text: error.message.clone() }
            }
            other => Self::Lost(other.to_string()),
        }
    }

    /// The server error number, if the server answered.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Server { code, .. } => Some(*code),
            Self::Refused(_) | Self::Lost(_) | Self::TimedOut(_) => None,
        }
    }

    /// The same as the failure of a whole call.
    pub(super) fn into_failure(self, partial: bool) -> ProbeFailure {
        let kind = match &self {
            Self::Server { code, .. } => match code {
                // Ended by max_execution_time, max_statement_time, lock_wait_timeout.
                3024 | 1969 | 1205 => FailureKind::StatementTimedOut,
                code => kind_of_code(*code),
            },
            Self::Refused(_) => FailureKind::StatementTimedOut,
            Self::Lost(_) => FailureKind::ConnectionLost,
            Self::TimedOut(_) => FailureKind::StatementTimedOut,
        };
        ProbeFailure { kind, partial, text: self.to_string() }
    }
}

/// The kind of failure of a connection attempt.
pub(super) fn connect_failure(error: &Error) -> ProbeFailure {
    let kind = match error {
        Error::Server(error) if error.state == "08004" => FailureKind::TooManyConnections,
        Error::Server(error) => kind_of_code(error.code),
        Error::Io(IoError::Tls(_)) => FailureKind::Tls,
        Error::Io(IoError::Io(error)) => kind_of_io(error),
        Error::Driver(DriverError::NoClientSslFlagFromServer | DriverError::NoKeyFound) => {
            FailureKind::Tls
        }
        Error::Driver(
            DriverError::UnknownAuthPlugin { .. }
            | DriverError::CleartextPluginDisabled
            | DriverError::MysqlOldPasswordDisabled,
        ) => FailureKind::AccessDenied,
        Error::Driver(DriverError::ConnectionClosed) => FailureKind::ConnectionLost,
        // What answered does not speak the protocol.
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => FailureKind::NoHandshake,
    };
    let text = match error {
        Error::Server(error) => format!("ERROR {}: {}", error.code, error.message),
        Error::Io(IoError::Io(error)) => error.to_string(),
        other => other.to_string(),
    };
    ProbeFailure { kind, partial: false, text }
}

/// The error by which a server demands TLS, or may do so: the account may exist for TLS only.
pub(super) fn may_require_tls(error: &Error) -> bool {
    matches!(error, Error::Server(error) if matches!(error.code, 3159 | 1045))
}

fn kind_of_code(code: u16) -> FailureKind {
    match code {
        // Wrong account or password, host not allowed or blocked, account locked or expired.
        1044 | 1045 | 1129 | 1130 | 1698 | 1820 | 1862 | 3118 | 4151 => FailureKind::AccessDenied,
        1040 | 1203 | 1226 => FailureKind::TooManyConnections,
        3159 => FailureKind::Tls,
        code if is_disconnection(code) => FailureKind::ConnectionLost,
        _ => FailureKind::ServerError,
    }
}

/// The server ended this connection: network errors, killed, idle for too long.
fn is_disconnection(code: u16) -> bool {
    matches!(code, 1158..=1161 | 1927 | 3169 | 4031)
}

fn kind_of_io(error: &io::Error) -> FailureKind {
    use io::ErrorKind as Io;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if inner.is_some() {
        return FailureKind::Tls;
    }
    // No file or buffer left: ENFILE, EMFILE, ENOBUFS.
    if matches!(error.raw_os_error(), Some(23 | 24 | 105)) {
        return FailureKind::Local;
    }
    match error.kind() {
        Io::OutOfMemory | Io::AddrInUse | Io::AddrNotAvailable => FailureKind::Local,
        Io::ConnectionRefused => FailureKind::Refused,
        Io::TimedOut => FailureKind::ConnectTimedOut,
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown => FailureKind::NoRoute,
        // A file of ours, such as a key, cannot be read.
        Io::NotFound | Io::PermissionDenied => FailureKind::Tls,
        Io::InvalidData | Io::InvalidInput | Io::Other => FailureKind::NoHandshake,
        _ => FailureKind::ConnectionLost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mysql_async::ServerError;
    use rstest::rstest;

    fn server(code: u16, state: &str) -> Error {
        Error::Server(ServerError { code, message: "text".to_owned(), state: state.to_owned() })
    }

    fn io(kind: io::ErrorKind) -> Error {
        Error::from(io::Error::new(kind, "text"))
    }

    #[rstest]
    #[case(server(1045, "28000"), FailureKind::AccessDenied)]
    #[case(server(1044, "42000"), FailureKind::AccessDenied)]
    #[case(server(1698, "28000"), FailureKind::AccessDenied)]
    #[case(server(1130, "HY000"), FailureKind::AccessDenied)]
    #[case(server(1129, "HY000"), FailureKind::AccessDenied)]
    #[case(server(1040, "08004"), FailureKind::TooManyConnections)]
    #[case(server(1040, "HY000"), FailureKind::TooManyConnections)]
    #[case(server(1203, "42000"), FailureKind::TooManyConnections)]
    #[case(server(9999, "08004"), FailureKind::TooManyConnections)]
    #[case(server(3159, "HY000"), FailureKind::Tls)]
    #[case(server(1053, "08S01"), FailureKind::ServerError)]
    #[case(io(io::ErrorKind::ConnectionRefused), FailureKind::Refused)]
    #[case(io(io::ErrorKind::TimedOut), FailureKind::ConnectTimedOut)]
    #[case(io(io::ErrorKind::HostUnreachable), FailureKind::NoRoute)]
    #[case(io(io::ErrorKind::NetworkUnreachable), FailureKind::NoRoute)]
    #[case(io(io::ErrorKind::ConnectionReset), FailureKind::ConnectionLost)]
    #[case(io(io::ErrorKind::UnexpectedEof), FailureKind::ConnectionLost)]
    #[case(io(io::ErrorKind::InvalidData), FailureKind::NoHandshake)]
    #[case(Error::from(DriverError::NoClientSslFlagFromServer), FailureKind::Tls)]
    #[case(Error::from(DriverError::CleartextPluginDisabled), FailureKind::AccessDenied)]
    #[case(Error::from(DriverError::PacketOutOfOrder), FailureKind::NoHandshake)]
    fn connection_attempts(#[case] error: Error, #[case] expected: FailureKind) {
        assert_eq!(connect_failure(&error).kind, expected);
    }

    #[test]
    fn a_certificate_that_is_refused_is_no_sign_of_death() {
        let inner = rustls::Error::General("bad certificate".to_owned());
        let error = Error::from(io::Error::new(io::ErrorKind::InvalidData, inner));
        assert_eq!(connect_failure(&error).kind, FailureKind::Tls);
    }

    #[rstest]
    #[case(server(1227, "42000"), FailureKind::ServerError)]
    #[case(server(3024, "HY000"), FailureKind::StatementTimedOut)]
    #[case(server(1969, "70100"), FailureKind::StatementTimedOut)]
    #[case(server(4031, "HY000"), FailureKind::ConnectionLost)]
    #[case(server(1927, "70100"), FailureKind::ConnectionLost)]
    #[case(io(io::ErrorKind::BrokenPipe), FailureKind::ConnectionLost)]
    fn statements(#[case] error: Error, #[case] expected: FailureKind) {
        let failure = QueryError::of(&error).into_failure(true);
        assert_eq!((failure.kind, failure.partial), (expected, true));
    }

    #[rstest]
    #[case(3159, true)]
    #[case(1045, true)]
    #[case(1040, false)]
    fn when_tls_is_tried(#[case] code: u16, #[case] expected: bool) {
        assert_eq!(may_require_tls(&server(code, "HY000")), expected);
    }
}
