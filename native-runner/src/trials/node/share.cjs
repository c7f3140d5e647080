"use strict";
// `share`: what both sides have in common, and what must be handed over.
const { closeSync, fstatSync, openSync, promises, readFileSync, writeSync } = require("node:fs");
const net = require("node:net");
const { join } = require("node:path");
const { SHARE_ENV } = require("node:worker_threads");
const { database, databaseServer, databaseWorkers } = require("./databases.cjs");
const { now } = require("./peers.cjs");

const BUFFER = 1 << 20;

class Point {
  constructor() {
    this.x = 1;
    this.map = new Map([[1, 2]]);
    this.date = new Date(0);
  }
  norm() {
    return Math.abs(this.x);
  }
}

const trials = {
  async variables({ caller, begin, words }) {
    const peer = await caller.start();
    globalThis.breakevenLater = "set";
    const point = new Point();
    const began = begin();
    const { global } = await peer.ask({ global: true });
    const seen = await peer.ask({ point });
    const facts = { later_change_seen: global === "set", change_seen: point.x !== 1, ...seen };
    try {
      facts.function = (await peer.ask({ function: () => 1 })).function;
    } catch (why) {
      Object.assign(facts, { function: "refused", said: words(why) });
    }
    return { facts, took: now() - began };
  },

  buffer: (context) => (context.kind === "worker-shared" ? sharedBuffer(context) : sentBuffer(context)),
  database,
  "database-server": databaseServer,

  async service({ caller, begin }) {
    const peer = await caller.start();
    const began = begin();
    for (let time = 0; time < 3; time++) increment();
    const { own } = await peer.ask({ increments: 3 });
    const owner = { count: 0 };
    peer.send({ messages: 3 });
    for (let done = false; !done; ) {
      const [message] = await peer.next();
      if (message.increment) owner.count++;
      done = message.done;
    }
    owner.count += 3;
    const facts = {
      same: own !== 3 || counter !== 3,
      callers_count: counter,
      workers_count: own,
      owner_by_messages: owner.count === 6,
    };
    return { facts, took: now() - began };
  },

  async env({ caller, begin, isThread }) {
    process.env.BREAKEVEN_CALLER = "before";
    const peer = await caller.start();
    process.env.BREAKEVEN_CALLER = "after";
    const began = begin();
    const { caller: seen } = await peer.ask({});
    const took = now() - began;
    const facts = {
      inherited: seen !== null,
      later_change_seen: seen === "after",
      workers_change_seen: process.env.BREAKEVEN_WORKER === "set",
    };
    if (isThread) {
      const sharing = await caller.start({ env: SHARE_ENV });
      process.env.BREAKEVEN_CALLER = "shared";
      const { caller: now } = await sharing.ask({});
      facts.share_env = now === "shared" && process.env.BREAKEVEN_WORKER === "set";
    }
    return { facts, took };
  },

  fd: (context) => (context.isThread ? passToThread(context) : passToProcess(context)),
};

let counter = 0;
const increment = () => ++counter;

/** A SharedArrayBuffer: each side sees what the other writes. */
async function sharedBuffer({ caller, begin }) {
  const memory = new SharedArrayBuffer(BUFFER);
  const control = new SharedArrayBuffer(16);
  const peer = await caller.start({ workerData: { memory, control } });
  peer.send({ watch: true });
  await peer.next();
  const data = new Uint8Array(memory);
  const turn = new Int32Array(control);
  const written = begin();
  data.fill(7);
  const filled = now();
  Atomics.store(turn, 0, 1);
  Atomics.notify(turn, 0);
  const [{ saw, at }] = await peer.next();
  const facts = { shared: saw === 7 && data[1] === 8, bytes_copied: 0, sender_keeps_it: true };
  if (written > filled) throw new Error("time went backwards");
  return { facts, took: at - filled };
}

/** An ArrayBuffer, a Buffer, and what else a sender may try. */
async function sentBuffer({ kind, caller, begin, words, isThread }) {
  const peer = await caller.start();
  const bytes = new Uint8Array(BUFFER).fill(7);
  const sent = isThread ? bytes : Buffer.from(bytes.buffer);
  const began = begin();
  const { at, got, saw } = await peer.ask({ bytes: sent });
  const facts = {
    shared: bytes[0] !== 7,
    // JSON has a number in digits, and a comma, for each byte.
    bytes_copied: kind === "fork-json" ? Buffer.byteLength(JSON.stringify(sent)) : got,
    arrived_whole: saw,
    sender_keeps_it: bytes.length === BUFFER,
  };
  if (isThread) {
    const { got: moved } = await peer.ask({ bytes }, [bytes.buffer]);
    facts.transfer = moved === BUFFER && bytes.length === 0 ? "moves" : "copies";
    try {
      const pooled = Buffer.from("pooled");
      peer.send({ bytes: pooled }, [pooled.buffer]);
      await peer.next();
      facts.pooled_transfer = pooled.length === 0 ? "moves" : "copies";
    } catch (why) {
      facts.pooled_transfer = `refused: ${words(why)}`;
    }
  } else {
    try {
      const { arrived } = await peer.ask({ shared: new SharedArrayBuffer(16) });
      facts.shared_array_buffer = `arrives as ${arrived}`;
    } catch (why) {
      facts.shared_array_buffer = `refused: ${words(why)}`;
    }
  }
  return { facts, took: at - began };
}

/** Threads have one table of descriptors; handles change their owner. */
async function passToThread({ caller, begin, words }) {
  const file = join(__dirname, "shared-file");
  const peer = await caller.start();
  const raw = openSync(file, "w+");
  const began = begin();
  const { wrote } = await peer.ask({ raw });
  const took = now() - began;
  const facts = { raw_number: wrote && readFileSync(file, "utf8") === "worker" };
  await peer.ask({ close: raw });
  try {
    writeSync(raw, "caller");
    facts.close_reaches_caller = false;
  } catch (why) {
    facts.close_reaches_caller = why.code === "EBADF";
  }
  const handle = await promises.open(file, "w+");
  const { wrote: byHandle } = await peer.ask({ handle }, [handle]);
  facts.file_handle = byHandle ? (handle.fd === -1 ? "moves" : "copies") : "does not work";
  const [server, client, accepted] = await connection();
  const came = new Promise((resolve) => client.once("data", (bytes) => resolve(String(bytes))));
  try {
    await peer.ask({ socket: accepted }, [accepted]);
    facts.socket = (await Promise.race([came, late(2000)])) === "worker" ? "passed" : "does not work";
  } catch (why) {
    facts.socket = `refused: ${words(why)}`;
  }
  [server, client, accepted].forEach((one) => (one.destroy ?? one.close).call(one));
  facts.passed = facts.raw_number || facts.file_handle === "moves";
  return { facts, took };
}

/** A process gets descriptors when it starts, or sockets by a message. */
async function passToProcess({ caller, begin }) {
  const file = join(__dirname, "shared-file");
  const inherited = openSync(file, "w+");
  const peer = await caller.start({ stdio: [0, 1, 2, "ipc", inherited] });
  // Opened after it was started: a number that it has not.
  const later = openSync(file, "w+");
  const { ino } = fstatSync(later);
  const began = begin();
  const { wrote: byNumber } = await peer.ask({ raw: later + 40, ino });
  const { wrote } = await peer.ask({ raw: 4, ino });
  const facts = { raw_number: byNumber, inherited: wrote && readFileSync(file, "utf8") === "worker" };
  const [server, client, accepted] = await connection();
  const came = new Promise((resolve) => client.once("data", (bytes) => resolve(String(bytes))));
  await peer.ask({ socket: true }, accepted);
  facts.socket = (await came) === "worker" ? "passed" : "does not work";
  const took = now() - began;
  [server, client].forEach((one) => (one.destroy ?? one.close).call(one));
  facts.passed = facts.inherited || facts.socket === "passed";
  return { facts, took };
}

const late = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A live connection: the server, the client's end and the accepted one. */
function connection() {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ pauseOnConnect: true }, (accepted) => resolve([server, client, accepted]));
    let client;
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => (client = net.connect(server.address().port, "127.0.0.1")));
  });
}

const workers = {
  ...databaseWorkers,

  async variables(port) {
    for (;;) {
      const [{ global, point, ...rest }] = await port.next();
      if (global) port.send({ global: globalThis.breakevenLater ?? null });
      else if (point) {
        point.x = 2;
        port.send({
          prototype_kept: typeof point.norm === "function",
          map_kept: point.map instanceof Map,
          date_kept: point.date instanceof Date,
        });
      } else port.send({ function: typeof rest.function === "function" ? "kept" : "dropped" });
    }
  },

  async buffer(port) {
    for (;;) {
      const [{ watch, bytes, shared }] = await port.next();
      if (watch) {
        const { memory, control } = require("node:worker_threads").workerData;
        const data = new Uint8Array(memory);
        port.send({ ready: true });
        Atomics.wait(new Int32Array(control), 0, 0);
        const [saw, at] = [data[0], now()];
        data[1] = 8;
        port.send({ saw, at });
      } else if (shared !== undefined) port.send({ arrived: JSON.stringify(shared) ?? String(shared) });
      else {
        const at = now();
        const got = bytes.type === "Buffer" ? Uint8Array.from(bytes.data) : bytes;
        const saw = got.every((byte) => byte === 7);
        got[0] = 9;
        port.send({ at, got: got.length, saw });
      }
    }
  },

  async service(port) {
    for (;;) {
      const [{ increments, messages }] = await port.next();
      for (let time = 0; time < (increments ?? 0); time++) increment();
      if (increments) port.send({ own: counter });
      for (let time = 0; time < (messages ?? 0); time++) port.send({ increment: true });
      if (messages) port.send({ done: true });
    }
  },

  async env(port) {
    for (;;) {
      await port.next();
      process.env.BREAKEVEN_WORKER = "set";
      port.send({ caller: process.env.BREAKEVEN_CALLER ?? null });
    }
  },

  async fd(port) {
    for (;;) {
      const [{ raw, ino, close, handle, socket }, passed] = await port.next();
      if (socket) {
        await new Promise((resolve) => (passed ?? socket).end("worker", resolve));
        port.send({});
      } else if (handle) {
        const wrote = await handle.writeFile("worker").then(() => true, () => false);
        port.send({ wrote });
      } else if (close !== undefined) {
        closeSync(close);
        port.send({});
      } else port.send({ wrote: writes(raw, ino) });
    }
  },
};

/** Writes to a descriptor, if it is that of the file which is meant. */
function writes(raw, ino) {
  try {
    if (ino !== undefined && fstatSync(raw).ino !== ino) return false;
    writeSync(raw, "worker");
    return true;
  } catch {
    return false;
  }
}

module.exports = { trials, workers };
