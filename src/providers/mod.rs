//! Types for providers, and one function for each provider that the crate knows.
//!
//! Call the function of your provider, and pass the result to
//! [`WebhookLayer::new`](crate::WebhookLayer::new). The page of each function shows how the
//! provider signs, where its secret is found, and which evidence the scheme rests on. [`all`] lists
//! the functions, [`by_name`] finds one, and `docs/PROVIDERS.md` in the repository has a table of
//! them.
//!
//! Providers that sign with a public key need one of the features `ecdsa`, `ed25519`, `rsa` and
//! `remote-keys`. The page of such a provider has the row "Feature".
//!
//! For a provider without a function, describe the scheme with [`Scheme::builder`]. If you send
//! webhooks yourself, use [`standard_webhooks`]: it signs the ID, the timestamp and the body,
//! supports several signatures while a secret is being changed, and has libraries in many
//! languages.
//!
//! ```
//! use tower_webhook::{Secret, Verifier, providers};
//!
//! # fn main() -> Result<(), tower_webhook::SetupError> {
//! let name = "paystack"; // from a configuration
//! if let Some(provider) = providers::by_name(name) {
//!     let verifier = Verifier::new(provider, Secret::new("sk_test_4f6e6a")?)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! A signature authenticates what the provider signs, and nothing else. The row "Not signed" lists
//! the rest. Most providers do not sign headers, so an attacker who holds a delivery can change a
//! delivery ID or an event type in a header. A provider with a token signs nothing.

mod business;
mod cloud;
mod code_hosting;
mod commerce;
mod content;
mod developer_tools;
mod email_and_voice;
mod handshakes;
mod identity;
mod messaging;
mod payments;
mod registry;
mod standard;
mod tokens;
mod web_tokens;

/// The imports of the files with presets. The features determine which of them are used.
#[allow(unused_imports, reason = "some presets are behind features")]
mod prelude {
    pub(super) use std::time::Duration;

    pub(super) use http::{Method, StatusCode};

    pub(super) use super::{Preset, Provider, handshakes};

    // Methods of providers whose customers configure the method.
    #[allow(dead_code, reason = "some presets are behind features")]
    pub(super) const GET_OR_POST: [Method; 2] = [Method::GET, Method::POST];
    pub(super) const POST_OR_PUT: [Method; 2] = [Method::POST, Method::PUT];
    pub(super) const ANY_METHOD: [Method; 5] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];

    pub(super) use crate::scheme::{PublicKeyForm, RemoteKey};
    pub(super) use crate::{
        rejection::RejectionClass,
        scheme::{
            Algorithm, Encoding, Location, Scheme, SchemeBuilder, SecretEncoding, SignatureFormat,
            TimestampFormat,
        },
    };
}

use std::{fmt, sync::Arc};

use http::{HeaderName, Method, StatusCode};

// Explicit names, because rustc names the feature of an item that is configured out only if the
// item is not re-exported by a glob.
#[cfg(feature = "ed25519")]
pub use self::{
    business::highlevel,
    email_and_voice::telnyx,
    messaging::discord,
    standard::{standard_webhooks_v1a, svix_v1a},
};
pub use self::{
    business::{
        airtable, asana, attio, cal_com, calendly, checkr, clickup, customerio, docusign,
        hubspot_v1, hubspot_v2, hubspot_v3, intercom, jira, jobber, linear, mautic, notion,
        onfleet, retell, segment, terra, trello, typeform, xero, zendesk,
    },
    cloud::{
        azure_event_grid, cloudflare_notifications, cloudflare_stream, google_pubsub,
        microsoft_graph,
    },
    code_hosting::{
        azure_devops, bitbucket, bitbucket_server, docker_hub, forgejo, forgejo_form, ghcr, gitea,
        gitea_form, github, github_sha1, gitlab, gogs, gogs_form, npm,
    },
    commerce::{shopify, shopify_events, shopware, woocommerce},
    content::{
        box_com, cloudinary, cloudinary_sha256, contentful, dropbox, dropbox_sign, elevenlabs,
        figma, ghost, ghost_old, kontent_ai, mux, sanity, storyblok, webflow,
    },
    developer_tools::{
        buildkite, buildkite_token, circleci, convoy, convoy_base64, convoy_sha512,
        convoy_sha512_base64, convoy_simple, convoy_simple_base64, convoy_simple_sha512,
        convoy_simple_sha512_base64, cursor, grafana, grafana_timed, heroku, hookdeck,
        launchdarkly, nango, pagerduty, sentry, vercel,
    },
    email_and_voice::{
        bird, mailgun, mandrill, messagebird_legacy, plivo, plivo_v2, postmark,
        sendgrid_inbound_parse, sinch_conversation, sinch_numbers, sinch_voice, twilio,
        twilio_sharedkey, vonage_sms, vonage_sms_hmac_md5, vonage_sms_hmac_sha1,
        vonage_sms_hmac_sha256, vonage_sms_hmac_sha512,
    },
    identity::{auth0, okta, onfido, persona, sumsub, sumsub_sha1, sumsub_sha512, workos},
    messaging::{
        crisp, lark, line, meta, meta_sha1, microsoft_teams, pusher, slack, stream_chat, telegram,
        tiktok, twitch, viber, x, zoom,
    },
    payments::{
        adyen_payments, adyen_platform, airwallex, braintree, cashfree, chargebee, checkout_com,
        checkout_com_token, coinbase_commerce, easypost, flutterwave, flutterwave_v3, gocardless,
        klarna, lemon_squeezy, mercadopago, modern_treasury, mollie, orb, paddle, paystack,
        razorpay, recurly, revenuecat, revenuecat_token, revolut, square, stripe,
    },
    registry::{Preset, Requirements},
    standard::{
        anthropic, bigcommerce, clerk, dodopayments, finch, generic, gitlab_signing_token,
        imagekit, lithic, liveblocks, openai, polar, replicate, resend, standard_webhooks,
        supabase, svix,
    },
    tokens::{basic_auth, braze, datadog, jotform, opsgenie, rudderstack, token},
    web_tokens::{
        atlassian_connect, livekit, messagebird, messagebird_hs384, messagebird_hs512, monday,
        netlify, qstash, vonage,
    },
};
#[cfg(feature = "rsa")]
pub use self::{
    cloud::{aws_sns, aws_sns_sha1},
    email_and_voice::travis,
    payments::{paddle_classic, paypal, wise},
    web_tokens::google_pubsub_jwt,
};
#[cfg(feature = "ecdsa")]
pub use self::{
    email_and_voice::sendgrid,
    web_tokens::{plaid, truelayer},
};
use crate::{
    handshake::Handshake,
    public_url::PublicUrl,
    rejection::{RejectionClass, Statuses},
    scheme::{Algorithm, Location, Scheme, SchemeBuilder},
};

/// The reason why a status of `InvalidTimestamp` or `Expired` has no effect.
pub(crate) const CLASS_WITHOUT_TIMESTAMP: &str = "the scheme has neither a timestamp nor a web \
    token, so no rejection has the class `InvalidTimestamp` or `Expired`; the other classes occur \
    with every scheme";

#[cfg(feature = "rsa")]
const RSA: &[Preset] = &[
    Preset::new("aws-sns", "Amazon SNS", aws_sns).with_aliases(&["amazon-sns"]),
    Preset::new("aws-sns-sha1", "Amazon SNS (version 1)", aws_sns_sha1),
    Preset::new(
        "google-pubsub-jwt",
        "Google Cloud Pub/Sub (token)",
        google_pubsub_jwt,
    ),
    Preset::new("paddle-classic", "Paddle Classic", paddle_classic),
    Preset::new("paypal", "PayPal", paypal),
    Preset::new("travis", "Travis CI", travis),
    Preset::new("wise", "Wise", wise).with_aliases(&["transferwise"]),
];

#[cfg(feature = "ecdsa")]
const ECDSA: &[Preset] = &[
    Preset::new("plaid", "Plaid", plaid),
    Preset::new("sendgrid", "SendGrid", sendgrid),
    Preset::new("truelayer", "TrueLayer", truelayer),
];

#[cfg(feature = "ed25519")]
const ED25519: &[Preset] = &[
    Preset::new("discord", "Discord", discord),
    Preset::new("highlevel", "HighLevel", highlevel),
    Preset::new(
        "standard-webhooks-v1a",
        "Standard Webhooks (v1a)",
        standard_webhooks_v1a,
    ),
    Preset::new("svix-v1a", "Svix (v1a)", svix_v1a),
    Preset::new("telnyx", "Telnyx", telnyx),
];

/// Returns the presets of all enabled features.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    [
        business::PRESETS,
        cloud::PRESETS,
        code_hosting::PRESETS,
        commerce::PRESETS,
        content::PRESETS,
        developer_tools::PRESETS,
        email_and_voice::PRESETS,
        identity::PRESETS,
        messaging::PRESETS,
        payments::PRESETS,
        standard::PRESETS,
        tokens::PRESETS,
        web_tokens::PRESETS,
        #[cfg(feature = "rsa")]
        RSA,
        #[cfg(feature = "ecdsa")]
        ECDSA,
        #[cfg(feature = "ed25519")]
        ED25519,
    ]
    .into_iter()
    .flatten()
}

/// Returns the provider with this name, such as `standard-webhooks`, or with this
/// [alias](Preset::aliases), such as `whatsapp`.
///
/// An underscore is equivalent to a hyphen. Returns `None` if no preset of an enabled feature has
/// the name or the alias.
#[must_use]
pub fn by_name(name: &str) -> Option<Provider> {
    let name = name.replace('_', "-");
    let named = all().find(|preset| preset.name() == name);
    let preset = named.or_else(|| all().find(|preset| preset.aliases().contains(&&*name)))?;
    Some(preset.provider())
}

/// A provider: its [`Scheme`], with its statuses, methods, settings and handshakes.
///
/// A custom scheme converts into a provider with `From`. Functions that take a provider accept the
/// scheme itself.
///
/// ```
/// use http::StatusCode;
/// use tower_webhook::{providers::{self, Provider}, rejection::RejectionClass, scheme::Scheme};
///
/// # fn main() -> Result<(), tower_webhook::scheme::SchemeError> {
/// assert_eq!(providers::github().body_limit(), Some(25 << 20));
///
/// let acme = Scheme::builder("acme").signature_header("x-acme-signature").build()?;
/// let acme = Provider::from(acme)
///     .with_body_limit(64 << 10)
///     .with_rejection_status(RejectionClass::InvalidSignature, StatusCode::UNAUTHORIZED);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Provider {
    /// `given` with the overrides.
    scheme: Scheme,
    /// The scheme without the overrides.
    given: Scheme,
    overrides: Overrides,
    body_limit: Option<usize>,
    statuses: Statuses,
    public_url: Option<PublicUrl>,
    settings: Vec<(Arc<str>, Arc<str>)>,
    handshakes: Vec<Handshake>,
    methods: Vec<Method>,
    /// The setters that have no effect. They are errors when a layer is built.
    ignored: Vec<IgnoredCall>,
}

/// What an operator has changed about a scheme. All of it is applied to the original scheme
/// whenever a setter is called, so that the result does not depend on the order of the calls.
#[derive(Clone, Default)]
struct Overrides {
    token_header: Option<HeaderName>,
    id: Option<Location>,
    event: Option<Location>,
}

/// A call of a setter of [`Provider`] that has no effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IgnoredCall {
    pub(crate) setting: &'static str,
    pub(crate) reason: &'static str,
}

impl Provider {
    /// Returns how the provider signs, with the overrides of this value.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Returns the maximum body size that the provider documents, in bytes.
    ///
    /// `None` stands for the default of the layer, 1 MiB.
    #[must_use]
    pub fn body_limit(&self) -> Option<usize> {
        self.body_limit
    }

    /// Sets the maximum size of the bodies that the provider sends, in bytes.
    ///
    /// [`WebhookLayer::body_limit`](crate::WebhookLayer::body_limit) takes precedence.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Sets the response status that the provider requires for a class of rejections.
    ///
    /// The default is the [status](RejectionClass::status) of the class.
    ///
    /// Building a layer returns an error if a status is set for
    /// [`InvalidTimestamp`](RejectionClass::InvalidTimestamp) or
    /// [`Expired`](RejectionClass::Expired), and the scheme has neither a timestamp nor a web
    /// token.
    #[must_use]
    pub fn with_rejection_status(mut self, class: RejectionClass, status: StatusCode) -> Self {
        self.statuses.set(class, status);
        self.settled()
    }

    /// Requires responses without a body.
    ///
    /// Xero, for example, accepts no response with a body. Rejections by
    /// [`WebhookLayer`](crate::WebhookLayer) and [`DedupeLayer`](crate::DedupeLayer), and the
    /// responses to duplicates, then have neither a body nor a content type. By default, both
    /// layers answer in JSON. The responses of the service are not changed.
    ///
    /// [`WebhookLayer::rejection_response`](crate::WebhookLayer::rejection_response),
    /// [`DedupeLayer::rejection_response`](crate::DedupeLayer::rejection_response) and
    /// [`DedupeLayer::duplicate_response`](crate::DedupeLayer::duplicate_response) take precedence.
    ///
    /// Building a layer returns an error if a [handshake](Self::with_handshake) of the provider is
    /// answered with a body.
    #[must_use]
    pub fn with_empty_responses(mut self) -> Self {
        self.statuses.forbid_bodies();
        self.settled()
    }

    /// Returns the methods with which the provider delivers.
    ///
    /// The layer also accepts the methods of the [handshakes](Self::handshakes).
    #[must_use]
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Sets the methods with which the provider delivers.
    ///
    /// The layer answers every other request with 405 and `Allow`, before anything else is checked,
    /// unless the method is that of a [handshake](Self::handshakes). Defaults to `POST`. Providers
    /// that use other methods list them on their page.
    ///
    /// Building a layer returns an error if the list is empty or contains `CONNECT` or `TRACE`.
    ///
    /// ```
    /// use http::Method;
    /// use tower_webhook::{Secret, WebhookLayer, providers};
    ///
    /// # fn main() -> Result<(), tower_webhook::SetupError> {
    /// let provider = providers::generic().with_methods([Method::POST, Method::PUT]);
    /// let layer = WebhookLayer::new(provider, Secret::new("a secret")?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// Few schemes sign the method. A client that holds a genuine delivery can send it with any
    /// method in this list. If the service answers that request with 2xx, `DedupeLayer` records the
    /// delivery as handled. List only methods that the service handles in the same way.
    #[must_use]
    pub fn with_methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Sets the URL under which senders reach the endpoint.
    ///
    /// A scheme whose [URL is signed](Scheme::url_is_signed) needs one. For other schemes, building
    /// a layer, a verifier or a signer returns an error.
    #[must_use]
    pub fn with_public_url(mut self, url: PublicUrl) -> Self {
        self.public_url = Some(url);
        self.settled()
    }

    /// Sets the header that contains the token, for providers whose users choose its name.
    ///
    /// Building a layer returns an error if the provider signs, because only tokens can be moved.
    #[must_use]
    pub fn with_token_header(mut self, name: HeaderName) -> Self {
        self.overrides.token_header = Some(name);
        self.settled()
    }

    /// Sets a value that the request does not contain.
    ///
    /// Some schemes sign such a value, as PayPal does with `webhook_id`. Some handshakes check one,
    /// as Meta's does with `verify_token`. `Debug` shows the name but not the value.
    ///
    /// The provider's page lists its settings. Building a layer returns an error for any other
    /// name.
    #[must_use]
    pub fn with_setting(mut self, name: &str, value: impl Into<Arc<str>>) -> Self {
        self.settings.retain(|(set, _)| **set != *name);
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Returns the value that was [set](Self::with_setting) under a name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        let setting = self.settings.iter().find(|(set, _)| **set == *name);
        setting.map(|(_, value)| &**value)
    }

    /// Sets the member of the JSON body that contains the delivery ID. Dots separate the names of
    /// nested members.
    ///
    /// Use it for providers that put the ID only in the body, such as Stripe (`id`) and Slack
    /// (`event_id`). Every body is then parsed as JSON before it is verified, and copied once. A
    /// body that is not JSON is rejected. The ID is signed if the body is.
    ///
    /// Building a layer returns an error if the provider
    /// [signs several items](crate::scheme::SchemeBuilder::signed_items) in one body.
    ///
    /// ```
    /// use tower_webhook::providers;
    ///
    /// let stripe = providers::stripe().with_id_json("id").with_event_json("type");
    /// assert!(stripe.scheme().delivery_id_is_signed());
    /// ```
    #[must_use]
    pub fn with_id_json(mut self, path: &str) -> Self {
        self.overrides.id = Some(Location::json(path));
        self.settled()
    }

    /// Sets the member of the JSON body that contains the event type, such as `type` for Stripe and
    /// `event.type` for Slack.
    ///
    /// It has the cost and the errors of [`with_id_json`](Self::with_id_json). A delivery without
    /// the member has no event type.
    #[must_use]
    pub fn with_event_json(mut self, path: &str) -> Self {
        self.overrides.event = Some(Location::json(path));
        self.settled()
    }

    /// Applies the overrides to the original scheme, and finds the setters without effect.
    fn settled(mut self) -> Self {
        const SIGNS_ITEMS: &str = "the provider signs each item of a list, so a body has several \
                                   deliveries; it applies to schemes without `signed_items`";
        let Overrides {
            token_header,
            id,
            event,
        } = self.overrides.clone();
        let is_token = self.given.algorithm() == Algorithm::Token;
        self.scheme = self.given.clone();
        if let Some(name) = token_header.clone().filter(|_| is_token) {
            self.scheme = self.scheme.signed_at(Location::Header(name));
        }
        // A token in a header proves the whole body, also if the provider puts one in each item.
        let signs_items = self.scheme.signed_items().is_some();
        let is_hmac = self.given.algorithm().is_hmac();
        let signs_url = self.given.url_is_signed();
        let has_time_status = self.statuses.has(RejectionClass::InvalidTimestamp)
            || self.statuses.has(RejectionClass::Expired);
        let checks = [
            (
                has_time_status && !self.given.uses_tolerance(),
                "with_rejection_status",
                CLASS_WITHOUT_TIMESTAMP,
            ),
            (
                self.public_url.is_some() && !signs_url,
                "with_public_url",
                "the scheme does not sign the URL; it applies to schemes whose \
                 `Scheme::url_is_signed` is true",
            ),
            (
                token_header.is_some() && !is_token,
                "with_token_header",
                "the provider signs, and does not send a token; it applies to schemes with \
                 `Algorithm::Token`",
            ),
            (id.is_some() && signs_items, "with_id_json", SIGNS_ITEMS),
            (
                event.is_some() && signs_items,
                "with_event_json",
                SIGNS_ITEMS,
            ),
            (
                !is_hmac && self.handshakes.iter().any(Handshake::signs),
                "with_handshake",
                "the answer contains `ResponsePart::Mac`, and only schemes with an HMAC algorithm \
                 can compute it",
            ),
            (
                self.statuses.has_no_bodies() && self.handshakes.iter().any(Handshake::has_body),
                "with_empty_responses",
                "a handshake of the provider is answered with a body; it applies to providers \
                 whose handshakes are answered without one",
            ),
        ];
        let ignored = checks.into_iter().filter(|(is_ignored, ..)| *is_ignored);
        self.ignored = ignored
            .map(|(_, setting, reason)| IgnoredCall { setting, reason })
            .collect();
        if !signs_items && (id.is_some() || event.is_some()) {
            self.scheme = self.scheme.told_at(id, event);
        }
        self
    }

    pub(crate) fn ignored_call(&self) -> Option<IgnoredCall> {
        self.ignored.first().copied()
    }

    /// The names that [`with_setting`](Self::with_setting) accepts.
    pub(crate) fn known_settings(&self) -> Vec<Arc<str>> {
        let of_handshakes = self.handshakes.iter().flat_map(Handshake::settings);
        let mut names: Vec<Arc<str>> = self
            .scheme
            .settings()
            .chain(of_handshakes)
            .map(Arc::from)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The names that were given to [`with_setting`](Self::with_setting).
    pub(crate) fn given_settings(&self) -> impl Iterator<Item = &Arc<str>> {
        self.settings.iter().map(|(name, _)| name)
    }

    /// Adds a [handshake](crate::handshake): a request that the provider sends before it delivers,
    /// and its answer. The first handshake that matches a request answers it.
    ///
    /// Building a layer returns an error if the answer contains
    /// [`ResponsePart::Mac`](crate::handshake::ResponsePart::Mac), and the scheme's algorithm is
    /// not an HMAC.
    #[must_use]
    pub fn with_handshake(mut self, handshake: Handshake) -> Self {
        self.handshakes.push(handshake);
        self.settled()
    }

    /// Returns the handshakes that the layer answers.
    ///
    /// A handshake with a setting needs that [setting](Self::with_setting). The layer answers none
    /// of them after
    /// [`WebhookLayer::without_handshakes`](crate::WebhookLayer::without_handshakes).
    #[must_use]
    pub fn handshakes(&self) -> &[Handshake] {
        &self.handshakes
    }

    /// Returns the URL under which senders reach the endpoint.
    #[must_use]
    pub fn public_url(&self) -> Option<&PublicUrl> {
        self.public_url.as_ref()
    }

    /// Replaces the scheme, and drops the overrides.
    pub(crate) fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.given = scheme.clone();
        self.scheme = scheme;
        self.overrides = Overrides::default();
        self
    }

    /// Takes the public URL of another provider, and its settings whose names this provider knows.
    pub(crate) fn with_surroundings_of(mut self, other: &Self) -> Self {
        self.public_url.clone_from(&other.public_url);
        let known = self.known_settings();
        let common = other
            .settings
            .iter()
            .filter(|(name, _)| known.contains(name));
        self.settings = common.cloned().collect();
        self
    }

    /// Accepts a public URL that the scheme does not sign. A diagnosis tries other schemes with it.
    pub(crate) fn allowing_public_url(mut self) -> Self {
        self.ignored
            .retain(|call| call.setting != "with_public_url");
        self
    }

    fn with_handshakes(mut self, handshakes: Vec<Handshake>) -> Self {
        self.handshakes.extend(handshakes);
        self.settled()
    }

    pub(crate) fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// Builds a provider of this crate. The tests build every preset, and no input changes the
    /// description, so the panic cannot be reached.
    fn preset(scheme: SchemeBuilder) -> Self {
        scheme.build().expect("presets are consistent").into()
    }
}

impl From<Scheme> for Provider {
    fn from(scheme: Scheme) -> Self {
        Self {
            given: scheme.clone(),
            scheme,
            overrides: Overrides::default(),
            body_limit: None,
            statuses: Statuses::default(),
            public_url: None,
            settings: Vec::new(),
            handshakes: Vec::new(),
            methods: vec![Method::POST],
            ignored: Vec::new(),
        }
    }
}

// The values of settings are not shown, because one of them may be a token.
#[expect(
    clippy::missing_fields_in_debug,
    reason = "`scheme` shows the original scheme with the overrides"
)]
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<_> = self.settings.iter().map(|(name, _)| name).collect();
        f.debug_struct("Provider")
            .field("scheme", &self.scheme)
            .field("body_limit", &self.body_limit)
            .field("statuses", &self.statuses)
            .field("public_url", &self.public_url)
            .field("settings", &settings)
            .field("handshakes", &self.handshakes)
            .field("methods", &self.methods)
            .field("ignored", &self.ignored)
            .finish()
    }
}
