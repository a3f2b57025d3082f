//! Words to [`Conf`].
use std::{ffi::OsString, num::NonZeroU32, os::unix::ffi::OsStrExt as _, time::Duration};

use plainnet_common::{
    args::{Arg, Args},
    exit::Fail,
};

use crate::{
    address::{self, Address},
    spec::{Key, SPEC},
};

/// What the user asked for. A limit that is off is none.
#[derive(Debug, PartialEq)]
#[expect(missing_docs, reason = "the option of the same name says it")]
pub struct Conf {
    pub line: bool,
    pub idle: Option<Duration>,
    pub deadline: Option<Duration>,
    pub max_conns: Option<NonZeroU32>,
    pub max_per_host: Option<NonZeroU32>,
    pub grace: Duration,
    pub spin: Duration,
    pub delay: Duration,
    pub once: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub time: bool,
    /// Where to listen; empty for the default.
    pub addrs: Vec<Address>,
}

/// Longest time limit: times are kept in 32 bits of milliseconds, and wrap.
const LONGEST: Duration = Duration::from_secs(1_000_000);
/// Longest time to poll, in microseconds: nothing else is done meanwhile.
const LONGEST_SPIN: u64 = 1_000_000;

/// 0 turns a limit off. What is less than a millisecond is one.
fn limit(time: Duration) -> Option<Duration> {
    Some(time).filter(|t| !t.is_zero()).map(|t| t.max(Duration::from_millis(1)))
}

fn seconds(args: &mut Args<Key>) -> Result<Duration, Fail> {
    match args.seconds()? {
        time if time > LONGEST => {
            Err(args.refuse(time.as_secs_f64().to_string(), "at most 1000000 seconds are possible"))
        }
        time => Ok(time),
    }
}

/// Reads the words after the program's name.
///
/// # Errors
/// One of them is wrong.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Conf, Fail> {
    let minute = Some(Duration::from_secs(60));
    let mut conf = Conf {
        line: false,
        idle: minute,
        deadline: None,
        max_conns: None,
        max_per_host: None,
        grace: Duration::from_secs(5),
        spin: Duration::ZERO,
        delay: Duration::ZERO,
        once: false,
        quiet: false,
        verbose: false,
        time: false,
        addrs: Vec::new(),
    };
    let (mut deadline, mut operands) = (None, Vec::new());
    let mut args = Args::new(&SPEC, words);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Opt(Key::Line) => conf.line = true,
            Arg::Opt(Key::Idle) => conf.idle = limit(seconds(&mut args)?),
            Arg::Opt(Key::Deadline) => deadline = Some(limit(seconds(&mut args)?)),
            Arg::Opt(Key::MaxConns) => conf.max_conns = NonZeroU32::new(args.number()?),
            Arg::Opt(Key::MaxPerHost) => conf.max_per_host = NonZeroU32::new(args.number()?),
            Arg::Opt(Key::Grace) => conf.grace = seconds(&mut args)?,
            Arg::Opt(Key::Spin) => match args.number::<u64>()? {
                n if n > LONGEST_SPIN => return Err(args.refuse(n.to_string(), "at most 1000000 is possible")),
                n => conf.spin = Duration::from_micros(n),
            },
            Arg::Opt(Key::Delay) => conf.delay = limit(seconds(&mut args)?).unwrap_or_default(),
            Arg::Opt(Key::Once) => conf.once = true,
            Arg::Opt(Key::Quiet) => conf.quiet = true,
            Arg::Opt(Key::Verbose) => conf.verbose = true,
            Arg::Opt(Key::Time) => conf.time = true,
            Arg::Operand(word) => operands.push(word),
        }
    }
    for (i, word) in operands.iter().enumerate() {
        conf.addrs.push(operand(word, operands.get(i + 1))?);
    }
    conf.deadline = deadline.unwrap_or(if conf.line { minute } else { None });
    Ok(conf)
}

/// Where the operand `word` says to listen. `next` is the operand behind it,
/// where a port ends up that was separated by a blank.
fn operand(word: &OsString, next: Option<&OsString>) -> Result<Address, Fail> {
    let text = word.to_str().ok_or_else(|| Fail::usage(word.as_bytes(), "invalid UTF-8"))?;
    let next = next.and_then(|next| next.to_str());
    address::parse(text, next).map_err(|why| Fail::usage(text, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(words: &[&str]) -> Result<Conf, Fail> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn limits_and_their_defaults() {
        let plain = conf(&[]).unwrap();
        assert_eq!((plain.idle, plain.deadline), (Some(Duration::from_secs(60)), None));
        assert_eq!(conf(&["--line"]).unwrap().deadline, Some(Duration::from_secs(60)));
        assert_eq!(conf(&["--deadline", "0", "--line"]).unwrap().deadline, None);
        assert_eq!(conf(&["--idle=0"]).unwrap().idle, None);
        assert_eq!(conf(&["--idle=0.25"]).unwrap().idle, Some(Duration::from_millis(250)));
        assert_eq!(conf(&["--grace=0"]).unwrap().grace, Duration::ZERO);
        assert_eq!(conf(&["--max-conns=0"]).unwrap().max_conns, None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for word in ["-1", "+5", "1e3", "0x10", "", "nan", "inf", "٣", "1..2", "18446744073709551616"] {
            for option in ["--idle", "--max-conns", "--spin"] {
                assert!(conf(&[&format!("{option}={word}")]).is_err(), "{option} {word}");
            }
        }
    }
}
