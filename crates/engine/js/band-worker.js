// A worker of browser.clone: loads the plain engine beside it and lets it listen for bands.
import init, { work } from "./engine.js";

await init();
work();
