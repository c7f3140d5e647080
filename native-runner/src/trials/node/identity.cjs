"use strict";
// `identity`: what is the same on both sides.
const { readlinkSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { now } = require("./peers.cjs");

/** Has the worker answer one question; returns its answer and the time. */
async function asked(peer, question = {}) {
  const began = now();
  const answer = await peer.ask(question);
  return { answer, took: now() - began };
}

const soon = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const used = () => require("node:v8").getHeapStatistics().used_heap_size;
const FILL = 32 << 20;

const trials = {
  async process({ caller, begin }) {
    const peer = await caller.start();
    begin();
    const { answer, took } = await asked(peer);
    return { facts: { same: answer.id === process.pid }, took };
  },

  async thread({ caller, begin }) {
    const peer = await caller.start();
    begin();
    const { answer, took } = await asked(peer);
    return { facts: { same: answer.id === readlinkSync("/proc/thread-self") }, took };
  },

  async heap({ caller, begin }) {
    const peer = await caller.start();
    const before = used();
    begin();
    const { answer, took } = await asked(peer);
    const facts = { same: used() - before > FILL / 2, worker_filled_its_own: answer.filled };
    return { facts, took };
  },

  async globals({ caller, begin }) {
    globalThis.breakevenMark = "set";
    const peer = await caller.start();
    begin();
    const { answer, took } = await asked(peer);
    return { facts: { same: answer.mark === "set" }, took };
  },

  async cwd({ caller, begin }) {
    const peer = await caller.start();
    const before = process.cwd();
    begin();
    const { answer, took } = await asked(peer, { change: tmpdir() });
    const moved = process.cwd() !== before;
    process.chdir("/");
    const { answer: after } = await asked(peer, {});
    const facts = {
      same: moved || after.cwd === "/",
      worker_can_change_it: answer.said === null,
      callers_change_seen: after.cwd === "/",
    };
    if (answer.said !== null) facts.said = answer.said;
    return { facts, took };
  },

  async signals({ caller, begin }) {
    let heard = 0;
    process.on("SIGUSR2", () => (heard = now()));
    const peer = await caller.start();
    const began = begin();
    const answer = await peer.ask({});
    await soon(20);
    return { facts: { same: heard > 0, worker_heard: answer.heard > 0 }, took: (heard || answer.heard) - began };
  },

  async title({ caller, begin }) {
    const peer = await caller.start();
    process.title = "the caller's";
    begin();
    const { answer, took } = await asked(peer);
    return { facts: { same: process.title === "the worker's", worker_can_change_it: answer.changed }, took };
  },
};

const workers = {
  async process(port) {
    await port.next();
    port.send({ id: process.pid });
  },

  async thread(port) {
    await port.next();
    port.send({ id: readlinkSync("/proc/thread-self") });
  },

  async heap(port) {
    await port.next();
    const before = used();
    globalThis.filled = Array.from({ length: FILL / 64 }, (_, at) => [at, at, at]);
    port.send({ filled: used() - before > FILL / 2 });
  },

  async globals(port) {
    await port.next();
    port.send({ mark: globalThis.breakevenMark ?? null });
  },

  async cwd(port) {
    for (;;) {
      const [{ change }] = await port.next();
      let said = null;
      try {
        if (change) process.chdir(change);
      } catch (why) {
        said = why.message;
      }
      port.send({ said, cwd: process.cwd() });
    }
  },

  async signals(port) {
    let heard = 0;
    process.on("SIGUSR2", () => (heard = now()));
    await port.next();
    process.kill(process.pid, "SIGUSR2");
    await soon(20);
    port.send({ heard });
  },

  async title(port) {
    await port.next();
    process.title = "the worker's";
    port.send({ changed: process.title === "the worker's" });
  },
};

module.exports = { trials, workers };
