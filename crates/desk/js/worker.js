// The page's worker that reads reports and writes them in other forms.
import init, { sit } from "./desk.js";

await init();
sit();
