//! The pool: a queue, workers that each have one page at a time, a second try after a crash, and what a crash costs.
//!
//! Nobody gets a page before it is idle, and nobody is heard while whoever hears of a page is busy with it: the pool
//! waits, and the children wait for the pool.

use std::collections::VecDeque;
use std::os::fd::AsFd;

use lab::LaneError;
use lab::ops::Trails;
use protocol::Nanos;
use protocol::frame::Head;
use protocol::scrape::{Answer, Answered, Ask, ScrapeEvent, ScrapeResult, ScrapeSummary, Scraped};
use protocol::trace::What;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;

use super::programs::{Crew, Program};
use crate::cancel::Cancel;
use crate::footprint::Footprint;
use crate::lanes::{Transport, Worker};
use crate::timing;

/// How often a page is tried.
const ATTEMPTS: u32 = 2;
/// Seconds beyond a page's time after which its worker counts as stuck.
const GRACE: u64 = 5;
/// A process that has more than this after a page is replaced, in bytes: it keeps what it should not.
const OUTGROWN: u64 = 64 << 20;

/// A page that waits.
struct Waiting {
    ask: Ask,
    attempt: u32,
}

/// A page that somebody is at.
struct Doing {
    waiting: Waiting,
    since: u64,
}

/// A process, and what it is at.
struct Member<T> {
    worker: Worker<T>,
    doing: Vec<Doing>,
    memory: u64,
}

/// What came of it.
pub(super) struct Over {
    pub(super) summary: ScrapeSummary,
    /// What those have noted that were there in the end, if they were to.
    pub(super) trails: Trails,
}

/// All of them.
pub(super) struct Pool<'a, T> {
    program: &'a Program<'a>,
    members: Vec<Member<T>>,
    /// Pages that a member may be at.
    capacity: usize,
    /// Whether one that died is replaced: threads have nobody left to do it.
    replaces: bool,
    queue: VecDeque<Waiting>,
    summary: ScrapeSummary,
    cancel: &'a Cancel,
    tell: &'a mut dyn FnMut(ScrapeEvent),
}

impl<'a, T: Transport> Pool<'a, T> {
    /// Scrapes these pages.
    pub(super) fn run(
        program: &'a Program<'a>,
        crew: Crew,
        asks: VecDeque<Ask>,
        cancel: &'a Cancel,
        tell: &'a mut dyn FnMut(ScrapeEvent),
    ) -> Result<Over, LaneError> {
        let asked = timing::now();
        let (count, capacity, replaces) = match crew {
            Crew::Processes(count) => (count, 1, true),
            Crew::Threads(count) => (1, count as usize, false),
        };
        let started = (0..count).map(|_| program.start()).collect::<Result<Vec<_>, _>>()?;
        let members = started.into_iter().map(|mut worker| {
            worker.greet()?;
            Ok(Member { worker, doing: Vec::new(), memory: 0 })
        });
        let members = members.collect::<Result<Vec<Member<T>>, LaneError>>()?;
        let (pages, startup) = (asks.len() as u32, Nanos(timing::now() - asked));
        tell(ScrapeEvent::Begun { pages, startup });
        let queue = asks.into_iter().map(|ask| Waiting { ask, attempt: 1 }).collect();
        let summary = ScrapeSummary::default();
        let mut pool = Self { program, members, capacity, replaces, queue, summary, cancel, tell };
        pool.weigh_all();
        pool.summary.memory_before = pool.memory();
        pool.work()
    }

    fn work(mut self) -> Result<Over, LaneError> {
        let began = timing::now();
        loop {
            self.give_out()?;
            if self.members.iter().all(|member| member.doing.is_empty()) {
                break;
            }
            if let Some(at) = self.wait()? {
                self.hear(at)?;
            }
            if self.cancel.is_asked() {
                self.summary.cancelled = true;
                break;
            }
        }
        // What still waits has nobody to wait for.
        for waiting in std::mem::take(&mut self.queue) {
            self.lose(waiting, Nanos(0));
        }
        self.summary.took = Nanos(timing::now() - began);
        self.weigh_all();
        self.summary.memory_after = self.memory();
        let mut trails = Vec::new();
        if !self.summary.cancelled {
            if tracer::is_on() {
                let began = tracer::time();
                for Member { worker, .. } in &mut self.members {
                    worker.ask_for_notes()?;
                    let trail = worker.receive_notes("a blocking read()", T::NAME)?;
                    trails.push((worker.peer(), trail));
                }
                tracer::skip_since(began);
            }
            for member in self.members {
                member.worker.end()?;
            }
        }
        Ok(Over { summary: self.summary, trails })
    }

    /// To whoever is idle, and alive: a page that nobody could look at has not been tried.
    fn give_out(&mut self) -> Result<(), LaneError> {
        for at in 0..self.members.len() {
            while self.members[at].doing.len() < self.capacity && !self.queue.is_empty() {
                let member = &mut self.members[at];
                if !member.worker.is_alive() {
                    let why = member.worker.failure("it died");
                    self.bury(at, &why)?;
                    return self.give_out();
                }
                let Some(waiting) = self.queue.pop_front() else { break };
                let body = serde_json::to_vec(&waiting.ask).unwrap_or_default();
                member.doing.push(Doing { waiting, since: timing::now() });
                // One that is gone is found gone when it is listened to.
                let _ = member.worker.send(&Head::Fetch, &body);
            }
        }
        Ok(())
    }

    /// Until somebody says something: who. None if nobody did for a while, or who did was silent for too long and is
    /// gone now.
    fn wait(&mut self) -> Result<Option<usize>, LaneError> {
        if let Some(at) = self.members.iter().position(|member| member.worker.is_buffered()) {
            return Ok(Some(at));
        }
        let now = timing::now();
        let due = |member: &Member<T>| {
            let ends = member
                .doing
                .iter()
                .map(|it| it.since + (u64::from(it.waiting.ask.seconds) + GRACE) * SECOND);
            ends.min().unwrap_or(u64::MAX)
        };
        if let Some(at) = self.members.iter().position(|member| due(member) <= now) {
            let why = self.members[at].worker.give_up();
            self.bury(at, &why)?;
            return Ok(None);
        }
        let due = self.members.iter().map(due).min().unwrap_or(u64::MAX);
        // Whoever cancels kills the children, which is heard here.
        let left = due.saturating_sub(now).min(SECOND);
        let time = Timespec { tv_sec: (left / SECOND) as i64, tv_nsec: (left % SECOND) as i64 };
        let streams = self.members.iter().map(|member| member.worker.stream().map(AsFd::as_fd));
        let streams: Vec<_> = streams.collect::<Result<_, _>>()?;
        let mut polled: Vec<PollFd<'_>> =
            streams.iter().map(|stream| PollFd::from_borrowed_fd(*stream, PollFlags::IN)).collect();
        tracer::note(What::Wait);
        let polled_for = poll(&mut polled, Some(&time));
        tracer::note(What::Wake);
        match polled_for {
            Ok(0) | Err(Errno::INTR) => Ok(None),
            Ok(_) => Ok(polled.iter().position(|one| !one.revents().is_empty())),
            Err(why) => Err(LaneError::failed(why)),
        }
    }

    fn hear(&mut self, at: usize) -> Result<(), LaneError> {
        let member = &mut self.members[at];
        let heard = member.worker.receive_fetched().and_then(|body| {
            let understood = serde_json::from_slice::<Answered>(&body).ok();
            let found = understood.and_then(|answered| {
                let of = |doing: &Doing| doing.waiting.ask.number == answered.number;
                Some((member.doing.iter().position(of)?, answered.answer))
            });
            found.ok_or_else(|| member.worker.failure("it sent what is no answer"))
        });
        match heard {
            Ok((place, answer)) => {
                let Doing { waiting, since } = member.doing.remove(place);
                self.take(waiting, Nanos(timing::now() - since), answer);
                self.weigh(at);
                self.replace_outgrown(at)
            }
            Err(_) if self.cancel.is_asked() => Ok(()),
            Err(why) => self.bury(at, &why),
        }
    }

    fn take(&mut self, waiting: Waiting, took: Nanos, answer: Answer) {
        match answer {
            Answer::Page(_) => self.summary.pages += 1,
            Answer::Refused(_) | Answer::Failed(_) => self.summary.not_fetched += 1,
        }
        self.over(waiting, took, ScrapeResult::Answered(answer));
    }

    /// It has died. A page that it was at alone is tried once more; pages that it was at together are lost, for
    /// nobody can tell which of them it died of, and nobody is left to try.
    fn bury(&mut self, at: usize, why: &LaneError) -> Result<(), LaneError> {
        let how = match why {
            LaneError::Failed(how) | LaneError::Unavailable(how) | LaneError::Void(how) => {
                brief(how)
            }
            LaneError::Cancelled => return Ok(()),
        };
        self.summary.deaths += 1;
        let mut member = self.members.remove(at);
        let doing = std::mem::take(&mut member.doing);
        let peer = member.worker.peer();
        tracer::note(What::Crash { peer, how: how.clone() });
        drop(member);
        let names: Vec<&str> = doing.iter().map(|it| it.waiting.ask.url.as_str()).collect();
        let attempt = doing.first().map_or(0, |it| it.waiting.attempt);
        (self.tell)(ScrapeEvent::Crashed { url: names.join(" or "), attempt, how });
        for Doing { waiting, since } in doing {
            let took = Nanos(timing::now() - since);
            if !self.replaces {
                self.lose(waiting, took);
            } else if waiting.attempt < ATTEMPTS {
                self.queue.push_front(Waiting { attempt: waiting.attempt + 1, ..waiting });
            } else {
                self.summary.crashed += 1;
                self.over(waiting, took, ScrapeResult::Crashed);
            }
        }
        if self.replaces {
            let by = self.replace()?;
            tracer::note(What::Replaced { peer, by });
        }
        Ok(())
    }

    fn lose(&mut self, waiting: Waiting, took: Nanos) {
        self.summary.lost += 1;
        self.over(waiting, took, ScrapeResult::Lost);
    }

    fn over(&mut self, waiting: Waiting, took: Nanos, result: ScrapeResult) {
        let Waiting { ask, attempt } = waiting;
        (self.tell)(ScrapeEvent::Page(Scraped { url: ask.url, result, took, attempts: attempt }));
    }

    /// Starts another one; returns its number in notes.
    fn replace(&mut self) -> Result<u32, LaneError> {
        let mut worker = self.program.start()?;
        worker.greet()?;
        let peer = worker.peer();
        self.members.push(Member { worker, doing: Vec::new(), memory: 0 });
        Ok(peer)
    }

    /// A process that keeps too much gives it back by ending.
    fn replace_outgrown(&mut self, at: usize) -> Result<(), LaneError> {
        let Member { memory, ref doing, .. } = self.members[at];
        if !self.replaces || memory < OUTGROWN.max(2 * self.usual()) || !doing.is_empty() {
            return Ok(());
        }
        (self.tell)(ScrapeEvent::Outgrown { bytes: memory });
        self.members.remove(at).worker.end()?;
        self.replace().map(|_| ())
    }

    /// What one had when it had started.
    fn usual(&self) -> u64 {
        self.summary.memory_before / self.members.len().max(1) as u64
    }

    fn weigh(&mut self, at: usize) {
        let member = &mut self.members[at];
        let footprint = member.worker.outer_id().and_then(|id| Footprint::of(id).ok());
        member.memory = footprint.map_or(0, |it| it.pss as u64);
        self.summary.memory_most = self.summary.memory_most.max(self.memory());
    }

    fn weigh_all(&mut self) {
        (0..self.members.len()).for_each(|at| self.weigh(at));
    }

    fn memory(&self) -> u64 {
        self.members.iter().map(|member| member.memory).sum()
    }
}

const SECOND: u64 = 1_000_000_000;
/// Characters of a child's end that are told.
const LONGEST: usize = 300;

/// How it ended, and the one line of what it said that tells why.
fn brief(how: &str) -> String {
    let status = how.find("it ended with ").map(|at| {
        let line = how[at..].lines().next().unwrap_or_default();
        // What it said follows on the same line, after the name of a signal or a code.
        line.split_once(": ").map_or(line, |(before, after)| {
            let code = after.split(": ").next().unwrap_or_default();
            &line[..before.len() + 2 + code.len()]
        })
    });
    let is_telling =
        |line: &&str| ["overflow", "Error: ", "FATAL"].iter().any(|word| line.contains(word));
    let line = how
        .lines()
        .rev()
        .find(is_telling)
        .map(|line| line.rsplit("): ").next().unwrap_or(line).trim());
    let parts: Vec<&str> = status.into_iter().chain(line).collect();
    let text = if parts.is_empty() { how.trim().to_owned() } else { parts.join(": ") };
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_s_end_is_told_in_a_line() {
        let own = "child process 7: the stream broke: it sent the end of the stream; it ended with signal: 6 \
                   (SIGABRT): thread 'main' (7) has overflowed its stack\nfatal runtime error: stack overflow, aborting";
        assert!(brief(own).starts_with("it ended with signal: 6 (SIGABRT): "), "{}", brief(own));
        assert!(brief(own).contains("overflow"), "{}", brief(own));
        let python = "child process 7: it broke; Traceback\n  File x\nRecursionError: too deep\nit ended with exit status: 1";
        assert_eq!(brief(python), "it ended with exit status: 1: RecursionError: too deep");
        assert_eq!(brief("it was silent"), "it was silent");
    }
}
