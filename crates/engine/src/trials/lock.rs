//! A thread of the shared wasm memory traps while it holds a lock: what becomes of the lock, of what it guards,
//! and of the other threads?

use std::sync::{Mutex, TryLockError};

use lab::LaneError;
use protocol::engine::ToPeer;
use protocol::trial::{Fact, Tried};

use crate::clock;
use crate::life::Mortal;
use crate::thread::Thread;

/// What the lock guards: equal halves, whenever nobody is in between.
static GUARDED: Mutex<[u32; 2]> = Mutex::new([0; 2]);

/// The thread's side: takes the lock, writes one half, and traps. There is no unwinding that would release it.
pub(crate) fn take_and_trap() -> ! {
    let mut guarded = GUARDED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    guarded[0] += 1;
    // The optimiser may not take the half away: nobody would see it.
    std::hint::black_box(&mut guarded);
    core::arch::wasm32::unreachable()
}

/// Makes the trial.
pub(crate) async fn make() -> Result<Tried, LaneError> {
    let (mut victim, mut sibling) = (started().await?, started().await?);
    let began = clock::exact();
    let Err(LaneError::Failed(said)) = victim.order(&ToPeer::Trap).await else {
        return Err(LaneError::failed("the thread did not trap"));
    };
    let took = clock::exact() - began;
    started().await?;
    let replaced = Some(clock::exact() - began);
    let lock = match GUARDED.try_lock() {
        Ok(_) => "free",
        Err(TryLockError::Poisoned(_)) => "poisoned: whoever takes it is told",
        Err(TryLockError::WouldBlock) => "held",
    };
    let lost = sibling.order(&ToPeer::Hold).await.is_err();
    let facts = [
        ("died", Fact::Text("worker".into())),
        ("told_by", Fact::Text("error".into())),
        ("said", Fact::Text(said)),
        ("lock", Fact::Text(lock.into())),
        ("siblings_lost", Fact::Count(lost.into())),
    ];
    let facts = facts.map(|(name, fact)| (name.to_owned(), fact)).into();
    Ok(Tried { facts, took, replaced, lost: Some(0.0) })
}

async fn started() -> Result<Thread, LaneError> {
    let mut thread = Thread::ask()?;
    thread.greet().await?;
    Ok(thread)
}
