// The page in another language: all of it, from the first visit on, and changed on the way without losing anything.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { lanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

/** Whatever people read or hear that is English: by words that German lacks. What is quoted says so by its `lang`. */
const english = (page) =>
  page.tab.run(() => {
    for (const details of document.querySelectorAll("details:not(.samples)")) details.open = true;
    const words = /(^|[^\w./-])(the|of|is|are|and|with|that|this|from|were|which|its|their|has|have|not|it|for|to|by|when|how|each|than|no)(?![\w-])/i;
    const isQuoted = (element) => element.closest('[lang="en"], code, pre, script, style, noscript, [data-errors]:not(html)');
    const found = new Set();
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (words.test(node.data) && !isQuoted(node.parentElement)) found.add(node.data);
    }
    for (const name of ["aria-label", "aria-valuetext", "title", "data-column", "placeholder"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const said = element.getAttribute(name);
        if (words.test(said) && !isQuoted(element)) found.add(`${name}: ${said}`);
      }
    }
    return [...found];
  });

const heading = "Worker-Threads oder Kindprozesse?";

for (const { name, open } of browsers) {
  describe(name, () => {
    test("a German browser gets a German page, before a comparison and after it", { timeout: 300_000 }, () =>
      visiting(() => open({ language: "de" }), { recorded: true, measures: ["picture", "startup", "crash"] }, async (page) => {
        await until(() => page.count("#report-recorded:checked"), "the recorded report");
        await page.rows("startup");
        assert.equal(await page.text("h1"), heading);
        assert.equal(await page.tab.run(() => `${document.documentElement.lang} ${document.title}`), `de Breakeven: ${heading}`);
        assert.deepEqual(await english(page), []);
        assert.match(await page.text(".facts"), /Die des Browsers geht in Schritten von \d/);
        const row = (await page.rows("startup")).find(({ outcome }) => outcome === "measured");
        assert.match(row.figures["95-%-Intervall"], /^\[\d+(,\d+)?, \d+(,\d+)?\].\S+$/, "figures with a comma");

        await until(async () => (await page.count('[data-lane-card][data-state="available"]')) === lanes.length, "the lanes");
        await page.select("rounds", "1");
        await page.click("Vergleich starten");
        await until(() => page.count("progress"), "progress");
        assert.deepEqual(await english(page), [], "while it runs");
        await page.status("Der Vergleich ist fertig.");
        await page.rows("startup");
        assert.deepEqual(await english(page), []);
        assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      }),
    );

    test("the visitor's choice is kept, and so is all else", { timeout: 120_000 }, () =>
      visiting(open, { host: startStaticHost }, async (page, host) => {
        assert.equal(await page.tab.run(() => document.documentElement.lang), "en");
        await page.select("guide-preset", "pdf");
        await page.select("rounds", "10");
        await page.select("language", "de");
        await until(async () => (await page.text("h1")) === heading, "German");
        assert.deepEqual(await page.tab.run(() => ["guide-preset", "rounds", "language"].map((id) => document.getElementById(id).value)), ["pdf", "10", "de"]);
        await page.tab.goto(`${host.address}?again`);
        await until(() => page.count("#experiment-picture"), "the page");
        assert.equal(await page.text("h1"), heading);
        await page.select("language", "en");
        await until(async () => (await page.text("h1")) === "Worker threads or child processes?", "English");
        assert.match(await page.text(".go"), /^Run comparison/);
      }),
    );

    test("without a catalogue the page speaks English and says why", { timeout: 120_000 }, () =>
      visiting(() => open({ language: "de" }), { host: () => startStaticHost({ instead: { "text/de.json": null } }) }, async (page) => {
        assert.match(await page.text(".go"), /^Run comparison/);
        await page.select("language", "de");
        await page.says('.language [role="alert"]', /^This language could not be loaded: .+de\.json is no catalogue \(404\)\.$/);
        assert.equal(await page.tab.run(() => document.documentElement.lang), "en");
      }),
    );
  });
}
