// `foreign`: a script in another language.
trials.foreign = {
  python: ({ begin }) => foreign(begin, "import sys\nsys.stdout.write('hello')\n"),
  shell: ({ begin }) => foreign(begin, "#!/bin/sh\nexec cat\n"),
  node: ({ begin }) => foreign(begin, "const fs = require('node:fs');\nfs.readFileSync(0);\n"),
};

/** A script in another language: a browser takes but one. */
function foreign(begin, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const began = begin();
  return new Promise((resolve) => {
    const worker = new Worker(address);
    worker.onerror = (event) => {
      event.preventDefault();
      const said = event.message || "the script could not be loaded";
      resolve({ facts: { runs: false, said }, took: now() - began });
    };
  });
}
