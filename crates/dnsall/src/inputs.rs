//! What to ask about: operands and lines of standard input, in order, without
//! waiting for a line while answers are under way.
use std::{ffi::OsString, io, net::IpAddr, os::unix::ffi::OsStringExt as _, vec};

use plainnet_common::input::{Cutter, Input, LINE, Origin};
use rustix::{io::Errno, stdio};

/// One input, owned while its answers are under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Where it came from.
    pub origin: Origin,
    /// All of it, as it was.
    pub line: Vec<u8>,
    /// What is asked, or why it can't be read; nothing for a blank line or a comment.
    pub text: Option<Result<String, &'static str>>,
}

impl Given {
    /// As messages and records name it.
    pub fn input(&self) -> Input<'_> {
        let text = match &self.text {
            None => Ok(""),
            Some(Ok(text)) => Ok(text.as_str()),
            Some(Err(why)) => Err(*why),
        };
        Input { origin: self.origin, line: &self.line, text }
    }

    /// The address that is asked in reverse, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match &self.text {
            Some(Ok(text)) => text.parse().ok(),
            _ => None,
        }
    }
}

/// What there is to take.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// An input.
    Given(Given),
    /// More after [`Inputs::read`].
    Wait,
    /// Nothing, ever.
    End,
}

/// The inputs in order.
#[derive(Debug)]
pub struct Inputs {
    operands: vec::IntoIter<OsString>,
    /// Lines of standard input, while that is what is read.
    lines: Option<Cutter>,
    ended: bool,
    end: u8,
    block: Vec<u8>,
}

impl Inputs {
    /// `operands`, or standard input where there are none; `end` ends its lines.
    pub fn new(operands: &[OsString], end: u8) -> Inputs {
        let operands = if operands.is_empty() { vec!["-".into()] } else { operands.to_vec() };
        Inputs { operands: operands.into_iter(), lines: None, ended: false, end, block: Vec::new() }
    }

    /// The next input.
    pub fn take(&mut self) -> Taken {
        loop {
            if let Some(lines) = &mut self.lines {
                match lines.next() {
                    Some(line) => {
                        let text = line.text(None).map(|t| t.map(str::to_owned));
                        let origin = Origin::Line(line.number);
                        return Taken::Given(Given { origin, line: line.bytes.to_vec(), text });
                    }
                    None if self.ended => self.lines = None,
                    None => return Taken::Wait,
                }
            }
            match self.operands.next() {
                None => return Taken::End,
                Some(word) if word == "-" => {
                    // A second - finds the end at once.
                    self.lines = Some(Cutter::new(self.end));
                    if self.ended {
                        self.lines = None;
                    }
                }
                Some(word) => {
                    let text = word.to_str().map(str::to_owned).ok_or("invalid UTF-8");
                    return Taken::Given(Given { origin: Origin::Operand, line: word.into_vec(), text: Some(text) });
                }
            }
        }
    }

    /// Reads what standard input has now.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn read(&mut self) -> io::Result<()> {
        self.block.resize(LINE, 0);
        match rustix::io::read(stdio::stdin(), &mut self.block) {
            Ok(n) => {
                self.ended = n == 0;
                if let Some(lines) = &mut self.lines {
                    lines.feed(&self.block[..n]);
                }
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }
}
