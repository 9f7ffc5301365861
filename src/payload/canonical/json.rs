//! Signed texts from the members of a JSON body.

use crate::payload::{Canonical, Facts, JSON, Malformed, json};

/// The signed members of a notification item of Adyen payments, joined by colons.
pub(super) const ADYEN_ITEM: Canonical =
    Canonical::new("adyen_item", adyen_item).content_type(JSON);

/// The only signed member of Adyen's item that the merchant chooses.
const REFERENCE: &str = "merchantReference";

const ADYEN_SIGNED: &[&str] = &[
    "pspReference",
    "originalReference",
    "merchantAccountCode",
    REFERENCE,
    "amount.value",
    "amount.currency",
    "eventCode",
    "success",
];

fn adyen_item(_: &Facts<'_>, item: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const ITEM: Malformed = Malformed("a notification item of Adyen");
    let item = json::raw(item, "NotificationRequestItem")?.ok_or(ITEM)?;
    let item = item.get().as_bytes();
    for (at, name) in ADYEN_SIGNED.iter().enumerate() {
        let value = json::field(item, name)?.unwrap_or_default();
        // Adyen does not escape colons. If two values could contain one, bytes could move from one
        // value to the other without changing the signed text.
        if *name != REFERENCE && value.contains(':') {
            return Err(ITEM);
        }
        if at > 0 {
            text.push(b':');
        }
        text.extend_from_slice(value.as_bytes());
    }
    Ok(())
}

/// The names and values of a message that Amazon SNS signs, each followed by a line feed.
pub(super) const AWS_SNS: Canonical = Canonical::new("aws_sns", aws_sns)
    .content_type(JSON)
    .signs(CONFIRMATION);

const NOTIFICATION: &[&str] = &[
    "Message",
    "MessageId",
    "Subject",
    "Timestamp",
    "TopicArn",
    "Type",
];

const CONFIRMATION: &[&str] = &[
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];

fn aws_sns(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const MESSAGE: Malformed = Malformed("a message of Amazon SNS");
    // The version selects the hash and is not signed. SNS's libraries reject other versions:
    // https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
    let version = json::field(body, "SignatureVersion")?;
    if !matches!(version.as_deref(), Some("1" | "2")) {
        return Err(MESSAGE);
    }
    let kind = json::field(body, "Type")?;
    let names = match kind.as_deref() {
        Some("Notification") => NOTIFICATION,
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => CONFIRMATION,
        _ => return Err(MESSAGE),
    };
    for name in names {
        let value = json::field(body, name)?;
        let value = match value {
            Some(value) => value,
            None if *name == "Subject" => continue,
            None => return Err(MESSAGE),
        };
        // A line feed in a value could stand for a name and its value.
        if *name != "Message" && value.contains('\n') {
            return Err(MESSAGE);
        }
        for part in [name, value.as_str()] {
            text.extend_from_slice(part.as_bytes());
            text.push(b'\n');
        }
    }
    Ok(())
}
