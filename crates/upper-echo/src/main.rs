//! The process around the library: words in, the reply out, one status.
use std::{env, process::ExitCode};

use plainnet_common::exit;
use upper_echo::{cli, exchange, spec::SPEC};

fn main() -> ExitCode {
    exit::run(&SPEC, |out| exchange::run(&cli::parse(env::args_os().skip(1))?, out))
}
