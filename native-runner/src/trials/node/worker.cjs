"use strict";
// A worker of a trial: a worker thread or a forked process. Its words are the experiment and the trial's name.
const { parentPort } = require("node:worker_threads");

const [experiment, name] = process.argv.slice(2);
const inbox = [];
let receive = null;

const port = {
  isThread: parentPort !== null,
  send: (message, passed) =>
    parentPort ? parentPort.postMessage(message, passed) : process.send(message, passed),
  /** The next message, and what was passed with it. */
  next: () =>
    new Promise((resolve) => {
      if (inbox.length > 0) resolve(inbox.shift());
      else receive = resolve;
    }),
};

const hear = (message, handle) => {
  if (!receive) return inbox.push([message, handle]);
  const settle = receive;
  receive = null;
  settle([message, handle]);
};
if (parentPort) parentPort.on("message", hear);
else {
  process.on("message", hear);
  process.on("disconnect", () => process.exit());
}

const { workers } = require(`./${experiment}.cjs`);
const work = workers[name] ?? workers.any;
port.send({ ready: true });
work(port, name);
