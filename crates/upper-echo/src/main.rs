//! The process around the library: words in, the reply out, one status.
use std::{env, process::ExitCode};

use plainnet_common::{exit, memory::Memory};
use upper_echo::{cli, exchange, spec::SPEC};

#[global_allocator]
static MEMORY: Memory = Memory("upper-echo");

fn main() -> ExitCode {
    exit::run(&SPEC, |out| exchange::run(&cli::parse(env::args_os().skip(1))?, out))
}
