//! Sample bodies and keys for presets.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::SigningKey;
use tower_webhook::{
    Secret,
    scheme::{Credential, PublicKeyForm, Scheme, SecretEncoding},
};

const FORM: &str = "type=order.paid&id=7&amount=1+2%2B3";
const JSON: &str = r#"{"type":"order.paid","id":7,"data":{"name":"\u00e9 \"a\" \\ b"}}"#;

/// Bodies for schemes that need a particular field or member.
const BODIES: &[(&str, &str)] = &[
    (
        "adyen-payments",
        r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284","merchantAccountCode":"Acme","merchantReference":"a:b","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true"}}]}"#,
    ),
    ("braintree", "bt_payload=PG5vdGlmaWNhdGlvbi8%2B%0A"),
    (
        "dropbox-sign",
        "--tower-webhook\r\ncontent-disposition: form-data; name=\"json\"\r\n\r\n{\"event\":{\"event_type\":\"signature_request_sent\",\"event_time\":\"1\"}}\r\n--tower-webhook--\r\n",
    ),
    ("microsoft-graph", r#"{"value":[{"id":7},{"id":8}]}"#),
];

/// A body that the scheme can sign.
#[must_use]
pub fn body(scheme: &Scheme) -> &'static [u8] {
    let own = BODIES.iter().find(|(name, _)| *name == scheme.name());
    let is_form = scheme.content_type() == Some("application/x-www-form-urlencoded");
    let body = match own {
        Some((_, body)) => body,
        None if scheme.messages().any(|text| text == "{canonical:payload}") => {
            "payload=%7B%22id%22%3A7%7D"
        }
        None if is_form => FORM,
        None => JSON,
    };
    body.as_bytes()
}

/// A key for signing, and the key that verifies its signatures.
pub struct Pair {
    pub signing: Secret,
    pub verifying: Secret,
}

/// Writes an Ed25519 key as RFC 8410, section 4, describes.
fn pem(key: &[u8]) -> String {
    const INFO: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

    let text = STANDARD.encode([&INFO, key].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----")
}

/// Keys for a scheme with a shared secret or an Ed25519 key. Each `name` has different keys.
///
/// # Panics
///
/// Panics if the scheme has keys of another kind.
#[must_use]
pub fn keys(scheme: &Scheme, name: &str) -> Pair {
    let raw = format!("{name:*<32}");
    let raw = &raw.as_bytes()[..32];
    let base64 = STANDARD.encode(raw);
    let secret = |text: String| Secret::new(text).expect("a secret").label(name);
    if let SecretEncoding::PublicKey(form) = scheme.secret_encoding() {
        let key = SigningKey::from_bytes(raw.try_into().expect("32 bytes"));
        let public = key.verifying_key().to_bytes();
        let verifying = match form {
            PublicKeyForm::Hex => const_hex::encode(public),
            PublicKeyForm::Pem => pem(&public),
            PublicKeyForm::PrefixedBase64(prefix) => prefix.to_owned() + &STANDARD.encode(public),
            _ => STANDARD.encode(public),
        };
        return Pair {
            signing: secret(base64),
            verifying: secret(verifying),
        };
    }
    let text = match scheme.secret_encoding() {
        SecretEncoding::Hex => const_hex::encode(raw),
        SecretEncoding::Base64 => base64,
        SecretEncoding::PrefixedBase64(prefix) => format!("{prefix}{base64}"),
        _ if scheme.credential() == Credential::UserAndPassword => format!("user:{name}"),
        _ => format!("secret-of-{name}"),
    };
    Pair {
        signing: secret(text.clone()),
        verifying: secret(text),
    }
}
