//! Other requests with the same signed text: the text is cut into the parts of its template again,
//! at other places.

use crate::{
    input::Input,
    message::Message,
    parts::{Token, timestamp_ends},
    rig::{Rig, SETTING},
};

/// Splits the signed text of `message` at positions that the input selects, and makes a request of
/// the parts.
///
/// Returns `None` if a part is not sent as it is signed, or if the text cannot be split there.
#[must_use]
pub fn recut(
    message: &Message,
    rig: &Rig,
    tokens: &[Token],
    input: &mut Input<'_>,
) -> Option<Message> {
    let scheme = &rig.scheme;
    let tokens = tokens
        .iter()
        .flat_map(|token| expanded(token, rig))
        .collect::<Vec<_>>();
    let values: Option<Vec<_>> = tokens.iter().map(|it| it.value(message, scheme)).collect();
    let text = values?.concat();
    let mut rest = &text[..];
    let mut changed = message.clone();
    for (at, token) in tokens.iter().enumerate() {
        let len = match (token, tokens.get(at + 1)) {
            (Token::Literal(literal), _) => rest.starts_with(literal).then_some(literal.len())?,
            (_, None) => rest.len(),
            (Token::Timestamp, _) => {
                choose(&timestamp_ends(rest, scheme.timestamp_format()), input)?
            }
            (_, Some(Token::Literal(literal))) => {
                let windows = rest.windows(literal.len()).enumerate();
                let ends = windows
                    .filter(|(_, window)| window == literal)
                    .map(|(at, _)| at);
                choose(&ends.collect::<Vec<_>>(), input)?
            }
            (_, Some(Token::Timestamp)) => {
                let ends = |at: usize| timestamp_ends(&rest[at..], scheme.timestamp_format());
                let is_start = |at: &usize| !ends(*at).is_empty();
                let starts = (0..rest.len()).filter(is_start).collect::<Vec<_>>();
                choose(&starts, input)?
            }
            _ => input.position(rest.len()),
        };
        let (value, behind) = rest.split_at(len);
        token.write(&mut changed, scheme, value)?;
        rest = behind;
    }
    rest.is_empty().then_some(changed)
}

fn choose(ends: &[usize], input: &mut Input<'_>) -> Option<usize> {
    ends.get(input.pick(ends.len())).copied()
}

/// Replaces the parts of a token that no sender can change by literals.
fn expanded(token: &Token, rig: &Rig) -> Vec<Token> {
    match token.name() {
        "url" => vec![Token::Literal(rig.base.clone().into_bytes()), token.clone()],
        name if name.starts_with("setting:") => vec![Token::Literal(SETTING.into())],
        _ => vec![token.clone()],
    }
}
