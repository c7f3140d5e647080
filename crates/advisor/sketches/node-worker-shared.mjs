// Worker threads over shared memory: what crosses is where a task lies and whose turn it is, not its bytes.
import { availableParallelism } from "node:os";
import { isMainThread, Worker, workerData } from "node:worker_threads";

// Of a worker's control words: whose turn it is (0 the caller's, 1 the worker's, 2 nobody's any more), how many
// bytes its payload has, and the answer.
const [TURN, LENGTH, ANSWER] = [0, 1, 2];
const LARGEST = 1 << 20;

function work(payload) {
  // Your work, on the shared bytes themselves.
  return payload.reduce((sum, byte) => sum + byte, 0);
}

class SharedWorker {
  constructor() {
    this.control = new Int32Array(new SharedArrayBuffer(12));
    this.bytes = new Uint8Array(new SharedArrayBuffer(LARGEST));
    const workerData = { control: this.control, bytes: this.bytes };
    this.worker = new Worker(new URL(import.meta.url), { workerData });
    this.failed = new Promise((_, reject) => this.worker.on("error", reject));
    // Who runs a task hears of it.
    this.failed.catch(() => {});
  }

  #pass(turn) {
    Atomics.store(this.control, TURN, turn);
    Atomics.notify(this.control, TURN);
  }

  /** `fill` writes the payload where it is to lie, and returns its length. */
  async run(fill) {
    this.control[LENGTH] = fill(this.bytes);
    this.#pass(1);
    const { async, value } = Atomics.waitAsync(this.control, TURN, 1);
    if (async) await Promise.race([value, this.failed]);
    return this.control[ANSWER];
  }

  async end() {
    this.#pass(2);
    await this.worker.terminate();
  }
}

if (isMainThread) {
  const workers = Array.from({ length: availableParallelism() }, () => new SharedWorker());
  const tasks = Array.from({ length: 20 }, (_, at) => at);
  const answers = [];
  // Each worker takes the next task when it is done with one.
  await Promise.all(
    workers.map(async (worker) => {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
        const number = task;
        answers[number] = await worker.run((bytes) => bytes.fill(number, 0, 1000) && 1000);
      }
    }),
  );
  await Promise.all(workers.map((worker) => worker.end()));
  console.log("answers:", answers.join(" "));
} else {
  const { control, bytes } = workerData;
  for (;;) {
    Atomics.wait(control, TURN, 0);
    if (Atomics.load(control, TURN) === 2) break;
    control[ANSWER] = work(bytes.subarray(0, control[LENGTH]));
    Atomics.store(control, TURN, 0);
    Atomics.notify(control, TURN);
  }
}
