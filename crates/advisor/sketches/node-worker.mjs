// A pool of worker threads: payloads go there and back as messages (structured clone).
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

function work(payload) {
  // Your work: bytes in, an answer out.
  return payload.reduce((sum, byte) => sum + byte, 0);
}

class Pool {
  #idle = [];
  #waiting = [];
  #workers = [];

  constructor(size) {
    for (let at = 0; at < size; at++) this.#start();
  }

  #start() {
    const worker = new Worker(new URL(import.meta.url));
    worker.on("message", (answer) => {
      worker.task.resolve(answer);
      this.#next(worker);
    });
    // An error that nobody listens for would end the whole process.
    worker.on("error", (why) => {
      worker.task?.reject(why);
      this.#workers.splice(this.#workers.indexOf(worker), 1);
      this.#start();
    });
    this.#workers.push(worker);
    this.#next(worker);
  }

  #next(worker) {
    worker.task = this.#waiting.shift();
    if (worker.task) worker.postMessage(worker.task.payload);
    else this.#idle.push(worker);
  }

  run(payload) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      const worker = this.#idle.pop();
      if (worker) this.#next(worker);
    });
  }

  end() {
    return Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

if (isMainThread) {
  const pool = new Pool(availableParallelism());
  const payloads = Array.from({ length: 20 }, (_, at) => new Uint8Array(1000).fill(at));
  const answers = await Promise.all(payloads.map((payload) => pool.run(payload)));
  await pool.end();
  console.log("answers:", answers.join(" "));
} else {
  parentPort.on("message", (payload) => parentPort.postMessage(work(payload)));
}
