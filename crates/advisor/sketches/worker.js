// A pool of Web Workers: payloads change their owner, so that none is copied.
const script = `
  function work(payload) {
    // Your work: bytes in, an answer out.
    return payload.reduce((sum, byte) => sum + byte, 0);
  }
  onmessage = ({ data }) => postMessage(work(new Uint8Array(data)));
`;

class Pool {
  #idle = [];
  #waiting = [];

  constructor(size) {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.workers = Array.from({ length: size }, () => new Worker(url));
    for (const worker of this.workers) {
      worker.onmessage = ({ data }) => {
        worker.task.resolve(data);
        this.#next(worker);
      };
      worker.onerror = (event) => worker.task?.reject(new Error(event.message));
      this.#next(worker);
    }
  }

  #next(worker) {
    worker.task = this.#waiting.shift();
    if (!worker.task) this.#idle.push(worker);
    else worker.postMessage(worker.task.buffer, [worker.task.buffer]);
  }

  /** The buffer is the worker's afterwards. */
  run(buffer) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ buffer, resolve, reject });
      const worker = this.#idle.pop();
      if (worker) this.#next(worker);
    });
  }

  end() {
    for (const worker of this.workers) worker.terminate();
  }
}

async function main() {
  const pool = new Pool(navigator.hardwareConcurrency);
  const payloads = Array.from({ length: 20 }, (_, at) => new Uint8Array(1000).fill(at).buffer);
  const answers = await Promise.all(payloads.map((payload) => pool.run(payload)));
  pool.end();
  console.log("answers:", answers.join(" "));
  return answers;
}
main();
