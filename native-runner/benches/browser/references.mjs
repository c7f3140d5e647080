// What the lanes are measured against, by hand and without this project's code. Each runs in the page.

/** The mean round trip of two workers that take turns by Atomics.wait and notify, nothing else. */
export function pingPong(count) {
  const partner = () => {
    onmessage = ({ data: [turns, count] }) => {
      postMessage("ready");
      for (let at = 0; at < count; at++) {
        Atomics.wait(turns, 0, 0);
        Atomics.store(turns, 0, 0);
        Atomics.notify(turns, 0);
      }
    };
  };
  const caller = (partner) => {
    onmessage = ({ data: [address, count] }) => {
      const turns = new Int32Array(new SharedArrayBuffer(64));
      const other = new Worker(address);
      other.onmessage = () => {
        const began = performance.now();
        for (let at = 0; at < count; at++) {
          Atomics.store(turns, 0, 1);
          Atomics.notify(turns, 0);
          Atomics.wait(turns, 0, 1);
        }
        postMessage(((performance.now() - began) * 1e6) / count);
      };
      other.postMessage([turns, count]);
    };
  };
  const address = (code) => URL.createObjectURL(new Blob([`(${code})()`], { type: "text/javascript" }));
  return new Promise((resolve) => {
    const worker = new Worker(address(caller));
    worker.onerror = (event) => resolve({ error: event.message });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve({ times: [data] });
    };
    worker.postMessage([address(partner), count]);
  });
}

/** How long it takes until a worker has started so many others and all have answered. */
export function workers(count) {
  const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const child = address("postMessage(0)");
  const parent = (child, count) => {
    let left = count;
    for (let at = 0; at < count; at++) {
      const worker = new Worker(child);
      worker.onmessage = () => {
        left -= 1;
        if (left === 0) postMessage(0);
      };
    }
  };
  const script = address(`(${parent})(${JSON.stringify(child)}, ${count})`);
  return new Promise((resolve) => {
    const began = performance.now();
    const worker = new Worker(script);
    worker.onerror = (event) => resolve({ error: event.message });
    worker.onmessage = () => {
      const times = [(performance.now() - began) * 1e6];
      worker.terminate();
      resolve({ times });
    };
  });
}

/** The mean time of a Comlink call with 64 bytes that are added up, from one worker to another. */
export function call(comlink, count) {
  const address = (text) => URL.createObjectURL(new Blob([comlink, "\n;", text], { type: "text/javascript" }));
  const server = () => {
    Comlink.expose({ sum: (words) => words.reduce((sum, word) => sum + word, 0) });
  };
  const caller = async (server, count) => {
    const api = Comlink.wrap(new Worker(server));
    const words = new Float64Array(8).fill(3);
    for (let at = 0; at < 20; at++) await api.sum(words);
    const began = performance.now();
    for (let at = 0; at < count; at++) if ((await api.sum(words)) !== 24) throw new Error("a wrong sum");
    postMessage(((performance.now() - began) * 1e6) / count);
  };
  const worker = new Worker(address(`(${caller})(${JSON.stringify(address(`(${server})()`))}, ${count})`));
  return new Promise((resolve) => {
    worker.onerror = (event) => resolve({ error: event.message });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve({ times: [data] });
    };
  });
}
