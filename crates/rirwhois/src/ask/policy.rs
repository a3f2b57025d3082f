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

#[cfg(test)]
mod tests {
    use super::*;

    fn with(check: impl FnOnce(Policy<'_>)) {
        let (servers, table) = (Servers::default(), Table::default());
        check(Policy { servers: &servers, table: &table, server: None, base: None, rdap: false, follow_any: false });
    }

    #[test]
    fn nobody_is_asked_about_what_the_table_knows_whole() {
        with(|policy| {
            let offline = |text: &str| policy.is_offline(&Question::parse(text).unwrap());
            for text in ["10.0.0.1", "AS64512", "224.0.0.0/4", "4000::1"] {
                assert!(offline(text), "{text}");
            }
            for text in ["8.8.8.8", "AS15169", "GOGL", "0.0.0.0/0"] {
                assert!(!offline(text), "{text}");
            }
        });
    }

    #[test]
    fn of_a_range_in_several_registries_the_first_address_is_asked() {
        with(|policy| {
            let asked = |text: &str| policy.asked(Question::parse(text).unwrap()).to_string();
            assert_eq!((asked("151.0.0.0/8"), asked("::/0")), ("151.0.0.0".into(), "::".into()));
            assert_eq!((asked("8.8.8.0/24"), asked("AS7")), ("8.8.8.0/24".into(), "AS7".into()));
        });
    }

    #[test]
    fn the_users_server_comes_first_and_is_trusted_with_its_port() {
        with(|policy| {
            let server = Server::parse("Whois.Example:4343").unwrap();
            let own = Policy { server: Some(&server), ..policy };
            let question = Question::parse("193.0.0.1").unwrap();
            assert_eq!(policy.first(&question).to_string(), "whois.ripe.net");
            assert_eq!(own.first(&question), server);
            assert_eq!(own.trusted("whois.example", 4343).as_ref(), Some(&server));
            assert_eq!((own.trusted("whois.example", 43), own.trusted("x.example", 4343)), (None, None));
            assert_eq!(policy.trusted("whois.example", 4343), None);
            let arin = own.trusted("whois.arin.net", 43).and_then(|server| server.registry);
            assert_eq!(arin, Some(Registry::Arin));
            let arin = Server { registry: None, ..Server::parse("whois.arin.net").unwrap() };
            assert_eq!(Policy { server: Some(&arin), ..policy }.first(&question).registry, Some(Registry::Arin));
            let home = |text: &str| policy.home(&Question::parse(text).unwrap());
            assert_eq!(
                (home("193.0.0.1"), home("AS15169"), home("10.0.0.1")),
                (Registry::Ripe, Registry::Arin, Registry::Iana)
            );
        });
    }

    #[test]
    fn a_url_is_trusted_by_its_scheme_and_authority() {
        with(|policy| {
            let base = "https://rdap.example/x/";
            let own = Policy { base: Some(base), ..policy };
            for (url, want) in [
                ("https://rdap.arin.net/other", Some(Some(Registry::Arin))),
                ("HTTPS://RDAP.arin.net?x", Some(Some(Registry::Arin))),
                ("http://rdap.arin.net/registry/", None),
                ("https://rdap.arin.net.example/", None),
                ("https://rdap.example#y", Some(None)),
                ("https://rdap.example:444/", None),
                ("rdap.arin.net", None),
            ] {
                assert_eq!(own.trusted_url(url), want, "{url}");
            }
            assert_eq!(policy.trusted_url(base), None);
            let question = Question::parse("193.0.0.1").unwrap();
            assert_eq!(own.first_base(&question), Some((base, None)));
            assert_eq!(policy.first_base(&question), Some(("https://rdap.db.ripe.net/", Some(Registry::Ripe))));
        });
    }
}
