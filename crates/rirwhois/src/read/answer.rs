//! What an answer says, under names that are the same for all registries.
use plainnet_common::block::Block;

use crate::{
    ask::question::Question,
    ask::servers::Server,
    read::country,
    read::date,
    read::field::Field,
    read::range,
    read::reply::{Object, Reply},
    table::registry::Registry,
};

/// The fields of one answer, whichever protocol it came by; a text is one
/// line, and empty where the registry says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The registry whose record it is.
    pub registry: Option<Registry>,
    /// The server that gave it.
    pub server: String,
    /// The addresses that it is about.
    pub range: Option<Block>,
    /// The same, or its AS numbers, as text.
    pub block: String,
    /// The network's or AS's name.
    pub name: String,
    /// Who holds it.
    pub org: String,
    /// The holder's handle.
    pub org_handle: String,
    /// Two letters (ISO 3166), or EU, AP or ZZ.
    pub country: String,
    /// Kind of allocation, in the registry's words.
    pub status: String,
    /// Where to complain.
    pub abuse: String,
    /// When it was registered (RFC 3339).
    pub date: String,
    /// When the record changed, likewise.
    pub updated: String,
    /// The network around it.
    pub parent: String,
    /// IANA lists another registry than the one that answered.
    pub transferred: Option<bool>,
    /// Servers asked, in order.
    pub hops: Vec<String>,
}

impl Answer {
    /// Reads the reply of `server` to `question`.
    pub fn read(question: &Question, server: &Server, reply: &Reply<'_>) -> Answer {
        let mut answer = Answer { server: server.to_string(), registry: server.registry, ..Answer::default() };
        let Some((at, main)) = reply.answering(question).and_then(|at| Some((at, reply.object(at)?))) else {
            return answer;
        };
        // What the object itself says comes before what stands around it.
        let near = |keys: &[&str]| main.get(keys).or_else(|| reply.group(at).find_map(|o| o.get(keys)));
        let date = |keys: &[&str]| near(keys).and_then(date::rfc3339).unwrap_or_default();

        let own = server.registry.or_else(|| source(main)).or_else(|| form(main));
        answer.registry = proxied(server.registry, main).or(own);
        answer.range = main.range();
        answer.block = match (answer.range, main.numbers()) {
            (Some(range), _) => range.to_string(),
            (None, Some((first, last))) if first == last => format!("AS{first}"),
            (None, Some((first, last))) => format!("AS{first}-AS{last}"),
            (None, None) => String::new(),
        };
        answer.name = main.get(&NAMES).unwrap_or_default().to_owned();
        (answer.org, answer.org_handle) = holder(reply, main, at);
        answer.country = main
            .get(&COUNTRIES)
            .or_else(|| organisation(reply, &answer.org_handle)?.get(&COUNTRIES))
            .or_else(|| near(&COUNTRIES))
            .and_then(country::code)
            .unwrap_or_default();
        answer.status = main.get(&["status", "nettype", "network type"]).unwrap_or_default().to_owned();
        answer.abuse = abuse(reply, main, at);
        answer.date = date(&["created", "regdate", "registration date", "[assigned date]"]);
        answer.updated = date(&["last-modified", "updated", "changed", "[last update]"]);
        answer.parent = main.get(&["parent"]).unwrap_or_default().to_owned();
        answer
    }

    /// The fewest prefixes of its block.
    pub fn prefixes(&self) -> Vec<String> {
        self.range.map(|r| range::prefixes(r).map(|prefix| prefix.to_string()).collect()).unwrap_or_default()
    }

    /// One field as text; empty where it has no value. The input and the
    /// answer's own text are not in here.
    pub fn text(&self, field: Field) -> String {
        match field {
            Field::Registry => self.registry.map(|r| r.name().to_owned()).unwrap_or_default(),
            Field::Server => self.server.clone(),
            Field::Block => self.block.clone(),
            Field::Prefixes => self.prefixes().join(","),
            Field::Name => self.name.clone(),
            Field::Org => self.org.clone(),
            Field::OrgHandle => self.org_handle.clone(),
            Field::Country => self.country.clone(),
            Field::Status => self.status.clone(),
            Field::Abuse => self.abuse.clone(),
            Field::Date => self.date.clone(),
            Field::Updated => self.updated.clone(),
            Field::Parent => self.parent.clone(),
            Field::Transferred => self.transferred.map(|t| t.to_string()).unwrap_or_default(),
            Field::Hops => self.hops.join(","),
            Field::Input | Field::Text => String::new(),
        }
    }
}

/// Names of networks and AS numbers.
const NAMES: [&str; 7] =
    ["netname", "as-name", "asname", "[network name]", "[as name]", "service name", "network-name"];

/// Keys of countries.
const COUNTRIES: [&str; 2] = ["country", "country-code"];

/// LACNIC's and AFRINIC's servers may pass on another registry's answer.
fn proxied(server: Option<Registry>, main: Object<'_, '_>) -> Option<Registry> {
    let proxy = matches!(server, Some(Registry::Lacnic | Registry::Afrinic));
    let said = if main.get(&["netrange", "ashandle"]).is_some() { Some(Registry::Arin) } else { source(main) };
    said.filter(|r| proxy && r.is_regional())
}

/// `source: RIPE # Filtered`; RIPE's mirrors are `ARIN-GRS` and so on.
fn source(object: Object<'_, '_>) -> Option<Registry> {
    let name = object.get(&["source"])?.split_whitespace().next()?;
    Registry::from_name(name.trim_end_matches("-GRS"))
}

/// The registry that an object without a source is of, by the form that it alone uses.
fn form(object: Object<'_, '_>) -> Option<Registry> {
    if object.get(&["netrange", "nethandle", "ashandle", "orgid"]).is_some() {
        return Some(Registry::Arin);
    }
    object.get(&["owner", "ownerid"]).map(|_| Registry::Lacnic)
}

/// The record of the organisation with this handle, if it came, too.
fn organisation<'r, 't>(reply: &'r Reply<'t>, handle: &str) -> Option<Object<'r, 't>> {
    reply.objects().find(|o| o.get(&["organisation"]).is_some_and(|v| v == handle) && !handle.is_empty())
}

/// Name and handle of the organisation.
fn holder(reply: &Reply<'_>, main: Object<'_, '_>, at: usize) -> (String, String) {
    let near = |keys: &[&str]| reply.group(at).find_map(|o| o.get(keys));
    // ARIN writes `Organization: Google LLC (GOGL)`.
    let written = main.get(&["organization"]).map(|text| match text.rsplit_once(" (") {
        Some((name, id)) => (name, id.trim_end_matches(')')),
        None => (text, ""),
    });
    let handle = main
        .get(&["org", "organisation", "ownerid"])
        .filter(|_| main.get(&["refer", "whois"]).is_none())
        .or_else(|| near(&["orgid"]))
        .or(written.map(|(_, id)| id))
        .unwrap_or_default();
    let name = organisation(reply, handle)
        .and_then(|o| o.get(&["org-name"]))
        .or_else(|| main.get(&["org-name", "owner"]))
        .or_else(|| near(&["orgname", "custname"]))
        .or(written.map(|(name, _)| name))
        .or_else(|| main.get(&["[organization]", "organization name", "org-name", "organisation", "descr"]))
        .unwrap_or_default();
    // IANA has names where others have handles.
    let handle = if name == handle { "" } else { handle };
    (name.to_owned(), handle.to_owned())
}

/// The address for complaints.
fn abuse(reply: &Reply<'_>, main: Object<'_, '_>, at: usize) -> String {
    // RIPE and its like: Abuse contact for '193.0.0.0 - 193.0.7.255' is 'abuse@ripe.net'
    let told = reply.remarks.iter().filter_map(|r| r.strip_prefix("Abuse contact for '")?.split_once("' is '"));
    let own = |about: &str| match main.range() {
        Some(range) => range::parse(about) == Some(range),
        None => main.get(&["aut-num"]).is_some_and(|n| n == about),
    };
    if let Some((_, mail)) = told.clone().find(|(about, _)| own(about)) {
        return mail.trim_end_matches('\'').to_owned();
    }
    let near = |keys: &[&str]| reply.group(at).find_map(|o| o.get(keys));
    // LACNIC: the person whom abuse-c names.
    let person = main.get(&["abuse-c"]).and_then(|handle| {
        let of = |o: &Object<'_, '_>| o.get(&["nic-hdl", "nic-hdl-br"]) == Some(handle);
        reply.objects().find(of)?.get(&["abuse-mailbox", "e-mail"])
    });
    // ARIN: the contact of the resource itself comes before that of the whole organisation.
    near(&["rabuseemail", "rnocabuseemail"])
        .or_else(|| near(&["orgabuseemail"]))
        .or(person)
        .or_else(|| near(&["abuse-mailbox"]))
        .or_else(|| reply.objects().find_map(|o| o.get(&["abuse-mailbox"])))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(question: &str, registry: Registry, text: &str) -> Answer {
        let server = Server { host: registry.host().into(), port: 43, registry: Some(registry) };
        Answer::read(&Question::parse(question).unwrap(), &server, &Reply::parse(text))
    }

    #[test]
    fn arin_names_the_organisation_apart() {
        let a = read(
            "192.0.2.1",
            Registry::Arin,
            "# start\n\nNetRange: 192.0.0.0 - 192.0.255.255\nNetName: PARENT\n\nOrgName: P\nOrgId: P\n\n# end\n\n# start\n\n\
             NetRange:       192.0.2.0 - 192.0.2.255\nCIDR:           192.0.2.0/24\nNetName:        CHILD\n\
             Parent:         PARENT (NET-192-0-0-0-1)\nNetType:        Reassigned\nOrganization:   Child Inc. (CHI-1)\n\
             RegDate:        2023-12-28\nUpdated:        2024-01-02\n\nOrgName:        Child Inc.\nOrgId:          CHI-1\n\
             Country:        US\nRegDate:        2000-03-30\n\nOrgAbuseEmail:  abuse@child.example\n\n# end\n",
        );
        let got =
            (&*a.block, &*a.name, &*a.org, &*a.org_handle, &*a.country, &*a.status, &*a.abuse, &*a.date, &*a.updated);
        let want = (
            "192.0.2.0/24",
            "CHILD",
            "Child Inc.",
            "CHI-1",
            "US",
            "Reassigned",
            "abuse@child.example",
            "2023-12-28",
            "2024-01-02",
        );
        assert_eq!(got, want);
        assert_eq!(a.parent, "PARENT (NET-192-0-0-0-1)");
    }

    #[test]
    fn ripe_tells_the_abuse_address_in_a_remark() {
        let a = read(
            "193.0.0.1",
            Registry::Ripe,
            "% Abuse contact for '193.0.0.0 - 193.0.7.255' is 'abuse@ripe.net'\n\ninetnum: 193.0.0.0 - 193.0.7.255\n\
             netname: RIPE-NCC\norg: ORG-RIEN1-RIPE\ndescr: RIPE NCC\ncountry: NL\nstatus: ASSIGNED PA\n\
             created: 2003-03-17T12:15:57Z\nlast-modified: 2017-12-04T14:42:31Z\nsource: RIPE\n",
        );
        assert_eq!((&*a.abuse, &*a.org, &*a.org_handle), ("abuse@ripe.net", "RIPE NCC", "ORG-RIEN1-RIPE"));
        assert_eq!(a.prefixes(), ["193.0.0.0/21"]);
    }

    #[test]
    fn lacnic_names_a_person_and_may_pass_on_others() {
        let text = "inetnum: 200.3.12/22\nowner: LACNIC\nownerid: UY-LACN-LACNIC\nabuse-c: AIL\ncreated: 20020904\n\n\
                    nic-hdl: AIL\nperson: x\ne-mail: noc@lacnic.example\n";
        let a = read("200.3.14.1", Registry::Lacnic, text);
        assert_eq!((&*a.abuse, &*a.org, &*a.org_handle), ("noc@lacnic.example", "LACNIC", "UY-LACN-LACNIC"));
        let a = read("193.0.0.1", Registry::Lacnic, "% IP Client: 192.0.2.7\n\ninetnum: 193.0.0.0/21\nsource: RIPE\n");
        assert_eq!(a.registry, Some(Registry::Ripe));
    }

    #[test]
    fn national_registries_below_apnic() {
        let a = read(
            "210.180.1.1",
            Registry::Krnic,
            "[ Network Information ]\nIPv4 Address       : 210.178.0.0 - 210.182.255.255 (/15+/15+/16)\n\
             Organization Name  : LG\nService Name       : BORANET\nRegistration Date  : 19980701\n",
        );
        assert_eq!((&*a.name, &*a.org, &*a.date), ("BORANET", "LG", "1998-07-01"));
        assert_eq!(a.prefixes(), ["210.178.0.0/15", "210.180.0.0/15", "210.182.0.0/16"]);
        let a = read(
            "202.12.30.115",
            Registry::Jpnic,
            "Network Information:\na. [Network Number]             202.12.30.0/24\nb. [Network Name]               JPNIC-NET\n\
             g. [Organization]               Japan Network Information Center\n[Assigned Date]                 1997/01/01\n",
        );
        assert_eq!((&*a.block, &*a.name, &*a.org), ("202.12.30.0/24", "JPNIC-NET", "Japan Network Information Center"));
    }

    #[test]
    fn the_resources_own_contact_comes_before_the_organisations() {
        let text = "NetRange: 192.0.2.0 - 192.0.2.255\n\nOrgName: X\n\nOrgAbuseEmail: org@x.example\n\n\
                    RAbuseEmail: own@x.example\n";
        assert_eq!(read("192.0.2.1", Registry::Arin, text).abuse, "own@x.example");
    }

    #[test]
    fn the_form_of_a_strangers_answer_tells_the_registry() {
        let server = Server { host: "mirror.example".into(), port: 43, registry: None };
        let read = |question: &str, text: &str| {
            Answer::read(&Question::parse(question).unwrap(), &server, &Reply::parse(text)).registry
        };
        let arin = "NetRange: 192.0.2.0 - 192.0.2.255\nNetHandle: NET-192-0-2-0-1\n";
        assert_eq!(read("192.0.2.1", arin), Some(Registry::Arin));
        assert_eq!(read("AS64500", "ASNumber: 64500\nASHandle: AS64500\n"), Some(Registry::Arin));
        let lacnic = "inetnum: 192.0.2/24\nowner: X\nownerid: UY-XXXX-LACNIC\n";
        assert_eq!(read("192.0.2.1", lacnic), Some(Registry::Lacnic));
        assert_eq!(read("192.0.2.1", "inetnum: 192.0.2.0/24\nsource: RIPE\n"), Some(Registry::Ripe));
        assert_eq!(read("192.0.2.1", "inetnum: 192.0.2.0/24\n"), None);
    }

    #[test]
    fn an_as_number_is_where_its_organisation_is() {
        let text = "aut-num: AS64500\norg: ORG-X1-RIPE\nsource: RIPE\n\n\
                    organisation: ORG-Y1-RIPE\norg-name: Y\ncountry: DE\n\n\
                    organisation: ORG-X1-RIPE\norg-name: X\ncountry: NL\n";
        let a = read("AS64500", Registry::Ripe, text);
        assert_eq!((&*a.country, &*a.org), ("NL", "X"));
    }

    #[test]
    fn dates_and_countries_are_of_one_form() {
        let text =
            "inetnum: 192.0.2.0 - 192.0.2.255\ncountry: au\nchanged: hm-changed@apnic.net 20021025\nsource: APNIC\n";
        let a = read("192.0.2.1", Registry::Apnic, text);
        assert_eq!((&*a.updated, &*a.country, &*a.date), ("2002-10-25", "AU", ""));
    }

    #[test]
    fn a_proxy_is_believed_and_a_mirror_is_no_registry() {
        let registry = |server: Registry, text: &str| {
            read("192.0.2.1", server, &format!("inetnum: 192.0.2.0/24\n{text}\n")).registry
        };
        assert_eq!(registry(Registry::Afrinic, "source: RIPE # Filtered"), Some(Registry::Ripe));
        assert_eq!(registry(Registry::Lacnic, "source: RADB"), Some(Registry::Lacnic));
        assert_eq!(registry(Registry::Ripe, "source: APNIC"), Some(Registry::Ripe));
        assert_eq!(registry(Registry::Afrinic, "ashandle: AS7"), Some(Registry::Arin));
        assert_eq!(registry(Registry::Afrinic, "source: ARIN-GRS"), Some(Registry::Arin));
    }

    #[test]
    fn an_organisation_is_named_where_its_registry_has_it() {
        let of = |text: &str| {
            let a = read("192.0.2.1", Registry::Iana, &format!("inetnum: 192.0.2.0/24\n{text}\n"));
            (a.org, a.org_handle)
        };
        for (text, want) in [
            ("organization: Google LLC (GOGL)", ("Google LLC", "GOGL")),
            ("organization: Nobody", ("Nobody", "")),
            ("organisation: ARIN\nwhois: whois.arin.net", ("ARIN", "")),
            ("organisation: ARIN\nrefer: whois.arin.net", ("ARIN", "")),
            ("org: ORG-X\n\norganisation: ORG-X\norg-name: X", ("X", "ORG-X")),
            ("descr: X", ("X", "")),
            ("custname: X", ("X", "")),
        ] {
            assert_eq!(of(text), (want.0.to_owned(), want.1.to_owned()), "{text}");
        }
    }

    #[test]
    fn complaints_go_to_whom_the_record_is_about() {
        let told = |about: &str| format!("% Abuse contact for '{about}' is 'a@x.example'\n\n");
        let abuse = |question: &str, text: &str| read(question, Registry::Ripe, text).abuse;
        let number = "aut-num: AS64500\n";
        assert_eq!(abuse("AS64500", &(told("AS64500") + number)), "a@x.example");
        assert_eq!(abuse("AS64500", &(told("AS64501") + number)), "");
        let block = "inetnum: 192.0.2.0 - 192.0.2.255\n";
        assert_eq!(abuse("192.0.2.1", &(told("192.0.2.0 - 192.0.2.255") + block)), "a@x.example");
        assert_eq!(abuse("192.0.2.1", &(told("192.0.0.0 - 192.0.2.255") + block)), "");
        let person = "abuse-c: P2\n\nnic-hdl: P1\ne-mail: one@x.example\n\nnic-hdl-br: P2\ne-mail: two@x.example\n";
        assert_eq!(abuse("192.0.2.1", &format!("{block}{person}")), "two@x.example");
        let far = "\nrole: R\n\ninetnum: 192.0.0.0/16\n\nrole: S\nabuse-mailbox: s@x.example\n";
        assert_eq!(abuse("192.0.2.1", &format!("{block}{far}")), "s@x.example");
    }

    #[test]
    fn every_field_has_its_text() {
        let answer = Answer {
            registry: Some(Registry::NicBr),
            server: "server".into(),
            range: range::parse("192.0.2.0-192.0.2.2"),
            block: "block".into(),
            name: "name".into(),
            org: "org".into(),
            org_handle: "handle".into(),
            country: "NL".into(),
            status: "status".into(),
            abuse: "abuse".into(),
            date: "date".into(),
            updated: "updated".into(),
            parent: "parent".into(),
            transferred: Some(true),
            hops: vec!["a".into(), "b".into()],
        };
        for (field, want) in [
            (Field::Registry, "NIC.br"),
            (Field::Server, "server"),
            (Field::Block, "block"),
            (Field::Prefixes, "192.0.2.0/31,192.0.2.2/32"),
            (Field::Name, "name"),
            (Field::Org, "org"),
            (Field::OrgHandle, "handle"),
            (Field::Country, "NL"),
            (Field::Status, "status"),
            (Field::Abuse, "abuse"),
            (Field::Date, "date"),
            (Field::Updated, "updated"),
            (Field::Parent, "parent"),
            (Field::Transferred, "true"),
            (Field::Hops, "a,b"),
            (Field::Input, ""),
            (Field::Text, ""),
        ] {
            assert_eq!(answer.text(field), want, "{field:?}");
            assert_eq!(Field::from_name(field.name()), Some(field));
        }
        assert_eq!(Field::names().count(), 17);
        let block = |question: &str, text: &str| read(question, Registry::Arin, text).block;
        assert_eq!(block("AS7", "ASNumber: 7\n"), "AS7");
        assert_eq!(block("AS7", "ASNumber: 6 - 7\n"), "AS6-AS7");
        assert_eq!(block("GOGL", "OrgId: GOGL\n"), "");
    }
}
