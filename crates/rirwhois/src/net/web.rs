//! `--rdap`: the same questions over HTTPS, one after the other.
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    net::ToSocketAddrs as _,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use plainnet_common::{
    exit::{Fail, Status},
    output::{self, Out},
    text::shown,
};
use ureq::{
    Agent, Error,
    config::Config,
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{ConnectionDetails, Connector, NextTimeout, RustlsConnector, TcpConnector},
    },
};

use crate::{
    ask::chase::{Fate, Found, Outcome},
    ask::pace::Pace,
    ask::query,
    ask::question::Question,
    ask::share::Shared,
    ask::source::Source,
    cli::Conf,
    net::session::{NEXT_ADDRESS, STRIKES},
    print::show::Show,
    print::stats::Counts,
    read::rdap,
    spec::SPEC,
    table::lookup::Table,
    table::registry::Registry,
};

/// Most redirects of one question.
const REDIRECTS: usize = 5;

/// How often a server that says "too many" is asked again.
const AGAIN: usize = 2;

/// Answers every input by RDAP.
///
/// # Errors
/// Reading or writing failed.
pub fn run(conf: &Conf, table: &Table, out: &mut Out) -> Result<Status, Fail> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Redirects are followed here, by our own rules; no proxy by surprise.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(format!("{}/{}", SPEC.name, SPEC.version))
        .accept("application/rdap+json")
        .tls_config(TlsConfig::builder().root_certs(roots()).build())
        .build();
    let agent = Agent::with_parts(config, Turns::default().chain(RustlsConnector::default()), Plain);
    let mut web = Web {
        conf,
        table,
        agent,
        paces: BTreeMap::new(),
        closed: BTreeMap::new(),
        strikes: BTreeMap::new(),
        counts: Counts::default(),
    };
    let mut show = Show::new(conf, out);
    let mut shared = Shared::default();
    let mut source = Source::new(&conf.operands, &conf.form);
    let mut status = Status::default();
    loop {
        while let Some(read) = source.next() {
            let input = read.input();
            let question = match read.text.as_ref().map(|t| t.as_deref().map_err(|why| *why).and_then(Question::parse))
            {
                None => {
                    status = status.max(show.blank(&input)?);
                    continue;
                }
                Some(Err(why)) => {
                    web.counts.inputs += 1;
                    status = status.max(show.invalid(&input, why)?);
                    continue;
                }
                Some(Ok(question)) => question,
            };
            web.counts.inputs += 1;
            let known = shared.find(&question);
            let own = known.is_none();
            web.counts.shared += u64::from(!own);
            let outcome = known.unwrap_or_else(|| Rc::new(web.ask(&question)));
            if own {
                shared.put(&question, &outcome, table, true);
            }
            web.counts.ended(&outcome.fate);
            let crosses = matches!(&question, Question::Addresses(range) if table.crosses(range));
            status = status.max(show.outcome(&input, &outcome, own, crosses)?);
            show.flush()?;
        }
        if source.is_empty() {
            break;
        }
        show.flush()?;
        source.read()?;
    }
    if conf.stats {
        output::say(SPEC.name, format_args!("{}", web.counts));
    }
    Ok(status)
}

struct Web<'a> {
    conf: &'a Conf,
    table: &'a Table,
    agent: Agent,
    paces: BTreeMap<Option<Registry>, Pace>,
    /// Servers that are asked no more in this run, and why.
    closed: BTreeMap<String, String>,
    /// How often in a row each one timed out.
    strikes: BTreeMap<String, u32>,
    counts: Counts,
}

/// What a server said: status, body, and the values of two headers.
struct Said {
    status: u16,
    body: Vec<u8>,
    location: Option<String>,
    retry_after: Option<u64>,
}

impl Web<'_> {
    fn ask(&mut self, question: &Question) -> Outcome {
        let start = Instant::now();
        let mut hops = Vec::new();
        let found = self.chase(question, &mut hops);
        let (fate, found) = match found {
            Ok(found) => (Fate::Answered, Some(found)),
            Err(fate) => {
                let at = hops.last().map_or_else(String::new, |url: &String| format!("{}: ", shown(url.as_bytes())));
                let fate = match fate {
                    Fate::Missing(why) => Fate::Missing(format!("{at}{why}")),
                    Fate::Failed(why) => Fate::Failed(format!("{at}{why}")),
                    fate => fate,
                };
                (fate, None)
            }
        };
        let shareable = found.is_some();
        Outcome { fate, found, notes: Vec::new(), hops, shareable, cached: false, took: start.elapsed() }
    }

    fn chase(&mut self, question: &Question, hops: &mut Vec<String>) -> Result<Found, Fate> {
        let home = match question {
            Question::Handle(handle) | Question::Holdings(handle) => Some(query::home(handle)),
            number => self.table.registry(number),
        };
        let named = self.conf.base.as_deref();
        let base = named.or_else(|| self.conf.servers.rdap(home?));
        let base = base.ok_or_else(|| Fate::Missing("IANA has no RDAP server for numbers".into()))?;
        let mut url = format!("{}/{}", base.trim_end_matches('/'), rdap::path(question));
        let mut registry =
            if named.is_some() { rdap::trusted(&self.conf.servers, named, &url).flatten() } else { home };
        let mut visited = BTreeSet::new();
        let (mut again, mut left) = (0, self.conf.timeout);
        loop {
            if hops.last() != Some(&url) {
                hops.push(url.clone());
            }
            visited.insert(url.clone());
            let place = url.split('/').nth(2).unwrap_or_default().to_owned();
            if let Some(why) = self.closed.get(&place) {
                return Err(Fate::Failed(format!("not asked again ({why})")));
            }
            self.wait(registry);
            let start = Instant::now();
            let said = self.get(&url, left);
            left = left.saturating_sub(start.elapsed());
            if left.is_zero() {
                let strikes = self.strikes.entry(place.clone()).or_default();
                *strikes += 1;
                if *strikes == STRIKES {
                    self.closed.insert(place.clone(), "it timed out".into());
                }
            } else {
                self.strikes.remove(&place);
            }
            let said = said?;
            match (said.status, said.location) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => {
                    url = rdap::resolve(&url, &location);
                    let refused = || Fate::Failed(format!("redirect to {} refused", shown(url.as_bytes())));
                    registry = rdap::trusted(&self.conf.servers, named, &url).ok_or_else(refused)?;
                    self.counts.referrals += 1;
                    if visited.contains(&url) || visited.len() > REDIRECTS {
                        return Err(Fate::Failed("redirects without an end".into()));
                    }
                }
                (429, _) if again < AGAIN => {
                    again += 1;
                    let pause = Duration::from_secs(said.retry_after.unwrap_or(1));
                    if pause >= left {
                        return Err(self.limited(place, "limited (status 429)"));
                    }
                    thread::sleep(pause);
                    left -= pause;
                }
                (status, _) => {
                    let mut answer = match rdap::read(status, &said.body, registry) {
                        Err(Fate::Failed(why)) if status == 429 || why == rdap::NO_OBJECT => {
                            return Err(self.limited(place, &why));
                        }
                        read => read?,
                    };
                    answer.server = place;
                    let listed = self.table.assigned(question).filter(|r| r.is_regional());
                    answer.transferred = listed.zip(answer.registry).map(|(listed, now)| listed != now);
                    answer.hops.clone_from(hops);
                    let text = String::from_utf8_lossy(&said.body).into_owned();
                    return Ok(Found { bytes: said.body, text, first: None, answer, from: None });
                }
            }
        }
    }

    /// A server that limits us is left alone for the rest of the run.
    fn limited(&mut self, place: String, why: &str) -> Fate {
        self.closed.insert(place, why.to_owned());
        Fate::Failed(why.to_owned())
    }

    /// Keeps the registry's pace.
    fn wait(&mut self, registry: Option<Registry>) {
        let pace = self.paces.entry(registry).or_insert_with(|| Pace::of(registry, self.conf.rate));
        let now = Instant::now();
        thread::sleep(pace.free_at(now).saturating_duration_since(now));
        pace.spend(Instant::now());
    }

    /// One request, with what is `left` of the deadline.
    fn get(&mut self, url: &str, left: Duration) -> Result<Said, Fate> {
        let failed = |why: &str| Fate::Failed(why.to_owned());
        if left.is_zero() {
            return Err(failed("timed out"));
        }
        self.counts.queries += 1;
        let reply = self.agent.get(url).config().timeout_global(Some(left)).build().call();
        let mut reply = reply.map_err(|e| failed(&reason(&e)))?;
        let header = |name: &str| reply.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (location, retry_after) = (header("location"), header("retry-after").and_then(|v| v.parse().ok()));
        let status = reply.status().as_u16();
        let most = self.conf.max_bytes as u64;
        let mut body = Vec::new();
        let read = reply.body_mut().with_config().limit(u64::MAX).reader().take(most + 1).read_to_end(&mut body);
        if body.len() as u64 > most {
            return Err(failed(&format!("truncated at {most} bytes")));
        }
        read.map_err(|e| failed(&format!("truncated, {}", output::reason(&e))))?;
        Ok(Said { status, body, location, retry_after })
    }
}

/// ureq's words for what failed, on one line.
fn reason(e: &Error) -> String {
    match e {
        Error::Timeout(_) => "timed out".into(),
        Error::HostNotFound => "name not found".into(),
        Error::Io(e) => output::reason(e).to_lowercase(),
        e => shown(e.to_string().as_bytes()),
    }
}

/// Whom to trust: the authorities of this machine, which SSL_CERT_FILE and
/// SSL_CERT_DIR may name, or those of Mozilla's list where it has none.
fn roots() -> RootCerts {
    let own = rustls_native_certs::load_native_certs().certs;
    if own.is_empty() {
        return RootCerts::WebPki;
    }
    RootCerts::from(own.iter().map(|cert| Certificate::from_der(cert).to_owned()))
}

/// Connects to the addresses in turn, to none for long while another one waits.
#[derive(Debug, Default)]
struct Turns(TcpConnector);

impl Connector<()> for Turns {
    type Out = <TcpConnector as Connector<()>>::Out;

    fn connect(&self, all: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        let start = Instant::now();
        let mut last = Err(Error::HostNotFound);
        for (i, addr) in all.addrs.iter().enumerate() {
            let left = all.timeout.after.saturating_sub(start.elapsed());
            let others = i + 1 < all.addrs.len();
            let after = if others { left.min(NEXT_ADDRESS) } else { left };
            let mut addrs = all.resolver.empty();
            addrs.push(*addr);
            last = self.0.connect(
                &ConnectionDetails {
                    uri: all.uri,
                    addrs,
                    config: all.config,
                    request_level: all.request_level,
                    resolver: all.resolver,
                    now: (all.current_time)(),
                    timeout: NextTimeout { after: after.into(), ..all.timeout },
                    current_time: all.current_time.clone(),
                    run_connector: all.run_connector.clone(),
                    register_shutdown: all.register_shutdown.clone(),
                },
                None,
            );
            if last.is_ok() {
                break;
            }
        }
        last
    }
}

/// Looks names up without the thread that ureq would start for it.
#[derive(Debug)]
struct Plain;

impl Resolver for Plain {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let place = uri.scheme().zip(uri.authority()).and_then(|(s, a)| DefaultResolver::host_and_port(s, a));
        let found = place.ok_or(Error::HostNotFound)?.to_socket_addrs().map_err(|_| Error::HostNotFound)?;
        let mut addrs = self.empty();
        for addr in found.take(16) {
            addrs.push(addr);
        }
        if addrs.is_empty() { Err(Error::HostNotFound) } else { Ok(addrs) }
    }
}
