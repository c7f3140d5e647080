"use strict";
// `crash`: a worker dies, and its caller looks at what is left, if it is still there.
const { now } = require("./peers.cjs");

const PAYLOAD = 256 << 10;
// Without a sign of life for so long a worker counts as lost; in milliseconds.
const SILENCE = 500;
// A worker that is still well after so long survived; in milliseconds.
const SURVIVED = 1500;
// The workers' heaps, where memory is what runs out; in MiB. What grows in one piece meets the limit by so much
// at once only where there is room for it before.
const HEAPS = { "memory-many": 32, "memory-one": 128, "memory-buffers": 32 };

async function crash({ kind, name, caller, begin, outlive, words, meaningless }) {
  const why = missing(kind, name);
  if (why) meaningless(why);
  const memory = new SharedArrayBuffer(4);
  const options = {
    heard: name !== "throw-unheard",
    heap: HEAPS[name],
    ...(kind === "worker-shared" && { workerData: memory }),
  };
  const [victim, sibling] = [await caller.start(options), await caller.start(options)];
  const order = { crash: name };
  const began = begin();
  victim.send(order);
  const arrived = { bytes: 0 };
  const told = await watch(victim, name, arrived);
  outlive();
  const took = told.at - began;
  if (told.by === "silence") await victim.end();
  const end = told.by === "nobody" ? {} : await victim.ended;
  let replaced;
  if (told.by !== "nobody") {
    await caller.start(options);
    replaced = now() - began;
  }
  const error = victim.errors[0]?.why;
  const facts = { died: told.by === "nobody" ? "nobody" : "worker", told_by: told.by };
  if (told.by === "silence") facts.how = "ended by its caller";
  else if (told.by !== "nobody") facts.how = end.signal ?? `exit code ${end.code}`;
  if (error) facts.said = error.code ? `${error.code}: ${words(error)}` : words(error);
  facts.siblings_lost = (await answers(sibling)) ? 0 : 1;
  if (name === "lock") {
    facts.lock = Atomics.load(new Int32Array(memory), 0) === 0 ? "free" : "held";
  }
  // What was sent before the end may have arrived after it was told.
  return { facts, took, replaced, lost: PAYLOAD - arrived.bytes };
}

/** Why a kind means nothing on a lane. */
function missing(kind, name) {
  if (name === "lock" && kind !== "worker-shared") {
    return "its workers share no memory, and so no lock";
  }
  return null;
}

/** Waits until the worker is known to be lost, or well; counts what arrives, then and later. */
function watch(victim, name, arrived) {
  return new Promise((resolve) => {
    let alive = now();
    const began = alive;
    const done = (by, at) => {
      clearInterval(timer);
      resolve({ by, at });
    };
    victim.receive = ([{ payload, alive: sign }]) => {
      if (payload) arrived.bytes += payload.length;
      if (sign) alive = now();
    };
    const look = () => {
      const error = victim.errors[0];
      if (error) return done("error", error.at);
      const time = now();
      if (time - alive > SILENCE * 1e6 && !name.startsWith("memory")) return done("silence", time);
      if (alive - began > SURVIVED * 1e6) return done("nobody", time);
      try {
        if (victim.isThread || victim.worker.connected) victim.send({ alive: true });
      } catch {
        // It has just ended: that is told on its own.
      }
    };
    const timer = setInterval(look, 20);
    victim.ended.then(({ at }) => done(victim.errors.length > 0 ? "error" : "exit", victim.errors[0]?.at ?? at));
  });
}

async function answers(peer) {
  try {
    peer.send({ alive: true });
    await peer.next(2000);
    return true;
  } catch {
    return false;
  }
}

const deeper = (depth) => deeper(depth + 1) + 1;
// A function that is one forbidden instruction: (module (func (export "trap") unreachable)).
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3,
  0, 0, 11,
]);

const kinds = {
  throw: () => {
    throw new Error("thrown by the worker");
  },
  "throw-unheard": () => kinds.throw(),
  rejection: () => void Promise.reject(new Error("rejected by the worker")),
  exit: () => process.exit(3),
  abort: () => process.abort(),
  trap: () => new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports.trap(),
  segfault: () => process.kill(process.pid, "SIGSEGV"),
  stack: () => deeper(0),
  "memory-many": () => {
    const all = [];
    for (;;) all.push([all.length, String(all.length)]);
  },
  "memory-one": () => {
    const one = [];
    for (;;) one.push(one.length);
  },
  "memory-buffers": () => {
    const all = [];
    for (;;) all.push(new Uint8Array(16 << 20).fill(1));
  },
  loop: () => {
    for (;;);
  },
  lock: () => {
    const { workerData } = require("node:worker_threads");
    Atomics.compareExchange(new Int32Array(workerData), 0, 0, 1);
    kinds.trap();
  },
};

const workers = {
  async any(port) {
    for (;;) {
      const [{ crash }] = await port.next();
      port.send({ alive: true });
      if (crash) {
        port.send({ payload: "x".repeat(PAYLOAD) });
        // Out of the promise: what is thrown here is thrown by a callback.
        setImmediate(kinds[crash]);
      }
    }
  },
};

const trials = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, crash]));
module.exports = { trials, workers };
