// The worker that decodes the visitor's own picture: loads the codec beside it and lets it listen.
import init, { listen_for_files } from "./codec.js";

await init();
listen_for_files();
