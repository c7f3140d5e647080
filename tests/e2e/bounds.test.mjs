// Reports and links at their bounds, made to take long: they open, or are refused in words, and the page's main thread
// answers all the while.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { browsers } from "./browsers.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const read = (path) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));
const golden = JSON.parse(read("native-runner/tests/golden/report-v1.json"));
const [recording] = JSON.parse(read("native-runner/tests/golden/report-v1-trace.json")).trace;
// As protocol::report::bounds has them.
const most = { rows: 10_000, samples: 500_000, blocks: 200, events: 200_000 };
// In milliseconds; a page that compares each row with each other one is silent for minutes. A neighbour may hold up
// this much.
const bound = 2000;

const lanes = ["node.worker", "node.worker-shared", "node.fork-json", "node.fork-advanced", "native.thread", "process.pipe", "process.socket", "process.shm", "browser.shared", "browser.clone", "browser.transfer"];
const lane = (at) => lanes[at % lanes.length];

function row(experiment, lane, params, count, blocks = Math.min(count, 20)) {
  const samples = Array.from({ length: count }, (_, at) => 1000 + ((at * 37) % 997));
  const measured = { unit: "ns", median: 1500 + (count % 7), ci95: [1400, 1600], n: count, samples, blocks: samples.map((_, at) => Math.floor((at * blocks) / count)) };
  return { experiment, lane, params, outcome: { measured } };
}

/** A workload of the decision guide: what carries more and works longer takes longer, or there is nothing to fit. */
function task(lane, [payload, reply, rounds], workers, slower) {
  const params = { payload, reply, rounds, workers, start: "pool", metric: "period" };
  const it = row("tasks", lanes[lane], params, 20);
  it.outcome.measured.samples = it.outcome.measured.samples.map((sample) => sample + 10_000 * slower);
  return it;
}

/** Of every kind of rows that take long, as many as may be. */
function rows() {
  const part = most.rows / 5;
  return [
    // One question each, one question for all, workloads by payload and by workers, and crashes.
    ...Array.from({ length: part }, (_, at) => row("echo", lane(at), { bytes: at, metric: "round_trip" }, 40)),
    ...Array.from({ length: part }, (_, at) => row("startup", lane(at), { metric: "first_answer", touch: `in way ${at}` }, 40)),
    ...Array.from({ length: part }, (_, at) => task(at % 4, [[64 + at, 0, 0], [64, at, 0], [64, 0, at]][at % 3], 1, at)),
    ...Array.from({ length: part }, (_, at) => task(0, [[64, 0, 0], [128, 0, 0], [64, 8, 0], [64, 0, 1000]][at % 4], 2 + Math.floor(at / 4), at % 4)),
    ...Array.from({ length: part }, (_, at) => row("crash", lane(at), { kind: `kind ${at}` }, 3)),
  ];
}

/** Messages among as many tracks as may be, as worker threads' and as processes' recording. */
function recordings() {
  const track = { name: "worker", process: 7, waits: "a loop", heap: "its own", channel: "a pipe", cost: 1, dropped: 0 };
  const event = (at) => {
    const [track, peer] = [Math.floor(at / 2) % 256, (at * 7) % 256];
    const message = { at: at * 100, track, message: Math.floor(at / 2), peer, bytes: at };
    return at % 2 ? { ...message, what: "receive" } : { ...message, what: "send", crosses: "copied" };
  };
  const events = Array.from({ length: most.events / 2 }, (_, at) => event(at));
  const of = (lane, kind) => ({ ...recording, scenario: "tasks", lane, kind, tick: 1, tracks: Array(256).fill(track), events });
  return [of("node.worker", "thread"), of("node.fork-json", "process")];
}

const reports = {
  "rows.json": () => ({ ...golden, results: rows() }),
  "samples.json": () => ({
    ...golden,
    results: ["node.worker", "node.fork-json"].map((lane) => row("startup", lane, { metric: "first_answer" }, most.samples / 2, most.blocks)),
  }),
  "events.json": () => ({ ...golden, trace: recordings() }),
};

/** A summary as an address has it. */
function link(report, standings) {
  const bare = structuredClone(report);
  for (const { outcome } of bare.results) Object.assign(outcome.measured, { samples: [], blocks: [] });
  return deflateRawSync(`${JSON.stringify(bare)}\n${JSON.stringify(standings)}`, { level: 9 }).toString("base64url");
}

// Runs before the page: the longest time that the main thread did not answer since this was last asked.
const beat = `{
  let last = performance.now();
  let longest = 0;
  const beat = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  setInterval(beat, 10);
  globalThis.longestSilence = () => {
    beat();
    const found = longest;
    longest = 0;
    return found;
  };
}`;

const host = (files) => () =>
  startStaticHost({
    instead: {
      "beat.js": Buffer.from(beat),
      "index.html": Buffer.from(String(read("dist/index.html")).replace("<head>", '<head><script src="beat.js"></script>')),
      ...files,
    },
  });

/** The longest silence, ms, since the last time that this was asked, or the page began. */
const silence = (page) => page.tab.run(() => globalThis.longestSilence());

/** Says and checks it. */
async function answers(page, what) {
  const found = await silence(page);
  console.log(`  ${what}: silent for ${found.toFixed(0)} ms at most`);
  assert.ok(found < bound, `${what}: silent for ${found} ms`);
}

/** Has the page open a file of the host. */
const choose = (page, name) =>
  page.tab.run(async (name) => {
    const data = new DataTransfer();
    data.items.add(new File([await (await fetch(name)).blob()], name));
    const input = document.getElementById("report-file");
    input.files = data.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, name);

const opened = (page) => until(() => page.count("#report-0:checked"), "the report", 100_000);
const drawn = (page) => until(async () => (await page.count('[aria-busy="true"]')) === 0, "all that is drawn", 100_000);

for (const { name, open } of browsers) {
  describe(name, () => {
    for (const [file, make] of Object.entries(reports)) {
      test(`${file}, as long as may be, opens while the page answers`, { timeout: 400_000 }, () =>
        visiting(open, { host: host({ [file]: Buffer.from(JSON.stringify(make())) }) }, async (page) => {
          await silence(page);
          await choose(page, file);
          await opened(page);
          await answers(page, `opening ${file}`);
          await drawn(page);
          await answers(page, `drawing ${file}`);
          await page.select("baseline", "node.worker");
          await drawn(page);
          await page.tab.run(() => [...document.querySelectorAll(".look label")].find((it) => it.textContent === "every sample").querySelector("input").click());
          await page.tab.run(() => document.querySelector(".samples > summary").click());
          await answers(page, `a baseline and every sample of ${file}`);
          assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
        }),
      );
    }

    test("many rows are folded, and unfold", { timeout: 400_000 }, () =>
      visiting(open, { host: host({ "rows.json": Buffer.from(JSON.stringify(reports["rows.json"]())) }) }, async (page) => {
        await choose(page, "rows.json");
        await opened(page);
        assert.equal((await page.rows("startup")).length, 50);
        assert.equal((await page.rows("echo")).length, 300);
        const unfold = (heading) =>
          page.tab.run((heading) => {
            const all = document.getElementById(heading).parentElement.querySelectorAll("button.more");
            all[all.length - 1].click();
          }, heading);
        await unfold("experiment-startup-heading");
        await until(async () => (await page.rows("startup")).length === 100, "more rows");
        await unfold("experiment-echo-heading");
        await until(async () => (await page.rows("echo")).length === 600, "more questions");
      }),
    );

    test("what is beyond a bound is refused in words while the page answers", { timeout: 200_000 }, () => {
      const many = { ...golden, results: Array.from({ length: most.rows + 1 }, (_, at) => row("echo", lane(at), { bytes: at }, 3)) };
      return visiting(open, { host: host({ "many.json": Buffer.from(JSON.stringify(many)) }) }, async (page) => {
        await silence(page);
        await choose(page, "many.json");
        await page.says('.reports [role="alert"]', /^many\.json: this report has 10001 rows, and 10000 are opened at most: have fewer experiments run at once\.$/);
        await answers(page, "refusing rows");
      });
    });

    test("a shared link at its bounds opens or is refused while the page answers", { timeout: 400_000 }, () =>
      visiting(open, { host: host({}) }, async (page, host) => {
        const report = { ...golden, results: rows() };
        const standings = report.results.map((_, row) => ({ row, ratio: 1.5, ci95: [1.4, 1.6], verdict: "behind" }));
        const letters = link(report, standings);
        assert.ok(letters.length < 512 * 1024, `${letters.length} letters`);
        await page.tab.another(`${host.address}#r=${letters}`);
        await opened(page);
        await drawn(page);
        await answers(page, `a link of ${letters.length} letters`);
        const refused = [
          ["A".repeat(600_000), /^what the address shares: its summary has 600000 letters, and an address has 524288 at most: share the report as a file\.$/],
          [deflateRawSync(Buffer.alloc(64 << 20, 32)).toString("base64url"), /^what the address shares: the address is damaged, or was cut off: ask for it again\.$/],
          [link({ ...report, results: [...report.results, row("echo", "lane", { bytes: 1e6 }, 3)] }, []), /^what the address shares: this report has 10001 rows/],
        ];
        for (const [letters, words] of refused) {
          await page.tab.another(`${host.address}#r=${letters}`);
          await page.says('.reports [role="alert"]', words);
          await answers(page, "refusing a link");
        }
      }),
    );
  });
}
