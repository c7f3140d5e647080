// Starts the page's program, or says why it cannot, and says so when it stops.
const loading = document.getElementById("loading");
// A static site has a service worker; a runner serves its page itself.
const workers = "hosted" in document.documentElement.dataset ? navigator.serviceWorker : undefined;

function say(words) {
  loading.className = "notice";
  loading.setAttribute("role", "alert");
  loading.textContent = words;
  // The program has put its own content in its place.
  if (!loading.isConnected) document.getElementById("page").prepend(loading);
}

// A mistake of its own leaves the program in no state to go on.
function stopped(error) {
  if (error instanceof WebAssembly.RuntimeError) {
    say("The page's program has stopped because of a mistake in it. What it shows can still be read; load the page again to go on.");
  }
}

// On a host a service worker isolates the page where the host's headers do not, and keeps it for a visit without a
// network. What it isolates is the next load: the page loads itself again, and never twice.
async function serve() {
  if (!workers) return;
  try {
    await workers.register(new URL("../sw.js", import.meta.url));
    if (crossOriginIsolated || sessionStorage.getItem("breakeven-isolated")) return;
    await Promise.race([workers.ready, new Promise((resolve) => setTimeout(resolve, 5000))]);
    sessionStorage.setItem("breakeven-isolated", "asked for");
    location.reload();
    await new Promise(() => {});
  } catch (why) {
    console.info(`no service worker: ${why.message}`);
  }
}

try {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly");
  addEventListener("error", (event) => stopped(event.error));
  addEventListener("unhandledrejection", (event) => stopped(event.reason));
  await serve();
  const { default: init } = await import("./web.js");
  await init();
  // Kept once the page has started: downloads are not to delay that.
  workers?.ready.then(({ active }) => active.postMessage("keep"));
} catch (error) {
  say(
    `The page's program could not be started: ${error.message}. ` +
      "Reload the page, or open it in a current Chromium, Firefox or Safari.",
  );
}
