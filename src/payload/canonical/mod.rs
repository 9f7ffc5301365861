//! Canonicalisers: functions that compute signed text that a template cannot describe. Each file
//! has the canonicalisers that read one part of the request.

mod body;
mod form;
mod json;
mod target;
mod url;

use super::Canonical;

const ALL: &[Canonical] = &[
    body::BOX_ESCAPED,
    body::CRC32,
    body::MD5,
    body::SHA256,
    body::SHA256_BASE64,
    body::SHA256_BASE64URL,
    body::SHA256_RAW,
    form::BRAINTREE,
    form::PADDLE_CLASSIC,
    form::PAYLOAD,
    form::SORTED_FORM,
    form::VONAGE_SMS,
    json::ADYEN_ITEM,
    json::AWS_SNS,
    target::ATLASSIAN_QSH,
    target::CONTENTFUL_HEADERS,
    target::CONTENTFUL_PATH,
    target::MESSAGEBIRD_LEGACY,
    target::TRUELAYER,
    target::TRUELAYER_OTHER_SLASH,
    url::HUBSPOT,
    url::PLIVO_V2,
    url::PLIVO_V2_WITHOUT_PATH,
    url::PLIVO_V3,
    url::SHA256,
    url::TWILIO,
    url::TWILIO_WITH_PORT,
];

/// Returns the canonicaliser with this name.
pub(crate) fn canonical(name: &str) -> Option<&'static Canonical> {
    ALL.iter().find(|canonical| canonical.name == name)
}
