// What the static site needs on a host that sends no headers of its own: every answer isolates the page, so that it
// may share memory, and what was fetched once is there without a network. `cargo xtask site` fills in the build's name
// and its files.
const build = "{{BUILD}}";
const files = {{FILES}};

// Several such sites may be on one host.
const prefix = `breakeven ${registration.scope} `;
const name = prefix + build;

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

addEventListener("activate", (event) => event.waitUntil(take()));

/** Takes over pages that are open already, and drops what earlier builds kept. */
async function take() {
  await clients.claim();
  const outdated = (await caches.keys()).filter((it) => it.startsWith(prefix) && it !== name);
  await Promise.all(outdated.map((it) => caches.delete(it)));
}

// The page says when it has started: downloads are not to delay that.
addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keep());
});

/** Keeps all files for a visit without a network. */
async function keep() {
  const cache = await caches.open(name);
  for (const file of files) {
    const url = new URL(file, registration.scope).href;
    if (!(await cache.match(url))) await cache.add(url);
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = request.method === "GET" && request.url.startsWith(registration.scope);
  if (isOurs) event.respondWith(answer(request));
});

/** A page comes from the network while there is one, so that a new build is seen; its parts never change. */
async function answer(request) {
  const isPage = request.mode === "navigate";
  const known = async () => {
    const cache = await caches.open(name);
    return cache.match(isPage ? registration.scope : request.url, { ignoreSearch: true });
  };
  const kept = isPage ? undefined : await known();
  if (kept) return isolated(kept);
  try {
    return isolated(await fetch(request));
  } catch (why) {
    const last = await known();
    if (last) return isolated(last);
    throw why;
  }
}

/** The same answer with the headers that isolate. */
function isolated(response) {
  // What a redirect or another origin gave cannot be read here.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [key, value] of Object.entries(isolation)) headers.set(key, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
