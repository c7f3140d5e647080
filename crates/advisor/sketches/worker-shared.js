// Web Workers over shared memory: the page must be cross-origin isolated (COOP and COEP), or there is no
// SharedArrayBuffer. What crosses is where a task lies, not its bytes.
const script = `
  function work(payload) {
    // Your work, on the shared bytes themselves.
    return payload.reduce((sum, byte) => sum + byte, 0);
  }
  onmessage = ({ data: { bytes, from, to } }) => postMessage(work(bytes.subarray(from, to)));
`;

async function main() {
  if (!crossOriginIsolated) throw new Error("this page is not cross-origin isolated");
  const LENGTH = 1000;
  const bytes = new Uint8Array(new SharedArrayBuffer(20 * LENGTH));
  for (let task = 0; task < 20; task++) bytes.fill(task, task * LENGTH, (task + 1) * LENGTH);

  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const workers = Array.from({ length: navigator.hardwareConcurrency }, () => new Worker(url));
  const answers = [];
  let next = 0;
  // Each worker takes the next task when it is done with one.
  await Promise.all(
    workers.map(async (worker) => {
      while (next < 20) {
        const task = next++;
        worker.postMessage({ bytes, from: task * LENGTH, to: (task + 1) * LENGTH });
        answers[task] = await new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message));
        });
      }
      worker.terminate();
    }),
  );
  console.log("answers:", answers.join(" "));
  return answers;
}
main();
