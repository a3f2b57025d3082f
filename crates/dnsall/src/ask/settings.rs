//! How to ask: the part of the command line that concerns questions.
use std::{rc::Rc, time::Duration};

use crate::wire::{edns::Subnet, types::Type};

/// How every question of a run is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// These types and no others; without them every data type of the registry.
    pub types: Option<Rc<[Type]>>,
    /// The class of every question.
    pub class: u16,
    /// RD: the server is asked to find the answer.
    pub recurse: bool,
    /// Questions carry an OPT record.
    pub edns: bool,
    /// The OPT record carries a cookie (RFC 7873).
    pub cookie: bool,
    /// DO: signatures are asked for, and those that come along are kept.
    pub dnssec: bool,
    /// The server is asked for its identifier (RFC 5001).
    pub nsid: bool,
    /// On whose behalf questions are asked (RFC 7871).
    pub subnet: Option<Subnet>,
    /// How long to wait for an answer after the last datagram of a query.
    pub timeout: Duration,
    /// The most datagrams for a query, at least 1.
    pub tries: u32,
    /// The most outstanding queries, 1 to 10,000.
    pub window: usize,
    /// The time between two questions to one server, where the user limits the rate.
    pub interval: Option<Duration>,
    /// Every type is asked, whatever the first answers say.
    pub exhaustive: bool,
    /// A lone name: the other questions follow the first ones after 10 ms,
    /// answered or not. Several names wait for an answer first.
    pub lone: bool,
    /// The target of an alias is asked, too.
    pub follow: bool,
    /// An alias whose target is not known to exist is asked about once more.
    pub check_alias: bool,
    /// The messages of all answers are kept.
    pub keep_messages: bool,
    /// DO and CD: signatures are asked for, and answers that the server itself
    /// takes for forged (RFC 4035 section 3.2.2).
    pub checking: bool,
    /// What was found is done only once it is proven or refuted.
    pub validate: bool,
    /// The questions are shared out among the servers; else they go to the
    /// first one that answers.
    pub spread: bool,
}

impl Settings {
    /// Longest time that a query may take, whatever happens.
    pub fn lifetime(&self) -> Duration {
        self.timeout.saturating_mul(self.tries)
    }
}

/// What the questions must know of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Questions go by datagram, which may get lost; else over a connection.
    pub datagrams: bool,
    /// The connection is encrypted: messages are padded (RFC 8467).
    pub encrypted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::simulation::settings;

    #[test]
    fn a_query_lives_as_long_as_all_of_its_tries() {
        let settings = Settings { timeout: Duration::from_secs(3), tries: 4, ..settings() };
        assert_eq!(settings.lifetime(), Duration::from_secs(12));
    }
}
