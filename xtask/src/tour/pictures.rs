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

/// The two ends of a connection in time.
pub(super) fn connection() -> String {
    let mut inner = String::new();
    let _ = write!(
        inner,
        "<text x=\"60\" y=\"20\">client</text><text x=\"450\" y=\"20\">server</text>\
         <path d=\"M90 30V310M480 30V310\" stroke=\"var(--line)\" stroke-width=\"2\"/>"
    );
    let steps = [
        (true, "SYN: may I?", "connect()"),
        (false, "SYN, ACK: you may", "listen(), accept()"),
        (true, "ACK", ""),
        (true, "Hello World", "sendall()"),
        (false, "HELLO WORLD", "recv(), sendall()"),
        (true, "FIN: I have said all", "shutdown()"),
        (false, "FIN: so have I", "close()"),
    ];
    for (at, (out, words, call)) in steps.into_iter().enumerate() {
        let y = 50 + at * 36;
        let (from, to) = if out { (90, 480) } else { (480, 90) };
        let colour = if out { "var(--a)" } else { "var(--c)" };
        let head = if out { -8 } else { 8 };
        let _ = write!(
            inner,
            "<path d=\"M{from} {y}L{to} {}m{head} -6L{to} {}l{head} 5\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"200\" y=\"{}\">{words}</text>",
            y + 16,
            y + 16,
            y + 2
        );
        let x = if out { 5 } else { 490 };
        let _ =
            write!(inner, "<text x=\"{x}\" y=\"{}\" style=\"fill:var(--soft);font-size:11px\">{call}</text>", y + 4);
    }
    svg(620, 320, "The two ends of a connection, from top to bottom in time", &inner)
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
        let (y, colour) = match name {
            "system" => (20, "var(--b)"),
            "user" => (20, "var(--a)"),
            "dynamic" => (20, "var(--c)"),
            "ephemeral" => (80, "var(--d)"),
            _ => continue,
        };
        let (x, width) = (first / 65_536.0 * 600.0 + 10.0, (last - first + 1.0) / 65_536.0 * 600.0);
        let _ = write!(
            inner,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"26\" fill=\"{colour}\" opacity=\".75\"/>\
             <text x=\"{:.1}\" y=\"{}\">{name} {range}</text>",
            if name == "system" { 10.0 } else { x + 4.0 },
            if name == "system" { y - 5 } else { y + 42 }
        );
    }
    svg(620, 135, "The ranges of ports to scale: the standard's above, this host's below", &inner)
}

/// The bits of 127.0.0.1.
pub(super) fn bits(tour: &Tour) -> String {
    let binary = tour.sh("ipconv -o binary 127.0.0.1").1;
    let mut inner = String::new();
    let digits = binary.chars().filter(|c| matches!(c, '0' | '1'));
    for (at, digit) in digits.take(32).enumerate() {
        let x = 10 + at * 18 + at / 8 * 8;
        let fill = if digit == '1' { "var(--a)" } else { "var(--code)" };
        let _ = write!(
            inner,
            "<rect x=\"{x}\" y=\"10\" width=\"16\" height=\"26\" fill=\"{fill}\" stroke=\"var(--line)\"/>\
             <text x=\"{}\" y=\"28\">{digit}</text>",
            x + 4
        );
    }
    for (at, octet) in ["127", "0", "0", "1"].iter().enumerate() {
        let _ = write!(inner, "<text x=\"{}\" y=\"56\">{octet}</text>", 70 + at * 152);
    }
    svg(620, 65, "The thirty-two bits of 127.0.0.1", &inner)
}

/// The climb from the root to dev.to.
pub(super) fn climb() -> String {
    let mut inner = String::new();
    let steps = [("you", 10, 150), (". (the root)", 160, 110), ("to.", 310, 70), ("dev.to.", 460, 30)];
    for (name, x, y) in steps {
        let _ = write!(
            inner,
            "<rect x=\"{x}\" y=\"{y}\" width=\"130\" height=\"34\" rx=\"6\" fill=\"var(--code)\" stroke=\"var(--line)\"/>\
             <text x=\"{}\" y=\"{}\">{name}</text>",
            x + 12,
            y + 22
        );
    }
    for (x, y, words) in
        [(140, 150, "who has dev.to?"), (290, 110, "ask the servers of to."), (440, 70, "ask the servers of dev.to.")]
    {
        let _ = write!(
            inner,
            "<path d=\"M{x} {}l20 -20m-9 1l9 -1l-1 9\" fill=\"none\" stroke=\"var(--a)\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"{}\" style=\"fill:var(--soft);font-size:11px\">{words}</text>",
            y + 14,
            x + 24,
            y + 32
        );
    }
    svg(620, 200, "The climb from the root to the servers of dev.to", &inner)
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
    let mut inner = String::from("<g transform=\"scale(4)\">");
    for (path, colour) in paths.iter().zip(colours) {
        let _ = write!(inner, "<path d=\"{path}\" fill=\"{colour}\"/>");
    }
    inner.push_str("</g>");
    for (at, (name, colour)) in REGISTRIES.iter().zip(colours).enumerate() {
        let y = 20 + at * 24;
        let _ = write!(
            inner,
            "<rect x=\"526\" y=\"{y}\" width=\"14\" height=\"14\" fill=\"{colour}\"/><text x=\"546\" y=\"{}\">{name}</text>",
            y + 12
        );
    }
    svg(620, 512, "The IPv4 space by registry, along a Hilbert curve", &inner)
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
