//! `cargo xtask lab`: the servers that the README's examples ask, until interrupted.
use std::thread;

use plainnet_lab::world::{DNS_PORT, ROOT_PORT, World};

use crate::{Done, root};

/// Starts the lab on its documented ports and says what can be asked.
pub(crate) fn run(words: &[String]) -> Done {
    if !words.is_empty() {
        return Err("takes no words".into());
    }
    let folder = root().join("target/lab");
    let world = World::start(&folder, true)
        .map_err(|e| format!("{e} (127.0.0.1:{DNS_PORT} and 127.0.0.1 to 127.0.0.3:{ROOT_PORT} must be free)"))?;
    println!("The lab runs until you press Ctrl-C. In another terminal, in this folder:\n");
    println!("  dnsall @127.0.0.1:{DNS_PORT} dev.to");
    if world.hierarchy.is_some() {
        println!("  dnsall --trace -t A @127.0.0.1:{ROOT_PORT} dev.to");
    }
    println!("  rirwhois --registries target/lab/registries 8.8.8.8");
    println!("  dnsall --hosts target/lab/hosts @127.0.0.1:{DNS_PORT} gitserver");
    println!("  ipconv --extract target/lab/access.log");
    loop {
        thread::park();
    }
}
