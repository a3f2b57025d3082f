//! How a program ends.
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::{output, output::Out, signal, spec::Spec, text};

/// What happened to one input, or to all so far: the worst decides.
/// The order is that of [`Ord`], so a run folds with `max`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// All inputs were answered: 0.
    #[default]
    Answered,
    /// Invalid, or without an answer: 1.
    Unanswered,
    /// The network failed (timeout, refused, truncated, rate-limited): 3.
    Network,
    /// Reading or writing failed: 2, which wins over 3.
    Failed,
}

impl Status {
    /// The exit status, 0 to 3.
    pub fn code(self) -> u8 {
        match self {
            Status::Answered => 0,
            Status::Unanswered => 1,
            Status::Failed => 2,
            Status::Network => 3,
        }
    }
}

/// Why a run stopped early.
#[derive(Debug)]
pub enum Fail {
    /// Not a failure: print this and succeed.
    Show(String),
    /// Asked wrongly: status 2. The text is `subject: reason`, already escaped.
    Usage(String),
    /// Stopped with this status; the text is `subject: reason`, already escaped.
    Stop(Status, String),
    /// Writing to standard output failed: status 2, or 141 where the reader left.
    Out(io::Error),
}

impl Fail {
    /// A usage error about `subject`, which is foreign and so escaped here. A hint
    /// in the reason may repeat parts of it.
    pub fn usage(subject: impl AsRef<[u8]>, reason: impl std::fmt::Display) -> Fail {
        Fail::Usage(format!("{}: {}", text::shown(subject.as_ref()), text::message(reason)))
    }

    /// Reading or writing `subject` (a path, `stdin`) failed: status 2.
    pub fn io(subject: impl AsRef<[u8]>, e: &io::Error) -> Fail {
        Fail::Stop(Status::Failed, format!("{}: {}", text::shown(subject.as_ref()), output::reason(e)))
    }
}

/// `?` on a write is about standard output. Other I/O goes through [`Fail::io`].
impl From<io::Error> for Fail {
    fn from(e: io::Error) -> Fail {
        Fail::Out(e)
    }
}

/// Runs a tool: opens standard output, calls `run`, flushes, says last words.
/// Nobody else ends the process.
pub fn run<K>(spec: &Spec<K>, run: impl FnOnce(&mut Out) -> Result<Status, Fail>) -> ExitCode {
    signal::ignore_sigxfsz();
    let (code, words) = match written(run) {
        Ok(status) => return status.code().into(),
        // The reader has had enough. The runtime ignores SIGPIPE, so its status is ours to give.
        Err(Fail::Out(e)) if e.kind() == io::ErrorKind::BrokenPipe => return 141.into(),
        Err(Fail::Out(e)) => (2, format!("stdout: {}", output::reason(&e))),
        Err(Fail::Stop(status, words)) => (status.code(), words),
        Err(Fail::Usage(words) | Fail::Show(words)) => (2, words),
    };
    output::say(spec.name, format_args!("{words}"));
    code.into()
}

/// The end of a run with everything it wrote on its way out.
fn written(run: impl FnOnce(&mut Out) -> Result<Status, Fail>) -> Result<Status, Fail> {
    let mut out = Out::stdout()?;
    let end = match run(&mut out) {
        Err(Fail::Show(text)) => out.write_all(text.as_bytes()).map(|()| Status::Answered).map_err(Fail::Out),
        end => end,
    };
    // What was answered before a failure is still an answer; after a failed
    // write there is nothing more to say.
    if !matches!(end, Err(Fail::Out(_))) {
        out.flush()?;
    }
    end
}
