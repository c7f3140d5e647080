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
    const answer = await tab.run(visit, `/workers/${engine}/coordinator.js`, task);
    console.log(JSON.stringify(answer));
  }
} finally {
  await tab.close();
  await runner.stop();
}

/** Runs in the page: a fresh coordinator makes one visit. */
function visit(script, task) {
  return new Promise((resolve) => {
    const coordinator = new Worker(script, { type: "module" });
    const times = [];
    const end = (answer) => {
      coordinator.terminate();
      resolve(answer);
    };
    coordinator.onerror = (event) => end({ error: event.message ?? `${script} could not be loaded` });
    coordinator.onmessage = ({ data }) => {
      const { sample, closed, failed } = data.event ?? {};
      if (data === "loaded") coordinator.postMessage({ visit: { task, own: undefined } });
      if (sample) times.push(sample.total);
      if (closed) end({ times });
      if (failed) end({ error: failed.error });
    };
  });
}
