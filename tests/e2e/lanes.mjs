// The lanes on this machine, in the page's order.
import { readFileSync } from "node:fs";

export const browserLanes = ["browser.main", "browser.clone", "browser.transfer", "browser.shared"];

// Not every processor has vectors wider than 128 bits.
const wide = /\bavx2\b/.test(readFileSync("/proc/cpuinfo", "utf8")) ? ["native.thread-wide"] : [];
const nativePictureLanes = ["native.thread", ...wide, "process.pipe", "process.socket", "process.shm"];

/** All of them. */
export const lanes = [
  ...browserLanes,
  ...nativePictureLanes,
  "node.worker",
  "node.worker-shared",
  "node.fork-json",
  "node.fork-advanced",
];

/** Those that make pictures. */
export const pictureLanes = ["browser.clone", "browser.shared", ...nativePictureLanes];
