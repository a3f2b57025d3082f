//! The completions of every tool, loaded by the shells themselves.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use plainnet_lab::tool::{feed, find, peer, run};

const TOOLS: &[&str] = &["dnsall", "getserv", "ipconv", "rirwhois", "upper-echo", "upper-echod"];

/// A folder with the completions of `tool` for `shell`, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(tool: &str, shell: &str, name: &str) -> Folder {
        let folder = env::temp_dir().join(format!("plainnet-{}-{shell}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a scratch folder");
        let seen = run(find(tool), ["--generate", shell], b"");
        assert_eq!((seen.status, seen.err.as_str()), (0, ""));
        fs::write(folder.join(name), seen.out).expect("a scratch file");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
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
    let seen =
        feed(Command::new(program).args(args).args(["-c", script]).current_dir(folder).env("TERM", "xterm"), b"");
    let words = String::from_utf8_lossy(&seen.stderr).into_owned();
    assert!(seen.status.success() && words.is_empty(), "{script}: {}: {words}", seen.status);
    String::from_utf8_lossy(&seen.stdout).into_owned()
}

/// What bash, without bash-completion, offers for `word` after the words
/// `before`, of which it hands on the last.
fn bash_offers(bash: &Path, folder: &Path, tool: &str, before: &str, word: &str) -> Vec<String> {
    let last = before.split(' ').next_back().unwrap_or_default();
    let script = format!(
        "source ./{tool}; set -- $(complete -p {tool}); while [[ $1 != -F ]]; do shift; done\n\
         COMP_WORDS=({tool} {before} {word}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
         \"$2\" {tool} '{word}' '{last}'; ((${{#COMPREPLY[@]}})) && printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    shell(bash, &["--norc", "--noprofile"], &script, folder).lines().map(str::to_owned).collect()
}

#[test]
fn bash() {
    let Some(bash) = peer("bash") else { return };
    for tool in TOOLS {
        let folder = Folder::new(tool, "bash", tool);
        let offers = bash_offers(&bash, &folder.0, tool, tool, "--");
        for option in options(tool) {
            assert!(offers.contains(&option), "{tool}: {option} is not in {offers:?}");
        }
        assert_eq!(bash_offers(&bash, &folder.0, tool, "--generate", "z"), ["zsh"]);
        // bash takes --generate=z apart at the =, and hands on a lone = where nothing follows.
        assert_eq!(bash_offers(&bash, &folder.0, tool, "--generate =", "z"), ["zsh"]);
        assert_eq!(bash_offers(&bash, &folder.0, tool, "--generate", "="), ["man", "bash", "zsh", "fish"]);
        assert_eq!(bash_offers(&bash, &folder.0, tool, tool, "--vers"), ["--version"]);
        if *tool == "ipconv" {
            // Words of a list are offered behind a comma, too.
            let offers = |before: &str, word: &str| bash_offers(&bash, &folder.0, tool, before, word);
            assert_eq!(offers("-o", "compr"), ["compressed"]);
            assert_eq!(offers("--output", "int,is_gl"), ["int,is_global"]);
            assert_eq!(offers("--is", "pub"), ["public"]);
            assert_eq!(offers("--from", "ba"), ["base85"]);
        }
    }
}

#[test]
fn bash_by_shellcheck() {
    let Some(shellcheck) = peer("shellcheck") else { return };
    for tool in TOOLS {
        let folder = Folder::new(tool, "bash", "check");
        let seen = run(&shellcheck, [Path::new("--shell=bash"), &folder.0.join("check")], b"");
        assert_eq!((seen.status, seen.out.as_str()), (0, ""), "{tool}");
    }
}

#[test]
fn fish() {
    let Some(fish) = peer("fish") else { return };
    for tool in TOOLS {
        let folder = Folder::new(tool, "fish", tool);
        let offers =
            |line: &str| shell(&fish, &["--no-config"], &format!("source ./{tool}; complete -C '{line}'"), &folder.0);
        let all = offers(&format!("{tool} --"));
        for option in options(tool) {
            assert!(all.lines().any(|l| l.split('\t').next() == Some(&option)), "{tool}: {option} is not in {all}");
        }
        assert!(offers(&format!("{tool} --generate z")).starts_with("zsh\t"));
        assert!(offers(&format!("{tool} --generate=z")).starts_with("--generate=zsh\t"));
    }
    let folder = Folder::new("dnsall", "fish", "dnsall");
    let offers =
        |word| shell(&fish, &["--no-config"], &format!("source ./dnsall; complete -C 'dnsall {word}'"), &folder.0);
    assert_eq!(offers("@ht"), "@https://\n");
    assert_eq!(offers("@").lines().count(), 5);
}

/// A person at a terminal types the beginning of an option, TAB, the beginning
/// of its value, TAB, and sends the line. The tool is a function that shows it.
#[test]
fn zsh() {
    let Some(zsh) = peer("zsh") else { return };
    let script = r#"
        [[ -z $PLAINNET_ZSH_MODULES ]] || module_path=(${(s.:.)PLAINNET_ZSH_MODULES})
        zmodload zsh/zpty
        zpty -b shell "$ZSH -f -i"
        zpty -w shell "module_path=($module_path); fpath=($PWD $fpath); PS1= PROMPT_EOL_MARK="
        zpty -w shell "autoload -U compinit; compinit -u -D; $TOOL() { print -r -- \"<\$*>\" }; print re''ady"
        zpty -r -m shell seen '*ready*' || exit 1
        zpty -w -n shell "$TOOL --gen"$'\t'"z"$'\t'" --generate=f"$'\t\n'
        zpty -r -m shell seen '*<*>*' || exit 1
        print -r -- "${${seen##*<}%%>*}"
    "#;
    for tool in TOOLS {
        let folder = Folder::new(tool, "zsh", &format!("_{tool}"));
        shell(&zsh, &["-f", "-n"], &format!(". ./_{tool}"), &folder.0);
        let mut command = Command::new("timeout");
        command.args(["-s", "KILL", "30"]).arg(&zsh).args(["-f", "-c", script]);
        let seen = feed(command.current_dir(&folder.0).env("TOOL", tool).env("ZSH", &zsh).env("TERM", "xterm"), b"");
        let (out, err) = (String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr));
        assert!(seen.status.success(), "{tool}: {} {out} {err}", seen.status);
        assert_eq!(out.trim(), "--generate=zsh --generate=fish", "{tool}: {err}");
    }
}
