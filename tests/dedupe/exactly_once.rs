//! `examples/exactly_once.rs` in a process that aborts after the effect and before the response.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio, abort},
    time::Duration,
};

use axum::{Router, middleware::map_response, response::Response};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rusqlite::Connection;
use tokio::{net::TcpListener, time::sleep};

use crate::support::{hex, mac256};

#[path = "../../examples/exactly_once.rs"]
#[allow(dead_code, reason = "the test does not call `main`")]
mod example;

/// Makes a process of this test the receiver. The value is its database.
const RECEIVER: &str = "TOWER_WEBHOOK_TEST_RECEIVER";
/// Makes the receiver abort before its first response.
const ABORTS: &str = "TOWER_WEBHOOK_TEST_ABORTS";

#[tokio::test]
async fn an_effect_happens_once_if_the_receiver_dies_before_it_responds() {
    if let Some(database) = env::var_os(RECEIVER) {
        return serve(&PathBuf::from(database)).await;
    }
    let name = format!("tower-webhook-exactly-once-{}.db", std::process::id());
    let database = env::temp_dir().join(name);
    let (mut sent, mut deaths) = (0, 0);
    for amount in [1, 20, 300, 4000] {
        let mut receiver = Receiver::start(&database, amount < 4000);
        while !post(&receiver.url, amount)
            .await
            .is_some_and(|it| it.is_success())
        {
            if receiver.process.try_wait().unwrap().is_some() {
                deaths += 1;
                receiver = Receiver::start(&database, false);
            }
            sleep(Duration::from_millis(50)).await;
        }
        // A sender that missed the response sends the delivery again.
        assert_eq!(post(&receiver.url, amount).await, Some(StatusCode::OK));
        sent += amount;
    }
    let paid = Connection::open(&database)
        .and_then(|it| it.query_one("SELECT paid FROM accounts", [], |row| row.get::<_, i64>(0)));
    std::fs::remove_file(&database).unwrap();
    assert_eq!((paid.unwrap(), deaths), (sent, 3));
}

async fn serve(database: &Path) {
    let mut app: Router = example::app(database).unwrap();
    if env::var_os(ABORTS).is_some() {
        app = app.layer(map_response(async |_: Response| -> Response { abort() }));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}/", listener.local_addr().unwrap());
    axum::serve(listener, app).await.unwrap();
}

async fn post(url: &str, amount: i64) -> Option<StatusCode> {
    let body = amount.to_string();
    let request = Request::post(url)
        .header(
            "x-hub-signature-256",
            format!("sha256={}", hex(&mac256(&body))),
        )
        .body(Full::<Bytes>::from(body))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    Some(client.request(request).await.ok()?.status())
}

struct Receiver {
    process: Child,
    url: String,
}

impl Receiver {
    fn start(database: &Path, aborts: bool) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let name = "exactly_once::an_effect_happens_once_if_the_receiver_dies_before_it_responds";
        command.args(["--exact", name, "--nocapture"]);
        command.env(RECEIVER, database).stdout(Stdio::piped());
        if aborts {
            command.env(ABORTS, "1");
        }
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        let url = lines.find_map(|line| Some(line[line.find("http://")?..].to_owned()));
        let url = url.expect("the receiver prints its URL");
        Self { process, url }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
