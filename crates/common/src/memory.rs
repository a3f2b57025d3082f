//! What happens where memory ends: `tool: out of memory` and status 2.
//!
//! The standard library would abort with a message of its own. A tool that
//! answers inputs has nothing better to do than to say so and end.
use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::IoSlice,
};

use rustix::stdio;

/// The system's allocator, which ends the process where it has no more. The
/// tool's name goes in front of the message:
/// `#[global_allocator] static MEMORY: Memory = Memory("ipconv");`
#[derive(Debug)]
pub struct Memory(pub &'static str);

impl Memory {
    fn checked(&self, block: *mut u8) -> *mut u8 {
        if block.is_null() {
            self.end();
        }
        block
    }

    /// Says why and ends; nothing is allocated on the way. The line is one
    /// system call, so that it does not tear.
    #[cold]
    fn end(&self) -> ! {
        let line = [self.0, ": out of memory\n"].map(|part| IoSlice::new(part.as_bytes()));
        let _ = rustix::io::writev(stdio::stderr(), &line);
        std::process::exit(2)
    }
}

// SAFETY: every call is handed on to the system's allocator with what the
// caller gave, under the same contract, and what it returns is returned; a null
// pointer never comes back, since the process ends instead.
#[expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait, and stable Rust has no other hook for a failed allocation"
)]
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about `layout` is the one asked for.
        self.checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about `layout` is the one asked for.
        self.checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: `block` came from `System` through this allocator, with `layout`.
        self.checked(unsafe { System.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from `System` through this allocator, with `layout`.
        unsafe { System.dealloc(block, layout) }
    }
}
