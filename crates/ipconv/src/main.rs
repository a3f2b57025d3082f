//! The process: words in, lines out, one status.
use std::{env, process::ExitCode};

use ipconv::{cli, spec::SPEC, work};

fn main() -> ExitCode {
    plainnet_common::exit::run(&SPEC, |out| work::run(&cli::parse(env::args_os().skip(1))?, out))
}
