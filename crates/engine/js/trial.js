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

const NO_PROCESS = "a page and its workers are told of no process";
const trials = {
  identity: {
    process: () => meaningless(NO_PROCESS),
    async thread({ start, begin }) {
      const peer = await start();
      begin();
      // It is busy for a while: do this side's timers stop?
      let ticks = 0;
      const timer = setInterval(() => ticks++, 5);
      const { took } = await asked(peer, { busy: 60 });
      clearInterval(timer);
      return { facts: { same: ticks < 3 }, took };
    },
    heap: () => meaningless("a worker is not told how large its heap is, nor its caller's"),
    async globals({ start, begin }) {
      globalThis.breakevenMark = "set";
      const peer = await start();
      begin();
      const { answer, took } = await asked(peer);
      return { facts: { same: answer.mark === "set" }, took };
    },
    cwd: () => meaningless("a browser has no working directory"),
    signals: () => meaningless("a browser has no signals"),
    title: () => meaningless(NO_PROCESS),
  },

  share: {
    async variables({ start, begin }) {
      const peer = await start();
      globalThis.breakevenLater = "set";
      const point = new Point();
      const began = begin();
      const { later } = await peer.ask({ global: true });
      const seen = await peer.ask({ point });
      const facts = { later_change_seen: later === "set", change_seen: point.x !== 1, ...seen };
      try {
        peer.send({ function: () => 1 });
        facts.function = "kept";
      } catch (why) {
        Object.assign(facts, { function: "refused", said: words(why) });
      }
      return { facts, took: now() - began };
    },

    async buffer({ lane, start, begin }) {
      if (lane === "browser.shared") return sharedBuffer({ start, begin });
      const peer = await start();
      const moved = lane === "browser.transfer";
      const bytes = new Uint8Array(MIB).fill(7);
      const began = begin();
      const { at, got, whole } = await peer.ask({ bytes }, moved ? [bytes.buffer] : []);
      const facts = {
        shared: bytes.length > 0 && bytes[0] !== 7,
        bytes_copied: moved ? 0 : got,
        arrived_whole: whole,
        sender_keeps_it: bytes.length === MIB,
      };
      return { facts, took: at - began };
    },

    database,
    "database-server": () => meaningless("a page speaks to no database server: that takes a process"),

    async service({ start, begin }) {
      const peer = await start();
      const began = begin();
      counter += 3;
      const { own } = await peer.ask({ count: 3 });
      let owned = 3;
      peer.send({ messages: 3 });
      for (;;) {
        const [message] = (await peer.inbox.next()) ?? [{ done: true }];
        if (message.done) break;
        owned++;
      }
      const facts = {
        same: own !== 3 || counter !== 3,
        callers_count: counter,
        workers_count: own,
        owner_by_messages: owned === 6,
      };
      return { facts, took: now() - began };
    },

    env: () => meaningless("a browser has no environment variables"),

    async fd({ start, begin }) {
      const peer = await start();
      const began = begin();
      const facts = {};
      const { port1, port2 } = new MessageChannel();
      const inbox = new Inbox(port2);
      peer.send({ port: port1 }, [port1]);
      facts.message_port = (await inbox.next(3000))?.[0] === "worker" ? "moves" : "does not work";
      const took = now() - began;
      facts.stream = await passed(peer, "stream", () => new Response("caller").body);
      facts.offscreen_canvas = await passed(peer, "canvas", () => new OffscreenCanvas(2, 2));
      try {
        const handle = await navigator.storage.getDirectory();
        facts.file_system_handle = (await peer.ask({ handle })).works ? "copies" : "does not work";
      } catch (why) {
        facts.file_system_handle = `refused: ${words(why)}`;
      }
      facts.passed = facts.message_port === "moves";
      return { facts, took };
    },
  },

  crash: Object.fromEntries(
    ["throw", "throw-unheard", "rejection", "trap", "stack", "memory-many", "memory-one", "memory-buffers", "loop"].map((kind) => [kind, crash]),
  ),

  foreign: {
    python: ({ begin }) => foreign(begin, "import sys\nsys.stdout.write('hello')\n"),
    shell: ({ begin }) => foreign(begin, "#!/bin/sh\nexec cat\n"),
    node: ({ begin }) => foreign(begin, "const fs = require('node:fs');\nfs.readFileSync(0);\n"),
  },
};

const ELSEWHERE = {
  exit: "a worker of a browser has no process that it could end",
  abort: "a worker of a browser has no process that it could abort",
  segfault: "a worker of a browser is sent no signals",
  lock: "its workers share no memory, and so no lock",
};

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

let counter = 0;

/** A SharedArrayBuffer: each side sees what the other writes. */
async function sharedBuffer({ start, begin }) {
  const memory = new SharedArrayBuffer(MIB);
  const control = new SharedArrayBuffer(16);
  const peer = await start();
  await peer.ask({ memory, control });
  // It waits by now, or will find that it need not.
  await pause(5);
  const data = new Uint8Array(memory);
  begin();
  data.fill(7);
  const filled = now();
  Atomics.store(new Int32Array(control), 0, 1);
  Atomics.notify(new Int32Array(control), 0);
  const [{ saw, at }] = await peer.inbox.next();
  const facts = { shared: saw === 7 && data[1] === 8, bytes_copied: 0, sender_keeps_it: true };
  // Steps of the clock may hide all of it.
  return { facts, took: Math.max(at - filled, 1) };
}

async function passed(peer, name, make) {
  try {
    const thing = make();
    return (await peer.ask({ [name]: thing }, [thing])).works ? "moves" : "does not work";
  } catch (why) {
    return `refused: ${words(why)}`;
  }
}

const request = (it) =>
  new Promise((resolve, reject) => {
    it.onsuccess = () => resolve(it.result);
    it.onerror = () => reject(it.error);
  });

function openDatabase() {
  const opening = indexedDB.open("breakeven-trial", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("rows", { autoIncrement: true });
  return request(opening);
}

function insert(db) {
  const transaction = db.transaction("rows", "readwrite");
  transaction.objectStore("rows").add(1);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

/** IndexedDB: an open connection is posted; then each side opens one of its own. */
async function database({ start, begin }) {
  await request(indexedDB.deleteDatabase("breakeven-trial"));
  const db = await openDatabase();
  const peer = await start();
  const facts = { engine: "IndexedDB" };
  const began = begin();
  try {
    peer.send({ connection: db });
    facts.connection_passed = true;
  } catch (why) {
    Object.assign(facts, { connection_passed: false, said: words(why) });
  }
  const own = (await peer.ask({ open: true })).inserted;
  await insert(db);
  const count = await request(db.transaction("rows").objectStore("rows").count());
  facts.own_connections_work = own && count === 2;
  const took = now() - began;
  db.close();
  await request(indexedDB.deleteDatabase("breakeven-trial"));
  return { facts, took };
}

/** A worker crashes, and its caller looks at what is left. */
async function crash({ name, start, begin }) {
  const heard = name !== "throw-unheard";
  const [victim, sibling] = [await start({}, heard), await start()];
  const began = begin();
  victim.send({ crash: name });
  let arrived = 0;
  let told = null;
  let alive = now();
  while (!told) {
    victim.send({ alive: true });
    const message = await victim.inbox.next(20);
    if (message?.[0].payload) arrived += message[0].payload.length;
    if (message) alive = now();
    const [error] = victim.errors;
    if (error) told = { by: "error", at: error.at };
    else if (now() - alive > (SILENCES[name] ?? SILENCE) * 1e6) told = { by: "silence", at: now() };
    else if (alive - began > SURVIVED * 1e6) told = { by: "nobody", at: now() };
  }
  const took = told.at - began;
  // A worker that threw is not lost in a browser: its event loop goes on.
  const lives = told.by !== "silence" && (await answers(victim));
  const facts = { died: lives ? "nobody" : "worker", told_by: told.by };
  if (victim.errors[0]?.said) facts.said = victim.errors[0].said;
  if (told.by === "silence") facts.how = "ended by its caller";
  victim.worker.terminate();
  let replaced;
  if (!lives) {
    await start();
    replaced = now() - began;
  }
  facts.siblings_lost = (await answers(sibling)) ? 0 : 1;
  return { facts, took, replaced, lost: PAYLOAD - arrived };
}

async function answers(peer) {
  peer.inbox.queue.length = 0;
  peer.send({ alive: true });
  return (await peer.inbox.next(2000)) !== null;
}

/** A script in another language: a browser takes but one. */
function foreign(begin, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const began = begin();
  return new Promise((resolve) => {
    const worker = new Worker(address);
    worker.onerror = (event) => {
      event.preventDefault();
      const said = event.message || "the script could not be loaded";
      resolve({ facts: { runs: false, said }, took: now() - began });
    };
  });
}

// A function that is one forbidden instruction: (module (func (export "trap") unreachable)).
const TRAP = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3,
  0, 0, 11,
]);
const deeper = (depth) => deeper(depth + 1) + 1;
const kinds = {
  throw: () => {
    throw new Error("thrown by the worker");
  },
  "throw-unheard": () => kinds.throw(),
  rejection: () => void Promise.reject(new Error("rejected by the worker")),
  trap: () => new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports.trap(),
  stack: () => deeper(0),
  // Against a small maximum of its own: 16 MiB.
  "memory-one": () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 256 });
    for (;;) memory.grow(16);
  },
  // Whoever orders these may lose the whole page (`lab::browser::exhausts`).
  "memory-many": () => {
    const all = [];
    for (;;) all.push([all.length, String(all.length)]);
  },
  "memory-buffers": () => {
    const all = [];
    for (;;) all.push(new Uint8Array(16 << 20).fill(1));
  },
  loop: () => {
    for (;;);
  },
};

/** What a worker does with a message. */
const work = {
  async thread({ busy }) {
    for (const until = performance.now() + busy; performance.now() < until; );
    postMessage({});
  },
  async globals() {
    postMessage({ mark: globalThis.breakevenMark ?? null });
  },
  async variables({ global, point }) {
    if (global) return postMessage({ later: globalThis.breakevenLater ?? null });
    if (!point) return;
    point.x = 2;
    postMessage({
      prototype_kept: typeof point.norm === "function",
      map_kept: point.map instanceof Map,
      date_kept: point.date instanceof Date,
    });
  },
  async buffer({ bytes, memory, control }) {
    if (bytes) {
      const at = now();
      const whole = bytes.every((byte) => byte === 7);
      bytes[0] = 9;
      return postMessage({ at, got: bytes.length, whole });
    }
    postMessage({});
    const data = new Uint8Array(memory);
    Atomics.wait(new Int32Array(control), 0, 0);
    const [saw, at] = [data[0], now()];
    data[1] = 8;
    postMessage({ saw, at });
  },
  async database({ open }) {
    if (!open) return;
    const db = await openDatabase();
    await insert(db);
    db.close();
    postMessage({ inserted: true });
  },
  async service({ count, messages }) {
    if (count) {
      counter += count;
      return postMessage({ own: counter });
    }
    for (let time = 0; time < messages; time++) postMessage({ increment: true });
    postMessage({ done: true });
  },
  async fd({ port, stream, canvas, handle }) {
    if (port) return port.postMessage("worker");
    let works;
    if (stream) works = (await new Response(stream).text()) === "caller";
    else if (canvas) works = canvas.getContext("2d") !== null;
    else works = (await handle.getFileHandle("breakeven-trial", { create: true })).kind === "file";
    if (handle) await handle.removeEntry("breakeven-trial");
    postMessage({ works });
  },
  async crash({ crash }) {
    postMessage({ alive: true });
    if (!crash) return;
    postMessage({ payload: "x".repeat(PAYLOAD) });
    // Out of the promise: what is thrown here is thrown by a callback.
    setTimeout(kinds[crash]);
  },
};

async function beCaller({ lane, experiment, name }) {
  const context = {
    lane,
    name,
    start: (given, heard) => Peer.start(experiment === "crash" ? "crash" : name, given, heard),
    begin: () => {
      const at = now();
      postMessage({ begun: { at } });
      return at;
    },
  };
  try {
    const trial = trials[experiment][name] ?? (() => meaningless(ELSEWHERE[name] ?? "it means nothing in a browser"));
    const { facts, took, replaced, lost } = await trial(context);
    postMessage({ tried: { facts, took, replaced, lost } });
  } catch (why) {
    if (why instanceof Meaningless) postMessage({ unavailable: why.message });
    else postMessage({ failed: words(why) });
  }
}

async function beWorker({ name }) {
  const inbox = new Inbox(globalThis);
  postMessage({ ready: true });
  for (;;) {
    const message = await inbox.next(1 << 30);
    if (message) await work[name](message[0]);
  }
}

onmessage = ({ data }) => {
  onmessage = null;
  if (data.role === "worker") beWorker(data);
  else beCaller(data);
};
