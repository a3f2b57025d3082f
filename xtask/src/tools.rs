//! The six tables, taken by path so that no tool is linked here.
macro_rules! tables {
    ($($tool:ident $name:literal $path:literal),* $(,)?) => {
        $(
            #[path = $path]
            #[allow(dead_code, unreachable_pub, unfulfilled_lint_expectations, reason = "a tool uses all of its table, the manual only some")]
            mod $tool;
        )*

        /// Every tool, in the order of the alphabet.
        pub(crate) const TOOLS: &[Tool] = &[$(Tool { name: $name, about: $tool::SPEC.about, text: |what| plainnet_common::generate::by_name(&$tool::SPEC, what) }),*];
    };
}

/// A tool and what its table makes.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    /// What it does, in one line.
    pub(crate) about: &'static str,
    text: fn(&str) -> Option<String>,
}

tables! {
    dnsall "dnsall" "../../crates/dnsall/src/spec.rs",
    getserv "getserv" "../../crates/getserv/src/spec.rs",
    ipconv "ipconv" "../../crates/ipconv/src/spec.rs",
    rirwhois "rirwhois" "../../crates/rirwhois/src/spec.rs",
    upper_echo "upper-echo" "../../crates/upper-echo/src/spec.rs",
    upper_echod "upper-echod" "../../crates/upper-echod/src/spec.rs",
}

impl Tool {
    /// What `TOOL --generate what` prints.
    pub(crate) fn text(&self, what: &str) -> String {
        (self.text)(what).expect("common knows man, bash, zsh and fish")
    }
}
