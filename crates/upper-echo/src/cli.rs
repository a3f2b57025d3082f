//! Words to [`Conf`].
use std::{ffi::OsString, os::unix::ffi::OsStrExt as _, str::FromStr, time::Duration};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
};

use crate::spec::{Key, SPEC};

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Conf {
    /// Host and port of the server.
    pub server: Server,
    /// The server answers one line.
    pub line: bool,
    /// None for no limit.
    pub timeout: Option<Duration>,
    /// Say which ends the connection has.
    pub verbose: bool,
    /// What to send; standard input if none.
    pub message: Option<Vec<u8>>,
}

/// A server as the user named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl FromStr for Server {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Server, &'static str> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err("HOST:PORT is needed");
        }
        let port = port.parse().map_err(|_| "a port is at most 65535")?;
        let host = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            Some(bare) => bare,
            None if host.contains(':') => return Err("an IPv6 address stands in brackets: [::1]:5555"),
            None if host.is_empty() => "127.0.0.1",
            None => host,
        };
        Ok(Server { host: host.into(), port })
    }
}

/// Reads the words after the program's name.
///
/// # Errors
/// One of them is wrong.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let server = Server { host: "127.0.0.1".into(), port: 5555 };
    let timeout = Some(Duration::from_secs(10));
    let mut conf = Conf { server, line: false, timeout, verbose: false, message: None };
    let mut operands = Vec::new();
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Opt(Key::Server) => conf.server = args.value()?,
            Arg::Opt(Key::Line) => conf.line = true,
            Arg::Opt(Key::Timeout) => conf.timeout = Some(args.seconds()?).filter(|t| !t.is_zero()),
            Arg::Opt(Key::Verbose) => conf.verbose = true,
            Arg::Operand(word) => operands.push(word),
        }
    }
    if !operands.is_empty() && operands != ["-"] {
        let words: Vec<_> = operands.iter().map(|w| w.as_bytes()).collect();
        let mut message = words.join(&b' ');
        if conf.line {
            message.push(b'\n');
        }
        conf.message = Some(message);
    }
    Ok(conf)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(words: &[&str]) -> Result<Conf, Fail> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn operands_become_one_message() {
        assert_eq!(conf(&["Hello", "World"]).unwrap().message, Some(b"Hello World".to_vec()));
        assert_eq!(conf(&["--line", "a", "-"]).unwrap().message, Some(b"a -\n".to_vec()));
        assert_eq!(conf(&["-"]).unwrap().message, None);
        assert_eq!(conf(&[""]).unwrap().message, Some(vec![]));
    }

    #[test]
    fn servers() {
        let server = |text: &str| text.parse().map(|Server { host, port }| (host, port));
        assert_eq!(server("localhost:1"), Ok(("localhost".into(), 1)));
        assert_eq!(server("[::1]:65535"), Ok(("::1".into(), 65535)));
        assert_eq!(server(":7"), Ok(("127.0.0.1".into(), 7)));
        for text in ["", "host", "::1:7", "h:65536", "h:+7", "h:-7", "h:"] {
            assert!(server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_seconds_is_refused() {
        for word in ["-1", "+5", "1e3", "0x10", "", "nan", "٣", "1..2", "18446744073709551616"] {
            assert!(conf(&[&format!("--timeout={word}")]).is_err(), "{word}");
        }
        assert_eq!(conf(&["--timeout=0"]).unwrap().timeout, None);
    }
}
