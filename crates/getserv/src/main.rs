//! The process: words in, lines out, one status.
use std::{env, process::ExitCode};

use getserv::{cli, run, spec::SPEC};
use plainnet_common::exit;

fn main() -> ExitCode {
    exit::run(&SPEC, |out| run::run(&cli::parse(env::args_os().skip(1))?, out))
}
