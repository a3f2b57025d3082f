//! The process around the library: words in, lines out, one status.
use std::{env, process::ExitCode};

use rirwhois::{cli, run, spec::SPEC};

fn main() -> ExitCode {
    plainnet_common::exit::run(&SPEC, |out| run::run(&cli::parse(env::args_os().skip(1))?, out))
}
