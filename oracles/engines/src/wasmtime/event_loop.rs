//! Turning Wasmtime's event loop until nothing is ready any more, and knowing it for certain.
//!
//! `Store::run_concurrent` returns a future whose polls turn the loop (`StoreContextMut::poll_until`). With host
//! functions that are all synchronous, no asynchronous limiter and no yielding on fuel or epochs, a poll comes back
//! `Pending` in two places only:
//! - before an item of the low-priority queue is run: the loop first yields to its executor, and it wakes its waker
//!   before it does;
//! - when both queues are empty, no host future is left, and the closure's own future is pending: the loop is idle, and
//!   nobody has woken the waker, for there is nobody left who could.
//!
//! So a poll that is `Pending` and did not wake is idleness, exactly. A wake too many (the delivery of a result wakes the
//! closure's future) only costs one more poll.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// More turns than fuel lets a run ask for: a loop that goes on for longer makes no progress.
const MAX_TURNS: u32 = 1 << 22;

/// The outcome of turning a future.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turned<T> {
    /// The future completed, with this value.
    Done(T),
    /// The future is pending, and nothing is left that could wake it.
    Idle,
    /// The future kept waking itself for [`MAX_TURNS`] turns.
    Endless,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls `future` until it is done or idle. Once the future is idle, it is polled `extra` times more, to show that idle means idle.
pub(super) fn turn<F: Future>(mut future: Pin<&mut F>, extra: u32) -> Turned<F::Output> {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    let mut extra = extra;
    for _ in 0..MAX_TURNS {
        woken.0.store(false, Ordering::Relaxed);
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(value) => return Turned::Done(value),
            Poll::Pending if woken.0.load(Ordering::Relaxed) => {}
            Poll::Pending if extra > 0 => extra -= 1,
            Poll::Pending => return Turned::Idle,
        }
    }
    Turned::Endless
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future;
    use std::pin::pin;

    #[test]
    fn a_future_that_wakes_itself_is_polled_again_and_one_that_does_not_is_idle() {
        let mut left = 3;
        let counting = pin!(future::poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(7);
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        assert_eq!(turn(counting, 0), Turned::Done(7));
        assert_eq!(turn(pin!(future::pending::<()>()), 5), Turned::Idle);
    }

    #[test]
    fn a_future_that_never_stops_waking_itself_is_endless() {
        let spinning = pin!(future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        assert_eq!(turn(spinning, 0), Turned::Endless);
    }
}
