// Starts the rayon pool's workers from this same file. It stands in for wasm-bindgen-rayon's script, which
// leaves it to a bundler how a worker is started.
const pool = [];

async function startWorkers(module, memory, builder) {
  const start = { module, memory, role: { pool: builder.receiver() } };
  const ready = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(location.href, { type: "module" });
      // Firefox would take a worker for garbage that nothing but the shared memory ties to this one
      // (bug 1702191).
      pool.push(worker);
      worker.onmessage = resolve;
      worker.onerror = ({ message }) => reject(new Error(message ?? "a worker could not be started"));
      worker.postMessage(start);
    });
  await Promise.all(Array.from({ length: builder.numThreads() }, ready));
  builder.build();
}
