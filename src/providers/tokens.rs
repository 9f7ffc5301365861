use super::prelude::*;

pub(super) const PRESETS: &[Preset] = &[
    Preset::new("basic-auth", "Basic authentication", basic_auth),
    Preset::new("braze", "Braze", braze),
    Preset::new("datadog", "Datadog", datadog),
    Preset::new("jotform", "Jotform", jotform),
    Preset::new("opsgenie", "Opsgenie", opsgenie),
    Preset::new("rudderstack", "RudderStack", rudderstack),
    Preset::new("token", "Token", token),
];

/// A token that any sender puts into a header.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the whole value of the header, such as `Bearer …` (agreed on with the sender);
///   [`with_token_header`](Provider::with_token_header) takes another header.
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
#[must_use]
pub fn token() -> Provider {
    Provider::preset(
        Scheme::builder("token")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Basic authentication ([RFC 7617]) of any sender.
///
/// - Proof: `Authorization`, `Basic ` and the base64 of the credentials. Nothing is signed.
/// - Key: `user:password` (agreed on with the sender).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// [RFC 7617]: https://www.rfc-editor.org/rfc/rfc7617
#[must_use]
pub fn basic_auth() -> Provider {
    Provider::preset(
        Scheme::builder("basic-auth")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Base64)
            .signature_header("authorization")
            .signature_prefix("Basic "),
    )
}

/// Datadog webhooks, by a header of your own.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the value that you put into the custom headers of the webhook, whole (Integrations,
///   Webhooks; chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Known in part: read on its page.
///
/// Source: <https://docs.datadoghq.com/integrations/webhooks/>
#[must_use]
pub fn datadog() -> Provider {
    Provider::preset(
        Scheme::builder("datadog")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Opsgenie outgoing webhooks, by a header of your own.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the value that you put into the custom headers of the integration, whole (Settings,
///   Integrations; chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Hardly known: nothing of its own was read.
///
/// Source: <https://support.atlassian.com/opsgenie/docs/integrate-opsgenie-with-webhook/>
#[must_use]
pub fn opsgenie() -> Provider {
    Provider::preset(
        Scheme::builder("opsgenie")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
}

/// Braze campaign webhooks, by a header of your own.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the value that you put into the request headers of the webhook, whole (the webhook
///   campaign; chosen by you).
/// - Time: none.
/// - Methods: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, as configured.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Source: <https://www.braze.com/docs/user_guide/message_building_by_channel/webhooks/creating_a_webhook>
#[must_use]
pub fn braze() -> Provider {
    Provider::preset(
        Scheme::builder("braze")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
    .with_methods(ANY_METHOD)
}

/// RudderStack webhook destinations, by a header of your own.
///
/// - Proof: `Authorization`, the token as it is. Nothing is signed.
/// - Key: the value that you put into the headers of the destination, whole (Destinations, the
///   webhook; chosen by you).
/// - Time: none.
/// - Methods: `GET`, `POST` or `PUT`, as configured.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Hardly known: nothing of its own was read in full.
///
/// Source: <https://www.rudderstack.com/docs/destinations/streaming-destinations/webhooks/>
#[must_use]
pub fn rudderstack() -> Provider {
    Provider::preset(
        Scheme::builder("rudderstack")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature_header("authorization"),
    )
    .with_methods([Method::GET, Method::POST, Method::PUT])
}

/// Jotform webhooks, by a token in the URL.
///
/// - Proof: the parameter `token` of the query, the token as it is. Nothing is signed.
/// - Key: the `token` that you put into the query of the webhook's URL (chosen by you).
/// - Time: none.
/// - Not signed: everything: the token says who sends, and not what.
///
/// # Security
///
/// Whoever sees one request can make any other. Take a signature where the provider has one, and
/// nothing but TLS.
///
/// Hardly known: nothing of its own was read in full.
///
/// Source: <https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/>
#[must_use]
pub fn jotform() -> Provider {
    Provider::preset(
        Scheme::builder("jotform")
            .algorithm(Algorithm::Token)
            .encoding(Encoding::Text)
            .signature(Location::query("token")),
    )
}
