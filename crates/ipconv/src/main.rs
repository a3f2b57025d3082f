//! The process: words in, lines out, one status.
use std::{
    env,
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use ipconv::{address::simd::Level, cli, run, spec::SPEC};
use plainnet_common::memory::Memory;

#[global_allocator]
static MEMORY: Memory = Memory("ipconv");

fn main() -> ExitCode {
    plainnet_common::exit::run(&SPEC, |out| {
        let mut conf = cli::parse(env::args_os().skip(1))?;
        conf.level = env::var("IPCONV_KERNEL").ok().and_then(|name| Level::named(&name));
        conf.terminal = io::stdout().is_terminal();
        run::run(&conf, out)
    })
}
