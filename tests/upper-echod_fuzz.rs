//! What the fuzz targets check, on generated inputs.
#[path = "../crates/upper-echod/fuzz/checks/command_line.rs"]
mod command_line;
#[path = "../crates/upper-echod/fuzz/checks/connection.rs"]
mod connection;

plainnet_lab::generated! {
    "upper-echod",
    command_line 30_000,
    connection 100_000,
}
