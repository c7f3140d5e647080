// Starts the release binary, and tells about its processes.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("../../target/release/breakeven", import.meta.url));

/** A running `breakeven serve` on a free port. */
export async function startRunner({ open = false, env = {} } = {}) {
  const child = spawn(binary, ["serve", "--port", "0", ...(open ? [] : ["--no-open"])], {
    env: { ...process.env, ...env },
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
    pid: child.pid,
    /** Process ids of the runner's children, zombies included. */
    children: () => childrenOf(child.pid),
    /** Ends it, if it has not ended; resolves to its exit code or signal. */
    stop(signal = "SIGINT") {
      child.kill(signal);
      return ended;
    },
  };
}

// By the parent that each process names: a list by threads would miss children
// that pass to another thread when the thread which started them ends.
function childrenOf(pid) {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  return processes.filter((process) => parentOf(process) === pid);
}

/** The parent's process id, or nothing where the process has just gone. */
function parentOf(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return undefined;
    throw error;
  }
  // The name before the state may hold spaces and brackets itself.
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(parent);
}
