//! Lines of standard input through Rust's standard library.
use std::io::{self, BufRead, BufWriter, Write};
use std::net::IpAddr;

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        if let Ok(address) = line?.parse::<IpAddr>() {
            writeln!(out, "{address}")?;
        }
    }
    out.flush()
}
