//! Secrets that must not be taken, secrets from elsewhere, and secrets that must not be seen.
//! The numbers are those of `tests/README.md`.

use std::{
    convert::Infallible,
    ffi::OsStr,
    fmt::{Debug, Display},
    fs,
    future::pending,
    io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::trace::TraceLayer;
use tower_webhook::{
    KeyError, Keys, PublicUrl, RequestHead, Scheme, Secret, SetupError, VerifiedBody, Verifier,
    WebhookLayer,
    keys::{KeyErrorKind, KeySource},
    providers::{self, Provider},
    scheme::{Algorithm, Encoding, SecretEncoding},
    webhook::MemoryBudget,
};

use crate::support::{
    self, Answer, BODY, Delivery, Log, NOW, RecordingService, Report, Rig, STANDARD_ID, Script,
    Step, at, base64, base64url, hex, mac, now, provider, send, test_clock,
};

fn name(error: &KeyError) -> &'static str {
    match error.kind() {
        KeyErrorKind::Empty => "empty",
        KeyErrorKind::Zeros => "zeros",
        KeyErrorKind::Encoding { .. } => "encoding",
        KeyErrorKind::NotSet => "not set",
        KeyErrorKind::NotUtf8 => "UTF-8",
        KeyErrorKind::SurroundingWhitespace => "white space",
        other => panic!("{other:?}"),
    }
}

/// What a layer or a verifier finds wrong with its secrets.
fn key_error<T>(made: Result<T, SetupError>) -> Option<KeyError> {
    match made.err()? {
        SetupError::Key(error) => Some(error),
        other => panic!("{other:?}"),
    }
}

/// 14: what no scheme can make use of.
#[test]
fn rejects_texts_that_cannot_be_secrets() {
    let rows = [
        ("empty", "", "empty"),
        ("one space", " ", "empty"),
        ("only white space", " \t\r\n", "empty"),
        ("a space before", " secret", "white space"),
        ("a space after", "secret ", "white space"),
        ("spaces on both sides", "  secret  ", "white space"),
        ("a tab before", "\tsecret", "white space"),
        ("a newline from a file", "secret\n", "white space"),
        (
            "a newline from a file of Windows",
            "secret\r\n",
            "white space",
        ),
        ("a newline before", "\nsecret", "white space"),
        ("two newlines", "secret\n\n", "white space"),
        ("a form feed", "secret\x0c", "white space"),
        ("a vertical tab", "secret\x0b", "white space"),
        ("a space that does not break", "secret\u{a0}", "white space"),
        ("an ideographic space", "\u{3000}secret", "white space"),
        (
            "a newline after `whsec_`",
            "whsec_c2VjcmV0\n",
            "white space",
        ),
    ];
    for (what, text, kind) in rows {
        let error = Secret::new(text).unwrap_err();
        assert_eq!(name(&error), kind, "14: {what}");
    }
    for text in [
        "s",
        "a secret",
        "a\tsecret",
        "It's a Secret to Everybody",
        "sécret",
        "🔑",
    ] {
        assert!(Secret::new(text).is_ok(), "14: {text:?}");
    }
    assert_eq!(name(&Secret::from_bytes([]).unwrap_err()), "empty");
    assert!(Secret::from_bytes(*b" raw bytes \n").is_ok());
}

/// 14: HMAC fills keys up with zeros, so a key of zeros is the empty key.
#[test]
fn rejects_a_key_of_zeros() {
    let empty = mac(Algorithm::HmacSha256, b"", BODY);
    assert_eq!(empty, mac(Algorithm::HmacSha256, &[0; 32], BODY));
    assert_eq!(name(&Secret::from_bytes([0; 32]).unwrap_err()), "zeros");
    let standard = Secret::new(format!("whsec_{}", base64(&[0; 32]))).unwrap();
    let error = key_error(WebhookLayer::new(providers::standard_webhooks(), standard));
    assert_eq!(error.as_ref().map(name), Some("zeros"));
}

/// A scheme whose secret is hex.
fn hex_keyed() -> Provider {
    let scheme = Scheme::builder("acme").signature_header("x-acme-signature");
    scheme
        .secret_encoding(SecretEncoding::Hex)
        .build()
        .unwrap()
        .into()
}

/// 14: what a scheme cannot decode is an error before the first request, in whatever place it
/// stands.
#[test]
fn rejects_texts_that_the_scheme_cannot_decode() {
    let rows = [
        ("standard_webhooks", "whsec_!!!!", "encoding"),
        ("standard_webhooks", "not base64!", "encoding"),
        ("standard_webhooks", "whsec_YWJj=", "encoding"),
        ("standard_webhooks", "whsec_YWJjZA=", "encoding"),
        ("standard_webhooks", "whsec_YW Jj", "encoding"),
        ("standard_webhooks", "whsec_YWJj\nYWJj", "encoding"),
        ("standard_webhooks", "whsec_-_-_", "encoding"),
        ("standard_webhooks", "whsec_A", "encoding"),
        ("standard_webhooks", "whsk_c2VjcmV0", "encoding"),
        ("standard_webhooks", "whsec_é", "encoding"),
        ("standard_webhooks", "whsec_", "empty"),
        ("standard_webhooks", "whsec_ ", "white space"),
        ("acme", "abc", "encoding"),
        ("acme", "xyz0", "encoding"),
        ("acme", "0x0102", "encoding"),
        ("acme", "01 02", "encoding"),
        ("acme", "00", "zeros"),
    ];
    let mut report = Report::default();
    for (scheme, text, kind) in rows {
        let secret = match Secret::new(text) {
            Ok(secret) => secret,
            Err(error) => {
                assert_eq!(name(&error), kind, "14: {text:?}");
                continue;
            }
        };
        let provider = || match scheme {
            "acme" => hex_keyed(),
            other => provider(other),
        };
        let good = || Secret::from_bytes(*b"a good one").unwrap();
        let errors = [
            key_error(WebhookLayer::new(provider(), secret.clone())),
            key_error(WebhookLayer::new(
                provider(),
                Keys::new(good()).previous(secret.clone()),
            )),
            key_error(WebhookLayer::new(
                provider(),
                Keys::new(secret.clone()).previous(good()),
            )),
            key_error(Verifier::new(provider(), secret)),
        ];
        for error in errors {
            report.note(match error.as_ref().map(name) {
                Some(got) if got == kind => Ok(()),
                got => Err(format!("14: {scheme}: {text:?}: {got:?} and not {kind:?}")),
            });
        }
    }
    report.finish();
}

/// 14: the error says which of several secrets is meant, by its label.
#[test]
fn names_the_invalid_secret_by_its_label() {
    let good = || Secret::from_bytes(*b"a good one").unwrap();
    let bad = Secret::new("!!!!").unwrap().label("2025-11");
    let keys = Keys::new(good().label("2026-11")).previous(bad);
    let error = Verifier::new(providers::standard_webhooks(), keys).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("2025-11") && !text.contains("2026-11"),
        "{text}"
    );
}

// Secrets from elsewhere.

/// What becomes of a text that a variable or a file holds.
#[derive(Clone, Copy, Debug)]
enum Loaded {
    /// This is the secret.
    As(&'static [u8]),
    /// It is not one, for this reason.
    Not(&'static str),
}

/// What a variable or a file may hold, and what becomes of it.
const LOADED: &[(&str, &[u8], Loaded)] = {
    use Loaded::{As, Not};

    const TEXT: Loaded = As(b"kanarienvogel");
    const SPACE: Loaded = Not("white space");
    &[
        ("nothing", b"", Not("empty")),
        ("a newline", b"\n", Not("empty")),
        ("a newline of Windows", b"\r\n", Not("empty")),
        ("newlines", b"\n\n\n", Not("empty")),
        ("spaces", b"   ", Not("empty")),
        ("a secret", b"kanarienvogel", TEXT),
        ("and a newline", b"kanarienvogel\n", TEXT),
        ("and a newline of Windows", b"kanarienvogel\r\n", TEXT),
        ("and two newlines", b"kanarienvogel\n\n", SPACE),
        ("and two of Windows", b"kanarienvogel\r\n\r\n", SPACE),
        ("and one of each", b"kanarienvogel\n\r\n", SPACE),
        ("and a newline turned round", b"kanarienvogel\n\r", SPACE),
        ("and a carriage return", b"kanarienvogel\r", SPACE),
        ("and two carriage returns", b"kanarienvogel\r\r\n", SPACE),
        ("and a space", b"kanarienvogel ", SPACE),
        ("and a space and a newline", b"kanarienvogel \n", SPACE),
        ("and a tab", b"kanarienvogel\t\n", SPACE),
        ("a space before", b" kanarienvogel", SPACE),
        ("a newline before", b"\nkanarienvogel\n", SPACE),
        (
            "a mark of the byte order",
            b"\xef\xbb\xbfkanarienvogel\n",
            SPACE,
        ),
        ("two lines", b"kanarien\nvogel\n", As(b"kanarien\nvogel")),
        ("two words", b"kanarien vogel\n", As(b"kanarien vogel")),
        (
            "letters",
            "kan\u{e4}rienvogel\n".as_bytes(),
            As("kan\u{e4}rienvogel".as_bytes()),
        ),
        ("Latin-1", b"kan\xe4rienvogel", Not("UTF-8")),
        ("Latin-1 and a newline", b"kan\xe4rienvogel\n", Not("UTF-8")),
        (
            "half a letter at the end",
            b"kanarienvogel\xc3",
            Not("UTF-8"),
        ),
        (
            "half a letter and a newline",
            b"kanarienvogel\xc3\n",
            Not("UTF-8"),
        ),
        (
            "UTF-16",
            b"\xff\xfek\x01a\x01n\x01a\x01r\x01i\x01",
            Not("UTF-8"),
        ),
    ]
};

/// Whether a secret signs as one of these bytes does.
fn is_secret(secret: Secret, bytes: &[u8]) -> bool {
    let verifier = Verifier::new(providers::github(), secret).unwrap();
    let signature = hex(&mac(Algorithm::HmacSha256, bytes, BODY));
    let delivery = Delivery::new(BODY);
    let delivery = delivery.header("x-hub-signature-256", format!("sha256={signature}"));
    verifier.verify(&delivery.head, BODY).is_ok()
}

#[track_caller]
fn not_shown(value: &[u8], text: &str) {
    // Less is part of any text.
    if value.len() >= 8 {
        Canary::new("value", value).not_in("a loaded secret", text);
    }
}

/// Says what differs from `expect`. An error names the place and shows nothing of the value.
fn check_loaded(
    location: &str,
    value: &[u8],
    loaded: Result<Secret, KeyError>,
    expect: Loaded,
) -> Result<(), String> {
    match (loaded, expect) {
        (Ok(secret), Loaded::As(bytes)) if is_secret(secret.clone(), bytes) => {
            not_shown(value, &format!("{secret:?}"));
            Ok(())
        }
        (Err(error), Loaded::Not(why)) if name(&error) == why => {
            let text = error.to_string();
            let shown = format!("{text} {error:#} {error:?} {error:#?} {:?}", error.kind());
            not_shown(value, &shown);
            let setup = SetupError::from(error);
            not_shown(value, &format!("{setup} {setup:?}"));
            if text.starts_with(&format!("{location} ")) {
                return Ok(());
            }
            Err(format!("{text:?} does not begin with {location:?}"))
        }
        (Ok(secret), _) => Err(format!("{secret:?}, another one, and not {expect:?}")),
        (Err(error), _) => Err(format!("{error:?} and not {expect:?}")),
    }
}

/// 14: secrets from the environment. A program must not change its own environment while others may
/// look at it, so each row is a process: this test again, told which row it is.
#[test]
fn loads_secrets_from_the_environment() {
    const ROW: &str = "TOWER_WEBHOOK_TEST_ROW";
    const NAME: &str = "TOWER_WEBHOOK_TEST_SECRET";
    let location = format!("environment variable `{NAME}`");
    if let Ok(row) = std::env::var(ROW) {
        let (value, expect) = match row.as_str() {
            "unset" => (&b""[..], Loaded::Not("not set")),
            row => {
                let (_, value, expect) = LOADED[row.parse::<usize>().unwrap()];
                (value, expect)
            }
        };
        check_loaded(&location, value, Secret::from_env(NAME), expect).unwrap();
        return;
    }

    let mut report = Report::default();
    let mut run = |what: &str, row: &str, value: Option<&OsStr>| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "secrets::loads_secrets_from_the_environment"])
            .env(ROW, row)
            .env_remove(NAME);
        if let Some(value) = value {
            child.env(NAME, value);
        }
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let passed = output.status.success() && text.contains("1 passed");
        report.note(if passed {
            Ok(())
        } else {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("14: {what}: {text} {errors}"))
        });
    };
    run("unset", "unset", None);
    for (row, (what, value, _)) in LOADED.iter().enumerate() {
        #[cfg(unix)]
        let value = Some(std::os::unix::ffi::OsStrExt::from_bytes(value));
        #[cfg(not(unix))]
        let value = std::str::from_utf8(value).ok().map(OsStr::new);
        if value.is_some() {
            run(what, &row.to_string(), value);
        }
    }
    report.finish();

    // Names that no variable can have.
    for name in ["", "A=B", "A\0B"] {
        let error = Secret::from_env(name).unwrap_err();
        assert!(
            matches!(error.kind(), KeyErrorKind::NotSet),
            "14: {error:?}"
        );
    }
}

/// A folder that is there for as long as a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn location(path: &Path) -> String {
    format!("file `{}`", path.display())
}

/// 14: secrets from files.
#[test]
fn loads_secrets_from_files() {
    let folder = Folder::new("secrets");
    let mut report = Report::default();
    for (row, (what, value, expect)) in LOADED.iter().enumerate() {
        let path = folder.file(&format!("row {row}"), value);
        let loaded = Secret::from_file(&path);
        let outcome = check_loaded(&location(&path), value, loaded, *expect);
        report.note(outcome.map_err(|error| format!("14: {what}: {error}")));
        // The file is read once.
        fs::remove_file(&path).unwrap();
    }
    report.finish();
}

const KIB_64: usize = 64 << 10;

/// 14: a file may be as long as 64 KiB, with its newline, and one that never ends is not read to
/// its end.
#[test]
fn rejects_files_over_64_kib() {
    let folder = Folder::new("long");
    for (length, newline, is_fine) in [
        (KIB_64 - 1, "", true),
        (KIB_64 - 1, "\n", true),
        (KIB_64 - 2, "\r\n", true),
        (KIB_64, "", true),
        (KIB_64, "\n", false),
        (KIB_64 - 1, "\r\n", false),
        (KIB_64 + 1, "", false),
        (10 * KIB_64, "", false),
    ] {
        let text = "kanarienvogel".repeat(length / 13 + 1);
        let secret = &text.as_bytes()[..length];
        let path = folder.file("file", [secret, newline.as_bytes()].concat());
        match Secret::from_file(&path) {
            Ok(loaded) => assert!(is_fine && is_secret(loaded, secret), "14: {length}"),
            Err(error) => {
                assert!(!is_fine, "14: {length}: {error}");
                let KeyErrorKind::TooLong { limit, .. } = error.kind() else {
                    panic!("14: {length}: {error:?}");
                };
                assert_eq!(*limit, KIB_64);
                let shown = format!("{error} {error:?}");
                assert!(shown.contains(&location(&path)), "{shown}");
                not_shown(b"kanarienvogel", &shown);
            }
        }
    }
    #[cfg(unix)]
    {
        let error = Secret::from_file("/dev/zero").unwrap_err();
        assert_eq!(
            error.to_string(),
            "file `/dev/zero` is longer than 65536 bytes; check the path"
        );
        let error = Secret::from_file("/dev/null").unwrap_err();
        assert_eq!(
            error.to_string(),
            "file `/dev/null` is empty; set it to the secret of the endpoint"
        );
    }
}

/// 14: what cannot be read is an error that says what and why.
#[test]
fn reports_files_that_cannot_be_read() {
    let folder = Folder::new("unreadable");
    let file = folder.file("file", CANARY_SECRET);
    let mut rows = vec![
        ("missing", folder.0.join("missing")),
        ("a folder", folder.0.clone()),
        ("a folder, with a slash", folder.0.join("")),
        ("nothing", PathBuf::new()),
        ("behind a file", file.join("file")),
        ("a name that no file has", folder.0.join("a\0b")),
    ];
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let circle = folder.0.join("circle");
        symlink(&circle, &circle).unwrap();
        rows.push(("a link to itself", circle));
        let dangling = folder.0.join("dangling");
        symlink(folder.0.join("missing"), &dangling).unwrap();
        rows.push(("a link to nothing", dangling));
        let forbidden = folder.file("forbidden", CANARY_SECRET);
        fs::set_permissions(&forbidden, fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser may read it all the same.
        if fs::File::open(&forbidden).is_err() {
            rows.push(("forbidden", forbidden));
        }
    }
    // It can be opened, and the first read fails.
    #[cfg(target_os = "linux")]
    rows.push(("the memory of the process", "/proc/self/mem".into()));
    for (what, path) in rows {
        let error = Secret::from_file(&path).unwrap_err();
        let KeyErrorKind::Unreadable {
            error: reason,
            message,
            ..
        } = error.kind()
        else {
            panic!("14: {what}: {error:?}");
        };
        assert!(!message.is_empty(), "14: {what}");
        let text = format!("{} cannot be read: {message}", location(&path));
        assert_eq!(error.to_string(), text, "14: {what}");
        if what == "missing" {
            assert_eq!(*reason, io::ErrorKind::NotFound);
        }
        error_shows_nothing(what, &error);
    }
    // A link to something is as good as it.
    #[cfg(unix)]
    {
        let link = folder.0.join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let secret = Secret::from_file(link).unwrap();
        assert!(is_secret(secret, CANARY_SECRET.as_bytes()));
    }
}

/// 14: a secret that was loaded is one like others: its form is known once it meets a scheme.
#[tokio::test]
async fn verifies_with_a_loaded_secret() {
    let folder = Folder::new("layer");
    let path = folder.file("secret", format!("{}\n", support::STANDARD_SECRET));
    let secret = Secret::from_file(path).unwrap().label("from a file");
    let layer = WebhookLayer::new(providers::standard_webhooks(), secret).unwrap();
    let inner = RecordingService::default();
    let service = layer.clock(test_clock()).layer(inner.clone());
    let delivery = support::standard(STANDARD_ID, now(), BODY);
    assert_eq!(send(&service, delivery.request()).await.status, 200);
    assert_eq!(inner.last().verified().key_label(), Some("from a file"));

    let path = folder.file("text", CANARY_SECRET);
    let secret = Secret::from_file(path).unwrap().label("t1");
    let error = key_error(WebhookLayer::new(hex_keyed(), secret)).unwrap();
    let text = "scheme `acme`: the secret (`t1`) has the wrong format; this scheme expects hex";
    assert_eq!(error.to_string(), text);
    error_shows_nothing("a loaded secret", &error);
}

// What must not be seen.

/// What must not be seen, in every form in which it might.
struct Canary {
    what: &'static str,
    forms: Vec<String>,
}

impl Canary {
    fn new(what: &'static str, bytes: &[u8]) -> Self {
        let mut forms = Vec::new();
        // Any eight bytes of it are too many.
        for window in bytes.windows(8) {
            forms.push(hex(window));
            forms.push(hex(window).to_uppercase());
            forms.push(format!("{window:?}").trim_matches(['[', ']']).to_owned());
            forms.push(format!("{window:#?}").trim_matches(['[', ']']).to_owned());
            forms.push(format!("{window:02x?}").trim_matches(['[', ']']).to_owned());
            forms.push(window.escape_ascii().to_string());
            let escaped = format!("{:?}", Bytes::copy_from_slice(window));
            forms.push(
                escaped
                    .trim_start_matches("b\"")
                    .trim_end_matches('"')
                    .to_owned(),
            );
            forms.extend(std::str::from_utf8(window).map(str::to_owned));
        }
        // Base64 at each of its three offsets, without the digits that its neighbours share.
        for offset in 0..3 {
            let padded = [&b"..."[..offset], bytes].concat();
            let whole = padded.len() / 3 * 3;
            for text in [base64(&padded[..whole]), base64url(&padded[..whole])] {
                let digits = &text[[0, 2, 3][offset]..];
                forms.extend(
                    digits
                        .as_bytes()
                        .windows(12)
                        .map(|it| String::from_utf8(it.to_vec()).unwrap()),
                );
            }
        }
        Self { what, forms }
    }

    /// Panics if `text` shows anything of it.
    #[track_caller]
    fn not_in(&self, location: &str, text: &str) {
        let found = self.forms.iter().find(|form| text.contains(&form[..]));
        assert_eq!(
            found, None,
            "16: {location} shows the {}: {text}",
            self.what
        );
    }
}

const CANARY_SECRET: &str = "kanarienvogel-1f0e9d8c7b6a";
const CANARY_OLD_SECRET: &str = "dompfaff-a6b7c8d9e0f1";
const CANARY_BODY: &[u8] = br#"{"card":"4242-4242-rotkehlchen"}"#;

/// The secrets, the MACs that they make of the body, and the body.
fn canaries() -> Vec<Canary> {
    let message = [b"v0:", now().as_bytes(), b":", CANARY_BODY].concat();
    let expected = mac(Algorithm::HmacSha256, CANARY_SECRET.as_bytes(), &message);
    let old = mac(
        Algorithm::HmacSha256,
        CANARY_OLD_SECRET.as_bytes(),
        &message,
    );
    vec![
        Canary::new("secret", CANARY_SECRET.as_bytes()),
        Canary::new("old secret", CANARY_OLD_SECRET.as_bytes()),
        Canary::new("expected MAC", &expected),
        Canary::new("old secret's MAC", &old),
        Canary::new("body", CANARY_BODY),
    ]
}

#[track_caller]
fn shows_nothing(location: &str, text: &str) {
    assert!(!text.is_empty(), "{location} shows nothing at all");
    for canary in canaries() {
        canary.not_in(location, text);
    }
}

#[track_caller]
fn debug_shows_nothing(location: &str, it: &impl Debug) {
    shows_nothing(location, &format!("{it:?}"));
    shows_nothing(location, &format!("{it:#?}"));
    shows_nothing(location, &format!("{it:02x?}"));
}

#[track_caller]
fn error_shows_nothing<E: std::error::Error + Display>(location: &str, error: &E) {
    debug_shows_nothing(location, error);
    shows_nothing(location, &format!("{error}"));
    shows_nothing(location, &format!("{error:#}"));
    let mut source = error.source();
    while let Some(error) = source {
        shows_nothing(location, &format!("{error:?} {error}"));
        source = error.source();
    }
}

/// 16: the test itself sees what it looks for.
#[test]
fn a_canary_is_found_in_every_form() {
    let canary = Canary::new("word", b"kanarienvogel");
    let bytes = b"kanarienvogel";
    let leaks = [
        "a kanarienvogel".to_owned(),
        "anarienvo".to_owned(),
        hex(bytes),
        hex(bytes).to_uppercase(),
        base64(bytes),
        base64(&[b"a", &bytes[..]].concat()),
        base64(&[b"ab", &bytes[..]].concat()),
        base64url(&[b"abc", &bytes[..], b"def"].concat()),
        format!("{bytes:?}"),
        format!("{bytes:#?}"),
        format!("{bytes:02x?}"),
        format!("{:?}", Bytes::from_static(bytes)),
        format!("{:?}", String::from_utf8_lossy(bytes)),
    ];
    for leak in leaks {
        let found = canary.forms.iter().any(|form| leak.contains(&form[..]));
        assert!(found, "not found in {leak:?}");
    }
    assert!(!canary.forms.iter().any(String::is_empty));
}

fn canary_keys() -> Keys {
    Keys::new(Secret::new(CANARY_SECRET).unwrap().label("new"))
        .previous(Secret::new(CANARY_OLD_SECRET).unwrap().label("old"))
}

/// Slack's scheme, under `secret`.
fn canary_delivery(secret: &str) -> Delivery {
    let message = [b"v0:", now().as_bytes(), b":", CANARY_BODY].concat();
    let mac = mac(Algorithm::HmacSha256, secret.as_bytes(), &message);
    Delivery::new(CANARY_BODY)
        .header("x-slack-signature", format!("v0={}", hex(&mac)))
        .header("x-slack-request-timestamp", now())
}

/// A delivery that is right but for its signature.
fn forged_delivery() -> Delivery {
    canary_delivery("guess")
}

fn canary_layer() -> WebhookLayer {
    WebhookLayer::new(providers::slack(), canary_keys())
        .unwrap()
        .clock(test_clock())
}

/// 16: what is built of secrets.
#[test]
fn types_that_hold_a_secret_do_not_show_it() {
    let secret = Secret::new(CANARY_SECRET).unwrap();
    debug_shows_nothing("Secret", &secret);
    debug_shows_nothing("Secret, labelled", &secret.clone().label("new"));
    debug_shows_nothing(
        "Secret of bytes",
        &Secret::from_bytes(CANARY_SECRET).unwrap(),
    );
    debug_shows_nothing("Keys", &canary_keys());
    for name in ["generic", "github", "shopify", "slack", "stripe"] {
        debug_shows_nothing(name, &provider(name));
        debug_shows_nothing(name, &Verifier::new(provider(name), canary_keys()).unwrap());
        let layer = WebhookLayer::new(provider(name), canary_keys()).unwrap();
        debug_shows_nothing(name, &layer);
        debug_shows_nothing(name, &layer.layer(RecordingService::default()));
    }
    let standard = Secret::new(format!("whsec_{}", base64(CANARY_SECRET.as_bytes()))).unwrap();
    debug_shows_nothing("a secret in base64", &standard);
    let layer = WebhookLayer::new(providers::standard_webhooks(), standard).unwrap();
    debug_shows_nothing("a decoded secret", &layer);
    let hex_secret = Secret::new(hex(CANARY_SECRET.as_bytes())).unwrap();
    debug_shows_nothing("a secret in hex", &hex_secret);
    debug_shows_nothing(
        "a decoded secret",
        &Verifier::new(hex_keyed(), hex_secret).unwrap(),
    );
}

/// Asks for the tenant by the path: `/hooks/known` has the canaries for keys, and `/hooks/late`
/// too, but both have expired.
fn canary_tenant(head: RequestHead<'_>) -> Option<Keys> {
    let expired = at(NOW - 1);
    match head.path() {
        "/hooks/known" => Some(
            Keys::new(Secret::new(CANARY_SECRET).unwrap())
                .previous(Secret::new(CANARY_OLD_SECRET).unwrap().label("looked up")),
        ),
        "/hooks/late" => Some(
            Keys::new(Secret::new(CANARY_SECRET).unwrap().not_after(expired)).previous(
                Secret::new(CANARY_OLD_SECRET)
                    .unwrap()
                    .label("late")
                    .not_after(expired),
            ),
        ),
        _ => None,
    }
}

fn canary_source() -> impl KeySource {
    let keys = canary_keys();
    move |head: RequestHead<'_>| {
        // It holds keys itself.
        let _ = &keys;
        let keys = canary_tenant(head);
        async move { Ok::<_, Infallible>(keys) }
    }
}

fn with_key_source(source: impl KeySource) -> WebhookLayer {
    WebhookLayer::with_key_source(providers::slack(), source)
        .unwrap()
        .clock(test_clock())
}

async fn source_does_not_show_keys(source: impl KeySource) {
    let layer = with_key_source(source);
    let service = layer.layer(());
    debug_shows_nothing("a layer with a source", &layer);
    debug_shows_nothing("a service with a source", &service);
    let mut service = layer.layer(RecordingService::default());
    let future = service.call(canary_to("known").request());
    debug_shows_nothing("ResponseFuture, looking up", &future);
    assert_eq!(future.await.unwrap().status(), 200);
}

#[cfg(feature = "key-cache")]
#[tokio::test]
async fn key_cache_does_not_show_keys() {
    let cache = tower_webhook::keys::KeyCache::new(
        10,
        Duration::from_secs(60),
        |head: RequestHead<'_>| Some(head.path().to_owned()),
        |_| async { Ok::<_, Infallible>(Some(canary_keys())) },
    );
    debug_shows_nothing("KeyCache", &cache);
    source_does_not_show_keys(cache.clone()).await;
    debug_shows_nothing("KeyCache, full", &cache);
}

/// 16: what holds keys that can change.
#[tokio::test]
async fn types_that_look_keys_up_do_not_show_them() {
    let keys = || canary_tenant(RequestHead::from(&canary_to("late").head)).unwrap();
    debug_shows_nothing("Keys, expiring", &keys());
    debug_shows_nothing(
        "Secret, expiring",
        &Secret::new(CANARY_SECRET).unwrap().not_after(at(NOW)),
    );
    let (layer, handle) = WebhookLayer::with_reload_handle(providers::slack(), keys()).unwrap();
    let (verifier, of_verifier) = Verifier::with_reload_handle(providers::slack(), keys()).unwrap();
    for round in ["as made", "after a replacement"] {
        debug_shows_nothing(round, &handle);
        debug_shows_nothing(round, &of_verifier);
        debug_shows_nothing(round, &layer);
        debug_shows_nothing(round, &layer.layer(()));
        debug_shows_nothing(round, &verifier);
        let delivery = canary_to("known");
        if let Ok(mut session) = verifier.begin(&delivery.head) {
            session.update(CANARY_BODY);
            debug_shows_nothing(round, &session);
        }
        handle.replace(canary_keys()).unwrap();
        of_verifier.replace(canary_keys()).unwrap();
    }

    source_does_not_show_keys(canary_source()).await;

    // Whatever lies beside a request may be a secret.
    let mut delivery = canary_to("known");
    delivery.head.extensions.insert(CANARY_SECRET.to_owned());
    delivery.head.extensions.insert(canary_keys());
    let head = RequestHead::from(&delivery.head);
    assert!(head.extension::<String>().is_some());
    debug_shows_nothing("RequestHead with extensions", &head);
}

/// 16: a URL with a password or a token in it is refused, and the error goes to a log.
#[test]
fn errors_about_a_url_do_not_show_a_secret() {
    for at in [
        format!("https://user:{CANARY_SECRET}@example.com"),
        format!("https://{CANARY_SECRET}@example.com/hooks"),
        format!("https://example.com/?key={CANARY_SECRET}"),
        format!("https://example.com/#{CANARY_SECRET}"),
    ] {
        let among_others = PublicUrl::by_host(["https://example.org", &at]);
        for made in [PublicUrl::fixed(&at), among_others] {
            let error = made.unwrap_err();
            error_shows_nothing("PublicUrlError", &error);
            error_shows_nothing("SetupError", &SetupError::from(error));
        }
    }
}

/// 16: errors about secrets.
#[test]
fn errors_about_a_secret_do_not_show_it() {
    let undecodable = || Secret::new(CANARY_SECRET).unwrap();
    let good = || Secret::from_bytes(*b"a good one").unwrap();
    let standard = providers::standard_webhooks;
    let errors = [
        (
            "white space",
            Secret::new(format!("{CANARY_SECRET}\n")).err(),
        ),
        (
            "base64",
            key_error(WebhookLayer::new(standard(), undecodable())),
        ),
        ("base64, previous", {
            let keys = Keys::new(good()).previous(undecodable());
            key_error(WebhookLayer::new(standard(), keys))
        }),
        ("hex", key_error(Verifier::new(hex_keyed(), undecodable()))),
        (
            "hex, labelled",
            key_error(Verifier::new(hex_keyed(), undecodable().label("new"))),
        ),
    ];
    for (location, error) in errors {
        let error = error.unwrap();
        error_shows_nothing(location, &error);
        debug_shows_nothing(location, error.kind());
    }
}

/// 16: what verification makes on its way.
#[test]
fn the_core_does_not_show_what_it_works_on() {
    let verifier = Verifier::new(providers::slack(), canary_keys()).unwrap();
    let verifier = verifier.clock(test_clock());
    for secret in [CANARY_SECRET, CANARY_OLD_SECRET] {
        let delivery = canary_delivery(secret);
        let head = RequestHead::from(&delivery.head);
        let mut session = verifier.begin(head).unwrap();
        debug_shows_nothing("VerificationSession, begun", &session);
        session.update(CANARY_BODY);
        debug_shows_nothing("VerificationSession, fed", &session);
        let outcome = session.finish([CANARY_BODY]);
        debug_shows_nothing("Verified", &outcome.unwrap());
    }
    let forged = forged_delivery();
    let head = RequestHead::from(&forged.head);
    let rejection = verifier.verify(head, CANARY_BODY).unwrap_err();
    error_shows_nothing("Rejection", &rejection);
    debug_shows_nothing("RejectionKind", rejection.kind());
    shows_nothing("RejectionKind", &rejection.kind().to_string());
    debug_shows_nothing("RejectionClass", &rejection.class());
}

/// 16: the right signature of a genuine delivery is an expected MAC too.
#[test]
fn a_head_does_not_show_the_signature() {
    let genuine = canary_delivery(CANARY_SECRET);
    debug_shows_nothing("RequestHead", &RequestHead::from(&genuine.head));
}

/// 16: the future and what goes in and out, at every stage.
#[tokio::test(start_paused = true)]
async fn the_layer_does_not_show_what_it_works_on() {
    let inner = service_fn(|request: Request<VerifiedBody>| async move {
        debug_shows_nothing("VerifiedBody", request.body());
        let verified = request.extensions().get::<tower_webhook::Verified>();
        debug_shows_nothing("Verified", verified.unwrap());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut body = request.into_body();
        while body.frame().await.is_some() {
            debug_shows_nothing("VerifiedBody, read", &body);
        }
        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from_static(CANARY_BODY))))
    });
    let mut service = canary_layer().layer(inner);
    let pause = || Step::Wait(Duration::from_secs(1));
    let (front, back) = CANARY_BODY.split_at(20);
    for steps in [
        vec![Step::data(CANARY_BODY), pause()],
        vec![Step::data(front), pause(), Step::data(back)],
    ] {
        let request = canary_delivery(CANARY_SECRET).with(Script::new(steps));
        let future = service.call(request);
        debug_shows_nothing("ResponseFuture, begun", &future);
        let mut task = tokio_test::task::spawn(future);
        assert!(task.poll().is_pending());
        debug_shows_nothing("ResponseFuture, reading", &task);
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert!(task.poll().is_pending());
        debug_shows_nothing("ResponseFuture, calling", &task);
        tokio::time::advance(Duration::from_secs(2)).await;
        let response = tokio_test::assert_ready!(task.poll()).unwrap();
        debug_shows_nothing("ResponseFuture, done", &task);
        debug_shows_nothing("ResponseBody", response.body());
    }

    let unsigned = forged_delivery().without("x-slack-signature").request();
    let refused = service.call(unsigned);
    debug_shows_nothing("ResponseFuture, refused", &refused);
    let response = refused.await.unwrap();
    debug_shows_nothing("ResponseBody, refused", response.body());
    debug_shows_nothing("MemoryBudget", &MemoryBudget::new(1));
}

/// Deliveries that are let in, and deliveries that are refused for every kind of reason, with the
/// name of the reason.
fn deliveries() -> Vec<(&'static str, Request<Script>)> {
    let forged = forged_delivery;
    let signature = "x-slack-signature";
    let timestamp = "x-slack-request-timestamp";
    let half = Step::data(&CANARY_BODY[..25]);
    let right = hex(&{
        let message = [b"v0:", now().as_bytes(), b":", CANARY_BODY].concat();
        mac(Algorithm::HmacSha256, CANARY_SECRET.as_bytes(), &message)
    });
    let genuine = || canary_delivery(CANARY_SECRET);
    vec![
        ("", genuine().request()),
        ("", canary_delivery(CANARY_OLD_SECRET).request()),
        ("SignatureMismatch", forged().request()),
        (
            "SignatureMismatch",
            genuine().body([CANARY_BODY, b" "].concat()).request(),
        ),
        ("MissingSignature", forged().without(signature).request()),
        (
            "MalformedSignature",
            forged().set(signature, "v0=zz").request(),
        ),
        (
            "MalformedSignature",
            forged().set(signature, format!("v1={right}")).request(),
        ),
        (
            "ConflictingHeader",
            genuine().header(signature, "v0=00").request(),
        ),
        ("MissingTimestamp", genuine().without(timestamp).request()),
        (
            "MalformedTimestamp",
            genuine().set(timestamp, "abc").request(),
        ),
        ("TimestampTooOld", genuine().set(timestamp, "1").request()),
        (
            "TimestampInFuture",
            genuine().set(timestamp, "9999999999").request(),
        ),
        (
            "MalformedHeader",
            genuine().header("content-length", "abc").request(),
        ),
        (
            "BodyTooLarge",
            genuine().header("content-length", "5000").request(),
        ),
        (
            "BodyTooLarge",
            genuine().with(Script::new([half.clone(), Step::data([b'x'; 5000])])),
        ),
        (
            "BodyReadError",
            genuine().with(Script::new([half.clone(), Step::Fail])),
        ),
        (
            "BodyTimeout",
            genuine().with(Script::new([half.clone(), Step::Silence])),
        ),
        (
            "TrailersRejected",
            genuine().with(Script::new([half, Step::trailer("x-sum", "1")])),
        ),
    ]
}

/// 16: every log line at TRACE, and everything that is sent back.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn no_log_and_no_answer_shows_a_secret() {
    let log = Log::default();
    let guard = log.listen();

    let service = TraceLayer::new_for_http().layer(
        canary_layer()
            .body_limit(4096)
            .reject_trailers()
            .layer(RecordingService::default()),
    );
    let mut answers = Vec::new();
    for (kind, request) in deliveries() {
        let response = service.clone().oneshot(request).await.unwrap();
        debug_shows_nothing("Response", &response.headers());
        let answer = Answer::of(response).await;
        assert_eq!(answer.kind(), kind);
        answers.push(answer);
    }
    drop(guard);

    for answer in &answers {
        let headers: HeaderMap = answer.headers.clone();
        shows_nothing("an answer", &format!("{headers:?} {:?}", answer.body));
        if let Some(rejection) = &answer.rejection {
            error_shows_nothing("Rejection", rejection);
        }
    }
    let log = log.text();
    shows_nothing("the log", &log);
    // The log is not empty because nothing was logged: every refusal is there with its reason.
    let refused = answers.iter().filter_map(|it| it.rejection.as_ref());
    for rejection in refused.clone() {
        let reason = rejection.to_string();
        assert!(log.contains(&reason), "{reason} is not in the log: {log}");
    }
    let lines = log
        .lines()
        .filter(|line| line.contains("webhook delivery rejected"));
    assert_eq!(lines.clone().count(), refused.count(), "{log}");
    assert!(
        lines
            .clone()
            .all(|line| line.contains("DEBUG") && line.contains("slack")),
        "{log}"
    );
}

/// A delivery to a tenant, signed with the current canary.
fn canary_to(tenant: &str) -> Delivery {
    let path = format!("https://hooks.example.com/hooks/{tenant}");
    canary_delivery(CANARY_SECRET).uri(&path)
}

/// 16: what is logged and answered where keys are looked up, and where they change.
#[cfg_attr(not(feature = "tracing"), ignore = "reads the log")]
#[tokio::test(start_paused = true)]
async fn no_log_shows_keys_that_were_looked_up() {
    let log = Log::default();
    let guard = log.listen();

    let to = |tenant: &str, delivery: Delivery| {
        delivery.uri(&format!("https://hooks.example.com/hooks/{tenant}"))
    };
    let old = || canary_delivery(CANARY_OLD_SECRET);
    let undecodable = || {
        let layer = WebhookLayer::with_key_source(hex_keyed(), canary_source());
        layer.unwrap()
    };
    let acme = || Delivery::new(CANARY_BODY).header("x-acme-signature", "0".repeat(64));
    let failing =
        || with_key_source(|_: RequestHead<'_>| async { Err::<Option<Keys>, _>("no database") });
    let silent =
        || with_key_source(|_: RequestHead<'_>| pending::<Result<Option<Keys>, Infallible>>());
    let source = || with_key_source(canary_source());
    let (reloadable, handle) = WebhookLayer::with_reload_handle(
        providers::slack(),
        Secret::new(CANARY_OLD_SECRET).unwrap(),
    )
    .unwrap();
    handle.replace(canary_keys()).unwrap();
    let reloadable = reloadable.clock(test_clock());
    assert!(handle.replace(Secret::new(CANARY_SECRET).unwrap()).is_ok());
    let rows = [
        ("", "", source(), canary_to("known")),
        ("", "INFO", source(), to("known", old())),
        (
            "SignatureMismatch",
            "DEBUG",
            source(),
            to("known", forged_delivery()),
        ),
        ("UnknownTenant", "DEBUG", source(), canary_to("stranger")),
        (
            "UnknownTenant",
            "DEBUG",
            source(),
            to("stranger", forged_delivery()),
        ),
        ("ExpiredKey", "DEBUG", source(), canary_to("late")),
        ("ExpiredKey", "DEBUG", source(), to("late", old())),
        ("KeySourceFailed", "WARN", failing(), canary_to("known")),
        ("KeySourceTimeout", "WARN", silent(), canary_to("known")),
        (
            "KeySourceFailed",
            "WARN",
            undecodable(),
            to("known", acme()),
        ),
        ("", "", reloadable.clone(), canary_delivery(CANARY_SECRET)),
        ("SignatureMismatch", "DEBUG", reloadable, old()),
    ];
    for (kind, level, layer, delivery) in rows {
        for size in [7, CANARY_BODY.len()] {
            log.take();
            let inner = RecordingService::default();
            let service = TraceLayer::new_for_http().layer(layer.layer(inner.clone()));
            let script = Script::chunks(CANARY_BODY, size);
            let response = service
                .oneshot(delivery.clone().with(script))
                .await
                .unwrap();
            let answer = Answer::of(response).await;
            assert_eq!(answer.kind(), kind, "16");
            shows_nothing("an answer", &format!("{answer:?}"));
            if let Some(rejection) = &answer.rejection {
                error_shows_nothing(kind, rejection);
                debug_shows_nothing(kind, rejection.kind());
            }
            let text = log.text();
            shows_nothing("the log", &text);
            let own = |text: &str| {
                let lines = text.lines().filter(|line| line.contains("tower_webhook"));
                // Each accepted delivery is logged.
                let lines = lines.filter(|line| !line.contains("delivery accepted"));
                lines.map(str::to_owned).collect::<Vec<_>>()
            };
            let own = own(&text);
            // Told of once, and the other frames come after it.
            let count = usize::from(!level.is_empty() && (level != "INFO" || size == 7));
            assert_eq!(own.len(), count, "16: {kind}: {text}");
            // A warning is not repeated within a minute.
            let level = match level {
                "WARN" if size > 7 => "DEBUG",
                level => level,
            };
            for line in own {
                assert!(line.contains(level), "16: {line}");
                let reason = answer.rejection.as_ref().map(ToString::to_string);
                assert!(line.contains(&reason.unwrap_or_default()), "16: {line}");
            }
        }
    }
    drop(guard);
}

/// 16: the wrong key's MAC stays inside too, in each encoding that a scheme can have.
#[tokio::test]
async fn no_answer_holds_the_expected_signature() {
    for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
        let scheme = Scheme::builder("acme")
            .encoding(encoding)
            .signature_header("x-acme-signature")
            .build()
            .unwrap();
        let zeros = match encoding {
            Encoding::Hex => "0".repeat(64),
            Encoding::Base64 => format!("{}=", "A".repeat(43)),
            _ => "A".repeat(43),
        };
        let layer = WebhookLayer::new(scheme, canary_keys()).unwrap();
        let service = layer.layer(RecordingService::default());
        let forged = Delivery::new(CANARY_BODY).header("x-acme-signature", zeros);
        let answer = send(&service, forged.request()).await;
        assert_eq!(answer.kind(), "SignatureMismatch");
        let expected = mac(Algorithm::HmacSha256, CANARY_SECRET.as_bytes(), CANARY_BODY);
        let canary = Canary::new("expected MAC", &expected);
        canary.not_in("an answer", &format!("{answer:?}"));
    }
}

/// The delivery ID may be logged, because it is not secret.
#[tokio::test]
async fn debug_shows_the_delivery_id() {
    let layer = WebhookLayer::new(providers::standard_webhooks(), support::standard_secret());
    let rig = Rig::new(
        layer.unwrap().clock(test_clock()),
        support::standard(STANDARD_ID, now(), BODY),
    );
    send(&rig.service, rig.good.clone().request()).await;
    let shown = format!("{:?}", rig.inner.last().verified());
    assert!(
        shown.contains("standard-webhooks") && shown.contains(STANDARD_ID),
        "{shown}"
    );
}
