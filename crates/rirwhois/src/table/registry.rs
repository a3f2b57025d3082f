//! The registries: who they are and where they answer.
use std::fmt;

/// A registry of Internet numbers. The first six stand in the table; the rest
/// are met by referral or by `--server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// Africa.
    Afrinic,
    /// Asia and the Pacific.
    Apnic,
    /// Canada, the United States, and some Caribbean islands.
    Arin,
    /// Latin America, and some Caribbean islands.
    Lacnic,
    /// Europe, the Middle East and Central Asia.
    Ripe,
    /// All that is not given to one of them.
    Iana,
    /// Japan, below APNIC.
    Jpnic,
    /// Korea, below APNIC.
    Krnic,
    /// A database of routes; not a registry of numbers.
    Radb,
    /// Indonesia, below APNIC; met by RDAP's redirects only, as are the next two.
    Idnic,
    /// Taiwan, below APNIC.
    Twnic,
    /// Brazil, below LACNIC.
    NicBr,
}

use Registry::{Afrinic, Apnic, Arin, Iana, Idnic, Jpnic, Krnic, Lacnic, NicBr, Radb, Ripe, Twnic};

/// The RDAP servers of the national registries, name and base a line.
const NATIONAL: &str = include_str!("../../data/national_registries.tsv");

/// Every registry, in the order of the enum.
pub const ALL: [Registry; 12] = [Afrinic, Apnic, Arin, Lacnic, Ripe, Iana, Jpnic, Krnic, Radb, Idnic, Twnic, NicBr];

/// Their names, in the same order. An index, and not a match: which of a few registries
/// comes next in a long list no processor can foretell, and a wrong jump costs as much
/// as half of a look-up.
const NAMES: [&str; 12] =
    ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE", "IANA", "JPNIC", "KRNIC", "RADB", "IDNIC", "TWNIC", "NIC.br"];

/// Further names under which the registries answer.
const ALIASES: [(&str, Registry); 1] = [("whois.krnic.net", Krnic)];

impl Registry {
    /// As `-r` prints it.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Its whois server; empty where no referral of port 43 leads to it.
    pub fn host(self) -> &'static str {
        match self {
            Afrinic => "whois.afrinic.net",
            Apnic => "whois.apnic.net",
            Arin => "whois.arin.net",
            Lacnic => "whois.lacnic.net",
            Ripe => "whois.ripe.net",
            Iana => "whois.iana.org",
            Jpnic => "whois.nic.ad.jp",
            Krnic => "whois.nic.or.kr",
            Radb => "whois.radb.net",
            Idnic | Twnic | NicBr => "",
        }
    }

    /// Its RDAP base (RFC 9224), where it has one for numbers.
    pub fn rdap(self) -> Option<&'static str> {
        match self {
            Afrinic => Some("https://rdap.afrinic.net/rdap/"),
            Apnic => Some("https://rdap.apnic.net/"),
            Arin => Some("https://rdap.arin.net/registry/"),
            Lacnic => Some("https://rdap.lacnic.net/rdap/"),
            Ripe => Some("https://rdap.db.ripe.net/"),
            Jpnic | Krnic | Idnic | Twnic | NicBr => {
                let rows = NATIONAL.lines().filter_map(|line| line.split_once('\t'));
                rows.into_iter().find(|(name, _)| *name == self.name()).map(|(_, base)| base)
            }
            Iana | Radb => None,
        }
    }

    /// Its statistics, where it is one that IANA gives numbers to; the MD5 sum is at the same
    /// URL with `.md5` behind it.
    pub fn statistics(self) -> Option<&'static str> {
        match self {
            Afrinic => Some("https://ftp.afrinic.net/pub/stats/afrinic/delegated-afrinic-extended-latest"),
            Apnic => Some("https://ftp.apnic.net/stats/apnic/delegated-apnic-extended-latest"),
            Arin => Some("https://ftp.arin.net/pub/stats/arin/delegated-arin-extended-latest"),
            Lacnic => Some("https://ftp.lacnic.net/pub/stats/lacnic/delegated-lacnic-extended-latest"),
            Ripe => Some("https://ftp.ripe.net/pub/stats/ripencc/delegated-ripencc-extended-latest"),
            _ => None,
        }
    }

    /// The registry of this name, in any case; `RIPE NCC` and the statistics'
    /// `ripencc` are RIPE.
    pub fn from_name(name: &str) -> Option<Registry> {
        if name.eq_ignore_ascii_case("ripencc") || name.eq_ignore_ascii_case("RIPE NCC") {
            return Some(Ripe);
        }
        ALL.into_iter().find(|r| r.name().eq_ignore_ascii_case(name))
    }

    /// The registry whose server has exactly this name.
    pub fn from_host(host: &str) -> Option<Registry> {
        let alias = || ALIASES.iter().find(|(h, _)| h.eq_ignore_ascii_case(host)).map(|(_, r)| *r);
        let own = |r: &Registry| !host.is_empty() && r.host().eq_ignore_ascii_case(host);
        ALL.into_iter().find(own).or_else(alias)
    }

    /// One of the five that IANA gives numbers to.
    pub fn is_regional(self) -> bool {
        matches!(self, Afrinic | Apnic | Arin | Lacnic | Ripe)
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_registries_and_look_alikes_do_not() {
        for r in ALL {
            assert_eq!(Registry::from_name(r.name()), Some(r));
            assert_eq!(Registry::from_host(r.host()), Some(r).filter(|r| !r.host().is_empty()));
        }
        assert_eq!(Registry::from_host("WHOIS.Krnic.net"), Some(Krnic));
        assert_eq!(Registry::from_host("whois.ripe.net.example"), None);
        assert_eq!(Registry::from_name("ripencc"), Some(Ripe));
        assert_eq!(Jpnic.rdap(), Some("https://jpnic.rdap.apnic.net/"));
        assert!(ALL.into_iter().filter(|r| !matches!(r, Iana | Radb)).all(|r| r.rdap().is_some()));
    }
}
