"use strict";
// The caller of Node's lanes: starts workers and times them, as it is told by one line of JSON at a time,
// each answered by one. It decides nothing: what is measured, how often and with what result for a report,
// the runner knows.
const { fork } = require("node:child_process");
const { readFileSync, readlinkSync } = require("node:fs");
const readline = require("node:readline");
const { Worker } = require("node:worker_threads");

// A forked process has not this one's descriptors: paths go by this process's id, as /proc has it, which may
// be another one than it has itself.
const own = `/proc/${readlinkSync("/proc/self")}/`;
const words = process.argv.slice(2).map((word) => word.replace("/proc/self/", own));
const [kind, script, notesPath, gluePath, wasmPath] = words;
const isThread = kind.startsWith("worker");
const now = () => Number(process.hrtime.bigint());
// How long a worker may be silent, in milliseconds: less than the runner lets this process be.
const PATIENCE = (Number(process.env.BREAKEVEN_PATIENCE) || 60_000) * 0.6;
// How often the runner hears that something goes on.
const BEAT = PATIENCE / 6;

/** What this process notes of itself, while a trace is taken. */
let notes = null;
/** Workers that were asked for since it began. */
let spawned = 0;

/** What has happened since something was asked for: messages and turns that came, and times with nothing to do. */
let steps = 0;

/**
 * Tells the runner, while something that it asked for takes long, that it goes on, and fails it once nothing has
 * happened for too long. Nothing is told while nothing happens.
 */
function watchOver(work) {
  return new Promise((resolve, reject) => {
    let [seen, since] = [steps, Date.now()];
    const timer = setInterval(() => {
      if (steps !== seen) {
        [seen, since] = [steps, Date.now()];
        process.stdout.write('{"busy":true}\n');
      } else if (Date.now() - since > PATIENCE) {
        clearInterval(timer);
        reject(new Error(`a worker was silent for ${Math.round(PATIENCE / 1000)} s`));
      }
    }, BEAT);
    work.then(resolve, reject).finally(() => clearInterval(timer));
  });
}

/** A worker thread or a forked process, and who waits for its messages. */
class Peer {
  constructor() {
    const words = [kind, notesPath, gluePath, wasmPath, ...(notes ? ["trace"] : [])];
    this.number = spawned++;
    const at = now();
    this.worker = isThread
      ? new Worker(script, { argv: words })
      : fork(script, words, {
          serialization: kind === "fork-json" ? "json" : "advanced",
          execArgv: process.execArgv,
        });
    notes?.add(at, "spawn", { peer: this.number });
    notes?.add(at, "blocked", { took: now() - at });
    this.worker.on("message", (message) => {
      steps++;
      if (notes && !message.trail) {
        notes.wake();
        if (!message.ready) notes.receive(this.number, message);
      }
      if (message.error) this.fail(new Error(message.error));
      else this.receive(message);
    });
    this.worker.on("error", (why) => this.fail(why));
    this.ended = new Promise((resolve) => {
      this.worker.on("exit", (code, signal) => {
        notes?.wake();
        notes?.add(now(), "exit", { peer: this.number });
        this.how = signal ?? `exit code ${code}`;
        this.fail(new Error(`a worker ended: ${this.how}`));
        resolve();
      });
    });
    this.fail = this.receive = () => {};
  }

  send(message, transfer, bytes = 0, crosses = transfer ? "moved" : "copied") {
    if (notes) notes.sending(this.number, bytes, crosses, () => this.post(message, transfer));
    else this.post(message, transfer);
  }

  post(message, transfer) {
    if (isThread) this.worker.postMessage(message, transfer);
    else this.worker.send(message);
  }

  /** The next message. */
  next() {
    return new Promise((resolve, reject) => {
      [this.receive, this.fail] = [resolve, reject];
    });
  }

  /** Sends a message and waits for the next. */
  ask(message, transfer, bytes, crosses) {
    const reply = this.next();
    this.send(message, transfer, bytes, crosses);
    return reply;
  }

  /** What it has noted. Nothing is noted of that. */
  async trail() {
    const reply = this.next();
    this.post({ trace: true });
    return (await reply).trail;
  }

  async end() {
    this.fail = () => {};
    this.post({ end: true });
    await this.ended;
  }
}

let peers = [];
/** The kernels' glue, and the kernels, compiled. */
let engine;
let compiled;
/** What tasks are like. */
let kindOfTask;
/** What is worked on. */
let piece;

/** Waits until it is this side's turn (0 the caller's, 1 the worker's). The worker gets it as text. */
function waitFor(turns, mine, how, patience = 60_000) {
  const looks = how === "block" ? 0 : how === "adaptive" ? 1000 : Infinity;
  const until = Date.now() + patience;
  for (let look = 0; look < looks; look++) {
    if (Atomics.load(turns, 0) === mine) return;
    if (look % 1_000_000 === 999_999 && Date.now() > until) throw new Error("no turn for too long");
  }
  while (Atomics.load(turns, 0) !== mine) {
    if (Atomics.wait(turns, 0, 1 - mine, patience) === "timed-out") {
      throw new Error("no turn for too long");
    }
  }
}

/**
 * Shared memory, in turns: control word 0 says whose turn it is; 1 what is wanted (0 nothing with the
 * bytes, 1 their sum as words, 2 a task, 3 the end), 2 how many bytes, 3 the sum or the task's result; at byte
 * 32 the time at which the worker was done, at byte 40 how many rounds a task has. Word 5 is a number by which both
 * sides know the memory in what they note.
 */
class Turns {
  constructor(peer, bytes, wait) {
    this.control = new Int32Array(new SharedArrayBuffer(64));
    this.time = new Float64Array(this.control.buffer, 32, 1);
    this.rounds = new Float64Array(this.control.buffer, 40, 1);
    this.data = new Uint8Array(new SharedArrayBuffer(bytes));
    this.peer = peer;
    this.wait = wait;
    this.control[5] = 1 + Math.random() * 0x7fff_fffe;
    notes?.add(now(), "map", { region: this.control[5], bytes });
    this.ended = peer.ask({
      turns: {
        control: this.control.buffer,
        data: this.data.buffer,
        wait,
        waitFor: waitFor.toString(),
      },
    });
  }

  pass(what, length) {
    if (notes && what !== 3) notes.add(now(), "send", { peer: this.peer.number, bytes: length, crosses: "shared" });
    this.control[1] = what;
    this.control[2] = length;
    Atomics.store(this.control, 0, 1);
    Atomics.notify(this.control, 0);
  }

  /** Waits until the worker is done. */
  await() {
    notes?.add(now(), "wait");
    waitFor(this.control, 0, this.wait, PATIENCE);
    this.isBack(this.data.length);
  }

  /** The turn is this side's again, and the worker's answer has so many bytes. */
  isBack(bytes) {
    steps++;
    if (!notes) return;
    notes.wake();
    notes.add(now(), "receive", { peer: this.peer.number, bytes });
  }

  async end() {
    this.pass(3, 0);
    await this.ended;
  }
}

/** What is echoed, and how. */
let echo;
/** Kept, because making it anew for each way to send it takes longer than sending it. */
let bytesToSend = Buffer.alloc(0);

/** A worker that takes turns hears no messages. */
async function endEcho() {
  await echo?.turns?.end();
  echo = undefined;
}

const commands = {
  async life() {
    const asked = now();
    const peer = new Peer();
    const blocked = now() - asked;
    await peer.next();
    const first_answer = now() - asked;
    const told = now();
    await peer.end();
    return { blocked, first_answer, exit: now() - told };
  },

  async start({ workers }) {
    const started = Array.from({ length: workers }, () => new Peer());
    peers.push(...started);
    await Promise.all(started.map((peer) => peer.next()));
    return { driver: process.pid, pids: isThread ? [] : started.map((peer) => peer.worker.pid) };
  },

  async end() {
    await endEcho();
    const began = now();
    const trail = async (peer) => [peer.number, await peer.trail()];
    const trails = notes ? await Promise.all(peers.map(trail)) : [];
    notes?.skipSince(began);
    await Promise.all(peers.map((peer) => peer.end()));
    peers = [];
    piece = undefined;
    return { trails };
  },

  async crash() {
    await endEcho();
    const [victim] = peers;
    await new Promise((resolve) => {
      victim.fail = (why) => {
        notes?.wake();
        notes?.add(now(), "crash", { peer: victim.number, how: victim.how ?? why.message });
        victim.fail = () => {};
        resolve();
      };
      victim.send({ crash: true });
    });
    await victim.ended;
    peers[0] = new Peer();
    await peers[0].next();
    notes?.add(now(), "replaced", { peer: victim.number, by: peers[0].number });
    return {};
  },

  async trace() {
    const { Notes } = require(notesPath);
    [notes, spawned] = [new Notes(), 0];
    notes.wake();
    return {};
  },

  async traced() {
    const trail = notes.trail("");
    notes = null;
    return { trail };
  },

  async prepare_echo({ bytes, touch, wait }) {
    await endEcho();
    if (bytesToSend.length !== bytes) {
      bytesToSend = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; at++) bytesToSend[at] = at ^ (at >> 8) ^ (at >> 16);
    }
    const request = bytesToSend;
    if (kind === "worker-shared") {
      const turns = new Turns(peers[0], bytes, wait);
      turns.data.set(request);
      const words = new Int32Array(request.buffer, request.byteOffset, bytes >> 2);
      const sum = words.reduce((sum, word) => (sum + word) | 0, 0);
      echo = { turns, request, sum, writes: touch === "write_read" };
    } else {
      // JSON has no bytes: whoever must send some as JSON sends text, most often base64.
      const text = () => request.toString("base64").slice(0, bytes);
      echo = { request: kind === "fork-json" ? text() : request };
    }
    return {};
  },

  async echo({ count }) {
    return echo.turns ? echoInTurns(count) : echoAsMessages(count);
  },

  async prepare_work({ workload, pages }) {
    await endEcho();
    if (!engine) {
      const glue = readFileSync(gluePath).toString("base64");
      engine = await import(`data:text/javascript;base64,${glue}`);
      compiled = new WebAssembly.Module(readFileSync(wasmPath));
      engine.initSync({ module: compiled });
    }
    // A compiled module can be cloned to a thread; a process compiles its own.
    const loads = peers.filter((peer) => !peer.loaded);
    await Promise.all(loads.map((peer) => peer.ask({ load: isThread ? compiled : null })));
    for (const peer of loads) peer.loaded = true;

    const numbers = engine.sharesOf(workload, pages, peers.length);
    const shares = [];
    for (let at = 0; at < numbers.length; at += 6) {
      const [start, end, from, to, first, last] = numbers.subarray(at, at + 6);
      shares.push({ id: workload, of: pages, start, end, reads: [from, to], writes: [first, last] });
    }
    const input = engine.makeInput(workload, pages);
    const length = engine.answerBytes(workload, pages);
    piece = { workload, shares, input, answer: new Uint8Array(length) };
    if (kind === "worker-shared") {
      const memory = [input.length, length].map((bytes) => new SharedArrayBuffer(bytes));
      new Uint8Array(memory[0]).set(input);
      piece.answer = new Uint8Array(memory[1]);
      noteMemory(memory);
      await Promise.all(peers.map((peer) => peer.ask({ memory })));
    }
    return {};
  },

  async work({ count }) {
    const began = now();
    for (let time = 0; time < count; time++) {
      await Promise.all(piece.shares.map((share, at) => workOn(peers[at], share)));
      engine.finish(piece.workload, piece.answer);
    }
    const total = now() - began;
    const checksum = engine.checksum(piece.answer);
    piece.answer.fill(0);
    return { total, checksum };
  },

  async prepare_tasks({ payload, reply, rounds, result }) {
    await endEcho();
    const bytes = Buffer.alloc(payload);
    for (let at = 0; at < payload; at++) bytes[at] = at ^ (at >> 8) ^ (at >> 16);
    kindOfTask = { bytes, text: bytes.toString("base64").slice(0, payload - 8), reply, rounds, result };
    return {};
  },

  async closed({ tasks }) {
    const hands = await startHands();
    const total = await new Promise((resolve, reject) => {
      let begun = 0;
      let done = 0;
      const began = now();
      const give = (hand) => {
        if (begun < tasks) hands[hand].give(begun++, () => over(hand), reject);
      };
      const over = (hand) => {
        if (++done === tasks) resolve(now() - began);
        else give(hand);
      };
      hands.forEach((_, hand) => give(hand));
    });
    await endHands(hands);
    return { total };
  },

  async open({ tasks, interval }) {
    const hands = await startHands();
    const latencies = await new Promise((resolve, reject) => {
      const latencies = [];
      const idle = hands.map((_, hand) => hand);
      const waiting = [];
      let begun = 0;
      const began = now();
      const due = (task) => began + task * interval;
      const give = () => {
        while (idle.length > 0 && waiting.length > 0) {
          const [hand, task] = [idle.pop(), waiting.shift()];
          hands[hand].give(task, () => over(hand, task), reject);
        }
      };
      const over = (hand, task) => {
        latencies.push(now() - due(task));
        idle.push(hand);
        if (latencies.length === tasks) resolve(latencies);
        else give();
      };
      // Node's timers have steps of a millisecond: this looks at the clock in every turn of its loop.
      const look = () => {
        if (idle.length === hands.length) steps++;
        const time = now();
        while (begun < tasks && due(begun) <= time) waiting.push(begun++);
        give();
        if (begun < tasks) setImmediate(look);
      };
      look();
    });
    await endHands(hands);
    return { latencies };
  },
};

/** Notes that this side sees memory: a number by which both know it lies there until the first answer does. */
function noteMemory([input, answer]) {
  if (!notes || answer.byteLength < 4) return;
  const region = 1 + Math.floor(Math.random() * 0x7fff_fffe);
  new DataView(answer).setUint32(0, region);
  notes.add(now(), "map", { region, bytes: input.byteLength + answer.byteLength });
}

async function echoAsMessages(count) {
  const { request } = echo;
  const [peer] = peers;
  const times = await new Promise((resolve, reject) => {
    let there = 0;
    let left = count;
    let sent;
    const began = now();
    const send = () => {
      sent = now();
      peer.send({ echo: request }, undefined, request.length);
    };
    peer.fail = reject;
    peer.receive = (reply) => {
      there += reply.at - sent;
      if (--left > 0) send();
      else resolve({ total: now() - began, there, last: reply.echo });
    };
    send();
  });
  const right =
    typeof request === "string" ? times.last === request : request.equals(times.last);
  return { total: times.total, there: times.there, right };
}

function echoInTurns(count) {
  const { turns, request, sum, writes } = echo;
  let there = 0;
  const began = now();
  for (let time = 0; time < count; time++) {
    const sent = now();
    if (writes) turns.data.set(request);
    turns.pass(writes ? 1 : 0, request.length);
    turns.await();
    there += turns.time[0] - sent;
  }
  const total = now() - began;
  const right = (!writes || turns.control[3] === sum) && request.equals(turns.data);
  turns.control[3] = 0;
  return { total, there, right };
}

async function workOn(peer, share) {
  const { input, answer } = piece;
  const [from, until] = share.reads;
  const part = () => input.slice(from, until);
  const to = share.writes[0];
  switch (kind) {
    case "worker-shared":
      return peer.ask({ share }, undefined, until - from, "shared");
    case "worker": {
      // A part of its own can be handed over; a view would take the whole input along.
      const bytes = noting("copy", until - from, part);
      const reply = await peer.ask({ share, bytes }, [bytes.buffer], until - from);
      return noting("copy", reply.part.length, () => answer.set(reply.part, to));
    }
    case "fork-json": {
      const bytes = Buffer.from(part().buffer).toString("base64");
      const reply = await peer.ask({ share, bytes }, undefined, until - from);
      return answer.set(Buffer.from(reply.part, "base64"), to);
    }
    default:
      return answer.set((await peer.ask({ share, bytes: part() }, undefined, until - from)).part, to);
  }
}

/** Does something with so many bytes, and notes what it took. */
function noting(what, bytes, act) {
  return notes ? notes.doing(what, { bytes }, act) : act();
}

/** What gives tasks to a worker and hears when it is done, one per worker. */
async function startHands() {
  await endEcho();
  if (kind === "worker-shared") return peers.map((peer) => new TurnHand(peer));
  return peers.map((peer) => new MessageHand(peer));
}

async function endHands(hands) {
  await Promise.all(hands.map((hand) => hand.end?.()));
}

const isRight = (task, result, reply) =>
  (result ^ task) >>> 0 === kindOfTask.result && reply === kindOfTask.reply;

class MessageHand {
  constructor(peer) {
    this.peer = peer;
  }

  give(task, over, fail) {
    const { bytes, text, reply, rounds } = kindOfTask;
    this.peer.fail = fail;
    this.peer.receive = ({ result, reply }) => {
      if (isRight(task, result, reply?.length ?? 0)) over();
      else fail(new Error("a task came back with a wrong result"));
    };
    // JSON has no bytes: whoever must send some as JSON sends text, most often base64.
    const payload = kind === "fork-json" ? text : bytes;
    this.peer.send({ task, rounds, reply, payload }, undefined, bytes.length);
  }
}

class TurnHand {
  constructor(peer) {
    const { bytes, reply, rounds } = kindOfTask;
    this.turns = new Turns(peer, bytes.length + reply, "block");
    this.turns.rounds[0] = rounds;
    this.reply = new Uint8Array(reply);
  }

  give(task, over, fail) {
    const { turns, reply } = this;
    const { bytes } = kindOfTask;
    noting("copy", bytes.length, () => turns.data.set(bytes));
    turns.control[4] = task;
    turns.pass(2, bytes.length);
    const check = () => {
      if (Atomics.load(turns.control, 0) !== 0) return listen();
      turns.isBack(reply.length);
      noting("copy", reply.length, () => reply.set(turns.data.subarray(bytes.length)));
      if (isRight(task, turns.control[3], reply.length)) over();
      else fail(new Error("a task came back with a wrong result"));
    };
    const listen = () => {
      const { async, value } = Atomics.waitAsync(turns.control, 0, 1, PATIENCE);
      if (!async) return setImmediate(check);
      value.then((how) => (how === "timed-out" ? fail(new Error("a worker was silent")) : check()));
    };
    listen();
  }

  end() {
    return this.turns.end();
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let reply;
    try {
      const { command, ...words } = JSON.parse(line);
      notes?.wake();
      reply = await watchOver(commands[command](words));
    } catch (why) {
      reply = { error: String(why?.stack ?? why) };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  // The runner is gone, or needs this no more.
  process.exit();
}

main();
