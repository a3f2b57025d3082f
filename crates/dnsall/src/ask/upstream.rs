//! What is known of a name server while it is asked.
use std::{collections::VecDeque, time::Instant};

use crate::ask::{
    congestion::Congestion,
    failure::Ignored,
    random::Random,
    settings::{Endpoint, Settings},
};

/// Queries that any connection is good for.
const FEW: usize = 4;

/// A name server and the queries that go to it.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) endpoint: Endpoint,
    pub(super) congestion: Congestion,
    /// Queries that wait for its answer.
    pub(super) outstanding: usize,
    /// Slots whose message is to be sent again, with their serial numbers.
    pub(super) again: VecDeque<(usize, u32)>,
    /// Our cookie for it, 8 bytes, and behind it its own for us.
    pub(super) cookie: Vec<u8>,
    /// It knows EDNS.
    pub(super) edns: bool,
    /// It treats cookies as RFC 7873 says.
    pub(super) cookies: bool,
    /// It repeats the question in the case of the letters that was sent.
    pub(super) keeps_case: bool,
    pub(super) heard: bool,
    /// Answers over its present connection.
    pub(super) answers: usize,
    /// How many there were over the last one that it ended in the midst of questions.
    pub(super) cut_after: Option<usize>,
    /// Why it can't be reached.
    pub(super) unreachable: Option<String>,
    pub(super) ignored: Ignored,
}

impl Upstream {
    /// A server of which nothing is known; `share` is its part of the window.
    pub(super) fn new(endpoint: Endpoint, share: usize, settings: &Settings, random: &mut Random) -> Upstream {
        Upstream {
            endpoint,
            congestion: Congestion::new(share, settings.interval),
            outstanding: 0,
            again: VecDeque::new(),
            cookie: random.bytes::<8>().to_vec(),
            edns: settings.edns,
            cookies: settings.cookie,
            keeps_case: true,
            heard: false,
            answers: 0,
            cut_after: None,
            unreachable: None,
            ignored: Ignored::default(),
        }
    }

    /// The queries that may be sent to it now, those aside that are to be sent again.
    pub(super) fn room(&self, now: Instant) -> usize {
        let waiting = self.outstanding + self.again.len();
        self.congestion.room(waiting, now).min(self.most_outstanding().saturating_sub(waiting))
    }

    /// May a query be sent to it again now?
    pub(super) fn may_send_again(&self, now: Instant) -> bool {
        self.outstanding < self.most_outstanding() && self.congestion.room(self.outstanding, now) > 0
    }

    /// Where it answers a few questions over each connection, many would be sent in vain.
    fn most_outstanding(&self) -> usize {
        self.cut_after.map_or(usize::MAX, |before| 2 * before.max(self.answers).max(FEW))
    }

    /// Is the cookie of a reply, the client's part first, one that was given to
    /// us? The server's part is kept then.
    pub(super) fn accepts(&mut self, cookie: &[u8]) -> bool {
        let ours = self.cookie.get(..8).is_some_and(|own| cookie.starts_with(own));
        if ours && self.cookie != cookie {
            self.cookie.clear();
            self.cookie.extend_from_slice(cookie);
        }
        ours
    }

    /// One query less waits for its answer.
    pub(super) fn no_longer(&mut self) {
        self.outstanding = self.outstanding.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::simulation::settings;

    fn upstream() -> Upstream {
        let endpoint = Endpoint { datagrams: true, encrypted: false };
        Upstream::new(endpoint, 10, &settings(), &mut Random::default())
    }

    #[test]
    fn what_is_out_or_to_be_sent_again_takes_room() {
        let (mut of, now) = (upstream(), Instant::now());
        assert_eq!(of.room(now), 10);
        of.outstanding = 3;
        of.again.extend([(0, 0), (1, 0)]);
        assert_eq!(of.room(now), 5);
        of.no_longer();
        assert_eq!((of.outstanding, of.room(now)), (2, 6));
    }

    #[test]
    fn connections_cut_short_get_fewer_queries() {
        let now = Instant::now();
        for (cut_after, answers, outstanding, again, room, may_send_again) in [
            (None, 0, 9, 0, 1, true),
            (Some(0), 0, 7, 0, 1, true),
            (Some(0), 0, 8, 0, 0, false),
            (Some(0), 0, 7, 1, 0, true),
            // As many again as it answered before, or by now.
            (Some(4), 0, 8, 0, 0, false),
            (Some(5), 0, 8, 0, 2, true),
            (Some(4), 5, 8, 0, 2, true),
            // The window counts as well.
            (Some(99), 0, 10, 0, 0, false),
        ] {
            let of = Upstream { cut_after, answers, outstanding, again: vec![(0, 0); again].into(), ..upstream() };
            let is = (of.room(now), of.may_send_again(now));
            assert_eq!(is, (room, may_send_again), "{cut_after:?} {answers} {outstanding} {again}");
        }
    }

    #[test]
    fn a_cookie_begins_with_our_own() {
        // RFC 7873 section 5.3: the client's part of a reply has to be ours.
        let mut of = upstream();
        let own = of.cookie.clone();
        assert_eq!(own.len(), 8);
        let strange: Vec<u8> = own.iter().map(|byte| !byte).collect();
        assert!(!of.accepts(&[&strange[..], b"server11"].concat()) && of.cookie == own);
        for server in [&b"server11"[..], b"server22", b"server22"] {
            let whole = [&own[..], server].concat();
            assert!(of.accepts(&whole) && of.cookie == whole);
        }
        of.cookie.clear();
        assert!(!of.accepts(&own));
    }
}
