// Firefox, driven by Marionette, its own protocol for tests.
//
// Not by WebDriver BiDi: while a BiDi session is open, one in seven to thirty workers that start two
// others hangs inside `new Worker` (Firefox ESR 153; none of 2,200 without one). Marionette has no part
// in workers. Messages are JSON with their length in front: [0, id, command, parameters] and
// [1, id, error, result].
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { program } from "./program.mjs";

const preferences = {
  // Any free port; Firefox writes the one it took to MarionetteActivePort.
  "marionette.port": 0,
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};
const keys = { Tab: "\uE004", Enter: "\uE007", ArrowRight: "\uE014" };

/** Starts Firefox with a profile of its own; see browsers.mjs. */
export async function openFirefox({ sharedMemory = true, language = "en" } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "breakeven-firefox-"));
  const downloads = join(profile, "downloads");
  mkdirSync(downloads);
  const all = {
    ...preferences,
    "intl.accept_languages": language,
    "javascript.options.shared_memory": sharedMemory,
    "browser.download.dir": downloads,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": true,
    "browser.download.alwaysOpenPanel": false,
  };
  const lines = Object.entries(all).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const firefox = spawn(
    program("FIREFOX", "/usr/bin/firefox-esr"),
    ["--headless", "--marionette", "--no-remote", "--profile", profile],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => firefox.once("exit", resolve));
  const close = async () => {
    firefox.kill("SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  let own;
  try {
    const send = await connect(profile, firefox);
    await send("WebDriver:NewSession", {});
    await send("WebDriver:SetTimeouts", { script: 240_000, pageLoad: 60_000 });
    return {
      downloads,
      goto: (url) => send("WebDriver:Navigate", { url }),
      async run(work, ...values) {
        const script = `
          const values = [...arguments], done = values.pop();
          Promise.resolve((${work})(...values)).then(
            (value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value: answer } = await send("WebDriver:ExecuteAsyncScript", { script, args: values });
        if (answer.error) throw new Error(answer.error);
        return answer.value;
      },
      press(key) {
        const value = keys[key];
        const actions = [{ type: "keyDown", value }, { type: "keyUp", value }];
        return send("WebDriver:PerformActions", { actions: [{ type: "key", id: "keyboard", actions }] });
      },
      resize: (width, height) => send("WebDriver:SetWindowRect", { width, height }),
      /** Opens another tab on an address: what follows is about that one. */
      async another(url) {
        const { handle } = await send("WebDriver:NewWindow", { type: "tab", focus: true });
        await send("WebDriver:SwitchToWindow", { handle, focus: true });
        await send("WebDriver:Navigate", { url });
      },
      /** Closes all other tabs. */
      async closeOthers() {
        const { value: kept } = await send("WebDriver:GetWindowHandle", {});
        for (const handle of await send("WebDriver:GetWindowHandles", {})) {
          if (handle === kept) continue;
          await send("WebDriver:SwitchToWindow", { handle, focus: false });
          await send("WebDriver:CloseWindow", {});
        }
        await send("WebDriver:SwitchToWindow", { handle: kept, focus: true });
      },
      /** Puts another tab before this one. */
      async hide() {
        own = (await send("WebDriver:GetWindowHandle", {})).value;
        const { handle } = await send("WebDriver:NewWindow", { type: "tab", focus: true });
        await send("WebDriver:SwitchToWindow", { handle, focus: true });
        await send("WebDriver:SwitchToWindow", { handle: own, focus: false });
      },
      show: () => send("WebDriver:SwitchToWindow", { handle: own, focus: true }),
      async screenshot(path) {
        const { value } = await send("WebDriver:TakeScreenshot", { full: true });
        writeFileSync(path, Buffer.from(value, "base64"));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Connects to the port that Firefox announces; resolves to a function that sends a command. */
async function connect(profile, firefox) {
  const socket = await poll(async () => {
    if (firefox.exitCode !== null) throw new Error(`Firefox ended with ${firefox.exitCode}`);
    const port = Number(readFileSync(join(profile, "MarionetteActivePort"), "utf8"));
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, "127.0.0.1", () => resolve(socket)).once("error", reject);
    });
  });
  const waiting = new Map();
  let last = 0;
  let buffer = Buffer.alloc(0);
  let greeted;
  const greeting = new Promise((resolve) => (greeted = resolve));
  const receive = (message) => {
    if (!Array.isArray(message)) return greeted();
    const [, id, error, result] = message;
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(`${error.error}: ${error.message}`));
    else resolve(result);
  };
  socket.on("data", (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      const colon = buffer.indexOf(":");
      const end = colon + 1 + Number(buffer.subarray(0, colon));
      if (colon < 0 || buffer.length < end) return;
      const message = JSON.parse(buffer.subarray(colon + 1, end));
      buffer = buffer.subarray(end);
      receive(message);
    }
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Firefox is gone"));
  });
  await greeting;
  return (command, parameters) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      const message = JSON.stringify([0, last, command, parameters]);
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
}

async function poll(attempt) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
