// The two browsers that every end-to-end test runs in, or the one that BREAKEVEN_BROWSER names.
//
// Opening one, without shared memory if { sharedMemory: false } says so, and of another language than English by
// { language: "de" }, gives a tab in a fresh browser with a profile of its own:
//   goto(url)             loads a page
//   run(work, ...values)  calls a function inside the page; resolves to what it returns
//   press(key)            presses "Tab", "Enter" or "ArrowRight"
//   downloads             the folder into which files are downloaded
//   resize(width, height), screenshot(path), close()
import { openChromium } from "./chromium.mjs";
import { openFirefox } from "./firefox.mjs";

const wanted = process.env.BREAKEVEN_BROWSER;

export const browsers = [
  { name: "Chromium", open: openChromium },
  { name: "Firefox", open: openFirefox },
].filter(({ name }) => !wanted || name.toLowerCase() === wanted);
