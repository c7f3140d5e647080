// The two browsers that every end-to-end test runs in.
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const browsers = [
  {
    name: "Chromium",
    launch: () =>
      puppeteer.launch({
        browser: "chrome",
        executablePath: program("CHROMIUM", "/usr/bin/chromium"),
        args: chromiumFlags,
      }),
  },
  {
    name: "Firefox",
    launch: () =>
      puppeteer.launch({
        browser: "firefox",
        executablePath: program("FIREFOX", "/usr/bin/firefox-esr"),
      }),
  },
];

function program(variable, usual) {
  const path = process.env[variable] ?? usual;
  if (!existsSync(path)) throw new Error(`no browser at ${path}: run "cargo xtask setup" or set ${variable}`);
  return path;
}
