//! The inputs under way: they go out in their order, or as they are settled.
use std::{collections::VecDeque, mem, rc::Rc};

use plainnet_common::input::Owned;

use crate::{ask::outcome::Outcome, ask::question::Question};

/// Most inputs under way.
pub const WINDOW: usize = 4096;

/// Most bytes of answers that wait for an earlier input's before they are printed.
const HELD: usize = 4 << 20;

/// An input that has come to its end.
#[derive(Debug)]
pub struct Finished {
    /// The input.
    pub input: Owned,
    /// What became of it.
    pub result: Settled,
    /// It was asked for this input, not for another one.
    pub own: bool,
    /// Its failure was told, or will be counted: see [`Bulk::faults`](super::bulk::Bulk::faults).
    pub told: bool,
}

/// What became of an input.
#[derive(Debug)]
pub enum Settled {
    /// A blank line or a comment.
    Blank,
    /// It asks nothing that we know, for this reason.
    Invalid(&'static str),
    /// It was answered from the table, since nobody need be asked.
    Offline(Question),
    /// It was asked.
    Asked(Question, Rc<Outcome>),
}

/// The inputs under way.
#[derive(Debug)]
pub struct Jobs {
    jobs: VecDeque<Job>,
    /// Number of the first of `jobs`, counted from the start of the run.
    first: u64,
    /// Numbers of settled jobs, where they go out unordered.
    ready: VecDeque<u64>,
    /// Bytes of answers in `jobs`.
    held: usize,
    unordered: bool,
}

/// One input, until it goes out.
#[derive(Debug)]
struct Job {
    state: State,
    /// Bytes that its answer takes, if no other job has it too.
    size: usize,
}

#[derive(Debug)]
enum State {
    UnderWay(Owned),
    Done(Finished),
    /// It went out before an earlier one.
    Gone,
}

impl Jobs {
    /// None yet.
    pub fn new(unordered: bool) -> Jobs {
        Jobs { jobs: VecDeque::new(), first: 0, ready: VecDeque::new(), held: 0, unordered }
    }

    /// May another input be taken?
    pub fn has_room(&self) -> bool {
        self.jobs.len() < WINDOW && !self.is_full()
    }

    /// Do so many bytes wait to be printed that only what holds them back should be asked?
    pub fn is_full(&self) -> bool {
        self.held >= HELD
    }

    /// Is nothing under way?
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Bytes of answers that wait for an earlier input's.
    pub fn held(&self) -> usize {
        self.held
    }

    /// The job that goes out next; nothing where any may.
    pub fn first(&self) -> Option<u64> {
        (!self.unordered).then_some(self.first)
    }

    /// Takes a new input, and gives its number.
    pub fn take(&mut self, input: Owned) -> u64 {
        self.jobs.push_back(Job { state: State::UnderWay(input), size: 0 });
        self.first + self.jobs.len() as u64 - 1
    }

    /// An input under way.
    pub fn input(&self, id: u64) -> Option<&Owned> {
        match &self.jobs.get(self.place(id)?)?.state {
            State::UnderWay(input) => Some(input),
            State::Done(_) | State::Gone => None,
        }
    }

    /// An input under way has come to its end; its answer, which no other job has, takes `size` bytes.
    /// `own` and `told` are as in [`Finished`].
    pub fn settle(&mut self, id: u64, result: Settled, own: bool, told: bool, size: usize) {
        let Some(job) = self.place(id).and_then(|at| self.jobs.get_mut(at)) else { return };
        job.state = match mem::replace(&mut job.state, State::Gone) {
            State::UnderWay(input) => State::Done(Finished { input, result, own, told }),
            other => other,
        };
        job.size = size;
        self.held += size;
        if self.unordered {
            self.ready.push_back(id);
        }
    }

    /// The next input that is finished and may be printed.
    pub fn finished(&mut self) -> Option<Finished> {
        let at = if self.unordered { self.ready.pop_front().and_then(|id| self.place(id))? } else { 0 };
        let job = self.jobs.get_mut(at)?;
        let finished = match mem::replace(&mut job.state, State::Gone) {
            State::Done(finished) => finished,
            other => {
                job.state = other;
                return None;
            }
        };
        self.held -= mem::take(&mut job.size);
        while matches!(self.jobs.front(), Some(Job { state: State::Gone, .. })) {
            self.jobs.pop_front();
            self.first += 1;
        }
        Some(finished)
    }

    fn place(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use plainnet_common::input::Origin;

    use super::*;

    fn input(text: &str) -> Owned {
        Owned { origin: Origin::Operand, line: text.into(), text: Some(Ok(text.to_owned())) }
    }

    fn out(jobs: &mut Jobs) -> Vec<String> {
        std::iter::from_fn(|| jobs.finished()).map(|f| String::from_utf8(f.input.line).unwrap()).collect()
    }

    #[test]
    fn jobs_go_out_in_order_or_as_they_end() {
        for (unordered, outs) in [(false, [&[][..], &["a", "b", "c"]]), (true, [&["c", "b"], &["a"]])] {
            let mut jobs = Jobs::new(unordered);
            let ids = ["a", "b", "c"].map(|text| jobs.take(input(text)));
            for id in [ids[2], ids[1]] {
                jobs.settle(id, Settled::Blank, true, false, 100);
            }
            assert_eq!(jobs.held(), 200);
            assert_eq!(out(&mut jobs), outs[0]);
            assert!(!jobs.is_empty() && jobs.input(ids[0]).is_some());
            jobs.settle(ids[0], Settled::Blank, true, false, 1);
            assert_eq!(out(&mut jobs), outs[1]);
            assert_eq!((jobs.is_empty(), jobs.held(), jobs.take(input("d"))), (true, 0, 3));
        }
    }

    #[test]
    fn what_waits_to_be_printed_is_bounded() {
        let mut jobs = Jobs::new(false);
        let ids = [jobs.take(input("a")), jobs.take(input("b"))];
        jobs.settle(ids[1], Settled::Blank, true, false, HELD - 1);
        assert!(jobs.has_room() && !jobs.is_full());
        jobs.settle(ids[0], Settled::Blank, true, false, 1);
        assert!(!jobs.has_room() && jobs.is_full());
        out(&mut jobs);
        assert!(jobs.has_room());
        assert_eq!((0..WINDOW).map(|_| jobs.take(input("x"))).count(), WINDOW);
        assert!(!jobs.has_room() && !jobs.is_full());
    }

    #[test]
    fn a_job_is_known_by_its_number_until_it_goes_out() {
        let mut jobs = Jobs::new(false);
        assert!(jobs.is_empty() && jobs.has_room() && jobs.input(0).is_none() && jobs.finished().is_none());
        assert_eq!((jobs.take(input("a")), jobs.take(input("b")), jobs.first()), (0, 1, Some(0)));
        jobs.settle(0, Settled::Invalid("x"), true, false, 10);
        // What is settled is under way no more, and a second end of it is none.
        assert!(jobs.input(0).is_none() && jobs.input(1).is_some());
        let first = jobs.finished().unwrap();
        assert!(matches!(
            (&*first.input.line, first.result, first.own, first.told),
            (b"a", Settled::Invalid("x"), true, false)
        ));
        assert_eq!((jobs.first(), jobs.held()), (Some(1), 0));
        jobs.settle(0, Settled::Blank, true, true, 10);
        jobs.settle(7, Settled::Blank, true, true, 10);
        assert_eq!((jobs.held(), jobs.finished().is_none(), jobs.is_empty()), (0, true, false));
        assert!(jobs.input(0).is_none() && jobs.input(1).is_some_and(|input| input.line == b"b"[..]));
        assert_eq!(Jobs::new(true).first(), None);
    }
}
