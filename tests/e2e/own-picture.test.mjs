// The visitor's own picture: chosen, dropped, pasted; and files that are none.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { lanes, pictureLanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { halfTransparentWebp, png, turnedJpeg } from "./pictures.mjs";

const timeout = 300_000;
const which = ".own-picture .which";
const trouble = '.own-picture [role="alert"]';

for (const { name, open } of browsers) {
  describe(name, () => {
    const visit = (title, use, options = {}) => test(title, { timeout }, () => visiting(open, options, use));

    visit("a chosen photograph stands upright and passes through every lane", async (page) => {
      await page.available(lanes);
      await page.giveFile("choose", "turned.jpg", turnedJpeg);
      await page.says(which, /^turned\.jpg: 40 × 60 pixels/);
      // Turned right, its red quarter is at the top right.
      const [left, right] = [await page.pixel(0.2, 0.2), await page.pixel(0.8, 0.2)];
      assert.ok(left[2] > 200 && left[0] < 60, `blue: ${left}`);
      assert.ok(right[0] > 200 && right[2] < 60, `red: ${right}`);
      await everyLaneAgrees(page);
    });

    visit("a dropped picture keeps its alpha, and the built-in one comes back", async (page) => {
      await page.available(lanes);
      await page.giveFile("drop", "half.webp", halfTransparentWebp);
      await page.says(which, /^half\.webp: 60 × 40 pixels/);
      assert.deepEqual(await page.pixel(0.2, 0.5), [10, 200, 10, 255]);
      assert.deepEqual(await page.pixel(0.8, 0.5), [10, 200, 10, 51]);
      await everyLaneAgrees(page);
      const [, , , alpha] = await page.pixel(0.9, 0.5);
      assert.equal(alpha, 51, "the filtered picture has the alpha of the original");

      await page.click("Use the built-in picture");
      await page.says(which, /^The built-in picture: 4000 × 3000 pixels/);
      await everyLaneAgrees(page);
    });

    visit("files that are no pictures are refused in words, and the page goes on", async (page) => {
      await page.available(lanes);
      await page.giveFile("paste", "good.png", png(30, 20, [1, 2, 3]));
      await page.says(which, /^good\.png: 30 × 20 pixels/);
      const whole = png(300, 200, [9, 9, 9]);
      for (const [file, bytes, says] of [
        ["notes.png", Buffer.from("only words"), /^notes\.png: this is no PNG, JPEG or WebP picture: choose/],
        ["empty.jpg", Buffer.alloc(0), /^empty\.jpg: this is no PNG, JPEG or WebP picture/],
        ["half.png", whole.subarray(0, whole.length / 2), /^half\.png: this picture is damaged/],
        ["half.jpg", turnedJpeg.subarray(0, -40), /^half\.jpg: this picture is damaged/],
        ["bomb.png", png(10, 10, [0, 0, 0], [60_000, 60_000]), /^bomb\.png: this picture asks for more memory than one of 64 million pixels/],
        ["liar.png", png(10, 10, [0, 0, 0], [8000, 8000]), /^liar\.png: this picture is damaged/],
        ["large.png", png(8001, 8000, [0, 0, 0]), /8001 × 8000 pixels: it may have 64 million, so make it smaller/],
      ]) {
        await page.giveFile("choose", file, bytes);
        await page.says(trouble, says);
      }
      assert.match(await page.text(which), /^good\.png/, "what was chosen before is still there");
      await everyLaneAgrees(page);
    });

    visit("the largest picture passes through every lane", async (page) => {
      await page.available(lanes);
      await page.giveFile("choose", "largest.png", png(8000, 8000, [200, 100, 50]));
      await page.says(which, /^largest\.png: 8000 × 8000 pixels, 64\.0 megapixels/);
      await page.select("filter", "1");
      await everyLaneAgrees(page);
    });

    visit(
      "without SharedArrayBuffer the native lanes and browser.clone run",
      async (page) => {
        await page.available(lanes.filter((lane) => lane !== "browser.shared"));
        const reason = await page.reason("browser.shared");
        assert.match(reason, /has no SharedArrayBuffer/);
        await page.giveFile("choose", "small.png", png(31, 17, [9, 99, 199]));
        await page.says(which, /^small\.png/);
        await everyLaneAgrees(page, pictureLanes.filter((lane) => lane !== "browser.shared"));
      },
      { open: () => open({ sharedMemory: false }) },
    );
  });
}

/** One round with one worker: these lanes are measured, and all answers are the same. */
async function everyLaneAgrees(page, measured = pictureLanes) {
  await page.select("workers", "1");
  await page.select("rounds", "1");
  await page.click("Run comparison");
  await page.status("The comparison is done.");
  const rows = (await page.rows()).filter((row) => row.outcome === "measured");
  assert.deepEqual(rows.map((row) => row.lane), measured);
  assert.equal(new Set(rows.map((row) => row.checksum)).size, 1);
  await until(() => page.count(".picture canvas"), "the picture");
}
