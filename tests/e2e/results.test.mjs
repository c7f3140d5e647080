// Results: a chart and the table behind it, exact by mouse and keyboard, filtered, held against any lane, beside
// another report.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browsers } from "./browsers.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const golden = readFileSync(fileURLToPath(new URL("../../native-runner/tests/golden/report-v1.json", import.meta.url)));
const report = JSON.parse(golden);
const host = startStaticHost;

/** The page with the golden report, its first question open. */
const looking = (open, use) =>
  visiting(open, { host }, async (page) => {
    await page.giveFile("choose", "golden.json", golden, "report-file");
    await until(() => page.count(".plot svg"), "a chart");
    await use(page);
  });

/** The rows of the question that is open. */
const shown = (page) =>
  page.tab.run(() =>
    [...document.querySelectorAll(".experiments-results details[open] tr[data-lane]")].map((row) => ({
      lane: row.dataset.lane,
      report: row.dataset.report,
      against: row.querySelector('[data-column="Against"]').textContent,
    })),
  );

const lanes = async (page) => (await shown(page)).map((row) => row.lane);

const turn = (page, words) =>
  page.tab.run((words) => {
    const label = [...document.querySelectorAll(".look label")].find((it) => it.textContent === words);
    label.querySelector("input").click();
  }, words);

for (const { name, open } of browsers) {
  describe(name, () => {
    test("a chart's lines tell their figures and lead to their samples", { timeout: 120_000 }, () =>
      looking(open, async (page) => {
        const drawn = await page.tab.run(() => {
          const svg = document.querySelector(".plot svg");
          return [svg.textContent, svg.querySelectorAll("circle").length, svg.querySelectorAll("polygon").length];
        });
        assert.match(drawn[0], /native\.thread.*process\.pipe.*process\.socket/s);
        assert.match(drawn[0], /100.µs/, "an axis of magnitudes");
        assert.match(drawn[0], /first answer; less is better/);
        assert.deepEqual(drawn.slice(1), [1, 2], "a point for the thread, triangles for processes");

        const first = await page.tab.run(() => {
          const button = document.querySelector(".marks button");
          button.focus();
          const tip = getComputedStyle(button.querySelector(".tip")).display;
          return [button.getAttribute("aria-label"), tip];
        });
        assert.match(first[0], /^native\.thread: 30\.6.µs, 95% interval \[[\d., ]+\].µs, the best$/);
        assert.equal(first[1], "block", "whoever comes by keyboard sees it, too");
        await page.tab.press("Enter");
        await until(() => page.count(".samples[open] li"), "the samples");
        const samples = await page.tab.run(() => {
          const blocks = [...document.querySelectorAll(".samples[open] li")].map((it) => it.textContent.split(", ").length);
          return { lane: document.querySelector(".samples[open]").closest("tr").dataset.lane, blocks, focused: document.activeElement.tagName };
        });
        assert.equal(samples.lane, "native.thread");
        assert.equal(samples.focused, "SUMMARY");
        const row = report.results.find((it) => it.lane === "native.thread");
        assert.equal(samples.blocks.reduce((one, other) => one + other), row.outcome.measured.n);
        assert.equal(samples.blocks.length, new Set(row.outcome.measured.blocks).size);

        await turn(page, "every sample");
        await until(async () => (await page.count(".plot circle")) === 100, "every sample");
      }),
    );

    test("lanes are left out by kind and one by one, and held against any of them", { timeout: 120_000 }, () =>
      looking(open, async (page) => {
        assert.deepEqual(await lanes(page), ["native.thread", "process.pipe", "process.socket"]);
        await turn(page, "threads");
        assert.deepEqual(await lanes(page), ["process.pipe", "process.socket"]);
        await turn(page, "process.pipe");
        assert.deepEqual(await lanes(page), ["process.socket"]);
        await turn(page, "threads");
        await turn(page, "process.pipe");

        await page.select("baseline", "process.pipe");
        await until(async () => (await shown(page))[1].against === "what the others are held against", "the baseline");
        const [thread, , socket] = await shown(page);
        assert.match(thread.against, /^0\.0\d+× \[/);
        assert.match(socket.against, /^(1\.\d+×|as good|too close to call)/);
        assert.equal(await page.text(".experiments-results details[open] thead th:nth-child(4)"), "Against process.pipe");
        await page.select("baseline", "the best");
        await until(async () => (await shown(page))[0].against === "the best", "the best");
      }),
    );

    test("another report lies beside it, row by row", { timeout: 120_000 }, () =>
      looking(open, async (page) => {
        const slower = structuredClone(report);
        for (const { outcome } of slower.results) {
          const it = outcome.measured;
          it.median *= 2;
          it.ci95 = it.ci95.map((value) => value * 2);
          it.samples = it.samples.map((value) => value * 2);
        }
        await page.giveFile("choose", "slower.json", Buffer.from(JSON.stringify(slower)), "report-file");
        await until(() => page.count("#report-1"), "the other report");
        await page.tab.run(() => document.getElementById("report-0").click());
        await page.tab.run(() => document.getElementById("beside-1").click());
        await until(async () => (await shown(page)).some((row) => /^slower: /.test(row.against)), "what changed");
        const rows = await shown(page);
        assert.deepEqual(
          rows.map((row) => [row.lane, row.report ?? null]),
          ["native.thread", "process.pipe", "process.socket"].flatMap((lane) => [[lane, null], [lane, "slower.json"]]),
        );
        assert.match(rows[1].against, /^slower: 2\.00× \[1\.\d+×, 2\.\d+×\]$/);
        assert.equal(await page.count(".marks li"), 6);
        await page.tab.run(() => document.getElementById("beside-1").click());
        await until(async () => (await shown(page)).length === 3, "the one report");
      }),
    );

    test("a chart is saved", { timeout: 120_000 }, () =>
      looking(open, async (page) => {
        const read = async (file) => {
          let bytes = Buffer.alloc(0);
          await until(() => {
            try {
              bytes = readFileSync(join(page.tab.downloads, file));
            } catch {
              return false;
            }
            return bytes.length > 0;
          }, `the file ${file}`);
          return bytes;
        };
        await page.click("Chart as SVG");
        const svg = String(await read("breakeven-startup-first-answer.svg"));
        assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
        assert.ok(svg.includes("process.socket") && !svg.includes("currentColor"));
        await page.click("Chart as PNG");
        assert.deepEqual([...(await read("breakeven-startup-first-answer.png")).subarray(1, 4)], [...Buffer.from("PNG")]);
      }),
    );
  });
}
