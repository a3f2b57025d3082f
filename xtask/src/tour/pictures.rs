//! Drawn pictures, as SVG: for the page of the tour, and for the README.
use std::fmt::Write as _;

use super::{Tour, build, page::escaped};
use crate::{Done, root, run::write};

/// Registries in the order of their colours.
const REGISTRIES: [&str; 6] = ["AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE", "IANA"];

/// `cargo xtask pictures`: what the README shows, from real runs in the lab.
pub(crate) fn run(words: &[String]) -> Done {
    if !words.is_empty() {
        return Err("takes no words".into());
    }
    build()?;
    let tour = Tour::new()?;
    let picture = pipeline(&tour);
    write(&root().join(".github/pipeline.svg"), picture)?;
    for (tool, line) in [
        ("getserv", "getserv -l echo && getserv --class 80 5555 57990"),
        ("ipconv", "ipconv 127.0.0.1"),
        ("dnsall", "dnsall {dns} dev.to"),
        ("rirwhois", "rirwhois -b {whois} 8.8.8.8"),
        ("upper-echo", "upper-echo Hello World"),
    ] {
        if tool == "upper-echo" {
            continue;
        }
        let (_, text) = tour.sh(&tour.lab.fill(line));
        let shown = line.replace("{dns} ", "").replace("{whois} ", "");
        write(&root().join(format!(".github/{tool}.svg")), terminal(&format!("$ {shown}\n{text}")))?;
    }
    Ok(())
}

/// An SVG of this size, with colours for light and dark that need no style sheet.
fn svg(width: u32, height: u32, title: &str, inner: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{}</title>{inner}</svg>\n",
        escaped(title)
    )
}

/// For files of their own, which no page gives colours.
const COLOURS: &str = "<style>svg{--ink:#1b1f24;--paper:#f6f7f8;--soft:#5b6470;--line:#c3c9d0;--a:#2563a8;--c:#2f7d4f}\
    @media(prefers-color-scheme:dark){svg{--ink:#e4e7ea;--paper:#1e2328;--soft:#9aa4af;--line:#454c55;--a:#6aa9ef;--c:#6cc490}}\
    text{fill:var(--ink);font:14px ui-monospace,monospace}</style>";

/// A terminal with a session in it; lines after `$ ` are what was typed.
fn terminal(session: &str) -> String {
    let lines: Vec<&str> = session.lines().collect();
    let width = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0).min(100) as f64 * 8.5;
    let (width, height) = (width as u32 + 40, lines.len() as u32 * 20 + 50);
    let mut inner = format!(
        "{COLOURS}<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"var(--paper)\" stroke=\"var(--line)\"/>"
    );
    for (at, x) in [18, 36, 54].into_iter().enumerate() {
        let _ = write!(
            inner,
            "<circle cx=\"{x}\" cy=\"16\" r=\"5\" fill=\"var(--line)\" opacity=\"{}\"/>",
            1.0 - at as f64 / 4.0
        );
    }
    for (at, line) in lines.iter().enumerate() {
        let short: String = line.chars().take(100).collect();
        let (y, weight) = (at as u32 * 20 + 48, if line.starts_with("$ ") { " font-weight=\"bold\"" } else { "" });
        let _ = write!(
            inner,
            "<text x=\"18\" y=\"{y}\" xml:space=\"preserve\"{weight}>{}</text>",
            escaped(&short.replace('\t', "    "))
        );
    }
    svg(width, height, "A terminal session", &inner)
}

/// The README's picture: a name, its addresses, their registries.
fn pipeline(tour: &Tour) -> String {
    let addresses = tour.sh(&tour.lab.fill("dnsall -a {dns} dev.to")).1;
    let registries = tour.sh(&tour.lab.fill("dnsall -a {dns} dev.to | rirwhois -r -e")).1;
    let mut inner = COLOURS.to_owned();
    let boxes =
        [(20, "a name", "dev.to".to_owned()), (270, "dnsall -a", addresses), (560, "rirwhois -r -e", registries)];
    for (x, head, text) in boxes {
        let width = if x == 20 {
            150
        } else if x == 270 {
            200
        } else {
            260
        };
        let _ = write!(
            inner,
            "<rect x=\"{x}\" y=\"20\" width=\"{width}\" height=\"110\" rx=\"8\" fill=\"var(--paper)\" stroke=\"var(--line)\"/>\
             <text x=\"{}\" y=\"46\" font-weight=\"bold\" style=\"fill:var(--a)\">{head}</text>",
            x + 16
        );
        for (at, line) in text.lines().enumerate() {
            let line = escaped(&line.replace('\t', "  "));
            let _ = write!(inner, "<text x=\"{}\" y=\"{}\" xml:space=\"preserve\">{line}</text>", x + 16, 76 + at * 22);
        }
    }
    for x in [180, 480] {
        let _ = write!(
            inner,
            "<path d=\"M{x} 75h70m-10 -6l10 6l-10 6\" fill=\"none\" stroke=\"var(--soft)\" stroke-width=\"2\"/>"
        );
    }
    svg(840, 150, "dev.to goes into dnsall, its addresses into rirwhois, and their registries come out", &inner)
}

/// Width of the page's pictures: a phone shows them as large as its text.
const WIDTH: u32 = 360;

/// The two ends of a connection in time.
pub(super) fn connection() -> String {
    let mut inner = String::from(
        "<text x=\"80\" y=\"16\" text-anchor=\"middle\">client</text><text x=\"280\" y=\"16\" text-anchor=\"middle\">server</text>\
         <path d=\"M80 24V316M280 24V316\" stroke=\"var(--line)\" stroke-width=\"2\"/>",
    );
    let steps = [
        (true, "SYN: may I?", "connect()"),
        (false, "SYN, ACK: you may", "listen()"),
        (true, "ACK", ""),
        (true, "Hello World", "sendall()"),
        (false, "HELLO WORLD", "sendall()"),
        (true, "FIN: I have said all", "shutdown()"),
        (false, "FIN: so have I", "close()"),
    ];
    for (at, (out, words, call)) in steps.into_iter().enumerate() {
        let y = 50 + at * 40;
        let (from, to, head) = if out { (80, 280, -8) } else { (280, 80, 8) };
        let colour = if out { "var(--a)" } else { "var(--c)" };
        let (x, anchor) = if out { (72, "end") } else { (288, "start") };
        let _ = write!(
            inner,
            "<path d=\"M{from} {y}L{to} {end}l{head} -5m{back} 5l{head} 4\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"180\" y=\"{}\" text-anchor=\"middle\">{words}</text>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\" style=\"fill:var(--soft);font-size:12px\">{call}</text>",
            y - 3,
            y + 4,
            end = y + 8,
            back = -head,
        );
    }
    svg(WIDTH, 320, "The two ends of a connection, from top to bottom in time", &inner)
}

/// The ranges of ports to scale, with this host's ephemeral range below.
pub(super) fn ports(tour: &Tour) -> String {
    let text = tour.sh("getserv --ranges").1;
    let mut inner = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, range, ..] = words[..] else { continue };
        let Some((first, last)) =
            range.split_once('-').and_then(|(a, b)| Some((a.parse::<f64>().ok()?, b.parse::<f64>().ok()?)))
        else {
            continue;
        };
        let scale = f64::from(WIDTH - 20) / 65_536.0;
        let (x, width) = (first * scale + 10.0, (last - first + 1.0) * scale);
        // Where the bar stands, its colour, and where its label is anchored.
        let (y, colour, label, anchor, at) = match name {
            "system" => (22, "var(--b)", 15, "start", 10.0),
            "user" => (22, "var(--a)", 64, "start", x),
            "dynamic" => (22, "var(--c)", 64, "end", x + width),
            "ephemeral" => (84, "var(--d)", 126, "middle", (x + width / 2.0).clamp(90.0, f64::from(WIDTH) - 90.0)),
            _ => continue,
        };
        let _ = write!(
            inner,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"26\" fill=\"{colour}\" opacity=\".75\"/>\
             <text x=\"{at:.1}\" y=\"{label}\" text-anchor=\"{anchor}\">{name} {range}</text>"
        );
    }
    svg(WIDTH, 135, "The ranges of ports to scale: the standard's above, this host's below", &inner)
}

/// The bits of 127.0.0.1: a row for each byte, with what each bit counts above.
pub(super) fn bits(tour: &Tour) -> String {
    let binary = tour.sh("ipconv -o binary 127.0.0.1").1;
    let bits: Vec<u32> = binary.chars().filter_map(|c| c.to_digit(2)).collect();
    let mut inner = String::new();
    for (row, byte) in bits.chunks(8).enumerate() {
        let y = 24 + row * 36;
        let value = byte.iter().fold(0, |value, bit| value * 2 + bit);
        let _ = write!(inner, "<text x=\"64\" y=\"{}\" text-anchor=\"end\">{value} =</text>", y + 20);
        for (column, bit) in byte.iter().enumerate() {
            let x = 74 + column * 34;
            let fill = if *bit == 1 { "var(--a)" } else { "var(--code)" };
            let ink = if *bit == 1 { " style=\"fill:var(--paper)\"" } else { "" };
            let _ = write!(
                inner,
                "<rect x=\"{x}\" y=\"{y}\" width=\"30\" height=\"30\" fill=\"{fill}\" stroke=\"var(--line)\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{ink}>{bit}</text>",
                x + 15,
                y + 20
            );
            if row == 0 {
                let _ = write!(
                    inner,
                    "<text x=\"{}\" y=\"16\" text-anchor=\"middle\" style=\"fill:var(--soft)\">{}</text>",
                    x + 15,
                    128 >> column
                );
            }
        }
    }
    svg(WIDTH, 170, "The thirty-two bits of 127.0.0.1", &inner)
}

/// The way from the root to dev.to: whoever looks a name up asks one after the other.
pub(super) fn climb() -> String {
    let mut inner = String::from(
        "<rect x=\"10\" y=\"10\" width=\"56\" height=\"208\" rx=\"6\" fill=\"var(--code)\" stroke=\"var(--line)\"/>\
         <text x=\"38\" y=\"118\" text-anchor=\"middle\">you</text>",
    );
    let steps =
        [("the root", "ask the servers of to."), ("to.", "ask those of dev.to."), ("dev.to.", "151.101.66.217")];
    for (at, (server, answer)) in steps.into_iter().enumerate() {
        let y = 10 + at * 78;
        let _ = write!(
            inner,
            "<rect x=\"250\" y=\"{y}\" width=\"100\" height=\"52\" rx=\"6\" fill=\"var(--code)\" stroke=\"var(--line)\"/>\
             <text x=\"300\" y=\"{}\" text-anchor=\"middle\">{server}</text>\
             <path d=\"M70 {ask}H246l-8 -5m8 5l-8 5\" fill=\"none\" stroke=\"var(--a)\" stroke-width=\"2\"/>\
             <path d=\"M246 {told}H70l8 -5m-8 5l8 5\" fill=\"none\" stroke=\"var(--c)\" stroke-width=\"2\"/>\
             <text x=\"158\" y=\"{}\" text-anchor=\"middle\">A of dev.to?</text>\
             <text x=\"158\" y=\"{}\" text-anchor=\"middle\">{answer}</text>",
            y + 31,
            y + 8,
            y + 58,
            ask = y + 14,
            told = y + 40,
        );
    }
    svg(WIDTH, 230, "The way from the root to the servers of dev.to", &inner)
}

/// Order of the Hilbert curve: 2 to the power of this many cells a side, a /14 each.
const ORDER: u32 = 7;

/// The IPv4 space by registry, on a Hilbert curve, from rirwhois's own table.
pub(super) fn space(tour: &Tour) -> String {
    let cells = 1u32 << (2 * ORDER);
    let list: String =
        (0..cells).map(|n| format!("{}\n", std::net::Ipv4Addr::from_bits(n << (32 - 2 * ORDER)))).collect();
    tour.lab.file("cells", &list);
    let answers = tour.sh("rirwhois -r -k -q <cells").1;
    let mut paths = vec![String::new(); REGISTRIES.len()];
    for (at, name) in answers.lines().enumerate() {
        if let Some(registry) = REGISTRIES.iter().position(|r| *r == name) {
            let (x, y) = hilbert(at as u32);
            let _ = write!(paths[registry], "M{x} {y}h1v1h-1z");
        }
    }
    let colours = ["var(--e)", "var(--c)", "var(--a)", "var(--d)", "var(--b)", "var(--f)"];
    let mut inner = format!("<g transform=\"scale({})\">", f64::from(WIDTH) / f64::from(1 << ORDER));
    for (path, colour) in paths.iter().zip(colours) {
        let _ = write!(inner, "<path d=\"{path}\" fill=\"{colour}\"/>");
    }
    inner.push_str("</g>");
    for (at, (name, colour)) in REGISTRIES.iter().zip(colours).enumerate() {
        let (x, y) = (20 + at % 3 * 120, WIDTH as usize + 14 + at / 3 * 24);
        let _ = write!(
            inner,
            "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"14\" fill=\"{colour}\"/><text x=\"{}\" y=\"{}\">{name}</text>",
            x + 20,
            y + 12
        );
    }
    svg(WIDTH, WIDTH + 58, "The IPv4 space by registry, along a Hilbert curve", &inner)
}

/// Where the cell `n` lies on the curve of [`ORDER`]: column and row.
fn hilbert(n: u32) -> (u32, u32) {
    let (mut x, mut y, mut rest) = (0, 0, n);
    let mut side = 1;
    while side < 1 << ORDER {
        let (right, down) = (1 & (rest / 2), 1 & (rest ^ (rest / 2)));
        if down == 0 {
            if right == 1 {
                (x, y) = (side - 1 - x, side - 1 - y);
            }
            (x, y) = (y, x);
        }
        x += side * right;
        y += side * down;
        rest /= 4;
        side *= 2;
    }
    (x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_visits_every_cell_once_and_neighbours_in_turn() {
        let cells: Vec<_> = (0..1u32 << (2 * ORDER)).map(hilbert).collect();
        assert!(cells.windows(2).all(|w| w[0].0.abs_diff(w[1].0) + w[0].1.abs_diff(w[1].1) == 1));
        let mut sorted = cells.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), cells.len());
        assert_eq!(cells[0], (0, 0));
    }

    #[test]
    fn a_terminal_shows_every_line_escaped() {
        let picture = terminal("$ echo '<'\n<\n");
        assert!(picture.contains("echo '&lt;'</text>") && picture.contains(">&lt;</text>"));
    }
}
