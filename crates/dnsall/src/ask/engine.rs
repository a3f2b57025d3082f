//! Many names at a time: their aliases, search lists and head starts.
//!
//! Names, messages, failures and the time come in; messages to send, finished
//! resolutions and the time of the next wake-up go out. A loop around it owns
//! the sockets and the clock.
use std::{
    collections::VecDeque,
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    ask::{
        lookup::{Lookup, Message, Next},
        outstanding::Outstanding,
        query::{Failed, Path, Query, Send, Standing},
        random::Random,
        settings::{Endpoint, Settings},
        statistics::Statistics,
    },
    wire::{name::Name, types::Type},
};

/// How long the first questions of a name are alone: a near server has answered them by then.
pub const HEAD_START: Duration = Duration::from_millis(10);
/// Aliases in a row that are followed.
pub const MOST_ALIASES: usize = 16;
/// Names under way, for each query of the window.
const AHEAD: usize = 64;
/// Finished answers of more bytes are not kept as memory for others.
const MOST_RECYCLED: usize = 4096;
/// Bytes of finished answers that an unfinished one before them may hold back,
/// with those that are expected of the names under way.
const MOST_HELD: usize = 14 << 20;
/// Above so many bytes large answers are packed.
const MOST_UNPACKED: usize = 2 << 20;

/// Why an alias was not followed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasProblem {
    /// It leads to a name that was asked before.
    Circle,
    /// There are more than [`MOST_ALIASES`].
    TooMany,
    /// The time of the name was over.
    Late,
}

/// One input under way, and then all that was found for it.
#[derive(Debug)]
pub struct Resolution {
    /// The name, then the targets of its aliases; the last one is being asked.
    pub lookups: Vec<Lookup>,
    /// Why the last alias was not followed.
    pub alias_problem: Option<AliasProblem>,
    /// Further names to try if this one does not exist, from the search list.
    candidates: VecDeque<Name>,
    started: Instant,
    done: bool,
    /// It was found out whether it is proven, or nobody wants to know.
    pub proven: bool,
    /// About how many bytes it holds, once it is done.
    size: usize,
    /// Its answers are too large to keep their memory, and may be packed.
    is_large: bool,
    /// It was printed: its first lookup is memory for another one.
    is_spare: bool,
}

impl Resolution {
    /// Nothing is asked yet.
    fn new(started: Instant) -> Resolution {
        Resolution {
            lookups: Vec::with_capacity(1),
            alias_problem: None,
            candidates: VecDeque::new(),
            started,
            done: false,
            proven: false,
            size: 0,
            is_large: false,
            is_spare: false,
        }
    }

    /// Adds what was found for the target of the last alias, by servers whose
    /// numbers start at `offset`.
    pub fn join(&mut self, other: Resolution, offset: usize) {
        self.alias_problem = other.alias_problem;
        self.lookups.extend(other.lookups.into_iter().map(|lookup| lookup.renumbered(offset)));
    }
}

/// The names that `name` may mean, in the order to ask them: with as many dots
/// as `ndots` it is tried as it is first, otherwise last (resolv.conf(5)).
pub fn candidates(name: Name, search: &[Name], ndots: usize) -> Vec<Name> {
    let dots = name.labels().count().saturating_sub(1);
    let mut names: Vec<Name> = search.iter().filter_map(|domain| name.join(domain).ok()).collect();
    let at = if dots >= ndots { 0 } else { names.len() };
    names.insert(at, name);
    names
}

/// The whole run with one server, or with servers that stand in for each other.
#[derive(Debug)]
pub struct Engine {
    settings: Rc<Settings>,
    /// The same for the question whether the target of an alias exists.
    check_settings: Rc<Settings>,
    outstanding: Outstanding,
    resolutions: VecDeque<Resolution>,
    /// The number of the first of `resolutions`.
    first: u64,
    head_starts: VecDeque<HeadStart>,
    /// Bytes of finished answers in `resolutions`.
    held: usize,
    /// How many an answer took of late, packed.
    usual: usize,
    failed: Vec<Failed>,
    /// Resolutions whose memory is used again.
    spare: Vec<Resolution>,
    /// Lookups so far.
    lookups: u32,
    /// Numbers of inputs that are done, where somebody asks for them.
    finished: Vec<u64>,
}

/// When the head start of a name ends.
#[derive(Clone, Copy, Debug)]
struct HeadStart {
    ends: Instant,
    input: u64,
}

impl Engine {
    /// Nothing to ask yet; `endpoints` are the servers in the order to try them.
    pub fn new(settings: Settings, endpoints: &[Endpoint]) -> Engine {
        Engine::with_random(settings, endpoints, Random::default())
    }

    /// The same with identifiers, letter cases and cookies from `random`.
    pub fn with_random(settings: Settings, endpoints: &[Endpoint], random: Random) -> Engine {
        let check = Settings { types: Some([Type::A].into()), follow: false, check_alias: false, ..settings.clone() };
        Engine {
            outstanding: Outstanding::new(settings.clone(), endpoints, random),
            settings: Rc::new(settings),
            check_settings: Rc::new(check),
            resolutions: VecDeque::new(),
            first: 0,
            head_starts: VecDeque::new(),
            held: 0,
            usual: 0,
            failed: Vec::new(),
            spare: Vec::new(),
            lookups: 0,
            finished: Vec::new(),
        }
    }

    /// Is there room for another name?
    pub fn has_room(&self) -> bool {
        let expected = self.outstanding.len().min(self.resolutions.len()) * self.usual;
        self.outstanding.has_room()
            && self.resolutions.len() < AHEAD * self.settings.window
            && self.held + expected < MOST_HELD
    }

    /// Starts with the first of `names`; the others follow where it does not exist.
    /// Returns the number of the input.
    pub fn begin(&mut self, names: impl IntoIterator<Item = Name>, now: Instant) -> u64 {
        self.begin_as(self.settings.clone(), names, now)
    }

    /// Asks one type of a name that says more about another one, and follows its aliases.
    pub fn begin_beside(&mut self, name: Name, rtype: Type, now: Instant) -> u64 {
        let settings = Settings {
            types: Some([rtype].into()),
            follow: true,
            check_alias: false,
            ..Settings::clone(&self.settings)
        };
        self.begin_as(Rc::new(settings), [name], now)
    }

    /// Asks one type of a name and nothing more, whatever comes back.
    pub fn begin_question(&mut self, name: Name, rtype: Type, now: Instant) -> u64 {
        let settings = Settings {
            types: Some([rtype].into()),
            follow: false,
            check_alias: false,
            keep_messages: true,
            ..Settings::clone(&self.settings)
        };
        self.begin_as(Rc::new(settings), [name], now)
    }

    fn begin_as(&mut self, settings: Rc<Settings>, names: impl IntoIterator<Item = Name>, now: Instant) -> u64 {
        let input = self.first + self.resolutions.len() as u64;
        let mut names = names.into_iter();
        let name = names.next();
        let mut resolution = self.spare.pop().unwrap_or_else(|| Resolution::new(now));
        resolution.candidates.extend(names);
        (resolution.started, resolution.done) = (now, name.is_none());
        resolution.proven = name.is_none() || !self.settings.validate;
        self.resolutions.push_back(resolution);
        if let Some(name) = name {
            self.look_up(settings, input, name, &[], now);
        }
        input
    }

    /// Takes back the memory of a resolution that is not needed any more.
    pub fn recycle(&mut self, mut resolution: Resolution) {
        if resolution.is_large || resolution.lookups.is_empty() {
            return;
        }
        resolution.lookups.truncate(1);
        resolution.candidates.clear();
        (resolution.alias_problem, resolution.is_spare, resolution.size) = (None, true, 0);
        self.spare.push(resolution);
    }

    /// Is the input of this number done?
    pub fn is_done(&self, input: u64) -> bool {
        input
            .checked_sub(self.first)
            .is_none_or(|at| self.resolutions.get(at as usize).is_none_or(|r| r.done && r.proven))
    }

    /// Numbers of inputs that are done but perhaps not proven, since the last
    /// call; of a run with signatures only ([`Settings::checking`]).
    pub fn finished(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.finished)
    }

    /// What was found for an input of [`Engine::finished`].
    pub fn found(&mut self, input: u64) -> Option<&mut Resolution> {
        self.resolution(input).filter(|r| r.done)
    }

    /// The first resolution, if it is done.
    pub fn pop_done(&mut self) -> Option<Resolution> {
        if !self.resolutions.front().is_some_and(|r| r.done && r.proven) {
            return None;
        }
        let mut resolution = self.resolutions.pop_front()?;
        self.first += 1;
        self.held -= resolution.size;
        if resolution.is_large {
            resolution.lookups.iter_mut().for_each(Lookup::unpack);
        }
        Some(resolution)
    }

    /// Counts of the run so far.
    pub fn statistics(&self) -> &Statistics {
        &self.outstanding.statistics
    }

    /// Queries whose answer is waited for.
    pub fn in_flight(&self) -> usize {
        self.outstanding.in_flight()
    }

    /// Was this server ever heard?
    pub fn heard(&self, server: usize) -> bool {
        self.outstanding.heard(server)
    }

    /// Do questions to this server carry an OPT record?
    pub fn uses_edns(&self, server: usize) -> bool {
        self.outstanding.uses_edns(server)
    }

    /// The next message to send, if there is one that may be sent now.
    pub fn next(&mut self, now: Instant) -> Option<Send> {
        self.outstanding.next(now)
    }

    /// The bytes to send.
    pub fn message(&self, slot: usize) -> &[u8] {
        self.outstanding.message(slot)
    }

    /// Takes a message from `server`.
    pub fn receive(&mut self, now: Instant, server: usize, path: Path, msg: &mut [u8]) {
        let Some(answered) = self.outstanding.receive(now, server, path, msg) else { return };
        let (input, rtype) = (answered.query.input, answered.query.rtype);
        let Some(lookup) = lookup_of(&mut self.resolutions, self.first, &answered.query) else { return };
        let first_answer = !lookup.is_heard();
        let next = lookup.answer(rtype, answered.server, &answered.reply, now);
        if first_answer {
            self.outstanding.resume(input);
        }
        self.outstanding.recycle(answered.reply);
        self.grant(input, next, now);
    }

    /// `server` can't be reached by datagrams, for the system's reason `why`.
    /// `restarting`: nothing listens on its port at present.
    pub fn unreachable(&mut self, now: Instant, server: usize, why: &str, restarting: bool) {
        let mut failed = std::mem::take(&mut self.failed);
        self.outstanding.unreachable(server, why, restarting, &mut failed);
        self.lose(failed, now);
    }

    /// The connection to `server` ended; it was `established` before or never was.
    pub fn disconnected(&mut self, now: Instant, server: usize, why: &str, established: bool) {
        let mut failed = std::mem::take(&mut self.failed);
        self.outstanding.disconnected(server, why, established, &mut failed);
        self.lose(failed, now);
    }

    /// The question that went to `server` by its connection with the identifier `id` gets no answer from it.
    pub fn unanswered(&mut self, now: Instant, server: usize, id: u16, why: &str) {
        let mut failed = std::mem::take(&mut self.failed);
        self.outstanding.unanswered(server, id, why, &mut failed);
        self.lose(failed, now);
    }

    /// Does what is due at `now`.
    pub fn advance(&mut self, now: Instant) {
        while let Some(head_start) = self.head_starts.front().copied().filter(|h| h.ends <= now) {
            self.head_starts.pop_front();
            let last = self.resolution(head_start.input).and_then(|r| r.lookups.last_mut());
            if let Some(next) = last.map(Lookup::ask_rest) {
                self.grant(head_start.input, next, now);
            }
        }
        // What fails may put other questions in its place, which no server that is left can be asked either.
        while self.expire(now) {}
        if self.outstanding.is_empty() && self.head_starts.is_empty() {
            // Nothing will ever come: an unfinished name would be waited for without end.
            for (at, resolution) in self.resolutions.iter_mut().enumerate().filter(|(_, r)| !r.done) {
                resolution.done = true;
                if self.settings.checking {
                    self.finished.push(self.first + at as u64);
                }
            }
        }
    }

    /// Ends the waits that are over at `now`. Was there any that failed?
    fn expire(&mut self, now: Instant) -> bool {
        let mut failed = std::mem::take(&mut self.failed);
        let (resolutions, first) = (&self.resolutions, self.first);
        let standing = |query: &Query| {
            let at = query.input.checked_sub(first).and_then(|at| resolutions.get(at as usize));
            let lookup = at.and_then(|r| r.lookups.last()).filter(|l| l.serial == query.lookup);
            lookup.map_or(Standing::Settled, |lookup| lookup.standing(query.rtype))
        };
        self.outstanding.expire(now, standing, &mut failed);
        let any = !failed.is_empty();
        self.lose(failed, now);
        any
    }

    /// When something is to be done, if nothing arrives; nothing if no query is open.
    pub fn wake(&mut self, now: Instant) -> Option<Instant> {
        let wake = self.outstanding.wake(now);
        self.head_starts.front().map(|h| h.ends).into_iter().chain(wake).min()
    }

    fn lose(&mut self, mut failed: Vec<Failed>, now: Instant) {
        for Failed { query, server, reason } in failed.drain(..) {
            if let Some(lookup) = lookup_of(&mut self.resolutions, self.first, &query) {
                let next = lookup.fail(query.rtype, server, reason, now);
                self.grant(query.input, next, now);
            }
        }
        self.failed = failed;
    }

    fn resolution(&mut self, input: u64) -> Option<&mut Resolution> {
        self.resolutions.get_mut(input.checked_sub(self.first)? as usize)
    }

    /// Asks `name` for an input.
    fn look_up(&mut self, settings: Rc<Settings>, input: u64, name: Name, known: &[Message], now: Instant) {
        let is_check = Rc::ptr_eq(&settings, &self.check_settings);
        self.lookups = self.lookups.wrapping_add(1);
        let at = input.checked_sub(self.first).and_then(|at| self.resolutions.get_mut(at as usize));
        let Some(resolution) = at else { return };
        match resolution.lookups.first_mut().filter(|_| resolution.is_spare) {
            Some(spare) => spare.renew(settings, name.clone(), now),
            None => resolution.lookups.push(Lookup::new(settings, name.clone(), now)),
        }
        resolution.is_spare = false;
        let Some(lookup) = resolution.lookups.last_mut() else { return };
        (lookup.is_check, lookup.serial) = (is_check, self.lookups);
        // Where all types are asked at once, the first of them are the ones to be repeated.
        for rtype in lookup.start(known) {
            let (lookup, name, rtype) = (self.lookups, name.clone(), *rtype);
            self.outstanding.ask(Query { input, lookup, name, rtype, patient: false });
        }
        if self.settings.lone && lookup.is_in_head_start() {
            self.head_starts.push_back(HeadStart { ends: now + HEAD_START, input });
        }
        self.move_on(input, now);
    }

    fn grant(&mut self, input: u64, next: Next, now: Instant) {
        let Some(lookup) = self.resolution(input).and_then(|r| r.lookups.last()) else { return };
        let serial = lookup.serial;
        match next {
            Next::Wait => {}
            Next::Ask(types) => {
                let name = lookup.name.clone();
                for rtype in types {
                    self.outstanding.ask(Query { input, lookup: serial, name: name.clone(), rtype, patient: true });
                }
            }
            Next::DropUnsent(keep) => {
                let dropped = self.outstanding.drop_unsent(input, keep);
                if let Some(lookup) = self.resolution(input).and_then(|r| r.lookups.last_mut()) {
                    lookup.dropped(&dropped);
                }
            }
            Next::Abandon => self.outstanding.abandon(input),
        }
        self.move_on(input, now);
    }

    /// After the last answer to a name: the next candidate, the target of its alias, or the end.
    fn move_on(&mut self, input: u64, now: Instant) {
        let (lifetime, check_settings) = (self.settings.lifetime(), self.check_settings.clone());
        let may_pack = self.held > MOST_UNPACKED && input > self.first;
        let Some(resolution) = self.resolution(input).filter(|r| !r.done) else { return };
        let Some(lookup) = resolution.lookups.last_mut().filter(|l| l.is_done()) else { return };
        let settings = lookup.settings.clone();
        let (follow, check) = (settings.follow, settings.check_alias);
        let late = now.saturating_duration_since(resolution.started) >= lifetime;
        let (found, failed) = (!lookup.records.is_empty(), !lookup.failures.is_empty());
        if !found
            && !late
            && let Some(name) = resolution.candidates.pop_front()
        {
            // A failure is told only if no other name is found.
            if !failed {
                resolution.lookups.pop();
            }
            return self.look_up(settings, input, name, &[], now);
        }
        if found {
            resolution.candidates.clear();
            resolution.lookups.retain(|l| !l.records.is_empty() || l.is_check);
        }
        let Some(lookup) = resolution.lookups.last_mut() else { return };
        let target = lookup.target.clone().filter(|_| lookup.missing_target.is_none() && !lookup.is_check);
        if let Some(target) = target.filter(|_| follow || check) {
            let known = match settings.keep_messages {
                true => lookup.messages.clone(),
                false => std::mem::take(&mut lookup.messages),
            };
            if resolution.lookups.iter().any(|l| l.name.same(&target)) {
                resolution.alias_problem = Some(AliasProblem::Circle);
            } else if resolution.lookups.len() > MOST_ALIASES {
                resolution.alias_problem = Some(AliasProblem::TooMany);
            } else if late {
                resolution.alias_problem = Some(AliasProblem::Late);
            } else if follow {
                return self.look_up(settings, input, target, &known, now);
            } else {
                return self.look_up(check_settings, input, target, &known, now);
            }
        }
        resolution.done = true;
        let sum = |(a, b), (c, d)| (a + c, b + d);
        let (size, packed) = resolution.lookups.iter().map(Lookup::size).fold((0, 0), sum);
        (resolution.size, resolution.is_large) = (size, size > MOST_RECYCLED);
        if may_pack && resolution.is_large && !settings.checking {
            resolution.lookups.iter_mut().for_each(Lookup::pack);
            resolution.size = resolution.lookups.iter().map(|lookup| lookup.size().0).sum();
        }
        self.held += resolution.size;
        self.usual = (7 * self.usual + packed) / 8;
        if settings.checking {
            self.finished.push(input);
        }
    }
}

/// The lookup that waits for the answer to `query`.
fn lookup_of<'r>(resolutions: &'r mut VecDeque<Resolution>, first: u64, query: &Query) -> Option<&'r mut Lookup> {
    let resolution = resolutions.get_mut(query.input.checked_sub(first)? as usize)?;
    resolution.lookups.last_mut().filter(|l| l.serial == query.lookup && !l.is_done())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{
        failure::{Failure, Reason},
        simulation::{MS, settings},
    };

    const SERVER: Endpoint = Endpoint { datagrams: true, encrypted: false };
    const OTHER: Endpoint = Endpoint { datagrams: false, encrypted: false };

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn asking(types: &[Type]) -> Settings {
        Settings { types: Some(types.into()), window: 2, ..settings() }
    }

    /// Answers the question that is sent next with these records of its own name.
    fn answer(engine: &mut Engine, now: Instant, records: &[(Type, &[u8])]) {
        answer_as(engine, now, 0, records);
    }

    /// The same with a response code.
    fn answer_as(engine: &mut Engine, now: Instant, rcode: u8, records: &[(Type, &[u8])]) {
        let send = engine.next(now).expect("a question");
        let mut msg = engine.message(send.slot).to_vec();
        let (_, end) = Name::read(&msg, 12).unwrap();
        msg.truncate(end + 4);
        msg[2..12].copy_from_slice(&[0x80, rcode, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
        for (rtype, data) in records {
            msg.extend([0xc0, 12]);
            msg.extend(rtype.0.to_be_bytes());
            msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            msg.extend(*data);
        }
        engine.receive(now, send.server, Path::Datagram, &mut msg);
    }

    #[test]
    fn room_for_names_and_answers() {
        let now = Instant::now();
        const MOST: usize = 14 << 20;
        for (resolutions, held, room) in [(127, 0, true), (128, 0, false), (0, MOST - 1, true), (0, MOST, false)] {
            let mut engine = Engine::new(asking(&[Type::A]), &[SERVER]);
            engine.resolutions.extend((0..resolutions).map(|_| Resolution::new(now)));
            engine.held = held;
            assert_eq!(engine.has_room(), room, "{resolutions} {held}");
        }
        let mut engine = Engine::new(asking(&[Type::A]), &[SERVER]);
        engine.begin([name("a.test")], now);
        // What the name under way may bring counts as well.
        for (held, usual, room) in [(MOST - 8, 7, true), (MOST - 8, 8, false), (0, MOST, false)] {
            (engine.held, engine.usual) = (held, usual);
            assert_eq!(engine.has_room(), room, "{held} {usual}");
        }
        (engine.held, engine.usual) = (0, 0);
        engine.begin([name("b.test")], now);
        assert!(!engine.has_room(), "the window is full");
    }

    #[test]
    fn large_answers_behind_an_unfinished_name_are_small_until_it_is_done() {
        let now = Instant::now();
        let records: Vec<[u8; 4]> = (0..100).map(|n| [192, 0, 2, n]).collect();
        let records: Vec<(Type, &[u8])> = records.iter().map(|data| (Type::A, &data[..])).collect();
        const WHOLE: usize = 1024 + 100 * (256 + 12);
        const PACKED: usize = 1024 + 100 * (8 + 4);
        for (held, checking, first, takes) in [
            ((2 << 20) + 1, false, true, PACKED),
            (2 << 20, false, true, WHOLE),
            ((2 << 20) + 1, true, true, WHOLE),
            ((2 << 20) + 1, false, false, WHOLE),
        ] {
            let mut engine = Engine::new(Settings { checking, ..asking(&[Type::A]) }, &[SERVER]);
            if first {
                engine.begin([name("late.test")], now);
                engine.next(now);
            }
            engine.begin([name("a.test")], now);
            engine.held = held;
            answer(&mut engine, now, &records);
            assert_eq!((engine.held - held, engine.usual), (takes, PACKED / 8), "{held} {checking} {first}");
            if first {
                engine.resolutions[0].done = true;
                engine.resolutions[0].proven = true;
                engine.pop_done().unwrap();
            }
            let found = engine.pop_done().unwrap();
            let texts = found.lookups[0].records.iter().map(|record| record.data.text.clone());
            assert!(texts.eq((0..100).map(|n| format!("192.0.2.{n}"))));
            assert_eq!(engine.held, held);
            engine.recycle(found);
            assert!(engine.spare.is_empty());
        }
    }

    #[test]
    fn each_kind_of_question_has_its_settings() {
        let now = Instant::now();
        let base = Settings { follow: true, check_alias: true, ..settings() };
        let mut engine = Engine::new(base, &[SERVER]);
        engine.begin_question(name("a.test"), Type::MX, now);
        engine.begin([name("a.test")], now);
        let of = |engine: &Engine, input: usize| Settings::clone(&engine.resolutions[input].lookups[0].settings);
        let question = of(&engine, 0);
        assert_eq!(question.types.as_deref(), Some(&[Type::MX][..]));
        assert_eq!((question.follow, question.check_alias, question.keep_messages), (false, false, true));
        let plain = of(&engine, 1);
        assert_eq!((plain.types, plain.follow, plain.check_alias), (None, true, true));
        let check = &engine.check_settings;
        assert_eq!(check.types.as_deref(), Some(&[Type::A][..]));
        assert_eq!((check.follow, check.check_alias), (false, false));
        let mut engine = Engine::new(Settings { check_alias: true, ..settings() }, &[SERVER]);
        engine.begin_beside(name("a.test"), Type::TXT, now);
        let beside = of(&engine, 0);
        assert_eq!(beside.types.as_deref(), Some(&[Type::TXT][..]));
        assert_eq!((beside.follow, beside.check_alias, beside.keep_messages), (true, false, false));
    }

    #[test]
    fn inputs_have_numbers_until_they_are_taken() {
        let now = Instant::now();
        let mut engine = Engine::new(Settings { checking: true, ..asking(&[Type::A]) }, &[SERVER, OTHER]);
        assert_eq!([engine.begin([name("a.test")], now), engine.begin([name("b.test")], now)], [0, 1]);
        assert_eq!([0, 1, 2].map(|input| engine.is_done(input)), [false, false, true]);
        assert!(engine.pop_done().is_none() && engine.found(0).is_none());
        assert!(!engine.heard(0));
        answer(&mut engine, now, &[(Type::A, &[192, 0, 2, 1])]);
        assert_eq!(
            (engine.heard(0), engine.heard(1), engine.uses_edns(0), engine.uses_edns(1)),
            (true, false, true, false)
        );
        assert_eq!((engine.is_done(0), engine.finished(), engine.finished()), (true, vec![0], vec![]));
        assert!(engine.found(0).is_some() && engine.found(1).is_none() && engine.found(9).is_none());
        // 1,024 bytes for the lookup, 256 and three times its data for a record.
        assert_eq!((engine.resolutions[0].size, engine.held), (1024 + 256 + 12, 1292));
        let first = engine.pop_done().unwrap();
        assert_eq!((first.lookups[0].records.len(), engine.held), (1, 0));
        assert!(engine.pop_done().is_none() && engine.is_done(0) && engine.found(0).is_none());
        assert_eq!((engine.begin([name("c.test")], now), engine.is_done(1)), (2, false));
        engine.next(now);
        engine.next(now);
        assert_eq!((engine.in_flight(), engine.statistics().sent, engine.statistics().questions), (2, 3, 3));
        // An input without a name is done at once.
        let mut engine = Engine::new(asking(&[Type::A]), &[SERVER]);
        engine.begin([], now);
        assert!(engine.is_done(0) && engine.pop_done().is_some());
    }

    #[test]
    fn a_kept_message_counts_for_what_is_held() {
        let now = Instant::now();
        let mut engine = Engine::new(Settings { keep_messages: true, ..asking(&[Type::A]) }, &[SERVER]);
        engine.begin([name("a.test")], now);
        answer(&mut engine, now, &[(Type::A, &[192, 0, 2, 1])]);
        // A header, the question and a record.
        assert_eq!(engine.held, 1292 + 12 + (8 + 4) + (2 + 10 + 4));
    }

    #[test]
    fn what_is_to_be_proven_waits_for_it() {
        let now = Instant::now();
        let mut engine = Engine::new(Settings { validate: true, ..asking(&[Type::A]) }, &[SERVER]);
        engine.begin([name("a.test")], now);
        answer(&mut engine, now, &[]);
        assert!(!engine.is_done(0) && engine.pop_done().is_none());
        engine.found(0).unwrap().proven = true;
        assert!(engine.is_done(0) && engine.pop_done().is_some());
    }

    #[test]
    fn what_is_large() {
        let now = Instant::now();
        // 1,024 bytes, 9 times 256, and three times the data.
        for (last, size, is_large) in [(32, 4096, false), (33, 4099, true)] {
            let mut data: Vec<Vec<u8>> = (0..8).map(|n| vec![n; 28]).collect();
            data.push(vec![9; last]);
            let records: Vec<(Type, &[u8])> = data.iter().map(|data| (Type(65280), &data[..])).collect();
            let mut engine = Engine::new(asking(&[Type(65280)]), &[SERVER]);
            engine.begin([name("a.test")], now);
            answer(&mut engine, now, &records);
            assert_eq!((engine.resolutions[0].size, engine.resolutions[0].is_large), (size, is_large));
        }
    }

    #[test]
    fn memory_of_small_answers_is_used_again() {
        let now = Instant::now();
        let lookup = || Lookup::new(Rc::new(settings()), name("a.test"), now);
        for (is_large, lookups, recycled) in [(false, 1, true), (true, 1, false), (false, 2, true), (false, 0, false)] {
            let mut engine = Engine::new(settings(), &[SERVER]);
            let mut old = Resolution::new(now);
            old.lookups.extend((0..lookups).map(|_| lookup()));
            (old.size, old.is_large, old.alias_problem) = (100, is_large, Some(AliasProblem::Circle));
            old.candidates.push_back(name("b.test"));
            engine.recycle(old);
            assert_eq!(engine.spare.len(), usize::from(recycled), "{is_large} {lookups}");
            if recycled {
                engine.begin([name("c.test")], now);
                let new = &engine.resolutions[0];
                assert_eq!((new.lookups.len(), new.alias_problem, new.size, new.is_spare), (1, None, 0, false));
                assert_eq!((new.lookups[0].name.to_string(), new.candidates.len()), ("c.test.".to_owned(), 0));
            }
        }
    }

    #[test]
    fn the_time_of_a_name_ends_with_the_last_try() {
        let start = Instant::now();
        // Four tries of three seconds: then no other candidate is tried, and no alias followed.
        for (ms, late) in [(11_999, false), (12_000, true)] {
            let now = start + ms * MS;
            let mut engine = Engine::new(asking(&[Type::A]), &[SERVER]);
            engine.begin([name("a.test"), name("b.test")], start);
            answer(&mut engine, now, &[]);
            assert_eq!(engine.is_done(0), late, "{ms}");
            let mut engine = Engine::new(Settings { follow: true, ..asking(&[Type::A]) }, &[SERVER]);
            engine.begin([name("a.test")], start);
            answer(&mut engine, now, &[(Type::CNAME, name("b.test").wire())]);
            assert_eq!(engine.resolutions[0].alias_problem, late.then_some(AliasProblem::Late), "{ms}");
            assert_eq!(engine.is_done(0), late);
        }
    }

    #[test]
    fn a_name_that_is_not_found_leaves_the_next_one() {
        let now = Instant::now();
        let mut engine = Engine::new(asking(&[Type::A]), &[SERVER]);
        engine.begin(["a.test", "b.test", "c.test", "d.test"].map(name), now);
        answer(&mut engine, now, &[]);
        // A failure is kept, and told only if nothing else is found.
        let send = engine.next(now).unwrap();
        engine.unreachable(now, send.server, "down", false);
        let left = |engine: &Engine| -> Vec<String> {
            engine.resolutions[0].lookups.iter().map(|lookup| lookup.name.to_string()).collect()
        };
        assert_eq!(left(&engine), ["b.test.", "c.test."]);
        let mut engine = Engine::new(asking(&[Type::A]), &[SERVER]);
        engine.begin(["a.test", "b.test", "c.test"].map(name), now);
        let failure = Failure { rtype: Type::A, server: 0, reason: Reason::Short };
        engine.resolutions[0].lookups[0].failures.push(failure);
        answer(&mut engine, now, &[]);
        assert_eq!(left(&engine), ["a.test.", "b.test."]);
        answer(&mut engine, now, &[(Type::A, &[192, 0, 2, 1])]);
        assert_eq!((left(&engine), engine.is_done(0)), (vec!["b.test.".to_owned()], true));
    }

    #[test]
    fn the_target_of_an_alias_is_followed_or_checked() {
        let now = Instant::now();
        let alias: &[(Type, &[u8])] = &[(Type::CNAME, b"\x01b\x04test\0")];
        for (follow, check_alias, asked) in [(false, false, 1), (true, false, 2), (false, true, 2), (true, true, 2)] {
            let mut engine = Engine::new(Settings { follow, check_alias, ..asking(&[Type::A]) }, &[SERVER]);
            engine.begin([name("a.test")], now);
            answer(&mut engine, now, alias);
            let lookups = &engine.resolutions[0].lookups;
            assert_eq!((lookups.len(), engine.is_done(0)), (asked, asked == 1), "{follow} {check_alias}");
            if asked == 2 {
                assert_eq!((lookups[1].name.to_string(), lookups[1].is_check), ("b.test.".to_owned(), !follow));
                // What is only checked is not followed any further.
                answer(&mut engine, now, &[(Type::CNAME, b"\x01c\x04test\0")]);
                assert_eq!(
                    (engine.resolutions[0].lookups.len(), engine.is_done(0)),
                    if follow { (3, false) } else { (2, true) }
                );
            }
        }
    }

    #[test]
    fn a_target_that_does_not_exist_is_not_asked() {
        let now = Instant::now();
        for (rcode, asked) in [(0, 2), (3, 1)] {
            let mut engine = Engine::new(Settings { follow: true, ..asking(&[Type::A]) }, &[SERVER]);
            engine.begin([name("a.test")], now);
            answer_as(&mut engine, now, rcode, &[(Type::CNAME, b"\x01b\x04test\0")]);
            assert_eq!((engine.resolutions[0].lookups.len(), engine.is_done(0)), (asked, asked == 1), "{rcode}");
        }
    }

    #[test]
    fn two_resolutions_become_one() {
        let now = Instant::now();
        let lookup = |server| {
            let mut lookup = Lookup::new(Rc::new(settings()), name("a.test"), now);
            lookup.server = Some(server);
            lookup
        };
        let (mut one, mut other) = (Resolution::new(now), Resolution::new(now));
        one.lookups.push(lookup(1));
        other.lookups.push(lookup(2));
        other.alias_problem = Some(AliasProblem::Late);
        one.join(other, 10);
        let servers: Vec<_> = one.lookups.iter().map(|lookup| lookup.server).collect();
        assert_eq!((servers, one.alias_problem), (vec![Some(1), Some(12)], Some(AliasProblem::Late)));
    }

    #[test]
    fn the_rest_is_asked_when_the_head_start_ends() {
        let now = Instant::now();
        for lone in [true, false] {
            let mut engine = Engine::new(Settings { lone, ..settings() }, &[SERVER]);
            engine.begin([name("a.test")], now);
            engine.next(now);
            let ends = if lone { HEAD_START } else { 250 * MS };
            assert_eq!(engine.wake(now), Some(now + ends));
            engine.advance(now + HEAD_START - MS);
            assert_eq!(engine.next(now + HEAD_START), None);
            engine.advance(now + HEAD_START);
            assert_eq!(engine.next(now + HEAD_START).is_some(), lone);
        }
    }

    #[test]
    fn one_answer_is_a_sign_of_life_for_the_rest() {
        let now = Instant::now();
        let mut engine = Engine::new(Settings { lone: true, ..settings() }, &[SERVER]);
        engine.begin([name("a.test")], now);
        engine.next(now);
        engine.advance(now + HEAD_START);
        while engine.next(now + HEAD_START).is_some() {}
        // The first question is sent again, the others are held, until it is answered.
        engine.advance(now + 270 * MS);
        answer(&mut engine, now + 271 * MS, &[(Type::A, &[192, 0, 2, 1])]);
        assert_eq!(engine.next(now + 271 * MS), None);
        assert_eq!(engine.wake(now + 271 * MS), Some(now + HEAD_START + 250 * MS));
    }

    #[test]
    fn a_connection_that_never_was_is_a_failure() {
        let now = Instant::now();
        let mut engine = Engine::new(asking(&[Type::A]), &[OTHER]);
        engine.begin([name("a.test")], now);
        engine.next(now);
        engine.disconnected(now, 0, "refused", false);
        let done = engine.pop_done().unwrap();
        assert_eq!(done.lookups[0].failures[0].reason, Reason::Unreachable("refused".to_owned()));
    }

    #[test]
    fn nothing_is_waited_for_without_end() {
        let now = Instant::now();
        for checking in [true, false] {
            let mut engine = Engine::new(Settings { checking, ..asking(&[Type::A]) }, &[SERVER]);
            for text in ["a.test", "b.test"] {
                engine.begin([name(text)], now);
            }
            engine.resolutions[0].done = true;
            engine.advance(now);
            assert!(!engine.is_done(1), "its question is open");
            engine.outstanding = Outstanding::new(settings(), &[SERVER], Random::default());
            engine.head_starts.push_back(HeadStart { ends: now + MS, input: 9 });
            engine.advance(now);
            assert!(!engine.is_done(1), "a head start is open");
            engine.head_starts.clear();
            engine.first = 5;
            engine.advance(now);
            assert!(engine.is_done(6));
            assert_eq!(engine.finished(), if checking { vec![6] } else { vec![] });
        }
    }

    #[test]
    fn an_answer_to_an_older_lookup_is_nobodys() {
        let now = Instant::now();
        let mut resolution = Resolution::new(now);
        let mut lookup = Lookup::new(Rc::new(asking(&[Type::A])), name("a.test"), now);
        lookup.serial = 4;
        lookup.start(&[]);
        resolution.lookups.push(lookup);
        let mut all = VecDeque::from([Resolution::new(now), resolution]);
        let query = |input, lookup| Query { input, lookup, name: name("a.test"), rtype: Type::A, patient: false };
        for (input, serial, is_its) in [(11, 4, true), (11, 3, false), (10, 4, false), (12, 4, false), (9, 4, false)] {
            assert_eq!(lookup_of(&mut all, 10, &query(input, serial)).is_some(), is_its, "{input} {serial}");
        }
        let lookup = all[1].lookups.last_mut().unwrap();
        lookup.fail(Type::A, 0, None, now);
        assert!(lookup.is_done() && lookup_of(&mut all, 10, &query(11, 4)).is_none());
    }
}
