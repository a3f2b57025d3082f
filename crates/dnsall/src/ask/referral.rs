//! Referrals: a server that does not answer for a name, and says who does.
use crate::wire::{
    message::{Rcode, Reply, Section},
    name::Name,
    types::Type,
};

/// The server does not answer for the name, and says who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The zone.
    pub zone: Name,
    /// The names of its servers.
    pub servers: Vec<Name>,
}

/// The zone that `reply` refers to instead of answering about `name`, and its servers.
///
/// What their names share with `name` has its case, since a server may copy the letters of the question.
/// A referral has NS records and no SOA in its authority section (RFC 2308 section 2.2).
pub fn referral(reply: &Reply<'_>, name: &Name) -> Option<Referral> {
    let authority = || reply.records.iter().filter(|r| r.section == Section::Authority);
    let answered = reply.records.iter().any(|r| r.section == Section::Answer);
    let authoritative = reply.header.bits & 0x0400 != 0;
    if reply.rcode != Rcode::NOERROR || answered || authoritative || authority().any(|r| r.rtype == Type::SOA) {
        return None;
    }
    let mut referral: Option<Referral> = None;
    for record in authority().filter(|r| r.rtype == Type::NS) {
        let Some(zone) = reply.owner(record).filter(|zone| name.is_within(zone)) else { continue };
        let Some((server, _)) = Name::read(reply.msg, record.rdata.start) else { continue };
        let of = referral.get_or_insert_with(|| Referral { zone: zone.clone().in_case_of(name), servers: Vec::new() });
        if of.zone.same(&zone) {
            of.servers.push(server.in_case_of(name));
        }
    }
    referral
}

#[cfg(test)]
mod tests {
    use super::*;
    use Section::{Additional, Answer, Authority};

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// What a reply with these bits and records says about `www.a.test`: zone and servers.
    fn said(bits: u16, records: &[(Section, &str, Type, &str)]) -> Option<(String, Vec<String>)> {
        let mut msg = vec![0, 1];
        msg.extend(bits.to_be_bytes());
        msg.extend([0, 0]);
        for section in [Answer, Authority, Additional] {
            msg.extend([0, records.iter().filter(|r| r.0 == section).count() as u8]);
        }
        for (_, owner, rtype, target) in records {
            let data = name(target).wire().to_vec();
            msg.extend(name(owner).wire());
            msg.extend(rtype.0.to_be_bytes());
            msg.extend([0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            msg.extend(data);
        }
        let referral = referral(&Reply::read(&msg).unwrap(), &name("www.a.test"))?;
        Some((referral.zone.to_string(), referral.servers.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn name_servers_and_no_soa_record_are_a_referral() {
        let ns = (Authority, "a.test", Type::NS, "n1.test");
        let wanted = |servers: &[&str]| Some(("a.test.".to_owned(), servers.iter().map(|s| (*s).to_owned()).collect()));
        assert_eq!(said(0x8000, &[ns]), wanted(&["n1.test."]));
        // Of one zone, above the name; anything else beside them counts for nothing.
        assert_eq!(
            said(
                0x8080,
                &[
                    (Authority, "b.test", Type::NS, "n0.test"),
                    ns,
                    (Authority, "test", Type::NS, "n2.test"),
                    (Authority, "A.test", Type::NS, "n3.test"),
                    (Authority, "a.test", Type::DNAME, "n4.test"),
                    (Additional, "a.test", Type::NS, "n5.test"),
                    (Additional, "a.test", Type::SOA, "n6.test"),
                ]
            ),
            wanted(&["n1.test.", "n3.test."])
        );
        // RFC 2308 section 2.2: each of these alone is something else.
        for (bits, records) in [
            (0x8003, &[ns][..]),
            (0x8400, &[ns]),
            (0x8000, &[(Answer, "www.a.test", Type::CNAME, "b.test"), ns]),
            (0x8000, &[ns, (Authority, "a.test", Type::SOA, "n1.test")]),
            (0x8000, &[]),
            (0x8000, &[(Additional, "a.test", Type::NS, "n1.test")]),
            (0x8000, &[(Authority, "b.test", Type::NS, "n1.test")]),
            (0x8000, &[(Authority, "a.test", Type::CNAME, "n1.test")]),
        ] {
            assert_eq!(said(bits, records), None, "{bits:x} {records:?}");
        }
    }
}
