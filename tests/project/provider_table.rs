//! `docs/PROVIDERS.md` is made from the presets, and is what they say today.

use std::{borrow::Cow, collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use tower_webhook::{
    handshake::Handshake,
    providers::{self, Preset},
    scheme::{Credential, Location, Scheme},
};

const INTRODUCTION: &str = "\
# Providers

Made by `UPDATE_DOCS=1 cargo test --test project`; do not edit. The documentation of each function
in `tower_webhook::providers` says where its key is found and what the provider does not sign.

- **Aliases**: other names that `providers::by_name` accepts.
- **Feature**: the Cargo feature that the provider needs.
- **Requirements**: what its operator configures.
- **Signature**: where it is.
- **Scheme**: how it is computed, of what text.
- **Time**: where the timestamp is, and the tolerance either way; *unsigned* proves no freshness.
- **Methods**: the methods that the provider delivers with; the layer answers others with 405.
- **Handshakes**: the handshakes that the layer answers, by name. *Signed* ones are answered once
  their signature or token is verified, *handed over* ones by the program. The setting that a
  handshake needs is listed.
- **Proof**: deliveries in `tests/vectors` that the provider published, and that its own library
  signed or judged. \"None\" means that the scheme follows the provider's documentation, and no
  delivery of the provider was verified.

";

fn cell(text: impl AsRef<str>) -> String {
    text.as_ref().replace('|', "\\|").replace('\n', "\\n")
}

fn location(location: &Location) -> String {
    match location {
        Location::Header(name) => format!("`{name}`"),
        other => other.to_string(),
    }
}

fn scheme(scheme: &Scheme) -> String {
    let texts: Vec<_> = scheme
        .messages()
        .map(|text| format!("`{}`", text.replace('\n', "\\n")))
        .collect();
    let texts = texts.join(" or ");
    let claims = scheme.claims().map(|(name, values)| {
        let values: Vec<_> = values.map(|value| format!("`{value}`")).collect();
        format!("`{name}` {}", values.join(" or "))
    });
    let claims: Vec<_> = claims.collect();
    let texts = if claims.is_empty() {
        texts
    } else {
        format!("a token whose claims are {}", claims.join(", "))
    };
    match scheme.credential() {
        Credential::Token | Credential::UserAndPassword => "compared, signs nothing".into(),
        _ if scheme.body_is_signed() => {
            format!("{}, {}, of {texts}", scheme.algorithm(), scheme.encoding())
        }
        _ => format!(
            "{}, {}, of {texts}; **not of the body**",
            scheme.algorithm(),
            scheme.encoding()
        ),
    }
}

fn time(scheme: &Scheme) -> String {
    if !scheme.has_timestamp() {
        let leeway = scheme.tolerance().as_secs();
        return if scheme.require_expiry() {
            format!("the claim `exp`, {leeway} s")
        } else {
            "none".into()
        };
    }
    let location = scheme
        .timestamp_location()
        .map_or("beside the signature".into(), location);
    let unsigned = if scheme.timestamp_is_signed() {
        ""
    } else {
        ", *unsigned*"
    };
    format!("{location}{unsigned}, {} s", scheme.tolerance().as_secs())
}

fn handshake(handshake: &Handshake) -> String {
    let mut text = format!("{} `{}`", handshake.method(), handshake.name());
    if handshake.is_signed() {
        text.push_str(", signed");
    }
    if handshake.data_kind().is_some() {
        text.push_str(", handed over");
    }
    for setting in handshake.settings() {
        write!(text, ", `{setting}`").unwrap();
    }
    text
}

fn row(
    preset: &Preset,
    features: &BTreeMap<String, String>,
    proofs: &BTreeMap<String, [usize; 2]>,
) -> String {
    let provider = preset.provider();
    let own = provider.scheme();
    let locations: Vec<_> = own.signature_locations().iter().map(location).collect();
    let locations = match &locations[..] {
        [first, .., last] if locations.len() > 3 => format!("{first} to {last}"),
        _ => locations.join(" or "),
    };
    let locations = match (own.signed_items(), own.multipart_field()) {
        (Some(list), _) => format!("{locations}, in each item of `{list}`"),
        (_, Some(field)) => format!("{locations}, in the multipart field `{field}`"),
        _ => locations,
    };
    let methods: Vec<_> = provider.methods().iter().map(Method::as_str).collect();
    let handshakes: Vec<_> = provider.handshakes().iter().map(handshake).collect();
    let handshakes = match &handshakes[..] {
        [] => "none".into(),
        some => some.join("; "),
    };
    let proof = match proofs.get(&preset.name().replace('-', "_")) {
        None => "none".to_owned(),
        Some([published, 0]) => format!("{published} published"),
        Some([0, library]) => format!("{library} of its library"),
        Some([published, library]) => format!("{published} published, {library} of its library"),
    };
    let name = preset.name().replace('-', "_");
    let aliases: Vec<_> = preset
        .aliases()
        .iter()
        .map(|it| format!("`{it}`"))
        .collect();
    let aliases = match &aliases[..] {
        [] => "none".into(),
        some => some.join(", "),
    };
    let feature = features
        .get(&name)
        .map_or("none".into(), |feature| format!("`{feature}`"));
    format!(
        "| {} | `{name}` | {aliases} | {feature} | {} | {} | {} | {} | {} | {} | {proof} |",
        cell(preset.title()),
        cell(preset.requirements().to_string()),
        cell(locations),
        cell(scheme(own)),
        cell(time(own)),
        cell(methods.join(", ")),
        cell(handshakes),
    )
}

/// The parts of `tests/vectors/<provider>.json` that the table shows.
#[derive(Deserialize)]
struct VectorFile {
    provider: String,
    cases: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    /// The answer of the provider's own library.
    sdk_said: Option<String>,
}

/// Every file in `tests/vectors` that is about a provider.
fn vectors() -> Vec<VectorFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
    files
        .filter_map(|path| {
            let json: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            json.get("provider")?;
            Some(serde_json::from_value(json).unwrap())
        })
        .collect()
}

#[test]
fn the_table_of_providers_is_current() {
    let mut proofs = BTreeMap::new();
    for file in vectors() {
        let of_library = file
            .cases
            .iter()
            .filter(|case| case.sdk_said.is_some())
            .count();
        let library = file
            .cases
            .iter()
            .filter(|case| case.name.starts_with("sdk: "))
            .count();
        let library = library.max(of_library);
        // These follow a description of the provider, so they prove nothing about it.
        let is_derived = |case: &&Vector| case.name.starts_with("derived: ");
        let derived = file.cases.iter().filter(is_derived).count();
        let published = file.cases.len() - library - derived;
        if published + library > 0 {
            proofs.insert(file.provider, [published, library]);
        }
    }
    let mut table = INTRODUCTION.to_owned();
    let mut presets: Vec<_> = providers::all().collect();
    presets.sort_by_key(|preset| (preset.title().to_lowercase(), preset.name()));
    writeln!(table, "{} presets.\n", presets.len()).unwrap();
    table.push_str(
        "| provider | function | aliases | feature | needs | signature | scheme | time | methods | handshakes | proof |\n",
    );
    table.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let features = features();
    for preset in presets {
        table.push_str(&row(preset, &features, &proofs));
        table.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/PROVIDERS.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &table).unwrap();
    }
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == table,
        "docs/PROVIDERS.md is not what the presets say: UPDATE_DOCS=1 cargo test --test project"
    );
}

/// The Cargo feature of each preset's function that has one.
fn features() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut feature = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("#[cfg(feature = \"") {
                feature = rest.strip_suffix("\")]");
            } else if let Some(name) = line.strip_prefix("pub fn ") {
                let name = name.split('(').next().unwrap();
                if let Some(feature) = feature.take() {
                    found.insert(name.to_owned(), feature.to_owned());
                }
            } else if !line.starts_with("///") && !line.starts_with("#[") {
                feature = None;
            }
        }
    }
    found
}

#[test]
fn documentation_of_a_preset_names_its_feature() {
    let (features, pages) = (features(), documentation());
    assert!(features.len() > 10, "{features:?}");
    for (name, feature) in features {
        let expected = format!("Needs the feature `{feature}`.");
        let is_in_a_row = row_of(&pages[&name], "Feature") == Some(format!("`{feature}`").into());
        assert!(
            is_in_a_row || pages[&name].contains(&expected),
            "{name}: {expected}"
        );
    }
}

/// The text of the documentation of each preset's function: a paragraph or a list in one line, and
/// a row of a table in a line of its own.
fn documentation() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut page = String::new();
        for line in text.lines() {
            if let Some(line) = line.strip_prefix("///") {
                let line = line.trim_start();
                page.push_str(line);
                page.push(if line.is_empty() || line.starts_with('|') {
                    '\n'
                } else {
                    ' '
                });
            } else if let Some(name) = line.strip_prefix("pub fn ") {
                let name = name.split('(').next().unwrap();
                found.insert(name.to_owned(), std::mem::take(&mut page));
            } else if !line.starts_with("#[") {
                page.clear();
            }
        }
    }
    found
}

/// The point of a list that begins so, up to the next one. In a page with a table, the row.
fn point<'p>(page: &'p str, name: &str) -> Option<Cow<'p, str>> {
    if page.contains("\n| --- | --- |\n") {
        return match name {
            "Signature" | "Proof" => {
                let (location, text) = (row_of(page, "Signature")?, row_of(page, "Signed text")?);
                Some(format!("{location} of {text}").into())
            }
            "Key" => row_of(page, "Secret"),
            "Time" => row_of(page, "Timestamp"),
            "Id" => row_of(page, "Delivery ID"),
            "Event" => row_of(page, "Event type"),
            _ => row_of(page, name),
        };
    }
    let (_, text) = page.split_once(&format!("- {name}: "))?;
    let ends = [text.find(" - "), text.find('\n')].into_iter().flatten();
    Some(text[..ends.min().unwrap_or(text.len())].into())
}

/// The text of a row in the table of a page.
fn row_of<'p>(page: &'p str, name: &str) -> Option<Cow<'p, str>> {
    let start = format!("| {name} | ");
    let row = page.lines().find_map(|line| line.strip_prefix(&start))?;
    row.strip_suffix(" |").map(Cow::from)
}

/// The rows that a page has, with "none" where nothing can be said.
const ROWS: [&str; 10] = [
    "Signature",
    "Signed text",
    "Secret",
    "Timestamp",
    "Delivery ID",
    "Event type",
    "Not signed",
    "Rejection",
    "Payload limit",
    "Evidence",
];

/// The status and the payload limit of each preset for which a provider requires them.
fn requirements() -> BTreeMap<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/requirements.json");
    let table: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let rows = table["requirements"].as_array().unwrap().iter();
    rows.map(|row| (row["preset"].as_str().unwrap().to_owned(), row.clone()))
        .collect()
}

/// A size as pages write it.
fn size(bytes: usize) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

/// The differences between the documentation of a preset and the preset.
#[expect(clippy::too_many_lines, reason = "a list")]
fn gaps(preset: &Preset, page: &str, requirement: Option<&Value>) -> Vec<String> {
    let provider = preset.provider();
    let own = provider.scheme();
    let is_token = matches!(
        own.credential(),
        Credential::Token | Credential::UserAndPassword
    );
    let mut gaps = Vec::new();
    let mut need = |is_there: bool, what: &str| {
        if !is_there {
            gaps.push(format!("{}: {what}", preset.name()));
        }
    };
    let lower = page.to_lowercase();
    let says = |text: &str| lower.contains(&text.to_lowercase());
    let proof = point(page, if is_token { "Proof" } else { "Signature" });
    let time = point(page, "Time").unwrap_or_default();
    need(proof.is_some(), "where is the signature?");
    if page.contains("\n| --- | --- |\n") {
        for name in ROWS {
            need(row_of(page, name).is_some(), &format!("no row `{name}`"));
        }
    }
    need(point(page, "Not signed").is_some(), "what is not signed?");
    need(!time.is_empty(), "what of the time?");
    let key = point(page, "Key").unwrap_or_default();
    let is_told = key.contains('(') || key.contains("remote_keys");
    need(is_told, "where is the key found?");
    let is_anybodys = ["basic-auth", "generic", "token"].contains(&preset.name());
    need(
        is_anybodys || page.contains("Source: <https://"),
        "no source",
    );

    let proof = proof.unwrap_or_default();
    let locations = own.signature_locations();
    for location in locations.iter().take(1).chain(locations.last()) {
        need(
            says(&location_name(location)),
            "another place of the signature",
        );
    }
    // A token says its algorithm in words of its own, and is written in one way only.
    let is_jws = proof.contains("JSON web") || proof.contains("OpenID");
    let algorithm = own.algorithm().to_string();
    let algorithm = match algorithm.strip_prefix("HMAC-SHA") {
        Some(bits) if is_jws => format!("HS{bits}"),
        _ => algorithm,
    };
    if algorithm.starts_with('H') || algorithm.starts_with("Ed25519") {
        need(proof.contains(&algorithm), "another algorithm");
    }
    if !is_token && !is_jws {
        let encoding = own.encoding().to_string();
        let encoding = encoding.rsplit(' ').next().unwrap();
        need(proof.contains(encoding), "another encoding");
    }
    need(
        !own.url_is_signed() || proof.contains("URL"),
        "the URL is signed",
    );
    if !is_token && !own.body_is_signed() {
        let not = point(page, "Not signed").unwrap_or_default();
        need(not.contains("body"), "the body is not signed");
        need(page.contains("# Security"), "what can be done with it?");
    }
    if own.has_timestamp() {
        let seconds = own.tolerance().as_secs();
        let tolerance = match seconds / 86_400 {
            days @ 2.. => format!("{days} days"),
            _ => format!("{seconds} s"),
        };
        need(time.contains(&tolerance), "another tolerance");
        let unsigned = time.contains("not signed");
        need(unsigned != own.timestamp_is_signed(), "is the time signed?");
        let location = own.timestamp_location();
        need(
            location.is_none_or(|it| says(&location_name(it))),
            "another place of the time",
        );
    } else {
        let expires = is_jws && time.contains("`exp`");
        need(
            expires || time.starts_with("none"),
            "a time that it has not",
        );
    }
    if let Some(location) = own.id_location() {
        let id = point(page, "Id").unwrap_or(page.into());
        need(says(&location_name(location)), "where is the id?");
        let unsigned = id.contains("not signed") || id.contains("Not signed");
        need(unsigned != own.delivery_id_is_signed(), "is the id signed?");
    }
    if let Some(location) = own.event_location() {
        let event = point(page, "Event").unwrap_or(page.into());
        need(
            says(&location_name(location)),
            "where is the kind of event?",
        );
        let unsigned = event.contains("not signed") || event.contains("Not signed");
        need(
            unsigned != own.event_type_is_signed(),
            "is the kind of event signed?",
        );
    }
    if let Some(header) = own.attempt_header() {
        need(says(header.as_str()), "where is the attempt?");
    }
    if KNOWN_IN_PART.contains(&preset.name()) {
        let says_so = ["Unverified", "Known in part", "Hardly known"]
            .iter()
            .any(|words| page.contains(words));
        need(says_so, "it is known in part");
    }
    let methods = point(page, "Methods").unwrap_or("`POST`".into());
    for method in [
        Method::DELETE,
        Method::GET,
        Method::HEAD,
        Method::PATCH,
        Method::POST,
        Method::PUT,
    ] {
        need(
            methods.contains(&format!("`{method}`")) == provider.methods().contains(&method),
            "other methods",
        );
    }
    if let Some(limit) = provider.body_limit() {
        need(says(&size(limit)), "another limit");
    }
    let limit = size(provider.body_limit().unwrap_or(1 << 20));
    need(
        row_of(page, "Payload limit").is_none_or(|row| row.starts_with(&limit)),
        "another payload limit",
    );
    let status = requirement.and_then(|row| row["rejection"]["status"].as_u64());
    let status = status.unwrap_or(403).to_string();
    need(
        row_of(page, "Rejection").is_none_or(|row| row.starts_with(&status)),
        "another status",
    );
    gaps
}

/// The name in a place, in its ticks.
fn location_name(location: &Location) -> String {
    let text = location.to_string();
    let start = text.find('`').unwrap();
    text[start..=text.rfind('`').unwrap()].to_owned()
}

/// Those of whose schemes some part was read nowhere but in a third party's words, or nowhere.
const KNOWN_IN_PART: &[&str] = &[
    "airtable",
    "asana",
    "auth0",
    "bitbucket",
    "calendly",
    "chargebee",
    "checkr",
    "customerio",
    "datadog",
    "flutterwave",
    "ghcr",
    "ghost-old",
    "heroku",
    "hookdeck",
    "intercom",
    "jotform",
    "klarna",
    "launchdarkly",
    "mandrill",
    "netlify",
    "opsgenie",
    "postmark",
    "revenuecat",
    "rudderstack",
    "sendgrid-inbound-parse",
    "storyblok",
    "sumsub",
    "sumsub-sha1",
    "sumsub-sha512",
    "trello",
    "typeform",
    "vercel",
    "vonage",
];

/// What a preset's documentation says of it is what it is, and nothing of it is left out.
#[test]
fn every_preset_is_documented_in_full() {
    let (pages, requirements) = (documentation(), requirements());
    let mut gaps: Vec<_> = providers::all()
        .flat_map(|preset| {
            let page = pages.get(&preset.name().replace('-', "_"));
            let requirement = requirements.get(preset.name());
            self::gaps(preset, page.map_or("", String::as_str), requirement)
        })
        .collect();
    let names: Vec<_> = providers::all()
        .map(|it| it.name().replace('-', "_"))
        .collect();
    let functions = pages
        .keys()
        .filter(|name| !["all", "by_name"].contains(&&***name));
    let unlisted = functions.filter(|name| !names.contains(name));
    gaps.extend(unlisted.map(|name| format!("{name} is in no list")));
    assert!(gaps.is_empty(), "{} gaps:\n{}", gaps.len(), gaps.join("\n"));
}
