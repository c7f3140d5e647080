"use strict";
// The caller of one trial, and nobody's else: it may be lost. Its words are the lane's kind, the experiment and
// the trial's name; it writes one line of JSON per piece of news, the last one says what came of it.
const { writeSync } = require("node:fs");
const { Caller, now } = require("./peers.cjs");

const [kind, experiment, name] = process.argv.slice(2);
const tell = (news) => writeSync(1, `${JSON.stringify(news)}\n`);

class Meaningless extends Error {}

const context = {
  kind,
  name,
  isThread: kind.startsWith("worker"),
  caller: new Caller(kind, experiment, name),
  /** The workers have answered, and now it is done. */
  begin: () => {
    const at = now();
    tell({ begun: { at } });
    return at;
  },
  /** The caller knows of the crash, and lives. */
  outlive: () => tell("outlived"),
  /** Ends a trial that means nothing on this lane. */
  meaningless: (why) => {
    throw new Meaningless(why);
  },
};

/** What an error says, in one line. */
context.words = (why) => String(why?.message ?? why).split("\n")[0].slice(0, 200);

async function main() {
  const { trials } = require(`./${experiment}.cjs`);
  try {
    const { facts, took, replaced, lost } = await trials[name](context);
    tell({ tried: { facts, took, replaced, lost } });
  } catch (why) {
    if (why instanceof Meaningless) tell({ unavailable: why.message });
    else tell({ failed: String(why?.stack ?? why) });
  }
  process.exit(0);
}

main();
