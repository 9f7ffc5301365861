//! A Redis server of the test's own, on a free port, with its files in a folder of its own.
// No single test file uses all of it.
#![allow(dead_code)]

use std::{
    env, fs,
    io::{self, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Set by CI, where there has to be a server.
const REQUIRED: &str = "REQUIRE_REDIS";

pub(crate) struct RedisServer {
    child: Option<Child>,
    port: u16,
    folder: PathBuf,
}

impl RedisServer {
    /// `None`, and a line that says so, if there is no `redis-server` here.
    ///
    /// What it has confirmed is on the disk.
    pub(crate) fn start() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        if Command::new("redis-server")
            .arg("--version")
            .output()
            .is_err()
        {
            assert!(
                env::var_os(REQUIRED).is_none(),
                "`redis-server` is not installed, and {REQUIRED} is set"
            );
            // Not by the macro, whose text nobody sees of a test that passes.
            let name = thread::current().name().unwrap_or_default().to_owned();
            let _ = writeln!(
                io::stderr(),
                "NOT RUN: {name}: `redis-server` is not installed"
            );
            return None;
        }
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("tower-webhook-redis-{}-{count}", std::process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let mut server = Self {
            child: None,
            port,
            folder,
        };
        server.start_again();
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts what was killed, with what it had on the disk.
    pub(crate) fn start_again(&mut self) {
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args([
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--save",
                "",
            ])
            .args(["--maxmemory-policy", "noeviction"])
            .arg("--dir")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        while !self.answers() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "the server does not answer"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops it from answering, with its connections open, until [`resume`](Self::resume).
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Answers once it has read its files.
    fn answers(&self) -> bool {
        use std::io::Read as _;

        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let mut answer = [0; 5];
        stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut answer).is_ok()
            && answer == *b"+PONG"
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
