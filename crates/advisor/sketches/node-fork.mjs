// A pool of child processes: a crash costs one task, and another child takes the place.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

function work(payload) {
  // Your work: bytes in, an answer out. It may crash.
  return payload.reduce((sum, byte) => sum + byte, 0);
}

class Pool {
  #idle = [];
  #waiting = [];
  #children = new Set();
  #ending = false;

  constructor(size) {
    for (let at = 0; at < size; at++) this.#start();
  }

  #start() {
    // Structured clones instead of JSON: bytes stay bytes, and large ones are faster.
    const child = fork(fileURLToPath(import.meta.url), ["child"], { serialization: "advanced" });
    child.on("message", (answer) => {
      child.task.resolve(answer);
      child.task = undefined;
      this.#next(child);
    });
    child.on("exit", (code, signal) => {
      child.task?.reject(new Error(`the child ended: ${signal ?? code}`));
      this.#children.delete(child);
      this.#idle = this.#idle.filter((other) => other !== child);
      if (!this.#ending) this.#start();
    });
    this.#children.add(child);
    this.#next(child);
  }

  #next(child) {
    child.task = this.#waiting.shift();
    if (child.task) child.send(child.task.payload);
    else this.#idle.push(child);
  }

  run(payload) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, resolve, reject });
      const child = this.#idle.pop();
      if (child) this.#next(child);
    });
  }

  end() {
    this.#ending = true;
    for (const child of this.#children) child.disconnect();
  }
}

if (process.argv[2] === "child") {
  // It ends when its parent is gone.
  process.on("message", (payload) => process.send(work(payload)));
} else {
  const pool = new Pool(availableParallelism());
  const payloads = Array.from({ length: 20 }, (_, at) => new Uint8Array(1000).fill(at));
  const answers = await Promise.all(payloads.map((payload) => pool.run(payload)));
  pool.end();
  console.log("answers:", answers.join(" "));
}
