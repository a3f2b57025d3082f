//! Who is asked what, in which order, and when to stop.
//!
//! A question and the replies so far come in; the next query and its server, or the outcome, goes
//! out. How a reply is to be read is the business of [`crate::read`].
pub mod blocks;
pub mod bulk;
pub mod cache;
pub mod jobs;
pub mod line;
pub mod origin;
pub mod outcome;
pub mod pace;
pub mod plan;
pub mod policy;
pub mod prefixes;
pub mod proxy;
pub mod query;
pub mod question;
pub mod rdap;
pub mod referral;
pub mod search;
pub mod servers;
pub mod share;
pub mod step;
pub mod whois;
