// `crash`: a worker crashes, and its caller looks at what is left.
trials.crash = Object.fromEntries(
  ["throw", "throw-unheard", "rejection", "trap", "stack", "memory-many", "memory-one", "memory-buffers", "loop"].map((kind) => [kind, crash]),
);

const ELSEWHERE = {
  exit: "a worker of a browser has no process that it could end",
  abort: "a worker of a browser has no process that it could abort",
  segfault: "a worker of a browser is sent no signals",
  lock: "its workers share no memory, and so no lock",
};

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

Object.assign(work, {
  async crash({ crash }) {
    postMessage({ alive: true });
    if (!crash) return;
    postMessage({ payload: "x".repeat(PAYLOAD) });
    // Out of the promise: what is thrown here is thrown by a callback.
    setTimeout(kinds[crash]);
  },
});
