// The region "Examples": a picture on every lane, a scraper whose children die, and the seed's programs.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { lanes, pictureLanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { png } from "./pictures.mjs";

const timeout = 300_000;
/** In the order of the page. */
const filters = ["blur", "edges", "greyscale", "invert", "sharpen", "fill", "resize"];

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) => test(title, { timeout }, () => visiting(open, options, use));

    visit("every filter gives the same picture on every lane", async (page) => {
      await page.available(lanes);
      await page.giveFile("choose", "small.png", png(203, 101, [90, 140, 30]));
      await page.says(".own-picture .which", /^small\.png/);
      for (const [number, filter] of filters.entries()) {
        const checksums = new Map();
        for (const lane of pictureLanes) {
          const figures = await filtered(page, lane, number);
          checksums.set(lane, /checksum (\w+)/.exec(figures.Result)[1]);
          if (lane === "browser.shared") {
            assert.match(figures["Bytes copied"], /^0\sB between the caller and its workers$/);
            assert.match(figures["A change is seen by another thread"], /s after it was written/);
          }
          const size = filter === "resize" ? /^50 × 25 pixels/ : /^203 × 101 pixels/;
          assert.match(figures.Result, size, `${filter} on ${lane}`);
        }
        assert.equal(new Set(checksums.values()).size, 1, `${filter}: ${[...checksums]}`);
      }
    });

    visit("rows appear in the colours of their workers, and the result can be had", async (page) => {
      await page.available(lanes);
      await filtered(page, "browser.shared", 0, "2");
      const workers = await page.tab.run(() =>
        [...document.querySelectorAll(".workers li")].map((item) => item.textContent),
      );
      assert.equal(workers.length, 2);
      assert.match(workers[0], /^worker [12]: rows 1 to 1500$/);
      assert.match(workers[1], /^worker [12]: rows 1501 to 3000$/);
      assert.ok(Number(await page.tab.run(() => document.querySelector(".slider .after").dataset.partialFrames)) > 0);

      const plain = await shown(page);
      await page.tab.run(() => document.getElementById("tint").click());
      await until(async () => (await shown(page)).join() !== plain.join(), "the colours");
      const tinted = await shown(page);
      assert.notDeepEqual(tinted[0], plain[0], "the upper half");
      assert.notDeepEqual(tinted[1], plain[1], "the lower half");

      // The slider works by keyboard, as every slider does.
      const cut = () => page.tab.run(() => document.querySelector(".slider").style.getPropertyValue("--at"));
      assert.equal(await cut(), "50%");
      await page.tab.run(() => document.getElementById("before-after").focus());
      await page.tab.press("ArrowRight");
      await until(async () => (await cut()) === "51%", "the slider");

      for (const [format, letters] of [["png", "89504e47"], ["jpg", "ffd8ff"], ["webp", "52494646"]]) {
        await page.select("example-format", format);
        await page.click("Make the file");
        await until(() => page.count(`#example-file[download="hills-blur.${format}"]`), format);
        await page.tab.run(() => document.getElementById("example-file").click());
        const file = join(page.tab.downloads, `hills-blur.${format}`);
        await until(() => existsSync(file) && statSync(file).size > 0, file);
        const starts = readFileSync(file).subarray(0, 4).toString("hex");
        assert.ok(starts.startsWith(letters), `${format}: ${starts}`);
      }
    });

    visit("a picture of a native lane can be had, too", async (page) => {
      await page.available(lanes);
      await page.giveFile("choose", "mine.png", png(64, 32, [10, 20, 30]));
      await page.says(".own-picture .which", /^mine\.png/);
      await filtered(page, "process.shm", filters.indexOf("invert"));
      await page.click("Make the file");
      await until(() => page.count('#example-file[download="mine-invert.png"]'), "the file");
      const pixel = await shown(page);
      assert.deepEqual(pixel[0].slice(0, 3), [245, 235, 225]);
    });

    visit("a crash costs one page on processes, and the rest on threads", async (page, runner) => {
      await page.available(lanes);
      await scraped(page, "process.socket", "rust");
      assert.equal(await page.count('[data-page="/crash"][data-scraped="crashed"]'), 1);
      assert.equal(await page.count('[data-page="/crash"][data-scraped="died"]'), 2);
      assert.equal(await page.count('[data-page="/article/12"][data-scraped="page"]'), 1);
      assert.equal(await page.count('[data-scraped="lost"]'), 0);
      assert.equal(await page.count('[data-scraped="outgrown"]'), 1);
      await page.says("#scrape-summary", /34 pages read, 9 not to be had, 1 that their workers died of, 0 lost/);

      await scraped(page, "native.thread", "rust");
      assert.equal(await page.count('[data-page="/article/12"][data-scraped="lost"]'), 1);
      assert.equal(await page.count('[data-scraped="crashed"]'), 0);

      for (const child of ["node", "python"]) {
        await scraped(page, "process.pipe", child);
        assert.equal(await page.count('[data-page="/crash"][data-scraped="crashed"]'), 1, child);
        await page.says("#scrape-summary", /34 pages read/);
      }
      await until(() => runner.children().length === 0, "the children's end");
    });

    visit("scraping that is cancelled ends at once", async (page, runner) => {
      await page.available(lanes);
      await page.click("Scrape the pages");
      await until(() => page.count("[data-scraped]"), "the first page");
      await page.click("Cancel");
      await page.says(section("scrape") + ' [role="status"]', /^Cancelled/);
      await until(() => runner.children().length === 0, "the children's end");
    });

    visit("what was found stays when the runner goes, and fits a phone", async (page, runner) => {
      await page.available(lanes);
      await filtered(page, "browser.shared", 0);
      await scraped(page, "process.pipe", "rust");
      for (const [width, spare] of [[360, "a phone"], [1280, "a desk"]]) {
        await page.tab.resize(width, 900);
        const over = await page.tab.run(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${spare}: ${over} px too wide`);
      }
      await runner.stop("SIGKILL");
      await page.click("Scrape the pages");
      await page.says(section("scrape") + ' [role="alert"]', /^(This needs the runner|The connection to the runner ended): .+\.$/);
      await page.says("#scrape-summary", /34 pages read/);
      await page.select("example-lane", "browser.clone");
      await filtered(page, "browser.clone", 0);
      await page.says("#picture-figures", /browser\.clone/);
    });

    visit("the seed's programs run as they are written, and large pages are lost", async (page) => {
      await page.available(lanes);
      await page.click("Run them as written");
      await page.says(section("seed") + ' [role="status"]', /^Done, with Node v\d+/);
      await page.says('[data-ran="worker-threads"]', /it wrote Worker done: Pixels processed$/);
      await page.says('[data-ran="child-processes"]', /it wrote Scraped data: \{ html: '<html> \.\.\. scraped content/);
      assert.equal(await page.count("[data-swept]"), 7);
      assert.equal(await page.count('[data-swept="1024"][data-lost="0"]'), 1);
      assert.equal(await page.count('[data-swept="4194304"][data-lost="0"]'), 0);
      await page.says('[data-became="native.thread"] dd', /^[\d.]+\s[µmn]?s, 0\sB copied$/);
      await page.says('[data-became="process.pipe"] dd', /s, 1\.00\sMiB copied$/);
      await page.says('[data-became="node"] dd', /^[\d.]+\s[µm]?s for “.+”, after [\d.]+\sms to start$/);
    });
  });
}

const section = (name) => `section[aria-labelledby="${name}-example-heading"]`;

/** Filters the picture on a lane; returns the figures by their names. */
async function filtered(page, lane, filter, workers = "2") {
  await page.select("example-lane", lane);
  await page.select("example-filter", String(filter));
  await page.select("example-workers", workers);
  await page.click("Filter the picture");
  await until(async () => {
    const trouble = await page.text(section("picture") + ' [role="alert"]');
    assert.equal(trouble, "", lane);
    return (await page.text(section("picture") + ' [role="status"]')) === "The picture is done.";
  }, `the picture of ${lane}`, 120_000);
  return page.tab.run(() =>
    Object.fromEntries(
      [...document.querySelectorAll("#picture-figures [data-figure]")].map((it) => [it.dataset.figure, it.textContent]),
    ),
  );
}

/** A pixel of the upper and of the lower half of the picture after. */
function shown(page) {
  return page.tab.run(() => {
    const canvas = document.querySelector(".slider .after");
    const context = canvas.getContext("2d");
    const at = (y) => [...context.getImageData(canvas.width >> 1, Math.floor(canvas.height * y), 1, 1).data];
    return [at(0.25), at(0.75)];
  });
}

async function scraped(page, lane, child) {
  await page.select("scrape-lane", lane);
  await page.select("scrape-child", child);
  await page.click("Scrape the pages");
  await page.says(section("scrape") + ' [role="status"]', /^The pages are read\.$/);
}
