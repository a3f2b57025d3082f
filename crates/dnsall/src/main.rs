//! The process around the library: words in, lines out, one status.
use std::{env, process::ExitCode};

use dnsall::{cli, net::resolv::Environment, run, spec::SPEC};
use plainnet_common::{exit, memory::Memory};

#[global_allocator]
static MEMORY: Memory = Memory("dnsall");

fn main() -> ExitCode {
    let environment = Environment::of_process(|name| env::var_os(name));
    exit::run(&SPEC, |out| run::run(&cli::parse(env::args_os().skip(1))?, &environment, out))
}
