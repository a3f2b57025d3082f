//! A connection played against a network that does what a script says, for
//! the fuzzer and for tests without one.
//!
//! The network keeps the promises of edge-triggered epoll and no others: the
//! connection gets a turn when something arrived or when a socket that
//! refused output takes some again. A wake-up that it loses is a connection
//! that never ends, which [`play`] notices.
use rustix::io::Errno;

use crate::{
    connection::{Buffers, CloseReason, Connection, Detail, Mode, Next, Transport},
    line::{WHITE_SPACE, is_space},
};

struct Network {
    line: bool,
    /// What the client has said; `said[heard..]` was not yet read.
    said: Vec<u8>,
    heard: usize,
    /// The place of the last urgent byte: a read stops before it.
    urgent: Option<usize>,
    /// The client has closed its sending side.
    over: bool,
    /// Bytes that the client takes.
    space: usize,
    reply: Vec<u8>,
    /// Output was refused, so that space is news.
    refused: bool,
    /// The client is gone.
    broken: bool,
}

impl Transport for Network {
    fn recv(&mut self, buf: &mut [u8]) -> Result<usize, Errno> {
        assert!(self.line || self.reply.len() == self.heard, "nothing is read while output is pending");
        let there = &self.said[self.heard..];
        if there.is_empty() && !self.over {
            return Err(Errno::AGAIN);
        }
        let before_urgent = self.urgent.and_then(|at| at.checked_sub(self.heard)).filter(|n| *n > 0);
        let n = there.len().min(buf.len()).min(before_urgent.unwrap_or(usize::MAX));
        buf[..n].copy_from_slice(&there[..n]);
        self.heard += n;
        Ok(n)
    }

    fn send(&mut self, data: &[u8]) -> Result<usize, Errno> {
        assert!(!data.is_empty(), "a send of nothing says nothing");
        let n = data.len().min(self.space);
        if self.broken {
            return Err(Errno::PIPE);
        }
        self.refused = n < data.len();
        if n == 0 {
            return Err(Errno::AGAIN);
        }
        self.space -= n;
        self.reply.extend_from_slice(&data[..n]);
        Ok(n)
    }
}

/// Plays `script`: a byte of modes, then actions of one byte, some followed by a number.
///
/// # Panics
/// A promise of the connection is broken.
pub fn play(script: &[u8]) {
    let mut script = script.iter().copied();
    let mode = script.next().unwrap_or(0);
    let (line, buffer) = (mode & 1 != 0, if mode & 2 != 0 { 8 } else { 64 });
    let detail = match mode & 20 {
        4 => Detail::First,
        20 => Detail::Every,
        _ => Detail::Nothing,
    };
    let mode = Mode { line, delay: mode & 8 != 0, detail };
    let mut buffers = Buffers::new(mode, buffer).expect("some bytes are to be had");
    let mut connection = Connection::default();
    let mut network = Network {
        line,
        said: Vec::new(),
        heard: 0,
        urgent: None,
        over: false,
        space: 0,
        reply: Vec::new(),
        refused: false,
        broken: false,
    };
    let mut reports = Vec::new();
    let (mut edge, mut next) = (false, Next::Wait);
    loop {
        let mut turn = false;
        let action = script.next();
        match action.map(|a| a % 8) {
            Some(0..=2) if !network.over => {
                let n = script.next().unwrap_or(0);
                let text: Vec<u8> = script.by_ref().take((n % 64).into()).collect();
                if n & 64 != 0 && !text.is_empty() {
                    network.urgent = Some(network.said.len());
                }
                edge |= n % 64 > 0;
                network.said.extend(text);
            }
            Some(3) if !network.over => {
                let n = 32 * usize::from(script.next().unwrap_or(0));
                network.said.resize(network.said.len() + n, b' ');
                edge |= n > 0;
            }
            Some(4) => {
                network.space += 1 + usize::from(script.next().unwrap_or(0));
                edge |= std::mem::take(&mut network.refused);
            }
            Some(5) => edge |= !std::mem::replace(&mut network.over, true),
            Some(6) => edge |= !std::mem::replace(&mut network.broken, true),
            Some(_) => turn = true,
            None => {
                // The client takes what is left, waits for all of it, and ends.
                network.space = usize::MAX / 2;
                edge |= std::mem::take(&mut network.refused);
                if !network.over && !edge && next == Next::Wait && !connection.is_delayed() {
                    assert_eq!(network.heard, network.said.len(), "nothing will wake it for what is there");
                    (network.over, edge) = (true, true);
                }
                turn = true;
            }
        }
        let delayed = connection.is_delayed();
        if turn && delayed && !edge {
            connection.end_delay(&buffers);
            next = Next::Again;
        } else if turn && (edge || next == Next::Again) {
            // A turn for the queue knows nothing of what epoll would say.
            let reads_fall_short = edge && (network.over || network.urgent.is_some_and(|at| at >= network.heard));
            edge = false;
            let before = (network.heard, network.reply.len());
            let (then, moved) =
                connection.turn(&mut network, reads_fall_short, &mut buffers, &mut |said| reports.push(said.to_vec()));
            assert_eq!(moved, before != (network.heard, network.reply.len()), "a byte that moves counts");
            assert!(buffers.unsent() <= buffer + WHITE_SPACE, "at most one read is unsent");
            assert_eq!(buffers.unsent(), connection.unsent(&buffers));
            assert_eq!(connection.received(), network.heard as u64);
            assert!(!delayed || (then, moved) == (Next::Wait, false), "nothing moves in a delay");
            assert_eq!(then == Next::Delay, !delayed && connection.is_delayed());
            next = then;
        } else if action.is_none() {
            panic!("nothing will wake it: {next:?}");
        }
        if let Next::Close(reason) = next {
            connection.log_rest(&mut buffers, &mut |said| reports.push(said.to_vec()));
            connection.release(&mut buffers);
            assert_eq!(buffers.unsent(), 0);
            return check(&network, reason, detail, &reports);
        }
    }
}

/// Looks at what came of it, by another way to the same reply.
fn check(network: &Network, reason: CloseReason, detail: Detail, reports: &[Vec<u8>]) {
    let said = &network.said[..network.heard];
    let said = if network.line { said.split(|b| *b == b'\n').next().unwrap_or_default() } else { said };
    match detail {
        Detail::Nothing => assert!(reports.is_empty()),
        Detail::First => assert!(reports.len() <= 1 && reports.iter().all(|r| said.starts_with(r))),
        Detail::Every => assert_eq!(reports.concat(), said),
    }
    let reply: Vec<u8> = if network.line {
        let from = said.iter().position(|b| !is_space(*b)).unwrap_or(said.len());
        let to = said.iter().rposition(|b| !is_space(*b)).map_or(from, |at| at + 1);
        said[from..to].to_ascii_uppercase()
    } else {
        said.to_ascii_uppercase()
    };
    // White space before the line is dropped and has no limit.
    let line = &said[said.iter().position(|b| !is_space(*b)).unwrap_or(said.len())..];
    let blank = line.split(|b| !is_space(*b)).map(<[u8]>::len).max().unwrap_or(0);
    match reason {
        CloseReason::ClientClosed => assert!(network.reply == reply && (!network.line || network.heard == 0)),
        CloseReason::Answered => assert!(network.line && blank <= WHITE_SPACE && network.reply == reply),
        CloseReason::Stalled => assert!(network.line && blank > WHITE_SPACE && reply.starts_with(&network.reply)),
        CloseReason::ClientReset => assert!(network.broken && reply.starts_with(&network.reply)),
        other => panic!("{other:?} is not for a connection to say"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// xorshift64, so that a failure is the same every time.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn whatever_the_network_does() {
        let mut state = 0x2026_1122;
        for _ in 0..20_000 {
            let len = random(&mut state) % 200;
            let mut script: Vec<u8> = (0..len).map(|_| (random(&mut state) >> 24) as u8).collect();
            // White space and ends of lines are rare by chance and what lines are about.
            for byte in script.iter_mut().skip(1) {
                match random(&mut state) % 12 {
                    0 => *byte = b' ',
                    1 => *byte = b'\n',
                    2 => *byte = 7,
                    _ => {}
                }
            }
            play(&script);
        }
    }

    #[test]
    fn a_run_of_white_space_has_a_limit() {
        // Line mode; `x`; 255 * 32 blanks; a turn each.
        play(&[1, 4, 1, 0, 1, b'x', 7, 3, 255, 7, 7, 7, 7]);
    }
}
