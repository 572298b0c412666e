//! Who we are to the server: the ways to log in, from flags and variables.
//!
//! Nothing here is ever printed: errors name the flag or the variable, not its value.

use reqwest::header::{HeaderName, HeaderValue};
use shared::flags::FlagId;

use crate::arguments::Arguments;
use crate::environment::{AUTH_PASSWORD, AUTH_TOKEN, AUTH_USER, AUTH_USER_HEADER, Environment};
use crate::failure::Failure;

/// Who we are to the server.
#[derive(Clone, Default)]
pub(crate) struct Login {
    /// User and password of HTTP basic authentication.
    pub(crate) basic: Option<(String, String)>,
    /// A header that names the user.
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    /// The whole `Authorization: Bearer …`; it counts where there is no basic authentication.
    pub(crate) bearer: Option<HeaderValue>,
}

impl Login {
    /// Joins the flags with the environment; a flag that is given counts, even if it is empty.
    pub(crate) fn of(given: &Arguments, environment: &Environment) -> Result<Self, Failure> {
        let pair = match given.get(FlagId::TokenFile) {
            // A token of a flag wins over a password of the environment.
            Some(_) => String::new(),
            None => format!("{}:{}", environment.get(AUTH_USER), environment.get(AUTH_PASSWORD)),
        };
        let header = environment.get(AUTH_USER_HEADER);
        Ok(Self {
            basic: basic(given.get(FlagId::Auth).unwrap_or(&pair)),
            header: match given.get(FlagId::HeadersAuth) {
                Some(text) => header_pair("-e", text)?,
                None => header_pair(AUTH_USER_HEADER, header)?,
            },
            bearer: match given.get(FlagId::TokenFile) {
                Some(file) => {
                    let token = std::fs::read_to_string(file)
                        .map_err(|error| Failure::Usage(format!("--token-file {file}: {error}")))?;
                    bearer("--token-file", &token)?
                }
                None => bearer(AUTH_TOKEN, environment.get(AUTH_TOKEN))?,
            },
        })
    }
}

/// Reads `user:password`; an empty text or a colon alone means none.
fn basic(text: &str) -> Option<(String, String)> {
    let text = Some(text).filter(|text| !matches!(*text, "" | ":"))?;
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    Some((user.to_owned(), password.to_owned()))
}

/// Reads `Header:value`; an empty text means none.
fn header_pair(source: &str, text: &str) -> Result<Option<(HeaderName, HeaderValue)>, Failure> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let pair = text.split_once(':').and_then(|(name, value)| {
        let mut value = HeaderValue::try_from(value.trim()).ok()?;
        value.set_sensitive(true);
        Some((name.trim().parse().ok()?, value))
    });
    let wrong = || Failure::Usage(format!("{source}: give the header as Name:value"));
    pair.map(Some).ok_or_else(wrong)
}

fn bearer(source: &str, token: &str) -> Result<Option<HeaderValue>, Failure> {
    let token = token.trim();
    if token.is_empty() {
        return Ok(None);
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Failure::Usage(format!("{source}: the token holds unusable characters")))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::parse;
    use rstest::rstest;

    fn login(words: &[&str], environment: &Environment) -> Result<Login, Failure> {
        Login::of(&parse(words.iter().map(|word| (*word).to_owned())).unwrap(), environment)
    }

    #[rstest]
    #[case("u:p", Some(("u", "p")))]
    #[case("u:p:q", Some(("u", "p:q")))]
    #[case("u", Some(("u", "")))]
    #[case(":p", Some(("", "p")))]
    #[case(":", None)]
    #[case("", None)]
    fn basic_logins(#[case] text: &str, #[case] expected: Option<(&str, &str)>) {
        let login = login(&["-b", text], &Environment::default()).unwrap();
        let basic = login.basic.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
        assert_eq!(basic, expected);
    }

    #[test]
    fn the_environment_gives_what_no_flag_gives() {
        let environment = Environment::of([
            (AUTH_USER, "u"),
            (AUTH_PASSWORD, "p:w"),
            (AUTH_USER_HEADER, "X-User: joe"),
            (AUTH_TOKEN, "abc\n"),
        ]);
        let of_environment = login(&[], &environment).unwrap();
        assert_eq!(of_environment.basic, Some(("u".to_owned(), "p:w".to_owned())));
        assert_eq!(of_environment.header.unwrap().1, "joe");
        assert_eq!(of_environment.bearer.unwrap(), "Bearer abc");
        let of_flags = login(&["-b", "a:b", "-e", "X-User:ann"], &environment).unwrap();
        assert_eq!(of_flags.basic, Some(("a".to_owned(), "b".to_owned())));
        assert_eq!(of_flags.header.unwrap().1, "ann");
    }

    #[test]
    fn users_of_any_language_have_headers() {
        let login = login(&["-e", "X-User: Zoë"], &Environment::default()).unwrap();
        assert_eq!(login.header.unwrap().1.as_bytes(), "Zoë".as_bytes());
    }

    #[test]
    fn a_token_comes_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "t0ken\n").unwrap();
        let words = ["--token-file", file.path().to_str().unwrap()];
        let environment = Environment::of([(AUTH_USER, "u"), (AUTH_TOKEN, "other")]);
        let login = login(&words, &environment).unwrap();
        assert_eq!((login.basic, login.bearer.unwrap().as_bytes()), (None, &b"Bearer t0ken"[..]));
    }

    #[rstest]
    #[case(&["-e", "secret"], "-e: give the header as Name:value")]
    #[case(&["-e", "bad name: secret"], "-e: give the header as Name:value")]
    #[case(&["-e", "X-User: a\nsecret"], "-e: give the header as Name:value")]
    #[case(&["--token-file", "/nonexistent"], "--token-file /nonexistent: No such file or directory (os error 2)")]
    fn bad_logins_are_named_without_their_value(#[case] words: &[&str], #[case] message: &str) {
        let failure = login(words, &Environment::default()).err().unwrap();
        assert_eq!(failure.to_string(), message);
    }
}
