use crate::payload::{Canonical, Facts, JSON, Malformed, json};

/// The names and values of a notification that SNS signs, each followed by a line feed.
pub(super) const LINES: Canonical = Canonical {
    name: "aws_sns",
    covers_body: false,
    needs_url: false,
    content_type: Some(JSON),
    signs: CONFIRMATION,
    write,
};

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

fn write(_: &Facts<'_>, body: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const MESSAGE: Malformed = Malformed("a message of Amazon SNS");
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
