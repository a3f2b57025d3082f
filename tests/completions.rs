//! The completions of every tool, loaded by the shells themselves.
use std::{env, fs, path::Path};

use plainnet_lab::{
    scratch::Folder,
    tool::{TOOLS, command, feed, find, peer, run},
};

/// Values: the tool and the words before, what is typed of the last word, and some
/// of what is offered for it.
const VALUES: &[(&str, &str, &str, &[&str])] = &[
    ("dnsall", "-t", "CA", &["CAA"]),
    ("dnsall", "--type", "A,MX,TX", &["A,MX,TXT"]),
    ("dnsall", "--type", "A,m", &["A,MX", "A,MB"]),
    ("dnsall", "--class", "c", &["CH"]),
    ("dnsall", "-s", "@h", &["@h3://", "@https://"]),
    ("getserv", "-p", "s", &["sctp"]),
    ("getserv", "--source", "i", &["iana"]),
    ("getserv", "-l", "https", &["https"]),
    ("getserv", "-k", "personal-", &["personal-agent"]),
    ("ipconv", "-o", "compr", &["compressed"]),
    ("ipconv", "--output", "int,is_gl", &["int,is_global"]),
    ("ipconv", "--is", "pub", &["public"]),
    ("ipconv", "--from", "ba", &["base85"]),
    ("rirwhois", "-s", "whois.ap", &["whois.apnic.net"]),
    ("rirwhois", "-o", "registry,cou", &["registry,country"]),
    ("upper-echo", "--server", "l", &["localhost:5555"]),
];

/// Checks that `offered` holds what [`VALUES`] says, and nothing but words that begin so.
fn check(line: &str, typed: &str, offered: &[String], wanted: &[&str]) {
    for word in wanted {
        assert!(offered.iter().any(|o| o == word), "{line} {typed}: {word} is not in {offered:?}");
    }
    let begins = |word: &&String| !word.to_lowercase().starts_with(&typed.to_lowercase());
    assert_eq!(offered.iter().find(begins), None, "{line} {typed}");
}

/// The path on which shells find the tools that completions ask, before all others.
fn path() -> std::ffi::OsString {
    let folder = find("getserv").parent().expect("a file has a folder").to_owned();
    let old = env::var_os("PATH").unwrap_or_default();
    env::join_paths([folder].into_iter().chain(env::split_paths(&old))).expect("a path")
}

/// A folder in which the file `name` has the completions of `tool` for `shell`.
fn completions(tool: &str, shell: &str, name: &str) -> Folder {
    let seen = run(find(tool), ["--generate", shell], b"");
    assert_eq!((seen.status, seen.err.as_str()), (0, ""));
    let folder = Folder::new();
    folder.file(name, seen.out);
    folder
}

/// Every long option that `--help` names.
fn options(tool: &str) -> Vec<String> {
    let help = run(find(tool), ["--help"], b"").out;
    let rows = help.lines().filter(|l| l.starts_with("  -") || l.starts_with("      --"));
    let names = rows.filter_map(|l| l.split_whitespace().find(|w| w.starts_with("--")).map(str::to_owned));
    let names: Vec<_> = names.collect();
    assert!(names.contains(&"--generate".to_owned()), "{names:?}");
    names
}

/// What a shell prints for `script` in `folder`.
fn shell(program: &Path, args: &[&str], script: &str, folder: &Path) -> String {
    let seen = feed(
        command(program).args(args).args(["-c", script]).current_dir(folder).env("TERM", "xterm").env("PATH", path()),
        b"",
    );
    let words = String::from_utf8_lossy(&seen.stderr).into_owned();
    assert!(seen.status.success() && words.is_empty(), "{script}: {}: {words}", seen.status);
    String::from_utf8_lossy(&seen.stdout).into_owned()
}

/// What bash, without bash-completion, offers for `word` after the words
/// `before`, of which it hands on the last.
fn bash_offers(bash: &Path, folder: &Path, tool: &str, before: &str, word: &str) -> Vec<String> {
    let last = before.split(' ').next_back().unwrap_or_default();
    let script = format!(
        "source ./{tool}; set -- $(complete -p {tool}); while [[ $1 != -F ]]; do shift || exit 1; done\n\
         COMP_WORDS=({tool} {before} {word}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
         \"$2\" {tool} '{word}' '{last}'; ((${{#COMPREPLY[@]}})) && printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    shell(bash, &["--norc", "--noprofile"], &script, folder).lines().map(str::to_owned).collect()
}

#[test]
fn bash() {
    let Some(bash) = peer("bash") else { return };
    for tool in TOOLS {
        let folder = completions(tool, "bash", tool);
        let offers = bash_offers(&bash, &folder, tool, tool, "--");
        for option in options(tool) {
            assert!(offers.contains(&option), "{tool}: {option} is not in {offers:?}");
        }
        assert_eq!(bash_offers(&bash, &folder, tool, "--generate", "z"), ["zsh"]);
        // bash takes --generate=z apart at the =, and hands on a lone = where nothing follows.
        assert_eq!(bash_offers(&bash, &folder, tool, "--generate =", "z"), ["zsh"]);
        assert_eq!(bash_offers(&bash, &folder, tool, "--generate", "="), ["man", "bash", "zsh", "fish"]);
        assert_eq!(bash_offers(&bash, &folder, tool, tool, "--vers"), ["--version"]);
        for (_, before, typed, wanted) in VALUES.iter().filter(|v| v.0 == tool) {
            check(before, typed, &bash_offers(&bash, &folder, tool, before, typed), wanted);
            let equals = format!("{before} =");
            if before.starts_with("--") {
                check(&equals, typed, &bash_offers(&bash, &folder, tool, &equals, typed), wanted);
            }
        }
    }
}

/// The types are those of the registry's table, so that no list of them grows old.
#[test]
fn types_of_the_registry() {
    let Some(bash) = peer("bash") else { return };
    let folder = completions("dnsall", "bash", "dnsall");
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dnsall/data/rr_types.tsv");
    let table = fs::read_to_string(table).expect("the table");
    let types: Vec<_> = table.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split('\t').nth(1)).collect();
    assert!(types.contains(&"AAAA"));
    assert_eq!(bash_offers(&bash, &folder, "dnsall", "-t", ""), types);
}

/// A services file is data: bash expands what it is given to choose from, and
/// nothing of the file must be run by that.
#[test]
fn no_service_is_a_command() {
    let Some(bash) = peer("bash") else { return };
    let folder = completions("getserv", "bash", "getserv");
    let script = "source ./getserv\n\
        getserv() { printf 'good\\t1/tcp\\n$(touch${IFS}ran)\\t2/tcp\\n`touch${IFS}ran`\\t3/tcp\\n*\\t4/tcp\\n'; }\n\
        COMP_WORDS=(getserv ''); COMP_CWORD=1; _getserv getserv '' getserv; printf '%s\\n' \"${COMPREPLY[@]}\"";
    assert_eq!(shell(&bash, &["--norc", "--noprofile"], script, &folder), "good\n");
    assert!(!folder.join("ran").exists());
}

#[test]
fn bash_by_shellcheck() {
    let Some(shellcheck) = peer("shellcheck") else { return };
    for tool in TOOLS {
        let folder = completions(tool, "bash", "check");
        let seen = run(&shellcheck, [Path::new("--shell=bash"), &folder.join("check")], b"");
        assert_eq!((seen.status, seen.out.as_str()), (0, ""), "{tool}");
    }
}

#[test]
fn fish() {
    let Some(fish) = peer("fish") else { return };
    for tool in TOOLS {
        let folder = completions(tool, "fish", tool);
        let offers =
            |line: &str| shell(&fish, &["--no-config"], &format!("source ./{tool}; complete -C '{line}'"), &folder);
        let all = offers(&format!("{tool} --"));
        for option in options(tool) {
            assert!(all.lines().any(|l| l.split('\t').next() == Some(&option)), "{tool}: {option} is not in {all}");
        }
        assert!(offers(&format!("{tool} --generate z")).starts_with("zsh\t"));
        assert!(offers(&format!("{tool} --generate=z")).starts_with("--generate=zsh\t"));
        let words = |line: &str| {
            let words = offers(line).lines().map(|l| l.split('\t').next().unwrap_or_default().to_owned()).collect();
            let words: Vec<String> = words;
            words
        };
        for (_, before, typed, wanted) in VALUES.iter().filter(|v| v.0 == tool) {
            check(before, typed, &words(&format!("{tool} {before} {typed}")), wanted);
            // Behind a = fish lists letters of the other case without the option.
            if before.starts_with("--") && wanted.iter().all(|w| w.starts_with(typed)) {
                let wanted: Vec<_> = wanted.iter().map(|w| format!("{before}={w}")).collect();
                let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
                let typed = format!("{before}={typed}");
                check("", &typed, &words(&format!("{tool} {typed}")), &wanted);
            }
        }
    }
    let folder = completions("dnsall", "fish", "dnsall");
    let offers =
        |word| shell(&fish, &["--no-config"], &format!("source ./dnsall; complete -C 'dnsall {word}'"), &folder);
    assert_eq!(offers("@ht"), "@https://\n");
    assert_eq!(offers("@").lines().count(), 5);
}

/// What a person at a terminal types, TABs included, and the line that the shell makes of it.
const TYPED: &[(&str, &str, &str)] = &[
    ("dnsall", "--gen\tz\t --generate=f\t", "--generate zsh --generate=fish"),
    ("dnsall", "--type=A,cn\t -t A,AA\t --class h\t", "--type=A,CNAME -t A,AAAA --class HS"),
    ("dnsall", "@ht\tdev.to", "@https://dev.to"),
    ("dnsall", "--hosts=aplain\t --hosts apl\t", "--hosts=aplainfile --hosts aplainfile"),
    ("getserv", "-p s\t --source=i\t personal-ag\t", "-p sctp --source=iana personal-agent"),
    ("getserv", "aplain\t", "aplain"),
    ("ipconv", "--extract apl\t", "--extract aplainfile"),
    ("rirwhois", "-o input,cou\t -s whois.ap\t", "-o input,country -s whois.apnic.net"),
    ("upper-echo", "-s l\t --server=12\t", "-s localhost:5555 --server=127.0.0.1:5555"),
    ("upper-echod", "--gen\tz\t", "--generate zsh"),
];

/// Types the lines at a terminal of `program`, which zsh's zpty gives, and sends
/// control-G, by which the shell shows what stands on its line.
fn type_lines(program: &Path, shell: &str, start: &str) {
    let Some(zsh) = peer("zsh") else { return };
    let script = r#"
        [[ -z $PLAINNET_ZSH_MODULES ]] || module_path=(${(s.:.)PLAINNET_ZSH_MODULES})
        zmodload zsh/zpty
        zpty -b shell $=PROGRAM
        zpty -w shell ${START//MODULES/$module_path}
        zpty -r -m shell seen '*ready*' || exit 1
        zpty -w -n shell "$TOOL $LINE"$'\a'
        zpty -r -m shell seen '*<*>*' || exit 1
        print -r -- "${${seen##*<}%%>*}"
    "#;
    for (tool, line, made) in TYPED {
        let folder = completions(tool, shell, &if shell == "zsh" { format!("_{tool}") } else { (*tool).to_owned() });
        folder.file("aplainfile", "");
        let arguments = if shell == "zsh" { "-f -i" } else { "--norc --noprofile -i" };
        let mut command = command("timeout");
        command.args(["-s", "KILL", "60"]).arg(&zsh).args(["-f", "-c", script]).current_dir(&folder);
        command.env("PROGRAM", format!("{} {arguments}", program.display())).env("START", start);
        command.env("TOOL", tool).env("LINE", line).env("TERM", "xterm").env("PATH", path());
        // A shell at a terminal reads and writes what its user keeps.
        command.env("HOME", &*folder).env("INPUTRC", "/dev/null").env_remove("HISTFILE");
        let seen = feed(&mut command, b"");
        let (out, err) = (String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr));
        assert!(seen.status.success(), "{tool} {line:?}: {} {out} {err}", seen.status);
        // A shell puts a blank behind a word that is whole, and zsh a = between an option and its value.
        let words = |text: &str| {
            text.split([' ', '=']).map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(words(&out), words(&format!("{tool} {made}")), "{tool} {line:?}: {err}");
    }
}

#[test]
fn typed_to_bash() {
    let Some(bash) = peer("bash") else { return };
    let start = "source ./$TOOL; PS1=; bind -x '\"\\C-g\": printf \"<%s>\\n\" \"$READLINE_LINE\"'; echo re''ady";
    type_lines(&bash, "bash", start);
}

#[test]
fn typed_to_zsh() {
    let Some(zsh) = peer("zsh") else { return };
    for tool in TOOLS {
        let folder = completions(tool, "zsh", &format!("_{tool}"));
        shell(&zsh, &["-f", "-n"], &format!(". ./_{tool}"), &folder);
    }
    let start = "module_path=(MODULES); fpath=($PWD $fpath); PS1= PROMPT_EOL_MARK=; autoload -U compinit; compinit -u -D; \
                 show() { print -r -- \"<$BUFFER>\" }; zle -N show; bindkey '^G' show; print re''ady";
    type_lines(&zsh, "zsh", start);
}
