//! A cache of what was made of components, kept for the next case with the same component: a fuzzer tries many runs of one
//! component.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The last few things that were made, by the bytes that they were made of. The oldest one is dropped first.
pub struct ComponentCache<T> {
    capacity: usize,
    made: Mutex<Made<T>>,
}

struct Made<T> {
    by_bytes: HashMap<Vec<u8>, T>,
    order: VecDeque<Vec<u8>>,
}

impl<T: Clone> ComponentCache<T> {
    /// Makes a cache that keeps at most `capacity` things, which may be none at all.
    pub fn new(capacity: usize) -> ComponentCache<T> {
        let made = Made {
            by_bytes: HashMap::new(),
            order: VecDeque::new(),
        };
        ComponentCache {
            capacity,
            made: Mutex::new(made),
        }
    }

    /// Returns the thing that was made of these bytes before, or has `make` make it of them now. A failure is not kept.
    ///
    /// # Errors
    ///
    /// The error is that of `make`.
    pub fn get_or_make<E>(
        &self,
        bytes: &[u8],
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if self.capacity == 0 {
            return make();
        }
        let lock = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = lock().by_bytes.get(bytes) {
            return Ok(kept.clone());
        }
        let new = make()?;
        let mut made = lock();
        if made.by_bytes.insert(bytes.to_vec(), new.clone()).is_none() {
            made.order.push_back(bytes.to_vec());
        }
        if made.order.len() > self.capacity
            && let Some(oldest) = made.order.pop_front()
        {
            made.by_bytes.remove(&oldest);
        }
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_not_made_again_and_the_oldest_goes_first() {
        let kept = ComponentCache::new(2);
        let mut made = Vec::new();
        for bytes in [b"a", b"b", b"a", b"c", b"b", b"a"] {
            let got = kept.get_or_make(bytes, || {
                made.push(bytes[0]);
                Ok::<u8, ()>(bytes[0])
            });
            assert_eq!(got, Ok(bytes[0]));
        }
        assert_eq!(made, b"abca");
    }

    #[test]
    fn a_failure_is_not_kept_and_with_no_room_nothing_is() {
        let kept = ComponentCache::new(1);
        assert_eq!(kept.get_or_make(b"a", || Err::<u8, u8>(1)), Err(1));
        assert_eq!(kept.get_or_make(b"a", || Ok::<u8, u8>(2)), Ok(2));
        let none = ComponentCache::new(0);
        assert_eq!(none.get_or_make(b"a", || Ok::<u8, u8>(1)), Ok(1));
        assert_eq!(none.get_or_make(b"a", || Ok::<u8, u8>(2)), Ok(2));
    }
}
