// Chromium, driven by puppeteer.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { program } from "./program.mjs";

const usualFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium and opens a tab; see browsers.mjs. */
export async function openChromium({ sharedMemory = true, language = "en", flags = [] } = {}) {
  const browser = await puppeteer.launch({
    browser: "chrome",
    executablePath: program("CHROMIUM", "/usr/bin/chromium"),
    args: [...usualFlags, `--accept-lang=${language}`, ...flags],
  });
  const downloads = mkdtempSync(join(tmpdir(), "breakeven-chromium-"));
  const whole = await browser.target().createCDPSession();
  await whole.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  let page = await browser.newPage();
  if (!sharedMemory) await page.evaluateOnNewDocument(() => delete globalThis.SharedArrayBuffer);
  return {
    downloads,
    goto: (url) => page.goto(url),
    run: (work, ...values) => page.evaluate(work, ...values),
    press: (key) => page.keyboard.press(key),
    resize: (width, height) => page.setViewport({ width, height }),
    /** "light" or "dark"; what checks pages for everybody runs in this browser alone. */
    theme: (value) => page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]),
    /** Opens another tab on an address: what follows is about that one. */
    async another(url) {
      page = await browser.newPage();
      await page.goto(url);
    },
    /** Closes all other tabs. */
    async closeOthers() {
      for (const other of await browser.pages()) if (other !== page) await other.close();
    },
    /** Puts another tab before this one. */
    hide: async () => (await browser.newPage()).bringToFront(),
    show: () => page.bringToFront(),
    screenshot: (path) => page.screenshot({ path, fullPage: true }),
    async close() {
      await browser.close();
      rmSync(downloads, { recursive: true, force: true });
    },
  };
}
