// The coordinator worker: loads the engine beside it and lets it listen. The same for both engines.
import init, { coordinate } from "./engine.js";

await init();
coordinate();
