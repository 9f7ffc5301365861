//! A Redis server of the test's own, on a free port, with its files in a folder of its own.

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
/// Names the server's program, if it is not `redis-server`: that of Valkey, say.
const PROGRAM: &str = "REDIS_SERVER";

pub(crate) struct RedisServer {
    child: Option<Child>,
    port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

impl RedisServer {
    /// `None`, and a line that says so, if there is no server here.
    ///
    /// What it has confirmed is on the disk.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// As [`start`](Self::start), with more options.
    pub(crate) fn start_with(options: &[&str]) -> Option<Self> {
        let mut server = Self::unstarted()?;
        server.keep(options);
        server.start_again();
        Some(server)
    }

    /// As [`start`](Self::start), with a port for TLS, which is given too. `None`, and a line that
    /// says so, if it was built without.
    pub(crate) fn start_with_tls(options: &[&str]) -> Option<(Self, u16)> {
        let mut server = Self::unstarted()?;
        let port = free_port();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");
        let files = [
            "cert-file redis.pem",
            "key-file redis.key",
            "ca-cert-file redis-ca.pem",
        ];
        let mut tls = vec!["--tls-port".to_owned(), port.to_string()];
        for file in files {
            let (option, name) = file.split_once(' ').unwrap();
            tls.extend([format!("--tls-{option}"), format!("{folder}/{name}")]);
        }
        let mut all: Vec<_> = tls.iter().map(|word| &**word).collect();
        all.extend(options);
        server.keep(&all);
        if !server.begins() {
            not_run(&format!("a `{}` with TLS", program()));
            return None;
        }
        Some((server, port))
    }

    fn keep(&mut self, options: &[&str]) {
        let kept = "--appendonly yes --appendfsync always --save --maxmemory-policy noeviction \
             --repl-diskless-sync-delay 0";
        let mut arguments: Vec<_> = kept.split(' ').map(str::to_owned).collect();
        // No snapshots: an empty word of its own.
        arguments.insert(5, String::new());
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        self.arguments = arguments;
    }

    /// A sentinel that watches a primary with the name `mymaster`, and starts a failover without
    /// the vote of another sentinel.
    pub(crate) fn sentinel(master: &Self) -> Option<Self> {
        let mut server = Self::unstarted()?;
        let file = server.folder.join("sentinel.conf");
        let watched = format!(
            "sentinel monitor mymaster 127.0.0.1 {} 1\nsentinel down-after-milliseconds mymaster 5000\n",
            master.port
        );
        fs::write(&file, watched).unwrap();
        server.arguments = vec![file.display().to_string(), "--sentinel".into()];
        server.start_again();
        Some(server)
    }

    /// As [`start`](Self::start), by a clock that [`set_clock`](Self::set_clock) puts forward and
    /// back. `None`, and a line that says so, without a C compiler too.
    pub(crate) fn start_with_clock() -> Option<Self> {
        let mut server = Self::unstarted()?;
        let library = server.folder.join("clock.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dedupe/clock.c");
        let mut cc = Command::new("cc");
        let compiled = cc
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            not_run("`cc`");
            return None;
        }
        server.variables = vec![
            ("LD_PRELOAD", library.display().to_string()),
            (
                "CLOCK_FILE",
                server.folder.join("clock").display().to_string(),
            ),
        ];
        server.keep(&[]);
        server.start_again();
        Some(server)
    }

    /// Sets its clock so many seconds from ours.
    pub(crate) fn set_clock(&self, seconds: i64) {
        // At once, so that the server never reads half of it.
        let new = self.folder.join("clock.new");
        fs::write(&new, seconds.to_string()).unwrap();
        fs::rename(new, self.folder.join("clock")).unwrap();
    }

    fn unstarted() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let version = Command::new(program()).arg("--version").output();
        if version.is_err() {
            not_run(&format!("`{}`", program()));
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
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Starts what was killed, with what it had on the disk.
    pub(crate) fn start_again(&mut self) {
        assert!(self.begins(), "the server ends at once");
    }

    /// Waits until it answers; `false` if it ends instead.
    fn begins(&mut self) -> bool {
        let child = Command::new(program())
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
            if let Some(Ok(Some(_))) = self.child.as_mut().map(Child::try_wait) {
                return false;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "the server does not answer"
            );
            thread::sleep(Duration::from_millis(10));
        }
        true
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

fn program() -> String {
    env::var(PROGRAM).unwrap_or_else(|_| "redis-server".into())
}

/// Says that a test was not run, or fails it where it has to be.
fn not_run(missing: &str) {
    assert!(
        env::var_os(REQUIRED).is_none(),
        "{missing} is not installed, and {REQUIRED} is set"
    );
    // The macro's output is not shown for a test that passes.
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "NOT RUN: {name}: {missing} is not installed");
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
