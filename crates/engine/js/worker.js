// A worker of an engine: its first message brings the compiled module, the memory where that is shared, and
// what the worker is. `cargo xtask workers` puts this behind wasm-bindgen's script, into one file: scripts
// that import each other are fetched one after the other whenever a worker starts.
onmessage = ({ data: { module, memory, role } }) => {
  onmessage = null;
  initSync({ module, memory });
  begin(role);
};
