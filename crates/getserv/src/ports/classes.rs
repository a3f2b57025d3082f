//! Classes of ports, and what this host does with them.
use std::{io, ops::RangeInclusive};

use super::proc;

/// RFC 6335 section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 0 to 1023.
    System,
    /// 1024 to 49151.
    User,
    /// 49152 to 65535.
    Dynamic,
}

/// The classes in their order.
pub const CLASSES: [Class; 3] = [Class::System, Class::User, Class::Dynamic];

impl Class {
    /// The class of a port.
    pub fn of(port: u16) -> Class {
        match port {
            0..=1023 => Class::System,
            1024..=49151 => Class::User,
            49152.. => Class::Dynamic,
        }
    }

    /// Its first and last port.
    pub fn ports(self) -> RangeInclusive<u16> {
        match self {
            Class::System => 0..=1023,
            Class::User => 1024..=49151,
            Class::Dynamic => 49152..=65535,
        }
    }

    /// Its name in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Class::System => "system",
            Class::User => "user",
            Class::Dynamic => "dynamic",
        }
    }
}

/// The settings of this network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Ports that the kernel hands out by itself.
    pub ephemeral: RangeInclusive<u16>,
    /// The lowest port that needs no privilege.
    pub unprivileged: u16,
    /// Ports that it never hands out, as ranges.
    pub reserved: Vec<RangeInclusive<u16>>,
}

/// Where Linux keeps them.
const FOLDER: &str = "/proc/sys/net/ipv4";

impl Settings {
    /// Reads them. They can change at any time and differ between namespaces.
    ///
    /// # Errors
    /// The name of what can't be read, and why.
    pub fn read() -> Result<Settings, (String, io::Error)> {
        if !cfg!(target_os = "linux") {
            let why = "this system's ephemeral ports are not known here (sysctl or netsh tells them)";
            return Err((FOLDER.into(), io::Error::new(io::ErrorKind::Unsupported, why)));
        }
        let file = |name: &str| {
            let path = format!("{FOLDER}/{name}");
            proc::read_text(&path).map_err(|e| (path, e))
        };
        // Kernels before 4.11 and 2.6.35 lack these two.
        let old = |default: &str, e: (String, io::Error)| match e.1.kind() {
            io::ErrorKind::NotFound => Ok(default.to_owned()),
            _ => Err(e),
        };
        let ephemeral = file("ip_local_port_range")?;
        let unprivileged = file("ip_unprivileged_port_start").or_else(|e| old("1024", e))?;
        let reserved = file("ip_local_reserved_ports").or_else(|e| old("", e))?;
        Settings::parse(&ephemeral, &unprivileged, &reserved)
            .ok_or_else(|| (FOLDER.into(), io::Error::new(io::ErrorKind::InvalidData, "settings of no known form")))
    }

    /// Reads the texts of the three files.
    pub fn parse(ephemeral: &str, unprivileged: &str, reserved: &str) -> Option<Settings> {
        let mut ends = ephemeral.split_whitespace().map(|n| n.parse().ok());
        let (first, last) = (ends.next()??, ends.next()??);
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            Some(first.parse().ok()?..=last.parse().ok()?)
        };
        let reserved: Option<_> = reserved.trim().split(',').filter(|r| !r.is_empty()).map(range).collect();
        let unprivileged = unprivileged.trim().parse().ok()?;
        Some(Settings { ephemeral: first..=last, unprivileged, reserved: reserved? })
    }

    /// Does the kernel give this port to outgoing connections?
    pub fn is_ephemeral(&self, port: u16) -> bool {
        self.ephemeral.contains(&port) && !self.is_reserved(port)
    }

    /// Is the port kept from being handed out?
    pub fn is_reserved(&self, port: u16) -> bool {
        self.reserved.iter().any(|r| r.contains(&port))
    }

    /// `ephemeral`, or `reserved` where the kernel would hand the port out but for its reservation, or `-`.
    pub fn use_of(&self, port: u16) -> &'static str {
        match (self.ephemeral.contains(&port), self.is_reserved(port)) {
            (false, _) => "-",
            (true, false) => "ephemeral",
            (true, true) => "reserved",
        }
    }

    /// The ranges of the standard and of this host, in the order in which they are shown.
    pub fn ranges(&self) -> Vec<Range> {
        let standard = CLASSES.iter().map(|c| Range { name: c.name(), ports: c.ports(), is_standard: true });
        let host = |name, ports| Range { name, ports, is_standard: false };
        let mut ranges: Vec<_> = standard.collect();
        ranges.push(host("ephemeral", self.ephemeral.clone()));
        // The kernel takes no start above 65535, so that one port at least is left.
        ranges.push(host("unprivileged", self.unprivileged..=u16::MAX));
        ranges.extend(self.reserved.iter().map(|ports| host(RESERVED, ports.clone())));
        ranges
    }

    /// The same as lines: name, TAB, ports. All that are reserved share one line.
    pub fn lines(&self) -> Vec<String> {
        let ranges = self.ranges();
        let (reserved, others): (Vec<_>, Vec<_>) = ranges.iter().partition(|r| r.name == RESERVED);
        let whole = |r: &&Range| format!("{}\t{}-{}", r.name, r.ports.start(), r.ports.end());
        let mut lines: Vec<_> = others.iter().map(whole).collect();
        let list: Vec<_> = reserved.iter().map(|r| range_text(&r.ports)).collect();
        lines.push(format!("{RESERVED}\t{}", if list.is_empty() { "-".into() } else { list.join(",") }));
        lines
    }
}

const RESERVED: &str = "reserved";

/// A range of ports with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its name, as --ranges prints it.
    pub name: &'static str,
    /// Its ports.
    pub ports: RangeInclusive<u16>,
    /// Is it the standard's, not this host's?
    pub is_standard: bool,
}

fn range_text(r: &RangeInclusive<u16>) -> String {
    if r.start() == r.end() { r.start().to_string() } else { format!("{}-{}", r.start(), r.end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_own_texts() {
        let s = Settings::parse("32768\t60999\n", "1024\n", "8080,9148-9150,33000\n").unwrap();
        assert_eq!(s.ephemeral, 32768..=60999);
        assert_eq!(
            (s.use_of(33000), s.use_of(8080), s.use_of(32768), s.use_of(61000)),
            ("reserved", "-", "ephemeral", "-")
        );
        let want = [
            "system\t0-1023",
            "user\t1024-49151",
            "dynamic\t49152-65535",
            "ephemeral\t32768-60999",
            "unprivileged\t1024-65535",
            "reserved\t8080,9148-9150,33000",
        ];
        assert_eq!(s.lines(), want);
        let s = Settings::parse("1 2", "0", "\n").unwrap();
        assert_eq!(s.lines()[4], "unprivileged\t0-65535");
        assert_eq!(s.lines()[5], "reserved\t-");
        let s = Settings::parse("1 2", "65535", "1-3,9").unwrap();
        assert_eq!(s.lines()[4..], ["unprivileged\t65535-65535", "reserved\t1-3,9"]);
        assert_eq!([1, 3, 2, 9, 10].map(|p| s.is_ephemeral(p)), [false; 5]);
        assert_eq!(s.ranges().iter().filter(|r| r.is_standard).count(), 3);
        assert_eq!(s.ranges().len(), 7);
        assert_eq!(Settings::parse("1 2", "65536", ""), None);
        assert_eq!(Settings::parse("1 2", "1024", "1-x"), None);
        assert_eq!(Settings::parse("", "1024", ""), None);
        assert_eq!(Settings::parse("1 x", "1024", ""), None);
    }
}
