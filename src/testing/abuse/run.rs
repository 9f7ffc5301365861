use std::{
    future::{Future, poll_fn},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tokio::time::timeout;
use tower_service::Service;

use super::{
    CaseReport,
    answer::{Answer, difference},
    case::{self, Case, Expect, GENUINE},
    fixture::Fixture,
    tcp::{Server, hung_up},
    wire::{self, WireCase, WireExpect},
};
use crate::testing::{Delivery, recorder::read};

/// Longer than any rejection may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The genuine delivery, and everything else if that is accepted.
pub(super) async fn examine_all<S, B, R>(
    app: &S,
    tell: Tell<S::Error>,
    fixture: &Fixture,
) -> Vec<CaseReport>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let first = examine(app, tell, fixture, &GENUINE).await;
    let is_usable = !first.is_failure();
    let mut cases = vec![first];
    if is_usable {
        for case in case::all() {
            cases.push(examine(app, tell, fixture, case).await);
        }
    }
    cases
}

/// As [`examine_all`], and what only bytes can be.
pub(super) async fn examine_all_over_tcp(server: Server, fixture: &Fixture) -> Vec<CaseReport> {
    let mut cases = examine_all(&server, tell_io, fixture).await;
    if cases.len() > 1 {
        for case in wire::CASES {
            let verdict = wire_verdict(server, fixture, case).await;
            cases.push(CaseReport::new(case.name, case.expected, verdict));
        }
    }
    cases
}

async fn examine<S, B, R>(
    app: &S,
    tell: Tell<S::Error>,
    fixture: &Fixture,
    case: &'static Case,
) -> CaseReport
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let verdict = verdict(app, tell, fixture, case).await;
    CaseReport::new(case.name, case.expected, verdict)
}

/// Whether there was anything to send, if the stack stood it.
async fn verdict<S, B, R>(
    app: &S,
    tell: Tell<S::Error>,
    fixture: &Fixture,
    case: &Case,
) -> Result<bool, String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let sent = (case.send)(fixture);
    let rounds = if case.expect == Expect::Alike { 2 } else { 1 };
    let mut answers = Vec::new();
    for sent in std::iter::repeat_n(&sent, rounds).flatten() {
        let what = &sent.what;
        let answer = send(app, tell, sent.delivery.clone()).await;
        let answer = answer.map_err(|how| format!("{what}: {how}"))?;
        let status = answer.status;
        // A 5xx response or a redirect is not a rejection.
        let is_right = match case.expect {
            Expect::Accepted => status.is_success(),
            _ => status.is_client_error(),
        };
        if !is_right {
            return Err(format!("{what}: answered {status}"));
        }
        answers.push(answer);
    }
    if let (Expect::Alike, [one, other, again, other_again]) = (case.expect, &answers[..]) {
        if let Some(what) = difference([one, other], [again, other_again]) {
            return Err(format!("the answers differ: {what}"));
        }
    }
    let is_applicable = !sent.is_empty();
    if is_applicable && case.expect != Expect::Accepted {
        goes_on(app, tell, fixture).await?;
    }
    Ok(is_applicable)
}

async fn wire_verdict(server: Server, fixture: &Fixture, case: &WireCase) -> Result<bool, String> {
    let sent = (case.send)(fixture, server);
    let is_applicable = !sent.is_empty();
    for sent in sent {
        let what = sent.what;
        let answer = timeout(PATIENCE, server.exchange(sent.bytes, sent.hangs_up));
        let answer = answer.await.map_err(|_| format!("{what}: {}", silence()))?;
        let answer = answer.map_err(|error| format!("{what}: {error}"))?;
        let status = answer.map(|answer| answer.status());
        let is_right = match case.expect {
            WireExpect::Accepted => status.is_some_and(|it| it.is_success()),
            WireExpect::Answered => status.is_some_and(|it| it.is_client_error()),
            WireExpect::HungUpOn => status.is_none_or(|it| it.is_client_error()),
        };
        if !is_right {
            let answer = status.map_or_else(hung_up, |status| format!("answered {status}"));
            return Err(format!("{what}: {answer}"));
        }
    }
    if is_applicable {
        goes_on(&server, tell_io, fixture).await?;
    }
    Ok(is_applicable)
}

/// Whether a genuine delivery is still accepted.
async fn goes_on<S, B, R>(app: &S, tell: Tell<S::Error>, fixture: &Fixture) -> Result<(), String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let next = send(app, tell, fixture.good()).await;
    let next = next.map_err(|how| format!("a genuine delivery after it: {how}"))?;
    let status = next.status;
    if !status.is_success() {
        return Err(format!("a genuine delivery after it: answered {status}"));
    }
    Ok(())
}

fn silence() -> String {
    format!("no answer within {} s", PATIENCE.as_secs())
}

/// The text of an error.
pub(super) type Tell<E> = fn(E) -> String;

#[expect(clippy::needless_pass_by_value, reason = "as any `Tell` takes it")]
fn tell_io(error: io::Error) -> String {
    error.to_string()
}

/// Of an error that may be anything.
pub(super) fn tell_nothing<E>(_: E) -> String {
    "an error in the place of an answer".to_owned()
}

/// An answer, or why there is none.
async fn send<S, B, R>(app: &S, tell: Tell<S::Error>, delivery: Delivery) -> Result<Answer, String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let mut app = app.clone();
    let answer = async move {
        poll_fn(|cx| app.poll_ready(cx)).await.map_err(tell)?;
        let response = app.call(delivery.into_request()).await.map_err(tell)?;
        let (head, body) = response.into_parts();
        let body = read(body).await;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.ok_or("an answer whose body breaks off")?,
        })
    };
    match timeout(PATIENCE, unpanicked(answer)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(Panicked)) => Err("a panic".to_owned()),
        Err(_) => Err(silence()),
    }
}

struct Panicked;

/// The result of a future, or an error if it panics.
async fn unpanicked<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
