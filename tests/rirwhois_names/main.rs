//! rirwhois among registries under their real names and ports, in a network of
//! its own. Where the machine gives no such network, `--registries` stands in
//! for the names, and standard error says so.
mod answers;
mod connections;
mod failures;
#[cfg(feature = "rdap")]
mod rdap;
mod referrals;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use plainnet_lab::{
    private::{self, Net},
    scratch::File,
    tool::{self, Seen},
    whois::{self, Act, Lab, SERVERS, Server, say, serve_in},
};

const TOOL: &str = env!("CARGO_BIN_EXE_rirwhois");

type Answer = Arc<dyn Fn(&str) -> Act + Send + Sync>;

/// All registries, each doing what it was last told to.
struct Names {
    net: Net,
    lab: Lab,
    file: Option<File>,
    stage: Arc<Mutex<BTreeMap<String, Answer>>>,
}

/// Runs the test in which `check` stands among the registries, with `more` servers
/// by name and port, which need a hosts file of theirs and a network of our own.
fn among(more: &[&str], hosts: &str, check: impl FnOnce(&Names)) {
    private::within(private::test_of(&check), &(whois::hosts() + hosts), |net| {
        let stage: Arc<Mutex<BTreeMap<String, Answer>>> = Arc::default();
        let registries = SERVERS.iter().map(|s| s.0).filter(|name| net == Net::Own || !name.contains(' '));
        let more = more.iter().copied().filter(|_| net == Net::Own);
        let servers = registries.chain(more).map(|name| {
            let (stage, key) = (stage.clone(), name.to_owned());
            let answer = move |query: &str| {
                let answer = stage.lock().unwrap().get(&key).cloned();
                answer.map_or_else(|| say("No match found for it.\n"), |answer| answer(query))
            };
            match name {
                "RIPE" | "APNIC" | "AFRINIC" => Server::ripe(name, answer),
                _ => Server::new(name, answer),
            }
        });
        let lab = serve_in(net, servers);
        let file = (net == Net::Shared).then(|| lab.file());
        check(&Names { net, lab, file, stage });
    });
}

impl Names {
    /// From now on the server does this with every query.
    fn does(&self, name: &str, act: Act) {
        self.answers(name, move |_| act.clone());
    }

    fn answers(&self, name: &str, answer: impl Fn(&str) -> Act + Send + Sync + 'static) {
        self.stage.lock().unwrap().insert(name.to_owned(), Arc::new(answer));
    }

    /// A new scene: nobody has a record, and nobody was asked.
    fn clear(&self) {
        self.stage.lock().unwrap().clear();
        self.lab.forget();
    }

    /// Asks about operands.
    fn ask(&self, args: &[&str]) -> Seen {
        self.ask_about(args, "")
    }

    /// Asks about lines, and sees to it that this ends.
    fn ask_about(&self, args: &[&str], lines: &str) -> Seen {
        let registries = self.file.as_ref().map(|f| ["--registries", f]);
        let all = registries.iter().flatten().chain(args);
        let start = Instant::now();
        let seen = tool::run(TOOL, all, lines.as_bytes());
        assert!(start.elapsed() < Duration::from_secs(60), "{args:?} {}", seen.err);
        seen
    }

    /// How the tool calls a registry's server.
    fn at(&self, registry: &str) -> String {
        match self.net {
            Net::Own => SERVERS.iter().find(|s| s.0 == registry).map_or(registry, |s| s.1).to_owned(),
            Net::Shared => self.lab.addrs[registry].to_string(),
        }
    }

    fn queries(&self, name: &str) -> Vec<String> {
        self.lab.seen(name).queries
    }

    /// Connections to all of them.
    fn connections(&self) -> usize {
        self.lab.addrs.keys().map(|name| self.lab.seen(name).connections).sum()
    }
}

/// A record in the form of RIPE's software.
fn inetnum(block: &str, name: &str, source: &str) -> Act {
    let text = "% Information related to it\n\n";
    say(format!("{text}inetnum:        {block}\nnetname:        {name}\nsource:         {source}\n"))
}

/// A record in ARIN's form, with further lines.
fn netrange(block: &str, name: &str, more: &str) -> Act {
    say(format!("\n# ARIN WHOIS data\n\nNetRange:       {block}\nNetName:        {name}\n{more}\n\n# end\n"))
}
