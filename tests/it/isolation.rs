//! What never leaves the machine: the program has no way to a network.
#![cfg(all(target_os = "linux", target_endian = "little", target_pointer_width = "64"))]

use std::collections::BTreeSet;
use std::fs;

/// What the program has the system's C library do for it: the undefined symbols of its dynamic
/// symbol table (System V ABI, "Symbol Table").
fn imports(elf: &[u8]) -> BTreeSet<String> {
    const DYNAMIC_SYMBOLS: u64 = 11;
    let number = |at: usize, len: usize| -> u64 {
        elf[at..at + len].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let place = |at: usize| number(at, 8) as usize;
    let section = |index: usize| place(0x28) + index * number(0x3a, 2) as usize;
    let symbols = (0..number(0x3c, 2) as usize)
        .map(section)
        .find(|header| number(header + 4, 4) == DYNAMIC_SYMBOLS)
        .expect("it is linked to the C library");
    let names = place(section(number(symbols + 0x28, 4) as usize) + 0x18);
    let table = place(symbols + 0x18)..place(symbols + 0x18) + place(symbols + 0x20);
    let undefined = table.step_by(24).filter(|symbol| number(symbol + 6, 2) == 0);
    let name = |symbol: usize| {
        let rest = &elf[names + number(symbol, 4) as usize..];
        let end = rest.iter().position(|byte| *byte == 0).expect("names end with a zero");
        String::from_utf8(rest[..end].to_vec()).expect("ASCII")
    };
    undefined.map(name).collect()
}

#[test]
fn the_program_cannot_open_a_connection_or_start_another_program() {
    let elf = fs::read(env!("CARGO_BIN_EXE_wsblame")).expect("it was built");
    let imports = imports(&elf);
    assert!(imports.contains("read") && imports.contains("write"), "{imports:?}");
    // `socketpair` joins two ends in the same process: by it a signal reaches its thread.
    const NONE_OF: &[&str] = &[
        "socket",
        "connect",
        "bind",
        "listen",
        "accept",
        "accept4",
        "getaddrinfo",
        "gethostbyname",
        "res_query",
        "sendto",
        "sendmsg",
        "sendmmsg",
        "fork",
        "vfork",
        "execve",
        "execvp",
        "posix_spawn",
        "posix_spawnp",
        "system",
        "popen",
        "dlopen",
    ];
    let found: Vec<_> = NONE_OF.iter().filter(|name| imports.contains(**name)).collect();
    assert!(found.is_empty(), "{found:?}");
}
