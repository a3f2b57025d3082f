//! The lab's encrypted name servers, for benchmarks and for trying things by
//! hand. Prints the authority to trust and where each server listens, a word and
//! a value a line, and runs until standard input ends.
use std::io::{self, Read as _, Write as _};

use plainnet_lab::{
    dns,
    encrypted::{self, Manner},
    tls::Authority,
};

fn main() -> io::Result<()> {
    let behind = dns::serve(dns::story());
    let authority = Authority::new(&["dns.lab", "127.0.0.1"]).ok_or(io::ErrorKind::NotFound)?;
    let https = encrypted::https(&authority, behind.addr, Manner::Good);
    let h3 = encrypted::h3(&authority, behind.addr, Manner::Good);
    let quic = encrypted::quic(&authority, behind.addr, Manner::Good);
    let mut out = io::stdout().lock();
    writeln!(out, "authority {}", authority.certificate().display())?;
    writeln!(out, "https {}\nh3 {}\nquic {}\n", https.addr, h3.addr, quic.addr)?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
