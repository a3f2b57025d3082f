//! rirwhois asks the regional registry that really administers a number.
//!
//! A word of the user's ([`cli`]) becomes a [`question`](ask::question). The [`table`] knows
//! which [`registry`](table::registry) administers it, and [`offline`](table::offline) prints just that
//! ([`fast`](table::fast) where the list is long).
//!
//! [`update`](table::update) lays the registries' newer statistics ([`delegated`](table::delegated)) over it.
//!
//! For the whole answer a [`chase`](ask::chase) goes from server to server. It puts the
//! question in each one's words ([`query`](ask::query)), decodes what comes back
//! ([`charset`](read::charset)), takes it apart ([`reply`](read::reply)), judges whether it is the answer
//! or sends us elsewhere ([`referral`](ask::referral)), and reads its fields ([`answer`](read::answer)).
//! All of that is bytes in, values out. The sockets are in [`session`](net::session), one
//! for each server, and [`bulk`](ask::bulk) runs all sessions at once, shares answers
//! ([`share`](ask::share), and [`cache`](ask::cache) from day to day) and prints them in order ([`show`](print::show)). With `--rdap` the answers
//! come over HTTPS instead (`rdap`, and `web` for the requests).
//!
//! The library is for its own binary, tests and fuzzers; it promises nothing
//! to anybody else.
pub mod ask;
pub mod cli;
pub mod net;
pub mod print;
pub mod read;
pub mod run;
pub mod spec;
pub mod table;
