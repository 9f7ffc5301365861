//! What says where each part of a signed text ends, so that no two requests have the same text.

use std::{borrow::Cow, ops::RangeInclusive};

use super::{
    TimestampUnit,
    template::{Element, Part, TemplateError, Tokens},
};
/// What a value must not hold, or must be, so that the signed text can be cut in one way only.
#[derive(Clone, Debug)]
pub(crate) enum Border {
    /// The literal after the value, before the body.
    After(Box<[u8]>),
    /// The literal before the value, after the body.
    Before(Box<[u8]>),
    /// The form of a delivery ID without a literal beside it.
    Form(IdForm),
}

/// The form of delivery IDs: ASCII letters, digits and some other characters, of bounded length.
#[derive(Clone, Debug)]
pub(crate) struct IdForm {
    pub(super) others: Cow<'static, str>,
    pub(super) lengths: RangeInclusive<usize>,
}

impl IdForm {
    fn fits(&self, value: &[u8]) -> bool {
        let others = self.others.as_bytes();
        self.lengths.contains(&value.len())
            && value
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || others.contains(byte))
    }

    fn has_one_length(&self) -> bool {
        self.lengths.start() == self.lengths.end()
    }
}

impl Border {
    /// Whether the value could take bytes from its neighbour, or give some to it.
    pub(crate) fn blurs(&self, value: &[u8]) -> bool {
        match self {
            Self::After(literal) => (0..value.len()).any(|at| {
                let tail = value.get(at..).unwrap_or_default();
                // Most of them are no part of it.
                if tail.first() != literal.first() {
                    return false;
                }
                let rest = literal.strip_prefix(tail);
                tail.starts_with(literal) || rest.is_some_and(|rest| literal.starts_with(rest))
            }),
            Self::Before(literal) => (1..=value.len()).any(|to| {
                let head = value.get(..to).unwrap_or_default();
                if head.last() != literal.last() {
                    return false;
                }
                let rest = literal.strip_suffix(head);
                head.ends_with(literal) || rest.is_some_and(|rest| literal.ends_with(rest))
            }),
            Self::Form(form) => !form.fits(value),
        }
    }
}

/// Finds what says where each part ends (before the body) or begins (after it).
///
/// Parts are taken from the ends of the text towards the body. A part that may be ambiguous hides
/// where the next one begins, so no delivery ID and no timestamp may follow it.
pub(super) fn elements(
    parts: Vec<Part>,
    tokens: Tokens<'_>,
) -> Result<Vec<Element>, TemplateError> {
    // Without the body, the last part ends where the text does.
    let pivot = parts
        .iter()
        .position(Part::covers_body)
        .or_else(|| parts.iter().rposition(|part| !part.is_literal()))
        .unwrap_or_default();
    if tokens.has_secret_before_body {
        let mut before = parts.iter().take(pivot);
        if let Some(part) = before.find(|part| matches!(part, Part::Derived(_))) {
            return Err(TemplateError::NotBeforeBody(part.name()));
        }
    }
    let mut borders = vec![None; parts.len()];
    let before = (0..pivot).map(|at| (at, at + 1));
    let after = (pivot + 1..parts.len()).rev().map(|at| (at, at - 1));
    let sides: [Box<dyn Iterator<Item = (usize, usize)>>; 2] = [Box::new(before), Box::new(after)];
    let mut hides_pivot = false;
    for side in sides {
        let mut is_hidden = false;
        for (at, inner) in side {
            let (Some(part), Some(inner)) = (parts.get(at), parts.get(inner)) else {
                continue;
            };
            let border = border(part, inner, at > pivot, tokens);
            let is_determined = !is_hidden && border.is_some();
            if tokens.must_be_determined(part) && !is_determined {
                return Err(TemplateError::Undetermined(part.name()));
            }
            if border.is_none() && !tokens.may_be_ambiguous {
                return Err(TemplateError::Ambiguous(part.name()));
            }
            is_hidden |= border.is_none();
            if let (Some(border), Some(place)) = (border.flatten(), borders.get_mut(at)) {
                *place = Some(border);
            }
        }
        hides_pivot |= is_hidden;
    }
    if let Some(part) = parts.get(pivot).filter(|_| hides_pivot) {
        if tokens.must_be_determined(part) {
            return Err(TemplateError::Undetermined(part.name()));
        }
    }
    let elements = parts.into_iter().zip(borders);
    Ok(elements
        .map(|(part, border)| Element { part, border })
        .collect())
}

/// What says where a part ends towards its inner neighbour: `None` if nothing does, `Some(None)` if
/// the part itself does.
#[expect(clippy::option_option, reason = "private, and both are explained")]
fn border(part: &Part, inner: &Part, is_after: bool, tokens: Tokens<'_>) -> Option<Option<Border>> {
    let literal = match inner {
        // A path and a URL hold a slash whatever they are.
        Part::Literal(literal) if **literal == *b"/" && part.is_url() => None,
        Part::Literal(literal) => Some(literal),
        _ => None,
    };
    match (part, literal) {
        // A setting is the operator's to choose, and not the sender's.
        (Part::Literal(_) | Part::Setting(_), _) => Some(None),
        _ if tokens.is_timestamp(part) => {
            ends_itself(tokens.unit, is_after, literal.map(|literal| &**literal)).then_some(None)
        }
        (_, Some(literal)) if is_after => Some(Some(Border::Before(literal.clone()))),
        (_, Some(literal)) => Some(Some(Border::After(literal.clone()))),
        // The secret is hashed between the two, and no sender can move it.
        _ if tokens.has_secret_before_body && !is_after && *inner == Part::Body => Some(None),
        _ => {
            let form = tokens.id_form.filter(|_| tokens.is_id(part))?;
            // A colon comes at one place of a date and time, and not in the ID before it.
            let ends_at_colon = !is_after
                && tokens.is_timestamp(inner)
                && matches!(
                    tokens.unit,
                    TimestampUnit::Rfc3339 | TimestampUnit::DateTime
                )
                && !form.others.contains(':');
            let is_bounded = form.has_one_length() || ends_at_colon;
            is_bounded.then(|| Some(Border::Form(form.clone())))
        }
    }
}

/// Whether the form of a timestamp says where it ends. A number has as many digits as the tolerance
/// allows, and RFC 3339 ends with an offset. Without one, more digits can follow.
fn ends_itself(unit: TimestampUnit, is_after: bool, literal: Option<&[u8]>) -> bool {
    let continues = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    unit != TimestampUnit::DateTime
        || is_after
        || literal.is_some_and(|literal| !literal.first().is_none_or(continues))
}

impl Tokens<'_> {
    pub(super) fn is_id(&self, part: &Part) -> bool {
        self.id.is_some_and(|id| part.is_at(id))
    }

    fn is_timestamp(&self, part: &Part) -> bool {
        *part == Part::Timestamp
            || self
                .timestamp
                .is_some_and(|timestamp| part.is_at(timestamp))
    }

    /// Whether deliveries are told apart, or found to be recent, by this part.
    fn must_be_determined(&self, part: &Part) -> bool {
        self.is_id(part) || self.is_timestamp(part)
    }
}
