//! What the fuzz targets check, on generated inputs.
#[path = "../crates/ipconv/fuzz/checks/arpa.rs"]
mod arpa;
#[path = "../crates/ipconv/fuzz/checks/command_line.rs"]
mod command_line;
#[path = "../crates/ipconv/fuzz/checks/extract.rs"]
mod extract;
#[path = "../crates/ipconv/fuzz/checks/lines.rs"]
mod lines;
#[path = "../crates/ipconv/fuzz/checks/lists.rs"]
mod lists;
#[path = "../crates/ipconv/fuzz/checks/text.rs"]
mod text;

plainnet_lab::generated! {
    "ipconv",
    arpa 100_000,
    command_line 4_000,
    extract 3_000,
    lines 25_000,
    lists 4_000,
    text 100_000,
}
