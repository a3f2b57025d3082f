//! DNS messages (RFC 1035 section 4): writing a question, and a walk over a
//! reply that believes nothing it has not seen.
//!
//! The counts in a header are hints: the walk ends with the bytes. A record
//! whose bounds are known is kept, whatever is wrong inside it.
//!
//! This reader is our own, and not hickory-proto's, since that one gives up the
//! whole message for one record that it cannot read: a broken SVCB parameter or
//! an empty unknown record would hide every good record beside it. What is wrong
//! in one record is nothing to the others here, and the bytes stay at hand, so
//! that data without a form is shown as it came.
use std::{fmt, ops::Range};

use crate::wire::{
    edns::{self, Ede, Edns},
    name::{self, Name},
    types::Type,
};

/// The Internet (RFC 1035 section 3.2.4).
pub const IN: u16 = 1;
/// Chaos (RFC 1035 section 3.2.4), in which name servers tell their version.
pub const CH: u16 = 3;

/// Length of the header.
const HEADER: usize = 12;

/// A question to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The message's id.
    pub id: u16,
    /// The name, in the case it is to be sent.
    pub name: &'a Name,
    /// The type.
    pub rtype: Type,
    /// The class, nearly always [`IN`].
    pub class: u16,
    /// RD: ask the server to recurse.
    pub recurse: bool,
    /// The OPT record, or none.
    pub edns: Option<Edns<'a>>,
}

impl Question<'_> {
    /// Appends the message to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let mut header = [0; HEADER];
        header[..2].copy_from_slice(&self.id.to_be_bytes());
        header[2] = u8::from(self.recurse);
        // One question, and perhaps an OPT record among the additional ones.
        (header[5], header[11]) = (1, u8::from(self.edns.is_some()));
        out.extend_from_slice(&header);
        out.extend_from_slice(self.name.wire());
        let ([t0, t1], [c0, c1]) = (self.rtype.0.to_be_bytes(), self.class.to_be_bytes());
        out.extend_from_slice(&[t0, t1, c0, c1]);
        let Some(edns) = self.edns else { return };
        edns.write(out, start);
    }
}

/// The first four bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What pairs reply and question.
    pub id: u16,
    /// The 16 bits behind it: QR, opcode, AA, TC, RD, RA, Z, AD, CD, rcode.
    pub bits: u16,
}

impl Header {
    /// Reads the header; nothing if the message is shorter than the twelve bytes.
    pub fn read(msg: &[u8]) -> Option<Header> {
        let head = msg.get(..HEADER)?;
        Some(Header { id: u16_at(head, 0)?, bits: u16_at(head, 2)? })
    }

    /// QR: this is a reply.
    pub fn is_reply(self) -> bool {
        self.bits & 0x8000 != 0
    }

    /// What kind of message: 0 is a plain query.
    pub fn opcode(self) -> u8 {
        (self.bits >> 11 & 15) as u8
    }

    /// TC: there was more than fits.
    pub fn truncated(self) -> bool {
        self.bits & 0x0200 != 0
    }

    /// The names of the flags that are set, as dig writes them: `qr aa rd ra`.
    pub fn flags(self) -> Vec<&'static str> {
        const NAMES: [(&str, u16); 7] = [
            ("qr", 0x8000),
            ("aa", 0x0400),
            ("tc", 0x0200),
            ("rd", 0x0100),
            ("ra", 0x0080),
            ("ad", 0x0020),
            ("cd", 0x0010),
        ];
        NAMES.iter().filter(|(_, bit)| self.bits & bit != 0).map(|(name, _)| *name).collect()
    }
}

/// How a reply repeats the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// As it was sent, bit for bit.
    Exact,
    /// But for the case of letters: forged, or a server that changes the case.
    Case,
    /// There is none: old servers send FORMERR and NOTIMP so.
    Missing,
    /// It is another question, or unreadable.
    Other,
}

/// A response code, the four bits of the header and the eight of OPT together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rcode(pub u16);

#[expect(missing_docs, reason = "the names are the registry's")]
impl Rcode {
    pub const NOERROR: Rcode = Rcode(0);
    pub const FORMERR: Rcode = Rcode(1);
    pub const SERVFAIL: Rcode = Rcode(2);
    pub const NXDOMAIN: Rcode = Rcode(3);
    pub const NOTIMP: Rcode = Rcode(4);
    pub const REFUSED: Rcode = Rcode(5);
    pub const BADVERS: Rcode = Rcode(16);
    pub const BADCOOKIE: Rcode = Rcode(23);
}

/// The name IANA gives it, else `RCODE24`.
impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LOW: [&str; 12] = [
            "NOERROR",
            "FORMERR",
            "SERVFAIL",
            "NXDOMAIN",
            "NOTIMP",
            "REFUSED",
            "YXDOMAIN",
            "YXRRSET",
            "NXRRSET",
            "NOTAUTH",
            "NOTZONE",
            "DSOTYPENI",
        ];
        const HIGH: [&str; 8] =
            ["BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE"];
        let at = usize::from(self.0);
        match LOW.get(at).or_else(|| HIGH.get(at.checked_sub(16)?)) {
            Some(name) => f.pad(name),
            None => f.pad(&format!("RCODE{at}")),
        }
    }
}

/// Where in the reply a record stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was asked.
    Answer,
    /// Who knows, or the SOA of a denial.
    Authority,
    /// What may help.
    Additional,
}

/// A record of a reply, by its place there. OPT is none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its section, by the header's counts.
    pub section: Section,
    /// Where its owner's name starts; that may be no name at all.
    pub owner: usize,
    /// Its type.
    pub rtype: Type,
    /// Its class; 1 is the Internet.
    pub class: u16,
    /// Seconds it may be kept; 0 for a value over 2^31 - 1 (RFC 2181 section 8).
    pub ttl: u32,
    /// Where its data stands; within the message.
    pub rdata: Range<usize>,
}

/// A reply, walked once.
#[derive(Clone, Debug)]
pub struct Reply<'a> {
    /// The whole message.
    pub msg: &'a [u8],
    /// Its header.
    pub header: Header,
    /// The response code, OPT's part included.
    pub rcode: Rcode,
    /// The records in order.
    pub records: Vec<Record>,
    /// The message ended before the records its header counts.
    pub short: bool,
    /// The data of OPT, if there was one (the first).
    opt: Option<Range<usize>>,
}

impl<'a> Reply<'a> {
    /// Walks `msg`; nothing if it is shorter than a header. Whether it is a reply
    /// to our question is for [`Header`] and [`Reply::echo`] to say.
    pub fn read(msg: &'a [u8]) -> Option<Reply<'a>> {
        Reply::read_into(msg, Vec::new())
    }

    /// The same, with the memory of `records`, whose contents go.
    pub fn read_into(msg: &'a [u8], mut records: Vec<Record>) -> Option<Reply<'a>> {
        records.clear();
        let header = Header::read(msg)?;
        let rcode = Rcode(header.bits & 15);
        let mut reply = Reply { msg, header, rcode, records, short: false, opt: None };
        reply.short = reply.walk().is_none();
        Some(reply)
    }

    /// Nothing if the message ends early.
    fn walk(&mut self) -> Option<()> {
        let mut at = HEADER;
        for _ in 0..u16_at(self.msg, 4)? {
            at = name::skip(self.msg, at)? + 4;
        }
        for (section, count_at) in [(Section::Answer, 6), (Section::Authority, 8), (Section::Additional, 10)] {
            for _ in 0..u16_at(self.msg, count_at)? {
                let owner = at;
                let head = name::skip(self.msg, at)?;
                let rtype = Type(u16_at(self.msg, head)?);
                let class = u16_at(self.msg, head + 2)?;
                let ttl = u32::from_be_bytes(*self.msg.get(head + 4..)?.first_chunk()?);
                let rdata = head + 10..head + 10 + usize::from(u16_at(self.msg, head + 8)?);
                self.msg.get(rdata.clone())?;
                at = rdata.end;
                if rtype == Type::OPT {
                    // The highest eight bits of the TTL field extend the rcode (RFC 6891 section 6.1.3).
                    if self.opt.is_none() {
                        self.rcode.0 += (ttl >> 24 << 4) as u16;
                        self.opt = Some(rdata);
                    }
                    continue;
                }
                let ttl = if ttl > i32::MAX as u32 { 0 } else { ttl };
                self.records.push(Record { section, owner, rtype, class, ttl, rdata });
            }
        }
        Some(())
    }

    /// How the reply repeats the question `name`, `rtype` and `class`.
    pub fn echo(&self, name: &Name, rtype: Type, class: u16) -> Echo {
        let end = HEADER + name.wire().len();
        match u16_at(self.msg, 4) {
            Some(0) => return Echo::Missing,
            Some(1) => {}
            _ => return Echo::Other,
        }
        // A question has nothing to point back to, so its name is never compressed.
        let asked = self.msg.get(HEADER..end).unwrap_or_default();
        if u16_at(self.msg, end) != Some(rtype.0) || u16_at(self.msg, end + 2) != Some(class) {
            Echo::Other
        } else if asked == name.wire() {
            Echo::Exact
        } else if asked.eq_ignore_ascii_case(name.wire()) {
            Echo::Case
        } else {
            Echo::Other
        }
    }

    /// The records of the answer section, class IN, owned by `name`, of type `rtype`.
    pub fn rrset<'s>(&'s self, name: &'s Name, rtype: Type) -> impl Iterator<Item = &'s Record> {
        self.records.iter().filter(move |r| {
            r.section == Section::Answer && r.rtype == rtype && r.class == IN && name::is_at(self.msg, r.owner, name)
        })
    }

    /// The owner's name, if it is one.
    pub fn owner(&self, record: &Record) -> Option<Name> {
        Name::read(self.msg, record.owner).map(|(name, _)| name)
    }

    /// The cookies of the reply: the client's 8 bytes and the server's 8 to 32.
    pub fn cookie(&self) -> Option<&'a [u8]> {
        let fit = |data: &[u8]| (16..=40).contains(&data.len());
        self.options().find(|(code, data)| *code == edns::COOKIE && fit(data)).map(|(_, data)| data)
    }

    /// The name server identifier (RFC 5001): bytes of the server's choice.
    pub fn nsid(&self) -> Option<&'a [u8]> {
        self.options().find(|(code, _)| *code == edns::NSID).map(|(_, data)| data)
    }

    /// The extended errors, in order.
    pub fn ede(&self) -> impl Iterator<Item = Ede<'a>> {
        self.options().filter(|(code, _)| *code == edns::EDE).filter_map(|(_, data)| {
            let (code, text) = data.split_first_chunk()?;
            Some(Ede { code: u16::from_be_bytes(*code), text })
        })
    }

    /// The EDNS options, as far as they are whole.
    fn options(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.opt.clone().and_then(|opt| self.msg.get(opt)).unwrap_or_default();
        std::iter::from_fn(move || {
            let (code, len) = (u16_at(rest, 0)?, u16_at(rest, 2)?);
            let (data, behind) = rest[4..].split_at_checked(usize::from(len))?;
            rest = behind;
            Some((code, data))
        })
    }
}

/// Puts `name` where the question of `msg` repeats it but for case, so that the
/// names which point there have the case the user typed, not the random one.
pub fn restore_case(msg: &mut [u8], name: &Name) {
    if let Some(asked) = msg.get_mut(HEADER..HEADER + name.wire().len())
        && asked.eq_ignore_ascii_case(name.wire())
    {
        asked.copy_from_slice(name.wire());
    }
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn ask<'a>(name: &'a Name, edns: Option<Edns<'a>>) -> Vec<u8> {
        let mut out = Vec::new();
        Question { id: 0x1234, name, rtype: Type::MX, class: IN, recurse: true, edns }.write(&mut out);
        out
    }

    /// A reply to `a.example MX` with these counts behind the question and `rest`.
    fn reply(bits: u16, counts: [u16; 3], rest: &[u8]) -> Vec<u8> {
        let mut msg = ask(&name("a.example"), None);
        msg[2..4].copy_from_slice(&bits.to_be_bytes());
        for (i, count) in counts.iter().enumerate() {
            msg[6 + 2 * i..8 + 2 * i].copy_from_slice(&count.to_be_bytes());
        }
        [&msg, rest].concat()
    }

    const A: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04\xc0\0\x02\x01";

    #[test]
    fn a_question_as_rfc_1035_has_it() {
        assert_eq!(ask(&name("a.example"), None), b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x0f\0\x01");
        let edns = Edns { payload: 1232, dnssec: true, cookie: b"8 bytes!", nsid: false, subnet: None, block: 0 };
        let msg = ask(&name("a.example"), Some(edns));
        assert_eq!(msg[27..], *b"\0\0\x29\x04\xd0\0\0\x80\0\0\x0c\0\x0a\0\x088 bytes!");
        let padded = ask(&name("a.example"), Some(Edns { cookie: b"", block: 128, ..edns }));
        assert_eq!(padded.len(), 128);
        // Whatever stands in front of it, as the length does over TCP.
        let mut framed = vec![0; 2];
        let name = name("a.example");
        let edns = Some(Edns { cookie: b"", block: 128, ..edns });
        Question { id: 0x1234, name: &name, rtype: Type::MX, class: IN, recurse: true, edns }.write(&mut framed);
        assert_eq!(framed[2..], padded);
        assert_eq!(padded[27..42], *b"\0\0\x29\x04\xd0\0\0\x80\0\0\x5a\0\x0c\0\x56");
    }

    #[test]
    fn records_with_their_bounds() {
        let msg = reply(0x8580, [1, 1, 0], &[A, b"\x01x\xc0\x0c\xff\x00\0\x01\xff\xff\xff\xff\0\0"].concat());
        let got = Reply::read(&msg).unwrap();
        assert!(!got.short && got.header.is_reply() && !got.header.truncated());
        assert_eq!(got.header.flags(), ["qr", "aa", "rd", "ra"]);
        let [a, x] = &got.records[..] else { panic!("{:?}", got.records) };
        assert_eq!((a.section, a.rtype, a.ttl, &msg[a.rdata.clone()]), (Section::Answer, Type::A, 3600, &A[12..]));
        assert_eq!((x.section, x.rtype, x.ttl, x.rdata.len()), (Section::Authority, Type(0xff00), 0, 0));
        assert_eq!(got.owner(x), Some(name("x.a.example")));
        assert_eq!(got.rrset(&name("A.EXAMPLE"), Type::A).count(), 1);
        assert_eq!(got.rrset(&name("b.example"), Type::A).count(), 0);
        assert_eq!(got.rrset(&name("a.example"), Type::MX).count(), 0);
        // Another class, or another section, is none of it.
        let msg = reply(0x8580, [1, 1, 1], &[b"\xc0\x0c\0\x01\0\x03\0\0\0\0\0\0", A, A].concat());
        assert_eq!(Reply::read(&msg).unwrap().rrset(&name("a.example"), Type::A).count(), 0);
        // RFC 2181 section 8: a TTL has 31 bits, and one with the highest set counts as 0.
        for (ttl, kept) in [(0x7fff_ffff_u32, 0x7fff_ffff), (0x8000_0000, 0), (0x0102_0304, 0x0102_0304)] {
            let record = [&A[..6], &ttl.to_be_bytes(), &A[10..]].concat();
            assert_eq!(Reply::read(&reply(0x8580, [1, 0, 0], &record)).unwrap().records[0].ttl, kept);
        }
    }

    #[test]
    fn the_question_comes_back_or_not() {
        let msg = reply(0x8180, [0; 3], b"");
        let echo = |msg: &[u8], text, rtype| Reply::read(msg).unwrap().echo(&name(text), rtype, IN);
        assert_eq!(echo(&msg, "a.example", Type::MX), Echo::Exact);
        assert_eq!(echo(&msg, "A.example", Type::MX), Echo::Case);
        assert_eq!(echo(&msg, "a.example", Type::A), Echo::Other);
        assert_eq!(echo(&msg, "b.example", Type::MX), Echo::Other);
        assert_eq!(echo(&msg, "a.example.org", Type::MX), Echo::Other);
        assert_eq!(echo(b"\x12\x34\x81\x81\0\0\0\0\0\0\0\0", "a.example", Type::MX), Echo::Missing);
        let mut msg = reply(0x8180, [0; 3], b"");
        restore_case(&mut msg, &name("A.exAMPle"));
        assert_eq!(echo(&msg, "A.exAMPle", Type::MX), Echo::Exact);
    }

    #[test]
    fn the_good_survive_the_bad() {
        // Counts of 65535: what is there counts.
        let msg = reply(0x8180, [65535; 3], A);
        let got = Reply::read(&msg).unwrap();
        assert!(got.short && got.rrset(&name("a.example"), Type::A).count() == 1);
        // An owner that points at itself: its record is nobody's, the next one is fine.
        let msg = reply(0x8180, [2, 0, 0], &[b"\xc0\x1b\0\x01\0\x01\0\0\0\0\0\x01x", A].concat());
        let got = Reply::read(&msg).unwrap();
        assert!(!got.short && got.records.len() == 2 && got.owner(&got.records[0]).is_none());
        assert_eq!(got.rrset(&name("a.example"), Type::A).count(), 1);
        // An rdata longer than the message.
        let mut long = A.to_vec();
        long[11] = 5;
        let msg = reply(0x8180, [2, 0, 0], &[A, &long[..]].concat());
        let got = Reply::read(&msg).unwrap();
        assert!(got.short && got.records.len() == 1);
        // Every cut of a reply.
        let msg = reply(0x8180, [1, 0, 1], &[A, b"\0\0\x29\x04\xd0\0\0\0\0\0\x06\0\x0f\0\x02\0\x16"].concat());
        assert_eq!(Reply::read(&msg).unwrap().ede().count(), 1);
        for len in 0..msg.len() {
            assert!(Reply::read(&msg[..len]).is_none_or(|got| got.short), "{len}");
        }
    }

    #[test]
    fn what_opt_adds() {
        let opt =
            b"\0\0\x29\x04\xd0\x01\0\0\0\0\x25\0\x0a\0\x10clientXXserverYY\0\x0f\0\x09\0\x16no\x1b way\0\x63\0\xff";
        let msg = reply(0x8187, [0, 0, 1], opt);
        let got = Reply::read(&msg).unwrap();
        assert!(got.records.is_empty());
        assert_eq!((got.rcode, got.rcode.to_string()), (Rcode(23), "BADCOOKIE".into()));
        assert_eq!(got.cookie(), Some(&b"clientXXserverYY"[..]));
        let ede: Vec<_> = got.ede().map(|e| e.to_string()).collect();
        assert_eq!(ede, ["22 (No Reachable Authority): no\\x1b way"]);
        for (rcode, text) in
            [(0, "NOERROR"), (11, "DSOTYPENI"), (12, "RCODE12"), (15, "RCODE15"), (16, "BADVERS"), (24, "RCODE24")]
        {
            assert_eq!(Rcode(rcode).to_string(), text);
        }
        assert_eq!(Rcode(3841).to_string(), "RCODE3841");
        // Of two OPT records the first one counts. A cookie has 8 bytes of the client and 8 to 32 of the server.
        let two = [&opt[..], &b"\0\0\x29\x04\xd0\x02\0\0\0\0\0"[..]].concat();
        assert_eq!(Reply::read(&reply(0x8187, [0, 0, 2], &two)).unwrap().rcode, Rcode(23));
        for (len, is_fit) in [(15, false), (16, true), (40, true), (41, false)] {
            let opt =
                [&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4 + len, 0, 10, 0, len][..], &vec![7; usize::from(len)]].concat();
            assert_eq!(Reply::read(&reply(0x8180, [0, 0, 1], &opt)).unwrap().cookie().is_some(), is_fit, "{len}");
        }
        let nsid = b"\0\0\x29\x04\xd0\0\0\0\0\0\x0d\0\x0a\0\x01x\0\x03\0\x04ns-1";
        assert_eq!(Reply::read(&reply(0x8180, [0, 0, 1], nsid)).unwrap().nsid(), Some(&b"ns-1"[..]));
        assert_eq!(Reply::read(&reply(0x8180, [0, 0, 0], b"")).unwrap().nsid(), None);
    }
}
