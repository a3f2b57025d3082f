//! The process around the library: words in, a server until it is told to stop, one status.
use std::{env, process::ExitCode};

use plainnet_common::exit;
use upper_echod::{cli, serve, spec::SPEC};

fn main() -> ExitCode {
    // The server outlives its log, so it serves without the checked standard
    // output that every other way through a tool of ours needs.
    match cli::parse(env::args_os().skip(1)).map(|conf| serve::run(&conf)) {
        Ok(code) => code,
        Err(fail) => exit::run(&SPEC, |_| Err(fail)),
    }
}
