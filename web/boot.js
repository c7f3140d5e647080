// Starts the page's program, or says why it cannot.
const loading = document.getElementById("loading");
try {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly");
  const { default: init } = await import("./web.js");
  await init();
} catch (error) {
  loading.className = "notice";
  loading.setAttribute("role", "alert");
  loading.textContent =
    `The page's program could not be started: ${error.message}. ` +
    "Reload the page, or open it in a current Chromium, Firefox or Safari.";
}
