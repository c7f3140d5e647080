"use strict";
// A worker of Node's lanes: a worker thread or a forked process. It answers messages, and in the lane over
// a SharedArrayBuffer also turns.
const { parentPort } = require("node:worker_threads");
const { readFileSync } = require("node:fs");

const [kind, notesPath, gluePath, wasmPath, trace] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint());
// Loaded only where a trace is taken: it would show in how long a worker takes to start.
const notes = trace === "trace" ? new (require(notesPath).Notes)() : null;
/** What it is reached by. */
const CHANNELS = {
  worker: "a MessagePort: structured clone",
  "worker-shared": "a SharedArrayBuffer, Atomics.wait and notify",
  "fork-json": "a socket pair: lines of JSON",
  "fork-advanced": "a socket pair: V8's serialization",
};
/** The same as `workloads::rounds`. */
function roundsOf(count) {
  let state = 1;
  // In whole numbers of 32 bits, however the count came: the same machine code on every lane.
  for (let left = count; left > 0; left -= 2 ** 30) {
    const rounds = Math.min(left, 2 ** 30) | 0;
    for (let round = 0; round < rounds; round++) {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 1) | 0;
    }
  }
  return state;
}

/** What tasks answer with, kept from one to the next. */
let reply = kind === "fork-json" ? "" : new Uint8Array();
function replyOf(length) {
  if (reply.length !== length) {
    reply = kind === "fork-json" ? "A".repeat(length) : new Uint8Array(length);
  }
  return reply;
}

const port = parentPort ?? {
  postMessage: (message) => process.send(message),
  on: (event, listener) => process.on(event, listener),
  close: () => process.disconnect(),
};
// Whoever loses its parent has nobody left to work for.
if (!parentPort) process.on("disconnect", () => process.exit());

/** Answers, with so many bytes of payload. */
function send(message, transfer, bytes = 0, crosses = transfer ? "moved" : "copied") {
  if (notes) notes.sending(0, bytes, crosses, () => port.postMessage(message, transfer));
  else port.postMessage(message, transfer);
}

/** Does work. */
function compute(work) {
  return notes ? notes.computing(work) : work();
}

let engine;
let input;
let answer;

async function load(module) {
  const glue = readFileSync(gluePath).toString("base64");
  engine = await import(`data:text/javascript;base64,${glue}`);
  engine.initSync({ module: module ?? new WebAssembly.Module(readFileSync(wasmPath)) });
}

function work({ share, bytes }) {
  const { id, of, start, end, reads, writes } = share;
  const run = (bytes) => compute(() => engine.runShare(id, of, start, end, bytes));
  switch (kind) {
    case "worker-shared":
      answer.set(run(input.subarray(...reads)), writes[0]);
      return send({ done: true }, undefined, writes[1] - writes[0], "shared");
    case "worker": {
      const part = run(bytes);
      return send({ part }, [part.buffer], part.length);
    }
    case "fork-json": {
      const part = run(Buffer.from(bytes, "base64"));
      return send({ part: Buffer.from(part.buffer).toString("base64") }, undefined, part.length);
    }
    default: {
      const part = run(bytes);
      return send({ part }, undefined, part.length);
    }
  }
}

// Turns, as the driver's class of that name describes them, until the caller says that it was the last.
function takeTurns({ control, data, wait, waitFor }) {
  const turns = new Int32Array(control);
  const times = new Float64Array(control, 32, 1);
  const rounds = new Float64Array(control, 40, 1);
  const words = new Int32Array(data, 0, data.byteLength >> 2);
  // The driver's own function, so that both sides wait alike.
  const waitForTurn = new Function(`return ${waitFor}`)();
  notes?.add(now(), "map", { region: turns[5], bytes: data.byteLength });
  for (;;) {
    notes?.add(now(), "wait");
    waitForTurn(turns, 1, wait);
    const [, what, length] = turns;
    notes?.add(now(), "wake");
    if (what === 3) {
      Atomics.store(turns, 0, 0);
      Atomics.notify(turns, 0);
      return;
    }
    notes?.add(now(), "receive", { peer: 0, bytes: length });
    if (what === 1) {
      let sum = 0;
      for (let at = 0; at < length >> 2; at++) sum = (sum + words[at]) | 0;
      turns[3] = sum;
    } else if (what === 2) {
      turns[3] = compute(() => roundsOf(rounds[0])) ^ turns[4];
    }
    times[0] = now();
    const answered = what === 2 ? data.byteLength - length : length;
    notes?.add(times[0], "send", { peer: 0, bytes: answered, crosses: "shared" });
    Atomics.store(turns, 0, 0);
    Atomics.notify(turns, 0);
  }
}

port.on("message", async (message) => {
  if (notes && !message.trace) {
    notes.wake();
    notes.receive(0, message);
  }
  try {
    if ("echo" in message) send({ at: now(), echo: message.echo }, undefined, message.echo.length);
    else if ("task" in message) {
      const { task, rounds, reply } = message;
      const result = compute(() => roundsOf(rounds)) ^ task;
      send({ result, reply: replyOf(reply) }, undefined, reply);
    } else if ("share" in message) work(message);
    else if ("turns" in message) {
      takeTurns(message.turns);
      send({ done: true });
    } else if ("memory" in message) {
      [input, answer] = message.memory.map((buffer) => new Uint8Array(buffer));
      if (notes && answer.length >= 4) {
        const region = new DataView(answer.buffer).getUint32(0);
        notes.add(now(), "map", { region, bytes: input.length + answer.length });
      }
      send({ done: true });
    } else if ("load" in message) {
      await load(message.load ?? undefined);
      send({ done: true });
    } else if ("crash" in message) {
      // Out of the promise: it is thrown by a callback, and nobody catches it.
      setImmediate(() => {
        throw new Error("a mistake in the worker");
      });
    } else if ("trace" in message) port.postMessage({ trail: notes.trail(CHANNELS[kind]) });
    else if ("end" in message) port.close();
  } catch (why) {
    send({ error: String(why?.stack ?? why) });
  }
});
notes?.wake();
notes?.add(now(), "ready");
port.postMessage({ ready: true });
