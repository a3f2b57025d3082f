//! What must hold whatever happens: full disks, closed descriptors, readers
//! that leave, odd arguments, limits, signals and failing system calls.
//!
//! Every case of a kind runs for every row of that kind in the table below, so a
//! new tool gets all of them for one row.
mod arguments;
mod escapes;
mod files;
mod input;
mod limits;
mod network;
mod output;
mod privacy;
mod row;
mod server;
mod signals;
mod syscalls;

use std::net::Ipv4Addr;

use row::{FileOption, Row, Server};

/// A module per row, with a test per case of each kind that the row is of.
macro_rules! table {
    ($($name:ident: [$($kind:ident)*] $row:expr;)*) => { $(
        mod $name {
            use super::*;
            const ROW: Row = $row;
            $(cases!($kind);)*
        }
    )* };
}

/// The cases of each kind.
macro_rules! cases {
    // The tool answers inputs.
    (answers) => {
        tests! {
            output: full_disk help_on_a_full_disk small_disk closed_stdout slow_reader_of_a_non_blocking_pipe
                stopped_reader reader_that_left stderr_full_or_closed;
            input: closed_stdin directory empty no_final_newline answers_before_the_end non_blocking_stdin
                endless_line flat_memory operands_leave_stdin_alone;
            arguments: unknown_option hostile_option hidden_characters bare_environment no_folder no_name
                read_only_file_system;
            limits: few_descriptors no_processes little_memory small_stack endless_input;
            signals: death_by_signal stopped_and_continued;
            syscalls: each_fails_once each_is_interrupted short_writes;
            files: none_are_written;
        }
    };
    // Its inputs are lines, of which some are refused.
    (lines) => {
        tests! {
            output: messages_never_tear quiet;
            input: odd_bytes;
            arguments: hostile_operand many_operands;
        }
    };
    // Its options take numbers.
    (numbers) => {
        tests! { arguments: numbers; }
    };
    // Its options read files that may be long.
    (files) => {
        tests! { limits: long_files endless_files; }
    };
    // Its options read files that may not be long.
    (short_files) => {
        tests! { limits: too_long_files endless_files; }
    };
    // It asks no server.
    (offline) => {
        tests! { privacy: nothing_is_sent_unasked; }
    };
    // It asks a server.
    (asks) => {
        tests! {
            network: silent_server dribbling_server endless_server reset_in_mid_answer closed_in_mid_answer;
        }
    };
    // It takes as much as a server sends.
    (asks_for_much) => {
        tests! { network: silent_server reset_in_mid_answer closed_in_mid_answer; }
    };
    // It is a server.
    (serves) => {
        tests! {
            arguments: unknown_option hostile_operand hostile_option;
            output: help_on_a_full_disk;
            server: hidden_characters broken_log log_reader_that_left log_reader_that_stopped odd_surroundings limits
                signals each_call_fails_once;
        }
    };
}

macro_rules! tests {
    ($($group:ident: $($case:ident)*;)*) => { $($(
        #[test]
        fn $case() {
            $group::$case(&ROW);
        }
    )*)* };
}

/// A name for each number, and every port.
fn service(i: u32) -> String {
    format!("name{i} {}/tcp", i % 65_535 + 1)
}

/// Addresses of which no two are neighbours, so that a set of them stays as long as its list.
fn address(i: u32) -> String {
    Ipv4Addr::from_bits(0x0b00_0000 + 3 * i).to_string()
}

/// A digest of a key of another zone for each number.
fn anchor(i: u32) -> String {
    format!("zone{i}. IN DS {} 8 2 {i:064x}", i % 65_536)
}

table! {
    dnsall: [answers lines numbers files asks] Row {
        args: &["-t", "A", "--timeout", "2", "@{}"],
        line: "dev.to",
        bad: "a..b",
        numbers: &["--timeout", "--tries", "--window", "--rate"],
        files: &[FileOption { name: "--hosts", line: |i| format!("{} host{i}", address(i)) }],
        server: Server::Dns,
        reply: Some(network::message),
        ..Row::new("dnsall")
    };
    getserv: [answers lines numbers files offline] Row {
        line: "http",
        bad: "70000",
        numbers: &["--field"],
        files: &[
            FileOption { name: "--services", line: service },
            FileOption { name: "--check", line: service },
        ],
        ..Row::new("getserv")
    };
    ipconv: [answers lines numbers files offline] Row {
        args: &["-o", "int"],
        line: "127.0.0.1",
        bad: "256.1.1.1",
        numbers: &["--field"],
        files: &[
            FileOption { name: "--in-file", line: address },
            FileOption { name: "--not-in-file", line: address },
        ],
        ..Row::new("ipconv")
    };
    rirwhois: [answers lines numbers files offline] Row {
        args: &["-r"],
        line: "8.8.8.8",
        bad: "hello",
        numbers: &["--field", "--timeout", "--max-bytes", "--rate"],
        files: &[FileOption { name: "--registries", line: |i| format!("# {i}\nARIN whois{i}.example:43") }],
        ..Row::new("rirwhois")
    };
    rirwhois_asking: [answers lines asks] Row {
        args: &["--rate", "0", "--timeout", "3", "-o", "org_handle", "-s", "{}"],
        line: "8.8.8.8",
        bad: "256.1.1.1",
        server: Server::Whois,
        reply: Some(network::whois),
        ..Row::new("rirwhois")
    };
    upper_echo: [answers numbers asks] Row {
        args: &["--timeout", "3", "-s", "{}"],
        line: "hello",
        numbers: &["--timeout", "--retry"],
        server: Server::Upper,
        reply: Some(network::upper),
        copies: true,
        ..Row::new("upper-echo")
    };
    dnsall_anchor: [short_files] Row {
        args: &["--validate", "-t", "A", "@127.0.0.1:1"],
        line: "dev.to",
        files: &[FileOption { name: "--anchor", line: anchor }],
        ..Row::new("dnsall")
    };
    ipconv_lists: [files] Row {
        line: "127.0.0.1",
        files: &[
            FileOption { name: "--match-file", line: address },
            FileOption { name: "--exclude-file", line: address },
            FileOption { name: "--common", line: address },
        ],
        ..Row::new("ipconv")
    };
    upper_echod: [serves numbers] Row {
        numbers: &["--idle", "--deadline", "--max-conns", "--max-per-host", "--grace", "--spin", "--delay"],
        server: Server::None,
        ..Row::new("upper-echod")
    };
    dnsall_transfer: [asks_for_much] Row {
        args: &["-t", "AXFR", "--timeout", "2", "@{}"],
        line: ".",
        reply: Some(network::zone),
        ..Row::new("dnsall")
    };
}

/// Every other way to ask a server.
macro_rules! asking {
    ($($name:ident: $tool:literal $reply:ident $line:literal [$($arg:literal)*];)*) => { table! {
        $($name: [asks] Row {
            args: &[$($arg),*],
            line: $line,
            reply: Some(network::$reply),
            ..Row::new($tool)
        };)*
    } };
}

asking! {
    dnsall_all_types: "dnsall" message "dev.to" ["--timeout" "1" "@{}"];
    dnsall_json: "dnsall" message "dev.to" ["--json" "--follow" "-v" "--timeout" "1" "-t" "A" "@{}"];
    dnsall_explain: "dnsall" message "dev.to" ["--explain" "--timeout" "1" "@{}"];
    dnsall_validate: "dnsall" message "dev.to" ["--validate" "-t" "A" "--timeout" "1" "@{}"];
    dnsall_two_servers: "dnsall" message "dev.to" ["--diff" "-t" "A" "--timeout" "1" "@{}" "@127.0.0.1:1"];
    dnsall_tls: "dnsall" handshake "dev.to" ["-t" "A" "--timeout" "1" "@tls://dns.lab@{}"];
    dnsall_https: "dnsall" handshake "dev.to" ["-t" "A" "--timeout" "1" "@https://dns.lab@{}"];
    rirwhois_text: "rirwhois" whois "8.8.8.8" ["--rate" "0" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_line: "rirwhois" line "8.8.8.8" ["--rate" "0" "--timeout" "1" "-v" "--registries" "{registries}"];
    rirwhois_json: "rirwhois" whois "8.8.8.8" ["--json" "-q" "-v" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_raw: "rirwhois" whois "8.8.8.8" ["--raw" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_unordered: "rirwhois" whois "8.8.8.8" ["--unordered" "-b" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_cache: "rirwhois" whois "8.8.8.8" ["--cache" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_blocks: "rirwhois" whois "GOGL" ["--blocks" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_query: "rirwhois" whois "" ["--timeout" "1" "-s" "{}" "--query" "x"];
    rirwhois_rdap: "rirwhois" json "8.8.8.8" ["--rdap" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_rdap_headers: "rirwhois" headers "8.8.8.8" ["--rdap" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_rdap_blocks: "rirwhois" json "GOGL" ["--rdap" "--blocks" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_origin: "rirwhois" origins "8.8.8.8" ["--origin" "--timeout" "1" "-s" "{}"];
    rirwhois_update: "rirwhois" statistics "" ["--update" "--timeout" "1" "--registries" "{registries}"];
    rirwhois_update_headers: "rirwhois" headers "" ["--update" "--timeout" "1" "--registries" "{registries}"];
    upper_echo_verify: "upper-echo" upper "hello" ["--verify" "--timeout" "1" "-s" "{}"];
    upper_echo_line: "upper-echo" upper "hello" ["--line" "--verify" "--timeout" "1" "-s" "{}"];
}
