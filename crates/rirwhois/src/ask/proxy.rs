//! Which proxy stands before a server, as the environment says.

/// What the environment says about proxies, in the manner of curl.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// `https_proxy` or `HTTPS_PROXY`.
    pub https: Option<String>,
    /// `http_proxy`, in small letters only.
    pub http: Option<String>,
    /// `all_proxy` or `ALL_PROXY`, where the one before is not set.
    pub all: Option<String>,
    /// `no_proxy` or `NO_PROXY`: names, domains and addresses that need none.
    pub none: Option<String>,
}

impl Proxies {
    /// Reads them by `variable`, which looks one up.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Proxies {
        let one = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        Proxies {
            https: one(&["https_proxy", "HTTPS_PROXY"]),
            // A web server sets HTTP_PROXY from a header of its client's.
            http: one(&["http_proxy"]),
            all: one(&["all_proxy", "ALL_PROXY"]),
            none: one(&["no_proxy", "NO_PROXY"]),
        }
    }

    /// The proxy for this URL.
    pub fn of(&self, url: &str) -> Option<&str> {
        let (scheme, rest) = url.split_once("://")?;
        let own = if scheme.eq_ignore_ascii_case("https") { &self.https } else { &self.http };
        let proxy = own.as_ref().or(self.all.as_ref())?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let needs_none = self.none.iter().flat_map(|list| list.split([',', ' '])).any(|one| is_of(authority, one));
        (!needs_none).then_some(proxy)
    }
}

/// Is the host of `authority` meant by this entry of `no_proxy`: a name, a domain (with or without
/// a dot before it), an address, or `*`, each perhaps with a port?
fn is_of(authority: &str, entry: &str) -> bool {
    let entry = entry.trim();
    let split = |text: &str| match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') => {
            (host.to_owned(), port.to_owned())
        }
        _ => (text.to_owned(), String::new()),
    };
    let ((host, port), (name, only)) = (split(authority), split(entry));
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let name = name.trim_matches(['[', ']']).trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    if entry.is_empty() || !only.is_empty() && only != port {
        return false;
    }
    entry == "*" || host == name || !name.is_empty() && host.ends_with(&format!(".{name}"))
}

/// A proxy's URL as messages may show it.
pub fn without_password(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => url.rsplit_once('@').map_or(url, |(_, host)| host).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_a_proxy_and_who_needs_none() {
        let read = |set: &[(&str, &str)]| {
            Proxies::read(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
        };
        let proxies =
            read(&[("HTTPS_PROXY", "http://p:1"), ("ALL_PROXY", "http://a:1"), ("HTTP_PROXY", "http://evil:1")]);
        assert_eq!(proxies.of("https://rdap.arin.net/x"), Some("http://p:1"));
        assert_eq!(proxies.of("http://rdap.arin.net/x"), Some("http://a:1"));
        assert_eq!(
            read(&[("https_proxy", "http://l:1"), ("HTTPS_PROXY", "http://p:1")]).of("https://x/"),
            Some("http://l:1")
        );
        assert_eq!(read(&[("HTTPS_PROXY", "")]).of("https://x/"), None);
        let around =
            |none: &str, url: &str| read(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", none)]).of(url).is_none();
        for (none, url, is_around) in [
            ("*", "https://rdap.arin.net/", true),
            ("arin.net", "https://rdap.arin.net/", true),
            (".arin.net", "https://rdap.arin.net/", true),
            ("*.arin.net", "https://rdap.arin.net/", true),
            ("x.example, rdap.arin.net", "https://rdap.arin.net/", true),
            ("RDAP.ARIN.NET", "https://rdap.arin.net:443/", true),
            ("rdap.arin.net:444", "https://rdap.arin.net:443/", false),
            ("127.0.0.1", "https://127.0.0.1:8443/x", true),
            ("::1", "https://[::1]:8443/x", true),
            ("in.net", "https://rdap.arin.net/", false),
            ("", "https://rdap.arin.net/", false),
            (",,", "https://rdap.arin.net/", false),
        ] {
            assert_eq!(around(none, url), is_around, "{none} {url}");
        }
    }

    #[test]
    fn a_password_is_shown_to_nobody() {
        assert_eq!(without_password("http://me:secret@proxy.example:3128"), "http://proxy.example:3128");
        assert_eq!(without_password("http://proxy.example:3128"), "http://proxy.example:3128");
        assert_eq!(without_password("me:se@cret@proxy.example"), "proxy.example");
    }
}
