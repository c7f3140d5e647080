// A page of a host and the runner of this machine: connected where somebody at the runner's terminal says so.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { browsers } from "./browsers.mjs";
import { lanes } from "./lanes.mjs";
import { until, visiting } from "./page.mjs";
import { startStaticHost } from "./static-host.mjs";

const site = fileURLToPath(new URL("../../target/site", import.meta.url));
const binary = fileURLToPath(new URL("../../target/release/breakeven", import.meta.url));

/** A runner at a terminal of its own, by util-linux' `script`. */
async function startAtTerminal(origin) {
  const command = `'${binary}' serve --port 0 --no-open --allow-origin ${origin}`;
  const terminal = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"]);
  let said = "";
  terminal.stdout.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => terminal.once("exit", resolve));
  await until(() => /http:\/\/127\.0\.0\.1:\d+\/#t=\w+/.test(said), "the address");
  return {
    port: said.match(/127\.0\.0\.1:(\d+)/)[1],
    said: () => said,
    type: (line) => terminal.stdin.write(`${line}\n`),
    stop() {
      // As if somebody pressed Ctrl-C there.
      terminal.stdin.write("\x03");
      return ended;
    },
  };
}

for (const { name, open } of browsers) {
  describe(name, () => {
    test("a hosted page is let in at the terminal, measures the runner's lanes, and is turned out", { timeout: 300_000 }, () =>
      visiting(open, { host: () => startStaticHost({ folder: site, headers: true }), measures: ["startup"] }, async (page, host) => {
        const runner = await startAtTerminal(host.origin);
        try {
          const connect = async () => {
            await page.tab.run((port) => (document.getElementById("runner-port").value = port), runner.port);
            await page.click("Connect");
            await page.says(".machine", /^Say yes at the runner’s terminal, if it shows the code \d{3} \d{3}\.$/);
            const [code] = (await page.text(".machine")).match(/\d{3} \d{3}/);
            await until(() => runner.said().includes(`it shows ${code}.`), "the question");
          };
          await connect();
          runner.type("n");
          await page.says(".machine", /^No runner: .+ The runner’s answer was no/);

          await connect();
          runner.type("y");
          await page.available(lanes);
          assert.equal(await page.tab.run(() => document.querySelector(".hosted").hidden), true);
          await page.click("Run comparison");
          await page.status("The comparison is done.");
          const measured = (await page.rows("startup")).filter((row) => row.outcome === "measured").map((row) => row.lane);
          for (const lane of ["browser.shared", "native.thread", "process.pipe"]) assert.ok(measured.includes(lane), lane);

          runner.type("revoke");
          await page.says(".machine", /^No runner: /);
          assert.equal(await page.tab.run(() => document.documentElement.dataset.errors ?? ""), "");
        } finally {
          await runner.stop();
        }
      }),
    );

    test("where no runner lets it in it says what that may be", { timeout: 120_000 }, () =>
      visiting(open, { host: () => startStaticHost({ folder: site, headers: true }) }, async (page) => {
        const runner = await startAtTerminal("https://example.com");
        try {
          await page.tab.run((port) => (document.getElementById("runner-port").value = port), runner.port);
          await page.click("Connect");
          await page.says(".machine", /^No runner: .+ No runner lets this page in there: .+`--allow-origin`/);
        } finally {
          await runner.stop();
        }
      }),
    );
  });
}
