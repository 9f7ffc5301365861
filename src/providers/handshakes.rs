//! The handshakes of the presets: the requests that providers send before they deliver, and the
//! answers.
#![allow(unused_imports, reason = "some are behind features")]

use http::{HeaderName, Method, StatusCode};

use crate::{
    handshake::{ChallengeCharset, DataKind, Handshake, ResponsePart},
    scheme::Location,
};

const fn header(name: &'static str) -> Location {
    Location::Header(HeaderName::from_static(name))
}

fn json(path: &str) -> Location {
    Location::Json(path.into())
}

fn form(name: &str) -> Location {
    Location::Form(name.into())
}

fn query(name: &str) -> Location {
    Location::Query(name.into())
}

/// A request with the method `HEAD`, answered with 200.
fn probe() -> Handshake {
    Handshake::unsigned("probe", Method::HEAD)
}

pub(super) fn asana() -> Vec<Handshake> {
    const SECRET: HeaderName = HeaderName::from_static("x-hook-secret");
    Vec::from([Handshake::unsigned("secret", Method::POST)
        .when_absent(header("x-hook-signature"))
        .challenge(Location::Header(SECRET), ChallengeCharset::Token, 1..=256)
        .header(SECRET, [ResponsePart::Challenge])
        .provides_optional(DataKind::Secret)])
}

pub(super) fn aws_sns() -> Vec<Handshake> {
    Vec::from([Handshake::signed("subscription", Method::POST)
        .when(json("Type"), "SubscriptionConfirmation")
        .provides(DataKind::SnsSubscription)])
}

pub(super) fn azure_event_grid() -> Vec<Handshake> {
    const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
    const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");
    Vec::from([
        Handshake::signed("origin", Method::OPTIONS)
            .challenge(
                header("webhook-request-origin"),
                ChallengeCharset::Token,
                1..=253,
            )
            .header(ALLOWED_ORIGIN, [ResponsePart::Challenge])
            .header(ALLOWED_RATE, [ResponsePart::Literal("*".into())]),
        Handshake::signed("validation", Method::POST)
            .when(header("aeg-event-type"), "SubscriptionValidation")
            .when(
                json("0.eventType"),
                "Microsoft.EventGrid.SubscriptionValidationEvent",
            )
            .challenge(
                json("0.data.validationCode"),
                ChallengeCharset::Token,
                1..=256,
            )
            .json("validationResponse", [ResponsePart::Challenge]),
    ])
}

pub(super) fn bitbucket_server() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("ping", Method::POST)
        .when(header("x-event-key"), "diagnostics:ping")
        .when_absent(header("x-hub-signature"))])
}

pub(super) fn braintree() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("challenge", Method::GET)
        .challenge(query("bt_challenge"), ChallengeCharset::LowerHex, 20..=32)
        .text([
            ResponsePart::Setting("public_key_id".into()),
            ResponsePart::Literal("|".into()),
            ResponsePart::Mac,
        ])])
}

/// Webhook events also have the type 1, but with the member `event`.
pub(super) fn discord() -> Vec<Handshake> {
    Vec::from([
        Handshake::signed("ping", Method::POST)
            .when(json("type"), "1")
            .when_absent(json("event"))
            .fixed_json(r#"{"type":1}"#),
        Handshake::signed("event_ping", Method::POST)
            .when(json("type"), "0")
            .status(StatusCode::NO_CONTENT),
    ])
}

pub(super) fn dropbox() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("challenge", Method::GET)
        .challenge(query("challenge"), ChallengeCharset::Printable, 1..=512)
        .text([ResponsePart::Challenge])])
}

pub(super) fn dropbox_sign() -> Vec<Handshake> {
    Vec::from([Handshake::signed("callback_test", Method::POST)
        .when(json("event.event_type"), "callback_test")
        .text([ResponsePart::Literal("Hello API Event Received".into())])])
}

pub(super) fn figma() -> Vec<Handshake> {
    Vec::from([Handshake::signed("ping", Method::POST).when(json("event_type"), "PING")])
}

pub(super) fn intercom() -> Vec<Handshake> {
    Vec::from([probe()])
}

pub(super) fn mandrill() -> Vec<Handshake> {
    Vec::from([
        probe(),
        Handshake::unsigned("empty", Method::POST).when(form("mandrill_events"), "[]"),
    ])
}

pub(super) fn meta() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("subscribe", Method::GET)
        .when(query("hub.mode"), "subscribe")
        .token(query("hub.verify_token"), "verify_token")
        .challenge(query("hub.challenge"), ChallengeCharset::Printable, 1..=512)
        .text([ResponsePart::Challenge])])
}

pub(super) fn microsoft_graph() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("validation", Method::POST)
        .challenge(
            query("validationToken"),
            ChallengeCharset::Printable,
            1..=2048,
        )
        .text([ResponsePart::Challenge])])
}

pub(super) fn monday() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("challenge", Method::POST)
        .when_absent(json("event"))
        .challenge(json("challenge"), ChallengeCharset::Printable, 1..=512)
        .json("challenge", [ResponsePart::Challenge])])
}

pub(super) fn notion() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("verification", Method::POST)
        .when_absent(json("type"))
        .challenge(json("verification_token"), ChallengeCharset::Token, 1..=256)
        .provides(DataKind::Secret)])
}

pub(super) fn okta() -> Vec<Handshake> {
    Vec::from([Handshake::signed("verification", Method::GET)
        .challenge(
            header("x-okta-verification-challenge"),
            ChallengeCharset::Printable,
            1..=512,
        )
        .json("verification", [ResponsePart::Challenge])])
}

pub(super) fn onfleet() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("check", Method::GET)
        .challenge(query("check"), ChallengeCharset::Printable, 1..=512)
        .text([ResponsePart::Challenge])])
}

pub(super) fn slack() -> Vec<Handshake> {
    Vec::from([
        Handshake::signed("url_verification", Method::POST)
            .when(json("type"), "url_verification")
            .challenge(json("challenge"), ChallengeCharset::Printable, 1..=512)
            .text([ResponsePart::Challenge]),
        Handshake::unsigned("ssl_check", Method::GET).when(query("ssl_check"), "1"),
        Handshake::unsigned("ssl_check", Method::POST).when(form("ssl_check"), "1"),
    ])
}

pub(super) fn trello() -> Vec<Handshake> {
    Vec::from([probe()])
}

pub(super) fn twitch() -> Vec<Handshake> {
    Vec::from([Handshake::signed("verification", Method::POST)
        .when(
            header("twitch-eventsub-message-type"),
            "webhook_callback_verification",
        )
        .challenge(json("challenge"), ChallengeCharset::Printable, 1..=512)
        .text([ResponsePart::Challenge])])
}

pub(super) fn vercel() -> Vec<Handshake> {
    const VERIFY: HeaderName = HeaderName::from_static("x-vercel-verify");
    Vec::from([Handshake::unsigned("verify", Method::GET)
        .header(VERIFY, [ResponsePart::Setting("verify".into())])])
}

pub(super) fn woocommerce() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("ping", Method::POST)
        .when_absent(header("x-wc-webhook-signature"))
        .when_numeric(form("webhook_id"))])
}

pub(super) fn x() -> Vec<Handshake> {
    Vec::from([Handshake::unsigned("crc", Method::GET)
        .challenge(query("crc_token"), ChallengeCharset::Token, 1..=256)
        .json(
            "response_token",
            [ResponsePart::Literal("sha256=".into()), ResponsePart::Mac],
        )])
}

pub(super) fn zoom() -> Vec<Handshake> {
    Vec::from([Handshake::signed("url_validation", Method::POST)
        .when(json("event"), "endpoint.url_validation")
        .challenge(json("payload.plainToken"), ChallengeCharset::Token, 1..=256)
        .json("plainToken", [ResponsePart::Challenge])
        .json("encryptedToken", [ResponsePart::Mac])])
}
