// Reports: opened whichever way, looked at everywhere on the page, saved again; and what is none is told.
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

/** What is looked at: the words beside the radio button that is chosen. */
const about = (page) => page.tab.run(() => document.querySelector('input[name="report"]:checked').parentElement.textContent);

/** The text of a file that the browser has saved. */
async function saved(page, name) {
  let text = "";
  await until(() => {
    try {
      text = readFileSync(join(page.tab.downloads, name), "utf8");
    } catch {
      return false;
    }
    return text.length > 0;
  }, `the file ${name}`);
  return text;
}

for (const { name, open } of browsers) {
  describe(name, () => {
    test("a report that is opened is what the page is about, and is saved as it was", { timeout: 120_000 }, () =>
      visiting(open, { host }, async (page) => {
        assert.match(await about(page), /^This visit nothing has been measured yet$/);
        assert.equal(await page.tab.run(() => [...document.querySelectorAll(".reports .ways button")].every((it) => it.disabled)), true);
        await page.giveFile("choose", "colleague.json", golden, "report-file");
        await until(async () => (await about(page)).startsWith("colleague.json"), "the report");
        const of = await about(page);
        assert.ok(of.includes(`${report.results.length} rows on ${report.machine.cpu}, ${report.machine.cores} cores`), of);

        const [first] = report.results;
        const rows = await page.rows(first.experiment);
        const same = report.results.filter((row) => row.experiment === first.experiment);
        assert.equal(rows.length, same.length);
        assert.ok(rows.some((row) => row.lane === first.lane && row.outcome === Object.keys(first.outcome)[0]));

        const day = new Date(report.run.started * 1000).toISOString().slice(0, 10);
        await page.click("Save the report");
        assert.deepEqual(JSON.parse(await saved(page, `breakeven-${day}.json`)), report);
        await page.click("Every sample as CSV");
        assert.match(await saved(page, `breakeven-${day}.csv`), /^experiment,lane,params,outcome,/);
        await page.click("The table as Markdown");
        assert.match(await saved(page, `breakeven-${day}.md`), /\| Experiment \| Params \| Lane \| Median \|/);

        await page.tab.run(() => document.getElementById("report-own").click());
        assert.equal((await page.rows(first.experiment)).length, 0, "this visit has measured nothing");
        await page.tab.run(() => document.getElementById("report-0").click());
        assert.equal((await page.rows(first.experiment)).length, same.length);
        await page.click("Remove");
        assert.match(await about(page), /^This visit/);
        assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      }),
    );

    test("reports are dropped and pasted, too, and the same one lies there once", { timeout: 120_000 }, () =>
      visiting(open, { host }, async (page) => {
        await page.giveFile("drop", "dropped.json", golden);
        await until(async () => (await about(page)).startsWith("dropped.json"), "what was dropped");
        await page.giveFile("paste", "copy.json", golden);
        await page.says('.reports [role="status"]', /^$/);
        await page.tab.run(() => document.getElementById("report-own").click());
        const other = Buffer.from(JSON.stringify({ ...report, run: { ...report.run, seed: 1 } }));
        await page.giveFile("paste", "other.json", other);
        await until(async () => (await about(page)).startsWith("other.json"), "what was pasted");
        const all = await page.tab.run(() => [...document.querySelectorAll(".report label:first-child")].map((it) => it.textContent.split(" ")[0]));
        assert.deepEqual(all, ["dropped.json", "other.json", "Recorded"]);
      }),
    );

    test("of two that are opened at once the later one is looked at", { timeout: 120_000 }, () =>
      visiting(open, { host }, async (page) => {
        const long = structuredClone(report);
        long.results = Array.from({ length: 2000 }, (_, at) => ({ ...report.results[0], params: { bytes: at } }));
        await page.giveFile("choose", "long.json", Buffer.from(JSON.stringify(long)), "report-file");
        await page.giveFile("choose", "short.json", golden, "report-file");
        await until(async () => (await page.count(".report")) === 2, "both");
        assert.match(await about(page), /^short\.json/);
      }),
    );

    test("what is no report is told, and what was there before stays", { timeout: 120_000 }, () =>
      visiting(open, { host }, async (page) => {
        await page.giveFile("choose", "good.json", golden, "report-file");
        await until(async () => (await about(page)).startsWith("good.json"), "the report");
        const changed = (change) => {
          const copy = structuredClone(report);
          change(copy);
          return Buffer.from(JSON.stringify(copy));
        };
        const wrong = [
          ["empty.json", Buffer.alloc(0), /^empty\.json: this is no report: EOF/],
          ["half.json", golden.subarray(0, golden.length / 2), /^half\.json: this is no report: EOF/],
          ["pixels.json", Buffer.from([0x89, 0x50, 0xff, 0x00]), /^pixels\.json: this is no report:/],
          ["foreign.json", Buffer.from('{"benchmarks": []}'), /^foreign\.json: this is no report: missing field `version`/],
          ["newer.json", changed((it) => (it.version = 99)), /^newer\.json: this report has version 99, and this program reads up to \d+: use a newer one\.$/],
          ["twice.json", changed((it) => it.results.push(it.results[0])), /^twice\.json: this report has two rows for /],
          ["cut.json", changed((it) => it.results.find((row) => row.outcome.measured).outcome.measured.samples.pop()), /samples do not add up/],
        ];
        for (const [file, bytes, words] of wrong) {
          await page.giveFile("choose", file, bytes, "report-file");
          await page.says('.reports [role="alert"]', words);
          assert.match(await about(page), /^good\.json/);
        }
        await page.giveFile("choose", "again.json", changed((it) => (it.run.seed = 2)), "report-file");
        await until(async () => (await about(page)).startsWith("again.json"), "the next report");
        assert.equal(await page.text('.reports [role="alert"]'), "");
        assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
      }),
    );

    test("a link carries settings and figures, and nothing is asked of anybody for it", { timeout: 120_000 }, () =>
      visiting(open, { host: startStaticHost }, async (page, host) => {
        await page.giveFile("choose", "colleague.json", golden, "report-file");
        await until(async () => (await about(page)).startsWith("colleague.json"), "the report");
        const [first] = report.results;
        const before = await page.rows(first.experiment);
        await page.select("rounds", "10");
        await page.click("Copy a link to it");
        await page.says(".reports", /The link is (copied|below): [\d,]+ letters, with the settings and the figures, without samples\./);
        const href = await page.tab.run(() => document.getElementById("share-link").href);
        assert.ok(href.length < golden.length / 4, `${href.length} letters`);

        await page.tab.another(href);
        await until(async () => (await page.count("#report-0:checked")) === 1, "the summary");
        assert.match(await about(page), /^what the address shares \d+ rows on /);
        const figures = (rows) => rows.map(({ lane, outcome, figures }) => [lane, outcome, figures.Median, figures.Against]);
        assert.deepEqual(figures(await page.rows(first.experiment)), figures(before));
        assert.equal(await page.tab.run(() => document.getElementById("rounds").value), "10");
        await page.tab.run(() => document.querySelector(".samples > summary").click());
        await page.says(".samples[open]", /a summary, without its samples/);
        assert.deepEqual(host.requests.filter(({ path }) => path.includes("#")), []);

        await page.tab.another(`${host.address}#r=${href.split("r=")[1].slice(0, 500)}`);
        await page.says('.reports [role="alert"]', /^what the address shares: the address is damaged, or was cut off: ask for it again\.$/);
      }),
    );
  });
}
