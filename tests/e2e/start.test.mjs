// The first screen: what there is, what stands there before anything was measured, and what a run shows as it goes.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browsers } from "./browsers.mjs";
import { lanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const site = fileURLToPath(new URL("../../target/site", import.meta.url));

/** What is said of the machine: `{ runner: { state, words }, … }`. */
const facts = (page) =>
  page.tab.run(() =>
    Object.fromEntries(
      [...document.querySelectorAll("[data-fact]")].map((it) => [it.dataset.fact, { state: it.dataset.state, words: it.querySelector("dd").textContent }]),
    ),
  );

const isRecorded = (page) => page.count("#report-recorded:checked");

for (const { name, open } of browsers) {
  describe(name, () => {
    test("a recorded report fills the page and is marked, until there are figures of this machine", { timeout: 300_000 }, () =>
      visiting(open, { recorded: true, measures: ["startup"] }, async (page) => {
        await until(() => isRecorded(page), "the recorded report");
        for (const region of ["results", "claims", "flow", "guide"]) {
          assert.match(await page.text(`.${region} .whose`), /^Recorded, not from this machine: \d+ rows on .+, \d+ cores, Linux .+, Chromium .+, 20\d\d-\d\d-\d\d\.$/);
        }
        assert.ok((await page.rows("echo")).length > 50, "figures");
        const verdicts = await page.tab.run(() => [...document.querySelectorAll("[data-claim]")].map((it) => it.dataset.verdict));
        assert.ok(verdicts.filter((it) => it !== "not_measured").length >= 20, verdicts.join());
        assert.ok((await page.count(".flow svg")) >= 2, "diagrams");
        assert.ok((await page.text(".guide .answer")).length > 20, "advice");
        const prove = await page.tab.run(() => [...document.querySelectorAll("button")].find((it) => it.textContent === "Prove it").disabled);
        assert.equal(prove, true, "it cannot be proved here, of another machine");

        await page.available(lanes);
        await page.click("Run comparison");
        await until(() => page.count(".so-far li"), "what was found until now");
        assert.match(await page.text(".so-far"), /^The best until now, after \d+ of \d+ blocks:startup first answer: \S+, [\d.]+.\S+$/);
        await page.status("The comparison is done.");
        assert.equal(await page.count(".so-far"), 0);
        assert.equal(await page.count("#report-own:checked"), 1);
        assert.equal(await page.text(".results .whose"), "");
        const own = (await page.rows("startup")).length;
        await page.tab.run(() => document.getElementById("beside-recorded").click());
        await until(async () => (await page.rows("startup")).length > own, "the recorded one beside it");
        assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      }),
    );

    test("who has chosen already is not disturbed, and without a recorded report the page is empty and says so", { timeout: 120_000 }, async () => {
      await visiting(open, { host: startStaticHost }, async (page) => {
        await until(() => page.count("#report-recorded"), "the recorded report");
        assert.equal(await isRecorded(page), 0);
      });
      await visiting(open, { host: () => startStaticHost({ instead: { "recorded/report.json": null } }), recorded: true }, async (page) => {
        await page.available(["browser.main", "browser.clone", "browser.transfer"]);
        assert.equal(await page.count(".report"), 0);
        assert.match(await page.text(".results"), /Nothing has been measured yet\./);
        assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      });
    });

    test("it says what there is, and how to get the rest", { timeout: 120_000 }, async () => {
      await visiting(open, {}, async (page) => {
        await page.available(lanes);
        await until(async () => (await facts(page)).clock.state === "there", "the clock");
        const said = await facts(page);
        assert.deepEqual(Object.values(said).map(({ state }) => state), Array(5).fill("there"));
        assert.match(said.machine.words, /^Runner [\d.]+ on .+, \d+ cores?, Linux .+\.$/);
        assert.match(said.node.words, /^v\d+\.\d+\.\d+, /);
        assert.match(said.clock.words, /steps of [\d.]+.(ns|µs|ms)\.$/);
        assert.equal(await page.text(".lanes > summary"), "13 of 13 lanes are available");
      });
      await visiting(open, { host: () => startStaticHost({ folder: site, headers: true }) }, async (page) => {
        await page.available(["browser.main", "browser.clone", "browser.transfer", "browser.shared"]);
        const said = await facts(page);
        assert.equal(said.machine.state, "missing");
        assert.match(said.machine.words, /^No runner: .+ start `breakeven serve` on this machine/);
        assert.equal(said.isolation.state, "there");
        assert.equal(await page.count(".lanes .missing"), 1, "one reason for nine lanes");
        assert.match(await page.text(".hosted"), /breakeven serve --allow-origin http:\/\/127\.0\.0\.1:\d+/);
      });
      await visiting(open, { host: startStaticHost }, async (page) => {
        await page.available(["browser.main", "browser.clone", "browser.transfer"]);
        const { isolation } = await facts(page);
        assert.equal(isolation.state, "missing");
        assert.match(isolation.words, /^This page is not cross-origin isolated.+Cross-Origin-Opener-Policy: same-origin/);
      });
    });

    test("without SharedArrayBuffer it says so and compares the rest", { timeout: 300_000 }, () =>
      visiting(() => open({ sharedMemory: false }), { measures: ["picture", "startup"] }, async (page) => {
        await page.available(lanes.filter((lane) => lane !== "browser.shared"));
        assert.match((await facts(page)).isolation.words, /no SharedArrayBuffer; use a current one\.$/);
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        const startup = await page.rows("startup");
        const outcome = (lane) => new Set(startup.filter((row) => row.lane === lane).map((row) => row.outcome));
        assert.ok(outcome("browser.clone").has("measured") && outcome("process.pipe").has("measured"));
        assert.deepEqual([...outcome("browser.shared")], ["unavailable"]);
      }),
    );
  });
}
