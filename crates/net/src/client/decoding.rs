//! Decodes bodies outside the threads that serve connections, timers and signals.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use courant_formats::decode::{self, Budget, Coding, DecodeError, Stop};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout_at},
};

/// A body to decode.
pub(crate) struct Job {
    pub(crate) body: Vec<u8>,
    pub(crate) coding: Option<Coding>,
    /// Whether a result that is a gzip file is decompressed.
    pub(crate) unpack: bool,
    pub(crate) max_bytes: u64,
    /// Whether a body that is too large is cut instead of refused.
    pub(crate) cut: bool,
    /// Whether the end of the body was left unread.
    pub(crate) is_cut: bool,
}

/// Decodes bodies on blocking threads, at most as many at a time as the machine has cores.
#[derive(Debug)]
pub(crate) struct Decoding {
    permits: Arc<Semaphore>,
}

impl Default for Decoding {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self { permits: Arc::new(Semaphore::new(cores)) }
    }
}

/// Cancels a decoder when it is dropped.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Decoding {
    /// Decodes the body by `deadline`, including the wait for a permit. If this future is dropped,
    /// the decoder stops within a few KiB, so that a program that is shutting down does not wait
    /// for it.
    pub(crate) async fn run(&self, job: Job, deadline: Instant) -> Result<Vec<u8>, DecodeError> {
        let late = |_| DecodeError::Stopped(Stop::Deadline);
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned()).await.map_err(late)?;
        // The semaphore is never closed.
        let permit = permit.map_err(|_| DecodeError::Stopped(Stop::Cancelled))?;
        let (_cancel, work) = begin(job, permit, deadline);
        let done = timeout_at(deadline, work).await;
        // A panic means damage that the decoder does not handle.
        done.map_err(late)?.unwrap_or_else(|_| {
            Err(DecodeError::Damaged { coding: "packed", why: "the decoder failed".to_owned() })
        })
    }
}

/// Starts a decoder on its own thread, which holds the permit until it ends.
fn begin(
    job: Job,
    permit: OwnedSemaphorePermit,
    deadline: Instant,
) -> (CancelOnDrop, JoinHandle<Result<Vec<u8>, DecodeError>>) {
    let cancelled = Arc::new(AtomicBool::new(false));
    let cancel = CancelOnDrop(Arc::clone(&cancelled));
    let work = spawn_blocking(move || {
        let decoded = decoded(job, &|| stop_reason(&cancelled, deadline));
        drop(permit);
        decoded
    });
    (cancel, work)
}

fn stop_reason(cancelled: &AtomicBool, deadline: Instant) -> Option<Stop> {
    if cancelled.load(Ordering::Relaxed) {
        return Some(Stop::Cancelled);
    }
    (Instant::now() >= deadline).then_some(Stop::Deadline)
}

/// Removes the coding and decompresses a gzip file. Both steps share one budget of members.
fn decoded(job: Job, stop: &dyn Fn() -> Option<Stop>) -> Result<Vec<u8>, DecodeError> {
    let Job { mut body, coding, unpack, max_bytes, cut, is_cut } = job;
    let mut budget = Budget::new(max_bytes, stop);
    let mut is_cut = is_cut;
    if let Some(coding) = coding {
        (body, is_cut) = step(coding, &body, &mut budget, cut, is_cut)?;
    }
    if unpack && decode::is_gzip(&body) {
        (body, _) = step(Coding::Gzip, &body, &mut budget, cut, is_cut)?;
    }
    Ok(body)
}

/// One step; true if the end of the result is missing.
fn step(
    coding: Coding,
    body: &[u8],
    budget: &mut Budget<'_>,
    cut: bool,
    is_cut: bool,
) -> Result<(Vec<u8>, bool), DecodeError> {
    let mut plain = Vec::new();
    let ended = decode::decode_into(coding, body, budget, &mut plain);
    decode::shrink(&mut plain);
    match ended {
        Ok(()) => Ok((plain, false)),
        Err(DecodeError::TooLarge { .. }) if cut => Ok((plain, true)),
        Err(DecodeError::Truncated) if is_cut => Ok((plain, true)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, time::Duration};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn zeros(count: usize) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&vec![0; count]).unwrap();
        packed.finish().unwrap()
    }

    fn job(body: Vec<u8>) -> Job {
        let coding = Some(Coding::Gzip);
        Job { body, coding, unpack: false, max_bytes: 1 << 30, cut: false, is_cut: false }
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_permit_counts_against_the_deadline() {
        let decoding = Decoding::default();
        let permits = decoding.permits.available_permits() as u32;
        let held = Arc::clone(&decoding.permits).acquire_many_owned(permits).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let error = decoding.run(job(zeros(10)), deadline).await.unwrap_err();
        assert_eq!(error, DecodeError::Stopped(Stop::Deadline));
        assert_eq!(Instant::now(), deadline);
        drop(held);
        assert_eq!(decoding.run(job(zeros(10)), deadline + Duration::from_secs(1)).await, Ok(vec![0; 10]));
    }

    #[tokio::test]
    async fn a_cancelled_decoder_ends_and_returns_its_permit() {
        let decoding = Decoding::default();
        let permits = decoding.permits.available_permits();
        let deadline = Instant::now() + Duration::from_hours(10);
        let permit = Arc::clone(&decoding.permits).acquire_owned().await.unwrap();
        let (cancel, work) = begin(job(zeros(8 << 20).repeat(100)), permit, deadline);
        drop(cancel);
        assert_eq!(work.await.unwrap(), Err(DecodeError::Stopped(Stop::Cancelled)));
        assert_eq!(decoding.permits.available_permits(), permits);
    }

    #[test]
    fn a_deadline_or_a_cancellation_stops_the_decoder() {
        let bomb = zeros(8 << 20);
        for stop in [Stop::Deadline, Stop::Cancelled] {
            assert_eq!(decoded(job(bomb.clone()), &|| Some(stop)), Err(DecodeError::Stopped(stop)));
        }
    }
}
