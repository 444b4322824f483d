//! Undoing content codings away from the threads that serve connections, timers and signals.

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

/// A body to be decoded.
pub(crate) struct Job {
    pub(crate) body: Vec<u8>,
    pub(crate) coding: Option<Coding>,
    /// Whether what is a gzip file then is unpacked.
    pub(crate) unpack: bool,
    pub(crate) max_bytes: u64,
    /// Whether a body that is too large is cut instead of refused.
    pub(crate) cut: bool,
    /// Whether the end of the body was left unread.
    pub(crate) is_cut: bool,
}

/// Decodes as many bodies at once as the machine has cores, each on a thread on which nothing else waits.
#[derive(Debug)]
pub(crate) struct Decoding {
    turns: Arc<Semaphore>,
}

impl Default for Decoding {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }
}

/// Tells a decoder that nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Decoding {
    /// What the job gives, by `deadline`: waiting for a turn counts. When this is dropped the decoder ends within
    /// a few KiB, so that neither a stopping program nor a closing runtime waits for it.
    pub(crate) async fn run(&self, job: Job, deadline: Instant) -> Result<Vec<u8>, DecodeError> {
        let late = |_| DecodeError::Stopped(Stop::Deadline);
        let turn = timeout_at(deadline, Arc::clone(&self.turns).acquire_owned()).await.map_err(late)?;
        // The semaphore is never closed.
        let turn = turn.map_err(|_| DecodeError::Stopped(Stop::Cancelled))?;
        let (_cancel, work) = begin(job, turn, deadline);
        let done = timeout_at(deadline, work).await;
        // A decoder that panics met damage it does not handle.
        done.map_err(late)?.unwrap_or_else(|_| {
            Err(DecodeError::Damaged { coding: "packed", why: "the decoder failed".to_owned() })
        })
    }
}

/// Starts a decoder on a thread of its own, which holds the turn until it ends.
fn begin(
    job: Job,
    turn: OwnedSemaphorePermit,
    deadline: Instant,
) -> (CancelOnDrop, JoinHandle<Result<Vec<u8>, DecodeError>>) {
    let cancelled = Arc::new(AtomicBool::new(false));
    let cancel = CancelOnDrop(Arc::clone(&cancelled));
    let work = spawn_blocking(move || {
        let decoded = decoded(job, &|| stop_reason(&cancelled, deadline));
        drop(turn);
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

/// The body without its coding, and unpacked. Both steps draw on one count of members.
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

/// One step, and whether its result lacks its end.
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
    async fn waiting_for_a_turn_counts_against_the_deadline() {
        let decoding = Decoding::default();
        let turns = decoding.turns.available_permits() as u32;
        let held = Arc::clone(&decoding.turns).acquire_many_owned(turns).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let error = decoding.run(job(zeros(10)), deadline).await.unwrap_err();
        assert_eq!(error, DecodeError::Stopped(Stop::Deadline));
        assert_eq!(Instant::now(), deadline);
        drop(held);
        assert_eq!(decoding.run(job(zeros(10)), deadline + Duration::from_secs(1)).await, Ok(vec![0; 10]));
    }

    #[tokio::test]
    async fn a_decoder_that_nobody_waits_for_ends_and_gives_its_turn_back() {
        let decoding = Decoding::default();
        let turns = decoding.turns.available_permits();
        let deadline = Instant::now() + Duration::from_hours(10);
        let turn = Arc::clone(&decoding.turns).acquire_owned().await.unwrap();
        let (cancel, work) = begin(job(zeros(8 << 20).repeat(100)), turn, deadline);
        drop(cancel);
        assert_eq!(work.await.unwrap(), Err(DecodeError::Stopped(Stop::Cancelled)));
        assert_eq!(decoding.turns.available_permits(), turns);
    }

    #[test]
    fn a_passed_deadline_and_a_cancelled_job_stop_the_decoder() {
        let bomb = zeros(8 << 20);
        for stop in [Stop::Deadline, Stop::Cancelled] {
            assert_eq!(decoded(job(bomb.clone()), &|| Some(stop)), Err(DecodeError::Stopped(stop)));
        }
    }
}
