"use strict";
// Workers of a trial, from their caller's side: worker threads or forked processes, started as the lane's are.
const { fork } = require("node:child_process");
const { join } = require("node:path");
const { Worker } = require("node:worker_threads");

const now = () => Number(process.hrtime.bigint());
const SCRIPT = join(__dirname, "worker.cjs");
// How long a worker may be silent, in milliseconds.
const PATIENCE = 20_000;

/** Starts the workers of a lane. */
class Caller {
  constructor(kind, experiment, name) {
    this.kind = kind;
    this.words = [experiment, name];
  }

  get isThread() {
    return this.kind.startsWith("worker");
  }

  /** A worker that has answered. `options` are the platform's own, beside what every worker gets. */
  async start(options = {}) {
    const peer = new Peer(this.isThread, this.make(options), options);
    await peer.next();
    return peer;
  }

  make({ heard: _, heap, ...options }) {
    if (this.isThread) {
      const resourceLimits = heap && { maxOldGenerationSizeMb: heap };
      return new Worker(SCRIPT, { argv: this.words, resourceLimits, ...options });
    }
    const execArgv = heap ? [`--max-old-space-size=${heap}`] : [];
    const serialization = this.kind === "fork-json" ? "json" : "advanced";
    return fork(SCRIPT, this.words, { serialization, execArgv, ...options });
  }
}

/** A worker. Without `heard` nobody listens for its errors. */
class Peer {
  constructor(isThread, worker, { heard = true }) {
    this.isThread = isThread;
    this.worker = worker;
    this.inbox = [];
    this.errors = [];
    this.receive = null;
    worker.on("message", (message, handle) => {
      if (this.receive) this.receive([message, handle]);
      else this.inbox.push([message, handle]);
    });
    this.ended = new Promise((resolve) => {
      if (heard) {
        worker.on("error", (why) => this.errors.push({ why, at: now() }));
      }
      // Of a worker thread a code, of a process a code or a signal.
      worker.on("exit", (code, signal) => resolve({ code, signal, at: now() }));
    });
  }

  send(message, passed) {
    if (this.isThread) this.worker.postMessage(message, passed);
    // That it could not be sent is told by its end.
    else this.worker.send(message, passed, () => {});
  }

  /** The next message, and what was passed with it; an error if it ends or is silent instead. */
  next(patience = PATIENCE) {
    return new Promise((resolve, reject) => {
      if (this.inbox.length > 0) return resolve(this.inbox.shift());
      const timer = setTimeout(() => done(reject, new Error("a worker was silent")), patience);
      const done = (settle, what) => {
        clearTimeout(timer);
        this.receive = null;
        settle(what);
      };
      this.receive = (message) => done(resolve, message);
      this.ended.then(({ code, signal }) => {
        done(reject, this.errors[0]?.why ?? new Error(`a worker ended: ${signal ?? code}`));
      });
    });
  }

  /** Sends a message and waits for the next. */
  async ask(message, passed) {
    this.send(message, passed);
    const [answer] = await this.next();
    return answer;
  }

  /** Ends it from outside; says whether that was possible. */
  async end() {
    if (this.isThread) await this.worker.terminate();
    else this.worker.kill("SIGKILL");
    await this.ended;
  }
}

module.exports = { Caller, Peer, now };
