// `identity`: what is the same on both sides.
const NO_PROCESS = "a page and its workers are told of no process";

trials.identity = {
  process: () => meaningless(NO_PROCESS),
  async thread({ start, begin }) {
    const peer = await start();
    begin();
    // It is busy for a while: do this side's timers stop?
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const { took } = await asked(peer, { busy: 60 });
    clearInterval(timer);
    return { facts: { same: ticks < 3 }, took };
  },
  heap: () => meaningless("a worker is not told how large its heap is, nor its caller's"),
  async globals({ start, begin }) {
    globalThis.breakevenMark = "set";
    const peer = await start();
    begin();
    const { answer, took } = await asked(peer);
    return { facts: { same: answer.mark === "set" }, took };
  },
  cwd: () => meaningless("a browser has no working directory"),
  signals: () => meaningless("a browser has no signals"),
  title: () => meaningless(NO_PROCESS),
};

Object.assign(work, {
  async thread({ busy }) {
    for (const until = performance.now() + busy; performance.now() < until; );
    postMessage({});
  },
  async globals() {
    postMessage({ mark: globalThis.breakevenMark ?? null });
  },
});
