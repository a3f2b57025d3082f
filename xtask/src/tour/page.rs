//! The tour as one page of HTML: nothing is loaded from anywhere, it is light or
//! dark as the reader's system is, and it prints.

/// The page so far.
#[derive(Debug)]
pub(super) struct Page {
    body: String,
    contents: String,
}

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fdfdfb; --soft: #5b6470; --line: #d5d9de; --code: #f1f3f5;
  --a: #2563a8; --b: #b4551d; --c: #2f7d4f; --d: #8a3ea8; --e: #a88a12; --f: #9aa2ab; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --paper: #14171a; --soft: #9aa4af; --line: #343a41; --code: #1e2328;
  --a: #6aa9ef; --b: #e89a63; --c: #6cc490; --d: #c98be0; --e: #dcc04d; --f: #6b747e; } }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; font: 1.05rem/1.55 Georgia, serif; color: var(--ink); background: var(--paper); }
h1, h2, nav { font-family: system-ui, sans-serif; line-height: 1.2; }
h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
pre { font: .85rem/1.45 ui-monospace, monospace; background: var(--code); padding: .8rem 1rem; border-radius: .4rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
pre b { color: var(--a); } code { font: .9em ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { font-weight: bold; } dd { margin: 0; }
figure { margin: 1.5rem 0; } figure svg { display: block; width: 100%; max-width: 32rem; height: auto; margin: 0 auto; } figcaption { color: var(--soft); font-size: .9rem; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
@media print { body { max-width: none; font-size: 10pt; } figure { break-inside: avoid; }
  pre { orphans: 4; widows: 4; } h2 { break-after: avoid; } p:has(+ pre), p:has(+ figure) { break-after: avoid; } nav { display: none; } }
";

impl Page {
    pub(super) fn new() -> Page {
        Page { body: String::new(), contents: String::new() }
    }

    pub(super) fn chapter(&mut self, number: usize, title: &str) {
        let title = escaped(title);
        self.body.push_str(&format!("<h2 id=\"c{number}\">{number}. {title}</h2>\n"));
        self.contents.push_str(&format!("<li><a href=\"#c{number}\">{title}</a></li>\n"));
    }

    pub(super) fn say(&mut self, words: &str) {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        self.body.push_str(&format!("<p>{}</p>\n", marked(&words)));
    }

    /// Words and what they mean.
    pub(super) fn list(&mut self, rows: &[(&str, &str)]) {
        let row = |(word, meaning): &(&str, &str)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(word), marked(meaning));
        self.body.push_str(&format!("<dl>\n{}</dl>\n", rows.iter().map(row).collect::<String>()));
    }

    /// What a terminal shows; lines after `$ ` are what a person types.
    pub(super) fn session(&mut self, text: &str) {
        let lines = text.lines().map(|line| match line.strip_prefix("$ ") {
            Some(typed) => format!("$ <b>{}</b>\n", escaped(typed)),
            None => format!("{}\n", escaped(line)),
        });
        self.body.push_str(&format!("<pre>{}</pre>\n", lines.collect::<String>().trim_end()));
    }

    pub(super) fn picture(&mut self, caption: &str, svg: &str) {
        let caption = escaped(caption);
        self.body.push_str(&format!("<figure>{svg}<figcaption>{caption}</figcaption></figure>\n"));
    }

    /// All of it.
    pub(super) fn text(self) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>How a network connection works</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>How a network connection works</h1>\n\
             <p>This page follows one connection from its first byte to the owner of its address, with six small tools. \
             Every command below was run, and what it printed is shown here as it came.</p>\n\
             <nav><ol>\n{}</ol></nav>\n{}</body>\n</html>\n",
            self.contents, self.body
        )
    }
}

/// A sentence, in which backticks mark what is typed.
fn marked(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) }).collect()
}

/// Text that HTML and SVG take as it is.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_loaded_and_nothing_breaks_out() {
        let mut page = Page::new();
        page.chapter(1, "A <server>");
        page.say("1 < 2 is `<b>`");
        page.list(&[("A", "an <address>")]);
        page.session("$ echo '<b>'\n<b>\n");
        page.picture("bits & bytes", "<svg></svg>");
        let text = page.text();
        assert!(
            text.contains("<h2 id=\"c1\">1. A &lt;server&gt;</h2>")
                && text.contains("<p>1 &lt; 2 is <code>&lt;b&gt;</code></p>")
        );
        assert!(text.contains("<dt>A</dt><dd>an &lt;address&gt;</dd>"));
        assert!(text.contains("<pre>$ <b>echo '&lt;b&gt;'</b>\n&lt;b&gt;</pre>") && text.contains("bits &amp; bytes"));
        for outside in ["http://", "https://", "src=", "url(", "@import"] {
            assert!(!text.contains(outside), "{outside}");
        }
    }
}
