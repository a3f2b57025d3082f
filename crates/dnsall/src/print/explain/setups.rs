//! Whole set-ups, as people have them: tests/dnsall/setups holds for each of them
//! the records, the names to explain (`> NAME`) and what is to be said about them.
use std::{fs, path::PathBuf};

use plainnet_lab::master::{self, Entry};

use super::*;
use crate::wire::rdata;

#[test]
fn every_set_up_is_explained_as_it_is() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/dnsall/setups"));
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 12, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let mut parts = text.split("\n> ");
        let entries = master::read(parts.next().unwrap());
        for part in parts {
            let (name, wanted) = part.split_once('\n').unwrap();
            let said = explained(&entries, &Name::parse(name).unwrap());
            let wanted: Vec<&str> = wanted.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(said, wanted, "{}: {name}", path.display());
        }
    }
}

/// One name, as a resolver would have answered about it.
struct Answered {
    name: Name,
    records: Vec<(Type, u32, Data)>,
    absent: Vec<Absent>,
}

fn explained(entries: &[Entry], name: &Name) -> Vec<String> {
    let names = chain(entries, name, &Type::data_types().collect::<Vec<_>>());
    let policies: Vec<Answered> =
        names_to_ask(name).into_iter().flat_map(|(name, rtype)| chain(entries, &name, &[rtype])).collect();
    explain(&names.iter().map(view).collect::<Vec<_>>(), &policies.iter().map(view).collect::<Vec<_>>())
}

fn view(answered: &Answered) -> Collected<'_> {
    let fact = answered.records.iter().map(|(rtype, ttl, data)| Fact { rtype: *rtype, ttl: *ttl, data, at: None });
    Collected { name: &answered.name, facts: fact.collect(), absent: &answered.absent, denied: false }
}

/// The name and the targets of its aliases, as far as there are records of them.
fn chain(entries: &[Entry], name: &Name, types: &[Type]) -> Vec<Answered> {
    let owner = |entry: &Entry| Name::parse(&entry.owner).unwrap();
    let mut all: Vec<Answered> = Vec::new();
    let mut next = Some(name.clone());
    while let Some(name) = next.take() {
        let mut records: Vec<(Type, u32, Data)> = entries
            .iter()
            .filter(|entry| owner(entry).same(&name))
            .filter(|entry| types.contains(&Type(entry.rtype)) || Type(entry.rtype) == Type::CNAME)
            .map(|entry| {
                let rtype = Type(entry.rtype);
                (rtype, entry.ttl, rdata::read(rtype, &entry.rdata, 0..entry.rdata.len()))
            })
            .collect();
        records.sort_by(|a, b| (a.0, &a.2.key).cmp(&(b.0, &b.2.key)));
        let alias = records.iter().find(|record| record.0 == Type::CNAME);
        next = alias.and_then(|record| Name::from_wire(&record.2.wire));
        if records.is_empty() && !all.is_empty() {
            break;
        }
        // The parent denies a DS record, and the name's own zone everything else.
        let zone = |rtype| {
            let soas = entries.iter().filter(|entry| Type(entry.rtype) == Type::SOA).map(owner);
            let above = soas.filter(|zone| name.is_within(zone) && (rtype != Type::DS || !zone.same(&name)));
            above.max_by_key(|zone| zone.wire().len())
        };
        let missing = types.iter().filter(|rtype| alias.is_none() && !records.iter().any(|r| r.0 == **rtype));
        let absent = missing.map(|rtype| Absent { rtype: *rtype, zone: zone(*rtype) }).collect();
        all.push(Answered { name, records, absent });
    }
    all
}
