// Starts the release binary, and tells about its processes.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("../../target/release/breakeven", import.meta.url));

/** A running `breakeven serve` on a free port. */
export async function startRunner() {
  const child = spawn(binary, ["serve", "--port", "0", "--no-open"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const lines = createInterface({ input: child.stdout });
  const address = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the runner ended with ${code}`)));
  });
  return {
    /** The one-time address, token included. */
    address,
    origin: new URL(address).origin,
    /** Process ids of the runner's children, zombies included. */
    children: () => childrenOf(child.pid),
    /** Ends it, if it has not ended; resolves to its exit code or signal. */
    stop(signal = "SIGINT") {
      child.kill(signal);
      return ended;
    },
  };
}

function childrenOf(pid) {
  if (!existsSync(`/proc/${pid}`)) return [];
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) => {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8");
    return list.split(" ").filter(Boolean).map(Number);
  });
}
