// The page for everybody: axe-core finds nothing to complain about, in every state, theme and width.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openChromium } from "./chromium.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const golden = (name) => readFileSync(fileURLToPath(new URL(`../../native-runner/tests/golden/${name}`, import.meta.url)));
const minute = 60_000;

/** Fails with what axe-core finds in the page as it is. */
async function accessible(page, state) {
  for (const theme of ["light", "dark"]) {
    for (const width of [320, 1280]) {
      await page.tab.theme(theme);
      await page.tab.resize(width, 900);
      await page.tab.run(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      const found = await page.tab.run(async () => {
        // What is folded is looked at, too.
        for (const details of document.querySelectorAll("details")) details.open = true;
        const { violations, passes } = await globalThis.axe.run(document);
        if (passes.length < 20) return [`only ${passes.length} rules applied`];
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.html})`).join("; ")}`);
      });
      assert.deepEqual(found, [], `${state}, ${theme}, ${width} px`);
      const wide = await page.tab.run(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${state}, ${theme}: the page is ${wide} px wider than ${width} px`);
    }
  }
}

test("on a host, before anything and with reports", { timeout: 4 * minute }, () =>
  visiting(openChromium, { host: startStaticHost }, async (page) => {
    await page.tab.run(axe);
    await page.available(["browser.main", "browser.clone", "browser.transfer"]);
    await accessible(page, "untouched");
    await page.giveFile("choose", "figures.json", golden("report-v1.json"), "report-file");
    await until(() => page.count("#report-0"), "the report");
    await page.giveFile("choose", "none.json", Buffer.from("{}"), "report-file");
    await page.says('.reports [role="alert"]', /no report/);
    await accessible(page, "with a report and a message");
    await page.giveFile("choose", "trace.json", golden("report-v1-trace.json"), "report-file");
    await until(() => page.count("#report-1"), "the trace");
    await accessible(page, "with a trace");
  }),
);

test("with the report that comes with the page, and the method", { timeout: 4 * minute }, () =>
  visiting(openChromium, { host: startStaticHost, recorded: true }, async (page, host) => {
    await page.tab.run(axe);
    await until(() => page.count("#report-recorded:checked"), "the recorded report");
    await page.rows("startup");
    await accessible(page, "recorded");
    await page.tab.goto(`${host.address}method.html`);
    await page.tab.run(axe);
    await accessible(page, "the method");
  }),
);

test("in the language whose words are the longest", { timeout: 4 * minute }, () =>
  visiting(() => openChromium({ language: "de" }), { host: startStaticHost, recorded: true }, async (page) => {
    await page.tab.run(axe);
    await until(() => page.count("#report-recorded:checked"), "the recorded report");
    await page.rows("startup");
    await accessible(page, "German");
  }),
);

test("with the runner, while a comparison runs and after it", { timeout: 5 * minute }, () =>
  visiting(openChromium, { measures: ["picture", "startup"] }, async (page) => {
    await page.tab.run(axe);
    await until(async () => /^Runner /.test(await page.text(".machine")), "the runner");
    await accessible(page, "idle");
    await page.select("rounds", "1");
    await page.click("Run comparison");
    await until(() => page.count("progress"), "progress");
    await accessible(page, "running");
    await page.status("The comparison is done.");
    await accessible(page, "done");
  }),
);
