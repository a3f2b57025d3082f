//! What holds for every question of a run: who is asked first, and who is trusted.
use plainnet_common::block::Block;

use crate::{
    ask::query,
    ask::question::Question,
    ask::servers::{Server, Servers},
    table::lookup::Table,
    table::registry::Registry,
};

/// What holds for every question of a run.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Where the registries answer; these names are trusted.
    pub servers: &'a Servers,
    /// Who administers what.
    pub table: &'a Table,
    /// The server of `--server`, asked first whatever the table says.
    pub server: Option<&'a Server>,
    /// Likewise the base of an RDAP server.
    pub base: Option<&'a str>,
    /// Ask by RDAP, not by port 43.
    pub rdap: bool,
    /// Follow referrals to other names.
    pub follow_any: bool,
}

impl Policy<'_> {
    /// Is this a number of which the table says all that there is to say: a special-purpose
    /// address, space that IANA gives to nobody, or a reserved AS number? Nobody is asked about it.
    pub fn is_offline(&self, question: &Question) -> bool {
        if self.table.special(question).is_some() {
            return true;
        }
        matches!(question, Question::Addresses(asked) if self.table.is_reserved(asked))
    }

    /// What is asked for a question: of a range that lies in several registries its first address,
    /// since none of them has a record of it all, and an address that nobody should hear of may end it.
    pub fn asked(&self, question: Question) -> Question {
        match question {
            Question::Addresses(range) if self.table.crosses(&range) => {
                Question::Addresses(Block::of(range.first_addr()))
            }
            question => question,
        }
    }

    /// The registry that should know, as far as the table or the handle tells.
    pub fn home(&self, question: &Question) -> Registry {
        let home = match question {
            Question::Handle(h) | Question::Holdings(h) => Some(query::home(h)),
            number => self.table.registry(number),
        };
        home.unwrap_or(Registry::Iana)
    }

    /// The whois server to ask first.
    pub fn first(&self, question: &Question) -> Server {
        match self.server {
            Some(server) => self.trusted(&server.host, server.port).unwrap_or_else(|| server.clone()),
            None => self.servers.whois(self.home(question)),
        }
    }

    /// The server that a referral means, if it is a registry's or the user's.
    pub fn trusted(&self, host: &str, port: u16) -> Option<Server> {
        let own = || self.server.filter(|s| s.host.eq_ignore_ascii_case(host) && s.port == port).cloned();
        self.servers.trusted(host, port).or_else(own)
    }

    /// The RDAP base to ask first, and the registry that has it.
    pub fn first_base(&self, question: &Question) -> Option<(&str, Option<Registry>)> {
        if let Some(base) = self.base {
            return Some((base, self.trusted_url(base).flatten()));
        }
        let home = self.home(question);
        self.servers.rdap(home).map(|base| (base, Some(home)))
    }

    /// The registry of `url`, if that is below the scheme and authority of one of the bases that
    /// are trusted; nothing inside where it is below the base of `--server`, which is no registry's.
    pub fn trusted_url(&self, url: &str) -> Option<Option<Registry>> {
        let place = |url: &str| {
            let (scheme, rest) = url.split_once("://")?;
            let authority = rest.split(['/', '?', '#']).next()?;
            Some((scheme.to_ascii_lowercase(), authority.to_ascii_lowercase()))
        };
        let asked = place(url)?;
        let same = |base: &str| place(base).as_ref() == Some(&asked);
        let registry = crate::table::registry::ALL.into_iter().find(|r| self.servers.rdap(*r).is_some_and(same));
        if registry.is_some() {
            return Some(registry);
        }
        self.base.is_some_and(same).then_some(None)
    }
}
