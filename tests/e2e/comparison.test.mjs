// The page against the release binary, as a visitor uses it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { browserLanes, lanes, pictureLanes } from "./lanes.mjs";
import { ComparisonPage, until, visiting } from "./page.mjs";

const timeout = 300_000;

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) => test(title, { timeout }, () => visiting(open, options, use));

    visit("both sides run and every checksum agrees", async (page, runner) => {
      await page.available(lanes);
      const [url, isolated] = await page.tab.run(() => [location.href, crossOriginIsolated]);
      assert.equal(url, `${runner.origin}/`, "the token is gone from the address");
      assert.equal(isolated, true);

      await page.select("workers", "2");
      await page.select("rounds", "3");
      await page.click("Run comparison");
      await until(() => page.count('[role="progressbar"]'), "the progress bar");
      await page.status("The comparison is done.");

      const rows = await page.rows();
      assert.deepEqual(
        rows.map((row) => [row.lane, row.workers, row.outcome]),
        pictureLanes.flatMap((lane) => [1, 2].map((workers) => [lane, workers, "measured"])),
      );
      assert.match(rows[0].checksum, /^[0-9a-f]{16}$/);
      for (const row of rows) {
        assert.equal(row.checksum, rows[0].checksum, `${row.lane} with ${row.workers}`);
        assert.equal(row.figures.Runs, "9");
        assert.match(row.figures["Time per run"], /^[\d.]+\s(ms|s) \[[\d.]+, [\d.]+\]\s(ms|s)$/);
        assert.match(row.figures.Throughput, /MP\/s$/);
        const copies = !["browser.shared", "native.thread", "native.thread-wide"].includes(row.lane);
        assert.match(row.figures.Copied, copies ? /^9\d\.\d\sMiB$/ : /^0\sB$/);
      }
      const points = await page.count(".chart svg circle, .chart svg polygon");
      assert.equal(points, rows.length * 9, "each run is a point");
      assert.equal(await page.count(".runs li"), rows.length, "and stands in words");

      const [partial, colours] = await page.tab.run(() => {
        const canvas = document.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [Number(canvas.dataset.partialFrames), new Set(new Uint32Array(data.buffer)).size];
      });
      assert.ok(partial > 0, "the picture was seen while it was being written");
      assert.ok(colours > 100, "the picture is shown");

      const [loaded, errors] = await page.tab.run(() => [
        performance.getEntriesByType("resource").map((entry) => entry.name),
        document.documentElement.dataset.errors ?? "",
      ]);
      assert.ok(loaded.length > 3);
      for (const address of loaded) {
        assert.ok(address.startsWith(runner.origin) || address.startsWith(`blob:${runner.origin}`), address);
      }
      assert.equal(errors, "");
      assert.deepEqual(runner.children(), []);
    });

    visit("Cancel ends the run and leaves no child", async (page, runner) => {
      await page.available(lanes);
      await page.select("rounds", "10");
      await page.click("Run comparison");
      // Caught in the act: children are at work.
      await until(() => runner.children().length > 0, "a process lane's turn");
      await page.click("Cancel");
      await page.status("Cancelled.");
      assert.deepEqual(runner.children(), []);
      assert.equal(await page.count('[role="progressbar"]'), 0);

      // And the next comparison runs.
      await page.select("workers", "1");
      await page.select("rounds", "1");
      await page.click("Run comparison");
      await page.status("The comparison is done.");
      const outcomes = (await page.rows()).map((row) => row.outcome);
      assert.deepEqual(outcomes, pictureLanes.map(() => "measured"));
    });

    visit("Cancel during a browser lane keeps what was measured", async (page, runner) => {
      await page.available(lanes);
      await page.select("rounds", "10");
      await page.click("Run comparison");
      await until(
        async () =>
          (await page.text(".turn")).includes("browser.") && (await page.count('tr[data-outcome="measured"]')) > 0,
        "a browser lane's turn after another",
      );
      await page.click("Cancel");
      await page.status("Cancelled.");
      assert.ok((await page.rows()).some((row) => row.outcome === "measured"));
      assert.deepEqual(runner.children(), []);
    });

    // The page itself is public; without the token it gets no session.
    visit(
      "without a session the browser's lanes run",
      async (page) => {
        await page.available(browserLanes);
        await page.select("workers", "1");
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        const rows = await page.rows();
        assert.deepEqual(
          rows.map((row) => row.outcome),
          ["measured", "measured", ...Array(5).fill("unavailable")],
        );
        assert.match(rows[4].text, /the runner is away: start `breakeven serve`/);
      },
      { address: (runner) => runner.origin },
    );

    visit("the address works once, and its session outlives a reload", async (page, runner) => {
      await page.available(lanes);
      await page.tab.goto(runner.origin);
      await page.available(lanes);
      const stranger = await open();
      try {
        await stranger.goto(runner.address);
        await new ComparisonPage(stranger).available(browserLanes);
      } finally {
        await stranger.close();
      }
    });

    visit("a page that is reloaded goes on with the pictures where it was", async (page, runner) => {
      await page.available(lanes);
      await page.select("rounds", "3");
      await page.click("Run comparison");
      await until(async () => (await page.percent()) >= 30, "some turns");
      await page.tab.goto(runner.origin);
      await until(async () => (await page.percent()) >= 30, "the comparison that goes on");
      const before = (await page.rows()).filter((row) => row.outcome === "measured").length;
      assert.ok(before > 0, "what was measured is there");
      await page.status("The comparison is done.");
      const others = (await page.rows()).filter((row) => row.outcome !== "measured");
      assert.deepEqual(others.map((row) => row.text), []);
      assert.deepEqual(runner.children(), []);
      // It is over: the next reload begins nothing.
      await page.tab.goto(runner.origin);
      await page.available(lanes);
      assert.equal(await page.count(".progress progress"), 0);
    });

    visit("another tab shows the running comparison, and can cancel it", async (page, runner) => {
      await page.available(lanes);
      await page.select("rounds", "10");
      await page.click("Run comparison");
      await until(async () => (await page.percent()) >= 5, "some turns");
      await page.tab.another(runner.origin);
      await page.status("A comparison is running in another tab.");
      await until(async () => (await page.percent()) >= 5, "its progress");
      await page.click("Cancel");
      await page.status("Cancelled.");
      await until(() => runner.children().length === 0, "the end of its children");
    });

    for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 130], ["SIGKILL", "SIGKILL"]]) {
      visit(`${signal} to the runner ends its children, and the page says so`, async (page, runner) => {
        await page.available(lanes);
        await page.select("rounds", "10");
        await page.click("Run comparison");
        let children = [];
        await until(() => (children = runner.children()).length > 0, "a process lane's turn");
        assert.equal(await runner.stop(signal), code);
        await until(() => children.every((pid) => !existsSync(`/proc/${pid}`)), "the children's end");
        await until(() => page.count('[data-lane-card="process.socket"][data-state="unavailable"]'), "the notice");
        // What is left of the comparison fails at once: the engines came from the runner too.
        await page.status("The comparison is done. Some lanes failed");
        assert.ok((await page.rows()).some((row) => row.outcome === "failed"));
      });
    }

    visit("the keyboard is enough", async (page) => {
      await page.available(lanes);
      const focused = () => page.tab.run(() => document.activeElement.id || document.activeElement.textContent);
      await page.tab.press("Tab");
      assert.equal(await focused(), "language");
      await page.tab.press("Tab");
      assert.equal(await focused(), "Run comparison");
      await page.tab.press("Enter");
      await until(() => page.count('[role="progressbar"]'), "the progress bar");
      await until(async () => {
        await page.tab.press("Tab");
        return (await focused()) === "Cancel";
      }, "focus on Cancel");
      await page.tab.press("Enter");
      await page.status("Cancelled.");

      await until(async () => {
        await page.tab.press("Tab");
        return (await focused()).startsWith("Settings:");
      }, "focus on the settings");
      await page.tab.press("Enter");
      const seen = [];
      const timed = ["startup", "echo", "compute", "dispatch", "memory", "tasks"];
      const trials = ["identity", "share", "crash", "foreign"];
      const boxes = ["picture", ...timed, ...trials].map((name) => `experiment-${name}`);
      const wanted = ["own-picture", "filter", "workers", "rounds", ...boxes];
      while (seen.length < wanted.length) {
        await page.tab.press("Tab");
        seen.push(await focused());
      }
      assert.deepEqual(seen, wanted);
    });
  });
}
