//! Writing signatures as a sender does.

use super::signature::{Kind, SignatureFormat};

impl SignatureFormat {
    /// Whether several signatures go into one value.
    pub(crate) fn has_room(&self) -> bool {
        matches!(self.0, Kind::List { .. } | Kind::Values { .. })
    }

    /// Writes signatures, of which only a list takes more than one, and the timestamp with its key
    /// if that is in the same list. `name` is that of the key, where it is the sender's to
    /// choose.
    pub(crate) fn write(
        &self,
        signatures: &[Vec<u8>],
        name: &str,
        timestamp: Option<(&str, &str)>,
    ) -> Vec<u8> {
        let (mut item, mut start) = ("", String::new());
        let mut value = Vec::new();
        match &self.0 {
            Kind::Plain => {}
            Kind::Prefixed { prefix } => start.push_str(prefix),
            Kind::Jws { prefix, .. } => start.push_str(prefix),
            Kind::Credentials { prefix } => start = format!("{prefix}{name}:"),
            Kind::List { items, pair, key } => {
                let pair = char::from(*pair);
                // One that does not stand within an item too.
                item = items.trim_start_matches(pair);
                item = item.get(..1).unwrap_or_default();
                if let Some((key, text)) = timestamp {
                    value.extend_from_slice(format!("{key}{pair}{text}{item}").as_bytes());
                }
                let key = match &**key {
                    "*" => name.into(),
                    // Any number is as good.
                    key => key.replace('*', "1"),
                };
                start = format!("{key}{pair}");
            }
            Kind::Values { items, .. } => {
                item = items.get(..1).unwrap_or_default();
                if let Some((_, text)) = timestamp {
                    value.extend_from_slice(format!("{text}{item}").as_bytes());
                }
            }
        }
        for (at, signature) in signatures.iter().enumerate() {
            let item = if at == 0 { "" } else { item };
            for piece in [item.as_bytes(), start.as_bytes(), signature] {
                value.extend_from_slice(piece);
            }
        }
        value
    }
}
