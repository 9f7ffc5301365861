use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};

/// A future that several wait for: each of them polls it, and it is dropped with the last.
///
/// `Shared` does nearly that. It turns away who comes while another one polls; who was woken to come is
/// not woken again, and if the other one then goes away, all wait in vain (futures-rs issue 2706). So
/// who is turned away and was woken comes again.
pub(in crate::keys) struct Joint<T: Clone> {
    future: Shared<BoxFuture<'static, T>>,
    bell: Arc<Bell>,
}

/// The way to a [`Joint`] that does not keep it going.
pub(in crate::keys) struct WeakJoint<T: Clone> {
    future: WeakShared<BoxFuture<'static, T>>,
    bell: Arc<Bell>,
}

/// What the future itself wakes.
#[derive(Default)]
struct Bell {
    /// Since the future was last polled.
    has_rung: AtomicBool,
    all: OnceLock<Waker>,
}

impl<T: Clone + Send + Sync + 'static> Joint<T> {
    pub(in crate::keys) fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        let bell = Arc::<Bell>::default();
        let own = Arc::clone(&bell);
        let future = async move {
            let waker = Waker::from(Arc::clone(&own));
            let mut future = pin!(future);
            poll_fn(|cx| {
                own.all.get_or_init(|| cx.waker().clone());
                own.has_rung.swap(false, Ordering::SeqCst);
                future.as_mut().poll(&mut Context::from_waker(&waker))
            })
            .await
        };
        let future = future.boxed().shared();
        Self { future, bell }
    }

    /// `None` if it is over.
    pub(in crate::keys) fn downgrade(&self) -> Option<WeakJoint<T>> {
        let future = self.future.downgrade()?;
        let bell = Arc::clone(&self.bell);
        Some(WeakJoint { future, bell })
    }
}

impl<T: Clone> WeakJoint<T> {
    /// `None` if nobody waits any more.
    pub(in crate::keys) fn join(&self) -> Option<Joint<T>> {
        let future = self.future.upgrade()?;
        let bell = Arc::clone(&self.bell);
        Some(Joint { future, bell })
    }
}

impl<T: Clone> Future for Joint<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let polled = self.future.poll_unpin(cx);
        if polled.is_pending() && self.bell.has_rung.load(Ordering::SeqCst) {
            cx.waker().wake_by_ref();
        }
        polled
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::SeqCst);
        if let Some(all) = self.all.get() {
            all.wake_by_ref();
        }
    }
}
