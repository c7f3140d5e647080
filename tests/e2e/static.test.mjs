// The page on a host that isolates nothing: it opens, says what that costs, and runs the rest.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

for (const { name, open } of browsers) {
  describe(name, () => {
    test("without isolation browser.clone runs and the rest says why not", { timeout: 300_000 }, () =>
      visiting(open, { host: startStaticHost }, async (page) => {
        assert.equal(await page.tab.run(() => crossOriginIsolated), false);
        await page.available(["browser.main", "browser.clone", "browser.transfer"]);
        const reason = await page.reason("browser.shared");
        assert.match(reason, /not cross-origin isolated/);
        assert.match(reason, /Cross-Origin-Opener-Policy: same-origin/);

        await page.select("workers", "2");
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        assert.deepEqual(
          (await page.rows()).map((row) => [row.lane, row.outcome]),
          [
            ["browser.clone", "measured"],
            ["browser.clone", "measured"],
            ["browser.shared", "unavailable"],
            ["native.thread", "unavailable"],
            ["native.thread-wide", "unavailable"],
            ["process.pipe", "unavailable"],
            ["process.socket", "unavailable"],
            ["process.shm", "unavailable"],
          ],
        );
        assert.ok((await page.tab.run(() => document.querySelector("canvas").width)) > 300, "the picture is shown");
      }),
    );

    test("an engine that cannot be loaded fails its turn and the page goes on", { timeout: 300_000 }, () =>
      visiting(open, { host: () => startStaticHost({ instead: { "workers/engine-plain/worker.js": null, "workers/engine-plain/engine_bg.wasm": null } }) }, async (page) => {
        await page.available(["browser.main", "browser.clone", "browser.transfer"]);
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        const clone = (await page.rows()).filter((row) => row.lane === "browser.clone");
        for (const row of clone) {
          assert.equal(row.outcome, "failed");
          assert.match(row.text, /engine-plain\/\S+ could not be loaded/);
        }
        // The message has an address in it, which is longer than a line of a phone.
        await page.tab.resize(360, 900);
        const wide = await page.tab.run(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, "nothing is wider than a phone");
      }),
    );
  });
}
