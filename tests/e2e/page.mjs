// What a visitor does on the comparison page, in words of its own.
import { setTimeout as sleep } from "node:timers/promises";
import { startRunner } from "./runner.mjs";

const minute = 60_000;

/**
 * Calls `use` with the page in a fresh browser on a host of its own, usually the runner, and ends both
 * whatever happens. `address` says where the browser goes, usually the one-time address; `open` how it is
 * opened; `measures` what a comparison measures, usually the picture alone; `recorded` whether the report that comes
 * with the page may be looked at.
 */
export async function visiting(browser, options, use) {
  const { host: start = startRunner, address = (host) => host.address, open = browser, measures = ["picture"], recorded = false } = options;
  const host = await start();
  let tab;
  try {
    tab = await open();
    await tab.resize(1280, 900);
    await tab.goto(address(host));
    await tab.run(() => {
      // In the document, because a driver's own scripts may not see the page's variables.
      const note = (error) => (document.documentElement.dataset.errors = error);
      addEventListener("error", (event) => note(event.message));
      addEventListener("unhandledrejection", (event) => note(String(event.reason)));
    });
    const page = new ComparisonPage(tab);
    await until(() => page.count("#experiment-picture"), "the page");
    if (!recorded) await page.tab.run(() => document.getElementById("report-own").click());
    // While it is read the page is busy; a host may lack it.
    await until(() => page.count("#report-recorded"), "the recorded report", 10_000).catch(() => {});
    await page.measure(...measures);
    await use(page, host);
  } finally {
    await tab?.close();
    await host.stop();
  }
}

/** The page in a tab. */
export class ComparisonPage {
  constructor(tab) {
    this.tab = tab;
  }

  /** Waits until just these lanes are available and none is undecided. */
  async available(lanes) {
    await until(
      () =>
        this.tab.run((wanted) => {
          const machine = document.querySelector(".machine");
          const cards = [...document.querySelectorAll('[data-lane-card][data-state="available"]')];
          const decided = machine && !machine.textContent.startsWith("Looking");
          return decided && cards.map((card) => card.dataset.laneCard).join() === wanted;
        }, lanes.join()),
      `the lanes ${lanes}`,
    );
  }

  /** Why a lane is missing. */
  reason(lane) {
    return this.tab.run((lane) => document.querySelector(`[data-lane-card="${lane}"]`).closest(".missing").querySelector(".reason").textContent, lane);
  }

  select(id, value) {
    return this.tab.run((id, value) => {
      const select = document.getElementById(id);
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }, id, value);
  }

  click(text) {
    return this.tab.run((text) => {
      const button = [...document.querySelectorAll("button")].find((it) => it.textContent === text);
      if (!button || button.disabled) throw new Error(`no button "${text}" to click`);
      button.click();
    }, text);
  }

  /** Waits until the comparison's status begins with these words. */
  async status(words) {
    await until(async () => (await this.text('.progress [role="status"]')).startsWith(words), words, 4 * minute);
  }

  /** Runs the experiments of a row of the claims, and waits for their end. */
  async runClaim(row) {
    await this.tab.run((row) => document.querySelector(`button[data-run="${row}"]`).click(), row);
    await this.status("The comparison is done.");
  }

  /** A claim as it stands: its words, verdict, those beside it, and the evidence. */
  claim(id) {
    return this.tab.run((id) => {
      const row = document.querySelector(`[data-claim="${id}"]`);
      const beside = [...row.querySelectorAll("[data-platform]")];
      return {
        words: row.querySelector(".words").textContent,
        verdict: row.dataset.verdict,
        beside: Object.fromEntries(beside.map((it) => [it.dataset.platform, it.dataset.verdict])),
        evidence: row.querySelector(".evidence").textContent,
      };
    }, id);
  }

  /** Has just these be measured: "picture", or an experiment's name. */
  measure(...names) {
    return this.tab.run((names) => {
      for (const box of document.querySelectorAll('input[id^="experiment-"]')) {
        if (box.checked !== names.includes(box.id.replace("experiment-", ""))) box.click();
      }
    }, names);
  }

  /** Gives the page a file: "choose" by an input, usually the own picture's, "drop" or "paste". */
  giveFile(way, name, bytes, input = "own-picture") {
    return this.tab.run(
      (way, name, base64, id) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], name));
        const input = document.getElementById(id);
        if (way === "choose") {
          input.files = data.files;
          input.dispatchEvent(new Event("change", { bubbles: true }));
        } else if (way === "drop") {
          const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
          if (!event.defaultPrevented) throw new Error("the browser would leave the page for the file");
        } else {
          // Firefox makes no such event with files, and shows its tests other objects than the page.
          const event = new ClipboardEvent("paste", { bubbles: true });
          const value = data.wrappedJSObject ?? data;
          Object.defineProperty(event.wrappedJSObject ?? event, "clipboardData", { value });
          document.body.dispatchEvent(event);
        }
      },
      way,
      name,
      bytes.toString("base64"),
      input,
    );
  }

  /** Waits until an element's text matches. */
  async says(selector, pattern) {
    let text;
    try {
      await until(async () => pattern.test((text = await this.text(selector))), `${pattern}`);
    } catch (error) {
      throw new Error(`${error.message}; it says: ${text}`);
    }
  }

  /** Red, green, blue and alpha of the shown picture, at parts of its width and height. */
  pixel(x, y) {
    return this.tab.run(
      (x, y) => {
        const canvas = document.querySelector(".picture canvas");
        const at = [Math.floor(canvas.width * x), Math.floor(canvas.height * y)];
        return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
      },
      x,
      y,
    );
  }

  /** How much of a comparison is done. */
  async percent() {
    return Number(await this.tab.run(() => document.querySelector("progress")?.value ?? 0));
  }

  text(selector) {
    return this.tab.run((selector) => document.querySelector(selector)?.textContent ?? "", selector);
  }

  count(selector) {
    return this.tab.run((selector) => document.querySelectorAll(selector).length, selector);
  }

  /** The rows of an experiment's results as data, or of the picture's, once all are drawn. */
  async rows(experiment = "picture") {
    await until(async () => (await this.count('[aria-busy="true"]')) === 0, "the rows");
    return this.tab.run(
      (experiment) =>
      [...document.querySelectorAll(`tr[data-experiment="${experiment}"]`)].map((row) => ({
        lane: row.dataset.lane,
        workers: Number(row.dataset.workers),
        outcome: row.dataset.outcome,
        checksum: row.querySelector("[data-checksum]")?.dataset.checksum,
        text: row.textContent,
        figures: Object.fromEntries(
          [...row.querySelectorAll("[data-column]")].map((cell) => [cell.dataset.column, cell.textContent]),
        ),
      })),
      experiment,
    );
  }
}

/** Waits until something holds. */
export async function until(holds, what, limit = minute) {
  const deadline = Date.now() + limit;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(5);
  }
}
