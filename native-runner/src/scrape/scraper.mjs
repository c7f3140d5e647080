// The scraper in Node: the same frames, questions and answers as the runner's own, with Node's fetch and npm's
// htmlparser2. Like that one it goes as deep as the page does, and remembers what it has read.
import { parseDocument } from "htmlparser2";
import robotsParser from "robots-parser";

const AGENT = "breakeven (compares worker threads and child processes; one page at a time)";
const REDIRECTS = 5;
const NAMED = 100;
const HIDDEN = new Set(["head", "script", "style", "noscript", "template"]);

class Refused extends Error {}

const read = new Map();
const rules = new Map();

function frame(kind, body = Buffer.alloc(0), process = 0) {
  const header = Buffer.alloc(48);
  header.write("BEv1", 0, "latin1");
  header.writeUInt32LE(kind, 4);
  header.writeBigUInt64LE(BigInt(body.length), 8);
  header.writeUInt32LE(process, 16);
  return Buffer.concat([header, body]);
}

/** Goes where it is sent, if it may: each address on the way must pass `may` first. */
async function get(url, ask, may) {
  const signal = AbortSignal.timeout(ask.seconds * 1000);
  for (let redirects = 0; redirects <= REDIRECTS; redirects++) {
    const here = new URL(url);
    if (!["http:", "https:"].includes(here.protocol)) {
      throw new Refused(`${here.protocol.slice(0, -1)} is fetched over http and https alone`);
    }
    if (ask.reach.site && here.origin !== ask.reach.site) {
      throw new Refused(`${here.origin} is not the built-in site, and nothing else may be fetched`);
    }
    if (ask.reach === "public") throw new Refused("this child goes to the built-in site alone");
    await may(here);
    const response = await fetch(here, {
      redirect: "manual",
      signal,
      headers: { "user-agent": AGENT, accept: "text/html,application/xhtml+xml;q=0.9" },
    });
    const elsewhere = response.status >= 300 && response.status < 400 && response.headers.get("location");
    if (elsewhere) {
      await response.body?.cancel();
      url = new URL(elsewhere, here).href;
      continue;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the server answers ${response.status}`);
    }
    const pieces = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      length += piece.length;
      if (length > ask.bytes) throw new Error(`it goes on after ${ask.bytes >> 10} KiB, which are all that are read`);
    }
    return { url: here, redirects, kind: response.headers.get("content-type"), bytes: Buffer.concat(pieces) };
  }
  throw new Error(`it sends one elsewhere more than ${REDIRECTS} times`);
}

/** Asks the site of an address about it, unless the site was asked before. */
async function askRobots({ origin, href }, ask) {
  if (!rules.has(origin)) {
    const at = `${origin}/robots.txt`;
    try {
      rules.set(origin, robotsParser(at, (await get(at, ask, () => {})).bytes.toString()));
    } catch (why) {
      if (/answers [35]/.test(why.message)) throw new Refused("the site cannot say what may be fetched");
      if (!/answers 4/.test(why.message)) throw why;
      rules.set(origin, robotsParser(at, ""));
    }
  }
  if (rules.get(origin).isAllowed(href, "breakeven") === false) {
    throw new Refused("the site's robots.txt does not want it fetched");
  }
}

/** What windows-1252 has between 0x80 and 0x9f. */
const WINDOWS = [..."€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ"];

const charsetIn = (text) => /charset=["']?([^"'\s;>/]+)/i.exec(text ?? "")?.[1];

function decoder(name) {
  try {
    return name && new TextDecoder(name);
  } catch {
    // Nobody knows that name.
  }
}

function decode(bytes, kind) {
  const marked = { fffe: "utf-16le", feff: "utf-16be", efbb: "utf-8" }[bytes.subarray(0, 2).toString("hex")];
  const start = bytes.subarray(0, 1024).toString("latin1");
  const meta = start.slice(Math.max(0, start.search(/<meta/i)));
  let chosen = decoder(marked) ?? decoder(charsetIn(kind));
  if (!chosen && /<meta/i.test(start)) chosen = decoder(charsetIn(meta));
  try {
    if (!chosen) return { html: new TextDecoder("utf-8", { fatal: true }).decode(bytes), charset: "UTF-8" };
  } catch {
    chosen = new TextDecoder("windows-1252");
  }
  if (chosen.encoding === "windows-1252") {
    // Node takes it for ISO-8859-1 in some versions.
    const html = bytes.toString("latin1").replace(/[\x80-\x9f]/g, (letter) => WINDOWS[letter.charCodeAt() - 0x80]);
    return { html, charset: "windows-1252" };
  }
  const names = { shift_jis: "Shift_JIS" };
  return { html: chosen.decode(bytes), charset: names[chosen.encoding] ?? chosen.encoding.toUpperCase() };
}

const plain = (text) => text.split(/\s+/).filter(Boolean).join(" ").slice(0, 300);
const textOf = (node) => (node.type === "text" ? node.data : (node.children ?? []).map(textOf).join(""));

/** What a reader sees, from here on down. */
function walk(node, page) {
  for (const child of node.children ?? []) {
    if (child.type === "text") {
      for (const word of child.data.split(/\s+/).filter(Boolean)) {
        const length = [...word].length;
        page.text.words++;
        page.text.characters += length;
        page.text.longest_word = Math.max(page.text.longest_word, length);
      }
    } else if (child.type === "tag" && !HIDDEN.has(child.name) && child.name !== "title") {
      if (/^h[1-6]$/.test(child.name) && page.headings.length < NAMED) {
        page.headings.push({ level: Number(child.name[1]), text: plain(textOf(child)) });
      }
      walk(child, page);
    }
  }
}

/** Every element of a document, in its order; this one does not call itself. */
function* elements(document) {
  const waiting = [document];
  while (waiting.length > 0) {
    const node = waiting.pop();
    yield node;
    for (let at = (node.children?.length ?? 0) - 1; at >= 0; at--) waiting.push(node.children[at]);
  }
}

function digest(document, url) {
  const page = { url: url.href, redirects: 0, charset: "", html_bytes: 0, title: null, description: null };
  Object.assign(page, { headings: [], links: [], link_count: 0, text: { words: 0, characters: 0, longest_word: 0 } });
  walk(document, page);
  const targets = [];
  let base = url;
  for (const { name, attribs, children } of elements(document)) {
    if (name === "title") page.title ??= plain(children.map(textOf).join(""));
    if (name === "base" && attribs.href) base = new URL(attribs.href, url);
    if (name === "a" && attribs.href !== undefined) targets.push(attribs.href);
    if (name === "meta" && attribs.name?.toLowerCase() === "description") page.description ??= plain(attribs.content ?? "");
  }
  const links = new Set();
  for (const target of targets) {
    try {
      const link = new URL(target.trim(), base);
      link.hash = "";
      if (["http:", "https:"].includes(link.protocol)) links.add(link.href);
    } catch {
      // That leads nowhere.
    }
  }
  page.links = [...links].sort().slice(0, NAMED);
  page.link_count = links.size;
  return page;
}

async function scrape(ask) {
  let fetched;
  try {
    fetched = await get(ask.url, ask, (here) => ask.robots && askRobots(here, ask));
    if (fetched.kind && !/^(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(fetched.kind)) {
      throw new Error(`no HTML but ${fetched.kind}`);
    }
  } catch (why) {
    if (why instanceof Refused) return { refused: why.message };
    return { failed: why.name === "TimeoutError" ? `it took longer than ${ask.seconds} s` : why.message };
  }
  const { html, charset } = decode(fetched.bytes, fetched.kind);
  const document = parseDocument(html);
  const page = digest(document, fetched.url);
  Object.assign(page, { redirects: fetched.redirects, charset, html_bytes: fetched.bytes.length });
  read.set(ask.url, document);
  return { page };
}

process.stdout.write(frame(1, undefined, process.pid));
let bytes = Buffer.alloc(0);
for await (const more of process.stdin) {
  bytes = Buffer.concat([bytes, more]);
  while (bytes.length >= 48) {
    const end = 48 + Number(bytes.readBigUInt64LE(8));
    if (bytes.length < end) break;
    const ask = JSON.parse(bytes.subarray(48, end));
    bytes = bytes.subarray(end);
    const answer = await scrape(ask);
    process.stdout.write(frame(13, Buffer.from(JSON.stringify({ number: ask.number, answer }))));
  }
}
process.exit();
