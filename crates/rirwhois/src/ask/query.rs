//! What is sent to whom: each registry has a syntax of its own.
use std::fmt;

use plainnet_common::block::{Block, Family};

use crate::{ask::question::Question, ask::servers::Server, table::registry::Registry};

/// A query to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// By port 43.
    Whois {
        /// To whom.
        server: Server,
        /// The line without its end.
        line: String,
        /// Connect to addresses that are reachable from everywhere, and to no other:
        /// the name came from a reply and is no registry's.
        public_only: bool,
    },
    /// By RDAP.
    Rdap {
        /// What to get.
        url: String,
        /// Whose server it is, which decides the rate.
        registry: Option<Registry>,
    },
}

/// The server of a query, as far as connections, rates and refusals are concerned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// By port 43.
    Whois {
        /// A name or an address.
        host: String,
        /// Usually 43.
        port: u16,
        /// See [`Query::Whois`].
        public_only: bool,
    },
    /// By RDAP: host and port as the URL has them.
    Rdap(String),
}

impl Query {
    /// Where it goes.
    pub fn place(&self) -> Place {
        match self {
            Query::Whois { server, public_only, .. } => {
                Place::Whois { host: server.host.to_ascii_lowercase(), port: server.port, public_only: *public_only }
            }
            Query::Rdap { url, .. } => Place::Rdap(authority(url).to_ascii_lowercase()),
        }
    }

    /// The registry that is asked, if it is one.
    pub fn registry(&self) -> Option<Registry> {
        match self {
            Query::Whois { server, .. } => server.registry,
            Query::Rdap { registry, .. } => *registry,
        }
    }

    /// How messages name the server.
    pub fn server(&self) -> String {
        match self {
            Query::Whois { server, .. } => server.to_string(),
            Query::Rdap { url, .. } => authority(url).to_owned(),
        }
    }
}

/// Host and port of a URL.
pub fn authority(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Query::Whois { server, .. } => server.fmt(f),
            Query::Rdap { url, .. } => f.write_str(url),
        }
    }
}

/// How the reply to a query by port 43 ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All of it is there.
    Whole,
    /// It was cut for this reason.
    Cut(String),
    /// The server can't be reached, or said nothing, for this reason.
    Unreachable(String),
    /// It was not all there when the time was over; what came is a part.
    Slow(String),
    /// The fault is this machine's.
    Local(String),
    /// Nobody was asked: the server of a referral has no address that is reachable from everywhere.
    Refused,
}

/// A reply by HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpReply {
    /// As 200.
    pub status: u16,
    /// Where it was `Location`.
    pub location: Option<String>,
    /// `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// All of it.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// By port 43.
    Whois {
        /// What came.
        bytes: Vec<u8>,
        /// And how it ended.
        end: End,
    },
    /// By HTTP, or how that failed.
    Rdap(Result<HttpReply, End>),
}

/// How a question is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// For the most specific record.
    #[default]
    Plain,
    /// Again, where ARIN has no record of exactly this prefix: what is around it.
    Around,
    /// To RIPE for its mirrors of all registries, placeholders left out.
    Mirrors,
}

/// The line to send, without its end, or nothing where the registry has no
/// such query. A server of nobody's is asked with the bare question.
pub fn line(registry: Option<Registry>, question: &Question, manner: Manner) -> Option<String> {
    use Question::{Addresses, As, Handle, Holdings};
    use Registry::{Afrinic, Apnic, Arin, Jpnic, Radb, Ripe};
    // Only RIPE's software looks for a range that is no prefix, and that in IPv4 alone.
    if let Addresses(range) = question
        && range.prefix_len().is_none()
        && !(matches!(registry, Some(Ripe | Apnic | Afrinic)) && range.family == Family::V4)
    {
        return line(registry, &Addresses(Block::of(range.first_addr())), manner);
    }
    Some(match (registry, question) {
        (_, _) if manner == Manner::Mirrors => format!("-r --resource {question}"),
        (Some(Arin), Addresses(r)) if r.first == r.last => format!("n + = {question}"),
        (Some(Arin), Addresses(_)) if manner == Manner::Around => format!("r + < {question}"),
        (Some(Arin), Addresses(_)) => format!("r + = {question}"),
        (Some(Arin), As(number)) => format!("a + = {number}"),
        (Some(Arin), Handle(h)) if h.starts_with("NET-") || h.starts_with("NET6-") => format!("n ! {h}"),
        (Some(Arin), Handle(h)) if h.ends_with("-ARIN") => format!("p ! {h}"),
        (Some(Arin), Handle(h)) => format!("o ! {h}"),
        // `+` and `>` do not go together.
        (Some(Arin), Holdings(h)) => format!("o > ! {h}"),
        // -r: no personal objects, which these registries count and limit.
        (Some(Ripe | Apnic | Afrinic), Addresses(_)) => format!("-r -T inetnum,inet6num {question}"),
        (Some(Ripe | Apnic | Afrinic), As(_)) => format!("-r -T aut-num {question}"),
        (Some(Ripe | Apnic | Afrinic), Handle(h)) if h.starts_with("ORG-") => format!("-r -T organisation {h}"),
        (Some(Ripe | Apnic | Afrinic), Handle(h)) => format!("-r {h}"),
        (Some(Ripe | Apnic | Afrinic), Holdings(h)) => format!("-r -K -T inetnum,inet6num,aut-num -i org {h}"),
        (Some(Jpnic), As(number)) => format!("AS {number}/e"),
        (Some(Jpnic), _) => format!("{question}/e"),
        (Some(Radb), Addresses(r)) => format!("!r{r},l"),
        (Some(Radb), Holdings(h)) => format!("-i mnt-by {h}"),
        (_, Holdings(_)) => return None,
        (_, _) => question.to_string(),
    })
}

/// Does this registry keep a connection for the next question (`-k`)?
pub fn keeps(registry: Option<Registry>) -> bool {
    matches!(registry, Some(Registry::Ripe | Registry::Apnic | Registry::Afrinic))
}

/// The registry that a handle's ending tells; ARIN's have none.
pub fn home(handle: &str) -> Registry {
    match handle.rsplit_once('-').map(|(_, end)| end) {
        Some("RIPE") => Registry::Ripe,
        // The national registries below APNIC are mirrored there.
        Some("AP" | "JP" | "KR") => Registry::Apnic,
        Some("AFRINIC") => Registry::Afrinic,
        Some("LACNIC") => Registry::Lacnic,
        _ => Registry::Arin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_registry_in_its_own_words() {
        use Registry::*;
        let sent = |registry, text: &str| line(registry, &Question::parse(text).unwrap(), Manner::Plain).unwrap();
        assert_eq!(sent(Some(Arin), "8.8.8.8"), "n + = 8.8.8.8");
        assert_eq!(sent(Some(Arin), "8.8.8.0/24"), "r + = 8.8.8.0/24");
        assert_eq!(sent(Some(Arin), "as15169"), "a + = 15169");
        assert_eq!(sent(Some(Arin), "gogl"), "o ! GOGL");
        assert_eq!(sent(Some(Arin), "NET-8-8-8-0-2"), "n ! NET-8-8-8-0-2");
        assert_eq!(sent(Some(Arin), "zg39-arin"), "p ! ZG39-ARIN");
        assert_eq!(sent(Some(Ripe), "193.0.0.1"), "-r -T inetnum,inet6num 193.0.0.1");
        assert_eq!(sent(Some(Apnic), "AS4608"), "-r -T aut-num AS4608");
        assert_eq!(sent(Some(Afrinic), "ORG-X1-AFRINIC"), "-r -T organisation ORG-X1-AFRINIC");
        assert_eq!(sent(Some(Lacnic), "AS28000"), "AS28000");
        assert_eq!(sent(Some(Jpnic), "AS2497"), "AS 2497/e");
        assert_eq!(sent(Some(Jpnic), "202.12.30.115"), "202.12.30.115/e");
        assert_eq!(sent(Some(Radb), "192.0.2.0/24"), "!r192.0.2.0/24,l");
        assert_eq!(
            line(Some(Radb), &Question::Holdings("MAINT-X".into()), Manner::Plain).unwrap(),
            "-i mnt-by MAINT-X"
        );
        assert_eq!(sent(None, "192.0.2.0/24"), "192.0.2.0/24");
        assert_eq!(line(Some(Lacnic), &Question::Holdings("X".into()), Manner::Plain), None);
        // A range that is no prefix.
        assert_eq!(sent(Some(Ripe), "193.0.0.0-193.0.0.2"), "-r -T inetnum,inet6num 193.0.0.0-193.0.0.2");
        assert_eq!(sent(Some(Ripe), "2a00::-2a00::2"), "-r -T inetnum,inet6num 2a00::");
        for (registry, line) in [(Some(Arin), "n + = 8.0.0.1"), (Some(Jpnic), "8.0.0.1/e"), (None, "8.0.0.1")] {
            assert_eq!(sent(registry, "8.0.0.1-8.0.0.2"), line);
        }
        assert_eq!((home("ORG-A-AP"), home("GOGL"), home("UY-LACN-LACNIC")), (Apnic, Arin, Lacnic));
    }
}
