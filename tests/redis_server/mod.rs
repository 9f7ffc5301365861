//! A Redis server of the test's own, on a free port, with its files in a folder of its own.
// No single test file uses all of it.
#![allow(dead_code)]

use std::{
    env, fs,
    io::{self, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
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
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

impl RedisServer {
    /// `None`, and a line that says so, if there is no `redis-server` here.
    ///
    /// What it has confirmed is on the disk.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// As [`start`](Self::start), with more options.
    pub(crate) fn start_with(options: &[&str]) -> Option<Self> {
        let mut server = Self::unstarted()?;
        let kept = "--appendonly yes --appendfsync always --save --maxmemory-policy noeviction";
        let mut arguments: Vec<_> = kept.split(' ').map(str::to_owned).collect();
        // No snapshots: an empty word of its own.
        arguments.insert(5, String::new());
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        server.arguments = arguments;
        server.start_again();
        Some(server)
    }

    /// A sentinel that watches a master, by the name of `mymaster`, and asks nobody else before it fails it over.
    pub(crate) fn sentinel(master: &Self) -> Option<Self> {
        let mut server = Self::unstarted()?;
        let file = server.folder.join("sentinel.conf");
        let watched = format!(
            "sentinel monitor mymaster 127.0.0.1 {} 1\nsentinel down-after-milliseconds mymaster 1000\n",
            master.port
        );
        fs::write(&file, watched).unwrap();
        server.arguments = vec![file.display().to_string(), "--sentinel".into()];
        server.start_again();
        Some(server)
    }

    /// As [`start`](Self::start), by a clock that [`set_clock`](Self::set_clock) puts forward and back. `None`, and a
    /// line that says so, without `libfaketime` too.
    pub(crate) fn start_with_clock() -> Option<Self> {
        let folders = ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""];
        let files = folders.map(|it| format!("/usr/lib/{it}faketime/libfaketimeMT.so.1"));
        let Some(library) = files.iter().find(|file| Path::new(file).exists()) else {
            not_run("`libfaketime`");
            return None;
        };
        let mut server = Self::unstarted()?;
        let file = server.folder.join("clock").display().to_string();
        server.variables = vec![
            ("LD_PRELOAD", library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ];
        server.set_clock(0);
        server.start_again();
        Some(server)
    }

    /// Sets its clock so many seconds from ours.
    pub(crate) fn set_clock(&self, seconds: i64) {
        // At once, so that the server never reads half of it.
        let new = self.folder.join("clock.new");
        fs::write(&new, format!("{seconds:+}s")).unwrap();
        fs::rename(new, self.folder.join("clock")).unwrap();
    }

    fn unstarted() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let version = Command::new("redis-server").arg("--version").output();
        if version.is_err() {
            not_run("`redis-server`");
            return None;
        }
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("tower-webhook-redis-{}-{count}", std::process::id());
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Some(Self {
            child: None,
            port: free_port(),
            folder,
            arguments: Vec::new(),
            variables: Vec::new(),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
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
            // The first one may be a file.
            .args(&self.arguments)
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .arg("--dir")
            .arg(&self.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
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

/// Says that a test was not run, or fails it where it has to be.
fn not_run(missing: &str) {
    assert!(
        env::var_os(REQUIRED).is_none(),
        "{missing} is not installed, and {REQUIRED} is set"
    );
    // Not by the macro, whose text nobody sees of a test that passes.
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "NOT RUN: {name}: {missing} is not installed");
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
