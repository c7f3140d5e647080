// The region "Decision guide": measured, asked, dragged, shared and proved.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { browserLanes, lanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const timeout = 300_000;
const linked = "s=guide,for=node,task=2000000,payload=1048576,reply=1048576,tasks=20,workers=2,fresh=0,crash=0";

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) => test(title, { timeout }, () => visiting(open, options, use));

    visit(
      "a shared workload is predicted, answered by need and by figure, and proved",
      async (page) => {
        await page.available(lanes);
        await page.says(".guide .hint", /No figures yet/);
        assert.equal(await slider(page, "guide-task"), "2.00 ms");
        assert.equal(await slider(page, "guide-payload"), "1.00 MiB");
        await page.click("Measure for the guide");
        await until(() => page.count(".guide .answer"), "the answer", 150_000);
        await page.status("The comparison is done.");

        // Every lane is predicted, Node's compete, and copying 1 MiB as JSON is nobody's first choice.
        const table = await advice(page);
        assert.equal(table.length, 11, JSON.stringify(table));
        for (const row of table) assert.match(row.predicted, /^[\d.,]+\s(µs|ms|s)$/, row.lane);
        const eligible = table.filter((row) => row.eligible).map((row) => row.lane);
        assert.equal(eligible.length, 4);
        assert.notEqual(eligible[0], "node.fork-json");
        assert.match(plain(await page.text(".answer")), /20 tasks with 2 workers take .+90% interval/);
        await until(() => page.count(".reasons li"), "the reasons");

        // The seed's three questions.
        await ask(page, "isolation");
        assert.deepEqual(await eligibleLanes(page), ["node.fork-advanced", "node.fork-json"]);
        await page.says('[data-advice="node.worker"]', /ruled out by crash\.threads/);
        await ask(page, "isolation");
        await ask(page, "shared-state");
        assert.deepEqual(await eligibleLanes(page), ["node.worker-shared"]);
        assert.equal(await page.tab.run(() => document.querySelector(".answer").dataset.recommended), "node.worker-shared");
        await ask(page, "shared-state");
        await ask(page, "database");
        await page.says(".answer", /^Neither: a database connection/);
        await ask(page, "database");

        // Sliders by keyboard, the point on the map by its place.
        const before = await point(page);
        await page.tab.run(() => document.getElementById("guide-task").focus());
        await page.tab.press("ArrowRight");
        await until(async () => (await point(page)).left > before.left, "the point");
        await page.tab.run(() => {
          const map = document.getElementById("guide-map");
          const box = map.getBoundingClientRect();
          const at = { clientX: box.left + box.width / 4, clientY: box.top + box.height / 2, bubbles: true, buttons: 1 };
          map.dispatchEvent(new PointerEvent("pointerdown", at));
          map.dispatchEvent(new PointerEvent("pointerup", at));
        });
        await until(async () => Math.abs((await point(page)).left - 25) < 2, "the point at a quarter");
        assert.match(await page.tab.run(() => document.getElementById("guide-map").ariaLabel), /At this payload, by the work of a task: /);
        assert.ok((await page.count("#guide-map svg rect")) > 10);

        // Its link is the same workload.
        const link = await page.tab.run(() => document.getElementById("guide-link").getAttribute("href"));
        assert.match(link, /^#s=guide,for=node,task=\d+,payload=\d+,reply=1048576,tasks=20,workers=2/);

        await page.click("Prove it");
        await until(async () => (await advice(page)).filter((row) => /^[\d.]+/.test(row.proved)).length === 3, "the proof", 120_000);
        await page.status("The comparison is done.");

        for (const width of [360, 1280]) {
          await page.tab.resize(width, 900);
          const over = await page.tab.run(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(over <= 0, `${over} px too wide at ${width}`);
        }
        assert.equal(await page.count('[data-sketch="node-worker-shared.mjs"], [data-sketch="node-worker.mjs"]'), 1);
      },
      { address: (host) => `${host.address}&${linked}` },
    );

    visit("a runner that goes is said", async (page, runner) => {
      await page.available(lanes);
      await page.click("Measure for the guide");
      await until(() => isMeasuring(page), "the progress");
      await runner.stop("SIGKILL");
      await page.says('.guide [role="alert"]', /^The connection to the runner ended: start it again/);
    });

    visit(
      "without a runner the browser's own lanes are chosen between",
      async (page) => {
        await page.available(browserLanes.filter((lane) => lane !== "browser.shared"));
        await page.select("guide-for", "browser");
        await page.select("guide-preset", "json");
        await page.click("Measure for the guide");
        await until(() => page.count(".guide .answer"), "the answer", 150_000);
        await page.status("The comparison is done.");
        // With little work, handing 8 MiB over beats copying them.
        await page.tab.run(() => {
          const work = document.getElementById("guide-task");
          work.value = "0";
          work.dispatchEvent(new Event("input", { bubbles: true }));
        });
        await until(async () => (await slider(page, "guide-task")) === "10.0 µs", "little work");
        assert.equal((await eligibleLanes(page))[0], "browser.transfer");
        await page.click("Prove it");
        await until(async () => (await advice(page)).filter((row) => /^[\d.]+/.test(row.proved)).length === 2, "the proof", 120_000);
        // Node's lanes are missed, with the reason.
        await page.select("guide-for", "node");
        await page.says(".guide .hint", /^What tasks cost on Node’s lanes could not be measured: .+\.$/);
      },
      { host: startStaticHost },
    );

    test("the programs for the browser run as they stand", { timeout }, async () => {
      const tab = await open();
      const host = await startPrograms();
      try {
        for (const program of ["worker.js", "worker-shared.js"]) {
          await tab.goto(`${host.origin}/${program}.html`);
          await until(() => tab.run(() => document.title.startsWith("answers:")), program);
          const sums = Array.from({ length: 20 }, (_, at) => at * 1000).join(" ");
          assert.equal(await tab.run(() => document.title), `answers: ${sums}`);
        }
      } finally {
        await tab.close();
        await host.stop();
      }
    });
  });
}

/** A host of pages that run a program each and write what it logs into their titles. */
async function startPrograms() {
  const server = createServer((request, response) => {
    const program = /^\/(worker(?:-shared)?\.js)(\.html)?$/.exec(request.url);
    const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
    if (!program) return response.writeHead(404).end();
    if (program[2]) {
      const log = "console.log = (...words) => (document.title = words.join(' '));";
      const body = `<!doctype html><script>${log}</script><script src="${program[1]}"></script>`;
      return response.writeHead(200, { ...headers, "content-type": "text/html" }).end(body);
    }
    const text = readFileSync(new URL(`../../crates/advisor/sketches/${program[1]}`, import.meta.url));
    response.writeHead(200, { ...headers, "content-type": "text/javascript" }).end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

const plain = (text) => text.replaceAll("\u{a0}", " ");

async function slider(page, id) {
  return plain(await page.text(`output[for="${id}"]`));
}

const isMeasuring = async (page) => /^(tasks|startup|memory) on /.test(await page.text(".guide .turn"));

function ask(page, need) {
  return page.tab.run((need) => document.getElementById(`need-${need}`).click(), need);
}

function advice(page) {
  return page.tab.run(() =>
    [...document.querySelectorAll("[data-advice]")].map((row) => ({
      lane: row.dataset.advice,
      eligible: row.dataset.eligible === "true",
      predicted: row.querySelector('[data-column="Predicted"]').textContent,
      proved: row.querySelector("[data-proved]").textContent,
    })),
  );
}

async function eligibleLanes(page) {
  return (await advice(page)).filter((row) => row.eligible).map((row) => row.lane);
}

/** Where the point stands, in percent. */
function point(page) {
  return page.tab.run(() => {
    const { left, bottom } = document.querySelector("#guide-map .point").style;
    return { left: Number.parseFloat(left), bottom: Number.parseFloat(bottom) };
  });
}
