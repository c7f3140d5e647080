"use strict";
// What a process or thread of Node's lanes notes of itself while a trace is taken: as `protocol::trace` has it.
const { threadId } = require("node:worker_threads");
const { getHeapStatistics } = require("node:v8");

const now = () => Number(process.hrtime.bigint());
// As `MAX_NOTES` there.
const MOST = 200_000;
// Notes that are made to find out what one takes.
const TRIED = 4096;

class Notes {
  constructor() {
    this.all = [];
    this.dropped = 0;
    this.skipped = 0;
    this.awake = false;
  }

  add(at, what, more) {
    if (this.all.length < MOST) this.all.push({ at: at - this.skipped, what, ...more });
    else this.dropped++;
  }

  /** Its event loop is awake, until what the callback and its promises do is done. */
  wake() {
    if (this.awake) return;
    this.awake = true;
    this.add(now(), "wake");
    setImmediate(() => {
      this.awake = false;
      this.add(now(), "wait");
    });
  }

  receive(peer, message) {
    const payload = message.echo ?? message.payload ?? message.part ?? message.reply ?? message.bytes;
    this.add(now(), "receive", { peer, bytes: payload?.length ?? 0 });
  }

  /** Sends so many bytes: as copies, for good (`moved`), or with a word about where they are (`shared`). */
  sending(peer, bytes, crosses, send) {
    this.add(now(), "send", { peer, bytes, crosses });
    if (crosses !== "copied" || bytes === 0) send();
    else this.doing("copy", { bytes }, send);
  }

  /** Does something, and notes what it took. */
  doing(what, more, act) {
    const at = now();
    const result = act();
    this.add(at, what, { ...more, took: now() - at });
    return result;
  }

  /** The time since then does not show in what is noted from now on: it was spent on the trace. */
  skipSince(began) {
    this.skipped += now() - began;
  }

  /** Computes. */
  computing(work) {
    this.add(now(), "compute");
    const result = work();
    this.add(now(), "computed");
    return result;
  }

  /** All of it, a `protocol::trace::Trail`. What a note takes is found out now, so that it delays nothing. */
  trail(channel) {
    const notes = this.all;
    this.all = [];
    const began = now();
    for (let note = 0; note < TRIED; note++) this.add(now(), "send", { peer: 0, bytes: note, crosses: "copied" });
    return {
      process: process.pid,
      thread: threadId,
      waits: "Node's event loop",
      heap: threadId === 0 ? "a V8 heap" : `the V8 heap of thread ${threadId}`,
      heap_bytes: getHeapStatistics().used_heap_size,
      channel,
      cost: (now() - began) / TRIED,
      notes,
      dropped: this.dropped,
    };
  }
}

module.exports = { Notes };
