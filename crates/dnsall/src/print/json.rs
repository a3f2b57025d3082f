//! The object of one input, every key every time.
use plainnet_common::text::{escape, json_string};

use crate::{
    cli::Conf,
    print::answer::{Answer, Verdict, milliseconds, place},
};

/// The object of `answer`, without the end of the line.
pub fn object(of: &Answer<'_>, conf: &Conf, verdict: &Verdict) -> Vec<u8> {
    let mut out = Object::new();
    let input = &of.input;
    // A line that is no text is written as messages write it.
    let raw = || std::str::from_utf8(input.line).map_or_else(|_| escape(input.line), str::to_owned);
    let line = input.text.map_or_else(|_| raw(), str::to_owned);
    let (first, last) = (of.lookups().first(), of.lookups().last());
    out.text("input", Some(&line));
    out.text("name", first.map(|l| &l.name).or(of.name).map(ToString::to_string).as_deref());
    out.raw("status", &verdict.status.code().to_string());
    out.text("rcode", last.and_then(|l| l.rcode).map(|c| c.to_string()).as_deref());
    out.text("flags", last.filter(|l| l.rcode.is_some()).map(|l| l.flags().join(" ")).as_deref());
    let server = last.and_then(|l| l.server.or_else(|| l.failures.first().map(|f| f.server)));
    let heard = last.and_then(|l| l.server).map(|n| of.server(Some(n)));
    out.text("server", of.label.or(heard).or(server.filter(|_| of.label.is_some()).map(|n| of.server(Some(n)))));
    out.raw("elapsed_ms", &last.map_or_else(|| "null".to_owned(), |l| format!("{:.1}", milliseconds(l.elapsed))));
    out.list("hosts", of.hosts.iter(), |out, host| json_string(out, host));
    out.list("records", of.records(conf), |out, (lookup, record)| {
        out.extend(format!("{{\"type\":\"{}\",\"ttl\":{},\"rdata\":", record.rtype, record.ttl).bytes());
        json_string(out, &record.data.text);
        if let Some(proof) = &lookup.proof {
            out.extend(format!(",\"dnssec\":\"{}\"", proof.of(record.rtype, &record.data.wire)).bytes());
        }
        out.push(b'}');
    });
    let errors: std::collections::BTreeSet<_> = of.lookups().iter().flat_map(|l| &l.extended_errors).collect();
    out.list("ede", errors.into_iter(), |out, error| {
        out.extend(format!("{{\"code\":{},\"text\":", error.code).bytes());
        json_string(out, &escape(&error.text));
        out.push(b'}');
    });
    match of.lookups().iter().find_map(|l| l.referral.as_ref()) {
        None => out.raw("referral", "null"),
        Some(referral) => {
            let mut inner = Object::new();
            inner.text("zone", Some(&referral.zone.to_string()));
            inner.list("servers", referral.servers.iter(), |out, server| json_string(out, &server.to_string()));
            out.bytes("referral", &inner.end());
        }
    }
    let nsid = of.lookups().iter().find_map(|l| l.nsid.as_ref());
    out.text("nsid", nsid.map(|nsid| escape(nsid)).as_deref());
    if conf.trace {
        out.list("trace", of.steps.iter(), |out, step| {
            let mut inner = Object::new();
            inner.text("zone", Some(&step.zone.to_string()));
            inner.text("server", step.host.name.as_ref().map(ToString::to_string).as_deref());
            inner.text("address", Some(&place(step.host.address)));
            let ms = step.elapsed.map(|t| format!("{:.1}", milliseconds(t)));
            inner.raw("ms", ms.as_deref().unwrap_or("null"));
            inner.text("result", Some(&step.finding.to_string()));
            out.extend(inner.end());
        });
    }
    if conf.validate {
        let proofs = of.lookups().iter().filter_map(|lookup| lookup.proof.as_ref());
        let worst = proofs.filter_map(|proof| Some(proof.worst()?.verdict)).max();
        out.text("dnssec", worst.map(|verdict| verdict.to_string()).as_deref());
    }
    out.text("error", Some(verdict.why.as_str()).filter(|why| !why.is_empty()));
    out.end()
}

/// An object being written.
struct Object(Vec<u8>);

impl Object {
    fn new() -> Object {
        Object(b"{".to_vec())
    }

    fn key(&mut self, key: &str) {
        let gap = if self.0.len() > 1 { "," } else { "" };
        self.0.extend(format!("{gap}\"{key}\":").bytes());
    }

    /// A text, or null.
    fn text(&mut self, key: &str, value: Option<&str>) {
        self.key(key);
        match value {
            Some(value) => json_string(&mut self.0, value),
            None => self.0.extend(b"null"),
        }
    }

    /// A number, or null.
    fn raw(&mut self, key: &str, value: &str) {
        self.bytes(key, value.as_bytes());
    }

    fn bytes(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.0.extend(value);
    }

    fn list<T>(&mut self, key: &str, items: impl Iterator<Item = T>, mut one: impl FnMut(&mut Vec<u8>, T)) {
        self.key(key);
        self.0.push(b'[');
        for (i, item) in items.enumerate() {
            self.0.extend((i > 0).then_some(b','));
            one(&mut self.0, item);
        }
        self.0.push(b']');
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}
