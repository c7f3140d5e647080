// Nobody gets in: other pages, names that are rebound, and nothing of the token or the page goes anywhere else.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { browsers } from "./browsers.mjs";
import { openChromium } from "./chromium.mjs";
import { lanes } from "./lanes.mjs";
import { ComparisonPage, until, visiting } from "./page.mjs";
import { startRunner } from "./runner.mjs";

const timeout = 120_000;
const mebibyte = 1024 * 1024;

/**
 * A host of another origin that serves one empty page; on the same machine, hence of the same site. It notes what
 * browsers send to it, and has them keep these cookies, some with each answer.
 */
async function startForeignHost({ cookies = [] } = {}) {
  const heard = [];
  const left = [...cookies];
  const server = createServer({ maxHeaderSize: 2 * mebibyte }, (request, response) => {
    heard.push({ url: request.url, headers: request.headers });
    request.on("data", (data) => heard.push(String(data)));
    const headers = { "content-type": "text/html", "set-cookie": left.splice(0, 25), "access-control-allow-origin": "*" };
    response.writeHead(200, headers).end("<!doctype html><title>foreign</title><body>");
  });
  server.on("upgrade", (request, socket) => {
    heard.push({ url: request.url, headers: request.headers });
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    heard: () => JSON.stringify(heard),
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

/** The tab's session with the runner. */
const session = (tab) => tab.run(() => sessionStorage.getItem("breakeven-session"));

/** What a WebSocket to the runner is answered, opened with headers as a browser sends them. */
function openSocket(runner, headers) {
  return new Promise((resolve, reject) => {
    const upgrade = {
      origin: runner.origin,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const asked = request(`${runner.origin}/api/socket`, { headers: { ...headers, ...upgrade } });
    asked.on("response", (answer) => (answer.resume(), resolve(answer.statusCode)));
    asked.on("upgrade", (answer, socket) => (socket.destroy(), resolve(answer.statusCode)));
    asked.on("error", reject);
    asked.end();
  });
}

/** Whether a string stands in any process's command line. */
function isInACommandLine(text) {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes.some((process) => {
    try {
      return readFileSync(`/proc/${process}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}

/** Tries, from inside a page, every way to reach the runner; each answers "in" or "out". */
async function knockEverywhere(runner) {
  const outcome = (promise) => promise.then((is) => (is ? "in" : "out"), () => "out");
  const loads = (element, attribute, value) =>
    new Promise((resolve) => {
      element.onload = () => resolve(true);
      element.onerror = () => resolve(false);
      element[attribute] = value;
      document.body.append(element);
    });
  const within = (milliseconds) => new Promise((resolve) => setTimeout(() => resolve(false), milliseconds));
  const socket = new Promise((resolve) => {
    const socket = new WebSocket(`${runner.replace("http", "ws")}/api/socket`);
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
  const iframe = document.createElement("iframe");
  const framed = loads(iframe, "src", `${runner}/`).then(() => {
    // A frame that was refused is an empty document or one of the browser's own, never the page.
    try {
      return iframe.contentDocument !== null && iframe.contentDocument.body.childElementCount > 0;
    } catch {
      return iframe.contentWindow.length > 0;
    }
  });
  const script = document.createElement("script");
  const post = (body, headers) => fetch(`${runner}/api/session`, { method: "POST", body, headers, credentials: "include" });
  return {
    reading: await outcome(fetch(`${runner}/`).then((answer) => answer.ok)),
    readingWithCookies: await outcome(fetch(`${runner}/api/socket`, { credentials: "include" }).then(() => true)),
    session: await outcome(post('{"token":""}', { "content-type": "application/json" }).then(() => true)),
    simpleSession: await outcome(post('{"token":""}').then(() => true)),
    image: await outcome(Promise.race([loads(new Image(), "src", `${runner}/favicon.svg`), within(5000)])),
    script: await outcome(Promise.race([loads(script, "src", `${runner}/boot.js`), within(5000)])),
    socket: await outcome(Promise.race([socket, within(5000)])),
    iframe: await outcome(Promise.race([framed, within(5000)])),
  };
}

for (const { name, open } of browsers) {
  describe(name, () => {
    test("a foreign page gets nothing, whichever way it tries", { timeout }, async () => {
      const [runner, foreign, tab] = await Promise.all([startRunner(), startForeignHost(), open()]);
      try {
        // The visitor has a session in this very browser.
        await tab.goto(runner.address);
        await new ComparisonPage(tab).available(lanes);
        await tab.goto(`${foreign.origin}/`);
        const found = await tab.run(knockEverywhere, runner.origin);
        assert.deepEqual([...new Set(Object.values(found))], ["out"], JSON.stringify(found));
        // A form needs no permission to be sent; what comes back is the refusal.
        await tab.run((runner) => {
          document.body.innerHTML = `<form method="post" action="${runner}/api/picture"><input name="a" value="b"></form>`;
          document.querySelector("form").submit();
        }, runner.origin);
        // While the page changes there is none to ask.
        const isRefused = () => tab.run(() => document.body?.textContent.trim() === "refused").catch(() => false);
        await until(isRefused, "the refusal");
        // And the session is as good as before.
        await tab.goto(runner.origin);
        await new ComparisonPage(tab).available(lanes);
      } finally {
        await tab.close();
        await Promise.all([runner.stop(), foreign.stop()]);
      }
    });

    test("another port of this host is sent nothing that opens the door, and can take nothing away", { timeout }, async () => {
      const runner = await startRunner();
      const { port } = new URL(runner.origin);
      // As many and as long as browsers keep them, by any name that a session may have.
      const cookies = [`breakeven-session-${port}=planted; Path=/api`, `breakeven-session=planted; Path=/`];
      for (let number = 0; number < 170; number++) cookies.push(`n${number}=${"x".repeat(4000)}; Path=/`);
      const foreign = await startForeignHost({ cookies });
      const tab = await open();
      try {
        await tab.goto(runner.address);
        const page = new ComparisonPage(tab);
        await page.available(lanes);
        const secret = await session(tab);
        assert.match(secret, /^[0-9a-f]{64}$/);
        assert.equal(await tab.run(() => document.cookie), "");

        // The tab is sent there, and what is there asks for everything.
        await tab.goto(`${foreign.origin}/from-elsewhere`);
        await tab.run(async (port) => {
          for (let time = 0; time < 8; time++) await fetch(`/again`, { credentials: "include" });
          const socket = new WebSocket(`ws://${location.host}/api/socket`);
          await new Promise((resolve) => (socket.onerror = resolve));
          for (const name of Object.keys(sessionStorage)) await fetch(`/found?${sessionStorage.getItem(name)}`);
          // And listens where the runner's tabs talk.
          const channel = new BroadcastChannel("breakeven-session");
          const answer = new Promise((resolve) => (channel.onmessage = (event) => resolve(event.data)));
          channel.postMessage('"Which"');
          const said = await Promise.race([answer, new Promise((resolve) => setTimeout(() => resolve("nothing"), 1000))]);
          await fetch(`/said-${port}`, { method: "POST", body: said });
        }, port);
        assert.ok(foreign.heard().includes("nothing") && foreign.heard().includes("/again"), "it heard something");
        assert.ok(!foreign.heard().includes(secret), "it heard the session");
        for (const { headers } of JSON.parse(foreign.heard()).filter((it) => it.headers)) {
          const { cookie, authorization, "sec-websocket-protocol": protocol } = headers;
          assert.equal(authorization ?? protocol, undefined);
          assert.equal(await openSocket(runner, { cookie: cookie ?? "" }), 403);
        }

        // What it had the browser keep is in nobody's way.
        await tab.goto(runner.origin);
        await page.available(lanes);
        assert.equal(await session(tab), secret);
        assert.ok((await tab.run(() => document.cookie.length)) > 100_000, "the cookies are there");
      } finally {
        await tab.close();
        await Promise.all([runner.stop(), foreign.stop()]);
      }
    });

    test("a tab that is loaded again, and a second one, have the session; one that comes later has not", { timeout }, async () => {
      const runner = await startRunner();
      const tab = await open();
      try {
        await tab.goto(runner.address);
        const page = new ComparisonPage(tab);
        await page.available(lanes);
        const secret = await session(tab);
        await tab.goto(`${runner.origin}/?again`);
        await page.available(lanes);
        assert.equal(await session(tab), secret);
        // The address was used; another time it is no harm.
        await tab.goto(`${runner.origin}/?once-more${new URL(runner.address).hash}`);
        await page.available(lanes);

        await tab.another(`${runner.origin}/`);
        await page.available(lanes);
        assert.equal(await session(tab), secret);
        // The second one is enough for a third when the first is closed.
        await tab.closeOthers();
        await tab.another(`${runner.origin}/`);
        await page.available(lanes);
        await tab.another("about:blank");
        await tab.closeOthers();
        await tab.goto(`${runner.origin}/`);
        await page.says(".machine", /^No runner: .+ The runner is away: start `?breakeven serve/);
        assert.equal(await session(tab), null);
      } finally {
        await tab.close();
        await runner.stop();
      }
    });

    test("a new address lets a tab in whose session is over, and such a tab says so", { timeout }, async () => {
      const runner = await startRunner();
      const tab = await open();
      try {
        await tab.goto(runner.address);
        const page = new ComparisonPage(tab);
        await page.available(lanes);
        // As if it were another runner's.
        const over = () => tab.run(() => sessionStorage.setItem("breakeven-session", "0".repeat(64)));
        await over();
        await tab.goto(`${runner.origin}/?again`);
        await page.says(".machine", /^No runner: .+ The runner does not take this tab’s session any more/);
        const { origin, address, stop } = await startRunner();
        try {
          await tab.goto(`${origin}/`);
          await over();
          await tab.goto(`${origin}/?new${new URL(address).hash}`);
          await page.available(lanes);
        } finally {
          await stop();
        }
      } finally {
        await tab.close();
        await runner.stop();
      }
    });

    test("the token is gone from the page, its history and every command line", { timeout }, () =>
      visiting(open, {}, async (page, runner) => {
        await page.available(lanes);
        const token = new URL(runner.address).hash.slice("#t=".length);
        assert.equal(token.length, 64);
        const traces = await page.tab.run(() => ({
          address: location.href,
          referrer: document.referrer,
          entries: globalThis.navigation ? navigation.entries().map((entry) => entry.url) : [],
          resources: performance.getEntriesByType("resource").map((entry) => entry.name),
          storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
        }));
        assert.ok(!JSON.stringify(traces).includes(token), JSON.stringify(traces));
        const { storage, ...rest } = traces;
        const secret = await session(page.tab);
        assert.ok(storage.includes(secret) && !JSON.stringify(rest).includes(secret), "the session is in the tab's storage alone");
        assert.equal(await page.tab.run(() => history.length <= 2), true);
      }),
    );

    test("everything that the page asks for is the runner's own", { timeout }, () =>
      visiting(open, { measures: ["picture"] }, async (page, runner) => {
        await page.available(lanes);
        await page.select("workers", "1");
        await page.select("rounds", "1");
        await page.click("Run comparison");
        await page.status("The comparison is done.");
        const asked = await page.tab.run(() => performance.getEntriesByType("resource").map((entry) => entry.name));
        assert.ok(asked.length > 3);
        for (const url of asked) {
          assert.ok(url.startsWith(`${runner.origin}/`) || /^(blob|data):/.test(url), url);
        }
        // What the policy forbids, a test of it finds forbidden.
        const allowed = await page.tab.run(() => fetch("http://127.0.0.1:9/").then(() => "allowed", (why) => why.name));
        assert.equal(allowed, "TypeError");
      }),
    );
  });
}

test("a name that is rebound to loopback gets nothing (Chromium)", { timeout }, async () => {
  const runner = await startRunner();
  const { port } = new URL(runner.origin);
  const tab = await openChromium({ flags: ["--host-resolver-rules=MAP rebound.test 127.0.0.1"] });
  try {
    // The name is the attacker's, and so is whatever runs in its page; its address is the runner's by now.
    await tab.goto(`http://rebound.test:${port}/`);
    const tries = await tab.run(async (token) => {
      const answer = async (path, options) => {
        const answer = await fetch(path, options);
        return `${answer.status} ${(await answer.text()).trim().slice(0, 20)}`;
      };
      return {
        page: await answer("/index.html"),
        session: await answer("/api/session", { method: "POST", body: JSON.stringify({ token }) }),
        socket: await new Promise((resolve) => {
          const socket = new WebSocket(`ws://${location.host}/api/socket`);
          socket.onopen = () => resolve("open");
          socket.onerror = () => resolve("refused");
        }),
      };
    }, new URL(runner.address).hash.slice(3));
    assert.deepEqual(tries, { page: "403 refused", session: "403 refused", socket: "refused" });
    // The same, by the runner's own name, works: the token was not used up.
    await tab.goto(runner.address);
    await new ComparisonPage(tab).available(lanes);
    assert.equal(await tab.run(async () => (await fetch("/index.html")).status), 200);
  } finally {
    await tab.close();
    await runner.stop();
  }
});

test("a browser that the runner starts keeps the token nowhere (Chromium)", { timeout }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "breakeven-opener-"));
  // What opens things writes down what it was asked to open.
  writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\necho "$1" > ${folder}/opened\n`, { mode: 0o755 });
  const runner = await startRunner({ open: true, env: { PATH: `${folder}:/usr/bin:/bin`, XDG_RUNTIME_DIR: folder } });
  const token = new URL(runner.address).hash.slice(3);
  const opened = () => existsSync(join(folder, "opened")) && readFileSync(join(folder, "opened"), "utf8").trim();
  try {
    await until(opened, "something to be opened");
    const profile = join(folder, "profile");
    const tab = await openChromium({ flags: [`--user-data-dir=${profile}`] });
    try {
      await tab.goto(`file://${opened()}`);
      await until(() => tab.run(() => location.protocol === "http:").catch(() => false), "the page");
      const page = new ComparisonPage(tab);
      await until(() => page.count('[data-lane-card="native.thread"][data-state="available"]'), "the session");
    } finally {
      await tab.close();
    }
    const kept = readdirSync(profile, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => readFileSync(file).includes(token));
    assert.deepEqual(kept, []);
  } finally {
    await runner.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("an idle runner takes little memory, and no command line has its token", { timeout }, async () => {
  const runner = await startRunner();
  try {
    const memory = (name) => {
      const status = readFileSync(`/proc/${runner.pid}/status`, "utf8");
      return Number(status.match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"))[1]) * 1024;
    };
    assert.ok(!isInACommandLine(new URL(runner.address).hash.slice(3)));
    const idle = memory("VmRSS");
    assert.ok(idle < 15 * mebibyte, `${idle} bytes`);
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 25 }, () => fetch(`${runner.origin}/`).then((it) => it.text())));
    }
    console.log(`idle ${(idle / mebibyte).toFixed(1)} MiB, peak ${(memory("VmHWM") / mebibyte).toFixed(1)} MiB`);
    assert.ok(memory("VmHWM") < 100 * mebibyte);
  } finally {
    await runner.stop();
  }
});
