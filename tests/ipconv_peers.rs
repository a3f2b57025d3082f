//! ipconv beside Python's ipaddress and the C library: some inputs of each form, and a
//! million of them where PLAINNET_LONG is 1.
use std::{env, path::Path, process::Command};

use plainnet_lab::tool::{lacking, long, peer};

fn no_difference(form: &str) {
    let Some(python) = peer("python3") else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/ipconv/peers.py");
    let count = long(1_000_000, 1_000).to_string();
    let done = Command::new(python).arg(script).args([env!("CARGO_BIN_EXE_ipconv"), form, &count]).output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&text));
}

/// Which spellings of addresses are public, computed from IANA's tables by a script of its own.
#[test]
fn public_is_what_the_tables_of_iana_say() {
    let Some(python) = peer("python3") else { return };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (script, table) = (here.join("../../tests/ipconv/public.py"), here.join("../common/data/special-purpose.tsv"));
    let mut command = Command::new(python);
    command.arg(script).arg(env!("CARGO_BIN_EXE_ipconv")).arg(table).arg(long(1_000_000, 1_000).to_string());
    let done = command.output().unwrap();
    let text = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{text}");
    if text.contains("netaddr is missing") {
        lacking("netaddr is missing: is it in tests/packages-python.txt?");
    }
}

macro_rules! forms {
    ($($name:ident $form:literal;)*) => {
        $(#[test]
        fn $name() {
            no_difference($form);
        })*
    };
}

forms! {
    texts_v4 "text4";
    texts_v6 "text6";
    prefixes_and_masks "prefix";
    numbers "int";
    hexadecimal "hex";
    packets "raw";
    reverse_names "arpa";
    base_85 "base85";
    inet_aton "aton";
    mac_addresses "mac";
    all_forms_of_an_address "forms";
    literals "literals";
    addresses_inside_others "inside";
    classes "classes";
    classes_of_networks_and_ranges "classes_of_networks";
    classes_with_what_is_inside "deep";
    networks_and_hosts "networks";
    reverse_zones "zones";
    fewest_prefixes "cidrs";
    differences "exclude";
    longer_prefixes "split";
    every_address "expand";
    membership "member";
    order "sort";
    extraction "extract";
}
