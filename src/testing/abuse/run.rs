use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tokio::time::timeout;
use tower_service::Service;

use super::{
    CaseReport,
    bench::Bench,
    case::{self, Case, Expect, GENUINE},
    tcp::Server,
    wire::{self, WireCase},
};
use crate::testing::{Delivery, recorder::read};

/// Longer than any refusal may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The genuine delivery, and everything else if that is accepted.
pub(super) async fn examine_all<S, B, R>(app: &S, bench: &Bench) -> Vec<CaseReport>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let first = examine(app, bench, &GENUINE).await;
    let is_usable = !first.is_failure();
    let mut cases = vec![first];
    if is_usable {
        for case in case::all() {
            cases.push(examine(app, bench, case).await);
        }
    }
    cases
}

/// As [`examine_all`], and what only bytes can be.
pub(super) async fn examine_all_over_tcp(server: Server, bench: &Bench) -> Vec<CaseReport> {
    let mut cases = examine_all(&server, bench).await;
    if cases.len() > 1 {
        for case in wire::CASES {
            let verdict = wire_verdict(server, bench, case).await;
            cases.push(CaseReport::new(case.name, case.expected, verdict));
        }
    }
    cases
}

async fn examine<S, B, R>(app: &S, bench: &Bench, case: &'static Case) -> CaseReport
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let verdict = verdict(app, bench, case).await;
    CaseReport::new(case.name, case.expected, verdict)
}

/// Whether there was anything to send, if the stack stood it.
async fn verdict<S, B, R>(app: &S, bench: &Bench, case: &Case) -> Result<bool, String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let sent = (case.send)(bench);
    let mut first = None;
    for sent in &sent {
        let what = &sent.what;
        let answer = send(app, sent.delivery.clone()).await;
        let answer = answer.map_err(|how| format!("{what}: {how}"))?;
        let status = answer.0;
        // A stack that breaks, or sends the caller elsewhere, has refused nothing.
        let is_right = match case.expect {
            Expect::Accepted => status.is_success(),
            _ => status.is_client_error(),
        };
        if !is_right {
            return Err(format!("{what}: answered {status}"));
        }
        if case.expect == Expect::Alike && *first.get_or_insert_with(|| answer.clone()) != answer {
            return Err(format!("{what}: answered in another way"));
        }
    }
    let is_applicable = !sent.is_empty();
    if is_applicable && case.expect != Expect::Accepted {
        goes_on(app, bench).await?;
    }
    Ok(is_applicable)
}

async fn wire_verdict(server: Server, bench: &Bench, case: &WireCase) -> Result<bool, String> {
    let sent = (case.send)(bench, server);
    let is_applicable = !sent.is_empty();
    for sent in sent {
        let what = sent.what;
        let answer = timeout(PATIENCE, server.exchange(sent.bytes, sent.hangs_up));
        let answer = answer.await.map_err(|_| format!("{what}: {}", silence()))?;
        let answer = answer.map_err(|error| format!("{what}: {error}"))?;
        let status = answer.map(|(status, _)| status);
        let is_right = match case.expect {
            Expect::Accepted => status.is_some_and(|it| it.is_success()),
            _ => status.is_none_or(|it| it.is_client_error()),
        };
        if !is_right {
            let answer = status.map_or("hung up".to_owned(), |status| format!("answered {status}"));
            return Err(format!("{what}: {answer}"));
        }
    }
    if is_applicable {
        goes_on(&server, bench).await?;
    }
    Ok(is_applicable)
}

/// Whether a genuine delivery is still accepted.
async fn goes_on<S, B, R>(app: &S, bench: &Bench) -> Result<(), String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let next = send(app, bench.good()).await;
    let (status, _) = next.map_err(|how| format!("a genuine delivery after it: {how}"))?;
    if !status.is_success() {
        return Err(format!("a genuine delivery after it: answered {status}"));
    }
    Ok(())
}

fn silence() -> String {
    format!("no answer within {} s", PATIENCE.as_secs())
}

/// The status and the body of an answer, or why there is none.
async fn send<S, B, R>(app: &S, delivery: Delivery) -> Result<(StatusCode, Bytes), String>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    B: From<Bytes>,
    R: Body,
{
    let mut app = app.clone();
    let answer = async move {
        poll_fn(|cx| app.poll_ready(cx)).await.map_err(drop)?;
        let response = app.call(delivery.into_request()).await.map_err(drop)?;
        let status = response.status();
        let body = read(response.into_body()).await.ok_or(())?;
        Ok::<_, ()>((status, body))
    };
    match timeout(PATIENCE, unpanicked(answer)).await {
        Ok(Ok(Ok(answer))) => Ok(answer),
        Ok(Ok(Err(()))) => Err("an error in the place of an answer".to_owned()),
        Ok(Err(Panicked)) => Err("a panic".to_owned()),
        Err(_) => Err(silence()),
    }
}

struct Panicked;

/// What a future gives, unless it panics.
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
