//! rirwhois asks the regional registry that really administers a number.
//!
//! A word of the user's ([`cli`]) becomes a [`question`]. The [`table`] knows
//! which [`registry`] administers it, and [`offline`] prints just that
//! ([`fast`] where the list is long).
//!
//! [`update`] lays the registries' newer statistics ([`delegated`]) over it.
//!
//! For the whole answer a [`chase`] goes from server to server. It puts the
//! question in each one's words ([`query`]), decodes what comes back
//! ([`charset`]), takes it apart ([`reply`]), judges whether it is the answer
//! or sends us elsewhere ([`referral`]), and reads its fields ([`answer`]).
//! All of that is bytes in, values out. The sockets are in [`session`], one
//! for each server, and [`bulk`] runs all sessions at once, shares answers
//! ([`share`], and [`cache`] from day to day) and prints them in order ([`show`]). With `--rdap` the answers
//! come over HTTPS instead (`rdap`, and `web` for the requests).
//!
//! The library is for its own binary, tests and fuzzers; it promises nothing
//! to anybody else.
pub mod answer;
pub mod blocks;
pub mod bulk;
pub mod cache;
pub mod charset;
pub mod chase;
pub mod cli;
pub mod delegated;
pub mod fast;
pub mod field;
pub mod offline;
pub mod pace;
pub mod query;
pub mod question;
pub mod range;
#[cfg(feature = "rdap")]
pub mod rdap;
pub mod referral;
pub mod registry;
pub mod reply;
pub mod servers;
pub mod session;
pub mod share;
pub mod show;
pub mod source;
pub mod spec;
pub mod table;
pub mod update;
#[cfg(feature = "rdap")]
pub mod web;
pub mod work;
