//! What a user types: an operand, a server, a base, a file of servers. What is
//! read is written and read again, and the quick way through long lists answers
//! as the careful one.
use plainnet_common::{input::Form, text};
use rirwhois::{
    ask::{
        question::Question,
        servers::{Server, Servers, is_base, split},
    },
    read::{country, date, range},
    table::{
        fast::{self, Countries, Registries},
        lookup::Table,
    },
};

thread_local! {
    /// The table, with the indexes that it makes for many look-ups.
    static TABLE: Table = Table::default();
}

/// Panics where that does not hold.
pub(crate) fn check(input: &[u8]) {
    TABLE.with(|table| lines(input, table));
    let Ok(file) = std::str::from_utf8(input) else { return };
    let more = format!("# a comment\n\n{file}\n");
    match Servers::parse(file) {
        Ok(servers) => assert_eq!(Servers::parse(&more), Ok(servers)),
        Err((line, why)) => {
            assert!(!why.contains(text::is_control), "{why:?}");
            assert_eq!(Servers::parse(&more), Err((line + 2, why)));
        }
    }
}

fn lines(input: &[u8], table: &Table) {
    let form = Form::default();
    for line in input.split(|byte| *byte == b'\n').take(20) {
        let Ok(typed) = std::str::from_utf8(line) else { continue };
        operand(typed, table);
        let quick = |column: &dyn Fn(&mut Vec<u8>) -> (usize, u64)| {
            let mut out = Vec::new();
            (column(&mut out).1 == 1).then(|| String::from_utf8(out).expect("a text"))
        };
        let line = [line, b"\n"].concat();
        let registry = quick(&|out| fast::answer(table, &mut Registries(table), &line, &form, out));
        let country = quick(&|out| fast::answer(table, &mut Countries(table), &line, &form, out));
        if let Some(registry) = registry {
            let question = Question::parse(typed.trim()).unwrap_or_else(|why| panic!("{typed:?}: {why}"));
            let question = question.inside().unwrap_or(question);
            assert_eq!(table.registry(&question).map(|r| format!("{r}\n")), Some(registry), "{typed:?}");
        }
        if let Some(country) = country {
            let question = Question::parse(typed.trim()).unwrap_or_else(|why| panic!("{typed:?}: {why}"));
            let question = question.inside().unwrap_or(question);
            // A table that has unpacked its countries would look there again.
            let packed = Table::default();
            assert_eq!(packed.country(&question).map(|c| c + "\n"), Some(country), "{typed:?}");
        }
    }
}

fn operand(typed: &str, table: &Table) {
    match Question::parse(typed) {
        Err(why) => assert!(!why.contains(text::is_control), "{why:?}"),
        Ok(question) => {
            let written = question.to_string();
            assert!(!written.contains(text::is_control), "{written:?}");
            assert_eq!(Question::parse(&written).as_ref(), Ok(&question), "{typed:?}");
            let row = table.row(&question);
            assert_eq!(row.is_some(), table.registry(&question).is_some(), "{typed:?}");
            if let Question::Addresses(block) = &question {
                assert!(block.first <= block.last);
                assert_eq!(range::parse(&block.to_string()), Some(*block), "{typed:?}");
            }
            if let Some(inside) = question.inside() {
                assert_eq!(inside.inside(), None, "{typed:?}");
            }
        }
    }
    if let Some(server) = Server::parse(typed) {
        assert_eq!(Server::parse(&server.to_string()), Some(server), "{typed:?}");
    }
    if let Some((host, port)) = split(typed) {
        assert!(!host.is_empty() && host.len() <= 255 && port != Some(0), "{typed:?}");
        assert!(!host.contains(|c: char| c.is_control() || c.is_whitespace() || "/@?#".contains(c)), "{typed:?}");
        assert!(is_base(&format!("https://{typed}/")) || host.contains(':'), "{typed:?}");
    }
    if let Some(code) = country::code(typed) {
        assert!(code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()), "{typed:?}: {code}");
    }
    if let Some(day) = date::rfc3339(typed) {
        assert_eq!(date::rfc3339(&day).as_ref(), Some(&day), "{typed:?}");
        assert!(day.bytes().all(|b| b.is_ascii_digit() || b"-:TZ+".contains(&b)), "{day:?}");
    }
    let _ = date::http(typed);
}
