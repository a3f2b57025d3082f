//! Why a question has no answer.
use crate::wire::{message::Rcode, types::Type};

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing came back that could be used; these messages of the server could not.
    Silence(Ignored),
    /// The server can't be reached; the system's reason.
    Unreachable(String),
    /// The server answered with this response code.
    Rcode(Rcode),
    /// The answer was truncated, and TCP brought no other; the reason.
    Truncated(String),
    /// The answer says that it is truncated, though it came over a connection (RFC 2181 section 9).
    Incomplete,
    /// The message ended before its records did.
    Short,
    /// An answer record belongs to a name that cannot be read.
    Malformed,
}

/// Messages from a server that were no answers to outstanding queries, by what was wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignored {
    unrelated: u32,
    case: u32,
    cookie: u32,
}

impl Ignored {
    /// Was every message an answer to some query?
    pub fn is_empty(&self) -> bool {
        *self == Ignored::default()
    }

    /// Another identifier or question, or no message at all.
    pub fn unrelated(&mut self) -> &mut u32 {
        &mut self.unrelated
    }

    /// The question came back with letters in another case than they were sent.
    pub fn case(&mut self) -> &mut u32 {
        &mut self.case
    }

    /// The cookie was another client's (RFC 7873 section 5.3).
    pub fn cookie(&mut self) -> &mut u32 {
        &mut self.cookie
    }
}

/// `no answer`, or how many replies there were and why they did not count.
impl std::fmt::Display for Ignored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.unrelated.saturating_add(self.case).saturating_add(self.cookie);
        let replies = if count == 1 { "reply" } else { "replies" };
        let kinds = [
            (self.unrelated, "not to our question"),
            (self.case, "letters in another case"),
            (self.cookie, "somebody else's cookie"),
        ];
        let mut named = kinds.iter().filter(|(count, _)| *count > 0).map(|(_, what)| *what);
        match named.next() {
            None => f.write_str("no answer"),
            Some(first) => {
                write!(f, "no usable answer, {count} {replies} ignored ({first}")?;
                named.try_for_each(|what| write!(f, ", {what}"))?;
                f.write_str(")")
            }
        }
    }
}

/// A question without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The type that was asked.
    pub rtype: Type,
    /// The number of the server.
    pub server: usize,
    /// What happened.
    pub reason: Reason,
}

/// A type that the server does not know of: FORMERR or NOTIMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unimplemented {
    /// The type.
    pub rtype: Type,
    /// What the server said.
    pub rcode: Rcode,
}

/// An extended error of some answer (RFC 8914).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtendedError {
    /// Its number.
    pub code: u16,
    /// The server's words as they came; whoever writes them escapes them.
    pub text: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_ignored_in_words() {
        for (unrelated, case, cookie, words) in [
            (0, 0, 0, "no answer"),
            (1, 0, 0, "no usable answer, 1 reply ignored (not to our question)"),
            (0, 2, 0, "no usable answer, 2 replies ignored (letters in another case)"),
            (0, 0, 3, "no usable answer, 3 replies ignored (somebody else's cookie)"),
            (1, 0, 1, "no usable answer, 2 replies ignored (not to our question, somebody else's cookie)"),
        ] {
            let mut ignored = Ignored::default();
            *ignored.unrelated() += unrelated;
            *ignored.case() += case;
            *ignored.cookie() += cookie;
            assert_eq!(ignored, Ignored { unrelated, case, cookie });
            assert_eq!(ignored.is_empty(), unrelated + case + cookie == 0);
            assert_eq!(ignored.to_string(), words);
        }
    }
}
