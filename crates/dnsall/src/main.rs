//! The process around the library: words in, lines out, one status.
use std::{env, process::ExitCode};

use dnsall::{cli, run, spec::SPEC};
use plainnet_common::{exit, memory::Memory};

#[global_allocator]
static MEMORY: Memory = Memory("dnsall");

fn main() -> ExitCode {
    exit::run(&SPEC, |out| run::run(&cli::parse(env::args_os().skip(1))?, out))
}
