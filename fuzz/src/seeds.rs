//! The rigs of each target, and the seeds of its corpus.

use crate::{
    attack::Seed,
    input::InputWriter,
    mutation::Change,
    rig::{self, Origin, Rig},
};

/// The presets with a shared secret.
#[must_use]
pub fn layers_rigs() -> Vec<Rig> {
    rig::all(|rig| !rig.has_public_key() && !rig.is_jws())
}

/// The presets with a public key, and those whose signature is a JSON web token.
#[must_use]
pub fn asymmetric_rigs() -> Vec<Rig> {
    rig::all(|rig| rig.has_public_key() || rig.is_jws())
}

/// The presets that can be signed for.
#[must_use]
pub fn roundtrip_rigs() -> Vec<Rig> {
    rig::signed()
}

/// Seeds for each preset, with ordinary and with unusual values.
#[must_use]
pub fn roundtrips(rigs: &[Rig]) -> Vec<Vec<u8>> {
    let values = [
        ("delivery-1", "/hooks?a=1", &br#"{"id":7}"#[..]),
        ("d\u{e9}livery", "/hooks", "{\"a\":\"\u{e9}\"}".as_bytes()),
        ("a.b:c", "/hooks/?a=%2F&b", b"\xff\xfe{}"),
        ("d2", "/", b"a=1&b=%31&payload=%7B%7D"),
    ];
    let mut seeds = Vec::new();
    for at in 0..rigs.len() {
        for (keys, (id, target, body)) in (0..3).cycle().zip(values) {
            let writer = InputWriter::default()
                .pick(at, rigs.len())
                .pick(keys, 3)
                .word(60)
                .byte(5);
            let writer = writer.bytes(id).bytes(target).long(body).bytes([1, 2]);
            let flips = [
                [0, 2, 0, 1],
                [1, 0, 0, 2],
                [2, 3, 0, 0],
                [3, 2, 0, 0],
                [4, 9, 0, 3],
            ];
            seeds.push(writer.rest(flips.concat()).finish());
        }
    }
    seeds
}

/// Seeds for each rig with each change, and for attacks that need matching values in several parts.
#[must_use]
pub fn attacks(rigs: &[Rig]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (at, rig) in rigs.iter().enumerate() {
        let plain = Seed {
            rig: at,
            offset: u16::MAX / 2,
            ..Seed::default()
        };
        seeds.push(plain.clone());
        let changes = changes(rig);
        seeds.extend(changes.chunks(4).enumerate().map(|(flags, changes)| Seed {
            flags: flags.to_le_bytes()[0],
            changes: changes.to_vec(),
            ..plain.clone()
        }));
        if let Origin::Signed(_) = rig.origin {
            seeds.extend(texts(&plain));
        }
    }
    seeds.iter().map(|seed| seed.write(rigs.len())).collect()
}

/// One change of each kind, with small arguments.
fn changes(_: &Rig) -> Vec<InputWriter> {
    use crate::mutation::ALL;
    let mut changes = Vec::new();
    for change in ALL {
        let of = |numbers: &[u8]| change.seed().rest(numbers);
        match change {
            Change::FlipBody => changes.push(of(&[7, 0, 3])),
            Change::RemoveHeader => changes.extend((0..6).map(|at| of(&[at]))),
            Change::Method => changes.extend((0..11).map(|at| of(&[at]))),
            Change::ListItem => {
                for location in 0..2 {
                    for item in 0..3 {
                        for kind in 0..3 {
                            changes.push(of(
                                &[location, item, kind, 9][..if kind == 2 { 4 } else { 3 }]
                            ));
                        }
                    }
                }
            }
            Change::Move => {
                // The first byte to the end of another part, and the last one to its beginning.
                let pairs = (0..5).flat_map(|from| (0..5).map(move |to| (from, to)));
                for (from, to) in pairs.filter(|(from, to)| from != to) {
                    changes.push(of(&[from, to, 1, 0, 1]));
                    changes.push(of(&[from, to, 1, 1, 0]));
                }
            }
            Change::Extension => changes.push(change.seed().bytes("more")),
            Change::SpliceBody | Change::SpliceTarget => changes.push(of(&[9, 0, 1, 1, b'x'])),
            Change::SpliceHeader => changes.extend((0..4).map(|at| of(&[at, 9, 0, 1, 1, b'x']))),
            Change::AddHeader => changes.push(of(&[0]).bytes("v1=00")),
            _ => changes.extend((0..2).map(|at| of(&[at, 0, 0, 0]))),
        }
    }
    changes
}

/// Deliveries with values that could move a border between two parts.
fn texts(plain: &Seed) -> Vec<Seed> {
    let with = |body: &str, changes: Vec<InputWriter>| Seed {
        body: body.into(),
        changes,
        ..plain.clone()
    };
    let cut = |choices: &[u8]| Change::CutAgain.seed().byte(0).bytes(choices);
    let cuts = (0..2).flat_map(|start| (0..6).map(move |end| [start, end, 0, 0]));
    let cuts: Vec<_> = cuts.map(|choices| cut(&choices)).collect();
    let position = |at: u8| cut(&[at, 0, at, 0, at, 0]);
    vec![
        // A timestamp inside the body.
        with(r#"{"at":"2026-01-15T12:00:01Z","x":1}"#, cuts.clone()),
        with(r#"{"at":1768478401,"ms":1768478401000,"x":1}"#, cuts),
        with("1.5", (0..12).map(position).collect()),
        // Characters outside ASCII, and escapes of them.
        with(
            "{\"a\":\"\u{e9}\"}",
            vec![
                Change::ListItem.seed().rest([0, 0, 0]),
                Change::RemoveHeader.seed().rest([2]),
            ],
        ),
        with(
            r#"{"a":"\\u0022","b":"\u00e9"}"#,
            vec![
                Change::Spelling.seed().rest([1, 7, 0, 0]),
                Change::Spelling.seed().rest([1, 5, 20, 0]),
            ],
        ),
        with(
            r#"{"a":"\\u0022"}"#,
            vec![Change::Spelling.seed().rest([1, 7, 0, 0])],
        ),
        Seed {
            body: b"\xff\xfe{}".to_vec(),
            ..plain.clone()
        },
        Seed {
            id: "d\u{e9}livery".into(),
            ..plain.clone()
        },
        Seed {
            id: b"a.b".to_vec(),
            target: b"/hooks?a=1&b=%2F2".to_vec(),
            ..plain.clone()
        },
    ]
}
