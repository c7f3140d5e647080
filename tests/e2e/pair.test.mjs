// A page of a host and the runner of this machine: connected where somebody at the runner's terminal types the code that
// the page shows.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
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

/** Asks to be let in as a page does; resolves to what the runner says first. */
function askAsAProgram(port, origin) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => {
      socket.write(
        `GET /api/socket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\n` +
          "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      // One text frame, "masked" by zeros.
      const text = Buffer.from('"pair"');
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
    });
    let said = "";
    const look = (isOver) => {
      if (said.includes('"asked"')) resolve("asked");
      else if (said.includes('"refused"')) resolve("refused");
      else if (isOver) resolve(`ended: ${said}`);
      else return;
      socket.destroy();
    };
    socket.on("data", (data) => ((said += data.toString("latin1")), look(false)));
    socket.on("close", () => look(true));
    socket.on("error", reject);
  });
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
            await page.says(".machine", /^Type the code \d{3} \d{3} at the runner’s terminal\.$/);
            const [code] = (await page.text(".machine")).match(/\d{3} \d{3}/);
            const question = `A page of ${host.origin} asks`;
            questions += 1;
            await until(() => runner.said().split(question).length > questions, "the question");
            assert.ok(!runner.said().includes(code), "the terminal does not tell the code");
            return code;
          };
          let questions = 0;
          await connect();
          runner.type("y");
          await page.says(".machine", /^No runner: .+ This code was not typed at the runner’s terminal/);

          const code = await connect();
          // Others ask meanwhile: programs may call themselves by any origin.
          const others = await Promise.all(Array.from({ length: 20 }, () => askAsAProgram(runner.port, host.origin)));
          assert.deepEqual([...new Set(others)], ["refused"]);
          runner.type(code);
          await page.available(lanes);
          assert.equal(runner.said().split("asks to have experiments run").length - 1, 2, "questions at the terminal");
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
