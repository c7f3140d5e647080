//! The study that is going on, for everybody who looks: a page that is reloaded or opened beside finds it, can
//! end it, and gets what it gave. It belongs to the runner, not to a connection.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::runner::FromRunner;
use protocol::study::{StudyEvent, Wish};
use tokio::sync::mpsc::UnboundedSender;

use crate::guest::Guest;
use crate::laboratory::RunId;

/// What is known of the study, and who hears of it.
#[derive(Default)]
pub(super) struct Study(Mutex<State>);

#[derive(Default)]
struct State {
    /// What it is about, until somebody has heard its end.
    wish: Option<Wish>,
    /// By what it is cancelled.
    run: Option<RunId>,
    /// What came last of each.
    turn: Option<StudyEvent>,
    /// What was recorded.
    recorded: Vec<StudyEvent>,
    block: Option<StudyEvent>,
    end: Option<StudyEvent>,
    listeners: Vec<UnboundedSender<FromRunner>>,
    /// To the study, while it goes on: pages that may take the place of one that is gone.
    guests: Option<Sender<Guest>>,
}

impl Study {
    /// Says hello to a page; one that comes to a study that is going on, or whose end nobody has heard, hears
    /// where it stands and how it goes on.
    pub(super) fn welcome(
        &self,
        page: &UnboundedSender<FromRunner>,
        hello: impl FnOnce(Option<Wish>) -> FromRunner,
    ) {
        let mut state = self.state();
        // It fails only if the page is gone again.
        let say = |message| drop(page.send(message));
        say(hello(state.wish.clone()));
        if state.wish.is_none() {
            return;
        }
        let known = state.recorded.iter().chain(&state.turn).chain(&state.block).cloned();
        known.for_each(|event| say(FromRunner::Study(event)));
        match state.end.take() {
            Some(end) => {
                say(FromRunner::Study(end));
                *state = State::default();
            }
            None => state.listeners.push(page.clone()),
        }
    }

    /// Begins one for a page, unless `begin` says why not. It gets where successors of the page come from.
    pub(super) fn begin<E>(
        &self,
        wish: &Wish,
        page: &UnboundedSender<FromRunner>,
        begin: impl FnOnce(Receiver<Guest>) -> Result<RunId, E>,
    ) -> Result<(), E> {
        // Whoever tells of it waits until its beginning is known.
        let mut state = self.state();
        let (guests, successors) = channel();
        let run = begin(successors)?;
        *state = State {
            wish: Some(wish.clone()),
            run: Some(run),
            listeners: vec![page.clone()],
            guests: Some(guests),
            ..State::default()
        };
        Ok(())
    }

    /// Tells everybody how it goes.
    pub(super) fn tell(&self, event: &StudyEvent) {
        let mut state = self.state();
        state.listeners.retain(|page| page.send(FromRunner::Study(event.clone())).is_ok());
        let kept = match event {
            StudyEvent::Recorded(_) => return state.recorded.push(event.clone()),
            StudyEvent::Turn { .. } => &mut state.turn,
            StudyEvent::Block(_) => &mut state.block,
            StudyEvent::Ended { .. } => &mut state.end,
        };
        *kept = Some(event.clone());
        if matches!(event, StudyEvent::Ended { .. }) {
            state.guests = None;
            if !state.listeners.is_empty() {
                *state = State::default();
            }
        }
    }

    /// Another page is there: it may take the place of one that is gone.
    pub(super) fn is_joined_by(&self, guest: impl FnOnce() -> Option<Guest>) {
        if let Some(guests) = &self.state().guests
            && let Some(guest) = guest()
        {
            let _ = guests.send(guest);
        }
    }

    /// The study that a page hears of, if there is one.
    pub(super) fn heard_by(&self, page: &UnboundedSender<FromRunner>) -> Option<RunId> {
        let state = self.state();
        state.listeners.iter().any(|other| other.same_channel(page)).then_some(state.run)?
    }

    /// A page is gone.
    pub(super) fn leave(&self, page: &UnboundedSender<FromRunner>) {
        self.state().listeners.retain(|other| !other.same_channel(page));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use protocol::study::StudyEnd;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    type Page = (UnboundedSender<FromRunner>, UnboundedReceiver<FromRunner>);

    fn hello(running: Option<Wish>) -> FromRunner {
        let machine = crate::machine::describe();
        FromRunner::Hello { protocol: 0, machine, lanes: Vec::new(), running, scrapes: false }
    }

    fn end() -> StudyEvent {
        StudyEvent::Ended { report: None, standings: Vec::new(), end: StudyEnd::Done }
    }

    fn turn(done: u32) -> StudyEvent {
        let (lane, experiment) = (protocol::LaneId::NATIVE_THREAD, "echo".to_owned());
        StudyEvent::Turn { done, all: 9, seconds_left: None, lane, experiment }
    }

    /// Whether it runs, by the hello, and the events.
    fn heard(page: &mut Page) -> Vec<Result<StudyEvent, bool>> {
        let mut all = Vec::new();
        while let Ok(message) = page.1.try_recv() {
            all.push(match message {
                FromRunner::Hello { running, .. } => Err(running.is_some()),
                FromRunner::Study(event) => Ok(event),
                other => panic!("{other:?}"),
            });
        }
        all
    }

    /// A run like those of the laboratory.
    const RUN: RunId = RunId::of_test(1);

    #[test]
    fn who_comes_later_hears_where_it_stands() {
        let study = Study::default();
        let (mut first, mut second): (Page, Page) = (unbounded_channel(), unbounded_channel());
        study.welcome(&first.0, hello);
        study.begin(&Wish::default(), &first.0, |_| Ok::<_, ()>(RUN)).unwrap();
        study.tell(&turn(1));
        study.tell(&turn(2));
        assert_eq!((study.heard_by(&first.0), study.heard_by(&second.0)), (Some(RUN), None));
        study.welcome(&second.0, hello);
        assert_eq!(study.heard_by(&second.0), Some(RUN));
        study.tell(&end());
        assert_eq!(study.heard_by(&second.0), None);
        assert_eq!(heard(&mut first), [Err(false), Ok(turn(1)), Ok(turn(2)), Ok(end())]);
        assert_eq!(heard(&mut second), [Err(true), Ok(turn(2)), Ok(end())]);
        let mut third: Page = unbounded_channel();
        study.welcome(&third.0, hello);
        assert_eq!(heard(&mut third), [Err(false)], "its end was heard");
    }

    #[test]
    fn an_end_that_nobody_heard_waits_for_somebody() {
        let study = Study::default();
        let page: Page = unbounded_channel();
        study.begin(&Wish::default(), &page.0, |_| Ok::<_, ()>(RUN)).unwrap();
        study.leave(&page.0);
        study.tell(&end());
        let mut next: Page = unbounded_channel();
        study.welcome(&next.0, hello);
        assert_eq!(heard(&mut next), [Err(true), Ok(end())]);
    }

    #[test]
    fn one_that_is_refused_never_began() {
        let study = Study::default();
        let mut page: Page = unbounded_channel();
        assert_eq!(study.begin(&Wish::default(), &page.0, |_| Err("busy")), Err("busy"));
        study.welcome(&page.0, hello);
        assert_eq!(heard(&mut page), [Err(false)]);
    }
}
