//! The memory budget: what is held of bodies that are not yet verified, in all requests together.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use http::{Response, StatusCode};
use tower::{Layer, ServiceExt};
use tower_webhook::{
    Rejection, WebhookLayer, providers,
    rejection::RejectionKind,
    webhook::{MemoryBudget, Webhook},
};

use crate::support::{
    BODY, RecordingService, Script, Step, generic, now, secret, send, test_clock,
};

fn service(budget: &MemoryBudget) -> Webhook<RecordingService> {
    WebhookLayer::new(providers::generic(), secret())
        .expect("a good secret")
        .clock(test_clock())
        .memory_budget(budget.clone())
        .layer(RecordingService::default())
}

type Upload = Pin<Box<dyn Future<Output = Option<Rejection>>>>;

/// An upload of `steps` under the signature of [`BODY`].
fn upload(budget: &MemoryBudget, steps: impl IntoIterator<Item = Step>) -> Upload {
    let request = generic(now(), BODY).with(Script::new(steps));
    let response = service(budget).oneshot(request);
    Box::pin(async {
        let response: Response<_> = response.await.expect("the recorder never fails");
        response.extensions().get::<Rejection>().cloned()
    })
}

fn poll(upload: &mut Upload) -> Poll<Option<Rejection>> {
    upload
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_given_back() {
    let budget = MemoryBudget::new(1000);
    let half = || Step::data(&BODY[..10]);
    let rest = || Step::data(&BODY[10..]);

    let mut waiting = upload(&budget, [half(), Step::Silence]);
    assert!(poll(&mut waiting).is_pending());
    assert_eq!(budget.available(), 990);
    drop(waiting);
    assert_eq!(budget.available(), 1000, "given up");

    for (name, steps, refused) in [
        ("verified", vec![half(), rest()], false),
        ("wrong", vec![half()], true),
        ("broken", vec![half(), Step::Fail], true),
        ("too slow", vec![half(), Step::Silence], true),
    ] {
        assert_eq!(upload(&budget, steps).await.is_some(), refused, "{name}");
        assert_eq!(budget.available(), 1000, "{name}");
    }
}

#[tokio::test]
async fn over_it_the_sender_is_asked_to_try_again() {
    let budget = MemoryBudget::new(BODY.len() + 5);
    let mut other = upload(&budget, [Step::data(&BODY[..10]), Step::Silence]);
    assert!(poll(&mut other).is_pending());

    let answer = send(&service(&budget), generic(now(), BODY).request()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("1"));

    drop(other);
    let answer = send(&service(&budget), generic(now(), BODY).request()).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// Trying again would not help.
#[tokio::test]
async fn a_body_larger_than_all_of_it_is_too_large() {
    let budget = MemoryBudget::new(BODY.len() - 1);
    let answer = send(&service(&budget), generic(now(), BODY).request()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let kind = answer.rejection.map(|rejection| rejection.kind().clone());
    assert!(
        matches!(kind, Some(RejectionKind::BodyTooLarge { limit, .. }) if limit == BODY.len() - 1)
    );
    assert_eq!(budget.available(), BODY.len() - 1);
}
