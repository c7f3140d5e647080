// Lighthouse on the static site, on a host of this machine that compresses and sends the headers that `_headers` asks
// for: the medians of five visits with a cold cache, each way. Fails where the desktop's are below what was planned.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import lighthouse, { desktopConfig } from "lighthouse";
import { startStaticHost } from "../e2e/static-host.mjs";

const visits = 5;
const planned = { performance: 95, accessibility: 100, "best-practices": 100, seo: 100 };
const folder = fileURLToPath(new URL("../../target/site", import.meta.url));

const host = await startStaticHost({ folder, headers: true, compressed: true });
let isWorse = false;
try {
  for (const [preset, config] of [["desktop", desktopConfig], ["mobile", undefined]]) {
    const scores = Object.fromEntries(Object.keys(planned).map((category) => [category, []]));
    const figures = {};
    const complaints = new Set();
    for (let visit = 0; visit < visits; visit += 1) {
      const { lhr } = await withChromium((port) => lighthouse(host.address, { port, onlyCategories: Object.keys(planned), logLevel: "error" }, config));
      if (lhr.runtimeError) complaints.add(`a visit failed: ${lhr.runtimeError.code}`);
      for (const category of Object.keys(planned)) scores[category].push(Math.round(lhr.categories[category].score * 100));
      for (const id of ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]) {
        (figures[id] ??= []).push(lhr.audits[id].numericValue);
      }
      for (const { id, score, title } of Object.values(lhr.audits)) {
        const counts = Object.entries(lhr.categories).some(([name, { auditRefs }]) => name !== "performance" && auditRefs.some((it) => it.id === id && it.weight > 0));
        if (counts && score !== null && score < 1) complaints.add(`${id}: ${title}`);
      }
    }
    for (const [category, all] of Object.entries(scores)) {
      const score = median(all);
      const short = preset === "desktop" && score < planned[category];
      isWorse ||= short;
      console.log(`${preset}, ${category}: ${score} (${all.join(", ")})${short ? `, planned are ${planned[category]}` : ""}`);
    }
    const told = Object.entries(figures).map(([id, all]) => `${id} ${median(all).toFixed(id === "cumulative-layout-shift" ? 3 : 0)}${id === "cumulative-layout-shift" ? "" : " ms"}`);
    console.log(`${preset}: ${told.join(", ")}`);
    for (const complaint of complaints) console.log(`${preset}: ${complaint}`);
  }
} finally {
  await host.stop();
}
process.exitCode = isWorse ? 1 : 0;

function median(all) {
  return [...all].sort((one, other) => one - other)[Math.floor(all.length / 2)];
}

/** Calls `use` with the port of a Chromium with a profile of its own. */
async function withChromium(use) {
  const profile = mkdtempSync(join(tmpdir(), "breakeven-lighthouse-"));
  const chromium = spawn(
    process.env.CHROMIUM ?? "/usr/bin/chromium",
    ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => chromium.once("exit", resolve));
  try {
    return await use(await portOf(profile, chromium));
  } finally {
    chromium.kill("SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function portOf(profile, chromium) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (chromium.exitCode !== null) throw new Error(`Chromium ended with ${chromium.exitCode}`);
    try {
      return Number(readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n")[0]);
    } catch {
      await sleep(50);
    }
  }
  throw new Error("Chromium opened no port within 30 s");
}
