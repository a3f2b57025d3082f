//! What the fuzz targets check, on generated inputs.
#[path = "../crates/getserv/fuzz/checks/bulk.rs"]
mod bulk;
#[path = "../crates/getserv/fuzz/checks/command_line.rs"]
mod command_line;
#[path = "../crates/getserv/fuzz/checks/keys.rs"]
mod keys;
#[path = "../crates/getserv/fuzz/checks/services.rs"]
mod services;
#[path = "../crates/getserv/fuzz/checks/settings.rs"]
mod settings;

plainnet_lab::generated! {
    "getserv",
    bulk 600,
    command_line 10_000,
    keys 100_000,
    services 1_500,
    settings 100_000,
}
