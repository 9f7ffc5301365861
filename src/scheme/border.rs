//! The borders between the parts of a signed text. Without them, two requests could have the same
//! text.

use std::{borrow::Cow, ops::RangeInclusive};

use super::{
    TimestampFormat,
    template::{Affixes, Element, Parsed, Part, TemplateError, Tokens},
};

/// A condition on the value of a part, which keeps the signed text unambiguous.
#[derive(Clone, Debug)]
pub(crate) enum Border {
    /// The literal after a value that stands before the body. The value must not contain it.
    After(Box<[u8]>),
    /// The literal before a value that stands after the body. The value must not contain it.
    Before(Box<[u8]>),
    /// The form that a delivery ID without a literal next to it must have.
    Form(IdForm),
}

/// The form of delivery IDs: ASCII letters, digits and some other characters, of bounded length.
#[derive(Clone, Debug)]
pub(crate) struct IdForm {
    pub(super) others: Cow<'static, str>,
    pub(super) lengths: RangeInclusive<usize>,
}

impl IdForm {
    fn matches(&self, value: &[u8]) -> bool {
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
    /// Whether this value makes the signed text ambiguous: bytes could move between the value and
    /// the part next to it.
    pub(crate) fn is_ambiguous(&self, value: &[u8]) -> bool {
        match self {
            Self::After(literal) => (0..value.len()).any(|at| {
                let tail = value.get(at..).unwrap_or_default();
                // Fast path: most bytes do not start the literal.
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
            Self::Form(form) => !form.matches(value),
        }
    }
}

/// Finds the border of each part on the side of the body.
///
/// The parts are checked from both ends of the text towards the body. If a part has no border, the
/// start of the next one is unknown, so the next one cannot be a delivery ID or a timestamp.
pub(super) fn elements(
    parsed: Vec<Parsed>,
    tokens: Tokens<'_>,
) -> Result<Vec<Element>, TemplateError> {
    let (parts, optional): (Vec<Part>, Vec<Option<Affixes>>) = parsed.into_iter().unzip();
    // The part that needs no border: the body or, without one, the last part.
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
    check_optional(&parts, &optional, pivot)?;
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
            let border = match optional.get(at).and_then(Option::as_ref) {
                Some(affixes) => Some(Some(Border::After(affixes.after.clone()))),
                None => border(part, inner, at > pivot, tokens),
            };
            let is_determined = !is_hidden && border.is_some();
            if tokens.is_id_or_timestamp(part) && !is_determined {
                return Err(TemplateError::Undetermined(part.name()));
            }
            if border.is_none() && !tokens.may_be_ambiguous {
                return Err(TemplateError::Ambiguous(part.name()));
            }
            is_hidden |= border.is_none();
            if let (Some(border), Some(slot)) = (border.flatten(), borders.get_mut(at)) {
                *slot = Some(border);
            }
        }
        hides_pivot |= is_hidden;
    }
    if let Some(part) = parts.get(pivot).filter(|_| hides_pivot) {
        if tokens.is_id_or_timestamp(part) {
            return Err(TemplateError::Undetermined(part.name()));
        }
    }
    let elements = parts.into_iter().zip(borders).zip(optional);
    Ok(elements
        .map(|((part, border), optional)| Element {
            part,
            border,
            optional,
        })
        .collect())
}

/// Rejects an optional part if two requests, one with the part and one without, could have the same
/// text. The text after the previous literal must show whether the part is there, so the literals
/// that can follow there must not begin with one another.
fn check_optional(
    parts: &[Part],
    optional: &[Option<Affixes>],
    pivot: usize,
) -> Result<(), TemplateError> {
    let literal = |at: usize| match (parts.get(at), optional.get(at)) {
        (Some(_), Some(Some(affixes))) => Some(&affixes.before),
        (Some(Part::Literal(literal)), _) => Some(literal),
        _ => None,
    };
    let is_optional = |at: usize| optional.get(at).is_some_and(Option::is_some);
    for (at, part) in parts.iter().enumerate().filter(|(at, _)| is_optional(*at)) {
        let ambiguous = || TemplateError::Ambiguous(part.name());
        let has_start = at.checked_sub(1).is_none_or(|at| literal(at).is_some());
        let own = literal(at).filter(|_| has_start && at < pivot);
        let own = own.ok_or_else(ambiguous)?;
        for next in at + 1.. {
            let next_literal = literal(next).ok_or_else(ambiguous)?;
            if next_literal.starts_with(own) || own.starts_with(next_literal) {
                return Err(ambiguous());
            }
            if !is_optional(next) {
                break;
            }
        }
    }
    Ok(())
}

/// The border between a part and its neighbour on the side of the body: `None` if there is none,
/// and `Some(None)` if no condition on the value is needed.
#[expect(clippy::option_option, reason = "both levels are documented")]
fn border(part: &Part, inner: &Part, is_after: bool, tokens: Tokens<'_>) -> Option<Option<Border>> {
    let literal = match inner {
        // Every path and URL contains a slash, so a slash cannot be a border.
        Part::Literal(literal) if **literal == *b"/" && part.is_url() => None,
        Part::Literal(literal) => Some(literal),
        _ => None,
    };
    match (part, literal) {
        // The operator chooses literals and settings, so a sender cannot move their ends.
        (Part::Literal(_) | Part::Setting(_), _) => Some(None),
        _ if tokens.is_timestamp(part) => {
            ends_itself(tokens.unit, is_after, literal.map(|literal| &**literal)).then_some(None)
        }
        (_, Some(literal)) if is_after => Some(Some(Border::Before(literal.clone()))),
        (_, Some(literal)) => Some(Some(Border::After(literal.clone()))),
        // The secret is hashed between the part and the body, and separates them.
        _ if tokens.has_secret_before_body && !is_after && *inner == Part::Body => Some(None),
        _ => {
            let form = tokens.id_form.filter(|_| tokens.is_id(part))?;
            // An ID without a colon ends 13 bytes before the first colon of the date and time.
            let ends_at_colon = !is_after
                && tokens.is_timestamp(inner)
                && matches!(
                    tokens.unit,
                    TimestampFormat::Rfc3339 | TimestampFormat::DateTime
                )
                && !form.others.contains(':');
            let is_bounded = form.has_one_length() || ends_at_colon;
            is_bounded.then(|| Some(Border::Form(form.clone())))
        }
    }
}

/// Whether a timestamp shows by its form where it ends. The tolerance determines the number of
/// digits of a Unix time, and an RFC 3339 time ends with its offset. A date and time without an
/// offset continues with any digits that follow.
fn ends_itself(unit: TimestampFormat, is_after: bool, literal: Option<&[u8]>) -> bool {
    let continues = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    unit != TimestampFormat::DateTime
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

    /// Whether the part must have a border, because deduplication or freshness depends on it.
    fn is_id_or_timestamp(&self, part: &Part) -> bool {
        self.is_id(part) || self.is_timestamp(part)
    }
}
