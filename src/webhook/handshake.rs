//! The decision whether a request is a handshake, and the answer to it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, request::Parts};
use tokio::time::Instant;

use super::{config::Config, keys::KeyLookup, observe::Decision, response::EarlyResponse};
use crate::{
    body::Buffer,
    handshake::{Acceptance, Answer, Handshake, MAX_BODY},
    head::RequestHead,
    keys::Keyring,
    rejection::{self, Rejection, RejectionKind},
    verify::{Delivery, UnsignedMatch},
};

/// The knowledge whether a request is a handshake. The head decides if possible, and the body
/// otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HandshakeStage {
    /// The request is a delivery.
    Delivery,
    /// The body decides.
    Undecided {
        /// Whether a handshake without a signature is possible.
        may_be_unsigned: bool,
    },
}

/// The decision after the head.
pub(super) enum HeadDecision {
    /// The request is a handshake, and this is the answer.
    Answer(EarlyResponse),
    /// The request is a handshake whose answer is signed with keys that are looked up first.
    AnswerWithKeys(Box<KeyedHandshake>),
    Continue(HandshakeStage),
}

/// A handshake whose answer is signed, and the source of the key.
pub(super) struct KeyedHandshake {
    keys: KeyLookup,
    handshake: Handshake,
}

impl HandshakeStage {
    /// Decides by the head of a request.
    ///
    /// # Errors
    ///
    /// The method is used neither for deliveries nor for handshakes.
    pub(super) fn after_head(
        config: &Arc<Config>,
        parts: &Parts,
    ) -> Result<HeadDecision, RejectionKind> {
        if !config.has_handshakes() {
            return Self::delivery(config, &parts.method).map(HeadDecision::Continue);
        }
        Self::match_head(config, parts)
    }

    fn match_head(config: &Arc<Config>, parts: &Parts) -> Result<HeadDecision, RejectionKind> {
        let verifier = &config.verifier;
        let has_handler = config.has_handler();
        verifier.check_method_with_handshakes(&parts.method, has_handler)?;
        if rejection::is_grpc(parts.version, &parts.method, &parts.headers) {
            return Self::delivery(config, &parts.method).map(HeadDecision::Continue);
        }
        let head = RequestHead::from(parts);
        let may_be_unsigned = match verifier.match_unsigned(head, has_handler) {
            UnsignedMatch::Handshake(handshake) => {
                if let Some(keys) = config.keys.as_ref().filter(|_| handshake.signs()) {
                    let (keys, handshake) = (keys.clone(), handshake.clone());
                    let keyed = KeyedHandshake { keys, handshake };
                    return Ok(HeadDecision::AnswerWithKeys(Box::new(keyed)));
                }
                let keyring = verifier.current_keyring();
                let answer = verifier.answer(handshake, head, &[], (&keyring, 0));
                return Ok(HeadDecision::Answer(match answer {
                    Ok(answer) => send_answer(config, answer),
                    Err(rejection) => EarlyResponse::ready(reject(config, Some(head), rejection)),
                }));
            }
            UnsignedMatch::NeedsBody => true,
            UnsignedMatch::None => false,
        };
        Ok(HeadDecision::Continue(Self::Undecided { may_be_unsigned }))
    }

    /// Whether the request can still be a handshake without a signature.
    pub(super) fn may_be_unsigned(self) -> bool {
        self == Self::Undecided {
            may_be_unsigned: true,
        }
    }

    /// Answers the request if its body is a handshake without a signature.
    ///
    /// # Errors
    ///
    /// The token or the challenge of the handshake is invalid.
    pub(super) fn answer_unsigned(
        self,
        config: &Arc<Config>,
        head: RequestHead<'_>,
        frames: &Buffer,
    ) -> Result<Option<EarlyResponse>, Rejection> {
        let body = self.may_be_unsigned().then(|| frames.short(MAX_BODY));
        let Some(body) = body.flatten() else {
            return Ok(None);
        };
        let verifier = &config.verifier;
        let handshake = verifier.unsigned_handshake(head, &body, config.has_handler());
        let Some(handshake) = handshake else {
            return Ok(None);
        };
        let keyring = verifier.current_keyring();
        let answer = verifier.answer(handshake, head, &body, (&keyring, 0))?;
        Ok(Some(send_answer(config, answer)))
    }

    /// Answers the request if it is a handshake. Its signature has been verified.
    ///
    /// # Errors
    ///
    /// - The challenge of the handshake is invalid.
    /// - The request is a delivery, and its method is used for handshakes only.
    pub(super) fn answer_signed(
        self,
        config: &Arc<Config>,
        head: RequestHead<'_>,
        frames: &Buffer,
        delivery: &Delivery,
    ) -> Result<Option<EarlyResponse>, Rejection> {
        if self == Self::Delivery {
            return Ok(None);
        }
        let verifier = &config.verifier;
        if let Some(body) = frames.short(MAX_BODY) {
            let handshake = verifier.signed_handshake(head, &body, config.has_handler());
            if let Some(handshake) = handshake {
                let answer =
                    verifier.answer(handshake, head, &body, delivery.keys(verifier.settings()))?;
                return Ok(Some(send_answer(config, answer)));
            }
        }
        match Self::delivery(config, head.method()) {
            Ok(_) => Ok(None),
            Err(kind) => Err(verifier.reject(kind)),
        }
    }

    /// The stage of a request that is not a handshake. In the layer, only this function checks the
    /// method of a delivery.
    fn delivery(config: &Config, method: &Method) -> Result<Self, RejectionKind> {
        config.verifier.check_method(method)?;
        Ok(Self::Delivery)
    }
}

/// Looks up the keys of a handshake, and answers it with a MAC under the current key.
pub(super) fn answer_with_keys(
    config: &Arc<Config>,
    handshake: KeyedHandshake,
    parts: Parts,
    started: Option<Instant>,
) -> EarlyResponse {
    let KeyedHandshake { keys, handshake } = handshake;
    let look_up = keys.look_up(parts);
    let config = Arc::clone(config);
    EarlyResponse::Pending(Box::pin(async move {
        let (parts, found) = match look_up {
            Ok(look_up) => look_up.await,
            // Published keys verify signatures. They cannot sign a challenge.
            Err(parts) => (*parts, Ok(None)),
        };
        let keyring = keys.keyring(found, config.verifier.scheme());
        let early = match sign_answer(&config, &handshake, RequestHead::from(&parts), keyring) {
            Ok(answer) => send_answer(&config, answer),
            Err(rejection) => {
                let (head, decision) = (RequestHead::from(&parts), Decision::Rejected(&rejection));
                config.report(Some(head), decision, 0, started);
                EarlyResponse::ready(respond(&config, rejection))
            }
        };
        early.wait().await
    }))
}

fn sign_answer(
    config: &Config,
    handshake: &Handshake,
    head: RequestHead<'_>,
    keyring: Result<Arc<Keyring>, RejectionKind>,
) -> Result<Answer, Rejection> {
    let verifier = &config.verifier;
    let keyring = keyring.map_err(|kind| verifier.reject(kind))?;
    verifier.answer(handshake, head, &[], (&keyring, 0))
}

/// Returns the answer, after the handler has accepted the data that the handshake carries.
fn send_answer(config: &Arc<Config>, answer: Answer) -> EarlyResponse {
    let (handshake, response, data) = answer.into_parts();
    let (Some(data), Some(handler)) = (data, &config.data_handler) else {
        report_answered(config, &handshake);
        return EarlyResponse::ready(response);
    };
    let (config, acceptance) = (Arc::clone(config), handler(data));
    EarlyResponse::Pending(Box::pin(async move {
        let kind = match acceptance.await {
            Ok(Acceptance::Accept) => {
                report_answered(&config, &handshake);
                return response;
            }
            Ok(Acceptance::Reject) => RejectionKind::HandshakeDataRejected { handshake },
            Err(error) => RejectionKind::HandshakeDataFailed { error },
        };
        reject(&config, None, config.verifier.reject(kind))
    }))
}

fn report_answered(config: &Config, handshake: &str) {
    let started = config.observer.start();
    config.report(None, Decision::Handshake(handshake), 0, started);
}

/// Reports the rejection of a handshake, and returns the response.
fn reject(config: &Config, head: Option<RequestHead<'_>>, rejection: Rejection) -> Response<Bytes> {
    let started = config.observer.start();
    config.report(head, Decision::Rejected(&rejection), 0, started);
    respond(config, rejection)
}

/// The response to a rejected handshake. gRPC requests are never handshakes.
fn respond(config: &Config, rejection: Rejection) -> Response<Bytes> {
    config.verifier.respond(rejection, false)
}
