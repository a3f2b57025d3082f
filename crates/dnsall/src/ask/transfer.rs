//! A zone transfer (RFC 5936): the question, and the records of the messages
//! that answer it, up to the SOA record that comes a second time.
use crate::wire::{
    message::{Header, Question, Rcode, Reply, Section},
    name::Name,
    rdata,
    types::Type,
};

/// The type of the question.
pub const AXFR: Type = Type(252);

/// One transfer under way.
#[derive(Debug)]
pub struct Transfer {
    zone: Name,
    id: u16,
    class: u16,
    /// SOA records of the zone so far: the second one is the end.
    ends: u32,
    /// Records of the zone so far, but for that second one.
    pub records: u64,
    /// Messages that were of the transfer.
    pub messages: u64,
    /// Records that were not of the zone: outside of it, or of another class.
    pub left_out: u64,
}

impl Transfer {
    /// A transfer of `zone`, its messages under the identifier `id`.
    pub fn new(zone: Name, class: u16, id: u16) -> Transfer {
        Transfer { zone, id, class, ends: 0, records: 0, messages: 0, left_out: 0 }
    }

    /// The question.
    pub fn question(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let question =
            Question { id: self.id, name: &self.zone, rtype: AXFR, class: self.class, recurse: false, edns: None };
        question.write(&mut out);
        out
    }

    /// Takes a message, and adds its records to `lines` as those of a master file.
    /// Was it the last one? One that is not of this transfer is ignored.
    ///
    /// # Errors
    /// The server refuses, or what it sends is no transfer of the zone.
    pub fn receive(&mut self, msg: &[u8], lines: &mut Vec<String>) -> Result<bool, String> {
        let Some(reply) = Reply::read(msg) else { return Ok(false) };
        if Header::read(msg).is_none_or(|h| !h.is_reply() || h.opcode() != 0 || h.id != self.id) {
            return Ok(false);
        }
        if reply.rcode != Rcode::NOERROR {
            return Err(reply.rcode.to_string());
        }
        self.messages += 1;
        for record in reply.records.iter().filter(|r| r.section == Section::Answer) {
            if record.class != self.class {
                self.left_out += 1;
                continue;
            }
            let Some(owner) = reply.owner(record) else { return Err("a record without an owner".to_owned()) };
            let is_end = record.rtype == Type::SOA && owner.same(&self.zone);
            if self.ends == 0 && !is_end {
                return Err("no zone transfer: it does not begin with the SOA record".to_owned());
            }
            if !owner.is_within(&self.zone) {
                self.left_out += 1;
                continue;
            }
            self.ends += u32::from(is_end);
            if self.ends == 2 {
                break;
            }
            let data = rdata::read(record.rtype, msg, record.rdata.clone());
            self.records += 1;
            lines.push(rdata::zone_line(&owner, record.ttl, record.class, record.rtype, &data));
        }
        match self.ends {
            // TC has no place in a transfer (RFC 5936 section 2.2.1): there may be gaps.
            _ if reply.header.truncated() => Err("answer truncated".to_owned()),
            0 | 1 if reply.short => Err("answer cut short".to_owned()),
            0 => Err("no records: the server does not transfer the zone".to_owned()),
            ends => Ok(ends == 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::IN;

    fn transfer() -> Transfer {
        Transfer::new(Name::parse("a.example").unwrap(), IN, 7)
    }

    /// What `t` says to a message, and the lines that it adds.
    fn receive(t: &mut Transfer, msg: &[u8]) -> (Result<bool, String>, Vec<String>) {
        let mut lines = Vec::new();
        (t.receive(msg, &mut lines), lines)
    }

    /// A message of the transfer with these records: owner, type, data.
    fn message(bits: u16, records: &[(&str, Type, &[u8])]) -> Vec<u8> {
        let mut msg = vec![0, 7];
        msg.extend(bits.to_be_bytes());
        msg.extend([0, 0, 0, records.len() as u8, 0, 0, 0, 0]);
        for (owner, rtype, data) in records {
            msg.extend(Name::parse(owner).unwrap().wire());
            msg.extend(rtype.0.to_be_bytes());
            msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            msg.extend(*data);
        }
        msg
    }

    const SOA: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5];

    #[test]
    fn from_the_first_soa_record_to_the_second() {
        let mut t = transfer();
        assert_eq!(t.question()[12..], *b"\x01a\x07example\0\0\xfc\0\x01");
        let first = message(0x8400, &[("a.example", Type::SOA, SOA), ("w.a.example", Type::A, &[192, 0, 2, 1])]);
        let (is_last, lines) = receive(&mut t, &first);
        assert_eq!(is_last, Ok(false));
        assert_eq!(lines, ["a.example. 60 IN SOA . . 1 2 3 4 5", "w.a.example. 60 IN A 192.0.2.1"]);
        // A name outside the zone is not the server's to give.
        let last = message(0x8400, &[("b.example", Type::A, &[6, 6, 6, 6]), ("A.example", Type::SOA, SOA)]);
        assert_eq!(receive(&mut t, &last), (Ok(true), Vec::new()));
        assert_eq!((t.messages, t.records, t.left_out), (2, 2, 1));
    }

    #[test]
    fn what_is_no_transfer() {
        let refused = |msg: &[u8]| receive(&mut transfer(), msg).0.unwrap_err();
        assert_eq!(refused(&message(0x8405, &[])), "REFUSED");
        let begins = refused(&message(0x8400, &[("a.example", Type::A, &[1, 2, 3, 4])]));
        assert!(begins.contains("does not begin"), "{begins}");
        let none = refused(&message(0x8400, &[]));
        assert!(none.starts_with("no records"), "{none}");
        // Another identifier, a question, another kind of message (RFC 1996: NOTIFY is 4), hardly a message.
        let good = message(0x8400, &[("a.example", Type::SOA, SOA)]);
        let with = |at: usize, byte: u8| {
            let mut msg = good.clone();
            msg[at] = byte;
            msg
        };
        for other in [with(1, 8), with(2, 0x04), with(2, 0xa4), good[..11].to_vec()] {
            assert_eq!(receive(&mut transfer(), &other), (Ok(false), Vec::new()), "{other:?}");
        }
        assert_eq!(refused(&good[..good.len() - 1]), "answer cut short");
    }

    #[test]
    fn a_truncated_transfer_is_not_whole_and_keeps_its_records() {
        let whole =
            [("a.example", Type::SOA, SOA), ("a.example", Type::A, &[192, 0, 2, 1]), ("a.example", Type::SOA, SOA)];
        for count in [1, 2, 3] {
            let (is_last, lines) = receive(&mut transfer(), &message(0x8600, &whole[..count]));
            assert_eq!((is_last, lines.len()), (Err("answer truncated".to_owned()), count.min(2)), "{count}");
        }
    }

    #[test]
    fn only_the_zones_own_soa_record_ends_it() {
        // An SOA record below the zone, and what is of another class or section, are no part of the frame.
        let mut t = transfer();
        let mut msg = message(
            0x8400,
            &[
                ("a.example", Type::SOA, SOA),
                ("a.example", Type::A, &[192, 0, 2, 1]),
                ("b.a.example", Type::SOA, SOA),
                ("a.example", Type::A, &[192, 0, 2, 2]),
                ("a.example", Type::A, &[192, 0, 2, 3]),
            ],
        );
        // The last one is in the authority section; the one before it is of class CH.
        (msg[7], msg[9]) = (4, 1);
        let class = msg.len() - 2 * (11 + 14) + 11 + 3;
        assert_eq!(msg[class], 1);
        msg[class] = 3;
        let (is_last, lines) = receive(&mut t, &msg);
        assert_eq!(is_last, Ok(false));
        assert_eq!(
            lines,
            [
                "a.example. 60 IN SOA . . 1 2 3 4 5",
                "a.example. 60 IN A 192.0.2.1",
                "b.a.example. 60 IN SOA . . 1 2 3 4 5",
            ]
        );
        assert_eq!(t.left_out, 1, "the one of class CH");
        // A message without records goes on with it.
        assert_eq!(receive(&mut t, &message(0x8400, &[])), (Ok(false), Vec::new()));
        assert_eq!(receive(&mut t, &message(0x8400, &[("a.example", Type::SOA, SOA)])), (Ok(true), Vec::new()));
    }
}
