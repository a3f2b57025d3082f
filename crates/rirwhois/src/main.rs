//! The process around the library: words in, lines out, one status.
use std::{env, process::ExitCode};

use plainnet_common::{exit, memory::Memory};
use rirwhois::{cli, run, spec::SPEC};

#[global_allocator]
static MEMORY: Memory = Memory("rirwhois");

fn main() -> ExitCode {
    exit::run(&SPEC, |out| run::run(&cli::parse(env::args_os().skip(1))?, out))
}
