//! The table: whose names, networks and tokens are whose, each row with where that is written.
//!
//! More specific rows come first: every row that fits speaks for addresses, aliases,
//! hosts and tokens; the first that fits for senders and issuers.
use std::net::IpAddr;

use crate::wire::name::Name;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// An address in a network that serves many sites.
    Shared,
    /// An address in a network.
    Network,
    /// An address that is not for everyone; `who` is the sentence.
    Reach,
    /// The name of a name server.
    Dns,
    /// The name of a mail server.
    Mail,
    /// The target of an alias.
    Alias,
    /// How a text begins.
    Token,
    /// The domain of an SPF include.
    Sender,
    /// The domain of a CAA issuer.
    Issuer,
    /// A type that is there; `who` is the sentence.
    Present,
}

/// A row.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) on: On,
    /// A network, the end of a name, a label that ends in `*`, the start of a text, or a mnemonic.
    pub(super) pattern: &'static str,
    pub(super) who: &'static str,
    /// Where it is written, for the reader of this table.
    #[cfg_attr(not(test), expect(dead_code, reason = "people read it"))]
    pub(super) source: &'static str,
}

impl Rule {
    /// Is the name the pattern's, or below it? Or has it such a label?
    pub(super) fn names(&self, name: &Name) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(start) => name.labels().any(|label| starts(label, start)),
            None => self.ends(name.to_string().trim_end_matches('.')),
        }
    }

    /// Is the domain the pattern's, or below it?
    pub(super) fn ends(&self, domain: &str) -> bool {
        let Some(at) = domain.len().checked_sub(self.pattern.len()) else { return false };
        domain.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(self.pattern))
            && (at == 0 || domain.as_bytes()[at - 1] == b'.')
    }

    /// Does the text begin so?
    pub(super) fn starts(&self, text: &[u8]) -> bool {
        starts(text, self.pattern)
    }

    /// Is the address in the network?
    pub(super) fn holds(&self, ip: IpAddr) -> bool {
        let Some((first, len)) = network(self.pattern) else { return false };
        match (first, ip) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => (first.to_bits() ^ ip.to_bits()).leading_zeros() >= len,
            (IpAddr::V6(first), IpAddr::V6(ip)) => (first.to_bits() ^ ip.to_bits()).leading_zeros() >= len,
            _ => false,
        }
    }
}

fn starts(text: &[u8], start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (first, len) = text.split_once('/')?;
    Some((first.parse().ok()?, len.parse().ok()?))
}

const fn rule(on: On, pattern: &'static str, who: &'static str, source: &'static str) -> Rule {
    Rule { on, pattern, who, source }
}

#[rustfmt::skip]
pub(super) static RULES: &[Rule] = &[
    rule(On::Shared, "173.245.48.0/20", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "103.21.244.0/22", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "103.22.200.0/22", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "103.31.4.0/22", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "141.101.64.0/18", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "108.162.192.0/18", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "190.93.240.0/20", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "188.114.96.0/20", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "197.234.240.0/22", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "198.41.128.0/17", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "162.158.0.0/15", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "104.16.0.0/13", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "104.24.0.0/14", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "172.64.0.0/13", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "131.0.72.0/22", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2400:cb00::/32", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2606:4700::/32", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2803:f800::/32", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2405:b500::/32", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2405:8100::/32", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2a06:98c0::/29", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "2c0f:f248::/32", "Cloudflare", "cloudflare.com/ips, 2026-09"),
    rule(On::Shared, "23.235.32.0/20", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "43.249.72.0/22", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "103.244.50.0/24", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "103.245.222.0/23", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "103.245.224.0/24", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "104.156.80.0/20", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "140.248.64.0/18", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "140.248.128.0/17", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "146.75.0.0/17", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "151.101.0.0/16", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "157.52.64.0/18", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "167.82.0.0/17", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "167.82.128.0/20", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "167.82.160.0/20", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "167.82.224.0/20", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "172.111.64.0/18", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "185.31.16.0/22", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "199.27.72.0/21", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "199.232.0.0/16", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "2a04:4e40::/32", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "2a04:4e42::/32", "Fastly", "api.fastly.com/public-ip-list"),
    rule(On::Shared, "13.32.0.0/15", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "13.35.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "13.224.0.0/14", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "13.249.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "18.64.0.0/14", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "18.160.0.0/15", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "18.164.0.0/15", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "52.84.0.0/15", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "52.222.128.0/17", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "54.182.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "54.192.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "54.230.0.0/17", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "54.239.128.0/18", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "99.84.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "99.86.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "108.138.0.0/15", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "143.204.0.0/16", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "204.246.164.0/22", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "205.251.200.0/21", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "2600:9000::/28", "Amazon CloudFront", "ip-ranges.amazonaws.com/ip-ranges.json, service CLOUDFRONT"),
    rule(On::Shared, "185.199.108.0/22", "GitHub Pages", "docs.github.com, managing a custom domain for GitHub Pages"),
    rule(On::Shared, "2606:50c0:8000::/46", "GitHub Pages", "docs.github.com, managing a custom domain for GitHub Pages"),
    rule(On::Shared, "23.227.38.0/24", "Shopify", "help.shopify.com, third-party domains"),
    rule(On::Network, "142.250.0.0/15", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "172.217.0.0/16", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "172.253.0.0/16", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "173.194.0.0/16", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "74.125.0.0/16", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "209.85.128.0/17", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "216.58.192.0/19", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "216.239.32.0/19", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "2607:f8b0::/32", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "2a00:1450::/32", "Google", "gstatic.com/ipranges/goog.json"),
    rule(On::Network, "31.13.64.0/18", "Facebook", "RIPE and ARIN: Facebook, AS32934"),
    rule(On::Network, "157.240.0.0/16", "Facebook", "RIPE and ARIN: Facebook, AS32934"),
    rule(On::Network, "2a03:2880::/32", "Facebook", "RIPE and ARIN: Facebook, AS32934"),
    rule(On::Network, "17.0.0.0/8", "Apple", "ARIN: APPLE-WWNET"),
    rule(On::Reach, "10.0.0.0/8", "the address is of a private network", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "172.16.0.0/12", "the address is of a private network", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "192.168.0.0/16", "the address is of a private network", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "fc00::/7", "the address is of a private network", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "100.64.0.0/10", "the address is inside a provider's network", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "127.0.0.0/8", "the address is the asking machine itself", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "::1/128", "the address is the asking machine itself", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "169.254.0.0/16", "the address is of one link", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "fe80::/10", "the address is of one link", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "0.0.0.0/32", "the address is none", "IANA special-purpose registries, RFC 6890"),
    rule(On::Reach, "::/128", "the address is none", "IANA special-purpose registries, RFC 6890"),
    rule(On::Dns, "ns.cloudflare.com", "Cloudflare", "developers.cloudflare.com, nameservers"),
    rule(On::Dns, "foundationdns.com", "Cloudflare", "developers.cloudflare.com, nameservers"),
    rule(On::Dns, "awsdns-*", "Amazon Route 53", "docs.aws.amazon.com, Route 53 delegation sets"),
    rule(On::Dns, "akam.net", "Akamai", "techdocs.akamai.com, Edge DNS"),
    rule(On::Dns, "googledomains.com", "Google", "cloud.google.com/dns"),
    rule(On::Dns, "google.com", "Google", "cloud.google.com/dns"),
    rule(On::Dns, "azure-dns.com", "Microsoft Azure", "learn.microsoft.com, Azure DNS"),
    rule(On::Dns, "azure-dns.net", "Microsoft Azure", "learn.microsoft.com, Azure DNS"),
    rule(On::Dns, "azure-dns.org", "Microsoft Azure", "learn.microsoft.com, Azure DNS"),
    rule(On::Dns, "azure-dns.info", "Microsoft Azure", "learn.microsoft.com, Azure DNS"),
    rule(On::Dns, "fastly.net", "Fastly", "the name servers' own domain"),
    rule(On::Dns, "facebook.com", "Facebook", "the name servers' own domain"),
    rule(On::Dns, "apple.com", "Apple", "the name servers' own domain"),
    rule(On::Dns, "nsone.net", "NS1", "the name servers' own domain"),
    rule(On::Dns, "dnsimple.com", "DNSimple", "the name servers' own domain"),
    rule(On::Dns, "dnsimple-edge.net", "DNSimple", "the name servers' own domain"),
    rule(On::Dns, "domaincontrol.com", "GoDaddy", "the name servers' own domain"),
    rule(On::Dns, "registrar-servers.com", "Namecheap", "the name servers' own domain"),
    rule(On::Dns, "gandi.net", "Gandi", "the name servers' own domain"),
    rule(On::Dns, "ovh.net", "OVHcloud", "the name servers' own domain"),
    rule(On::Dns, "hetzner.com", "Hetzner", "the name servers' own domain"),
    rule(On::Dns, "your-server.de", "Hetzner", "the name servers' own domain"),
    rule(On::Dns, "digitalocean.com", "DigitalOcean", "the name servers' own domain"),
    rule(On::Dns, "linode.com", "Linode", "the name servers' own domain"),
    rule(On::Dns, "ultradns.com", "UltraDNS", "the name servers' own domain"),
    rule(On::Dns, "ultradns.net", "UltraDNS", "the name servers' own domain"),
    rule(On::Dns, "ultradns.org", "UltraDNS", "the name servers' own domain"),
    rule(On::Dns, "ultradns.biz", "UltraDNS", "the name servers' own domain"),
    rule(On::Dns, "ultradns.info", "UltraDNS", "the name servers' own domain"),
    rule(On::Dns, "dnsmadeeasy.com", "DNS Made Easy", "the name servers' own domain"),
    rule(On::Dns, "dynect.net", "Oracle Dyn", "the name servers' own domain"),
    rule(On::Dns, "he.net", "Hurricane Electric", "the name servers' own domain"),
    rule(On::Dns, "ui-dns.com", "IONOS", "the name servers' own domain"),
    rule(On::Dns, "ui-dns.de", "IONOS", "the name servers' own domain"),
    rule(On::Dns, "ui-dns.org", "IONOS", "the name servers' own domain"),
    rule(On::Dns, "ui-dns.biz", "IONOS", "the name servers' own domain"),
    rule(On::Dns, "vercel-dns.com", "Vercel", "the name servers' own domain"),
    rule(On::Dns, "wixdns.net", "Wix", "the name servers' own domain"),
    rule(On::Dns, "squarespacedns.com", "Squarespace", "the name servers' own domain"),
    rule(On::Dns, "wordpress.com", "WordPress.com", "the name servers' own domain"),
    rule(On::Dns, "dreamhost.com", "DreamHost", "the name servers' own domain"),
    rule(On::Dns, "desec.io", "deSEC", "the name servers' own domain"),
    rule(On::Dns, "desec.org", "deSEC", "the name servers' own domain"),
    rule(On::Dns, "cloudns.net", "ClouDNS", "the name servers' own domain"),
    rule(On::Dns, "worldnic.com", "Network Solutions", "the name servers' own domain"),
    rule(On::Dns, "shopify.com", "Shopify", "the name servers' own domain"),
    rule(On::Mail, "aspmx.l.google.com", "Google", "support.google.com/a, MX records"),
    rule(On::Mail, "l.google.com", "Google", "support.google.com/a, MX records"),
    rule(On::Mail, "googlemail.com", "Google", "support.google.com/a, MX records"),
    rule(On::Mail, "smtp.google.com", "Google", "support.google.com/a, MX records"),
    rule(On::Mail, "mail.protection.outlook.com", "Microsoft 365 (Outlook)", "learn.microsoft.com, Exchange Online MX"),
    rule(On::Mail, "mx.microsoft", "Microsoft 365 (Outlook)", "learn.microsoft.com, Exchange Online MX"),
    rule(On::Mail, "olc.protection.outlook.com", "Microsoft 365 (Outlook)", "learn.microsoft.com, Exchange Online MX"),
    rule(On::Mail, "mail.icloud.com", "Apple iCloud", "support.apple.com, custom domains"),
    rule(On::Mail, "apple.com", "Apple", "the mail servers' own domain"),
    rule(On::Mail, "facebook.com", "Facebook", "the mail servers' own domain"),
    rule(On::Mail, "pphosted.com", "Proofpoint", "the mail servers' own domain"),
    rule(On::Mail, "mimecast.com", "Mimecast", "the mail servers' own domain"),
    rule(On::Mail, "messagingengine.com", "Fastmail", "the mail servers' own domain"),
    rule(On::Mail, "zoho.com", "Zoho", "the mail servers' own domain"),
    rule(On::Mail, "zoho.eu", "Zoho", "the mail servers' own domain"),
    rule(On::Mail, "protonmail.ch", "Proton Mail", "the mail servers' own domain"),
    rule(On::Mail, "mailgun.org", "Mailgun", "the mail servers' own domain"),
    rule(On::Mail, "sendgrid.net", "SendGrid", "the mail servers' own domain"),
    rule(On::Mail, "mandrillapp.com", "Mailchimp", "the mail servers' own domain"),
    rule(On::Mail, "zendesk.com", "Zendesk", "the mail servers' own domain"),
    rule(On::Mail, "amazonaws.com", "Amazon SES", "the mail servers' own domain"),
    rule(On::Mail, "mx.cloudflare.net", "Cloudflare", "the mail servers' own domain"),
    rule(On::Mail, "yandex.net", "Yandex", "the mail servers' own domain"),
    rule(On::Mail, "yandex.ru", "Yandex", "the mail servers' own domain"),
    rule(On::Mail, "secureserver.net", "GoDaddy", "the mail servers' own domain"),
    rule(On::Mail, "migadu.com", "Migadu", "the mail servers' own domain"),
    rule(On::Mail, "gandi.net", "Gandi", "the mail servers' own domain"),
    rule(On::Mail, "ovh.net", "OVHcloud", "the mail servers' own domain"),
    rule(On::Mail, "iphmx.com", "Cisco", "the mail servers' own domain"),
    rule(On::Mail, "barracudanetworks.com", "Barracuda", "the mail servers' own domain"),
    rule(On::Mail, "messagelabs.com", "Broadcom", "the mail servers' own domain"),
    rule(On::Mail, "emailsrvr.com", "Rackspace", "the mail servers' own domain"),
    rule(On::Mail, "registrar-servers.com", "Namecheap", "the mail servers' own domain"),
    rule(On::Mail, "forwardemail.net", "Forward Email", "the mail servers' own domain"),
    rule(On::Mail, "improvmx.com", "ImprovMX", "the mail servers' own domain"),
    rule(On::Mail, "mailbox.org", "mailbox.org", "the mail servers' own domain"),
    rule(On::Alias, "cloudfront.net", "Amazon CloudFront", "docs.aws.amazon.com"),
    rule(On::Alias, "elb.amazonaws.com", "Amazon load balancing", "docs.aws.amazon.com"),
    rule(On::Alias, "s3.amazonaws.com", "Amazon S3", "docs.aws.amazon.com"),
    rule(On::Alias, "awsglobalaccelerator.com", "Amazon Global Accelerator", "docs.aws.amazon.com"),
    rule(On::Alias, "fastly.net", "Fastly", "docs.fastly.com"),
    rule(On::Alias, "fastlylb.net", "Fastly", "docs.fastly.com"),
    rule(On::Alias, "edgekey.net", "Akamai", "techdocs.akamai.com"),
    rule(On::Alias, "edgesuite.net", "Akamai", "techdocs.akamai.com"),
    rule(On::Alias, "akamaiedge.net", "Akamai", "techdocs.akamai.com"),
    rule(On::Alias, "akamaized.net", "Akamai", "techdocs.akamai.com"),
    rule(On::Alias, "akamai.net", "Akamai", "techdocs.akamai.com"),
    rule(On::Alias, "akadns.net", "Akamai", "techdocs.akamai.com"),
    rule(On::Alias, "cdn.cloudflare.net", "Cloudflare", "developers.cloudflare.com"),
    rule(On::Alias, "pages.dev", "Cloudflare", "developers.cloudflare.com"),
    rule(On::Alias, "workers.dev", "Cloudflare", "developers.cloudflare.com"),
    rule(On::Alias, "azureedge.net", "Microsoft Azure", "learn.microsoft.com"),
    rule(On::Alias, "azurefd.net", "Microsoft Azure", "learn.microsoft.com"),
    rule(On::Alias, "trafficmanager.net", "Microsoft Azure", "learn.microsoft.com"),
    rule(On::Alias, "azurewebsites.net", "Microsoft Azure", "learn.microsoft.com"),
    rule(On::Alias, "cloudapp.azure.com", "Microsoft Azure", "learn.microsoft.com"),
    rule(On::Alias, "cloudapp.net", "Microsoft Azure", "learn.microsoft.com"),
    rule(On::Alias, "outlook.com", "Microsoft 365 (Outlook)", "learn.microsoft.com"),
    rule(On::Alias, "googlehosted.com", "Google", "support.google.com"),
    rule(On::Alias, "ghs.google.com", "Google", "support.google.com"),
    rule(On::Alias, "l.google.com", "Google", "support.google.com"),
    rule(On::Alias, "run.app", "Google", "support.google.com"),
    rule(On::Alias, "myshopify.com", "Shopify", "help.shopify.com"),
    rule(On::Alias, "zendesk.com", "Zendesk", "support.zendesk.com"),
    rule(On::Alias, "sendgrid.net", "SendGrid", "docs.sendgrid.com, mailchimp.com/help"),
    rule(On::Alias, "mcsv.net", "Mailchimp", "docs.sendgrid.com, mailchimp.com/help"),
    rule(On::Alias, "mandrillapp.com", "Mailchimp", "docs.sendgrid.com, mailchimp.com/help"),
    rule(On::Alias, "facebook.com", "Facebook", "the target's own domain"),
    rule(On::Alias, "github.io", "GitHub Pages", "the target's own domain"),
    rule(On::Alias, "herokudns.com", "Heroku", "the target's own domain"),
    rule(On::Alias, "herokuapp.com", "Heroku", "the target's own domain"),
    rule(On::Alias, "netlify.app", "Netlify", "the target's own domain"),
    rule(On::Alias, "netlify.com", "Netlify", "the target's own domain"),
    rule(On::Alias, "vercel-dns.com", "Vercel", "the target's own domain"),
    rule(On::Alias, "vercel.app", "Vercel", "the target's own domain"),
    rule(On::Alias, "wpengine.com", "WP Engine", "the target's own domain"),
    rule(On::Alias, "b-cdn.net", "Bunny", "the target's own domain"),
    rule(On::Alias, "cdn77.org", "CDN77", "the target's own domain"),
    rule(On::Alias, "pantheonsite.io", "Pantheon", "the target's own domain"),
    rule(On::Alias, "squarespace.com", "Squarespace", "the target's own domain"),
    rule(On::Alias, "wixdns.net", "Wix", "the target's own domain"),
    rule(On::Alias, "hubspot.net", "HubSpot", "the target's own domain"),
    rule(On::Alias, "readthedocs.io", "Read the Docs", "the target's own domain"),
    rule(On::Alias, "stspg-customer.com", "Statuspage", "the target's own domain"),
    rule(On::Token, "google-site-verification=", "Google", "the vendor's page on verifying a domain"),
    rule(On::Token, "MS=", "Microsoft", "the vendor's page on verifying a domain"),
    rule(On::Token, "facebook-domain-verification=", "Facebook", "the vendor's page on verifying a domain"),
    rule(On::Token, "globalsign-domain-verification=", "GlobalSign", "the vendor's page on verifying a domain"),
    rule(On::Token, "_globalsign-domain-verification=", "GlobalSign", "the vendor's page on verifying a domain"),
    rule(On::Token, "apple-domain-verification=", "Apple", "the vendor's page on verifying a domain"),
    rule(On::Token, "adobe-idp-site-verification=", "Adobe", "the vendor's page on verifying a domain"),
    rule(On::Token, "adobe-sign-verification=", "Adobe", "the vendor's page on verifying a domain"),
    rule(On::Token, "atlassian-domain-verification=", "Atlassian", "the vendor's page on verifying a domain"),
    rule(On::Token, "docusign=", "DocuSign", "the vendor's page on verifying a domain"),
    rule(On::Token, "dropbox-domain-verification=", "Dropbox", "the vendor's page on verifying a domain"),
    rule(On::Token, "stripe-verification=", "Stripe", "the vendor's page on verifying a domain"),
    rule(On::Token, "yandex-verification:", "Yandex", "the vendor's page on verifying a domain"),
    rule(On::Token, "mailru-verification:", "Mail.ru", "the vendor's page on verifying a domain"),
    rule(On::Token, "zoom-domain-verification=", "Zoom", "the vendor's page on verifying a domain"),
    rule(On::Token, "ZOOM_verify_", "Zoom", "the vendor's page on verifying a domain"),
    rule(On::Token, "slack-domain-verification=", "Slack", "the vendor's page on verifying a domain"),
    rule(On::Token, "openai-domain-verification=", "OpenAI", "the vendor's page on verifying a domain"),
    rule(On::Token, "anthropic-domain-verification-", "Anthropic", "the vendor's page on verifying a domain"),
    rule(On::Token, "webexdomainverification.", "Cisco Webex", "the vendor's page on verifying a domain"),
    rule(On::Token, "cisco-ci-domain-verification=", "Cisco", "the vendor's page on verifying a domain"),
    rule(On::Token, "have-i-been-pwned-verification=", "Have I Been Pwned", "the vendor's page on verifying a domain"),
    rule(On::Token, "onetrust-domain-verification=", "OneTrust", "the vendor's page on verifying a domain"),
    rule(On::Token, "miro-verification=", "Miro", "the vendor's page on verifying a domain"),
    rule(On::Token, "notion-domain-verification=", "Notion", "the vendor's page on verifying a domain"),
    rule(On::Token, "1password-site-verification=", "1Password", "the vendor's page on verifying a domain"),
    rule(On::Token, "segment-site-verification=", "Segment", "the vendor's page on verifying a domain"),
    rule(On::Token, "status-page-domain-verification=", "Statuspage", "the vendor's page on verifying a domain"),
    rule(On::Token, "pinterest-site-verification=", "Pinterest", "the vendor's page on verifying a domain"),
    rule(On::Token, "protonmail-verification=", "Proton Mail", "the vendor's page on verifying a domain"),
    rule(On::Token, "amazonses:", "Amazon SES", "the vendor's page on verifying a domain"),
    rule(On::Token, "d365mktkey=", "Microsoft Dynamics", "the vendor's page on verifying a domain"),
    rule(On::Token, "keybase-site-verification=", "Keybase", "the vendor's page on verifying a domain"),
    rule(On::Token, "brave-ledger-verification=", "Brave", "the vendor's page on verifying a domain"),
    rule(On::Token, "loom-site-verification=", "Loom", "the vendor's page on verifying a domain"),
    rule(On::Token, "Sendinblue-code:", "Brevo", "the vendor's page on verifying a domain"),
    rule(On::Token, "brevo-code:", "Brevo", "the vendor's page on verifying a domain"),
    rule(On::Token, "h1-domain-verification=", "HackerOne", "the vendor's page on verifying a domain"),
    rule(On::Token, "bugcrowd-verification=", "Bugcrowd", "the vendor's page on verifying a domain"),
    rule(On::Token, "detectify-verification=", "Detectify", "the vendor's page on verifying a domain"),
    rule(On::Token, "citrix-verification-code=", "Citrix", "the vendor's page on verifying a domain"),
    rule(On::Token, "teamviewer-sso-verification=", "TeamViewer", "the vendor's page on verifying a domain"),
    rule(On::Token, "logmein-verification-code=", "LogMeIn", "the vendor's page on verifying a domain"),
    rule(On::Token, "jamf-site-verification=", "Jamf", "the vendor's page on verifying a domain"),
    rule(On::Token, "canva-site-verification=", "Canva", "the vendor's page on verifying a domain"),
    rule(On::Token, "shopify-verification-code=", "Shopify", "the vendor's page on verifying a domain"),
    rule(On::Token, "mailchimp-domain-verification=", "Mailchimp", "the vendor's page on verifying a domain"),
    rule(On::Token, "postman-domain-verification=", "Postman", "the vendor's page on verifying a domain"),
    rule(On::Token, "asv=", "Microsoft Azure", "the vendor's page on verifying a domain"),
    rule(On::Token, "ahrefs-site-verification_", "Ahrefs", "the vendor's page on verifying a domain"),
    rule(On::Token, "forward-email-site-verification=", "Forward Email", "the vendor's page on verifying a domain"),
    rule(On::Token, "hubspot-developer-verification=", "HubSpot", "the vendor's page on verifying a domain"),
    rule(On::Token, "airtable-verification=", "Airtable", "the vendor's page on verifying a domain"),
    rule(On::Token, "figma-domain-verification=", "Figma", "the vendor's page on verifying a domain"),
    rule(On::Sender, "_spf.google.com", "Google", "the vendor's page on SPF"),
    rule(On::Sender, "spf.protection.outlook.com", "Microsoft 365 (Outlook)", "the vendor's page on SPF"),
    rule(On::Sender, "sendgrid.net", "SendGrid", "the vendor's page on SPF"),
    rule(On::Sender, "servers.mcsv.net", "Mailchimp", "the vendor's page on SPF"),
    rule(On::Sender, "mcsv.net", "Mailchimp", "the vendor's page on SPF"),
    rule(On::Sender, "mandrillapp.com", "Mailchimp", "the vendor's page on SPF"),
    rule(On::Sender, "amazonses.com", "Amazon SES", "the vendor's page on SPF"),
    rule(On::Sender, "mail.zendesk.com", "Zendesk", "the vendor's page on SPF"),
    rule(On::Sender, "zendesk.com", "Zendesk", "the vendor's page on SPF"),
    rule(On::Sender, "shops.shopify.com", "Shopify", "the vendor's page on SPF"),
    rule(On::Sender, "shopify.com", "Shopify", "the vendor's page on SPF"),
    rule(On::Sender, "mailgun.org", "Mailgun", "the vendor's page on SPF"),
    rule(On::Sender, "mtasv.net", "Postmark", "the vendor's page on SPF"),
    rule(On::Sender, "_spf.salesforce.com", "Salesforce", "the vendor's page on SPF"),
    rule(On::Sender, "icloud.com", "Apple iCloud", "the vendor's page on SPF"),
    rule(On::Sender, "zoho.com", "Zoho", "the vendor's page on SPF"),
    rule(On::Sender, "zoho.eu", "Zoho", "the vendor's page on SPF"),
    rule(On::Sender, "zohomail.com", "Zoho", "the vendor's page on SPF"),
    rule(On::Sender, "messagingengine.com", "Fastmail", "the vendor's page on SPF"),
    rule(On::Sender, "protonmail.ch", "Proton Mail", "the vendor's page on SPF"),
    rule(On::Sender, "mktomail.com", "Marketo", "the vendor's page on SPF"),
    rule(On::Sender, "hubspotemail.net", "HubSpot", "the vendor's page on SPF"),
    rule(On::Sender, "freshdesk.com", "Freshdesk", "the vendor's page on SPF"),
    rule(On::Sender, "pphosted.com", "Proofpoint", "the vendor's page on SPF"),
    rule(On::Sender, "mailjet.com", "Mailjet", "the vendor's page on SPF"),
    rule(On::Sender, "sendinblue.com", "Brevo", "the vendor's page on SPF"),
    rule(On::Sender, "brevo.com", "Brevo", "the vendor's page on SPF"),
    rule(On::Sender, "mimecast.com", "Mimecast", "the vendor's page on SPF"),
    rule(On::Sender, "helpscoutemail.com", "Help Scout", "the vendor's page on SPF"),
    rule(On::Sender, "mx.cloudflare.net", "Cloudflare", "the vendor's page on SPF"),
    rule(On::Sender, "secureserver.net", "GoDaddy", "the vendor's page on SPF"),
    rule(On::Sender, "emailsrvr.com", "Rackspace", "the vendor's page on SPF"),
    rule(On::Sender, "gandi.net", "Gandi", "the vendor's page on SPF"),
    rule(On::Sender, "ovh.com", "OVHcloud", "the vendor's page on SPF"),
    rule(On::Sender, "atlassian.net", "Atlassian", "the vendor's page on SPF"),
    rule(On::Sender, "intercom.io", "Intercom", "the vendor's page on SPF"),
    rule(On::Sender, "facebook.com", "Facebook", "the vendor's page on SPF"),
    rule(On::Issuer, "letsencrypt.org", "Let's Encrypt", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "pki.goog", "Google Trust Services", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "digicert.com", "DigiCert", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "sectigo.com", "Sectigo", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "comodoca.com", "Sectigo", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "comodo.com", "Sectigo", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "usertrust.com", "Sectigo", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "globalsign.com", "GlobalSign", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "amazon.com", "Amazon", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "amazontrust.com", "Amazon", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "awstrust.com", "Amazon", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "amazonaws.com", "Amazon", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "ssl.com", "SSL.com", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "godaddy.com", "GoDaddy", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "starfieldtech.com", "GoDaddy", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "entrust.net", "Entrust", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "certum.pl", "Certum", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "certum.eu", "Certum", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "actalis.it", "Actalis", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "buypass.com", "Buypass", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "buypass.no", "Buypass", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "harica.gr", "HARICA", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "identrust.com", "IdenTrust", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "quovadisglobal.com", "QuoVadis", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "swisssign.com", "SwissSign", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "telesec.de", "Telekom Security", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "visa.com", "Visa", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "microsoft.com", "Microsoft", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "apple.com", "Apple", "ccadb.org, CAA identifiers"),
    rule(On::Issuer, "pki.apple.com", "Apple", "ccadb.org, CAA identifiers"),
    rule(On::Present, "SSHFP", "ssh can check the host's key", "RFC 4255"),
    rule(On::Present, "TLSA", "the certificate of the service is pinned (DANE)", "RFC 6698"),
    rule(On::Present, "SMIMEA", "the sender's certificate can be looked up", "RFC 8162"),
    rule(On::Present, "OPENPGPKEY", "the sender's OpenPGP key can be looked up", "RFC 7929"),
    rule(On::Present, "LOC", "the name has a place on Earth", "RFC 1876"),
    rule(On::Present, "SRV", "a service is found at a host and port of its own", "RFC 2782"),
    rule(On::Present, "IPSECKEY", "IPsec can be set up without asking", "RFC 4025"),
    rule(On::Present, "CDS", "the zone asks its parent to change the DS records", "RFC 7344"),
    rule(On::Present, "CSYNC", "the zone asks its parent to copy its delegation", "RFC 7477"),
    rule(On::Present, "ZONEMD", "a copy of the whole zone can be checked", "RFC 8976"),
    rule(On::Present, "NAPTR", "the name is rewritten by rules", "RFC 3403"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for row in RULES {
            assert!(!row.pattern.is_empty() && !row.who.is_empty() && !row.source.is_empty(), "{row:?}");
            match row.on {
                On::Shared | On::Network | On::Reach => {
                    let (first, len) = network(row.pattern).expect(row.pattern);
                    let (zeros, bits) = match first {
                        IpAddr::V4(ip) => (ip.to_bits().trailing_zeros(), 32),
                        IpAddr::V6(ip) => (ip.to_bits().trailing_zeros(), 128),
                    };
                    assert!(len <= bits && zeros >= bits - len, "{row:?} has host bits");
                    assert!(row.holds(first));
                }
                On::Present => assert!(row.pattern.parse::<crate::wire::types::Type>().is_ok(), "{row:?}"),
                On::Token => {}
                _ => assert!(row.pattern.contains('*') || Name::parse(row.pattern).is_ok(), "{row:?}"),
            }
        }
    }

    #[test]
    fn only_whole_labels_count() {
        let rule = rule(On::Dns, "ns.cloudflare.com", "", "");
        for (name, hit) in [
            ("ada.ns.cloudflare.com", true),
            ("NS.cloudflare.com", true),
            ("ans.cloudflare.com", false),
            ("ns.cloudflare.com.example", false),
            ("com", false),
        ] {
            assert_eq!(rule.names(&Name::parse(name).unwrap()), hit, "{name}");
        }
        let route53 = Rule { pattern: "awsdns-*", ..rule };
        assert!(route53.names(&Name::parse("ns-1.awsdns-07.co.uk").unwrap()));
        assert!(!route53.names(&Name::parse("ns-1.xawsdns-07.co.uk").unwrap()));
    }
}
