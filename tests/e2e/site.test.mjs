// The static site, under a path of a host: isolated with headers and without, kept for a visit without a network.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browsers } from "./browsers.mjs";
import { ComparisonPage, until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const folder = fileURLToPath(new URL("../../target/site", import.meta.url));
const ownLanes = ["browser.main", "browser.clone", "browser.transfer", "browser.shared"];

/** Calls `use` with the site on a host of its own, once it is there: it may load itself again before. */
async function visitingSite(open, options, use) {
  const host = await startStaticHost({ folder, base: "/some/where/", ...options });
  const tab = await open();
  try {
    const page = new ComparisonPage(tab);
    await tab.goto(host.address);
    await arrived(page);
    await use(page, host);
  } finally {
    await tab.close();
    await host.stop();
  }
}

async function arrived(page) {
  // A page that loads itself again takes what is asked of it along.
  await until(() => page.count("#experiment-picture").catch(() => 0), "the page");
}

/** How often the page was loaded, beside being kept: by the service worker Firefox loads it in another mode. */
const loads = (host) => host.requests.filter(({ path, mode }) => path === "/some/where/" && mode !== "cors").length;

const isIsolated = (page) => page.tab.run(() => crossOriginIsolated);

for (const { name, open } of browsers) {
  describe(name, () => {
    test("without headers it isolates itself, runs, and is there without a network", { timeout: 300_000 }, () =>
      visitingSite(open, {}, async (page, host) => {
        await until(() => isIsolated(page).catch(() => false), "isolation");
        await arrived(page);
        assert.equal(loads(host), 2, "it loads itself once again, and no more");
        await page.available(ownLanes);
        await page.measure("picture");
        await page.select("workers", "2");
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        const shared = (await page.rows()).filter((row) => row.lane === "browser.shared");
        assert.deepEqual(shared.map((row) => row.outcome), ["measured", "measured"]);

        const foreign = await page.tab.run(() =>
          performance.getEntriesByType("resource").map((it) => new URL(it.name)).filter((it) => it.protocol !== "blob:" && it.origin !== location.origin).length,
        );
        assert.equal(foreign, 0, "nobody else is asked for anything");
        assert.deepEqual(host.requests.filter(({ path }) => !path.startsWith("/some/where/") && path !== "/favicon.ico"), []);

        await until(
          () =>
            page.tab.run(async () => {
              const [key] = await caches.keys();
              const kept = await (await caches.open(key)).keys();
              return kept.some(({ url }) => url.endsWith("manifest.webmanifest"));
            }),
          "the files to be kept",
        );
        await host.stop();
        await page.tab.goto(host.address);
        await arrived(page);
        assert.equal(await isIsolated(page), true, "without a network, too");
        await page.measure("picture");
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        assert.ok((await page.rows()).some((row) => row.lane === "browser.shared" && row.outcome === "measured"));
      }),
    );

    test("where there is no service worker it stays as it is, and says what that costs", { timeout: 120_000 }, () =>
      visitingSite(open, { instead: { "sw.js": null } }, async (page, host) => {
        await page.available(ownLanes.slice(0, 3));
        assert.equal(await isIsolated(page), false);
        assert.equal(loads(host), 1);
        assert.match(await page.reason("browser.shared"), /not cross-origin isolated/);
      }),
    );

    test("where isolation never comes it does not load itself for ever", { timeout: 120_000 }, () =>
      visitingSite(open, { instead: { "sw.js": "addEventListener('fetch', () => {});" } }, async (page, host) => {
        await until(() => loads(host) === 2, "the page to load itself again");
        await arrived(page);
        await page.available(ownLanes.slice(0, 3));
        assert.equal(await isIsolated(page), false);
        assert.equal(loads(host), 2);
      }),
    );

    test("with a host's headers it is isolated at once, and its parts may be kept for good", { timeout: 120_000 }, () =>
      visitingSite(open, { headers: true }, async (page, host) => {
        await page.available(ownLanes);
        assert.equal(loads(host), 1);
        const caching = await page.tab.run(async () => {
          const script = document.querySelector('script[type="module"]').src;
          const told = async (url) => (await fetch(url)).headers.get("cache-control");
          return [await told(location.href), await told(script)];
        });
        assert.deepEqual(caching, ["no-cache", "public, max-age=31536000, immutable"]);
      }),
    );

    test("it leads to the runner's page with the settings as they are", { timeout: 120_000 }, () =>
      visitingSite(open, { headers: true }, async (page) => {
        await page.available(ownLanes);
        assert.match(await page.reason("process.pipe"), /This page is on a host: start `breakeven serve`/);
        await page.measure("picture", "echo");
        await page.select("rounds", "10");
        await page.select("filter", "1");
        const href = await page.tab.run(() => document.querySelector(".hosted a").href);
        const [address, settings] = href.split("#s=");
        assert.equal(address, "http://127.0.0.1:7373/");
        assert.match(settings, /^filter:edges,workers:\d+,rounds:10,measure:picture\+echo$/);

        await visiting(
          open,
          { address: (runner) => `${runner.address}&s=filter:edges,workers:1,rounds:10,measure:picture+echo`, measures: ["picture", "echo"] },
          async (own) => {
            const chosen = await own.tab.run(() => [
              ["filter", "workers", "rounds"].map((id) => document.getElementById(id).value),
              [...document.querySelectorAll('input[id^="experiment-"]:checked')].map((it) => it.id),
              location.hash,
            ]);
            assert.deepEqual(chosen, [
              ["1", "1", "10"],
              ["experiment-picture", "experiment-echo"],
              "#s=filter:edges,workers:1,rounds:10,measure:picture+echo",
            ]);
          },
        );
      }),
    );

    test("a page whose program stops says so", { timeout: 120_000 }, () =>
      visitingSite(open, { headers: true }, async (page) => {
        // What a browser dispatches when a wasm module meets the instruction "unreachable".
        await page.tab.run(() => {
          // Firefox shows its tests other objects than the page's own.
          const page = window.wrappedJSObject ?? window;
          const details = new page.Object();
          details.error = new page.WebAssembly.RuntimeError("unreachable");
          page.dispatchEvent(new page.ErrorEvent("error", details));
        });
        await page.says('main > [role="alert"]', /^The page's program has stopped because of a mistake in it\./);
      }),
    );
  });
}
