//! The builder of a scheme.

use std::{borrow::Cow, ops::RangeInclusive, sync::Arc, time::Duration};

use super::{
    Algorithm, Encoding, Location, Scheme, SchemeError, SecretEncoding, SignatureFormat,
    TimestampFormat, border::IdForm, web_token::ClaimText,
};

/// Five minutes, as Standard Webhooks, Slack and Stripe have it.
pub(super) const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);

/// A builder for a [`Scheme`], created by [`Scheme::builder`].
///
/// Only the location of the signature is required. By default, the signature is the hex HMAC-SHA256
/// of the raw body under the secret's own bytes, and the scheme has no timestamp.
#[derive(Clone, Debug)]
#[must_use = "nothing is described until `build` is called"]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
pub struct SchemeBuilder {
    pub(super) name: Arc<str>,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: Option<Encoding>,
    pub(super) secret_encoding: SecretEncoding,
    pub(super) signatures: Vec<Where>,
    pub(super) header_repeats: bool,
    pub(super) format: Option<SignatureFormat>,
    pub(super) signature_prefix: Option<Cow<'static, str>>,
    pub(super) required_headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(super) alternative_headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub(super) timestamp: Option<Location>,
    pub(super) timestamp_header: Option<Cow<'static, str>>,
    pub(super) timestamp_key: Option<Cow<'static, str>>,
    pub(super) timestamp_format: Option<TimestampFormat>,
    pub(super) id: Option<Location>,
    pub(super) id_header: Option<Cow<'static, str>>,
    pub(super) id_form: Option<IdForm>,
    pub(super) event: Option<Location>,
    pub(super) event_header: Option<Cow<'static, str>>,
    pub(super) attempt_header: Option<Cow<'static, str>>,
    pub(super) message: Option<Cow<'static, str>>,
    pub(super) other_messages: Vec<Cow<'static, str>>,
    pub(super) optional_parts: Vec<Cow<'static, str>>,
    pub(super) items: Option<Arc<str>>,
    pub(super) multipart_field: Option<Arc<str>>,
    pub(super) claims: Vec<ClaimText>,
    pub(super) require_expiry: bool,
    pub(super) has_unique_message: bool,
    pub(super) remote_key: Option<super::RemoteKey>,
    pub(super) may_be_ambiguous: bool,
    pub(super) may_lack_body: bool,
    pub(super) tolerance: Option<Duration>,
}

/// A [`Location`] as given.
#[derive(Clone, Debug)]
pub(super) enum Where {
    Header(Cow<'static, str>),
    Found(Location),
}

impl Where {
    pub(super) fn is_header(&self) -> bool {
        matches!(self, Self::Header(_) | Self::Found(Location::Header(_)))
    }

    fn header(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Header(name.into())
    }
}

impl SchemeBuilder {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            algorithm: Algorithm::HmacSha256,
            encoding: None,
            secret_encoding: SecretEncoding::Text,
            signatures: Vec::new(),
            header_repeats: false,
            format: None,
            signature_prefix: None,
            required_headers: Vec::new(),
            alternative_headers: Vec::new(),
            timestamp: None,
            timestamp_header: None,
            timestamp_key: None,
            timestamp_format: None,
            id: None,
            id_header: None,
            id_form: None,
            event: None,
            event_header: None,
            attempt_header: None,
            message: None,
            other_messages: Vec::new(),
            optional_parts: Vec::new(),
            items: None,
            multipart_field: None,
            claims: Vec::new(),
            require_expiry: false,
            has_unique_message: false,
            remote_key: None,
            may_be_ambiguous: false,
            may_lack_body: false,
            tolerance: None,
        }
    }

    /// Sets the signature algorithm. Defaults to HMAC-SHA256.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets the encoding of signatures. Defaults to hex. Web tokens are always base64url, so
    /// [`build`](Self::build) returns an error for another encoding.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = Some(encoding);
        self
    }

    /// Sets how the key is derived from the text of a secret. Defaults to the bytes of the text.
    pub fn secret_encoding(mut self, form: SecretEncoding) -> Self {
        self.secret_encoding = form;
        self
    }

    /// Sets where the provider publishes its public keys, for `WebhookLayer::with_remote_keys`
    /// (feature `remote-keys`). [`build`](Self::build) returns an error if the algorithm has no
    /// public keys.
    pub fn remote_key(mut self, remote: super::RemoteKey) -> Self {
        self.remote_key = Some(remote);
        self
    }

    /// Adds a location of the signature. If there are several, each may contain signatures, and any
    /// of them may match. All have the same [format](Self::signature_format). A missing location is
    /// not an error unless all are missing.
    ///
    /// # Security
    ///
    /// URLs are written to logs, also by proxies, so prefer a header to [`Location::query`].
    pub fn signature(mut self, location: impl Into<Location>) -> Self {
        self.signatures.push(Where::Found(location.into()));
        self
    }

    /// Adds a header that contains the signature, as [`signature`](Self::signature) does.
    pub fn signature_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.signatures.push(Where::header(name));
        self
    }

    /// Accepts several signature headers with the same name. One matching signature is enough. By
    /// default, headers that differ are rejected.
    ///
    /// Some senders send one header per secret while they rotate secrets. More than 16 signatures
    /// are rejected.
    pub fn repeated_signature_header(mut self) -> Self {
        self.header_repeats = true;
        self
    }

    /// Sets the text before the signature in its header. Short for [`SignatureFormat::prefixed`].
    /// [`build`](Self::build) returns an error if a [format](Self::signature_format) is set too.
    pub fn signature_prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.signature_prefix = Some(prefix.into());
        self
    }

    /// Sets the format of the signatures in their header. Defaults to [`SignatureFormat::plain`].
    pub fn signature_format(mut self, format: SignatureFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the location of the timestamp. Defaults to none.
    ///
    /// # Security
    ///
    /// A timestamp proves nothing unless the [message](Self::message) contains `{timestamp}`, or
    /// the location is a claim.
    pub fn timestamp(mut self, location: impl Into<Location>) -> Self {
        self.timestamp = Some(location.into());
        self
    }

    /// Sets the header that contains the timestamp, as [`timestamp`](Self::timestamp) does.
    /// [`build`](Self::build) returns an error if both are set.
    pub fn timestamp_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.timestamp_header = Some(name.into());
        self
    }

    /// Sets the key of the timestamp in the `key=value` list of the signature header. Defaults to
    /// none.
    pub fn timestamp_key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.timestamp_key = Some(key.into());
        self
    }

    /// Sets the unit and the format of the timestamp. Defaults to Unix seconds.
    /// [`build`](Self::build) returns an error if the scheme has no timestamp.
    pub fn timestamp_format(mut self, unit: TimestampFormat) -> Self {
        self.timestamp_format = Some(unit);
        self
    }

    /// Sets the location of the delivery ID. Defaults to none. If the message contains `{id}`, a
    /// delivery without the ID is rejected.
    pub fn id(mut self, location: impl Into<Location>) -> Self {
        self.id = Some(location.into());
        self
    }

    /// Sets the header that contains the delivery ID, as [`id`](Self::id) does.
    /// [`build`](Self::build) returns an error if both are set.
    pub fn id_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.id_header = Some(name.into());
        self
    }

    /// Restricts delivery IDs to ASCII letters, digits and the characters in `others`, with a
    /// length in `lengths`, in bytes. Defaults to any ID.
    ///
    /// The layer rejects other IDs with 400. A message needs this restriction if no literal
    /// separates `{id}` from the next part on the side of the body. Otherwise a client that holds
    /// one delivery could move bytes between the two. The restriction must have one of these forms:
    ///
    /// - `lengths` contains a single length.
    /// - `others` does not contain `:`, and an RFC 3339 timestamp follows the ID.
    ///
    /// ```
    /// use tower_webhook::scheme::{Scheme, TimestampFormat};
    ///
    /// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
    /// let acme = Scheme::builder("acme")
    ///     .signature_header("x-acme-signature")
    ///     .id_header("x-acme-id")
    ///     .id_characters("-_", 1..=64)
    ///     .timestamp_header("x-acme-timestamp")
    ///     .timestamp_format(TimestampFormat::Rfc3339)
    ///     .message("{id}{timestamp}{body}")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn id_characters(
        mut self,
        others: impl Into<Cow<'static, str>>,
        lengths: RangeInclusive<usize>,
    ) -> Self {
        let others = others.into();
        self.id_form = Some(IdForm { others, lengths });
        self
    }

    /// Sets the location of the event type. Defaults to none.
    pub fn event(mut self, location: impl Into<Location>) -> Self {
        self.event = Some(location.into());
        self
    }

    /// Sets the header that contains the event type, as [`event`](Self::event) does.
    /// [`build`](Self::build) returns an error if both are set.
    pub fn event_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.event_header = Some(name.into());
        self
    }

    /// Sets the header that contains the number of the delivery attempt. Defaults to none.
    pub fn attempt_header(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.attempt_header = Some(name.into());
        self
    }

    /// Requires a header with exactly this value, such as the version of the scheme or the name of
    /// its algorithm. Requests with another value are rejected.
    pub fn require_header(
        mut self,
        header: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.required_headers.push((header.into(), value.into()));
        self
    }

    /// Adds a second name of a header that contains the signature, the timestamp, the ID, the event
    /// type or the attempt, or that the message contains. Some customers of Svix send `webhook-id`
    /// instead of `svix-id`, for example. By default, a header has one name.
    ///
    /// The alternative names are one set. The layer reads them if a request has all of them and
    /// lacks one of the headers that they stand for. [`Signer`](crate::sign::Signer) writes the
    /// first names.
    ///
    /// [`build`](Self::build) returns an error if the scheme does not use the first header, or if a
    /// name occurs twice.
    pub fn alternative_header(
        mut self,
        header: impl Into<Cow<'static, str>>,
        other: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.alternative_headers.push((header.into(), other.into()));
        self
    }

    /// Sets the template of the signed text. Defaults to `{body}`.
    ///
    /// | token | stands for |
    /// | --- | --- |
    /// | `{body}` | the raw body, exactly once; some tokens stand in for it |
    /// | `{timestamp}` | the timestamp as it was sent |
    /// | `{id}` | the delivery's id as it was sent |
    /// | `{method}` | the request method as it was sent |
    /// | `{path}` | the path of the request's URI as the layer sees it, without the query |
    /// | `{target}` | the path with the query |
    /// | `{url}` | the URL as the sender knows it, with the query; the provider needs a [`PublicUrl`](crate::PublicUrl) |
    /// | `{sha256}`, `{sha256_base64}`, `{sha256_base64url}` | the SHA-256 of the body, in hex, base64, or URL-safe base64 |
    /// | `{sha256_raw}` | the SHA-256 of the body, as 32 bytes |
    /// | `{url_sha256}` | the SHA-256 of the URL, in hex |
    /// | `{setting:NAME}` | the [setting](crate::providers::Provider::with_setting) with this name |
    /// | `{header:NAME}` | the value of a header as it was sent |
    /// | `{query:NAME}` | a parameter of the query, decoded |
    /// | `{form:NAME}` | a field of the form that is the body, decoded |
    /// | `{sorted_form}` | all fields of that form, decoded and sorted, names and values with nothing between |
    /// | `{json:PATH}` | a member of the JSON that is the body: what a string says, how a number is written |
    /// | `{canonical:NAME}` | what a preset of that name needs |
    /// | `{{`, `}}` | a brace |
    ///
    /// All other text is literal.
    ///
    /// # Security
    ///
    /// No two requests may have the same signed text. Every part therefore needs a literal next to
    /// it, on the side of the body. A value that contains this literal is rejected as ambiguous.
    /// A line feed is safe, because no value contains one.
    ///
    /// Other literals can make requests impossible to sign. `{timestamp}.{path}.{body}` does not
    /// determine whether a dot is part of the path, so a request whose path contains a dot can
    /// never be signed: the layer answers 400, and [`Signer`](crate::sign::Signer) returns an
    /// error.
    ///
    /// Two parts need no literal:
    ///
    /// - A Unix time or an RFC 3339 time. The tolerance determines the number of digits of a Unix
    ///   time, unless the tolerance is many years.
    /// - A delivery ID whose [form](Self::id_characters) determines where it ends.
    ///
    /// axum's `nest` takes its prefix off the path: mount the layer outside of it if `{path}` is
    /// signed.
    pub fn message(mut self, template: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(template.into());
        self
    }

    /// Adds another template of the signed text, for senders that sign in one of several ways.
    ///
    /// For each template and each key, a forged delivery costs one more MAC of its body.
    ///
    /// # Security
    ///
    /// Two requests must not have the same text under different templates, so the templates must
    /// differ in a literal. The builder does not check this. For example, with `{timestamp}.{body}`
    /// and `{body}`, an old body that begins with a number and a dot passes with that number as its
    /// timestamp.
    pub fn alternative_message(mut self, template: impl Into<Cow<'static, str>>) -> Self {
        self.other_messages.push(template.into());
        self
    }

    /// Declares a part of the message that senders leave out if its value is absent or empty: a
    /// literal, a `{header:NAME}`, `{query:NAME}`, `{form:NAME}`, `{json:PATH}` or `{id}`, and a
    /// literal. The part must occur once in a message. By default, a delivery without a value that
    /// the message contains is rejected.
    ///
    /// ```
    /// use tower_webhook::scheme::Scheme;
    ///
    /// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
    /// // Without the query parameter, the signed text is `ts:1768478400;` and the body.
    /// let acme = Scheme::builder("acme")
    ///     .signature_header("x-acme-signature")
    ///     .timestamp_header("x-acme-time")
    ///     .message("id:{query:id};ts:{timestamp};{body}")
    ///     .optional_part("id:{query:id};")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// A request has only one text: with the part if the value is there, and without it otherwise.
    /// So an attacker cannot add a value to a delivery that was signed without it.
    /// [`build`](Self::build) returns an error if the text does not show whether the part is there:
    /// the part must follow a literal or begin the message, a literal that differs must follow, and
    /// the body must come later.
    pub fn optional_part(mut self, part: impl Into<Cow<'static, str>>) -> Self {
        self.optional_parts.push(part.into());
        self
    }

    /// Allows a message without the body, for senders that do not sign it. [`build`](Self::build)
    /// returns an error if every message contains the body, and for a token, which never signs it.
    ///
    /// # Security
    ///
    /// A client that holds one delivery can send any body with its signature.
    pub fn danger_leave_body_unsigned(mut self) -> Self {
        self.may_lack_body = true;
        self
    }

    /// Allows a message in which a part has no literal next to it, on the side of the body.
    /// [`build`](Self::build) returns an error if no message has such a part.
    ///
    /// # Security
    ///
    /// Only for a provider that cannot be changed. A client that holds one delivery can move bytes
    /// between that part and its neighbour, and the signature still matches. If the delivery ID or
    /// the timestamp would be ambiguous, the builder returns an error nevertheless.
    pub fn danger_allow_ambiguous_message(mut self) -> Self {
        self.may_be_ambiguous = true;
        self
    }

    /// Declares that the signed text differs between deliveries although it does not cover the
    /// whole body. [`DedupeLayer`](crate::DedupeLayer) then uses the text as the deduplication
    /// key.
    ///
    /// [`build`](Self::build) returns an error if the text covers the body or contains the delivery
    /// ID, which already make it unique. It also returns an error if the algorithm is
    /// [`Algorithm::Token`], which signs nothing, and if each item of a
    /// [list](Self::signed_items) is signed, because a delivery then has several texts.
    ///
    /// # Security
    ///
    /// `DedupeLayer` answers the second of two deliveries with the same text, and never forwards
    /// it. A text that contains only a timestamp is not unique.
    pub fn message_is_unique(mut self) -> Self {
        self.has_unique_message = true;
        self
    }

    /// Sets the maximum difference between a timestamp and the current time, in both directions,
    /// inclusive. Defaults to 300 s. In a scheme with a web token it is also the leeway of `exp`
    /// and `nbf`. [`build`](Self::build) returns an error if the scheme has neither.
    #[doc(alias = "replay")]
    #[doc(alias = "max_age")]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Checks the settings and creates the scheme.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is missing, malformed, or contradicts another setting; see
    /// [`SchemeErrorKind`](super::SchemeErrorKind).
    pub fn build(self) -> Result<Scheme, SchemeError> {
        let name = self.name.clone();
        self.spec()
            .map(|spec| Scheme(Arc::new(spec)))
            .map_err(|kind| SchemeError { scheme: name, kind })
    }
}
