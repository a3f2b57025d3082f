//! What a process of Rust costs that does nothing.
fn main() {}
