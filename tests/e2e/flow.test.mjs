// The region "Flow": two lanes recorded, drawn, played, stepped through and saved; and a trace in another reader.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browsers } from "./browsers.mjs";
import { openChromium } from "./chromium.mjs";
import { browserLanes, lanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const timeout = 300_000;
const KiB = 1024;
const plain = (text) => text.replaceAll("\u{a0}", " ");

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) => test(title, { timeout }, () => visiting(open, options, use));

    visit("two lanes are recorded, drawn as they are, stepped through and saved", async (page, runner) => {
      await page.available(lanes);
      await page.says(".flow .hint", /^The caller starts two workers/);
      await page.click("Record both");
      await recorded(page);

      // Threads of one process beside processes of their own; either copies the same bytes.
      const [left, right] = await sides(page);
      assert.deepEqual([left.lane, right.lane], ["node.worker", "node.fork-json"]);
      assert.deepEqual([left.processes, right.processes], [1, 3]);
      for (const side of [left, right]) {
        assert.equal(side.copied, 6 * (64 + 4) * KiB, side.lane);
        assert.equal(side.regions, 0);
        assert.equal(side.tracks, 3);
        assert.match(side.caption, /^Six tasks for two workers took [\d.]+ ms with 2 /);
        assert.ok(side.messages >= 12, JSON.stringify(side));
      }

      // Moment by moment, by button and by keyboard; and closer.
      assert.match(await output(page), /^the whole of [\d.]+ ms$/);
      await page.click("Next");
      await page.says(".flow .moment", /node\.(worker|fork-json): .+caller/);
      const first = await output(page);
      await page.click("Next");
      assert.notEqual(await output(page), first);
      await page.tab.run(() => document.getElementById("flow-at").focus());
      const before = await output(page);
      for (let press = 0; press < 20; press++) await page.tab.press("ArrowRight");
      await until(async () => (await output(page)) !== before, "the moment");
      assert.equal(await page.count(".flow .playhead"), 2);
      const axis = () => page.tab.run(() => [...document.querySelectorAll(".time text.small")].map((it) => it.textContent).join());
      const whole = await axis();
      await page.tab.run(() => document.querySelector('.flow button[aria-label="Zoom in"]').click());
      await until(async () => (await axis()) !== whole, "the closer picture");
      await page.click("Whole");
      await until(async () => (await axis()) === whole, "the whole picture");

      // It plays, and stops.
      await page.click("Play");
      const playing = await output(page);
      await until(async () => (await output(page)) !== playing, "the next moment");
      await page.click("Pause");

      // What is saved is what is shown.
      const svg = await saved(page, "Save as SVG");
      assert.equal(svg.type, "image/svg+xml");
      assert.match(svg.text, /^<svg[^]+Worker threads and child processes at a glance[^]+node\.fork-json/);
      const png = await saved(page, "Save as PNG");
      assert.equal(png.type, "image/png");
      assert.ok(png.size > 30_000, `${png.size} bytes`);
      assert.deepEqual(runner.children(), []);
      assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
    });

    visit("what is shared is drawn shared, and a crash with what comes after it", async (page) => {
      await page.available(lanes);
      await page.select("flow-preset", "echo");
      await page.click("Record both");
      await recorded(page);
      const [shm, socket] = await sides(page);
      assert.deepEqual([shm.regions, socket.regions], [1, 0]);
      assert.deepEqual([shm.copied, socket.copied], [0, 3 * 2 * KiB * KiB]);

      await page.select("flow-preset", "browser");
      await page.click("Record both");
      await recorded(page);
      const [clone, shared] = await sides(page);
      assert.deepEqual([clone.processes, shared.processes], [1, 1]);
      assert.deepEqual([clone.copied, shared.copied], [6 * (64 + 4) * KiB, 0]);
      assert.deepEqual([clone.regions, shared.regions], [0, 2]);
      await page.says("[data-flow='browser.shared']", /one heap for all of them: the shared wasm memory/);

      // What cannot be recorded is said, and takes nothing away.
      await page.select("flow-left", "native.thread-wide");
      await page.click("Record again");
      await page.says('.flow [role="alert"]', /^No trace of tasks on native\.thread-wide: it makes the page's pictures alone/);
      await page.says("[data-flow='browser.shared'] .caption", /^Six tasks/);

      await page.select("flow-preset", "crash");
      await page.select("flow-right", "browser.clone");
      await page.click("Record both");
      await recorded(page);
      assert.equal(await page.text('.flow [role="alert"]'), "");
      for (const side of await sides(page)) {
        assert.deepEqual([side.crashes, side.tracks], [1, 3], side.lane);
        assert.match(side.caption, /Worker 1 crashed: .*a mistake in the worker.*\.$/, side.lane);
      }
      assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
    });

    visit(
      "a comparison is played along once it has its figures, and its lanes stay to be looked at",
      async (page) => {
        await page.available(lanes);
        await page.click("Run comparison");
        await until(() => page.count(".flow .structure-picture"), "a recording", 120_000);
        assert.match(await page.text(".progress .turn"), /^a trace of tasks on /);
        assert.ok((await page.percent()) > 50, "nobody is thrown back");
        await until(async () => !(await output(page)).startsWith("the whole"), "the player");
        await page.status("The comparison is done.");
        assert.equal((await page.rows("startup")).filter((row) => row.lane === "process.pipe" && row.outcome === "measured").length, 6);
        await page.select("flow-preset", "native");
        await recorded(page);
        const [thread, pipe] = await sides(page);
        assert.deepEqual([thread.processes, pipe.processes], [1, 3]);
        assert.deepEqual([thread.regions, pipe.regions], [2, 0]);
      },
      { measures: ["startup"] },
    );

    visit(
      "without a runner the page records its own lanes, at 360 pixels too",
      async (page) => {
        await page.available(browserLanes.filter((lane) => lane !== "browser.shared"));
        await page.tab.resize(360, 800);
        await page.select("flow-left", "browser.clone");
        await page.select("flow-right", "browser.transfer");
        await page.click("Record both");
        await recorded(page);
        const [clone, transfer] = await sides(page);
        assert.deepEqual([clone.copied, transfer.copied], [6 * (64 + 4) * KiB, 0]);
        assert.ok((await page.tab.run(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "nothing is wider");
      },
      { host: startStaticHost },
    );
  });
}

test("another reader opens a trace: speedscope", { timeout }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "breakeven-trace-"));
  const release = new URL("node_modules/speedscope/dist/release/", import.meta.url);
  cpSync(fileURLToPath(release), folder, { recursive: true });
  const binary = fileURLToPath(new URL("../../target/release/breakeven", import.meta.url));
  const chosen = ["--lane", "process.pipe", "--lane", "native.thread"];
  execFileSync(binary, ["run", "startup", "--quick", ...chosen, "--trace", join(folder, "trace.json")], { stdio: "ignore" });
  const host = await startStaticHost({ folder });
  const tab = await openChromium();
  context.after(async () => {
    await tab.close();
    await host.stop();
    rmSync(folder, { recursive: true });
  });
  await tab.resize(1280, 800);
  await tab.goto(`${host.origin}/#profileURL=${encodeURIComponent(`${host.origin}/trace.json`)}`);
  const text = () => tab.run(() => document.body.innerText);
  await until(async () => /tasks on (native\.thread|process\.pipe)/.test(await text()), "speedscope's profile");
  assert.doesNotMatch(await text(), /went wrong|Unrecognized format/i);
});

/** Waits until both pictures are there, and nothing is being recorded any more. */
const recorded = (page) =>
  until(
    () =>
      page.tab.run(
        () =>
          document.querySelectorAll(".flow .structure-picture").length === 2 &&
          document.querySelectorAll(".flow .time-picture .lane-of-track").length >= 4 &&
          ![...document.querySelectorAll(".flow button")].some((it) => it.textContent === "Cancel"),
      ),
    "both recordings",
  );

/** What is drawn of each of the two. */
const sides = (page) =>
  page.tab.run(() =>
    [...document.querySelectorAll(".side[data-flow]")].map((side) => {
      const count = (selector) => side.querySelectorAll(selector).length;
      return {
        lane: side.dataset.flow,
        copied: Number(side.dataset.copied),
        caption: side.querySelector(".caption").textContent.replaceAll("\u{a0}", " "),
        processes: count(".process"),
        tracks: count(".time .lane-of-track"),
        regions: count(".region"),
        messages: count(".message"),
        crashes: count(".mark-crash"),
      };
    }),
  );

const output = async (page) => plain(await page.text(".player output"));

/** What a button has the browser save. */
async function saved(page, button) {
  await page.tab.run(() => {
    const usual = URL.createObjectURL;
    URL.createObjectURL = (file) => {
      const isDrawing = file.type === "image/svg+xml";
      file.text().then((text) => {
        document.documentElement.dataset.saved = JSON.stringify({ type: file.type, size: file.size, text: isDrawing ? text : "" });
      });
      return usual.call(URL, file);
    };
    delete document.documentElement.dataset.saved;
  });
  await page.click(button);
  const wanted = button.endsWith("PNG") ? "image/png" : "image/svg+xml";
  const found = () => page.tab.run(() => JSON.parse(document.documentElement.dataset.saved ?? "{}"));
  await until(async () => (await found()).type === wanted, `${button}: ${wanted}`);
  return found();
}
