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
        let of = referral.get_or_insert_with(|| Referral { zone: zone.clone(), servers: Vec::new() });
        if of.zone.same(&zone) {
            of.servers.push(server);
        }
    }
    referral
}
