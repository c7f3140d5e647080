// The experiments on the page: all lanes side by side, led by the runner or by the page itself.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { browserLanes, lanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";

const timeout = 300_000;
const studied = lanes.filter((lane) => lane !== "native.thread-wide");
const figure = /^[\d.,]+\s(ns|µs|ms|s|B|KiB|MiB|tasks\/s)$/;
const interval = /^\[[\d.,]+(\s\w+)?, [\d.,]+(\s\w+)?\](\s[\w/µ]+)?$/;

/** Of these lanes every one has measured rows, each with its unit and its interval. */
function everyLaneIsThere(rows, wanted) {
  assert.deepEqual([...new Set(rows.map((row) => row.lane))].sort(), [...wanted].sort());
  const measured = rows.filter((row) => row.outcome === "measured");
  for (const row of measured) {
    assert.match(row.figures.Median, figure, row.text);
    assert.match(row.figures["95% interval"], interval, row.text);
    assert.match(row.figures["Against"], /^(the best|as good|too close to call|[\d.,]+×|–)/, row.text);
  }
  for (const row of rows.filter((row) => row.outcome !== "measured")) {
    assert.match(row.text, /Unavailable: .+\./, row.text);
  }
  return new Set(measured.map((row) => row.lane));
}

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) =>
      test(title, { timeout }, () => visiting(open, { measures: ["startup", "memory"], ...options }, use));

    visit(
      "all lanes stand side by side",
      async (page, runner) => {
        await page.available(lanes);
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        const echo = await page.rows("echo");
        assert.deepEqual([...everyLaneIsThere(echo, studied)].sort(), [...studied].sort());
        const sides = echo.filter((row) => row.text.startsWith("browser.shared (hand over, spin)"));
        assert.ok(sides.length >= 3, "each size has the ways to wait");
        assert.ok(
          echo.some((row) => /^([\d.,]+×|too close to call)/.test(row.figures["Against"] ?? "")),
          "lanes are held against each other",
        );
        assert.match(await page.text(".experiments-results"), /related to the runner’s clock to ±/);
        assert.deepEqual(await page.rows("picture"), []);
        assert.deepEqual(await page.rows("compute"), []);
        assert.deepEqual(runner.children(), []);
        assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      },
      { measures: ["echo"] },
    );

    visit(
      "without a runner the page leads, and the runner's lanes say why not",
      async (page) => {
        await page.available(browserLanes);
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        for (const experiment of ["startup", "memory"]) {
          const all = lanes.filter((lane) => lane !== "browser.main");
          const measured = everyLaneIsThere(await page.rows(experiment), all);
          assert.deepEqual([...measured].sort(), ["browser.clone", "browser.shared", "browser.transfer"]);
        }
        const pipe = (await page.rows("startup")).find((row) => row.lane === "process.pipe");
        assert.match(pipe.text, /the runner is away: start `breakeven serve`/);
      },
      { address: (runner) => runner.origin },
    );

    visit("Cancel keeps the blocks that were finished", async (page, runner) => {
      await page.available(lanes);
      await page.click("Run comparison");
      await until(async () => (await page.percent()) >= 20, "a fifth");
      await page.click("Cancel");
      await page.status("Cancelled.");
      const rows = await page.rows("startup");
      assert.ok(rows.some((row) => row.lane === "browser.clone" && row.outcome === "measured"));
      assert.ok(rows.every((row) => row.outcome !== "failed"));
      assert.match(await page.text(".experiments-results"), /It was cancelled/);
      assert.deepEqual(runner.children(), []);

      // And the next one runs.
      await page.measure("picture");
      await page.select("workers", "1");
      await page.select("rounds", "1");
      await page.click("Run comparison");
      await page.status("The comparison is done.");
      assert.deepEqual(await page.rows("startup"), []);
    });

    visit(
      "a hidden tab voids the block, and says so",
      async (page) => {
        // Without a runner every turn is the browser's.
        await page.available(browserLanes);
        await page.click("Run comparison");
        await until(async () => (await page.percent()) >= 5, "the first turns");
        await page.tab.hide();
        await until(() => page.tab.run(() => document.hidden), "the tab to be hidden");
        await page.tab.show();
        await until(() => page.tab.run(() => !document.hidden), "the tab to be seen");
        await page.status("The comparison is done.");
        assert.match(await page.text(".warnings"), /void and made again: [1-9]\d*; the page was hidden/);
        const rows = await page.rows("startup");
        assert.ok(rows.some((row) => row.lane === "browser.clone" && row.outcome === "measured"));
        assert.ok(rows.every((row) => row.outcome !== "failed"));
      },
      { address: (runner) => runner.origin },
    );

    visit("a page that is reloaded finds the running comparison, and takes part again", async (page, runner) => {
      await page.available(lanes);
      await page.click("Run comparison");
      await until(async () => (await page.percent()) >= 10, "the first turns");
      await page.tab.goto(runner.origin);
      await until(() => page.count(".progress progress"), "the comparison that goes on");
      await page.status("The comparison is done.");
      const rows = await page.rows("startup");
      assert.ok(rows.every((row) => row.outcome !== "failed"));
      for (const lane of ["browser.clone", "process.pipe"]) {
        assert.ok(rows.some((row) => row.lane === lane && row.outcome === "measured"), lane);
      }
      assert.match(await page.text(".warnings"), /void and made again: \d+; the page was (opened anew|hidden)/);
      assert.deepEqual(runner.children(), []);
    });

    visit(
      "without a runner a reload begins the experiments again",
      async (page, runner) => {
        await page.available(browserLanes);
        await page.click("Run comparison");
        await until(async () => (await page.percent()) >= 5, "the first turns");
        await page.tab.goto(runner.origin);
        await until(() => page.count(".progress progress"), "the comparison that goes on");
        await page.status("The comparison is done.");
        const rows = await page.rows("startup");
        assert.ok(rows.some((row) => row.lane === "browser.clone" && row.outcome === "measured"));
        assert.deepEqual(await page.rows("echo"), [], "of what was chosen, and no more");
      },
      { address: (runner) => runner.origin },
    );

    visit("a second tab finds the running comparison, and can cancel it", async (page, runner) => {
      await page.available(lanes);
      await page.click("Run comparison");
      await until(async () => (await page.percent()) >= 20, "a fifth");
      await page.tab.another(runner.origin);
      // It has joined the runner's study, and does not only hear of it from the first tab.
      await page.status("Comparing…");
      await page.click("Cancel");
      await page.status("Cancelled.");
      assert.ok((await page.rows("startup")).some((row) => row.outcome === "measured"));
      await until(() => runner.children().length === 0, "the end of its children");
    });

    visit("a runner that dies leaves what was measured, and says so", async (page, runner) => {
      await page.available(lanes);
      await page.click("Run comparison");
      await until(async () => (await page.percent()) >= 20, "a fifth");
      await runner.stop("SIGKILL");
      await page.status("The comparison is done. Some lanes failed: the connection to the runner ended");
      assert.match(await page.text(".experiments-results"), /It could not go on: the connection to the runner ended/);
      assert.ok((await page.rows("startup")).some((row) => row.outcome === "measured"));
    });
  });
}
