// What a visitor downloads, as a server that compresses well sends it. Each module is named with its
// size; the limits are those that the page was planned with.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const kilobytes = 1000;
const limits = {
  // A quarter of it is Leptos, an eighth reads messages, another one is text; claims, examples, guide, flow and charts
  // have about a twentieth each. That it can speak another language is 11 KB; that long reports are read in parts, 20 KB.
  page: 502 * kilobytes,
  // 5 of each are tasks of any size, 11 what is noted of a trace.
  engine: 170 * kilobytes,
  "engine-plain": 170 * kilobytes,
  // Fetched only where no runner leads. It grows by 11 KB at once if a call of a trait object takes as many arguments
  // as a kernel's `run`: wasm-opt then keeps all kernels, which nobody calls there.
  leader: 147 * kilobytes,
  // Fetched once the page stands: the statistics and the links' packing are a fifth of it, and 8 KB what bounds reports
  // and keeps them in parts.
  desk: 174 * kilobytes,
  // Fetched only for trials.
  trial: 10 * kilobytes,
  // Fetched only by visitors who choose a picture of their own.
  codec: 250 * kilobytes,
  // Read by whoever wants to know how it is measured.
  "method.html": 10 * kilobytes,
  // Fetched once the page stands: a report with all its samples.
  recorded: 250 * kilobytes,
  // Each language but English; fetched by who speaks it.
  text: 30 * kilobytes,
};

test("every module keeps to its size", (context) => {
  const sizes = Object.fromEntries(Object.keys(limits).map((name) => [name, 0]));
  for (const path of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const file = join(path.parentPath ?? path.path, path.name);
    const [folder, module] = file.slice(dist.length + 1).split("/");
    const name = folder === "workers" ? module : folder in sizes ? folder : "page";
    sizes[name] += brotliCompressSync(readFileSync(file)).length;
  }
  for (const [name, limit] of Object.entries(limits)) {
    context.diagnostic(`${name}: ${(sizes[name] / kilobytes).toFixed(0)} KB of ${limit / kilobytes} KB, brotli, JS included`);
    assert.ok(sizes[name] > 0 && sizes[name] <= limit, `${name}: ${sizes[name]} bytes`);
  }
  assert.deepEqual(Object.keys(sizes), Object.keys(limits), "every module has a limit");
});
