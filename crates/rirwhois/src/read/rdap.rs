//! RDAP (RFC 9082, 9083): what is asked, and what an answer says.
//!
//! A server may send anything, so every member is looked up and checked, and
//! none is relied on.
use serde_json::Value;

use crate::{
    ask::chase::Fate, ask::question::Question, ask::servers::Servers, read::answer::Answer, table::range::Range,
    table::registry::Registry,
};

/// Said of an answer that is about nothing.
pub const NO_OBJECT: &str = "no object, perhaps limited";

/// How deep entities may lie in entities.
const DEPTH: usize = 4;

/// The path of a question below a base (RFC 9082 section 3.1).
pub fn path(question: &Question) -> String {
    match question {
        Question::Addresses(range) if range.first != range.last => format!("ip/{range}"),
        Question::Addresses(range) => format!("ip/{}", range.start()),
        Question::As(number) => format!("autnum/{number}"),
        Question::Handle(handle) | Question::Holdings(handle) => format!("entity/{handle}"),
    }
}

/// Where a redirect from `url` to `location` leads (RFC 3986 section 5.2, as far as it is used).
pub fn resolve(url: &str, location: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let root = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{}:{location}", url.split(':').next().unwrap_or("https"))
    } else if location.starts_with('/') {
        format!("{}{location}", &url[..root])
    } else {
        let folder = url[root..].rfind('/').map_or(url.len(), |at| root + at);
        format!("{}/{location}", &url[..folder])
    }
}

/// The registry of `url`, if that is below the scheme and authority of one of
/// the bases that are trusted; `named` is that of `--server`.
pub fn trusted(servers: &Servers, named: Option<&str>, url: &str) -> Option<Option<Registry>> {
    let place = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some((scheme.to_ascii_lowercase(), authority.to_ascii_lowercase()))
    };
    let asked = place(url)?;
    let same = |base: &str| place(base).as_ref() == Some(&asked);
    let registry = crate::table::registry::ALL.into_iter().find(|r| servers.rdap(*r).is_some_and(same));
    if registry.is_some() {
        return Some(registry);
    }
    named.is_some_and(same).then_some(None)
}

/// Reads the body of an answer with `status`.
///
/// # Errors
/// What became of the question instead.
pub fn read(status: u16, body: &[u8], registry: Option<Registry>) -> Result<Answer, Fate> {
    match status {
        200..=299 => {}
        404 => return Err(Fate::Missing("not found".into())),
        429 => return Err(Fate::Failed("limited (status 429)".into())),
        _ => return Err(Fate::Failed(format!("status {status}"))),
    }
    // serde_json's own limit of nesting stays on.
    let value: Value = serde_json::from_slice(body).map_err(|_| Fate::Failed("not JSON".into()))?;
    // LACNIC tells its limit in a notice, with status 200.
    if value.get("objectClassName").and_then(Value::as_str).is_none() {
        return Err(Fate::Failed(NO_OBJECT.into()));
    }
    Ok(answer(&value, registry))
}

fn answer(value: &Value, registry: Option<Registry>) -> Answer {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let event = |action: &str| {
        let events = list(value, "events");
        let of = |e: &&Value| e.get("eventAction").and_then(Value::as_str) == Some(action);
        events.iter().find(of).and_then(|e| e.get("eventDate")?.as_str()).unwrap_or_default().to_owned()
    };
    let number = |key: &str| value.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let range = range(value);
    let block = match (range, number("startAutnum"), number("endAutnum")) {
        (Some(range), ..) => range.to_string(),
        (None, Some(first), Some(last)) if first != last => format!("AS{first}-AS{last}"),
        (None, Some(first), _) => format!("AS{first}"),
        _ => String::new(),
    };
    let is_entity = value.get("objectClassName").and_then(Value::as_str) == Some("entity");
    let holder = if is_entity { Some(value) } else { entity(value, "registrant", DEPTH) };
    let of_holder = |key: &str| holder.and_then(|h| h.get(key)).and_then(Value::as_str).unwrap_or_default().to_owned();
    let status: Vec<&str> = list(value, "status").iter().filter_map(Value::as_str).collect();
    Answer {
        registry: text("port43").split(':').next().and_then(Registry::from_host).or(registry),
        range,
        block,
        name: text("name"),
        org: holder.and_then(|h| card(h, "fn")).unwrap_or_default(),
        org_handle: of_holder("handle"),
        country: text("country"),
        status: status.join(", "),
        abuse: entity(value, "abuse", DEPTH).and_then(|e| card(e, "email")).unwrap_or_default(),
        date: event("registration"),
        updated: event("last changed"),
        parent: text("parentHandle"),
        ..Answer::default()
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// From its ends, or from cidr0's prefixes where these are missing.
fn range(value: &Value) -> Option<Range> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let (Some(first), Some(last)) = (text("startAddress"), text("endAddress")) {
        // Some write the ends as prefixes: 8.8.8.0/32.
        let bare = |t: &str| t.split('/').next().unwrap_or_default().to_owned();
        return Range::parse(&format!("{} - {}", bare(first), bare(last)));
    }
    let prefixes = list(value, "cidr0_cidrs").iter().filter_map(|c| {
        let addr = c.get("v4prefix").or_else(|| c.get("v6prefix"))?.as_str()?;
        Range::parse(&format!("{addr}/{}", c.get("length")?.as_u64()?))
    });
    prefixes.reduce(
        |a, b| if a.v6 == b.v6 { Range { first: a.first.min(b.first), last: a.last.max(b.last), ..a } } else { a },
    )
}

/// The first entity with this role, also within others.
fn entity<'a>(value: &'a Value, role: &str, depth: usize) -> Option<&'a Value> {
    let entities = list(value, "entities");
    let plays = |e: &&Value| list(e, "roles").iter().any(|r| r.as_str() == Some(role));
    entities.iter().find(plays).or_else(|| {
        let depth = depth.checked_sub(1)?;
        entities.iter().find_map(|e| entity(e, role, depth))
    })
}

/// A name (`fn`) or an address for mail from a jCard (RFC 7095), or from the
/// JSContact card (RFC 9553) that replaces it.
fn card(entity: &Value, what: &str) -> Option<String> {
    let properties = list(entity, "vcardArray").get(1).and_then(Value::as_array);
    let found = properties.into_iter().flatten().find(|p| p.get(0).and_then(Value::as_str) == Some(what));
    if let Some(text) = found.and_then(|p| p.get(3)?.as_str()) {
        return Some(text.to_owned());
    }
    let card = entity.get("jscard").or_else(|| entity.get("jscard_card"))?;
    let text = match what {
        "fn" => card.pointer("/name/full")?.as_str()?,
        _ => card.get("emails")?.as_object()?.values().find_map(|e| e.get("address")?.as_str())?,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ip_network_of_arins() {
        let body = br#"{"objectClassName":"ip network","handle":"NET-8-8-8-0-2","startAddress":"8.8.8.0","endAddress":"8.8.8.255",
            "cidr0_cidrs":[{"v4prefix":"8.8.8.0","length":24}],"name":"GOGL","type":"DIRECT ALLOCATION","parentHandle":"NET-8-0-0-0-0",
            "status":["active"],"port43":"whois.arin.net","events":[{"eventAction":"last changed","eventDate":"2023-12-28T17:24:56-05:00"},
            {"eventAction":"registration","eventDate":"2023-12-28T17:24:33-05:00"}],
            "entities":[{"objectClassName":"entity","handle":"GOGL","roles":["registrant"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Google LLC"]]],
            "entities":[{"roles":["abuse"],"jscard":{"emails":{"e":{"address":"abuse@google.example"}}}}]}]}"#;
        let a = read(200, body, None).unwrap();
        let got = (a.registry, &*a.block, &*a.name, &*a.org, &*a.org_handle, &*a.abuse, &*a.status);
        assert_eq!(
            got,
            (Some(Registry::Arin), "8.8.8.0/24", "GOGL", "Google LLC", "GOGL", "abuse@google.example", "active")
        );
        assert_eq!((&*a.date, &*a.parent), ("2023-12-28T17:24:33-05:00", "NET-8-0-0-0-0"));
    }

    #[test]
    fn wrong_types_are_no_values() {
        let body = br#"{"objectClassName":"autnum","startAutnum":"1","endAutnum":-1,"name":7,"events":{},"entities":[1,{"roles":"x","vcardArray":[[]]}],"status":"active","country":null,"cidr0_cidrs":[{}]}"#;
        assert_eq!(
            read(200, body, Some(Registry::Ripe)).unwrap(),
            Answer { registry: Some(Registry::Ripe), ..Answer::default() }
        );
        for body in
            [&b""[..], b"<html>", b"[", &b"[".repeat(100_000), b"{}", b"null", br#"{"notices":[{"title":"rate"}]}"#]
        {
            assert!(matches!(read(200, body, None), Err(Fate::Failed(_))));
        }
        assert!(matches!(read(404, b"", None), Err(Fate::Missing(_))));
        assert!(matches!(read(503, b"{}", None), Err(Fate::Failed(_))));
    }

    #[test]
    fn redirects_lead_to_registries_only() {
        let servers = Servers::parse("RIPE - http://127.0.0.1:8080/rdap/").unwrap();
        let ok = |url: &str| trusted(&servers, None, url);
        assert_eq!(ok("https://rdap.arin.net/registry/ip/8.8.8.8"), Some(Some(Registry::Arin)));
        assert_eq!(ok("http://127.0.0.1:8080/x"), Some(Some(Registry::Ripe)));
        for bad in [
            "http://rdap.arin.net/registry/",
            "https://rdap.arin.net.example/",
            "https://rdap.arin.net@x/",
            "http://127.0.0.1:8081/",
            "https://rdap.arin.net:444/",
            "file:///etc/passwd",
            "x",
        ] {
            assert_eq!(ok(bad), None, "{bad}");
        }
        assert_eq!(resolve("https://a/b/c", "/d"), "https://a/d");
        assert_eq!(resolve("https://a/b/c", "d"), "https://a/b/d");
        assert_eq!(resolve("https://a/b/c", "//x/d"), "https://x/d");
        assert_eq!(resolve("https://a", "d"), "https://a/d");
        assert_eq!(resolve("https://a/b", "http://x/"), "http://x/");
    }

    #[test]
    fn paths() {
        let path = |text| path(&Question::parse(text).unwrap());
        assert_eq!(path("8.8.8.8"), "ip/8.8.8.8");
        assert_eq!(path("2001:db8::/32"), "ip/2001:db8::/32");
        assert_eq!(path("AS15169"), "autnum/15169");
        assert_eq!(path("gogl"), "entity/GOGL");
    }
}
