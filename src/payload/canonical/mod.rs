//! One small file for each provider whose signed text no template says.

mod adyen;
mod atlassian;
mod aws_sns;
mod box_escaped;
mod braintree;
mod contentful;
mod digest;
mod hubspot;
mod messagebird;
mod paddle_classic;
mod payload;
mod plivo;
mod sorted_form;
mod truelayer;
mod twilio;
mod vonage_sms;

use super::Canonical;

const ALL: &[Canonical] = &[
    atlassian::QUERY_HASH,
    adyen::ITEM,
    aws_sns::LINES,
    box_escaped::ESCAPED,
    braintree::PAYLOAD,
    contentful::HEADERS,
    contentful::PATH,
    digest::CRC32,
    digest::MD5,
    digest::SHA256,
    digest::SHA256_BASE64,
    digest::SHA256_BASE64URL,
    digest::URL_SHA256,
    hubspot::URL,
    messagebird::LEGACY,
    paddle_classic::SERIALIZED,
    payload::PAYLOAD,
    plivo::V2,
    plivo::V2_WITHOUT_PATH,
    plivo::V3,
    sorted_form::SORTED_FORM,
    truelayer::OTHER_SLASH,
    truelayer::PAYLOAD,
    twilio::BARE,
    twilio::WITH_PORT,
    vonage_sms::PARAMETERS,
];

/// The canonicaliser of this name.
pub(crate) fn canonical(name: &str) -> Option<&'static Canonical> {
    ALL.iter().find(|canonical| canonical.name == name)
}
