// A trial in a browser: its caller, a worker that may be lost, and the caller's own workers. The first message
// says which of the two this is. The caller posts news as `protocol::trial::TrialNews` has them.
const now = () => (performance.timeOrigin + performance.now()) * 1e6;
const MIB = 1 << 20;
const PAYLOAD = 256 << 10;
// Without a sign of life for so long a worker counts as lost; in milliseconds.
const SILENCE = 500;
// Filling memory takes time.
const SILENCES = { "memory-many": 80_000, "memory-buffers": 80_000 };
// A worker that still answers after so long survived; in milliseconds.
const SURVIVED = 400;
const words = (why) => `${why?.name ?? "Error"}: ${String(why?.message ?? why).split("\n")[0].slice(0, 160)}`;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class Meaningless extends Error {}
const meaningless = (why) => {
  throw new Meaningless(why);
};

/** Messages one after the other, from a worker or to one. */
class Inbox {
  constructor(source) {
    this.queue = [];
    source.onmessage = ({ data, ports }) => {
      if (this.settle) this.settle([data, ports]);
      else this.queue.push([data, ports]);
    };
  }

  /** The next message; null if none comes for so long. */
  next(patience = 15_000) {
    if (this.queue.length > 0) return Promise.resolve(this.queue.shift());
    return new Promise((resolve) => {
      const done = (message) => {
        clearTimeout(timer);
        this.settle = null;
        resolve(message);
      };
      const timer = setTimeout(done, patience, null);
      this.settle = done;
    });
  }
}

/** A worker, from its caller's side. */
class Peer {
  static async start(name, given = {}, heard = true) {
    const peer = new Peer(name, given, heard);
    if (!(await peer.inbox.next())) throw new Error("a worker did not start");
    return peer;
  }

  constructor(name, given, heard) {
    this.worker = new Worker(location.href, { type: "module" });
    this.inbox = new Inbox(this.worker);
    this.errors = [];
    if (heard) {
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.errors.push({ at: now(), said: event.message });
      };
    }
    this.worker.postMessage({ role: "worker", name, given });
  }

  send(message, passed = []) {
    this.worker.postMessage(message, passed);
  }

  async ask(message, passed) {
    this.send(message, passed);
    const answer = await this.inbox.next();
    if (!answer) throw new Error("a worker was silent");
    return answer[0];
  }
}

/** Has the worker answer one question; its answer and the time. */
async function asked(peer, message = {}, passed) {
  const began = now();
  const answer = await peer.ask(message, passed);
  return { answer, took: now() - began };
}

/** What a caller does, by experiment and name. */
const trials = {};
/** What a worker does with a message, by name. */
const work = {};
