//! One small file for each provider whose signed text no template says.

#[cfg(feature = "json")]
mod adyen;
#[cfg(feature = "form")]
mod atlassian;
#[cfg(feature = "json")]
mod aws_sns;
mod box_escaped;
#[cfg(feature = "form")]
mod braintree;
#[cfg(feature = "form")]
mod contentful;
mod digest;
mod hubspot;
#[cfg(feature = "form")]
mod messagebird;
#[cfg(feature = "form")]
mod paddle_classic;
#[cfg(feature = "form")]
mod payload;
#[cfg(feature = "form")]
mod plivo;
#[cfg(feature = "form")]
mod sorted_form;
#[cfg(feature = "jwt")]
mod truelayer;
#[cfg(feature = "form")]
mod twilio;
#[cfg(feature = "form")]
mod vonage_sms;

use super::Canonical;

const ALL: &[Canonical] = &[
    #[cfg(feature = "form")]
    atlassian::QUERY_HASH,
    #[cfg(feature = "json")]
    adyen::ITEM,
    #[cfg(feature = "json")]
    aws_sns::LINES,
    box_escaped::ESCAPED,
    #[cfg(feature = "form")]
    braintree::PAYLOAD,
    #[cfg(feature = "form")]
    contentful::HEADERS,
    #[cfg(feature = "form")]
    contentful::PATH,
    #[cfg(feature = "crc32")]
    digest::CRC32,
    #[cfg(feature = "md5")]
    digest::MD5,
    digest::SHA256,
    digest::SHA256_BASE64,
    digest::SHA256_BASE64URL,
    digest::URL_SHA256,
    hubspot::URL,
    #[cfg(feature = "form")]
    messagebird::LEGACY,
    #[cfg(feature = "form")]
    paddle_classic::SERIALIZED,
    #[cfg(feature = "form")]
    payload::PAYLOAD,
    #[cfg(feature = "form")]
    plivo::V2,
    #[cfg(feature = "form")]
    plivo::V2_WITHOUT_PATH,
    #[cfg(feature = "form")]
    plivo::V3,
    #[cfg(feature = "form")]
    sorted_form::SORTED_FORM,
    #[cfg(feature = "jwt")]
    truelayer::OTHER_SLASH,
    #[cfg(feature = "jwt")]
    truelayer::PAYLOAD,
    #[cfg(feature = "form")]
    twilio::BARE,
    #[cfg(feature = "form")]
    twilio::WITH_PORT,
    #[cfg(feature = "form")]
    vonage_sms::PARAMETERS,
];

/// The canonicaliser of this name.
pub(crate) fn canonical(name: &str) -> Option<&'static Canonical> {
    ALL.iter().find(|canonical| canonical.name == name)
}
