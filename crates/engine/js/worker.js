// A worker of the engine beside it. Its first message brings the compiled module, the memory where that
// is shared, and the role: which of the engine's functions takes over.
import * as engine from "./engine.js";

onmessage = ({ data: { module, memory, role } }) => {
  onmessage = null;
  engine.initSync({ module, memory });
  engine[role]();
};
