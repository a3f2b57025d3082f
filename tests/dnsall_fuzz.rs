//! What the fuzz targets check, on generated inputs.
#[path = "../crates/dnsall/fuzz/checks/anchors.rs"]
mod anchors;
#[path = "../crates/dnsall/fuzz/checks/command_line.rs"]
mod command_line;
#[path = "../crates/dnsall/fuzz/checks/engine.rs"]
mod engine;
#[path = "../crates/dnsall/fuzz/checks/framing.rs"]
mod framing;
#[path = "../crates/dnsall/fuzz/checks/hosts.rs"]
mod hosts;
#[path = "../crates/dnsall/fuzz/checks/message.rs"]
mod message;
#[path = "../crates/dnsall/fuzz/checks/name.rs"]
mod name;
#[path = "../crates/dnsall/fuzz/checks/operands.rs"]
mod operands;
#[path = "../crates/dnsall/fuzz/checks/proof.rs"]
mod proof;
#[path = "../crates/dnsall/fuzz/checks/rdata.rs"]
mod rdata;
#[path = "../crates/dnsall/fuzz/checks/resolv.rs"]
mod resolv;
#[path = "../crates/dnsall/fuzz/checks/trace.rs"]
mod trace;
#[path = "../crates/dnsall/fuzz/checks/transfer.rs"]
mod transfer;

plainnet_lab::generated! {
    "dnsall",
    anchors 25_000,
    command_line 4_000,
    engine 3_000,
    framing 100_000,
    hosts 10_000,
    message 10_000,
    name 100_000,
    operands 5_000,
    proof 6_000,
    rdata 40_000,
    resolv 15_000,
    trace 40_000,
    transfer 30_000,
}
