//! Whether answers are proven (RFC 4033 to 4035, 5155, 6840). The bytes of
//! replies come in, and a finding for each set of records and for each denial
//! goes out, or the questions whose answers are wanted first. Nothing in here
//! asks, waits or reads a clock: [`crate::run`] does.
//!
//! Signatures, digests and the root's keys are hickory's (`hickory_proto::dnssec`,
//! by ring). The walk along the chain is our own, and not hickory-net's
//! `DnssecDnsHandle`, for four reasons. That one keeps the verdict and drops its
//! reason and the record that breaks the chain. It asks for the NS records of
//! each unsigned name, which doubles the questions of a long list. It reads a
//! message whole or not at all, where [`crate::wire::message`] keeps the good
//! records beside a bad one, and the same bytes are to be shown and proven. And
//! as of 0.26.3 it calls bogus what is right, as delv confirms: an answer from a
//! wildcard whose own NSEC record proves it, and the alias that a server makes of
//! a DNAME record (tests/dnsall_validate.rs has both).
//!
//! What hostile data can cost is bounded, for each name: [`work::Work`] counts
//! questions and signatures (those that were checked before are remembered);
//! eight signatures of a set are looked at, four keys of one tag, sixteen
//! records of denial. NSEC3 records of more than 150 iterations prove nothing, and
//! a reply makes us hash each name above its own at most once or twice.
pub mod verdict;

#[cfg(feature = "validate")]
mod absence;
#[cfg(feature = "validate")]
pub mod anchor;
#[cfg(feature = "validate")]
mod canonical;
#[cfg(feature = "validate")]
pub mod chain;
#[cfg(feature = "validate")]
mod denial;
#[cfg(feature = "validate")]
mod fit;
#[cfg(all(test, feature = "validate"))]
mod hostile_tests;
#[cfg(feature = "validate")]
pub mod judge;
#[cfg(feature = "validate")]
mod keys;
#[cfg(feature = "validate")]
mod memo;
#[cfg(feature = "validate")]
mod nsec3;
#[cfg(feature = "validate")]
mod rrset;
#[cfg(feature = "validate")]
mod signature;
#[cfg(feature = "validate")]
pub mod work;
