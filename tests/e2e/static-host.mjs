// A host of plain files, as any static site would be: usually of the built page, without the headers
// that isolate it, and without an API.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/**
 * A running host of a folder's files on a free port, below `base`, with what `visiting` needs of one. With `headers`
 * it obeys the folder's `_headers` as Netlify and Cloudflare Pages do; `instead` has other content for some files, or none: then it lacks
 * them. `compressed` answers as hosts usually do, by brotli.
 */
export async function startStaticHost({ folder = dist, index = "index.html", base = "/", headers = false, compressed = false, instead = {} } = {}) {
  const rules = headers ? rulesOf(readFileSync(join(folder, "_headers"), "utf8")) : [];
  const requests = [];
  const small = new Map();
  const compress = (name, body) => {
    if (!small.has(name)) small.set(name, brotliCompressSync(body));
    return small.get(name);
  };
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://host").pathname);
    requests.push({ path, mode: request.headers["sec-fetch-mode"] });
    const inner = path.startsWith(base) ? path.slice(base.length) : undefined;
    const name = inner === "" ? index : inner;
    try {
      if (name === undefined || instead[name] === null) throw new Error("there is no such file");
      const body = instead[name] ?? (await readFile(join(folder, name)));
      const encoding = compressed ? { "content-encoding": "br" } : {};
      response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream", ...encoding, ...headersOf(rules, `/${name}`) });
      response.end(compressed ? compress(name, body) : body);
    } catch {
      response.writeHead(404).end("not found\n");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    address: `${origin}${base}`,
    origin,
    /** What was asked for: paths, and the mode that browsers tell. */
    requests,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `[pattern, [[name, value]]]` for each rule. */
function rulesOf(text) {
  const rules = [];
  for (const line of text.split("\n")) {
    const set = line.match(/^\s+([^:\s]+): (.+)$/);
    if (set) rules.at(-1)[1].push([set[1].toLowerCase(), set[2]]);
    else if (line.trim()) rules.push([line.trim(), []]);
  }
  return rules;
}

function headersOf(rules, path) {
  const headers = {};
  for (const [pattern, own] of rules) {
    const matches = pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
    if (!matches) continue;
    // Where two rules set the same header, hosts put their values together.
    for (const [name, value] of own) headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
