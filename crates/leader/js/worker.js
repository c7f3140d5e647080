// The page's worker that leads a study where there is no runner.
import init, { lead } from "./leader.js";

await init();
lead();
