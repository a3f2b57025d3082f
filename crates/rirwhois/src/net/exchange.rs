//! All connections of a run: queries go out, responses come in.
//!
//! One poll(2) waits for all of them, for standard input and for the next moment at which
//! something is to be done. What a response says is nobody's business here.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use plainnet_common::exit::Fail;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    stdio,
};

use crate::{
    ask::bulk::Dispatch,
    ask::query::{End, Place, Query, Response},
    net::session::{Counts, Limits, Session},
};

/// Most bytes of replies that are under way or wait to be printed; then only one goes on.
const UNDER_WAY: usize = 4 << 20;

/// What a wait is for, beside the servers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wait {
    /// When something is to be done that no server brings about.
    pub wake: Option<Instant>,
    /// Is standard input of interest?
    pub stdin: bool,
    /// Bytes of replies that wait for an earlier input's to be printed.
    pub held: usize,
    /// The input whose reply is to be printed next; nothing where any may be.
    pub first: Option<u64>,
}

/// A response that came.
#[derive(Debug)]
pub struct Arrival {
    /// The input that it is for.
    pub id: u64,
    /// What was asked.
    pub query: Query,
    /// What came back.
    pub response: Response,
    /// How long it took.
    pub took: Duration,
}

/// What ended a wait.
#[derive(Debug, Default)]
pub struct Woken {
    /// Responses that came.
    pub arrivals: Vec<Arrival>,
    /// Standard input has something, or has ended.
    pub stdin: bool,
}

/// All connections.
#[derive(Debug)]
pub struct Exchange {
    limits: Limits,
    sessions: BTreeMap<Place, Session>,
    /// The query under way at each server of port 43.
    asking: BTreeMap<Place, (u64, Query)>,
    #[cfg(feature = "rdap")]
    web: Option<super::web::Web>,
    #[cfg(feature = "rdap")]
    agent: String,
}

impl Exchange {
    /// Nothing is asked yet; `agent` names this program to HTTP servers.
    pub fn new(limits: Limits, agent: String) -> Exchange {
        #[cfg(not(feature = "rdap"))]
        drop(agent);
        Exchange {
            limits,
            sessions: BTreeMap::new(),
            asking: BTreeMap::new(),
            #[cfg(feature = "rdap")]
            web: None,
            #[cfg(feature = "rdap")]
            agent,
        }
    }

    /// Sends a query, through this proxy if it is one of HTTP. A response may come at once.
    pub fn begin(&mut self, dispatch: Dispatch, proxy: Option<String>) -> Option<Arrival> {
        let Dispatch { id, query, budget } = dispatch;
        match query {
            Query::Whois { ref server, ref line, public_only } => {
                let place = query.place();
                let session =
                    self.sessions.entry(place.clone()).or_insert_with(|| Session::new(server.clone(), public_only));
                let reply = session.begin(line.clone(), budget, self.limits);
                self.asking.insert(place.clone(), (id, query));
                self.arrived(&place, reply)
            }
            Query::Rdap { ref url, .. } => {
                let url = url.clone();
                Some(self.request(id, query, url, proxy, budget)?)
            }
        }
    }

    #[cfg(feature = "rdap")]
    fn request(
        &mut self,
        id: u64,
        query: Query,
        url: String,
        proxy: Option<String>,
        budget: Duration,
    ) -> Option<Arrival> {
        if self.web.is_none() {
            match super::web::Web::new(&self.agent, self.limits.bytes) {
                Ok(web) => self.web = Some(web),
                Err(e) => {
                    let end = End::Local(plainnet_common::output::reason(&e));
                    return Some(Arrival { id, query, response: Response::Rdap(Err(end)), took: Duration::ZERO });
                }
            }
        }
        self.web.as_mut()?.begin(id, query, url, proxy, budget).map(Arrival::from)
    }

    #[cfg(not(feature = "rdap"))]
    fn request(&mut self, id: u64, query: Query, _: String, _: Option<String>, _: Duration) -> Option<Arrival> {
        let end = End::Local("this build is without RDAP".into());
        Some(Arrival { id, query, response: Response::Rdap(Err(end)), took: Duration::ZERO })
    }

    fn arrived(&mut self, place: &Place, reply: Option<super::session::Reply>) -> Option<Arrival> {
        let super::session::Reply { bytes, end, took } = reply?;
        let (id, query) = self.asking.remove(place)?;
        Some(Arrival { id, query, response: Response::Whois { bytes, end }, took })
    }

    /// Waits until something comes.
    ///
    /// # Errors
    /// poll(2) failed.
    pub fn wait(&mut self, wait: Wait) -> Result<Woken, Fail> {
        let Wait { wake, stdin, held, first } = wait;
        let now = Instant::now();
        let wake = self.sessions.values().filter_map(Session::wake).chain(wake).min();
        let is_full = held + self.sessions.values().map(Session::received).sum::<usize>() > UNDER_WAY;
        let only = if is_full { self.only(first) } else { None };
        let mut polled = Vec::new();
        let mut fds = Vec::new();
        for (place, session) in self.sessions.iter().filter(|(place, _)| !is_full || only.as_ref() == Some(*place)) {
            for (fd, flags) in session.interest() {
                polled.push(place.clone());
                fds.push(PollFd::from_borrowed_fd(fd, flags));
            }
        }
        if stdin {
            fds.push(PollFd::from_borrowed_fd(stdio::stdin(), PollFlags::IN));
        }
        #[cfg(feature = "rdap")]
        if let Some(web) = &self.web {
            fds.push(PollFd::from_borrowed_fd(web.bell(), PollFlags::IN));
        }
        // Rounded up, so that the moment has really come when poll returns.
        let timeout = wake.map(|at| at.saturating_duration_since(now) + Duration::from_millis(1));
        let timeout = timeout.and_then(|t| Timespec::try_from(t).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(Fail::io("poll", &e.into())),
        }
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(fds);
        let mut woken = Woken { arrivals: Vec::new(), stdin: stdin && ready[polled.len()] };
        for (place, _) in polled.iter().zip(&ready).filter(|(_, ready)| **ready) {
            let reply = self.sessions.get_mut(place).and_then(|session| session.ready(self.limits));
            woken.arrivals.extend(self.arrived(place, reply));
        }
        let busy: Vec<Place> = self.asking.keys().cloned().collect();
        for place in busy {
            let reply = self.sessions.get_mut(&place).and_then(|session| session.tick(self.limits));
            woken.arrivals.extend(self.arrived(&place, reply));
        }
        #[cfg(feature = "rdap")]
        if let Some(web) = self.web.as_mut().filter(|_| ready.get(polled.len() + usize::from(stdin)) == Some(&true)) {
            woken.arrivals.extend(web.replies().into_iter().map(Arrival::from));
        }
        Ok(woken)
    }

    /// The only server to be read from where there is too much already: that of the input to be
    /// printed next, or the one whose reply is the longest and so ends first.
    fn only(&self, first: Option<u64>) -> Option<Place> {
        let place = match first {
            Some(first) => self.asking.iter().find(|(_, (id, _))| *id == first).map(|(place, _)| place),
            None => self.sessions.iter().max_by_key(|(_, session)| session.received()).map(|(place, _)| place),
        };
        place.cloned()
    }

    /// What was counted over all servers.
    pub fn counts(&self) -> Counts {
        self.sessions.values().fold(Counts::default(), |all, session| Counts {
            opened: all.opened + session.counts.opened,
            kept: all.kept + session.counts.kept,
        })
    }
}

#[cfg(feature = "rdap")]
impl From<super::web::Reply> for Arrival {
    fn from(super::web::Reply { id, query, reply, took }: super::web::Reply) -> Arrival {
        Arrival { id, query, response: Response::Rdap(reply), took }
    }
}
