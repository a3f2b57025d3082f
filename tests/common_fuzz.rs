//! What the fuzz targets check, on generated inputs.
#[path = "../crates/common/fuzz/checks/input.rs"]
mod input;
#[path = "../crates/common/fuzz/checks/text.rs"]
mod text;

plainnet_lab::generated! {
    "common",
    input 600,
    text 60_000,
}
