//! The known ways in which a request that differs from what was signed is accepted.
//!
//! Each entry is documented on the page of its preset, or follows from how the provider signs. All
//! other differences in a signed part are crashes.

use tower_webhook::rejection::RejectionKind;

use crate::{
    message::Message,
    parts::{fields, member},
    rig::Rig,
};

/// One leniency: how these parts of these presets are compared.
pub struct Leniency {
    pub presets: &'static [&'static str],
    /// The tokens of the signed text, or of a claim.
    pub parts: &'static [&'static str],
    pub view: View,
    pub reason: &'static str,
}

/// What must not change.
pub enum View {
    /// This must be the same in the genuine request and in the accepted one.
    Same(fn(&Rig, &Message) -> Vec<u8>),
    /// Each item of the accepted request must be in the genuine one.
    Subset(fn(&Message) -> Vec<Vec<u8>>),
    Unchecked,
}

/// The leniency for a part of a preset.
#[must_use]
pub fn find(preset: &str, part: &str) -> Option<&'static Leniency> {
    ALL.iter()
        .find(|it| it.presets.contains(&preset) && it.parts.contains(&part))
}

/// Whether a genuine delivery may be rejected for this reason.
#[must_use]
pub fn may_reject(rig: &Rig, message: &Message, kind: &RejectionKind) -> bool {
    match kind {
        // An endpoint that signs challenges rejects deliveries that could be one.
        RejectionKind::AmbiguousChallenge => true,
        // A body that looks like a length extension is rejected; see `Algorithm::Sha256SecretFirst`.
        RejectionKind::SignatureMismatch => {
            matches!(&*rig.preset, "hubspot-v1" | "hubspot-v2" | "lark")
                && message.body.contains(&0x80)
        }
        _ => false,
    }
}

const FORM: &[&str] = &["forgejo-form", "gitea-form", "gogs-form"];

const VONAGE: &[&str] = &[
    "vonage-sms",
    "vonage-sms-hmac-md5",
    "vonage-sms-hmac-sha1",
    "vonage-sms-hmac-sha256",
    "vonage-sms-hmac-sha512",
];

const ALL: &[Leniency] = &[
    Leniency {
        presets: &["adyen-payments"],
        parts: &["canonical:adyen_item"],
        view: View::Subset(adyen_items),
        reason: "items are signed one by one, so that items can be left out or repeated",
    },
    Leniency {
        presets: &["atlassian-connect"],
        parts: &["canonical:atlassian_qsh"],
        view: View::Same(|_, message| {
            let path = message.path().strip_suffix('/').unwrap_or(message.path());
            let path = path.replace('&', "%26");
            let mut query = fields(message.query().as_bytes());
            query.retain(|(name, _)| name != b"jwt");
            [message.method.as_bytes(), path.as_bytes(), &joined(query)].concat()
        }),
        reason: "the query is decoded and sorted before it is signed",
    },
    Leniency {
        presets: &["aws-sns", "aws-sns-sha1"],
        parts: &["canonical:aws_sns"],
        view: View::Same(|_, message| {
            const NAMES: &[&str] = &[
                "Message",
                "MessageId",
                "Subject",
                "Timestamp",
                "TopicArn",
                "Type",
            ];
            joined(NAMES.iter().map(|name| {
                (
                    name.as_bytes().to_vec(),
                    member(&message.body, name).unwrap_or_default(),
                )
            }))
        }),
        reason: "these members are signed, and JSON can spell them in several ways",
    },
    Leniency {
        presets: &["box-com"],
        parts: &["body", "canonical:box_escaped"],
        view: View::Same(|_, message| escaped(&message.body)),
        reason: "Box signs some bodies with their characters outside ASCII escaped",
    },
    Leniency {
        presets: &["braintree"],
        parts: &["canonical:braintree"],
        view: View::Same(|_, message| {
            let payload = first(fields(&message.body), b"bt_payload");
            payload.strip_suffix(b"\n").unwrap_or(&payload).to_vec()
        }),
        reason: "the decoded payload is signed, with or without the line feed at its end",
    },
    Leniency {
        presets: &["mercadopago"],
        parts: &["query:data.id"],
        view: View::Same(|_, message| first(fields(message.query().as_bytes()), b"data.id")),
        reason: "a part with an empty value is left out, as one without a value is",
    },
    Leniency {
        presets: &["mercadopago"],
        parts: &["header:x-request-id"],
        view: View::Same(|_, message| {
            let value = message.copies("x-request-id").next();
            value.map(Into::into).unwrap_or_default()
        }),
        reason: "a part with an empty value is left out, as one without a value is",
    },
    Leniency {
        presets: &["contentful"],
        parts: &["canonical:contentful_path"],
        view: View::Same(|_, message| {
            message
                .target
                .strip_suffix('?')
                .unwrap_or(&message.target)
                .into()
        }),
        reason: "an empty query is signed like no query",
    },
    Leniency {
        presets: &["contentful"],
        parts: &["canonical:contentful_headers"],
        view: View::Same(|_, message| {
            let list = message
                .header("x-contentful-signed-headers")
                .unwrap_or_default();
            let list = String::from_utf8_lossy(list).to_ascii_lowercase();
            let names = list.split(',').map(str::trim);
            let headers = names.map(|name| {
                (
                    name.into(),
                    message
                        .header(name)
                        .unwrap_or_default()
                        .trim_ascii()
                        .to_vec(),
                )
            });
            joined(headers)
        }),
        reason: "the whitespace around a value is not signed",
    },
    Leniency {
        presets: FORM,
        parts: &["canonical:payload"],
        view: View::Same(|_, message| {
            let is_query = message.method == "GET" && message.body.is_empty();
            let form = if is_query {
                message.query().as_bytes()
            } else {
                &message.body
            };
            first(fields(form), b"payload")
        }),
        reason: "the decoded payload is signed, wherever it is and however it is spelled",
    },
    Leniency {
        presets: &["hubspot-v2", "square"],
        parts: &["url", "body"],
        view: View::Same(|_, message| [message.target.as_bytes(), &message.body].concat()),
        reason: "nothing separates the URL from the body",
    },
    Leniency {
        presets: &["hubspot-v3"],
        parts: &["canonical:hubspot_url", "body"],
        view: View::Same(|_, message| {
            let target = percent_encoding::percent_decode_str(&message.target).collect::<Vec<_>>();
            // Decoding the body too keeps the text the same where the border moves.
            let body = percent_encoding::percent_decode(&message.body).collect::<Vec<_>>();
            [target, body].concat()
        }),
        reason: "nothing separates the URL from the body, and some characters of the URL are decoded",
    },
    Leniency {
        presets: &["mandrill"],
        parts: &["url", "sorted_form"],
        view: View::Same(|_, message| {
            [message.target.as_bytes(), &sorted_form(&message.body)].concat()
        }),
        reason: "nothing separates the URL, the names and the values of the form",
    },
    Leniency {
        presets: &["messagebird-legacy"],
        parts: &["canonical:messagebird_legacy"],
        view: View::Same(|_, message| {
            let mut query = fields(message.query().as_bytes());
            query.sort();
            [&joined(query)[..], &message.body].concat()
        }),
        reason: "the query is decoded and sorted before it is signed",
    },
    Leniency {
        presets: &["paddle-classic"],
        parts: &["canonical:paddle_classic"],
        view: View::Same(|_, message| {
            let mut fields = fields(&message.body);
            fields.retain(|(name, _)| name != b"p_signature");
            fields.sort();
            joined(fields)
        }),
        reason: "the form is decoded and sorted before it is signed",
    },
    Leniency {
        presets: &["paypal"],
        parts: &["crc32"],
        view: View::Unchecked,
        reason: "another body with the same CRC-32 is easily made",
    },
    Leniency {
        presets: &["plivo"],
        parts: &["canonical:plivo_v3"],
        view: View::Same(|_, message| {
            let mut query = fields(message.query().as_bytes());
            let mut form = fields(&message.body);
            if message.method == "GET" {
                query.append(&mut form);
            }
            query.sort();
            form.sort();
            let query = query
                .into_iter()
                .flat_map(|(name, value)| [b"&".into(), name, b"=".into(), value]);
            let query: Vec<_> = query.collect();
            let form: Vec<_> = form
                .into_iter()
                .flat_map(|(name, value)| [name, value])
                .collect();
            [message.path().as_bytes(), &query.concat(), &form.concat()].concat()
        }),
        reason: "nothing separates the names and values of the form, and the query is decoded",
    },
    Leniency {
        presets: &["plivo-v2"],
        parts: &[
            "canonical:plivo_v2",
            "canonical:plivo_v2_without_path",
            "header:x-plivo-signature-v2-nonce",
        ],
        view: View::Same(|_, message| {
            let nonce = message.header("x-plivo-signature-v2-nonce");
            [message.path().as_bytes(), nonce.unwrap_or_default()].concat()
        }),
        reason: "the query is not signed, and nothing separates the path from the nonce",
    },
    Leniency {
        presets: &["trello"],
        parts: &["body", "url"],
        view: View::Same(|rig, message| {
            [
                &message.body,
                rig.base.as_bytes(),
                message.target.as_bytes(),
            ]
            .concat()
        }),
        reason: "nothing separates the body from the URL",
    },
    Leniency {
        presets: &["truelayer"],
        parts: &["canonical:truelayer", "canonical:truelayer_other_slash"],
        view: View::Same(|_, message| {
            let path = message.path().strip_suffix('/').unwrap_or(message.path());
            [
                message.method.as_bytes(),
                b" ",
                path.as_bytes(),
                b"\n",
                &message.body,
            ]
            .concat()
        }),
        reason: "the slash at the end of the path may be missing",
    },
    Leniency {
        presets: &["twilio", "twilio-sharedkey"],
        parts: &["canonical:twilio", "canonical:twilio_with_port"],
        view: View::Same(|_, message| {
            let has_digest = fields(message.query().as_bytes())
                .iter()
                .any(|(name, _)| name == b"bodySHA256");
            let form = if has_digest {
                Vec::new()
            } else {
                sorted_form(&message.body)
            };
            [message.target.as_bytes(), &form].concat()
        }),
        reason: "nothing separates the URL, the names and the values of the form",
    },
    Leniency {
        presets: VONAGE,
        parts: &["canonical:vonage_sms"],
        view: View::Same(|_, message| {
            let is_query = message.body.is_empty();
            let form = if is_query {
                message.query().as_bytes()
            } else {
                &message.body
            };
            let mut fields = fields(form);
            fields.retain(|(name, _)| name != b"sig");
            fields.sort();
            let replaced = |byte: &u8| if b"&=".contains(byte) { b'_' } else { *byte };
            joined(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, value.iter().map(replaced).collect())),
            )
        }),
        reason: "the form is decoded, and `&` and `=` in values are signed as `_`",
    },
];

/// Names and values with their lengths.
fn joined(pairs: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let mut text = Vec::new();
    for part in pairs.into_iter().flat_map(|(name, value)| [name, value]) {
        text.extend(part.len().to_be_bytes());
        text.extend(part);
    }
    text
}

fn first(fields: Vec<(Vec<u8>, Vec<u8>)>, name: &[u8]) -> Vec<u8> {
    let found = fields.into_iter().find(|(own, _)| own == name);
    found.map_or(Vec::new(), |(_, value)| value)
}

fn sorted_form(body: &[u8]) -> Vec<u8> {
    let mut fields = fields(body);
    fields.sort();
    fields.dedup();
    fields
        .into_iter()
        .flat_map(|(name, value)| [name, value])
        .flatten()
        .collect()
}

fn adyen_items(message: &Message) -> Vec<Vec<u8>> {
    const NAMES: &[&str] = &[
        "pspReference",
        "originalReference",
        "merchantAccountCode",
        "merchantReference",
        "amount.value",
        "amount.currency",
        "eventCode",
        "success",
    ];
    let json: serde_json::Value = serde_json::from_slice(&message.body).unwrap_or_default();
    let items = json["notificationItems"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let items = items.iter().map(|item| {
        let item = item["NotificationRequestItem"].to_string();
        joined(NAMES.iter().map(|name| {
            (
                name.as_bytes().to_vec(),
                member(item.as_bytes(), name).unwrap_or_default(),
            )
        }))
    });
    items.collect()
}

/// The text with its characters outside printable ASCII escaped as in JSON.
fn escaped(body: &[u8]) -> Vec<u8> {
    let Ok(body) = std::str::from_utf8(body) else {
        return body.to_vec();
    };
    let mut text = String::new();
    for character in body.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            ' '..='~' => text.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    text.into_bytes()
}
