//! What the fuzz targets check, on generated inputs.
#[path = "../crates/rirwhois/fuzz/checks/cache.rs"]
mod cache;
#[path = "../crates/rirwhois/fuzz/checks/charset.rs"]
mod charset;
#[path = "../crates/rirwhois/fuzz/checks/command_line.rs"]
mod command_line;
#[path = "../crates/rirwhois/fuzz/checks/json.rs"]
mod json;
#[path = "../crates/rirwhois/fuzz/checks/kept.rs"]
mod kept;
#[path = "../crates/rirwhois/fuzz/checks/origin.rs"]
mod origin;
#[path = "../crates/rirwhois/fuzz/checks/question.rs"]
mod question;
#[path = "../crates/rirwhois/fuzz/checks/range.rs"]
mod range;
#[path = "../crates/rirwhois/fuzz/checks/rdap.rs"]
mod rdap;
#[path = "../crates/rirwhois/fuzz/checks/referral.rs"]
mod referral;
#[path = "../crates/rirwhois/fuzz/checks/reply.rs"]
mod reply;
#[path = "../crates/rirwhois/fuzz/checks/statistics.rs"]
mod statistics;

plainnet_lab::generated! {
    "rirwhois",
    cache 8_000,
    charset 30_000,
    command_line 8_000,
    json 100_000,
    kept 60_000,
    origin 60_000,
    question 1_500,
    range 40_000,
    rdap 60_000,
    referral 20_000,
    reply 4_000,
    statistics 4_000,
}
