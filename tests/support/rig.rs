//! Tables of requests, each with the response that it should get.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request};
use tower::Layer;
use tower_webhook::{Verified, WebhookLayer, webhook::Webhook};

use super::{Delivery, RecordingService, Script, ScriptState, Step, send};

/// What a row of a table expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Forwarded,
    Refused {
        status: u16,
        text: &'static str,
        /// The name of the kind, which the operator sees and the client does not.
        kind: &'static str,
    },
}

pub(crate) const fn invalid_signature(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 403,
        text: r#"{"error":"Invalid signature"}"#,
        kind,
    }
}

pub(crate) const fn invalid_request(kind: &'static str) -> Expect {
    Expect::Refused {
        status: 400,
        text: r#"{"error":"Invalid request"}"#,
        kind,
    }
}

/// The kinds of rejections for which the body may have been read.
const AFTER_THE_HEAD: &[&str] = &[
    "BodyReadError",
    "BodyTimeout",
    "BodyTooLarge",
    "OuterLimitExceeded",
    "MemoryBudgetExceeded",
    "SignatureMismatch",
    "TrailersRejected",
];

/// A layer around a [`RecordingService`], and a delivery that it takes.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) service: Webhook<RecordingService>,
    pub(crate) inner: RecordingService,
    pub(crate) good: Delivery,
}

impl Rig {
    #[allow(clippy::needless_pass_by_value, reason = "a layer made for it alone")]
    pub(crate) fn new(layer: WebhookLayer, good: Delivery) -> Self {
        let inner = RecordingService::default();
        Self {
            service: layer.layer(inner.clone()),
            inner,
            good,
        }
    }

    /// Sends `request` and says what differs from `expect`. After a refusal, the inner service must
    /// not have been called, and the next good delivery must be served.
    pub(crate) async fn check(
        &self,
        name: &str,
        request: Request<Script>,
        expect: Expect,
    ) -> Result<(), String> {
        let (body, trailers) = (request.body().bytes(), request.body().trailers());
        let probe = request.body().probe();
        let before = self.inner.calls();
        let answer = send(&self.service, request).await;
        let calls = self.inner.calls() - before;
        let fail = |what: String| Err(format!("{name}: {what}"));

        match expect {
            Expect::Forwarded => {
                if answer.status != 200 || answer.text() != "handled" || calls != 1 {
                    let (wire, kind) = (answer.wire(), answer.kind());
                    return fail(format!(
                        "not forwarded: {wire:?}, {kind:?}, {calls} inner calls"
                    ));
                }
                let seen = self.inner.last();
                if seen.body != body {
                    return fail("the inner service got other bytes".to_owned());
                }
                let length = seen.body.len() as u64;
                let is_exact = seen.size_hint.exact().is_some() || trailers.is_some();
                if seen.size_hint.lower() != length || !is_exact {
                    return fail(format!("the inner service got {:?}", seen.size_hint));
                }
                if seen.trailers != trailers {
                    return fail("the inner service got other trailers".to_owned());
                }
                if seen.extensions.get::<Verified>().is_none() {
                    return fail("forwarded without `Verified`".to_owned());
                }
            }
            Expect::Refused { status, text, kind } => {
                let wire = (status, Some("application/json"), text);
                if answer.wire() != wire || answer.kind() != kind {
                    let (got, got_kind) = (answer.wire(), answer.kind());
                    return fail(format!(
                        "got {got:?}, {got_kind:?} and not {wire:?}, {kind:?}"
                    ));
                }
                if calls != 0 {
                    return fail("refused, yet the inner service was called".to_owned());
                }
                if probe.polls() > 0 && !AFTER_THE_HEAD.contains(&kind) {
                    return fail("the body was read although the head says no".to_owned());
                }
                let next = send(&self.service, self.good.clone().request()).await;
                if next.status != 200 || self.inner.calls() != before + 1 {
                    let wire = next.wire();
                    return fail(format!("the next good delivery got {wire:?}"));
                }
            }
        }
        Ok(())
    }
}

impl Script {
    /// The bytes that the body sends unless it fails.
    pub(crate) fn bytes(&self) -> Bytes {
        let data = self.steps.iter().filter_map(|step| match step {
            Step::Data(bytes) => Some(&bytes[..]),
            _ => None,
        });
        data.collect::<Vec<_>>().concat().into()
    }

    /// The trailers that the body sends unless it fails.
    fn trailers(&self) -> Option<HeaderMap> {
        self.steps.iter().find_map(|step| match step {
            Step::Trailers(trailers) => Some(trailers.clone()),
            _ => None,
        })
    }

    pub(crate) fn probe(&self) -> Probe {
        Probe(Arc::clone(&self.state))
    }
}

/// Watches a [`Script`] that has been given away.
#[derive(Clone, Debug)]
pub(crate) struct Probe(pub(crate) Arc<ScriptState>);

impl Probe {
    pub(crate) fn polls(&self) -> usize {
        self.0.polls.load(Ordering::SeqCst)
    }
}
