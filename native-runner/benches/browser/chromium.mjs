// Answers in Chromium, one JSON object a line:
//   in   {"perform": {"engine", "lane", "op", "effort", "tick", "wanted": {param: value}}}: a turn of a lane
//        {"pool": workers}: a fresh engine until its pool is ready
//        {"bare": "ping-pong" | "workers" | "comlink", …}: the same by hand, as a web developer would write it
//   out  {"times": [number, …]} or {"error": "…"}; nanoseconds, or the lane's unit
// The page is open in the tab, for its isolation; it does nothing meanwhile.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { openChromium } from "../../../tests/e2e/chromium.mjs";
import { startRunner } from "../../../tests/e2e/runner.mjs";
import * as references from "./references.mjs";

const comlink = readFileSync(new URL("./node_modules/comlink/dist/umd/comlink.min.js", import.meta.url), "utf8");
const runner = await startRunner();
const tab = await openChromium();
try {
  await tab.goto(runner.origin);
  await tab.run(loadPrograms);
  for await (const line of createInterface({ input: process.stdin })) {
    const { perform, pool, bare, ...rest } = JSON.parse(line);
    let answer;
    try {
      if (perform) answer = await tab.run(inEngine, perform);
      else if (pool) answer = await tab.run(untilReady, pool);
      else if (bare === "ping-pong") answer = await tab.run(references.pingPong, rest.count);
      else if (bare === "workers") answer = await tab.run(references.workers, rest.count);
      else answer = await tab.run(references.call, comlink, rest.count);
    } catch (error) {
      answer = { error: error.message };
    }
    console.log(JSON.stringify(answer));
  }
} finally {
  await tab.close();
  await runner.stop();
}

/** Runs in the page: a fresh coordinator makes one turn. */
async function inEngine({ engine, lane, op, effort, tick, wanted }) {
  const { script, module } = await programs(engine);
  return new Promise((resolve) => {
    const coordinator = new Worker(script, { type: "module" });
    let answer = { error: "nothing was found" };
    const end = () => {
      coordinator.terminate();
      resolve(answer);
    };
    coordinator.onerror = (event) => {
      answer = { error: event.message ?? `${engine} could not be loaded` };
      end();
    };
    coordinator.onmessage = ({ data }) => {
      if (data.loaded) coordinator.postMessage({ perform: { lane, ops: [op], effort, tick } });
      for (const { params, samples } of data.found?.series ?? []) {
        const is = Object.entries(wanted).every(([name, value]) => params.get(name) === value);
        if (is && samples.Ok) answer = { times: [...samples.Ok] };
      }
      if (data.performed && data.performed !== "done") answer = { error: JSON.stringify(data.performed) };
      if (data.performed) end();
    };
    coordinator.postMessage({ module, memory: undefined, role: "coordinate" });
  });
}

/** Runs in the page: how long a fresh engine takes until its pool is ready. */
async function untilReady(workers) {
  const { script, module } = await programs("engine");
  const task = { filter: "edges", picture: "built_in", width: 1, height: 1, workers, runs: 1 };
  return new Promise((resolve) => {
    const began = performance.now();
    const coordinator = new Worker(script, { type: "module" });
    coordinator.onerror = (event) => resolve({ error: event.message ?? "the engine could not be loaded" });
    coordinator.onmessage = ({ data }) => {
      if (data.loaded) coordinator.postMessage({ visit: { task, own: undefined, keep: false } });
      if (data.event?.failed) resolve({ error: data.event.failed.error });
      if (data.event?.ready) {
        resolve({ times: [(performance.now() - began) * 1e6] });
        coordinator.terminate();
      }
    };
    coordinator.postMessage({ module, memory: undefined, role: "coordinate" });
  });
}

/** Runs in the page: gives it `programs`, which loads an engine once, as the page does. */
function loadPrograms() {
  const known = {};
  const load = async (engine) => {
    const part = async (name) => (await fetch(`/workers/${engine}/${name}`)).arrayBuffer();
    const script = new Blob([await part("worker.js")], { type: "text/javascript" });
    return {
      script: URL.createObjectURL(script),
      module: await WebAssembly.compile(await part("engine_bg.wasm")),
    };
  };
  globalThis.programs = (engine) => (known[engine] ??= load(engine));
}
