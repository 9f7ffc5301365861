use crate::payload::{Canonical, Facts, JSON, Malformed, json};

/// What Adyen signs of a payment's notification item, with colons between.
pub(super) const ITEM: Canonical = Canonical {
    name: "adyen_item",
    covers_body: false,
    needs_url: false,
    content_type: Some(JSON),
    signs: &[],
    write,
};

const ITEM_NAME: &str = "NotificationRequestItem";

/// The only one that a merchant makes up.
const REFERENCE: &str = "merchantReference";

const SIGNED: &[&str] = &[
    "pspReference",
    "originalReference",
    "merchantAccountCode",
    REFERENCE,
    "amount.value",
    "amount.currency",
    "eventCode",
    "success",
];

fn write(_: &Facts<'_>, item: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    const ITEM: Malformed = Malformed("a notification item of Adyen");
    let item = json::raw(item, ITEM_NAME)?.ok_or(ITEM)?.get().as_bytes();
    for (at, name) in SIGNED.iter().enumerate() {
        let value = json::field(item, name)?.unwrap_or_default();
        // Nothing is escaped: with a colon in two of them, bytes could move from one to another.
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
