//! What must hold whatever happens: full disks, closed descriptors, readers
//! that leave, odd arguments, limits, signals and failing system calls.
//!
//! Every case runs for every row of the table below, so a new tool gets all of
//! them for one row.
mod arguments;
mod input;
mod limits;
mod output;
mod row;
mod server;
mod signals;
mod syscalls;

use row::{Row, Server};

/// A module per row, with a test per case.
macro_rules! table {
    ($cases:tt $($name:ident: $row:expr;)*) => { $(
        mod $name {
            use super::*;
            const ROW: Row = $row;
            table!(@ $cases);
        }
    )* };
    (@ [$($group:ident: $($case:ident)*;)*]) => { $($(
        #[test]
        fn $case() {
            $group::$case(&ROW);
        }
    )*)* };
}

table! {
    [
        output: full_disk help_on_a_full_disk small_disk closed_stdout slow_reader_of_a_non_blocking_pipe
            stopped_reader reader_that_left stderr_full_or_closed messages_never_tear;
        input: closed_stdin directory empty no_final_newline answers_before_the_end non_blocking_stdin
            odd_bytes endless_line flat_memory operands_leave_stdin_alone;
        arguments: unknown_option hostile_operand hostile_option many_operands numbers bare_environment
            no_folder no_name;
        limits: few_descriptors no_processes little_memory small_stack;
        signals: death_by_signal stopped_and_continued;
        syscalls: each_fails_once each_is_interrupted short_writes;
    ]
    dnsall: Row {
        args: &["-t", "A", "@{}"],
        line: "dev.to",
        bad: "a..b",
        numbers: &["--timeout", "--tries", "--window", "--rate"],
        server: Server::Dns,
        ..Row::new("dnsall")
    };
    getserv: Row { line: "http", bad: "70000", numbers: &["--field"], ..Row::new("getserv") };
    ipconv: Row { args: &["-o", "int"], line: "127.0.0.1", bad: "256.1.1.1", numbers: &["--field"], ..Row::new("ipconv") };
    rirwhois: Row { args: &["-r"], line: "8.8.8.8", bad: "hello", numbers: &["--field", "--timeout", "--max-bytes", "--rate"], ..Row::new("rirwhois") };
    rirwhois_asking: Row {
        args: &["--rate", "0", "--timeout", "3", "-o", "org_handle", "-s", "{}"],
        line: "8.8.8.8",
        bad: "256.1.1.1",
        server: Server::Whois,
        ..Row::new("rirwhois")
    };
    upper_echo: Row {
        args: &["--timeout", "3", "-s", "{}"],
        line: "hello",
        numbers: &["--timeout", "--retry"],
        server: Server::Upper,
        copies: true,
        ..Row::new("upper-echo")
    };
}

table! {
    [
        arguments: unknown_option hostile_operand hostile_option numbers;
        output: help_on_a_full_disk;
        server: broken_log log_reader_that_left log_reader_that_stopped odd_surroundings limits signals each_call_fails_once;
    ]
    upper_echod: Row {
        numbers: &["--idle", "--deadline", "--max-conns", "--max-per-host", "--grace", "--spin", "--delay"],
        server: Server::None,
        ..Row::new("upper-echod")
    };
}
