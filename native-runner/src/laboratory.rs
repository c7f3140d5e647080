//! The one long-lived thread that owns the lanes, starts every child, makes every visit and leads every
//! study.
//!
//! One thread, because these must not overlap (each would disturb the other's figures), and because
//! the kernel ties a child's parent-death signal to the thread that started it.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use futures::executor::block_on;
use lab::lead::{Place, lead};
use lab::{Lane, Observer};
use protocol::example::ExampleEvent;
use protocol::scrape::ScrapeEvent;
use protocol::study::{StudyEvent, Wish};
use protocol::{Failure, LaneEvent, LaneId, LaneInfo, Nanos, Stage, Task};

use crate::cancel::Cancel;
use crate::guest::Guests;
use crate::scrape::Run;
use crate::timing::{self, Clock};
use crate::{examples, lanes, machine, recorder};

/// The system's load average remembers work for so long.
const LOAD_LASTS: Nanos = Nanos(180_000_000_000);

/// The laboratory thread's handle. Dropping it ends what is going on, and the thread.
pub struct Laboratory {
    orders: Option<Sender<Order>>,
    /// Of what is going on or, between two, of nothing.
    cancel: Cancel,
    /// Lets beginning, ending and cancelling take place one after the other.
    gate: Arc<Mutex<Gate>>,
    lanes: Vec<LaneInfo>,
    thread: Option<JoinHandle<()>>,
}

/// Something that was begun: whoever began it can end it, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunId(u64);

#[cfg(test)]
impl RunId {
    /// For tests of who keeps one.
    pub(crate) const fn of_test(number: u64) -> Self {
        Self(number)
    }
}

/// What there is to do.
#[derive(Default)]
struct Gate {
    /// So many were begun.
    begun: u64,
    /// What is going on.
    current: Option<RunId>,
    /// What waits for its end, once that is being cancelled: whoever cancels by leaving, as a page that is reloaded
    /// does, may be back before the last worker is gone.
    next: Option<RunId>,
    /// What waits was cancelled, too.
    next_cancelled: bool,
}

impl Gate {
    /// What was going on has ended; what waited begins.
    fn end(&mut self, cancel: &Cancel) {
        self.current = self.next.take();
        cancel.reset();
        if std::mem::take(&mut self.next_cancelled) {
            cancel.ask();
        }
    }
}

/// Why nothing was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Another visit or study is going on.
    Working,
    /// The runner is ending.
    Ending,
}

type Report = Box<dyn FnMut(LaneEvent) + Send>;
type Tell<E = StudyEvent> = Box<dyn FnMut(E) + Send>;
/// What gets what an untimed run has made.
pub type Keep = Box<dyn FnMut(&[u8]) + Send>;

enum Order {
    Visit { visit: Visit, report: Report },
    Study { wish: Wish, guests: Guests, tell: Tell },
    Scrape { run: Run, tell: Tell<ScrapeEvent> },
    Examples { site: String, tell: Tell<ExampleEvent> },
}

/// A visit that is to be made.
pub struct Visit {
    /// Of which lane.
    pub lane: LaneId,
    /// What it does.
    pub task: Task,
    /// The visitor's own picture, if the task is about one.
    pub own: Option<Arc<[u8]>>,
    /// Who gets what the untimed run makes, if anybody.
    pub keep: Option<Keep>,
}

impl Laboratory {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let cancel = Cancel::default();
        let gate = Arc::<Mutex<Gate>>::default();
        let (orders, inbox) = channel();
        let all = lanes::all(&cancel);
        let lanes = all.iter().map(|lane| lane.info()).collect();
        let thread = {
            let (cancel, gate) = (cancel.clone(), Arc::clone(&gate));
            #[expect(clippy::disallowed_methods, reason = "this is the laboratory thread")]
            thread::Builder::new()
                .name("laboratory".into())
                .spawn(move || work(&cancel, &inbox, &gate))?
        };
        Ok(Self { orders: Some(orders), cancel, gate, lanes, thread: Some(thread) })
    }

    /// Its lanes; those that make pictures can be visited.
    #[must_use]
    pub fn lanes(&self) -> &[LaneInfo] {
        &self.lanes
    }

    /// Begins a visit; its events go to `report`, from the laboratory's thread.
    ///
    /// # Errors
    /// If something else is going on.
    pub fn visit(
        &self,
        visit: Visit,
        report: impl FnMut(LaneEvent) + Send + 'static,
    ) -> Result<RunId, Busy> {
        self.begin(Order::Visit { visit, report: Box::new(report) })
    }

    /// Begins to lead a study of all lanes here and those of the page, if it has any; how it goes is told to
    /// `tell`, from the laboratory's thread.
    ///
    /// # Errors
    /// If something else is going on.
    pub(crate) fn study(
        &self,
        wish: Wish,
        guests: Guests,
        tell: impl FnMut(StudyEvent) + Send + 'static,
    ) -> Result<RunId, Busy> {
        self.begin(Order::Study { wish, guests, tell: Box::new(tell) })
    }

    /// Begins to scrape; how it goes is told to `tell`, from the laboratory's thread.
    ///
    /// # Errors
    /// If something else is going on.
    pub(crate) fn scrape(
        &self,
        run: Run,
        tell: impl FnMut(ScrapeEvent) + Send + 'static,
    ) -> Result<RunId, Busy> {
        self.begin(Order::Scrape { run, tell: Box::new(tell) })
    }

    /// Begins to run the seed's examples, with the built-in site at this origin; how it goes is told to `tell`, from the laboratory's thread.
    ///
    /// # Errors
    /// If something else is going on.
    pub(crate) fn examples(
        &self,
        site: String,
        tell: impl FnMut(ExampleEvent) + Send + 'static,
    ) -> Result<RunId, Busy> {
        self.begin(Order::Examples { site, tell: Box::new(tell) })
    }

    fn begin(&self, order: Order) -> Result<RunId, Busy> {
        let mut gate = lock(&self.gate);
        let waits = match (gate.current, gate.next) {
            (None, _) => false,
            (Some(_), None) if self.cancel.is_asked() => true,
            _ => return Err(Busy::Working),
        };
        let orders = self.orders.as_ref().ok_or(Busy::Ending)?;
        orders.send(order).map_err(|_| Busy::Ending)?;
        gate.begun += 1;
        let run = RunId(gate.begun);
        *(if waits { &mut gate.next } else { &mut gate.current }) = Some(run);
        Ok(run)
    }

    /// Ends this run, if it has not ended; its last event still comes. Whatever else goes on is left alone. Says
    /// whether there was anything to end.
    pub fn cancel(&self, run: RunId) -> bool {
        let mut gate = lock(&self.gate);
        let (is_current, is_next) = (gate.current == Some(run), gate.next == Some(run));
        if is_current {
            self.cancel.ask();
        }
        gate.next_cancelled |= is_next;
        is_current || is_next
    }
}

impl Drop for Laboratory {
    fn drop(&mut self) {
        {
            let mut gate = lock(&self.gate);
            gate.next_cancelled = gate.next.is_some();
            if gate.current.is_some() {
                self.cancel.ask();
            }
        }
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(gate: &Mutex<Gate>) -> MutexGuard<'_, Gate> {
    gate.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(cancel: &Cancel, inbox: &Receiver<Order>, gate: &Mutex<Gate>) {
    let lanes = lanes::all(cancel);
    // When the last thing was over.
    let mut worked: Option<Clock> = None;
    // Free before the last event is out: whoever gets it may ask for the next thing at once.
    let free = || lock(gate).end(cancel);
    while let Ok(order) = inbox.recv() {
        match order {
            Order::Visit { visit: Visit { lane, task, own, keep }, report } => {
                let mut last = Last { report, event: None, keep };
                match lanes.iter().find(|known| known.is_visited() && known.id() == lane) {
                    Some(lane) => {
                        block_on(lab::visit(lane.as_ref(), &task, own.as_deref(), &mut last));
                    }
                    None => last.event(LaneEvent::Failed(Failure {
                        stage: Stage::Prepare,
                        error: format!("the runner has no lane {lane}"),
                    })),
                }
                free();
                if let Some(event) = last.event {
                    (last.report)(event);
                }
            }
            Order::Study { wish, guests, mut tell } => {
                let own_load = worked.is_some_and(|worked| worked.elapsed() < LOAD_LASTS);
                let study = lead_study(&wish, guests, own_load, cancel, &mut tell);
                let last = block_on(study);
                free();
                tell(last);
            }
            Order::Scrape { run, mut tell } => {
                run.make(cancel, &mut |event| {
                    if event.is_last() {
                        free();
                    }
                    tell(event);
                });
            }
            Order::Examples { site, mut tell } => {
                examples::run(examples::TRIES, &site, cancel, &mut |event| {
                    if event.is_last() {
                        free();
                    }
                    tell(event);
                });
            }
        }
        worked = Some(Clock::start());
    }
}

async fn lead_study(
    wish: &Wish,
    guests: Guests,
    own_load: bool,
    cancel: &Cancel,
    tell: &mut Tell,
) -> StudyEvent {
    let mut machine = machine::for_report();
    // Some lanes keep a caller process for their turns, which ends with them.
    let own = lanes::all(cancel);
    let mine: Vec<&dyn Lane> = own.iter().map(AsRef::as_ref).collect();
    lanes::describe(&mine, cancel, &mut machine);
    let page = guests.remote(cancel);
    machine.browser = page.as_ref().map(|(offer, _)| offer.browser.clone());
    let theirs = page.as_ref().map_or_else(Vec::new, |(offer, remote)| remote.lanes(&offer.lanes));
    let place = Place {
        lanes: theirs.iter().map(AsRef::as_ref).chain(mine).collect(),
        machine,
        run: recorder::begin_run(),
        own_load,
        seed: recorder::seed(),
        now: &|| Nanos(timing::now()),
        remote: page.as_ref().map(|(_, remote)| remote),
    };
    lead(wish, place, tell).await
}

/// Passes events on, and keeps the last one back.
struct Last {
    report: Report,
    event: Option<LaneEvent>,
    keep: Option<Keep>,
}

impl Observer for Last {
    fn event(&mut self, event: LaneEvent) {
        if event.is_last() {
            self.event = Some(event);
        } else {
            (self.report)(event);
        }
    }

    fn after_warm_up(&mut self, out: &[u8]) {
        if let Some(keep) = &mut self.keep {
            keep(out);
        }
    }
}
