"use strict";
// `foreign`: another program echoes a frame, over its standard streams.
const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Worker } = require("node:worker_threads");
const { now } = require("./peers.cjs");

const PROGRAMS = {
  python: ["python3", "foreign.py"],
  shell: ["sh", "foreign.sh"],
  node: [process.execPath, "foreign-node.cjs"],
};

function trial({ name, isThread, begin, words, meaningless }) {
  const [program, file] = PROGRAMS[name];
  const script = join(__dirname, file);
  const request = readFileSync(join(__dirname, "frame.bin"));
  return new Promise((resolve, reject) => {
    const began = begin();
    const over = (facts) => resolve({ facts, took: now() - began });
    const fails = (why) => {
      if (why.code === "ENOENT") return reject(why);
      over({ runs: false, said: words(why.code ? `${why.code}: ${why.message}` : why) });
    };
    let worker;
    try {
      worker = isThread
        ? new Worker(script, { stdin: true, stdout: true, stderr: true })
        : spawn(program, [script], { stdio: ["pipe", "pipe", "inherit"] });
    } catch (why) {
      return fails(why);
    }
    worker.on("error", fails);
    worker.on(isThread ? "exit" : "close", (code) => fails(new Error(`it ended with ${code} and without an answer`)));
    let reply = Buffer.alloc(0);
    worker.stdout.on("data", (bytes) => {
      reply = Buffer.concat([reply, bytes]);
      if (reply.length < request.length) return;
      const same = reply.subarray(48).equals(request.subarray(48));
      const kind = reply.readUInt32LE(4);
      over({ runs: same && kind === 6 });
    });
    worker.stdin.on("error", () => {});
    worker.stdin.write(request);
  }).catch((why) => {
    if (why.code === "ENOENT") meaningless(`${program} is not on PATH`);
    throw why;
  });
}

module.exports = { trials: { python: trial, shell: trial, node: trial }, workers: {} };
