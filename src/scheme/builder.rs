use std::{borrow::Cow, sync::Arc, time::Duration};

use http::HeaderName;

use super::{
    Algorithm, Encoding, KeyForm, Layout, Part, Scheme, SchemeError, SchemeErrorKind, Spec,
    Template, Timestamp, TimestampPlace, TimestampUnit,
    template::{TemplateError, Tokens},
};

/// Five minutes, as Standard Webhooks, Slack and Stripe have it.
const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// Describes a [`Scheme`]; made by [`Scheme::builder`].
///
/// Only the signature header must be given. Without more, the signature is the hex HMAC-SHA256 of
/// the raw body under the secret's own bytes, and there is no timestamp.
#[derive(Clone, Debug)]
#[must_use = "nothing is described until `build` is called"]
pub struct SchemeBuilder {
    name: Arc<str>,
    algorithm: Algorithm,
    encoding: Encoding,
    key_form: KeyForm,
    signature_header: Option<Cow<'static, str>>,
    layout: Layout,
    timestamp_header: Option<Cow<'static, str>>,
    timestamp_key: Option<Cow<'static, str>>,
    timestamp_unit: TimestampUnit,
    id_header: Option<Cow<'static, str>>,
    message: Cow<'static, str>,
    may_be_ambiguous: bool,
    tolerance: Duration,
}

impl SchemeBuilder {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            algorithm: Algorithm::HmacSha256,
            encoding: Encoding::Hex,
            key_form: KeyForm::Text,
            signature_header: None,
            layout: Layout::plain(),
            timestamp_header: None,
            timestamp_key: None,
            timestamp_unit: TimestampUnit::Seconds,
            id_header: None,
            message: Cow::Borrowed("{body}"),
            may_be_ambiguous: false,
            tolerance: DEFAULT_TOLERANCE,
        }
    }

    /// How signatures are computed; HMAC-SHA256 unless set.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// How signatures are written; hex unless set.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// How a secret's text becomes key bytes; its own bytes unless set.
    pub fn key_form(mut self, form: KeyForm) -> Self {
        self.key_form = form;
        self
    }

    /// The header that carries the signature.
    pub fn signature_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.signature_header = Some(name.into());
        self
    }

    /// What stands before the signature in its header: short for [`Layout::prefixed`].
    pub fn signature_prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.layout(Layout::prefixed(prefix))
    }

    /// How signatures are laid out in their header; the value as it stands unless set.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The header that carries the timestamp.
    ///
    /// # Security
    ///
    /// It proves nothing unless the [message](Self::message) has `{timestamp}`.
    pub fn timestamp_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.timestamp_header = Some(name.into());
        self
    }

    /// The key under which the signature header's `key=value` list carries the timestamp.
    pub fn timestamp_key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.timestamp_key = Some(key.into());
        self
    }

    /// The unit and form of the timestamp; Unix seconds unless set.
    pub fn timestamp_unit(mut self, unit: TimestampUnit) -> Self {
        self.timestamp_unit = unit;
        self
    }

    /// The header that carries the delivery's id. It must be there if the message has `{id}`.
    pub fn id_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.id_header = Some(name.into());
        self
    }

    /// The signed text; `{body}` unless set.
    ///
    /// | token | stands for |
    /// | --- | --- |
    /// | `{body}` | the raw body, exactly once |
    /// | `{timestamp}` | the timestamp as it was sent |
    /// | `{id}` | the delivery's id as it was sent |
    /// | `{method}` | the request method as it was sent |
    /// | `{path}` | the path of the request's URI as the layer sees it, without the query |
    /// | `{url}` | the URL as the sender knows it, with the query; the provider needs a [`PublicUrl`](crate::PublicUrl) |
    /// | `{header:NAME}` | the value of a header as it was sent |
    /// | `{{`, `}}` | a brace |
    ///
    /// Everything else is itself.
    ///
    /// # Security
    ///
    /// No two requests may have the same signed text. So every part but the timestamp needs a
    /// literal beside it, on the side of the body, and a value that holds that literal is refused as
    /// ambiguous: do not end `{path}` with a dot; a line feed never occurs in any value. A timestamp
    /// needs none, because a number must not begin with a zero and the window says how many digits
    /// it has; with a tolerance of many years it no longer does.
    ///
    /// axum's `nest` takes its prefix off the path: mount the layer outside of it if `{path}` is signed.
    pub fn message(mut self, template: impl Into<Cow<'static, str>>) -> Self {
        self.message = template.into();
        self
    }

    /// Allows a message in which a part has no literal beside it, on the side of the body.
    ///
    /// # Security
    ///
    /// Only for a sender who cannot be changed. Whoever has one delivery can move bytes between
    /// that part and its neighbour, and the signature still holds.
    pub fn danger_allow_ambiguous_message(mut self) -> Self {
        self.may_be_ambiguous = true;
        self
    }

    /// How far a timestamp may be from now, either way; 300 s unless set. Exactly as far is fine.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Checks the description and makes the scheme.
    ///
    /// # Errors
    ///
    /// If a part is missing, cannot be read, or contradicts another; see [`SchemeErrorKind`].
    pub fn build(self) -> Result<Scheme, SchemeError> {
        let name = self.name.clone();
        self.spec()
            .map(|spec| Scheme(Arc::new(spec)))
            .map_err(|kind| SchemeError { scheme: name, kind })
    }

    fn spec(self) -> Result<Spec, SchemeErrorKind> {
        use SchemeErrorKind as E;

        let signature_header = header(self.signature_header.ok_or(E::NoSignatureHeader)?)?;
        self.layout.check()?;
        let place = match (self.timestamp_header, self.timestamp_key) {
            (Some(_), Some(_)) => return Err(E::TwoTimestampPlaces),
            (Some(name), None) => Some(TimestampPlace::Header(header(name)?)),
            (None, Some(_)) if !self.layout.is_list() => return Err(E::TimestampKeyWithoutList),
            (None, Some(key)) => {
                if !self.layout.can_have_key(&key) {
                    return Err(E::InvalidKey { key });
                }
                if self.layout.is_signature_key(&key) {
                    return Err(E::RepeatedKey { key });
                }
                Some(TimestampPlace::Key(key))
            }
            (None, None) => None,
        };
        let id_header = self.id_header.map(header).transpose()?;
        let tokens = Tokens {
            id_header: id_header.as_ref(),
            timestamp_header: match &place {
                Some(TimestampPlace::Header(name)) => Some(name),
                _ => None,
            },
            may_be_ambiguous: self.may_be_ambiguous,
        };
        let message = Template::parse(&self.message, tokens).map_err(|error| match error {
            TemplateError::Ambiguous(part) => E::AmbiguousMessage { part },
            TemplateError::Body => E::NotOneBody,
            TemplateError::Brace => E::UnmatchedBrace,
            TemplateError::HeaderName(name) => E::InvalidHeaderName { name },
            TemplateError::Id => E::NoId,
            TemplateError::Token(token) => E::UnknownToken { token },
        })?;
        if message.has(|part| *part == Part::Timestamp) && place.is_none() {
            return Err(E::NoTimestamp);
        }
        let reused = matches!(&place, Some(TimestampPlace::Header(name)) if *name == signature_header)
            || id_header.as_ref() == Some(&signature_header)
            || message.has(|part| matches!(part, Part::Header(name) if *name == signature_header));
        if reused {
            return Err(E::SignatureHeaderReused {
                header: signature_header,
            });
        }
        Ok(Spec {
            name: self.name,
            algorithm: self.algorithm,
            encoding: self.encoding,
            key_form: self.key_form,
            signature_header,
            layout: self.layout,
            timestamp: place.map(|place| Timestamp {
                place,
                unit: self.timestamp_unit,
            }),
            id_header,
            message,
            tolerance: self.tolerance,
        })
    }
}

fn header(name: Cow<'static, str>) -> Result<HeaderName, SchemeErrorKind> {
    name.parse()
        .map_err(|_| SchemeErrorKind::InvalidHeaderName {
            name: name.into_owned(),
        })
}
