// The region "Claims": each row can be run, and its verdicts and the crash matrix follow.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { browserLanes, lanes } from "./lanes.mjs";
import { visiting } from "./page.mjs";

const timeout = 300_000;

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) => test(title, { timeout }, () => visiting(open, options, use));

    visit("a row is run, and its claims are judged", async (page, runner) => {
      await page.available(lanes);
      assert.equal(await page.count("[data-claim]"), 24);
      assert.equal(await page.count('[data-claim][data-verdict="not_measured"]'), 24);
      assert.match((await page.claim("startup.processes")).words, /Heavier — forks full Node\.js runtime\./);

      await page.runClaim("process");
      const threads = await page.claim("process.threads");
      assert.equal(threads.verdict, "holds");
      assert.equal(threads.beside.Rust, "holds");
      // A page is told of no process.
      assert.equal(threads.beside.browser, "not_measured");
      assert.match(threads.evidence, /have their caller's process id \(Node v\d+/);
      assert.equal((await page.claim("process.processes")).verdict, "holds");
      assert.equal((await page.claim("crash.threads")).verdict, "not_measured");
      assert.deepEqual(runner.children(), []);
    });

    visit("workers crash, the page and the runner live, and the matrix says who died", async (page, runner) => {
      await page.available(lanes);
      await page.runClaim("crash");
      const threads = await page.claim("crash.threads");
      assert.equal(threads.verdict, "nuance");
      assert.deepEqual(threads.beside, { Rust: "nuance", browser: "fails" });
      assert.match(threads.evidence, /the caller died, too: .*segfault/);
      assert.equal((await page.claim("crash.processes")).verdict, "holds");
      const died = (kind, lane) =>
        page.tab.run(
          (kind, lane) =>
            document.querySelector(`tr[data-crash="${kind}"] td[data-column="${lane}"]`)?.dataset.died,
          kind,
          lane,
        );
      assert.equal(await died("segfault", "node.worker"), "caller");
      assert.equal(await died("segfault", "node.fork-json"), "worker");
      assert.equal(await died("exit", "native.thread"), "caller");
      assert.equal(await died("throw", "browser.clone"), "nobody");
      assert.equal(await died("loop", "browser.shared"), "worker");
      assert.equal(await died("lock", "browser.shared"), "worker");
      assert.equal(await died("memory-many", "browser.clone"), "–", "not in the visitor's own tab");
      assert.match(await page.text('tr[data-crash="lock"] td[data-column="browser.shared"]'), /the lock is held/);
      assert.match(await page.text(".claims .summary"), /1 hold, 1 hold with a nuance/);
      assert.deepEqual(runner.children(), []);
      assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      // What was found stays when another row is run.
      await page.runClaim("process");
      assert.equal((await page.claim("crash.threads")).verdict, "nuance");
    });

    visit(
      "without a runner the browser's share runs",
      async (page) => {
        await page.available(browserLanes);
        await page.runClaim("buffers");
        const threads = await page.claim("buffers.threads");
        assert.equal(threads.verdict, "not_measured");
        assert.equal(threads.beside.browser, "holds");
        assert.match(threads.evidence, /the runner is away/);
        assert.match(threads.evidence, /0 bytes are copied/);
        assert.equal((await page.claim("buffers.processes")).beside.browser, "not_measured");
      },
      { address: (runner) => runner.origin },
    );
  });
}
