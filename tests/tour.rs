//! The page that `cargo xtask tour --html` writes, as a browser shows and prints it.
//! The browser is large, so the test is ignored but for `cargo xtask test --long`.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use plainnet_lab::{
    scratch::Folder,
    tool::{Seen, feed, peer},
};

/// Says in the page's title how it came out. Figures may scroll in themselves.
const PROBE: &str = r##"<script>addEventListener("load", () => {
  const page = document.documentElement, outside = [...document.querySelectorAll("body *")].filter(e =>
    !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 1);
  const light = colour => { const [r, g, b] = colour.match(/\d+/g).map(n => n / 255).map(c =>
    c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const style = getComputedStyle(document.body), [a, b] = [light(style.color), light(style.backgroundColor)];
  const small = [...document.querySelectorAll("svg text")].filter(t => t.textContent && t.getBoundingClientRect().height < 9).length;
  document.title = "PROBE width " + innerWidth + " needs " + page.scrollWidth + " outside " + outside.length +
    " loaded " + performance.getEntriesByType("resource").length + " ink " + (a > b ? "light" : "dark") +
    " contrast " + Math.floor((Math.max(a, b) + .05) / (Math.min(a, b) + .05)) + " pictures " +
    document.querySelectorAll("figure svg").length + " small " + small;
  if (parent !== window) parent.document.title = document.title;
})</script>"##;

/// A browser with a profile of its own, in a network without a way out.
struct Browser {
    program: PathBuf,
    folder: Folder,
    alone: bool,
}

impl Browser {
    /// Starts the browser on `file` of the folder and gives what it printed.
    fn open(&self, words: &[&str], file: &str) -> String {
        let mut command = Command::new(if self.alone { Path::new("unshare") } else { &self.program });
        if self.alone {
            command.args(["--map-root-user", "--net"]).arg(&self.program);
        }
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.args(["--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files", "--hide-scrollbars"]);
        command.arg(format!("--user-data-dir={}", self.folder.join("profile").display())).args(words);
        command.arg(format!("file://{}", self.folder.join(file).display())).current_dir(&self.folder);
        let seen: Seen = feed(&mut command, b"").into();
        assert_eq!(seen.status, 0, "{}", seen.err);
        seen.out
    }

    /// What the probe says of `file`.
    fn probe(&self, words: &[&str], file: &str) -> String {
        let page = self.open(&[words, &["--dump-dom"]].concat(), file);
        let title = page.split("<title>").find_map(|rest| rest.strip_prefix("PROBE ")).expect("the probe has run");
        title.split('<').next().expect("a title").to_owned()
    }
}

/// Width and height of a PNG.
fn size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(bytes.len() > 20_000 && bytes.starts_with(b"\x89PNG"), "{} has {} bytes", path.display(), bytes.len());
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[test]
#[ignore = "needs a browser, which is large"]
fn the_page_fits_a_phone_a_desktop_and_paper() {
    let Some(program) = peer("chromium") else { return };
    let alone: Seen = feed(Command::new("unshare").args(["--map-root-user", "--net", "true"]), b"").into();
    let browser = Browser { program, folder: Folder::new(), alone: alone.status == 0 };

    let mut tour = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tour.args(["xtask", "tour", "--html"]).arg(browser.folder.join("tour.html"));
    let seen: Seen = feed(tour.current_dir(env!("CARGO_MANIFEST_DIR")), b"").into();
    assert_eq!(seen.status, 0, "{}{}", seen.out, seen.err);
    let page = fs::read_to_string(browser.folder.join("tour.html")).expect("the page");
    browser.folder.file("probe.html", page.replace("</body>", &format!("{PROBE}</body>")));
    // A window is at least 500 pixels wide, a frame is as narrow as a phone.
    let phone = "<body style='margin:0'><iframe src='PAGE' width=390 height=4000 style='border:0'></iframe>";
    browser.folder.file("phone-probe.html", phone.replace("PAGE", "probe.html"));
    browser.folder.file("phone.html", phone.replace("PAGE", "tour.html"));

    let good = |width: u32, ink: &str| format!("width {width} needs {width} outside 0 loaded 0 ink {ink} contrast ");
    for (file, width) in [("phone-probe.html", 390), ("probe.html", 1280)] {
        for (scheme, ink) in [(1, "dark"), (0, "light")] {
            let words = ["--window-size=1280,800", &format!("--blink-settings=preferredColorScheme={scheme}")];
            let said = browser.probe(&words, file);
            let rest =
                said.strip_prefix(&good(width, ink)).unwrap_or_else(|| panic!("{said}, not {}", good(width, ink)));
            let numbers: Vec<u32> = rest.split(' ').filter_map(|word| word.parse().ok()).collect();
            let [contrast, pictures, small] = numbers[..] else { panic!("{said}") };
            // WCAG 2.1 section 1.4.6 asks for 7 to 1.
            assert!(contrast >= 7 && pictures == 5 && small == 0, "{said}");
        }
    }

    for (file, width) in [("phone.html", 500), ("tour.html", 1280)] {
        let shot = browser.folder.join(format!("{width}.png"));
        browser.open(&[&format!("--window-size={width},4000"), &format!("--screenshot={}", shot.display())], file);
        assert_eq!(size(&shot), (width, 4000));
    }

    let paper = browser.folder.join("tour.pdf");
    browser.open(&[&format!("--print-to-pdf={}", paper.display()), "--no-pdf-header-footer"], "tour.html");
    let Some(pdftotext) = peer("pdftotext") else { return };
    let text: Seen = feed(Command::new(pdftotext).arg(&paper).arg("-"), b"").into();
    assert_eq!(text.status, 0, "{}", text.err);
    let headings: Vec<_> = page.split("<h2 id=").skip(1).filter_map(|h| h.split(['>', '<']).nth(1)).collect();
    assert!(headings.len() >= 9, "{headings:?}");
    for heading in headings {
        assert!(text.out.contains(heading), "{heading} is not on paper");
    }
}
