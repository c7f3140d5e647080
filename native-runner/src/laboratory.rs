//! The one long-lived thread that owns the lanes, starts every child and makes every visit.
//!
//! One thread, because visits must not overlap (each would disturb the other's figures), and because
//! the kernel ties a child's parent-death signal to the thread that started it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use futures::executor::block_on;
use lab::{Lane, Observer};
use protocol::{Failure, LaneEvent, LaneId, LaneInfo, Stage, Task};

use crate::cancel::Cancel;
use crate::lanes;

/// The laboratory thread's handle. Dropping it ends the visit that is going on, and the thread.
pub struct Laboratory {
    orders: Option<Sender<Order>>,
    busy: Arc<AtomicBool>,
    /// Of the visit that is going on or, between two, of none.
    cancel: Cancel,
    /// Lets `visit` and `cancel` take place one after the other.
    gate: Mutex<()>,
    lanes: Vec<LaneInfo>,
    thread: Option<JoinHandle<()>>,
}

/// Why a visit was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Another one is going on.
    Visiting,
    /// The runner is ending.
    Ending,
}

type Report = Box<dyn FnMut(LaneEvent) + Send>;

struct Order {
    lane: LaneId,
    task: Task,
    own: Option<Arc<[u8]>>,
    report: Report,
}

impl Laboratory {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let cancel = Cancel::default();
        let busy = Arc::new(AtomicBool::new(false));
        let (orders, inbox) = channel();
        let all = lanes::all(&cancel);
        let visited = all.iter().filter(|lane| lane.is_visited());
        let lanes = visited.map(|lane| lane.info()).collect();
        let thread = {
            let (cancel, busy) = (cancel.clone(), Arc::clone(&busy));
            #[expect(clippy::disallowed_methods, reason = "this is the laboratory thread")]
            thread::Builder::new()
                .name("laboratory".into())
                .spawn(move || work(&lanes::all(&cancel), &inbox, &busy))?
        };
        Ok(Self {
            orders: Some(orders),
            busy,
            cancel,
            gate: Mutex::new(()),
            lanes,
            thread: Some(thread),
        })
    }

    /// What can be visited.
    #[must_use]
    pub fn lanes(&self) -> &[LaneInfo] {
        &self.lanes
    }

    /// Begins a visit; its events go to `report`, from the laboratory's thread. `own` is the visitor's
    /// own picture, if the task is about one.
    ///
    /// # Errors
    /// If another visit is going on.
    pub fn visit(
        &self,
        lane: LaneId,
        task: Task,
        own: Option<Arc<[u8]>>,
        report: impl FnMut(LaneEvent) + Send + 'static,
    ) -> Result<(), Busy> {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if self.busy.swap(true, Ordering::SeqCst) {
            return Err(Busy::Visiting);
        }
        self.cancel.reset();
        let order = Order { lane, task, own, report: Box::new(report) };
        let orders = self.orders.as_ref().ok_or(Busy::Ending)?;
        orders.send(order).map_err(|_| Busy::Ending)
    }

    /// Ends the visit that is going on, if one is; its last event still comes.
    pub fn cancel(&self) {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if self.busy.load(Ordering::SeqCst) {
            self.cancel.ask();
        }
    }
}

impl Drop for Laboratory {
    fn drop(&mut self) {
        self.cancel();
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(lanes: &[Box<dyn Lane>], inbox: &Receiver<Order>, busy: &AtomicBool) {
    while let Ok(Order { lane, task, own, report }) = inbox.recv() {
        let mut last = Last { report, event: None };
        match lanes.iter().find(|known| known.is_visited() && known.id() == lane) {
            Some(lane) => block_on(lab::visit(lane.as_ref(), &task, own.as_deref(), &mut last)),
            None => last.event(LaneEvent::Failed(Failure {
                stage: Stage::Prepare,
                error: format!("the runner has no lane {lane}"),
            })),
        }
        // Free before the last event is out: whoever gets it may ask for the next visit at once.
        busy.store(false, Ordering::SeqCst);
        if let Some(event) = last.event {
            (last.report)(event);
        }
    }
}

/// Passes events on, and keeps the last one back.
struct Last {
    report: Report,
    event: Option<LaneEvent>,
}

impl Observer for Last {
    fn event(&mut self, event: LaneEvent) {
        if event.is_last() {
            self.event = Some(event);
        } else {
            (self.report)(event);
        }
    }
}
