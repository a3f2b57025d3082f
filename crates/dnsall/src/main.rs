//! The process around the library: words in, lines out, one status.
use std::{env, process::ExitCode};

use dnsall::{cli, spec::SPEC, work};
use plainnet_common::exit;

fn main() -> ExitCode {
    exit::run(&SPEC, |out| work::run(&cli::parse(env::args_os().skip(1))?, out))
}
