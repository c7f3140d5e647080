async function beCaller({ lane, experiment, name }) {
  const context = {
    lane,
    name,
    start: (given, heard) => Peer.start(experiment === "crash" ? "crash" : name, given, heard),
    begin: () => {
      const at = now();
      postMessage({ begun: { at } });
      return at;
    },
  };
  try {
    const trial = trials[experiment][name] ?? (() => meaningless(ELSEWHERE[name] ?? "it means nothing in a browser"));
    const { facts, took, replaced, lost } = await trial(context);
    postMessage({ tried: { facts, took, replaced, lost } });
  } catch (why) {
    if (why instanceof Meaningless) postMessage({ unavailable: why.message });
    else postMessage({ failed: words(why) });
  }
}

async function beWorker({ name }) {
  const inbox = new Inbox(globalThis);
  postMessage({ ready: true });
  for (;;) {
    const message = await inbox.next(1 << 30);
    if (message) await work[name](message[0]);
  }
}

onmessage = ({ data }) => {
  onmessage = null;
  if (data.role === "worker") beWorker(data);
  else beCaller(data);
};
