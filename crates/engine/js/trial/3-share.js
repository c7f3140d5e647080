// `share`: what both sides have in common, and what must be handed over.
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

trials.share = {
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
};

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

Object.assign(work, {
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
});
