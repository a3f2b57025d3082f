//! The AVX-512 kernel needs intrinsics that are newer than the oldest compiler
//! that builds the rest.
use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(avx512_intrinsics)");
    if minor().is_some_and(|minor| minor >= 89) {
        println!("cargo::rustc-cfg=avx512_intrinsics");
    }
}

/// The N of `rustc 1.N.0 (...)`.
fn minor() -> Option<u32> {
    let seen = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    String::from_utf8(seen.stdout).ok()?.split('.').nth(1)?.parse().ok()
}
