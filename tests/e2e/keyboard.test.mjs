// A journey by keyboard alone: from the first Tab to a figure's samples, a claim's evidence and the flow's next moment.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { until, visiting } from "./page.mjs";

/** What has the focus: in words, and whether that can be seen. */
const focused = (page) =>
  page.tab.run(() => {
    const it = document.activeElement;
    // A file's input is as large as the label around it, which shows the focus.
    const shows = it.type === "file" ? it.parentElement : it;
    return { tag: it.tagName, words: it.ariaLabel ?? it.textContent.trim(), id: it.id, isSeen: getComputedStyle(shows).outlineStyle !== "none" };
  });

/** Presses Tab until something has the focus that `is` it; every stop on the way can be seen. */
async function tabTo(page, what, is) {
  for (let stops = 0; stops < 400; stops += 1) {
    await page.tab.press("Tab");
    const it = await focused(page);
    if (it.tag === "BODY") continue;
    assert.ok(it.isSeen, `the focus is on ${it.tag} "${it.words.slice(0, 60)}" and cannot be seen`);
    if (is(it)) return it;
  }
  throw new Error(`no Tab leads to ${what}`);
}

for (const { name, open } of browsers) {
  describe(name, () => {
    test("everything is reached by keyboard", { timeout: 300_000 }, () =>
      visiting(open, { address: (runner) => `${runner.address}&s=measure:startup`, measures: ["startup"] }, async (page) => {
        await until(async () => /^Runner /.test(await page.text(".machine")), "the runner");
        const first = await tabTo(page, "the language", () => true);
        assert.equal(first.id, "language");
        const second = await tabTo(page, "the button", () => true);
        assert.equal(second.words, "Run comparison", "the next stop is what this page is for");
        await page.tab.press("Enter");
        await until(() => page.count("progress"), "progress");
        await tabTo(page, "Cancel", ({ words }) => words === "Cancel");
        await page.status("The comparison is done.");

        await tabTo(page, "the lanes", ({ tag, words }) => tag === "SUMMARY" && /lanes are available/.test(words));
        await page.tab.press("Enter");
        assert.equal(await page.count(".lanes[open]"), 1);
        await tabTo(page, "a line of a chart", ({ words }) => /^\S+: [\d.]+.\S+, 95% interval /.test(words));
        await page.tab.press("Enter");
        await until(() => page.count(".samples[open] li"), "its samples");
        await tabTo(page, "the method", ({ words }) => words === "How it was measured");
        await tabTo(page, "a claim's evidence", ({ tag, words }) => tag === "SUMMARY" && /^What would make it true/.test(words));
        await page.tab.press("Enter");
        assert.ok((await page.count(".evidence details[open]")) > 0);
      }),
    );
  });
}
