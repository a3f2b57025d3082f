//! What the fuzz targets check, on generated inputs.
#[path = "../crates/upper-echo/fuzz/checks/command_line.rs"]
mod command_line;
#[path = "../crates/upper-echo/fuzz/checks/expected.rs"]
mod expected;

plainnet_lab::generated! {
    "upper-echo",
    command_line 30_000,
    expected 100_000,
}
