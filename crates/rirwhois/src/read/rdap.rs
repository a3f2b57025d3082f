//! RDAP (RFC 9083): what a reply says.
//!
//! A server may send anything, so every member is looked up and checked, and
//! none is relied on.
use std::borrow::Cow;

use plainnet_common::block::Block;

use crate::{
    ask::question::Question,
    read::answer::Answer,
    read::country,
    read::date,
    read::held::Held,
    read::json::{self, Value},
    read::range,
    table::registry::Registry,
};

/// Said of a reply that is about nothing.
pub const NO_OBJECT: &str = "no object, perhaps limited";

/// How deep entities may lie in entities.
const DEPTH: usize = 4;

/// A reply that holds an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    value: Value<'a>,
    /// What a strict reader of JSON would have stumbled over.
    pub oddities: Vec<&'static str>,
}

/// A reply's text: RFC 8259 wants UTF-8, and other bytes become U+FFFD.
pub fn text(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body)
}

impl<'a> Object<'a> {
    /// Reads the text of a reply of status 200.
    ///
    /// # Errors
    /// Why it is no object.
    pub fn parse(text: &'a str) -> Result<Object<'a>, String> {
        let json::Document { value, mut oddities } =
            json::parse(text).map_err(|at| format!("not JSON at byte {at}"))?;
        let class = value.get("objectClassName").and_then(Value::text).is_some();
        // LACNIC tells its limit in a notice, with status 200.
        if !class && ["startAddress", "startAutnum", "vcardArray"].iter().all(|key| value.get(key).is_none()) {
            let words = words(&value);
            return Err(if words.is_empty() { NO_OBJECT.into() } else { format!("{NO_OBJECT} ({words})") });
        }
        if !class {
            oddities.push("it names no objectClassName");
        }
        Ok(Object { value, oddities })
    }

    /// The object's fields; `registry` is that of the server, if it is one's.
    pub fn answer(&self, registry: Option<Registry>) -> Answer {
        let value = &self.value;
        let text = |key: &str| value.get(key).and_then(Value::text).unwrap_or_default().to_owned();
        let event = |action: &str| {
            let of = |e: &&Value<'_>| e.get("eventAction").and_then(Value::text) == Some(action);
            let found = list(value, "events").iter().find(of).and_then(|e| e.get("eventDate")?.text());
            found.and_then(date::rfc3339).unwrap_or_default()
        };
        let (range, numbers) = (range(value), numbers(value));
        let block = match (range, numbers) {
            (Some(range), _) => range.to_string(),
            (None, Some((first, last))) if first != last => format!("AS{first}-AS{last}"),
            (None, Some((first, _))) => format!("AS{first}"),
            (None, None) => String::new(),
        };
        let holder = if self.is_entity() { Some(value) } else { entity(value, "registrant", DEPTH) };
        let of_holder =
            |key: &str| holder.and_then(|h| h.get(key)).and_then(Value::text).unwrap_or_default().to_owned();
        let status: Vec<&str> = list(value, "status").iter().filter_map(Value::text).collect();
        let named = value.get("country").and_then(Value::text).and_then(country::code);
        Answer {
            registry: text("port43").split(':').next().and_then(Registry::from_host).or(registry),
            range,
            block,
            name: text("name"),
            org: holder.and_then(|h| card(h, "fn")).unwrap_or_default(),
            org_handle: of_holder("handle"),
            country: named.or_else(|| home(holder?)).unwrap_or_default(),
            status: status.join(", "),
            abuse: entity(value, "abuse", DEPTH).and_then(|e| card(e, "email")).unwrap_or_default(),
            date: event("registration"),
            updated: event("last changed"),
            parent: text("parentHandle"),
            ..Answer::default()
        }
    }

    /// Is it an organisation or a person?
    pub fn is_entity(&self) -> bool {
        self.value
            .get("objectClassName")
            .and_then(Value::text)
            .map_or_else(|| self.value.get("vcardArray").is_some(), |class| class == "entity")
    }

    /// Is this the object that was asked for, as far as it tells what it is about? An object
    /// whose numbers can't be read is, since nothing says that it isn't.
    pub fn holds(&self, question: &Question) -> bool {
        match question {
            // A server may answer a prefix with what lies in it.
            Question::Addresses(asked) => range(&self.value).is_none_or(|r| r.holds(asked) || asked.holds(&r)),
            Question::As(number) => numbers(&self.value).is_none_or(|(first, last)| (first..=last).contains(number)),
            Question::Handle(_) | Question::Holdings(_) => self.is_entity() || range(&self.value).is_some(),
        }
    }

    /// Does it name addresses or AS numbers that can't be read?
    pub fn is_unreadable(&self) -> bool {
        let has = |key: &str| self.value.get(key).is_some();
        has("startAddress") && range(&self.value).is_none() || has("startAutnum") && numbers(&self.value).is_none()
    }

    /// What an entity's record says that it holds.
    pub fn holdings(&self) -> Held {
        let mut held = Held::default();
        for network in list(&self.value, "networks") {
            match ends(network) {
                Some(range) => held.add(&range),
                None => prefixes(network).for_each(|range| held.add(&range)),
            }
        }
        held.numbers.extend(list(&self.value, "autnums").iter().filter_map(numbers));
        held.is_cut |= self.is_truncated();
        held
    }

    /// Does a notice say that something was left out (RFC 9083 section 9 and 10.2.1)?
    fn is_truncated(&self) -> bool {
        let notices = list(&self.value, "notices").iter().chain(list(&self.value, "remarks"));
        let lists = list(&self.value, "networks").iter().chain(list(&self.value, "autnums"));
        let inner = lists.flat_map(|item| list(item, "notices").iter());
        notices.chain(inner).any(|notice| {
            let says = |key: &str| {
                notice
                    .get(key)
                    .and_then(Value::text)
                    .is_some_and(|text| text.to_ascii_lowercase().contains("truncated"))
            };
            let lines = list(notice, "description").iter().filter_map(Value::text);
            says("type") || says("title") || lines.clone().any(|line| line.to_ascii_lowercase().contains("truncated"))
        })
    }
}

/// The words of an error (RFC 9083 section 6), or of the first notice: the title and its explanation.
pub fn refusal(body: &[u8]) -> String {
    let text = text(body);
    json::parse(&text).map(|document| words(&document.value)).unwrap_or_default()
}

fn words(value: &Value<'_>) -> String {
    let notice = list(value, "notices").first();
    let of = |value: &Value<'_>| {
        let title = value.get("title").and_then(Value::text);
        let lines = list(value, "description").iter().filter_map(Value::text);
        title.into_iter().chain(lines.take(2)).map(str::trim).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(": ")
    };
    let own = of(value);
    if own.is_empty() { notice.map(of).unwrap_or_default() } else { own }
}

fn list<'v, 'a>(value: &'v Value<'a>, key: &str) -> &'v [Value<'a>] {
    value.get(key).map_or(&[], Value::items)
}

/// The AS numbers of an autnum, both ends included.
fn numbers(value: &Value<'_>) -> Option<(u32, u32)> {
    let number = |key: &str| value.get(key).and_then(Value::number).and_then(|n| u32::try_from(n).ok());
    let first = number("startAutnum")?;
    Some((first, number("endAutnum").filter(|last| first <= *last).unwrap_or(first)))
}

/// A network from its first to its last address.
fn ends(value: &Value<'_>) -> Option<Block> {
    let text = |key: &str| value.get(key).and_then(Value::text);
    // Some write the ends as prefixes: 8.8.8.0/32.
    let bare = |t: &str| t.split('/').next().unwrap_or_default().to_owned();
    range::parse(&format!("{} - {}", bare(text("startAddress")?), bare(text("endAddress")?)))
}

/// From its ends, or from cidr0's prefixes where these are missing or can't be read.
fn range(value: &Value<'_>) -> Option<Block> {
    ends(value).or_else(|| {
        prefixes(value).reduce(|a, b| {
            if a.family == b.family { Block { first: a.first.min(b.first), last: a.last.max(b.last), ..a } } else { a }
        })
    })
}

/// The prefixes of cidr0.
fn prefixes(value: &Value<'_>) -> impl Iterator<Item = Block> {
    list(value, "cidr0_cidrs").iter().filter_map(|c| {
        let addr = c.get("v4prefix").or_else(|| c.get("v6prefix"))?.text()?;
        range::parse(&format!("{addr}/{}", c.get("length")?.number()?))
    })
}

/// The first entity with this role, also within others.
fn entity<'v, 'a>(value: &'v Value<'a>, role: &str, depth: usize) -> Option<&'v Value<'a>> {
    let entities = list(value, "entities");
    let plays = |e: &&Value<'_>| list(e, "roles").iter().any(|r| r.text() == Some(role));
    entities.iter().find(plays).or_else(|| {
        let depth = depth.checked_sub(1)?;
        entities.iter().find_map(|e| entity(e, role, depth))
    })
}

/// A jCard's property of this name (RFC 7095): name, parameters, type, value.
fn property<'v, 'a>(entity: &'v Value<'a>, name: &str) -> Option<&'v [Value<'a>]> {
    let properties = list(entity, "vcardArray").get(1)?.items();
    properties.iter().map(Value::items).find(|p| p.first().and_then(Value::text) == Some(name))
}

/// The JSContact card (RFC 9553) that replaces the jCard.
fn contact<'v, 'a>(entity: &'v Value<'a>) -> Option<&'v Value<'a>> {
    entity.get("jscard").or_else(|| entity.get("jscard_card"))
}

/// A name (`fn`) or an address for mail (`email`) from either card.
fn card(entity: &Value<'_>, what: &str) -> Option<String> {
    if let Some(text) = property(entity, what).and_then(|p| p.get(3)?.text()) {
        return Some(text.to_owned());
    }
    let card = contact(entity)?;
    let text = match what {
        "fn" => card.get("name")?.get("full")?.text()?,
        _ => card.get("emails")?.values().find_map(|e| e.get("address")?.text())?,
    };
    Some(text.to_owned())
}

/// The country of a holder's postal address: RFC 8605's code, the last part of
/// a structured address, or the last line of a label, as ARIN has it.
fn home(entity: &Value<'_>) -> Option<String> {
    let last_line = |text: &str| text.lines().map(str::trim).rfind(|line| !line.is_empty()).and_then(country::code);
    if let Some(adr) = property(entity, "adr") {
        let parameter = |key: &str| adr.get(1).and_then(|p| p.get(key)).and_then(Value::text);
        let part = adr.get(3).and_then(|parts| parts.items().last()).and_then(Value::text);
        let found = parameter("cc").and_then(country::code).or_else(|| part.and_then(country::code));
        if let Some(code) = found.or_else(|| parameter("label").and_then(last_line)) {
            return Some(code);
        }
    }
    let addresses = contact(entity)?.get("addresses")?;
    addresses.values().find_map(|address| {
        let text = |key: &str| address.get(key).and_then(Value::text);
        text("countryCode").and_then(country::code).or_else(|| text("full").and_then(last_line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str, registry: Option<Registry>) -> Answer {
        Object::parse(body).unwrap().answer(registry)
    }

    /// RFC 9553's names of properties, as RDAP has them in a `jscard`.
    #[test]
    fn a_holder_on_the_newer_card() {
        let body = r#"{"objectClassName":"ip network","startAddress":"192.0.2.0","endAddress":"192.0.2.255",
            "entities":[{"handle":"ORG-1","roles":["registrant"],"jscard":{"name":{"full":"Example Org"}}},
            {"roles":["abuse"],"jscard":{"name":{"full":"Desk"},"emails":{"e":{"address":"abuse@example.net"}}}}]}"#;
        let a = read(body, None);
        assert_eq!((&*a.org, &*a.org_handle, &*a.abuse), ("Example Org", "ORG-1", "abuse@example.net"));
    }

    #[test]
    fn an_ip_network_of_arins() {
        let body = r#"{"objectClassName":"ip network","handle":"NET-8-8-8-0-2","startAddress":"8.8.8.0","endAddress":"8.8.8.255",
            "cidr0_cidrs":[{"v4prefix":"8.8.8.0","length":24}],"name":"GOGL","type":"DIRECT ALLOCATION","parentHandle":"NET-8-0-0-0-0",
            "status":["active"],"port43":"whois.arin.net","events":[{"eventAction":"last changed","eventDate":"2023-12-28T17:24:56-05:00"},
            {"eventAction":"registration","eventDate":"2023-12-28T17:24:33-05:00"}],
            "entities":[{"objectClassName":"entity","handle":"GOGL","roles":["registrant"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Google LLC"],
            ["adr",{"label":"1600 Amphitheatre Parkway\nMountain View\nCA\n94043\nUnited States"},"text",["","","","","","",""]]]],
            "entities":[{"roles":["abuse"],"jscard":{"emails":{"e":{"address":"abuse@google.example"}}}}]}]}"#;
        let a = read(body, None);
        let got = (a.registry, &*a.block, &*a.name, &*a.org, &*a.org_handle, &*a.abuse, &*a.status);
        assert_eq!(
            got,
            (Some(Registry::Arin), "8.8.8.0/24", "GOGL", "Google LLC", "GOGL", "abuse@google.example", "active")
        );
        assert_eq!((&*a.date, &*a.parent, &*a.country), ("2023-12-28T22:24:33Z", "NET-8-0-0-0-0", "US"));
    }

    #[test]
    fn a_holders_country_stands_in_many_places() {
        let of = |card: &str| {
            let body = format!(
                r#"{{"objectClassName":"autnum","startAutnum":64500,"entities":[{{"roles":["registrant"],{card}}}]}}"#
            );
            read(&body, None).country
        };
        assert_eq!(of(r#""vcardArray":["vcard",[["adr",{},"text",["","","1 Way","Town","","1","Japan"]]]]"#), "JP");
        assert_eq!(of(r#""vcardArray":["vcard",[["adr",{"cc":"de"},"text",["","","","","","",""]]]]"#), "DE");
        assert_eq!(
            of(r#""vcardArray":["vcard",[["adr",{"label":"1 Way\nTown\n"},"text",["","","","","","",""]]]]"#),
            ""
        );
        assert_eq!(of(r#""jscard":{"addresses":{"a":{"countryCode":"NL"}}}"#), "NL");
        assert_eq!(of(r#""jscard":{"addresses":{"a":{"full":"1 Way\nKorea, Republic of"}}}"#), "KR");
    }

    #[test]
    fn wrong_types_are_no_values() {
        let body = r#"{"objectClassName":"autnum","startAutnum":"1","endAutnum":-1,"name":7,"events":{},"entities":[1,{"roles":"x","vcardArray":[[]]}],"status":"active","country":null,"cidr0_cidrs":[{}]}"#;
        assert_eq!(read(body, Some(Registry::Ripe)), Answer { registry: Some(Registry::Ripe), ..Answer::default() });
        assert!(Object::parse(body).unwrap().is_unreadable());
        for body in ["", "<html>", "[", &"[".repeat(100_000)] {
            assert!(Object::parse(body).unwrap_err().starts_with("not JSON"));
        }
        for body in ["{}", "null", "[[[]]]"] {
            assert_eq!(Object::parse(body).unwrap_err(), NO_OBJECT);
        }
        let limit = r#"{"notices":[{"title":"Rate limit exceeded","description":["Come back later"]}]}"#;
        let want = format!("{NO_OBJECT} (Rate limit exceeded: Come back later)");
        assert_eq!(Object::parse(limit).unwrap_err(), want);
        assert_eq!(refusal(br#"{"errorCode":403,"title":"Forbidden","description":["No"]}"#), "Forbidden: No");
        assert_eq!(refusal(b"<html>"), "");
    }

    #[test]
    fn odd_ends_are_read_all_the_same() {
        let block = |ends: &str| read(&format!(r#"{{"objectClassName":"ip network",{ends}}}"#), None).block;
        assert_eq!(block(r#""startAddress":"62.239.237.0/32","endAddress":"62.239.237.255/32""#), "62.239.237.0/24");
        assert_eq!(block(r#""startAddress":"074.125.000.000","endAddress":"074.125.255.255""#), "74.125.0.0/16");
        assert_eq!(
            block(r#""startAddress":"x","endAddress":"y","cidr0_cidrs":[{"v4prefix":"8.8.8.0","length":24}]"#),
            "8.8.8.0/24"
        );
        let odd = Object::parse(r#"{"startAddress":"8.8.8.0","endAddress":"8.8.8.255"}"#).unwrap();
        assert_eq!((&*odd.answer(None).block, odd.oddities), ("8.8.8.0/24", vec!["it names no objectClassName"]));
    }

    #[test]
    fn a_record_of_something_else_is_none() {
        let network =
            Object::parse(r#"{"objectClassName":"ip network","startAddress":"8.8.8.0","endAddress":"8.8.8.255"}"#)
                .unwrap();
        let autnum = Object::parse(r#"{"objectClassName":"autnum","startAutnum":64500,"endAutnum":64510}"#).unwrap();
        let holds = |object: &Object<'_>, question: &str| object.holds(&Question::parse(question).unwrap());
        assert!(holds(&network, "8.8.8.8") && holds(&network, "8.8.0.0/16") && !holds(&network, "8.8.9.1"));
        assert!(holds(&autnum, "AS64505") && !holds(&autnum, "AS64511"));
    }

    #[test]
    fn an_entity_lists_what_it_holds() {
        let body = r#"{"objectClassName":"entity","handle":"X","networks":[{"startAddress":"8.8.8.0","endAddress":"8.8.8.255"},
            {"cidr0_cidrs":[{"v6prefix":"2001:db8::","length":32},{"v6prefix":"2001:dba::","length":32}]},7],
            "autnums":[{"startAutnum":15169},{"startAutnum":64500,"endAutnum":64501}]}"#;
        let held = Object::parse(body).unwrap().holdings();
        let prefixes: Vec<_> = held.prefixes.iter().map(Block::to_string).collect();
        assert_eq!(prefixes, ["8.8.8.0/24", "2001:db8::/32", "2001:dba::/32"]);
        assert_eq!(
            (held.numbers.into_iter().collect::<Vec<_>>(), held.is_cut),
            (vec![(15169, 15169), (64500, 64501)], false)
        );
        for notice in [
            r#""notices":[{"type":"result set truncated due to excessive load"}]"#,
            r#""notices":[{"title":"Search Policy","description":["Results were truncated to 100"]}]"#,
            r#""remarks":[{"type":"object truncated due to authorization"}]"#,
        ] {
            assert!(
                Object::parse(&format!(r#"{{"objectClassName":"entity",{notice}}}"#)).unwrap().holdings().is_cut,
                "{notice}"
            );
        }
    }

    #[test]
    fn an_object_is_known_by_its_class_or_by_a_member_of_its_own() {
        for (body, is_entity, oddities) in [
            (r#"{"objectClassName":"entity"}"#, true, 0),
            (r#"{"objectClassName":"autnum","vcardArray":[]}"#, false, 0),
            (r#"{"vcardArray":[]}"#, true, 1),
            (r#"{"startAutnum":7}"#, false, 1),
            (r#"{"startAddress":"8.8.8.0"}"#, false, 1),
        ] {
            let object = Object::parse(body).unwrap();
            assert_eq!((object.is_entity(), object.oddities.len()), (is_entity, oddities), "{body}");
        }
        assert_eq!(Object::parse("[").unwrap_err(), "not JSON at byte 1");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn numbers_have_two_ends_or_one() {
        let block = |members: &str| read(&format!(r#"{{"objectClassName":"autnum",{members}}}"#), None).block;
        for (members, want) in [
            (r#""startAutnum":7"#, "AS7"),
            (r#""startAutnum":7,"endAutnum":7"#, "AS7"),
            (r#""startAutnum":7,"endAutnum":9"#, "AS7-AS9"),
            (r#""startAutnum":7,"endAutnum":6"#, "AS7"),
            (r#""startAutnum":4294967295"#, "AS4294967295"),
            (r#""startAutnum":4294967296"#, ""),
            (r#""endAutnum":9"#, ""),
        ] {
            assert_eq!(block(members), want, "{members}");
        }
        let cidrs = |list: &str| block(&format!(r#""cidr0_cidrs":[{list}]"#));
        let (low, high) = (r#"{"v4prefix":"192.0.2.0","length":25}"#, r#"{"v4prefix":"192.0.2.128","length":25}"#);
        assert_eq!(
            (cidrs(&format!("{low},{high}")), cidrs(&format!("{high},{low}"))),
            ("192.0.2.0/24".into(), "192.0.2.0/24".into())
        );
        assert_eq!(cidrs(&format!(r#"{low},{{"v6prefix":"::","length":0}}"#)), "192.0.2.0/25");
    }

    #[test]
    fn what_cannot_be_read_is_unreadable_and_what_is_not_told_is_not() {
        for (members, want) in [
            (r#""startAddress":"x","endAddress":"y""#, true),
            (r#""startAddress":"8.8.8.0","endAddress":"8.8.8.255""#, false),
            (r#""startAutnum":"x""#, true),
            (r#""startAutnum":7"#, false),
            (r#""handle":"X""#, false),
        ] {
            let body = format!(r#"{{"objectClassName":"x",{members}}}"#);
            assert_eq!(Object::parse(&body).unwrap().is_unreadable(), want, "{members}");
        }
    }

    #[test]
    fn an_entity_or_a_network_may_answer_a_handle() {
        let holds =
            |body: &str, question: &str| Object::parse(body).unwrap().holds(&Question::parse(question).unwrap());
        let entity = r#"{"objectClassName":"entity"}"#;
        let network = r#"{"objectClassName":"ip network","startAddress":"8.8.8.0","endAddress":"8.8.8.255"}"#;
        let autnum = r#"{"objectClassName":"autnum","startAutnum":64500}"#;
        assert!(holds(entity, "GOGL") && holds(network, "NET-8-8-8-0-2") && !holds(autnum, "X"));
        // Nothing says that these are not what was asked for.
        assert!(holds(entity, "8.8.8.8") && holds(entity, "AS7"));
        assert!(holds(autnum, "AS64500") && !holds(autnum, "AS64499") && !holds(autnum, "AS64501"));
        assert!(holds(network, "8.8.8.0") && holds(network, "8.8.8.255") && !holds(network, "8.8.7.255"));
    }

    #[test]
    fn entities_lie_in_entities_four_deep() {
        let nested = |depth: usize| {
            let inner =
                r#"{"roles":["tech","abuse"],"vcardArray":["vcard",[["email",{},"text","a@b.example"]]]}"#.to_owned();
            let body = (0..depth).fold(inner, |inner, _| format!(r#"{{"entities":[{inner}]}}"#));
            read(&format!(r#"{{"objectClassName":"autnum","entities":[{{"roles":"abuse"}},{body}]}}"#), None).abuse
        };
        assert_eq!(
            (nested(0), nested(DEPTH), nested(DEPTH + 1)),
            ("a@b.example".into(), "a@b.example".into(), String::new())
        );
    }

    #[test]
    fn the_registry_is_the_one_that_the_record_names() {
        let of =
            |port43: &str, own| read(&format!(r#"{{"objectClassName":"autnum","port43":"{port43}"}}"#), own).registry;
        assert_eq!(of("whois.arin.net:43", Some(Registry::Ripe)), Some(Registry::Arin));
        assert_eq!((of("whois.example", Some(Registry::Ripe)), of("", None)), (Some(Registry::Ripe), None));
    }

    #[test]
    fn a_notice_of_a_list_within_a_record_says_that_something_was_left_out() {
        let cut = |members: &str| {
            Object::parse(&format!(r#"{{"objectClassName":"entity",{members}}}"#)).unwrap().holdings().is_cut
        };
        assert!(cut(r#""networks":[{"notices":[{"title":"Truncated"}]}]"#));
        assert!(cut(r#""autnums":[{"notices":[{"type":"object truncated due to unexplainable reasons"}]}]"#));
        assert!(!cut(r#""notices":[{"title":"Terms","description":["No warranty"]}]"#));
        assert!(!cut(r#""networks":[{"remarks":[{"title":"truncated"}]}]"#));
    }

    #[test]
    fn the_words_of_a_refusal_are_its_own_or_its_first_notices() {
        for (body, want) in [
            (r#"{"title":" T ","description":["a","b","c"]}"#, "T: a: b"),
            (r#"{"title":"T","notices":[{"title":"N"}]}"#, "T"),
            (r#"{"title":"","notices":[{"description":["n"]},{"title":"O"}]}"#, "n"),
            (r#"{"notices":[]}"#, ""),
        ] {
            assert_eq!(refusal(body.as_bytes()), want, "{body}");
        }
    }
}
