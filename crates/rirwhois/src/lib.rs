//! rirwhois asks the regional registry that really administers a number.
//!
//! A word of the user's ([`cli`]) becomes a [`question`](ask::question). The [`table`] knows
//! which [`registry`](table::registry) administers it, and [`offline`](print::offline) prints just that
//! ([`fast`](table::fast) where the list is long).
//!
//! [`update`](table::update) lays the registries' newer statistics ([`delegated`](table::delegated)) over it.
//!
//! For the whole answer [`run`] joins three parts. [`bulk`](ask::bulk) holds the questions under
//! way, the inputs in their order ([`jobs`](ask::jobs)) and the queries of each server ([`line`](ask::line)):
//! each question is a [`search`](ask::search) that goes from server to server, by port 43
//! ([`whois`](ask::whois)) or by RDAP ([`rdap`](ask::rdap)), in each one's words
//! ([`query`](ask::query)). It shares answers ([`share`](ask::share), and [`cache`](ask::cache) from
//! day to day) and keeps each registry's [`pace`](ask::pace). [`exchange`](net::exchange) has the
//! connections: it sends the queries and brings the responses. What comes back is decoded
//! ([`charset`](read::charset)), taken apart ([`reply`](read::reply), or [`json`](read::json)),
//! judged, whether it is the answer or sends us elsewhere ([`referral`](ask::referral)), and read
//! field by field ([`answer`](read::answer)). [`show`](print::show) prints the outcomes, and nothing
//! that a server said reaches a terminal unescaped. `--origin` is a short walk of its own:
//! [`ask::origin`], [`net::origin`], [`print::origin`].
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
