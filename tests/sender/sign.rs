//! The sender's side: what is signed, and where it is put.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    error::Error,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{Extension, Router, routing::any};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::json;
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};
use tower_webhook::{
    Keys, PublicUrl, Secret, SetupError, Verified, Verifier, WebhookLayer,
    body::DeliveryBody,
    providers::{self, Preset, Provider},
    scheme::{
        Algorithm, Credential, Encoding, Location, PublicKeyForm, Scheme, SecretEncoding,
        SignatureFormat,
    },
    sign::{DeliveryId, SendError, Sign, SignError, SignLayer, Signer},
};

use crate::support::{self, NOW, Report, SECRET, STANDARD_SECRET, Script, Step, at, base64, hex};

// ===== every preset, over TCP =====

/// RFC 8032, section 7.1, test 2.
const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

fn bytes(hex: &str) -> Vec<u8> {
    let mut room = vec![0; hex.len() / 2];
    base16ct::lower::decode(hex, &mut room).unwrap().to_vec()
}

/// RFC 8410, section 4.
fn pem(key: &[u8]) -> String {
    let info = [&bytes("302a300506032b6570032100"), key].concat();
    let text = base64(&info);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----")
}

/// The secret of the sender, and that of the receiver.
fn secrets(scheme: &Scheme) -> Option<[Secret; 2]> {
    let [sender, receiver] = match (scheme.algorithm(), scheme.secret_encoding()) {
        #[cfg(feature = "ed25519")]
        (Algorithm::Ed25519, SecretEncoding::PublicKey(form)) => {
            let public = match form {
                PublicKeyForm::Hex => PUBLIC.to_owned(),
                PublicKeyForm::Pem => pem(&bytes(PUBLIC)),
                _ => base64(&bytes(PUBLIC)),
            };
            [SEED.to_owned(), public]
        }
        (algorithm, _) if algorithm.has_public_key() => return None,
        (_, SecretEncoding::Hex) => [hex(b"a-key-of-many-bytes"), hex(b"a-key-of-many-bytes")],
        (_, SecretEncoding::Base64 | SecretEncoding::PrefixedBase64(_)) => {
            let key = base64(b"a-key-of-many-bytes");
            [key.clone(), key]
        }
        _ if scheme.credential() == Credential::UserAndPassword => {
            ["user:password".to_owned(), "user:password".to_owned()]
        }
        _ => [SECRET.to_owned(), SECRET.to_owned()],
    };
    Some([Secret::new(sender).unwrap(), Secret::new(receiver).unwrap()])
}

/// Another secret of a sender.
fn another_secret(scheme: &Scheme) -> Secret {
    let key = b"another-key-of-32-bytes-and-more".as_slice();
    let secret = match scheme.secret_encoding() {
        SecretEncoding::Hex | SecretEncoding::PublicKey(_) => hex(key),
        SecretEncoding::Base64 | SecretEncoding::PrefixedBase64(_) => base64(key),
        _ if scheme.credential() == Credential::UserAndPassword => "user:another".to_owned(),
        _ => "another secret".to_owned(),
    };
    Secret::new(secret).unwrap()
}

/// The providers whose deliveries bear a signature of each secret.
#[rustfmt::skip]
const BOTH: &[&str] = &[
    "anthropic", "bigcommerce", "box-com", "braintree", "buildkite",
    "calendly", "circleci", "clerk", "cloudflare-stream", "convoy",
    "convoy-base64", "convoy-sha512", "convoy-sha512-base64", "docusign", "dodopayments",
    "finch", "ghost", "ghost-old", "gitlab-signing-token", "hookdeck",
    "imagekit", "lithic", "liveblocks", "mercadopago", "mux",
    "openai", "orb", "paddle", "pagerduty", "persona",
    "plivo", "polar", "recurly", "replicate", "resend",
    "revenuecat", "revolut", "sentry", "standard-webhooks", "standard-webhooks-v1a",
    "stripe", "supabase", "svix", "svix-v1a", "terra",
    "tiktok",
];

fn with_settings(preset: &Preset) -> Provider {
    let names = preset.requirements().settings;
    names.iter().fold(preset.provider(), |provider, name| {
        provider.with_setting(name, "a setting")
    })
}

/// A delivery with all that the provider has in one, but for what the signer puts there.
fn unsigned(base: &str, scheme: &Scheme) -> Request<DeliveryBody> {
    let locations = scheme.signed_locations();
    let mut request = Request::post(format!("{base}/{}", scheme.name()))
        .extension(DeliveryId::new("delivery-1"))
        .header(
            "content-type",
            scheme.content_type().unwrap_or("text/plain"),
        );
    let mut body = json!({ "type": "order.paid", "id": 7, "webhookTimestamp": 1 });
    for location in &locations {
        match location {
            Location::Header(name) if name == "content-type" => {}
            Location::Header(name) => request = request.header(name, "value-1"),
            Location::Query(name) => {
                request = request.uri(format!("{base}/{}?{name}=1", scheme.name()));
            }
            Location::Json(path) => {
                let members = path.split('.');
                *members.fold(&mut body, |body, name| &mut body[name]) = json!("value-1");
            }
            other => assert_eq!(*other, Location::Form("payload".into())),
        }
    }
    if let Some(path) = scheme.signed_items() {
        // Each of them is signed by itself.
        let item = json!({ "id": 1, "NotificationRequestItem": { "pspReference": "7" } });
        body[path] = json!([item, item]);
    }
    if scheme.name() == "contentful" {
        let names = "x-contentful-signed-headers,x-contentful-timestamp";
        request = request.header("x-contentful-signed-headers", names);
    }
    let payload = |text: &str| text == "{canonical:payload}" || text == "{form:payload}";
    let body = match scheme.content_type() {
        Some("application/x-www-form-urlencoded") if scheme.messages().any(payload) => {
            "payload=%7B%7D".to_owned()
        }
        Some("application/x-www-form-urlencoded") => "a=1+2&bt_payload=YWJj".to_owned(),
        Some("multipart/form-data") => {
            let kind = "multipart/form-data; boundary=b".parse().unwrap();
            request.headers_mut().unwrap().insert("content-type", kind);
            let name = scheme.multipart_field().unwrap();
            let head = format!("content-disposition: form-data; name=\"{name}\"");
            format!("--b\r\n{head}\r\n\r\n{body}\r\n--b--\r\n")
        }
        _ => body.to_string(),
    };
    request.body(body.into()).unwrap()
}

type HttpClient = Client<hyper_util::client::legacy::connect::HttpConnector, DeliveryBody>;

fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// For every preset that a sender can sign for: signed by the layer, sent over TCP, and let in by
/// the other layer.
#[tokio::test]
async fn every_preset_is_signed_sent_and_verified() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut router = Router::new();
    let mut senders = Vec::new();
    let mut rotating = Vec::new();
    for preset in providers::all() {
        let provider = with_settings(preset);
        let scheme = provider.scheme().clone();
        let Some([own, theirs]) = secrets(&scheme) else {
            // Only schemes that need a private key are left out.
            assert_eq!(scheme.credential(), Credential::PublicKey);
            let error = Signer::new(provider, support::secret()).unwrap_err();
            assert!(matches!(error, SetupError::NotSymmetric { .. }), "{error}");
            continue;
        };
        let url = PublicUrl::fixed(&base).unwrap();
        let provider = support::with_public_url(provider, url);
        let layer = WebhookLayer::new(provider.clone(), theirs).unwrap();
        let told = async |Extension(verified): Extension<Verified>| {
            verified.delivery_id().unwrap_or_default().to_owned()
        };
        let route = any(told).layer(layer);
        router = router.route(&format!("/{}", preset.name()), route);
        let signer = Signer::new(provider.clone(), own.clone()).unwrap();
        senders.push((scheme.clone(), SignLayer::new(signer).layer(client())));
        let keys = Keys::new(another_secret(&scheme)).previous(own);
        let signer = Signer::new(provider, keys).unwrap();
        rotating.push((scheme, SignLayer::new(signer).layer(client())));
    }
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut report = Report::default();
    assert!(senders.len() > 160, "{}", senders.len());
    for (scheme, sender) in senders {
        let request = unsigned(&base, &scheme);
        report.note(match sender.oneshot(request).await {
            Err(error) => Err(format!("{}: {error}", scheme.name())),
            Ok(response) => {
                let status = response.status();
                let body = response.into_body().collect().await.unwrap().to_bytes();
                let id = scheme.id_location().map_or("", |_| "delivery-1");
                if status == StatusCode::OK && *body == *id.as_bytes() {
                    Ok(())
                } else {
                    Err(format!("{}: {status} {body:?}", scheme.name()))
                }
            }
        });
    }
    // With a newer secret before it, the one that the receiver knows signs where there is room for
    // both.
    let mut both = Vec::new();
    for (scheme, sender) in rotating {
        let response = sender.oneshot(unsigned(&base, &scheme)).await.unwrap();
        let status = response.status();
        if status == StatusCode::OK {
            both.push(scheme.name().to_owned());
            continue;
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        // Xero requires that no response has a body.
        let is_empty = scheme.name() == "xero" && body.is_empty();
        let is_refused = is_empty || *body == *br#"{"error":"Invalid signature"}"#;
        let told = || format!("{}: {status} {body:?}", scheme.name());
        report.note(is_refused.then_some(()).ok_or_else(told));
    }
    report.finish();
    both.sort_unstable();
    let expected = BOTH.iter().filter(|it| providers::by_name(it).is_some());
    assert_eq!(both, expected.copied().collect::<Vec<_>>());
}

/// For every preset, the signer returns an error for an ID that the verifier would reject.
#[test]
fn every_id_is_verified_or_an_error() {
    let ids = [
        "delivery-1",
        "é",
        "\u{1f600}",
        "a b",
        " a",
        "a ",
        "a\tb",
        "a\u{7f}",
        "a.b",
        "a:b",
        "a,b",
        "a|b",
        "{}",
        "%61",
        "a&b=c",
        "\"",
        "\\",
        "\u{0}",
        "1768478400",
        "2026-01-15T12:00:00Z",
    ];
    let ids: Vec<_> = ids.into_iter().map(str::to_owned).collect();
    let long = ["a".repeat(64), "a".repeat(65), "a".repeat(3000)];
    let mut report = Report::default();
    for preset in providers::all() {
        let url = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = support::with_public_url(with_settings(preset), url);
        let scheme = provider.scheme().clone();
        let Some([own, theirs]) = secrets(&scheme) else {
            continue;
        };
        let signer = signer(provider.clone(), own);
        let receiver = Verifier::new(provider, theirs).unwrap();
        let receiver = receiver.clock(|| at(NOW));
        let request = unsigned("https://hooks.example.com", &scheme).map(DeliveryBody::into_bytes);
        for id in ids.iter().chain(&long) {
            let mut request = request.clone();
            if signer.sign(&mut request, id, at(NOW)).is_err() {
                continue;
            }
            let body = request.body().clone();
            report.note(match receiver.verify(&request, &body) {
                Ok(verified)
                    if scheme.id_location().is_none() || verified.delivery_id() == Some(id) =>
                {
                    Ok(())
                }
                other => Err(format!("{}: {id:?}: {other:?}", scheme.name())),
            });
        }
    }
    report.finish();
}

/// What a scheme says that it signs has to be there, and nothing else has to.
#[test]
fn what_is_signed_beside_the_body_is_told() {
    let mut told = BTreeMap::new();
    for preset in providers::all() {
        let provider = with_settings(preset);
        let scheme = provider.scheme().clone();
        let Some([own, _]) = secrets(&scheme) else {
            continue;
        };
        let signer = signer(provider, own);
        let locations = scheme.signed_locations();
        let mut request =
            unsigned("https://hooks.example.com", &scheme).map(DeliveryBody::into_bytes);
        for location in &locations {
            let mut without = request.clone();
            match location {
                Location::Header(name) => drop(without.headers_mut().remove(name)),
                Location::Query(_) => {
                    *without.uri_mut() = "https://hooks.example.com".parse().unwrap();
                }
                Location::Json(path) => {
                    let name = path.rsplit('.').next().unwrap();
                    let body = String::from_utf8(without.body().to_vec()).unwrap();
                    *without.body_mut() = body.replace(name, "another").into();
                }
                other => panic!("{other}"),
            }
            let error = signer.sign(&mut without, "1", at(NOW)).unwrap_err();
            assert!(matches!(error, SignError::Text(_)), "{error}");
        }
        signer.sign(&mut request, "1", at(NOW)).unwrap();
        if !locations.is_empty() {
            let locations: Vec<_> = locations.iter().map(ToString::to_string).collect();
            told.insert(preset.name(), locations.join(", "));
        }
    }
    let expect = [
        ("dropbox-sign", "the JSON member `event.event_type`"),
        ("lark", "the header `x-lark-request-nonce`"),
        ("plivo", "the header `x-plivo-signature-v3-nonce`"),
        ("plivo-v2", "the header `x-plivo-signature-v2-nonce`"),
        (
            "sinch-conversation",
            "the header `x-sinch-webhook-signature-nonce`",
        ),
        ("sinch-voice", "the header `content-type`"),
    ];
    assert_eq!(
        told,
        expect
            .map(|(name, locations)| (name, locations.to_owned()))
            .into()
    );
}

/// HTTP drops white space around the value of a header, and so a receiver would hold the signature
/// against another value.
#[test]
fn white_space_that_is_lost_on_the_way_is_not_signed() {
    let mut report = Report::default();
    let mut heads = 0;
    for preset in providers::all() {
        let provider = with_settings(preset);
        let scheme = provider.scheme().clone();
        let Some([own, _]) = secrets(&scheme) else {
            continue;
        };
        let signer = signer(provider, own);
        let delivery = unsigned("https://hooks.example.com", &scheme).map(DeliveryBody::into_bytes);
        let is_header = |location: &&Location| matches!(location, Location::Header(_));
        let id = scheme.id_location().filter(is_header);
        for text in [" msg_1", "msg_1 ", "\tmsg_1", "msg_1\t", " "] {
            let outcome = signer.sign(&mut delivery.clone(), text, at(NOW));
            let expect = id.map_or(Ok(()), |location| {
                Err(SignError::Location(location.clone()))
            });
            let told = || format!("{} {text:?}: {outcome:?}", preset.name());
            report.note((outcome == expect).then_some(()).ok_or_else(told));
            for location in scheme.signed_locations() {
                let Location::Header(name) = &location else {
                    continue;
                };
                let mut delivery = delivery.clone();
                let value = HeaderValue::from_str(text).unwrap();
                delivery.headers_mut().insert(name, value);
                let outcome = signer.sign(&mut delivery, "msg_1", at(NOW));
                let told = || format!("{} {location} {text:?}: {outcome:?}", preset.name());
                let is_refused = outcome == Err(SignError::Location(location.clone()));
                report.note(is_refused.then_some(()).ok_or_else(told));
                heads += 1;
            }
            heads += usize::from(id.is_some());
        }
    }
    report.finish();
    assert!(heads > 100, "{heads}");
}

// ===== what a signed request looks like =====

fn signer(provider: impl Into<Provider>, keys: impl Into<Keys>) -> Signer {
    Signer::new(provider, keys).unwrap()
}

fn request(body: impl Into<Bytes>) -> Request<Bytes> {
    let request = Request::post("https://hooks.example.com/a?b=1");
    request.body(body.into()).unwrap()
}

fn header<'r, T>(request: &'r Request<T>, name: &str) -> &'r str {
    request.headers()[name].to_str().unwrap()
}

/// Every secret signs where there is room, and each signature passes by its own secret alone.
#[test]
fn several_secrets_sign_side_by_side() {
    let [old, new] = ["whsec_b2xkIG9sZCBvbGQgb2xkIG9sZA==", STANDARD_SECRET];
    let secret = |text: &str| Secret::new(text).unwrap();
    let keys = || Keys::new(secret(new)).previous(secret(old));
    for (provider, locations, of_both) in [
        // A list in one header.
        (
            providers::standard_webhooks(),
            &["webhook-signature"][..],
            true,
        ),
        (providers::stripe(), &["stripe-signature"], true),
        (providers::plivo(), &["x-plivo-signature-v3"], true),
        // A header for each.
        (
            providers::box_com(),
            &["box-signature-primary", "box-signature-secondary"],
            true,
        ),
        (
            providers::docusign(),
            &["x-docusign-signature-1", "x-docusign-signature-2"],
            true,
        ),
        // Room for one.
        (providers::github(), &["x-hub-signature-256"], false),
        (providers::slack(), &["x-slack-signature"], false),
        (providers::gitlab(), &["x-gitlab-token"], false),
    ] {
        let name = provider.scheme().name().to_owned();
        let base = PublicUrl::fixed("https://hooks.example.com").unwrap();
        let provider = support::with_public_url(provider, base);
        let mut request = request("a=1");
        for (header, value) in [
            ("x-plivo-signature-v3-nonce", "1"),
            ("box-signature-version", "1"),
            ("content-type", "application/x-www-form-urlencoded"),
        ] {
            request.headers_mut().insert(header, value.parse().unwrap());
        }
        for location in provider.scheme().signature_locations() {
            let Location::Header(name) = location else {
                continue;
            };
            for _ in 0..2 {
                let value = "left from another try".parse().unwrap();
                request.headers_mut().append(name, value);
            }
        }
        signer(provider.clone(), keys())
            .sign(&mut request, "msg_1", at(NOW))
            .unwrap();
        for location in locations {
            assert_eq!(
                request.headers().get_all(*location).iter().count(),
                1,
                "{name}"
            );
            assert!(request.headers()[*location].is_sensitive(), "{name}");
        }
        let left = |value: &http::HeaderValue| value == "left from another try";
        assert!(!request.headers().values().any(left), "{name}");
        for (key, passes) in [(new, true), (old, of_both)] {
            let verifier = Verifier::new(provider.clone(), secret(key)).unwrap();
            let verifier = verifier.clock(|| at(NOW));
            let outcome = verifier.verify(&request, request.body());
            assert_eq!(outcome.is_ok(), passes, "{name} by {key}: {outcome:?}");
        }
    }
}

/// Signers write the separators, the order and the number of signatures that the provider writes.
/// The words in the patterns stand for a signature, a token and the time in milliseconds.
#[test]
fn writes_signatures_as_the_provider_does() {
    let keys = || {
        let [current, previous] = [SECRET, "a secret of last year"];
        Keys::new(Secret::new(current).unwrap()).previous(Secret::new(previous).unwrap())
    };
    let rows = [
        (providers::workos(), "t=TIME, v1=SIGNATURE"),
        (
            providers::ghost(),
            "sha256=SIGNATURE, sha256=SIGNATURE, t=TIME",
        ),
        (providers::sanity(), "t=TIME,v1=SIGNATURE"),
        (providers::retell(), "v=TIME,d=SIGNATURE"),
        (providers::elevenlabs(), "t=TIME,v0=SIGNATURE"),
        (providers::orb(), "v1=SIGNATURE v1=SIGNATURE"),
        (providers::stripe(), "t=TIME,v1=SIGNATURE,v1=SIGNATURE"),
        (
            providers::livekit().with_setting("api_key", "a-key"),
            "TOKEN",
        ),
    ];
    for (provider, pattern) in rows {
        let name = provider.scheme().name().to_owned();
        let Some(Location::Header(location)) = provider.scheme().signature_locations().first()
        else {
            panic!("{name} has no signature header");
        };
        let location = location.clone();
        let mut request = request("{}");
        signer(provider.clone(), keys())
            .sign(&mut request, "msg_1", at(NOW))
            .unwrap();
        let value = header(&request, location.as_str());
        let words = value.split_inclusive([',', '=', ' ']).map(|word| {
            let text = word.trim_end_matches([',', '=', ' ']);
            let end = word.strip_prefix(text).unwrap_or_default();
            let is_time = text.parse::<u64>().is_ok();
            // The padding of base64 belongs to the signature.
            let pattern = match text.len() {
                _ if text.contains('.') => "TOKEN",
                10.. if is_time => "TIME",
                32.. => "SIGNATURE",
                _ => text,
            };
            let end = if text.len() >= 32 {
                end.trim_start_matches('=')
            } else {
                end
            };
            format!("{pattern}{end}")
        });
        assert_eq!(words.collect::<String>(), pattern, "{name}: {value}");
        let verifier = Verifier::new(provider, Secret::new(SECRET).unwrap()).unwrap();
        let outcome = verifier.clock(|| at(NOW)).verify(&request, request.body());
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    let plain = || Scheme::builder("acme").signature_header("x-signature");
    let list = || SignatureFormat::key_values("v1");
    for (setting, format) in [
        ("write_separator", list().write_separator("; ")),
        (
            "write_separator",
            SignatureFormat::plain().write_separator(", "),
        ),
        ("write_without_prefix", list().write_without_prefix()),
        (
            "write_one_signature",
            SignatureFormat::plain().write_one_signature(),
        ),
        (
            "write_timestamp_last",
            SignatureFormat::plain().write_timestamp_last(),
        ),
    ] {
        let error = plain().signature_format(format).build().unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("`{setting}` has no effect")),
            "{error}"
        );
    }
}

/// A secret signs until its last moment, and no longer.
#[test]
fn a_secret_signs_as_long_as_it_may() {
    let new = support::standard_secret().not_after(at(NOW + 10));
    let old = Secret::new("whsec_b2xkIG9sZCBvbGQgb2xkIG9sZA==").unwrap();
    let old = old.not_after(at(NOW));
    let keys = Keys::new(new).previous(old);
    let signer = signer(providers::standard_webhooks(), keys);
    for (time, signatures) in [(NOW, 2), (NOW + 1, 1), (NOW + 10, 1), (NOW + 11, 0)] {
        let mut request = request("{}");
        let outcome = signer.sign(&mut request, "msg_1", at(time));
        match signatures {
            0 => assert_eq!(outcome, Err(SignError::ExpiredKey)),
            count => {
                let value = header(&request, "webhook-signature").to_owned();
                assert_eq!(value.split(' ').count(), count, "{value}");
            }
        }
    }
}

/// By RFC 8032, whatever form the key is given in.
#[cfg(feature = "ed25519")]
#[test]
fn ed25519_signs_with_a_private_key_in_any_form() {
    let scheme = || {
        Scheme::builder("acme")
            .algorithm(Algorithm::Ed25519)
            .secret_encoding(SecretEncoding::PublicKey(PublicKeyForm::Hex))
            .signature_header("x-signature")
            .build()
            .unwrap()
    };
    let (seed, public) = (bytes(SEED), bytes(PUBLIC));
    let both = [&*seed, &*public].concat();
    let mixed = [&*seed, &*seed].concat();
    let new = |text: String| Secret::new(text).unwrap();
    for (form, secret, is_key) in [
        ("hex", new(SEED.into()), true),
        ("hex of both", new(hex(&both)), true),
        ("base64", new(base64(&seed)), true),
        ("whsk_", new(format!("whsk_{}", base64(&seed))), true),
        (
            "whsk_ of both",
            new(format!("whsk_{}", base64(&both))),
            true,
        ),
        ("bytes", Secret::from_bytes(seed.clone()).unwrap(), true),
        (
            "bytes of both",
            Secret::from_bytes(both.clone()).unwrap(),
            true,
        ),
        ("the text as bytes", Secret::from_bytes(SEED).unwrap(), true),
        (
            "the public key",
            new(format!("whpk_{}", base64(&public))),
            false,
        ),
        ("another public key behind it", new(hex(&mixed)), false),
        ("too short", new(hex(&seed[1..])), false),
        ("no encoding", new("?".repeat(32)), false),
    ] {
        let signer = Signer::new(scheme(), secret);
        if !is_key {
            let error = signer.unwrap_err().to_string();
            let expect = "scheme `acme`: the secret is not an Ed25519 private key; ";
            assert!(error.starts_with(expect), "{form}: {error}");
            continue;
        }
        let mut request = request(vec![0x72]);
        signer.unwrap().sign(&mut request, "", at(NOW)).unwrap();
        assert_eq!(header(&request, "x-signature"), SIGNATURE, "{form}");
    }
    assert!(!format!("{:?}", signer(scheme(), new(SEED.into()))).contains("4ccd"));
}

/// What is written into bodies and queries, and what is left as it was.
#[test]
fn bodies_and_queries_keep_what_is_not_signed() {
    let acme = || {
        Scheme::builder("acme")
            .danger_leave_body_unsigned()
            .message("text")
    };
    let sig = hex(&support::mac256("text"));
    let json = || acme().signature(Location::json("a.sig"));
    for (scheme, body, expect) in [
        (json(), "{}".into(), format!(r#"{{"a":{{"sig":"{sig}"}}}}"#)),
        (
            json(),
            r#" { "z" : 1.50, "a" : { "sig" : "old" , "é" : [ ] } } "#.into(),
            format!(r#" {{ "z" : 1.50, "a" : {{ "sig" : "{sig}" , "é" : [ ] }} }} "#),
        ),
        (
            json(),
            r#"{"a":{"b":[1,{}]},"c":null}"#.into(),
            format!(r#"{{"a":{{"sig":"{sig}","b":[1,{{}}]}},"c":null}}"#),
        ),
        (
            json(),
            r#"{"a":{"sig":{"b":1}}}"#.into(),
            format!(r#"{{"a":{{"sig":"{sig}"}}}}"#),
        ),
        (
            acme().signature(Location::form("a b")),
            String::new(),
            format!("a%20b={sig}"),
        ),
        (
            acme().signature(Location::form("a b")),
            "x=%2f+&a+b=old&y&&a%20b=older".into(),
            format!("x=%2f+&y&a%20b={sig}"),
        ),
        // A time in JSON stays what it was.
        (
            json().timestamp(Location::json("t")),
            r#"{"t":"1","a":{"sig":""}}"#.into(),
            format!(r#"{{"t":"{NOW}","a":{{"sig":"{sig}"}}}}"#),
        ),
        (
            json().timestamp(Location::json("t")),
            r#"{"t":1,"a":{"sig":""}}"#.into(),
            format!(r#"{{"t":{NOW},"a":{{"sig":"{sig}"}}}}"#),
        ),
    ] {
        let scheme = scheme.build().unwrap();
        let mut request = request(body.clone());
        let (name, value) = (CONTENT_LENGTH, body.len().into());
        request.headers_mut().insert(name, value);
        signer(scheme, support::secret())
            .sign(&mut request, "", at(NOW))
            .unwrap();
        assert_eq!(*request.body(), expect, "{body}");
        assert_eq!(header(&request, "content-length"), expect.len().to_string());
    }
    for (uri, expect) in [
        ("/", format!("/?s={sig}")),
        ("http://a.example", format!("http://a.example/?s={sig}")),
        ("/a?b=%2f+1", format!("/a?b=%2f+1&s={sig}")),
        ("/a?s=old&b", format!("/a?b&s={sig}")),
    ] {
        let mut request = Request::post(uri).body(Bytes::new()).unwrap();
        signer(
            acme().signature(Location::query("s")).build().unwrap(),
            support::secret(),
        )
        .sign(&mut request, "", at(NOW))
        .unwrap();
        assert_eq!(request.uri().to_string(), expect);
        assert!(!request.headers().contains_key(CONTENT_LENGTH));
    }
}

/// Braintree and Sinch send the name of a key, which others than this crate look at.
#[test]
fn the_name_of_a_key_is_the_senders_to_choose() {
    let body = "bt_payload=YWJj";
    for (name, expect) in [(None, "key%7C"), (Some("a-public-key"), "a-public-key%7C")] {
        let signer = signer(providers::braintree(), support::secret());
        let signer = match name {
            Some(name) => signer.key_name(name).unwrap(),
            None => signer,
        };
        let mut request = request(body);
        signer.sign(&mut request, "", at(NOW)).unwrap();
        let body = String::from_utf8(request.into_body().to_vec()).unwrap();
        assert!(body.contains(&format!("bt_signature={expect}")), "{body}");
    }
}

/// A scheme that signs the URL signs that of the request, or the public one.
#[test]
fn the_signed_url_is_that_of_the_request_unless_another_is_set() {
    let scheme = Scheme::builder("acme").signature_header("x-signature");
    let scheme = scheme.message("{url}\n{body}").build().unwrap();
    let provider = Provider::from(scheme);
    let other = PublicUrl::fixed("https://public.example.com/prefix").unwrap();
    let other = provider.clone().with_public_url(other);
    for (provider, uri, expect) in [
        (
            &provider,
            "http://127.0.0.1:5000/a?b",
            Ok("http://127.0.0.1:5000/a?b\n{}"),
        ),
        (&provider, "http://a.example", Ok("http://a.example/\n{}")),
        (&provider, "/a?b", Err(SignError::NoUrl)),
        (
            &other,
            "/a?b",
            Ok("https://public.example.com/prefix/a?b\n{}"),
        ),
        (
            &other,
            "http://127.0.0.1/",
            Ok("https://public.example.com/prefix/\n{}"),
        ),
    ] {
        let mut request = Request::post(uri).body(Bytes::from("{}")).unwrap();
        let outcome = signer(provider.clone(), support::secret()).sign(&mut request, "", at(NOW));
        match expect {
            Err(error) => assert_eq!(outcome, Err(error), "{uri}"),
            Ok(text) => {
                outcome.unwrap();
                let expect = hex(&support::mac256(text));
                assert_eq!(header(&request, "x-signature"), expect, "{uri}");
            }
        }
    }
}

/// What cannot be signed says why, at start-up where that can be known.
#[test]
fn what_cannot_be_signed_says_why() {
    let says = |error: &dyn Error, text: &str| {
        assert_eq!(error.to_string(), text, "{error:?}");
    };
    let new = |provider, secret: &str| Signer::new(provider, Secret::new(secret).unwrap());
    let sendgrid = providers::by_name("sendgrid");
    assert_eq!(sendgrid.is_some(), cfg!(feature = "ecdsa"));
    if let Some(sendgrid) = sendgrid {
        says(
            &new(sendgrid, "a").unwrap_err(),
            "scheme `sendgrid`: deliveries cannot be signed, because only the provider has the private key",
        );
    }
    let detached = Scheme::builder("acme")
        .signature_header("x-signature")
        .signature_format(SignatureFormat::detached_jws())
        .encoding(Encoding::Base64Url)
        .message("{body}")
        .build()
        .unwrap();
    says(
        &new(detached.into(), "a").unwrap_err(),
        "scheme `acme`: detached JSON web signatures can be verified, but not created",
    );
    says(
        &new(providers::livekit(), "a").unwrap_err(),
        "scheme `livekit`: the signature covers the setting `api_key`, which is missing or empty; set it with `Provider::with_setting`",
    );
    says(
        &new(providers::standard_webhooks(), "whsec_?").unwrap_err(),
        "scheme `standard-webhooks`: the secret has the wrong format; this scheme expects standard base64, alone or after `whsec_`",
    );
    let sign = |provider: Provider, body: &'static str, id: &str| {
        let secret = match provider.scheme().secret_encoding() {
            SecretEncoding::Hex => Secret::new(SEED),
            _ => Secret::new(STANDARD_SECRET),
        };
        signer(provider, secret.unwrap())
            .sign(&mut request(body), id, at(NOW))
            .unwrap_err()
    };
    let acme = Scheme::builder("acme").signature_header("x-signature");
    let needs_header = acme.message("{header:x-a}\n{body}").build().unwrap();
    for (error, text) in [
        (
            sign(providers::standard_webhooks(), "{}", ""),
            "the scheme requires a delivery ID; pass one, or add a `SetDeliveryIdLayer`",
        ),
        (
            sign(providers::standard_webhooks(), "{}", "a\nb"),
            "the header `webhook-id` cannot contain this value",
        ),
        (
            sign(providers::standard_webhooks(), "{}", "a "),
            "the header `webhook-id` cannot contain this value",
        ),
        (
            sign(providers::standard_webhooks(), "{}", "a.b"),
            "the value of `webhook-id` contains its separator, so the signed text is ambiguous",
        ),
        (
            sign(needs_header.into(), "{}", ""),
            "the header `x-a` is missing, but the signature covers it",
        ),
        (
            sign(providers::mailgun(), "[1", "1"),
            "cannot find the signed text: expected JSON with this member exactly once",
        ),
        (
            sign(providers::mailgun(), "[1]", "1"),
            "cannot find the signed text: expected a JSON object",
        ),
        (
            sign(
                providers::adyen_payments(),
                r#"{"notificationItems":[]}"#,
                "",
            ),
            "cannot find the signed text: expected JSON with a list of 1 to 1024 items",
        ),
    ] {
        says(&error, text);
    }
}

// ===== the layer =====

/// What a client was given, and what it answers.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<Request<DeliveryBody>>>>);

impl Sent {
    fn service(
        &self,
    ) -> impl Service<
        Request<DeliveryBody>,
        Response = Response<()>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + use<> {
        let sent = Arc::clone(&self.0);
        service_fn(move |request| {
            sent.lock().unwrap().push(request);
            async { Ok(Response::new(())) }
        })
    }

    fn take(&self) -> Vec<Request<DeliveryBody>> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn layer(provider: Provider, secret: &str) -> SignLayer {
    let signer = signer(provider, Secret::new(secret).unwrap());
    SignLayer::new(signer).clock(|| at(NOW))
}

fn standard_layer() -> SignLayer {
    layer(providers::standard_webhooks(), STANDARD_SECRET)
}

fn post<B>(body: B) -> Request<B> {
    Request::post("http://127.0.0.1/hook").body(body).unwrap()
}

fn given<B>(mut request: Request<B>, id: &'static str) -> Request<B> {
    request.extensions_mut().insert(DeliveryId::new(id));
    request
}

fn there<B>(mut request: Request<B>) -> Request<B> {
    let id = "msg_there".parse().unwrap();
    request.headers_mut().insert("webhook-id", id);
    request
}

/// The id is the one that is given, or that is there, and without one nothing is sent.
#[tokio::test]
async fn the_id_is_given_or_there_already() {
    let sent = Sent::default();
    let service = standard_layer().layer(sent.service());
    let plain = || post(DeliveryBody::from("{}"));
    for (request, expect) in [
        (given(plain(), "msg_given"), "msg_given"),
        (there(plain()), "msg_there"),
        (given(there(plain()), "msg_given"), "msg_given"),
    ] {
        service.clone().oneshot(request).await.unwrap();
        let sent = sent.take();
        let [sent] = &sent[..] else {
            panic!("{sent:?}")
        };
        assert_eq!(header(sent, "webhook-id"), expect);
        let mac = support::standard_mac(expect.as_bytes(), NOW.to_string().as_bytes(), b"{}");
        let signature = format!("v1,{}", base64(&mac));
        assert_eq!(header(sent, "webhook-signature"), signature);
    }
    let error = service.clone().oneshot(plain()).await.unwrap_err();
    assert!(matches!(error, SendError::Sign(SignError::NoId)), "{error}");
    assert!(sent.take().is_empty());
}

/// The id is random where the request has none.
#[cfg(feature = "sender")]
#[tokio::test]
async fn delivery_id_layer_adds_an_id_where_there_is_none() {
    let sent = Sent::default();
    let service = standard_layer().layer(sent.service());
    let service = tower_webhook::sign::SetDeliveryIdLayer::new().layer(service);
    for _ in 0..2 {
        service
            .clone()
            .oneshot(post(DeliveryBody::from("{}")))
            .await
            .unwrap();
    }
    let own = given(post(DeliveryBody::from("{}")), "msg_own");
    service.clone().oneshot(own).await.unwrap();
    let there = there(post(DeliveryBody::from("{}")));
    service.oneshot(there).await.unwrap();
    let ids: Vec<_> = sent
        .take()
        .iter()
        .map(|sent| header(sent, "webhook-id").to_owned())
        .collect();
    assert_eq!(ids[0].len(), 36, "{ids:?}");
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[2..], ["msg_own", "msg_there"]);
}

/// Bodies of every temper: what arrives is what is signed, or nothing is sent.
#[tokio::test]
async fn bodies_are_buffered_up_to_the_limit() {
    type Check = fn(&SendError<Infallible>) -> bool;
    let too_large: Check = |it| matches!(it, SendError::Sign(SignError::TooLarge { limit: 8, .. }));
    let broken: Check = |it| {
        matches!(it, SendError::Body(_))
            && told(it) == "cannot send the delivery: failed to read its body: connection reset"
    };
    let data = Step::data;
    let trailers = || Step::trailer("x-check", "1");
    let sent = Sent::default();
    let layer = layer(providers::github(), SECRET).body_limit(8);
    for (name, body, expect) in [
        ("none", Script::none(), Ok("")),
        (
            "one frame",
            Script::whole("12345678".into()),
            Ok("12345678"),
        ),
        (
            "one more",
            Script::whole("123456789".into()),
            Err(too_large),
        ),
        ("bytes", Script::chunks(b"12345678", 1), Ok("12345678")),
        (
            "bytes, one more",
            Script::chunks(b"123456789", 1),
            Err(too_large),
        ),
        (
            "a length that is a lie",
            Script::new([]).of_size(u64::MAX),
            Err(too_large),
        ),
        (
            "empty frames",
            Script::new([data(""), data("12"), data(""), data("34")]),
            Ok("1234"),
        ),
        ("trailers", Script::new([data("12"), trailers()]), Ok("12")),
        (
            "breaks off",
            Script::new([data("12"), Step::Fail]),
            Err(broken),
        ),
        (
            "comes late",
            Script::new([data("12"), Step::Wait(Duration::from_millis(1)), data("3")]),
            Ok("123"),
        ),
    ] {
        let mut request = post(body);
        request.extensions_mut().insert(DeliveryId::new("1"));
        let outcome = layer.layer(sent.service()).oneshot(request).await;
        let requests = sent.take();
        match expect {
            Err(check) => {
                assert!(outcome.as_ref().is_err_and(check), "{name}: {outcome:?}");
                assert!(requests.is_empty(), "{name}");
            }
            Ok(expect) => {
                outcome.unwrap();
                let [request] = &requests[..] else {
                    panic!("{name}: {requests:?}")
                };
                let signature = format!("sha256={}", hex(&support::mac256(expect)));
                assert_eq!(header(request, "x-hub-signature-256"), signature, "{name}");
                let body = request.body().clone().collect().await.unwrap();
                let has_trailers = body.trailers().is_some_and(|it| it.contains_key("x-check"));
                assert_eq!(has_trailers, name == "trailers");
                assert_eq!(body.to_bytes(), expect, "{name}");
            }
        }
    }
}

/// What the scheme puts into the head is nowhere else: a server that puts trailers behind the
/// headers would have two of it.
#[tokio::test]
async fn trailers_hold_nothing_that_the_scheme_puts_into_the_head() {
    let sent = Sent::default();
    let names = [
        "webhook-signature",
        "webhook-timestamp",
        "webhook-id",
        "x-check",
    ];
    let trailers = names.map(|name| (name.parse().unwrap(), "old".parse().unwrap()));
    let trailers = Step::Trailers(trailers.into_iter().collect());
    let mut request = post(Script::new([Step::data("{}"), trailers]));
    // Whatever their case was on the wire.
    for name in [
        "Webhook-Signature",
        "WEBHOOK-SIGNATURE",
        "Webhook-Timestamp",
        "Webhook-Id",
    ] {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, "old".parse().unwrap());
    }
    request.extensions_mut().insert(DeliveryId::new("msg_1"));
    let service = standard_layer().layer(sent.service());
    service.oneshot(request).await.unwrap();
    let request = sent.take().remove(0);
    let old = |value: &http::HeaderValue| value == "old";
    assert!(
        !request.headers().values().any(old),
        "{:?}",
        request.headers()
    );
    let body = request.into_body().collect().await.unwrap();
    let left: Vec<_> = body.trailers().unwrap().keys().collect();
    assert_eq!(left, ["x-check"]);
}

/// Whatever an id holds, it is the value of one place and nothing else, or it is not sent.
#[tokio::test]
async fn an_id_stays_where_it_is_put() {
    let acme = || Scheme::builder("acme").signature_header("x-signature");
    let schemes = [
        acme().id_header("x-id"),
        acme().id(Location::form("id")),
        acme().id(Location::json("id")),
        // A number stays one if it can.
        acme().id(Location::json("number")),
    ];
    for scheme in schemes {
        let scheme = scheme.message("{body}").build().unwrap();
        let location = scheme.id_location().unwrap().clone();
        let receiver = Verifier::new(scheme.clone(), support::secret()).unwrap();
        for id in [
            "1",
            "a\r\nx-admin: 1",
            "a\nb",
            "a\0b",
            "a&id=b&admin=1#?",
            "a%00+b",
            r#"a","admin":true,"b":""#,
            r#"1,"admin":true"#,
            " 1 ",
            "\u{e9}\u{1f4a9}",
        ] {
            let body = match location {
                Location::Json(_) => r#"{"number":1}"#,
                _ => "b=1",
            };
            let mut request = request(body);
            let signed = signer(scheme.clone(), support::secret());
            let outcome = signed.sign(&mut request, id, at(NOW));
            if let Location::Header(_) = location {
                let is_text = id.is_ascii() && !id.contains(['\r', '\n', '\0']);
                assert_eq!(outcome.is_ok(), is_text && id.trim() == id, "{id:?}");
            } else {
                assert_eq!(outcome, Ok(()), "{id:?}");
            }
            if outcome.is_err() {
                continue;
            }
            assert!(request.headers().len() <= 2, "{request:?}");
            let verified = receiver.verify(&request, request.body()).unwrap();
            let told = verified.delivery_id().map(str::trim);
            assert_eq!(told, Some(id.trim()), "{location}");
            let admin = String::from_utf8_lossy(request.body()).into_owned();
            match location {
                Location::Json(_) => {
                    let json: serde_json::Value = serde_json::from_str(&admin).unwrap();
                    assert!(json.get("admin").is_none(), "{admin}");
                }
                Location::Form(_) => assert_eq!(admin.matches('&').count(), 1, "{admin}"),
                _ => {}
            }
        }
    }
}

/// A body that always has another frame gets no more than its turn, and its end is seen.
#[tokio::test]
async fn a_body_of_empty_frames_gives_others_their_turn() {
    let service = standard_layer().layer(Sent::default().service());
    let mut body = Script::new([Step::data("")]);
    body.repeats_last = true;
    let request = post(body);
    let endless = tokio::spawn(service.oneshot(request));
    let other = tokio::spawn(async { 1 });
    assert_eq!(other.await.unwrap(), 1);
    endless.abort();
}

/// A service that may be called once it said that it is ready, and whose clones are not.
struct Readied {
    is_ready: bool,
}

impl Clone for Readied {
    fn clone(&self) -> Self {
        Self { is_ready: false }
    }
}

impl Service<Request<DeliveryBody>> for Readied {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<DeliveryBody>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.is_ready),
            "called without being ready"
        );
        std::future::ready(Ok(Response::new(())))
    }
}

#[tokio::test]
async fn the_instance_that_is_called_is_the_one_that_was_ready() {
    let mut service = layer(providers::stripe(), SECRET).layer(Readied { is_ready: false });
    for _ in 0..3 {
        let body = Script::chunks(b"{}", 1);
        let ready = ServiceExt::<Request<Script>>::ready(&mut service);
        ready.await.unwrap().call(post(body)).await.unwrap();
    }
    // Two at the same time, the first still reading when the second is called.
    let slow = [
        Step::data("{"),
        Step::Wait(Duration::from_millis(5)),
        Step::data("}"),
    ];
    let ready = ServiceExt::<Request<Script>>::ready(&mut service).await;
    let first = ready.unwrap().call(post(Script::new(slow)));
    let ready = ServiceExt::<Request<Script>>::ready(&mut service).await;
    let second = ready.unwrap().call(post(Script::none()));
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() && second.is_ok());
}

/// A limit on concurrency inside counts a delivery from the moment that it is taken, and gets its
/// place back whatever becomes of it.
#[tokio::test]
async fn a_concurrency_limit_gets_its_places_back() {
    let inner = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(1))
        .service(Sent::default().service());
    let mut service = layer(providers::stripe(), SECRET)
        .body_limit(8)
        .layer(inner);
    let is_ready = |service: &mut Sign<_>| {
        let mut context = Context::from_waker(std::task::Waker::noop());
        Service::<Request<Script>>::poll_ready(service, &mut context).is_ready()
    };
    for body in [
        Script::none(),
        Script::whole("123456789".into()),
        Script::new([Step::Fail]),
    ] {
        assert!(is_ready(&mut service));
        let future = service.call(post(body));
        assert!(!is_ready(&mut service), "the place is taken");
        let _ = future.await;
    }
    assert!(is_ready(&mut service));
    drop(service.call(post(Script::new([Step::Silence]))));
    assert!(is_ready(&mut service), "dropped before it was sent");
}

#[tokio::test]
async fn errors_of_the_client_come_through_unchanged() {
    let fails = service_fn(|_: Request<DeliveryBody>| async {
        Err::<Response<()>, _>(std::io::Error::other("refused"))
    });
    let service = layer(providers::stripe(), SECRET).layer(fails);
    let error = service.clone().oneshot(post(Full::<Bytes>::from("{}")));
    let error = error.await.unwrap_err();
    assert_eq!(told(&error), "refused");
    let SendError::Inner(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.kind(), std::io::ErrorKind::Other);

    // In a box it is what it was.
    let error = service.oneshot(post(Full::<Bytes>::from("{}"))).await;
    let error = error.unwrap_err().into_boxed();
    assert!(error.is::<std::io::Error>());
    let sign = |body: Script| {
        let service = layer(providers::stripe(), SECRET).body_limit(1);
        service.layer(Sent::default().service()).oneshot(post(body))
    };
    for (body, expect) in [
        (
            Script::whole("{}".into()),
            "cannot sign the delivery: the body exceeds the limit of 1 bytes",
        ),
        (
            Script::new([Step::Fail]),
            "cannot send the delivery: failed to read its body: connection reset",
        ),
    ] {
        let error = sign(body).await.unwrap_err().into_boxed();
        assert_eq!(told(&*error), expect);
    }
}

/// An error with all that it was caused by.
fn told(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", told(cause)),
        None => error.to_string(),
    }
}

#[test]
fn auto_traits_and_debug() {
    fn is_a_layer<T: Clone + std::fmt::Debug + Send + Sync + Unpin + 'static>(_: &T) {}
    fn is_send<T: Send>(_: &T) {}
    let layer = standard_layer();
    is_a_layer(&layer);
    let mut service = layer.layer(client());
    is_a_layer(&service);
    is_send(&service.call(post(DeliveryBody::from("{}"))));
    let shown = format!("{layer:?} {service:?} {:?}", DeliveryBody::from("a secret"));
    assert!(
        !shown.contains("a secret") && !shown.contains("MfKQ9r8"),
        "{shown}"
    );
}
