//! How fast one server is asked: the window of outstanding queries, the rate
//! where the server is overloaded, and the retransmission timeout.
//!
//! A query without an answer has three causes that look the same from here: its
//! datagram was lost at random, the server or a path is overloaded, or nobody
//! will ever answer it. Only the second is a reason to slow down. It shows
//! itself by *retransmissions that are answered*: the lost part of the
//! datagrams whose query was answered in the end. Queries that are never
//! answered say nothing, unless answers stop altogether.
//!
//! Little loss may still be the window's: questions that arrive together
//! overflow the queue of the server's socket. That is tried out, see `Crowd`.
use std::time::{Duration, Instant};

/// The shortest retransmission timeout: a lost datagram costs less than a
/// second, and a slow server is not hurried.
pub const SHORTEST_TIMEOUT: Duration = Duration::from_millis(250);
/// How long a silent type is waited for beside answered ones.
const SILENT_WAIT: Duration = Duration::from_secs(2);
/// The part of the datagrams that may be lost without any slowing down.
const TOLERATED_LOSS: f64 = 0.1;
/// Fewer datagrams than this prove no loss.
const SAMPLE: f64 = 8.0;
/// The smallest window that silence leaves, so that a silent server does not make a long list endless.
const SMALLEST_WINDOW: f64 = 16.0;
/// As many queries as the socket of a server holds where its system has the usual
/// settings (Linux: 212,992 bytes, up to 1,024 of them for a short datagram): a
/// larger window may overflow it whenever the server has no turn for a moment.
const SAFE_WINDOW: f64 = 192.0;
/// The lowest rate, in queries a second.
const LOWEST_RATE: f64 = 4.0;
/// How much the rate grows in a period without loss, at first and at least:
/// each time that it had to be lowered halves the excess over 1.
const FIRST_GROWTH: f64 = 2.0;
const LEAST_GROWTH: f64 = 1.1;
/// How far a limited rate may catch up after a late wake-up.
const LAG: Duration = Duration::from_millis(5);

/// What is known of the way to one server.
#[derive(Clone, Debug)]
pub struct Congestion {
    /// The most queries outstanding, as the user or the transport has it.
    limit: f64,
    /// The window in force, in queries.
    window: f64,
    /// The rate in force while the server is overloaded, in queries a second.
    rate: Option<f64>,
    /// How much the rate grows in a period without loss.
    growth: f64,
    /// The time between two datagrams that the user asked for.
    interval: Option<Duration>,
    /// When the next datagram may be sent, where the rate is limited.
    next_send: Option<Instant>,
    /// The smoothed round trip, once one was measured.
    smoothed_rtt: Option<Duration>,
    /// The shortest round trip so far: what is above it is waiting in queues.
    shortest_rtt: Option<Duration>,
    period: Period,
    /// Losses and arrivals among the datagrams sent since `slowed`.
    lost: f64,
    arrived: f64,
    /// First datagrams of a query that were answered and that timed out, since the start.
    first_answered: u64,
    first_timed_out: u64,
    /// Retransmissions that timed out and that were answered, since the start.
    retransmitted_in_vain: u64,
    retransmitted_with_success: u64,
    /// When the rate was last set by what the server could answer.
    slowed: Option<Slowed>,
    /// The loss that slowing down did not cure: it belongs to the network.
    ambient_loss: f64,
    crowd: Crowd,
    /// Each answer lets one more query out, from the safe window on, until the window was shrunk once.
    is_starting: bool,
}

/// Is a window above [`SAFE_WINDOW`] the reason of losses? Where there are some,
/// a while with less will tell.
#[derive(Clone, Copy, Debug)]
enum Crowd {
    /// There was no reason to ask.
    Unsuspected,
    /// The window is the safe one `since` then, when `loss` was the lost part of
    /// the datagrams; these were lost and arrived after that.
    Tried { since: Instant, loss: f64, lost: f64, arrived: f64 },
    /// The crowd at the socket caused the loss: with the safe window there is less.
    Guilty,
    /// The crowd did not cause the loss: with the safe window there is as much.
    Innocent,
}

/// What happened since the last look at the window.
#[derive(Clone, Copy, Debug)]
struct Period {
    since: Option<Instant>,
    answers: u32,
}

/// The last time that the rate was set.
#[derive(Clone, Copy, Debug)]
struct Slowed {
    at: Instant,
    /// The loss that was the reason.
    loss: f64,
    /// The rate that was set, in queries a second.
    rate: f64,
}

impl Congestion {
    /// A way of which nothing is known. At most `limit` queries are outstanding,
    /// one is sent each `interval` where there is one.
    pub fn new(limit: usize, interval: Option<Duration>) -> Congestion {
        let limit = limit.max(1) as f64;
        Congestion {
            limit,
            window: limit.min(SAFE_WINDOW),
            rate: None,
            growth: FIRST_GROWTH,
            interval,
            next_send: None,
            smoothed_rtt: None,
            shortest_rtt: None,
            period: Period { since: None, answers: 0 },
            lost: 0.0,
            arrived: 0.0,
            first_answered: 0,
            first_timed_out: 0,
            retransmitted_in_vain: 0,
            retransmitted_with_success: 0,
            slowed: None,
            ambient_loss: 0.0,
            crowd: Crowd::Unsuspected,
            is_starting: true,
        }
    }

    /// How long to wait for an answer before the datagram number `attempt`,
    /// counted from 0, is followed by another one.
    pub fn retransmission_timeout(&self, attempt: u32) -> Duration {
        let first = self.smoothed_rtt.map_or(SHORTEST_TIMEOUT, |rtt| (4 * rtt).max(SHORTEST_TIMEOUT));
        first.saturating_mul(1 << attempt.min(16))
    }

    /// How long a type is waited for in all where others of its name were
    /// answered: longer than usual only where every answer takes long.
    pub fn longest_wait(&self) -> Duration {
        self.smoothed_rtt.map_or(SILENT_WAIT, |rtt| (4 * rtt).max(SILENT_WAIT))
    }

    /// The queries that may be sent now, beside `outstanding` ones. 0 where the rate forbids any.
    pub fn room(&self, outstanding: usize, now: Instant) -> usize {
        if self.next_send.is_some_and(|at| now < at) {
            return 0;
        }
        (self.window as usize).max(1).saturating_sub(outstanding)
    }

    /// When a query may be sent that the rate alone forbids now.
    pub fn next_send(&self) -> Option<Instant> {
        self.next_send
    }

    /// Is the server slower than we would like to be?
    pub fn is_overloaded(&self) -> bool {
        self.rate.is_some()
    }

    /// A datagram is sent.
    pub fn sent(&mut self, now: Instant) {
        self.period.since.get_or_insert(now);
        let overload = self.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
        if let Some(interval) = overload.max(self.interval) {
            let due = self.next_send.map_or(now, |at| at.max(now.checked_sub(LAG).unwrap_or(now)));
            self.next_send = Some(due + interval);
        }
    }

    /// A query was answered, `rtt` after the datagram number `attempt` was sent
    /// at `sent`. The datagrams before it were lost: `earlier` says when each was sent.
    pub fn answered(&mut self, now: Instant, attempt: usize, sent: Instant, earlier: impl Iterator<Item = Instant>) {
        let rtt = now.saturating_duration_since(sent);
        self.smoothed_rtt = Some(self.smoothed_rtt.map_or(rtt, |old| (old * 7 + rtt) / 8));
        self.shortest_rtt = Some(self.shortest_rtt.map_or(rtt, |old| old.min(rtt)));
        self.period.answers += 1;
        if self.is_starting {
            self.window = (self.window + 1.0).min(self.limit);
        }
        let counts = |at: Instant| self.slowed.is_none_or(|slowed| at >= slowed.at);
        let arrives = counts(sent);
        for at in earlier {
            self.lost += f64::from(u8::from(counts(at)));
            if let Crowd::Tried { since, lost, .. } = &mut self.crowd {
                *lost += f64::from(u8::from(at >= *since));
            }
        }
        self.arrived += f64::from(u8::from(arrives));
        if let Crowd::Tried { since, arrived, .. } = &mut self.crowd {
            *arrived += f64::from(u8::from(sent >= *since));
        }
        if attempt == 0 {
            self.first_answered += 1;
        } else {
            self.retransmitted_with_success += 1;
        }
        self.review(now);
    }

    /// The datagram number `attempt` of a query was not answered in time.
    pub fn timed_out(&mut self, now: Instant, attempt: usize) {
        if attempt == 0 {
            self.first_timed_out += 1;
        } else {
            self.retransmitted_in_vain += 1;
        }
        self.review(now);
    }

    /// Looks at what the last period brought, once it is over.
    fn review(&mut self, now: Instant) {
        let before = self.window;
        self.review_period(now);
        self.is_starting &= self.window >= before && self.rate.is_none();
    }

    fn review_period(&mut self, now: Instant) {
        let since = *self.period.since.get_or_insert(now);
        let length = now.saturating_duration_since(since);
        // A limited rate brings few answers: twice the time for a sound measure.
        let least = self.retransmission_timeout(u32::from(self.rate.is_some()));
        if length < least {
            return;
        }
        let period = self.period;
        self.period = Period { since: Some(now), answers: 0 };
        let delivered = f64::from(period.answers) / length.as_secs_f64();
        let enough = self.lost >= 3.0 && self.lost + self.arrived >= SAMPLE;
        let loss = if enough { self.lost / (self.lost + self.arrived) } else { 0.0 };
        let tolerated = TOLERATED_LOSS.max(1.5 * self.ambient_loss);
        let first = self.first_answered + self.first_timed_out;
        let mostly_silent = self.first_timed_out >= 8 && 4 * self.first_timed_out > first;
        let names_are_dead = self.is_silence_proven();

        if period.answers == 0 {
            // Answers have stopped. Nothing is measured: unless only dead names are left, the window shrinks.
            if names_are_dead {
                self.speed_up(FIRST_GROWTH);
            } else if self.smoothed_rtt.is_some() {
                self.window = (self.window / 2.0).max(SMALLEST_WINDOW.min(self.limit));
            }
        } else if loss > tolerated {
            // Losses at the rate that the last ones led to are either more of the same, or the
            // network's own: it takes some more datagrams to tell.
            let since = self.slowed.filter(|slowed| self.rate.is_some_and(|rate| rate <= slowed.rate));
            match since {
                Some(_) if self.lost + self.arrived < 4.0 * SAMPLE => {}
                Some(slowed) if loss >= 0.7 * slowed.loss => {
                    self.ambient_loss = loss.max(slowed.loss);
                    self.rate = None;
                    self.next_send = None;
                    self.count_anew();
                }
                _ => self.slow_down(now, delivered, loss),
            }
        } else if mostly_silent && self.slowed.is_none() && !names_are_dead {
            // Either most of the names are dead or most of the datagrams are lost. The
            // retransmissions will tell, at a rate that the server can answer.
            self.slow_down(now, delivered, self.first_timed_out as f64 / first as f64);
        } else if self.is_queue_long() {
            // The questions wait at the server: fewer of them are answered as fast.
            self.window = (0.7 * self.window).max(SMALLEST_WINDOW.min(self.limit));
        } else {
            self.judge_crowd(now);
            self.window = (self.window + f64::from(period.answers)).min(self.ceiling());
            self.speed_up(if names_are_dead { FIRST_GROWTH } else { self.growth });
            // Old losses are forgotten by and by.
            if self.lost + self.arrived > 16.0 * SAMPLE {
                self.lost /= 2.0;
                self.arrived /= 2.0;
            }
        }
    }

    /// The largest window, as far as is known.
    fn ceiling(&self) -> f64 {
        match self.crowd {
            Crowd::Unsuspected | Crowd::Innocent => self.limit,
            Crowd::Tried { .. } | Crowd::Guilty => self.limit.min(SAFE_WINDOW),
        }
    }

    /// Suspects the window where there are losses, and hears what the trial brought.
    fn judge_crowd(&mut self, now: Instant) {
        match self.crowd {
            Crowd::Unsuspected if self.window > SAFE_WINDOW && self.lost >= 3.0 => {
                let loss = self.lost / (self.lost + self.arrived);
                self.crowd = Crowd::Tried { since: now, loss, lost: 0.0, arrived: 0.0 };
                self.window = SAFE_WINDOW;
            }
            // A loss is known only when its retransmission is answered: it takes some of those times,
            // and datagrams enough for some losses of the kind.
            Crowd::Tried { since, loss, lost, arrived }
                if now >= since + 4 * self.retransmission_timeout(0) && (lost + arrived) * loss >= 4.0 =>
            {
                let is_cured = lost < 0.3 * loss * (lost + arrived);
                self.crowd = if is_cured { Crowd::Guilty } else { Crowd::Innocent };
            }
            _ => {}
        }
    }

    /// Do the answers take much longer than they have to?
    fn is_queue_long(&self) -> bool {
        let (Some(usual), Some(shortest)) = (self.smoothed_rtt, self.shortest_rtt) else { return false };
        usual > SHORTEST_TIMEOUT && usual > 4 * shortest
    }

    /// Raises the rate, and goes back to the window once the rate would not be felt.
    fn speed_up(&mut self, growth: f64) {
        if let Some(rate) = self.rate {
            let felt = self.limit / self.smoothed_rtt.unwrap_or_default().as_secs_f64().max(1e-3);
            self.rate = Some(rate * growth).filter(|rate| *rate < felt);
            if self.rate.is_none() {
                self.next_send = None;
            }
        }
    }

    /// Do retransmissions stay without an answer, as the first datagrams did?
    fn is_silence_proven(&self) -> bool {
        let all = self.retransmitted_in_vain + self.retransmitted_with_success;
        all >= 8 && self.retransmitted_with_success * 10 < all
    }

    fn slow_down(&mut self, now: Instant, delivered: f64, loss: f64) {
        if self.slowed.is_some() {
            self.growth = (1.0 + (self.growth - 1.0) / 2.0).max(LEAST_GROWTH);
        }
        let rate = delivered.max(LOWEST_RATE);
        self.rate = Some(rate);
        self.next_send = Some(now);
        self.slowed = Some(Slowed { at: now, loss, rate });
        self.count_anew();
    }

    fn count_anew(&mut self) {
        (self.lost, self.arrived) = (0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A way with this limit and round trip, no user's interval, and a period that began at `start`.
    fn way(limit: usize, rtt: Duration, start: Instant) -> Congestion {
        let mut way = Congestion::new(limit, None);
        (way.smoothed_rtt, way.shortest_rtt, way.period.since) = (Some(rtt), Some(rtt), Some(start));
        way
    }

    /// The answer to a first datagram that ends a period of half a second, as the
    /// last of `answers`; its round trip is the usual one.
    fn last_answer(way: &mut Congestion, answers: u32, start: Instant) -> Instant {
        let (now, rtt) = (start + 500 * MS, way.smoothed_rtt.unwrap());
        way.period.answers = answers - 1;
        way.answered(now, 0, now - rtt, std::iter::empty());
        now
    }

    #[test]
    fn time_outs_are_four_round_trips_and_double() {
        let mut way = Congestion::new(400, None);
        for (rtt, attempt, timeout, longest) in [
            (None, 0, 250, 2000),
            (None, 1, 500, 2000),
            (None, 3, 2000, 2000),
            (Some(50), 0, 250, 2000),
            (Some(100), 0, 400, 2000),
            (Some(100), 2, 1600, 2000),
            (Some(600), 0, 2400, 2400),
        ] {
            way.smoothed_rtt = rtt.map(|rtt| rtt * MS);
            assert_eq!(way.retransmission_timeout(attempt), timeout * MS, "{rtt:?} {attempt}");
            assert_eq!(way.longest_wait(), longest * MS, "{rtt:?}");
        }
        assert_eq!(way.retransmission_timeout(u32::MAX), way.retransmission_timeout(16));
    }

    #[test]
    fn the_window_less_what_is_outstanding_is_room() {
        let now = Instant::now();
        let mut way = Congestion::new(400, None);
        for (outstanding, room) in [(0, 192), (191, 1), (192, 0), (193, 0)] {
            assert_eq!(way.room(outstanding, now), room, "{outstanding}");
        }
        assert_eq!(Congestion::new(100, None).room(0, now), 100);
        // There is always room for one.
        assert_eq!(Congestion::new(0, None).room(0, now), 1);
        way.next_send = Some(now + MS);
        assert_eq!([now, now + MS, now + 2 * MS].map(|at| way.room(0, at)), [0, 192, 192]);
    }

    #[test]
    fn a_limited_rate_catches_up_five_milliseconds() {
        let start = Instant::now() + Duration::from_secs(9);
        let mut way = Congestion::new(400, Some(20 * MS));
        // Sent at, and when the next may be.
        for (sent, next) in [(0, 20), (20, 40), (43, 60), (65, 80), (100, 115), (100, 135)] {
            way.sent(start + sent * MS);
            assert_eq!(way.next_send(), Some(start + next * MS), "{sent}");
        }
        // The longer of two intervals counts: 4 a second are 250 ms.
        (way.rate, way.next_send) = (Some(4.0), None);
        assert!(way.is_overloaded());
        way.sent(start);
        assert_eq!(way.next_send(), Some(start + 250 * MS));
        way.rate = Some(200.0);
        way.next_send = None;
        way.sent(start);
        assert_eq!(way.next_send(), Some(start + 20 * MS));
        let mut free = Congestion::new(400, None);
        free.sent(start);
        assert_eq!((free.next_send(), free.is_overloaded(), free.period.since), (None, false, Some(start)));
    }

    #[test]
    fn round_trips_are_smoothed_by_eighths() {
        let start = Instant::now();
        let mut way = Congestion::new(400, None);
        for (rtt, smoothed, shortest) in [(80, 80, 80), (160, 90, 80), (10, 80, 10)] {
            way.answered(start + rtt * MS, 0, start, std::iter::empty());
            assert_eq!((way.smoothed_rtt, way.shortest_rtt), (Some(smoothed * MS), Some(shortest * MS)));
        }
    }

    #[test]
    fn each_answer_opens_the_window_at_the_start() {
        let start = Instant::now();
        let mut way = way(194, 10 * MS, start);
        for window in [193.0, 194.0, 194.0] {
            way.answered(start + 10 * MS, 0, start, std::iter::empty());
            assert_eq!(way.window, window);
        }
        way.window = 20.0;
        way.is_starting = false;
        way.answered(start + 10 * MS, 0, start, std::iter::empty());
        assert_eq!(way.window, 20.0);
    }

    #[test]
    fn the_start_is_over_with_the_first_smaller_window_or_rate() {
        let start = Instant::now();
        // Nothing known, a period that was not over, a silence that shrinks the window, a rate.
        for (rtt, end, rate, is_starting) in [
            (None, 250, None, true),
            (Some(10), 249, None, true),
            (Some(10), 250, None, false),
            (None, 249, Some(9.0), false),
        ] {
            let mut way = way(400, MS, start);
            (way.smoothed_rtt, way.rate) = (rtt.map(|rtt| rtt * MS), rate);
            way.timed_out(start + end * MS, 0);
            assert_eq!(way.is_starting, is_starting, "{rtt:?} {end} {rate:?}");
        }
    }

    #[test]
    fn losses_count_since_the_rate_was_set() {
        let start = Instant::now();
        let at = |ms| start + ms * MS;
        let mut way = way(400, 10 * MS, start);
        way.slowed = Some(Slowed { at: at(100), loss: 0.5, rate: 10.0 });
        way.crowd = Crowd::Tried { since: at(120), loss: 0.05, lost: 2.0, arrived: 2.0 };
        // A retransmission answered, its earlier datagrams before, at and after both times.
        way.answered(at(150), 4, at(140), [at(99), at(100), at(119), at(120)].into_iter());
        assert_eq!((way.lost, way.arrived), (3.0, 1.0));
        // A datagram of the very moment counts, one before it does not.
        way.answered(at(150), 0, at(99), std::iter::empty());
        assert_eq!((way.lost, way.arrived), (3.0, 1.0));
        way.answered(at(150), 0, at(100), std::iter::empty());
        assert_eq!((way.lost, way.arrived), (3.0, 2.0));
        way.answered(at(150), 0, at(119), std::iter::empty());
        way.answered(at(150), 0, at(120), std::iter::empty());
        let Crowd::Tried { lost, arrived, .. } = way.crowd else { panic!() };
        assert_eq!((lost, arrived), (3.0, 4.0));
        way.timed_out(at(150), 0);
        way.timed_out(at(150), 1);
        way.timed_out(at(150), 2);
        let firsts = (way.first_answered, way.first_timed_out);
        assert_eq!((firsts, way.retransmitted_with_success, way.retransmitted_in_vain), ((4, 1), 1, 2));
    }

    #[test]
    fn a_period_lasts_a_time_out_and_two_where_the_rate_is_limited() {
        let start = Instant::now();
        for (rate, end, over) in
            [(None, 249, false), (None, 250, true), (Some(9.0), 499, false), (Some(9.0), 500, true)]
        {
            let mut way = way(400, 10 * MS, start);
            way.rate = rate;
            way.answered(start + end * MS, 0, start + (end - 10) * MS, std::iter::empty());
            assert_eq!(way.period.since == Some(start + end * MS), over, "{rate:?} {end}");
            assert_eq!(way.period.answers, u32::from(!over));
        }
        // The first event begins one.
        let mut way = Congestion::new(400, None);
        way.timed_out(start, 0);
        assert_eq!(way.period.since, Some(start));
    }

    #[test]
    fn silence_halves_the_window_down_to_sixteen() {
        let start = Instant::now();
        for (limit, window, left) in [(400, 192.0, 96.0), (400, 20.0, 16.0), (10, 10.0, 10.0)] {
            let mut way = way(limit, 10 * MS, start);
            way.window = window;
            way.timed_out(start + 250 * MS, 0);
            assert_eq!(way.window, left, "{limit} {window}");
        }
        // Nobody has ever answered, or only dead names are left: the window is not the reason.
        let mut unheard = Congestion::new(400, None);
        unheard.timed_out(start, 0);
        unheard.timed_out(start + 250 * MS, 0);
        assert_eq!(unheard.window, 192.0);
        let mut dead = way(400, 10 * MS, start);
        (dead.retransmitted_in_vain, dead.rate, dead.growth) = (8, Some(10.0), 1.1);
        dead.timed_out(start + 500 * MS, 0);
        assert_eq!((dead.window, dead.rate), (192.0, Some(20.0)));
    }

    #[test]
    fn loss_is_three_of_eight_datagrams_and_above_the_tolerated_part() {
        let start = Instant::now();
        for (lost, arrived, ambient, slows) in [
            (3.0, 5.0, 0.0, true),
            (2.0, 6.0, 0.0, false),
            (3.0, 4.0, 0.0, false),
            // A tenth is tolerated.
            (3.0, 27.0, 0.0, false),
            (3.0, 26.0, 0.0, true),
            // Half as much again as the network's own.
            (3.0, 6.0, 0.2, true),
            (3.0, 8.0, 0.2, false),
            (3.0, 26.0, 0.01, true),
        ] {
            let mut way = way(100, 10 * MS, start);
            (way.lost, way.arrived, way.ambient_loss) = (lost, arrived - 1.0, ambient);
            let now = last_answer(&mut way, 20, start);
            let what = format!("{lost} {arrived} {ambient}");
            assert_eq!(way.is_overloaded(), slows, "{what}");
            if slows {
                // Twenty answers in half a second.
                let slowed = way.slowed.unwrap();
                assert_eq!((slowed.at, slowed.loss, slowed.rate), (now, lost / (lost + arrived), 40.0), "{what}");
                assert_eq!((way.rate, way.next_send), (Some(40.0), Some(now)));
                assert_eq!((way.lost, way.arrived), (0.0, 0.0));
            } else {
                assert_eq!((way.lost, way.arrived), (lost, arrived), "{what}");
            }
        }
    }

    #[test]
    fn the_same_loss_at_a_lower_rate_is_the_networks_own() {
        // The network's own loss and the rate, afterwards.
        const WAITS: (f64, Option<f64>) = (0.0, Some(10.0));
        const OWN: (f64, Option<f64>) = (0.5, None);
        const SLOWER: (f64, Option<f64>) = (0.0, Some(40.0));
        let start = Instant::now();
        for (rate, lost, arrived, (ambient, then)) in [
            (Some(10.0), 10.0, 10.0, WAITS),
            (Some(10.0), 3.0, 17.0, WAITS),
            (Some(10.0), 15.0, 16.0, WAITS),
            (Some(10.0), 16.0, 16.0, OWN),
            (Some(9.0), 16.0, 16.0, (0.5, None)),
            (Some(10.0), 30.0, 10.0, (0.75, None)),
            // 0.35 of the datagrams are just as much as before, a little less is cured.
            (Some(10.0), 14.0, 26.0, OWN),
            (Some(10.0), 13.0, 27.0, SLOWER),
            // A higher rate than the one that was set, or none, is another reason.
            (Some(10.5), 10.0, 10.0, SLOWER),
            (None, 10.0, 10.0, SLOWER),
        ] {
            let mut way = way(100, 10 * MS, start);
            way.slowed = Some(Slowed { at: start, loss: 0.5, rate: 10.0 });
            (way.rate, way.next_send) = (rate, Some(start));
            (way.lost, way.arrived) = (lost, arrived - 1.0);
            last_answer(&mut way, 20, start);
            let what = format!("{rate:?} {lost} {arrived}");
            assert_eq!((way.ambient_loss, way.rate), (ambient, then), "{what}");
            assert_eq!(way.next_send.is_none(), then.is_none(), "{what}");
            let left = if then == WAITS.1 { lost + arrived } else { 0.0 };
            assert_eq!(way.lost + way.arrived, left, "{what}");
        }
    }

    #[test]
    fn a_quarter_of_first_datagrams_without_an_answer_slows_down() {
        let start = Instant::now();
        for (answered, timed_out, in_vain, slowed, slows) in [
            (23, 8, 0, false, true),
            (24, 8, 0, false, false),
            (1, 7, 0, false, false),
            // It was slowed down before, or the names are dead.
            (23, 8, 0, true, false),
            (23, 8, 8, false, false),
        ] {
            let mut way = way(100, 10 * MS, start);
            (way.first_answered, way.first_timed_out, way.retransmitted_in_vain) = (answered - 1, timed_out, in_vain);
            way.slowed = slowed.then_some(Slowed { at: start, loss: 0.5, rate: 10.0 });
            last_answer(&mut way, 20, start);
            let what = format!("{answered} {timed_out} {in_vain} {slowed}");
            assert_eq!(way.rate, slows.then_some(40.0), "{what}");
            if slows {
                assert_eq!(way.slowed.unwrap().loss, 8.0 / 31.0);
            }
        }
    }

    #[test]
    fn nine_of_ten_retransmissions_in_vain_prove_silence() {
        let mut way = Congestion::new(400, None);
        for (in_vain, with_success, proven) in
            [(8, 0, true), (7, 0, false), (7, 1, false), (18, 2, false), (19, 2, true), (2, 18, false)]
        {
            (way.retransmitted_in_vain, way.retransmitted_with_success) = (in_vain, with_success);
            assert_eq!(way.is_silence_proven(), proven, "{in_vain} {with_success}");
        }
    }

    #[test]
    fn answers_that_wait_at_the_server_make_the_window_smaller() {
        let start = Instant::now() + Duration::from_secs(9);
        for (usual, shortest, is_long) in [
            (251, 50, true),
            (250, 50, false),
            (400, 100, false),
            (401, 100, true),
            (251, 100, false),
            (2000, 1000, false),
        ] {
            let mut way = way(400, usual * MS, start);
            way.shortest_rtt = Some(shortest * MS);
            assert_eq!(way.is_queue_long(), is_long, "{usual} {shortest}");
        }
        assert!(!Congestion::new(400, None).is_queue_long());
        for (limit, window, left) in [(400, 100.0, 0.7 * 100.0), (400, 20.0, 16.0), (10, 10.0, 10.0)] {
            let mut way = way(limit, 300 * MS, start);
            (way.window, way.shortest_rtt, way.is_starting) = (window, Some(50 * MS), false);
            way.period.since = Some(start - 1000 * MS);
            last_answer(&mut way, 20, start);
            assert_eq!(way.window, left, "{limit} {window}");
        }
    }

    #[test]
    fn a_good_period_widens_the_window_and_forgets_old_losses() {
        let start = Instant::now();
        for (lost, arrived, left) in [(3.0, 125.0, (3.0, 125.0)), (3.0, 126.0, (1.5, 63.0)), (5.0, 124.0, (2.5, 62.0))]
        {
            let mut way = way(400, 10 * MS, start);
            (way.lost, way.arrived, way.window, way.is_starting) = (lost, arrived - 1.0, 100.0, false);
            last_answer(&mut way, 20, start);
            assert_eq!((way.window, way.lost, way.arrived), (120.0, left.0, left.1), "{lost} {arrived}");
        }
        // Up to the limit, and no longer by more than the safe window where it was the reason of losses.
        let tried = Crowd::Tried { since: start, loss: 0.5, lost: 0.0, arrived: 0.0 };
        for (limit, crowd, ceiling) in [
            (400, Crowd::Unsuspected, 400.0),
            (400, Crowd::Innocent, 400.0),
            (400, Crowd::Guilty, 192.0),
            (400, tried, 192.0),
            (100, Crowd::Guilty, 100.0),
        ] {
            let mut way = way(limit, 10 * MS, start);
            way.crowd = crowd;
            assert_eq!(way.ceiling(), ceiling);
            way.window = ceiling - 5.0;
            last_answer(&mut way, 20, start);
            assert_eq!(way.window, ceiling, "{limit} {crowd:?}");
        }
    }

    #[test]
    fn a_window_above_the_safe_one_is_suspected_of_losses() {
        let start = Instant::now();
        for (window, lost, suspected) in [(193.0, 3.0, true), (192.0, 3.0, false), (193.0, 2.0, false)] {
            let mut way = way(400, 10 * MS, start);
            (way.window, way.lost, way.arrived) = (window, lost, 57.0);
            way.judge_crowd(start);
            let tried = match way.crowd {
                Crowd::Tried { since, loss, lost, arrived } => Some((since, loss, lost, arrived)),
                _ => None,
            };
            assert_eq!(tried, suspected.then_some((start, 0.05, 0.0, 0.0)), "{window} {lost}");
            assert_eq!(way.window, if suspected { 192.0 } else { window });
        }
    }

    #[test]
    fn the_trial_of_a_safe_window_has_an_end() {
        let start = Instant::now();
        // One in twenty was lost; of eighty, four would be. 4 time-outs of 250 ms are a second.
        for (ms, loss, lost, arrived, verdict) in [
            (999, 0.05, 1.0, 79.0, "Tried"),
            (1000, 0.05, 1.0, 79.0, "Guilty"),
            (1000, 0.05, 1.0, 78.0, "Tried"),
            (1000, 0.05, 2.0, 78.0, "Innocent"),
            (9000, 0.05, 1.0, 99.0, "Guilty"),
            (9000, 0.05, 3.0, 20.0, "Tried"),
            (9000, 0.05, 0.0, 100.0, "Guilty"),
            (9000, 0.5, 3.0, 17.0, "Innocent"),
            (9000, 0.5, 2.0, 18.0, "Guilty"),
        ] {
            let mut way = way(400, 10 * MS, start);
            way.crowd = Crowd::Tried { since: start, loss, lost, arrived };
            way.judge_crowd(start + ms * MS);
            let what = format!("{:?}", way.crowd);
            assert!(what.starts_with(verdict), "{ms} {loss} {lost} {arrived}: {what}");
        }
    }

    #[test]
    fn a_rate_grows_until_it_is_not_felt() {
        let now = Instant::now();
        // A window of 100 and half a second allow 200 a second, and 100,000 where the round trip is below a millisecond.
        for (rtt, rate, growth, then) in [
            (Some(500), 99.0, 2.0, Some(198.0)),
            (Some(500), 100.0, 2.0, None),
            (Some(500), 150.0, 1.5, None),
            (Some(0), 49_000.0, 2.0, Some(98_000.0)),
            (None, 49_000.0, 2.0, Some(98_000.0)),
            (None, 51_000.0, 2.0, None),
        ] {
            let mut way = Congestion::new(100, None);
            (way.smoothed_rtt, way.rate, way.next_send) = (rtt.map(|rtt| rtt * MS), Some(rate), Some(now));
            way.speed_up(growth);
            assert_eq!((way.rate, way.next_send), (then, then.map(|_| now)), "{rtt:?} {rate}");
        }
        // Without a rate, the time that the user asked for stays.
        let mut way = Congestion::new(100, Some(MS));
        way.next_send = Some(now);
        way.speed_up(2.0);
        assert_eq!((way.rate, way.next_send), (None, Some(now)));
        // In a good period it grows as far as the last losses allow, where the names live.
        for (in_vain, rate) in [(0, 15.0), (8, 20.0)] {
            let start = now;
            let mut way = self::way(100, 10 * MS, start);
            (way.rate, way.growth, way.retransmitted_in_vain) = (Some(10.0), 1.5, in_vain);
            last_answer(&mut way, 20, start);
            assert_eq!(way.rate, Some(rate), "{in_vain}");
        }
    }

    #[test]
    fn each_slowing_down_halves_the_growth() {
        let now = Instant::now();
        let mut way = Congestion::new(100, None);
        for (delivered, rate, growth) in
            [(9.0, 9.0, 2.0), (5.0, 5.0, 1.5), (3.0, 4.0, 1.25), (0.0, 4.0, 1.125), (9.0, 9.0, 1.1), (9.0, 9.0, 1.1)]
        {
            (way.lost, way.arrived) = (1.0, 1.0);
            way.slow_down(now, delivered, 0.5);
            assert_eq!((way.rate, way.growth, way.slowed.unwrap().rate), (Some(rate), growth, rate), "{delivered}");
            assert_eq!((way.lost, way.arrived), (0.0, 0.0));
        }
    }
}
