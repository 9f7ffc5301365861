//! What the crate logs.

use std::{
    io,
    sync::{Arc, Mutex, Once},
};

use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter, util::SubscriberInitExt};

/// Where the log goes.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Hears everything that this thread logs until the guard is dropped.
    pub(crate) fn listen(&self) -> impl Drop + use<> {
        self.listen_from(LevelFilter::TRACE)
    }

    /// As [`listen`](Self::listen), from this level on.
    pub(crate) fn listen_from(&self, level: LevelFilter) -> impl Drop + use<> {
        hear_everything();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(self.clone())
            .without_time()
            .with_ansi(false);
        subscriber.finish().set_default()
    }

    /// What has been logged.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines that have been logged since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(text).unwrap();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }
}

/// A subscriber for all events that exists as long as the process. Without it, a test without a
/// subscriber could reach a call site first. `tracing` would then cache the call site as disabled.
fn hear_everything() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_writer(io::sink);
        subscriber.finish().init();
    });
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
