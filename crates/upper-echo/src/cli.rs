//! Words to [`Conf`].
use std::{ffi::OsString, os::unix::ffi::OsStrExt as _, time::Duration};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
};

use crate::{
    server::{self, Server},
    spec::{Key, SPEC},
};

/// What the user asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Conf {
    /// Host and port of the server.
    pub server: Server,
    /// The server answers one line.
    pub line: bool,
    /// None for no limit.
    pub timeout: Option<Duration>,
    /// The reply must be what is due, byte by byte.
    pub verify: bool,
    /// How long to keep connecting while nobody listens.
    pub retry: Option<Duration>,
    /// Say which ends the connection has.
    pub verbose: bool,
    /// What to send; standard input if none.
    pub message: Option<Vec<u8>>,
    /// Words of the message that look like a server, and that server, where no
    /// other was named.
    pub meant: Option<(String, Server)>,
}

/// Reads the words after the program's name.
///
/// # Errors
/// One of them is wrong.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let mut conf = Conf {
        server: Server::local(),
        line: false,
        timeout: Some(Duration::from_secs(10)),
        verify: false,
        retry: None,
        verbose: false,
        message: None,
        meant: None,
    };
    let (mut operands, mut named) = (Vec::new(), false);
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Opt(Key::Server) => (conf.server, named) = (args.value()?, true),
            Arg::Opt(Key::Line) => conf.line = true,
            Arg::Opt(Key::Timeout) => conf.timeout = Some(args.seconds()?).filter(|t| !t.is_zero()),
            Arg::Opt(Key::Verify) => conf.verify = true,
            Arg::Opt(Key::Retry) => conf.retry = Some(args.seconds()?).filter(|t| !t.is_zero()),
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
        let words: Vec<_> = operands.iter().filter_map(|w| w.to_str()).collect();
        conf.meant = if named { None } else { server::among(&words) };
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
    fn what_is_no_number_of_seconds_is_refused() {
        for word in ["-1", "+5", "1e3", "0x10", "", "nan", "٣", "1..2", "18446744073709551616"] {
            assert!(conf(&[&format!("--timeout={word}")]).is_err(), "{word}");
        }
        assert_eq!(conf(&["--timeout=0"]).unwrap().timeout, None);
        assert_eq!(conf(&["--retry=0.5"]).unwrap().retry, Some(Duration::from_millis(500)));
        assert_eq!(conf(&["--retry=0"]).unwrap().retry, None);
    }

    #[test]
    fn a_server_among_the_words_is_only_a_hint() {
        let hinted = conf(&["localhost", "5555"]).unwrap();
        assert_eq!(hinted.message, Some(b"localhost 5555".to_vec()));
        assert_eq!(hinted.meant.unwrap().1.to_string(), "localhost:5555");
        assert_eq!(hinted.server, Server::local());
        assert_eq!(conf(&["-s", "[::1]:7", "localhost", "5555"]).unwrap().meant, None);
    }
}
