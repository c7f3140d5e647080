"use strict";
// A worker of Node's lanes: a worker thread or a forked process. It answers messages, and in the lane over
// a SharedArrayBuffer also turns.
const { parentPort } = require("node:worker_threads");
const { readFileSync } = require("node:fs");

const [kind, gluePath, wasmPath] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint());
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
  switch (kind) {
    case "worker-shared":
      answer.set(engine.runShare(id, of, start, end, input.subarray(...reads)), writes[0]);
      return port.postMessage({ done: true });
    case "worker": {
      const part = engine.runShare(id, of, start, end, bytes);
      return port.postMessage({ part }, [part.buffer]);
    }
    case "fork-json": {
      const part = engine.runShare(id, of, start, end, Buffer.from(bytes, "base64"));
      return port.postMessage({ part: Buffer.from(part.buffer).toString("base64") });
    }
    default:
      return port.postMessage({ part: engine.runShare(id, of, start, end, bytes) });
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
  for (;;) {
    waitForTurn(turns, 1, wait);
    const [, what, length] = turns;
    if (what === 3) {
      Atomics.store(turns, 0, 0);
      Atomics.notify(turns, 0);
      return;
    }
    if (what === 1) {
      let sum = 0;
      for (let at = 0; at < length >> 2; at++) sum = (sum + words[at]) | 0;
      turns[3] = sum;
    } else if (what === 2) {
      turns[3] = roundsOf(rounds[0]) ^ turns[4];
    }
    times[0] = now();
    Atomics.store(turns, 0, 0);
    Atomics.notify(turns, 0);
  }
}

port.on("message", async (message) => {
  try {
    if ("echo" in message) port.postMessage({ at: now(), echo: message.echo });
    else if ("task" in message) {
      const { task, rounds, reply } = message;
      port.postMessage({ result: roundsOf(rounds) ^ task, reply: replyOf(reply) });
    } else if ("share" in message) work(message);
    else if ("turns" in message) {
      takeTurns(message.turns);
      port.postMessage({ done: true });
    } else if ("memory" in message) {
      [input, answer] = message.memory.map((buffer) => new Uint8Array(buffer));
      port.postMessage({ done: true });
    } else if ("load" in message) {
      await load(message.load ?? undefined);
      port.postMessage({ done: true });
    } else if ("end" in message) port.close();
  } catch (why) {
    port.postMessage({ error: String(why?.stack ?? why) });
  }
});
port.postMessage({ ready: true });
