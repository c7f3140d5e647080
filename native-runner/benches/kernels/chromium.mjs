// Makes visits of the engines in Chromium on request. One JSON object a line:
//   in   {"engine": "engine", "task": {…}}
//   out  {"times": [nanoseconds, …]} or {"error": "…"}
// The page is open in the tab, for its isolation; it does nothing meanwhile.
import { createInterface } from "node:readline";
import { openChromium } from "../../../tests/e2e/chromium.mjs";
import { startRunner } from "../../../tests/e2e/runner.mjs";

const runner = await startRunner();
const tab = await openChromium();
try {
  await tab.goto(runner.origin);
  for await (const line of createInterface({ input: process.stdin })) {
    const { engine, task } = JSON.parse(line);
    const answer = await tab.run(visit, `/workers/${engine}`, task);
    console.log(JSON.stringify(answer));
  }
} finally {
  await tab.close();
  await runner.stop();
}

/** Runs in the page: a fresh coordinator makes one visit. */
async function visit(folder, task) {
  const bytes = await (await fetch(`${folder}/engine_bg.wasm`)).arrayBuffer();
  const module = await WebAssembly.compile(bytes);
  return new Promise((resolve) => {
    const coordinator = new Worker(`${folder}/worker.js`, { type: "module" });
    const times = [];
    const end = (answer) => {
      coordinator.terminate();
      resolve(answer);
    };
    coordinator.onerror = (event) => end({ error: event.message ?? `${folder} could not be loaded` });
    coordinator.onmessage = ({ data }) => {
      const { sample, closed, failed } = data.event ?? {};
      if (data.loaded) coordinator.postMessage({ visit: { task, own: undefined, keep: false } });
      if (sample) times.push(sample.total);
      if (closed) end({ times });
      if (failed) end({ error: failed.error });
    };
    coordinator.postMessage({ module, memory: undefined, role: "coordinate" });
  });
}
