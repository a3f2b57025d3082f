//! The names and ports of a services file by hash, for many questions.
use std::collections::BTreeSet;

use super::{hash::hash, registry::like, services::Service};

/// Where each name and port stands in a file.
#[derive(Debug)]
pub struct Index {
    /// At the hash of a name or after it: the first of its places in `names`, from 1.
    slots: Vec<u32>,
    /// Names and aliases in the order of the file.
    names: Vec<Name>,
    /// Ports and the offsets of their lines, by port, then in the order of the file.
    ports: Vec<(u16, u32)>,
    /// Protocols in small letters.
    protos: BTreeSet<Vec<u8>>,
}

/// A name or alias in a file.
#[derive(Clone, Copy, Debug)]
struct Name {
    at: u32,
    length: u32,
    line: u32,
    /// The next of the same letters, from 1.
    next: u32,
    /// Of the first of the same letters: the last one.
    last: u32,
    port: u16,
}

impl Name {
    fn of(self, text: &[u8]) -> &[u8] {
        let at = self.at as usize;
        &text[at..at + self.length as usize]
    }
}

impl Index {
    /// Reads every line of `text`, which is shorter than 4 GiB.
    pub fn new(text: &[u8]) -> Index {
        let mut index = Index { slots: Vec::new(), names: Vec::new(), ports: Vec::new(), protos: BTreeSet::new() };
        let mut at = 0;
        for line in text.split(|b| *b == b'\n') {
            if let Ok(Some(service)) = Service::parse(line) {
                index.add(at, line, &service);
            }
            at += line.len() + 1;
        }
        index.ports.sort_by_key(|p| p.0);
        // A third full at most: a search for a name that isn't there ends soon.
        index.slots = vec![0; (index.names.len() * 3 + 1).next_power_of_two()];
        for i in 0..index.names.len() {
            index.link(text, i);
        }
        index
    }

    fn add(&mut self, at: usize, line: &[u8], service: &Service) {
        for name in std::iter::once(service.name).chain(service.aliases()) {
            // Both are parts of one line, so this is the name's place in it.
            let inside = name.as_ptr() as usize - line.as_ptr() as usize;
            let (at, line, length) = ((at + inside) as u32, at as u32, name.len() as u32);
            self.names.push(Name { at, length, line, next: 0, last: 0, port: service.port });
        }
        self.ports.push((service.port, at as u32));
        self.protos.insert(service.proto.to_ascii_lowercase());
    }

    /// Puts a name into its slot, or behind those of the same letters.
    fn link(&mut self, text: &[u8], i: usize) {
        let name = self.names[i].of(text);
        let slot = self.slot(text, name, hash(name));
        self.names[i].last = i as u32;
        match self.slots[slot] as usize {
            0 => self.slots[slot] = i as u32 + 1,
            first => {
                let last = self.names[first - 1].last as usize;
                self.names[last].next = i as u32 + 1;
                self.names[first - 1].last = i as u32;
            }
        }
    }

    /// The slot of a name, or the empty one where it would be.
    fn slot(&self, text: &[u8], name: &[u8], hash: usize) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash & mask;
        while let Some(first) = (self.slots[slot] as usize).checked_sub(1) {
            if like(self.names[first].of(text), name) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Each place of the name in `text`, the file of this index, whatever the case.
    fn named(&self, text: &[u8], name: &[u8], hash: usize) -> impl Iterator<Item = Name> {
        let mut next = self.slots[self.slot(text, name, hash)] as usize;
        std::iter::from_fn(move || {
            let found = self.names[next.checked_sub(1)?];
            next = found.next as usize;
            Some(found)
        })
    }

    /// The offsets of the lines that have this name, whatever its case.
    pub fn lines_named(&self, text: &[u8], name: &[u8]) -> impl Iterator<Item = usize> {
        let mut before = None;
        // A line may have a name twice.
        self.named(text, name, hash(name))
            .map(|n| n.line as usize)
            .filter(move |line| before.replace(*line) != Some(*line))
    }

    /// The offsets of the lines with this port.
    pub fn lines_at(&self, port: u16) -> impl Iterator<Item = usize> {
        let from = self.ports.partition_point(|p| p.0 < port);
        self.ports[from..].iter().take_while(move |p| p.0 == port).map(|p| p.1 as usize)
    }

    /// The port of the first line with this very name, else with one that
    /// differs in case, whatever the protocol. `hash` is [`hash`] of the name.
    pub fn port_of(&self, text: &[u8], name: &[u8], hash: usize) -> Option<u16> {
        let first = self.names[(self.slots[self.slot(text, name, hash)] as usize).checked_sub(1)?];
        if first.of(text) == name {
            return Some(first.port);
        }
        self.named(text, name, hash).find(|n| n.of(text) == name).or(Some(first)).map(|n| n.port)
    }

    /// Has a line this protocol, whatever its case?
    pub fn knows_proto(&self, proto: &str) -> bool {
        self.protos.contains(proto.to_ascii_lowercase().as_bytes())
    }

    /// Every port and the offset of its line, by port, then in the order of the file.
    pub fn ports(&self) -> &[(u16, u32)] {
        &self.ports
    }
}
