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
    time_outs: u32,
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
            period: Period { since: None, answers: 0, time_outs: 0 },
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

    /// The smoothed round trip, once one was measured.
    pub fn smoothed_rtt(&self) -> Option<Duration> {
        self.smoothed_rtt
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
        self.period.time_outs += 1;
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
        self.period = Period { since: Some(now), answers: 0, time_outs: 0 };
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
            } else if period.time_outs > 0 && self.smoothed_rtt.is_some() {
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
