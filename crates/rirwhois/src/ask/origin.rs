//! `--origin`: the AS that announces an address, by Team Cymru's bulk service.
//!
//! The service takes `begin`, `verbose`, addresses a line each, and `end`, and answers
//! `AS | IP | BGP Prefix | CC | Registry | Allocated | AS Name`, a line for each AS that announces
//! the address. Lines come in, and answers go out; the connection is somebody else's.
use std::{collections::BTreeMap, net::IpAddr};

/// The server that is asked where the user names none.
pub const HOST: &str = "whois.cymru.com";

/// What opens a session.
pub const BEGIN: &str = "begin\nverbose\n";

/// What ends it: the server then answers what is left, and closes.
pub const END: &str = "end\n";

/// Most lines of a session that answer nothing before it is given up.
const STRAY: usize = 1000;

/// Most ASes that are told of one address.
const ORIGINS: usize = 64;

/// A field of `-o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The input.
    Input,
    /// `AS15169`, several joined by commas.
    Asn,
    /// The name of the AS, several joined by semicolons.
    AsName,
    /// The prefix that is announced.
    Announced,
}

/// Every field, in the order of `-b` and `--json`.
pub const FIELDS: [Field; 4] = [Field::Input, Field::Asn, Field::AsName, Field::Announced];

impl Field {
    /// As users write it.
    pub fn name(self) -> &'static str {
        match self {
            Field::Input => "input",
            Field::Asn => "asn",
            Field::AsName => "as_name",
            Field::Announced => "announced",
        }
    }

    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Field> {
        FIELDS.into_iter().find(|field| field.name() == name)
    }
}

/// Who announces an address; empty where nobody does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The ASes, each once, in the order in which they came.
    pub numbers: Vec<u32>,
    /// Their names.
    pub names: Vec<String>,
    /// What they announce.
    pub prefixes: Vec<String>,
}

impl Origin {
    /// One field as text; empty where it has no value. The input is not in here.
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::Asn => self.numbers.iter().map(|n| format!("AS{n}")).collect::<Vec<_>>().join(","),
            Field::AsName => self.names.join("; "),
            Field::Announced => self.prefixes.join(","),
            Field::Input => String::new(),
        }
    }

    fn add(&mut self, line: Line<'_>) {
        let push = |list: &mut Vec<String>, text: &str| {
            if !text.is_empty() && text != "NA" && list.len() < ORIGINS && !list.iter().any(|known| known == text) {
                list.push(text.to_owned());
            }
        };
        push(&mut self.names, line.name);
        push(&mut self.prefixes, line.prefix);
        // Several that announce the same prefix may stand in one line.
        for number in line.numbers.split([' ', ',']).filter_map(|n| n.trim_start_matches("AS").parse().ok()) {
            if self.numbers.len() < ORIGINS && !self.numbers.contains(&number) {
                self.numbers.push(number);
            }
        }
    }
}

/// A line of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line<'a> {
    addr: IpAddr,
    numbers: &'a str,
    prefix: &'a str,
    name: &'a str,
}

impl<'a> Line<'a> {
    /// Seven columns, or three where the server knows nothing of `verbose`.
    fn parse(line: &'a str) -> Option<Line<'a>> {
        let mut columns = line.splitn(7, '|').map(str::trim);
        let (numbers, addr, third) = (columns.next()?, columns.next()?, columns.next()?);
        let addr = addr.parse().ok()?;
        match columns.nth(3) {
            Some(name) => Some(Line { addr, numbers, prefix: third, name }),
            None => Some(Line { addr, numbers, prefix: "", name: third }),
        }
    }
}

/// One session: what was asked and what of it is answered.
#[derive(Debug, Default)]
pub struct Session {
    /// Asked, and not known to be answered in full.
    asked: BTreeMap<IpAddr, Option<Origin>>,
    /// The address of the last line: another line about it may follow.
    last: Option<IpAddr>,
    stray: usize,
}

impl Session {
    /// An address is being asked about.
    pub fn ask(&mut self, addr: IpAddr) {
        self.asked.insert(addr, None);
    }

    /// Is something asked that is not answered?
    pub fn is_waiting(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Has a line come that may be followed by another one about the same address?
    pub fn is_half_answered(&self) -> bool {
        self.last.is_some()
    }

    /// Takes a line, and tells of the address before it, which is now answered in full.
    ///
    /// # Errors
    /// The server sends lines without end that answer nothing.
    pub fn line(&mut self, text: &str) -> Result<Option<(IpAddr, Origin)>, &'static str> {
        let Some(line) = Line::parse(text).filter(|line| self.asked.contains_key(&line.addr)) else {
            self.stray += 1;
            return if self.stray > STRAY { Err("truncated, it sends what nobody asked") } else { Ok(None) };
        };
        let before = if self.last == Some(line.addr) { None } else { self.quiet() };
        self.last = Some(line.addr);
        if let Some(origin) = self.asked.get_mut(&line.addr) {
            origin.get_or_insert_default().add(line);
        }
        Ok(before)
    }

    /// Nothing more comes for now: the address of the last line is answered in full.
    pub fn quiet(&mut self) -> Option<(IpAddr, Origin)> {
        let addr = self.last.take()?;
        Some((addr, self.asked.remove(&addr)??))
    }

    /// The session is over; what was never answered.
    pub fn unanswered(&mut self) -> Vec<IpAddr> {
        self.last = None;
        std::mem::take(&mut self.asked).into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn lines_of_one_address_are_one_answer() {
        let mut session = Session::default();
        ["8.8.8.8", "192.0.2.1", "2001:db8::1"].into_iter().for_each(|text| session.ask(addr(text)));
        let mut line = |text: &str| session.line(text).unwrap();
        assert_eq!(line("Bulk mode; whois.cymru.com [2026-11-28 12:00:00 +0000]"), None);
        assert_eq!(
            line("15169   | 8.8.8.8          | 8.8.8.0/24          | US | arin     | 2023-12-28 | GOOGLE, US"),
            None
        );
        assert_eq!(line("64500   | 8.8.8.8          | 8.8.8.0/24          | US | arin     | 2023-12-28 | X | Y"), None);
        let (who, origin) =
            line("NA      | 192.0.2.1        | NA                  |    |          |            | NA").unwrap();
        assert_eq!(
            (who, origin.text(Field::Asn), origin.text(Field::AsName)),
            (addr("8.8.8.8"), "AS15169,AS64500".into(), "GOOGLE, US; X | Y".into())
        );
        assert_eq!(origin.text(Field::Announced), "8.8.8.0/24");
        let (who, origin) = line("1 2 | 2001:db8::1 | 2001:db8::/32 | ZZ | x | 2000-01-01 | Z").unwrap();
        assert_eq!((who, origin), (addr("192.0.2.1"), Origin::default()));
        let (who, origin) = session.quiet().unwrap();
        assert_eq!((who, origin.numbers), (addr("2001:db8::1"), vec![1, 2]));
        assert_eq!((session.quiet(), session.is_waiting()), (None, false));
    }

    #[test]
    fn three_columns_do_without_a_prefix() {
        let mut session = Session::default();
        session.ask(addr("8.8.8.8"));
        session.line("15169 | 8.8.8.8 | GOOGLE, US").unwrap();
        let (_, origin) = session.quiet().unwrap();
        assert_eq!(
            (origin.text(Field::Asn), origin.text(Field::AsName), origin.text(Field::Announced)),
            ("AS15169".into(), "GOOGLE, US".into(), String::new())
        );
    }

    #[test]
    fn strays_come_to_an_end() {
        let mut session = Session::default();
        session.ask(addr("8.8.8.8"));
        let strays = (0..2000).map(|_| session.line("1 | 9.9.9.9 | x")).find(Result::is_err);
        assert!(strays.is_some());
        assert_eq!(session.unanswered(), [addr("8.8.8.8")]);
    }
}
