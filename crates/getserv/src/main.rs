//! The process: words in, lines out, one status.
use std::{env, process::ExitCode};

use getserv::{cli, run, spec::SPEC};
use plainnet_common::{exit, memory::Memory};

#[global_allocator]
static MEMORY: Memory = Memory("getserv");

fn main() -> ExitCode {
    exit::run(&SPEC, |out| run::run(&cli::parse(env::args_os().skip(1))?, out))
}
