// worker.js
const { workerData, parentPort } = require('worker_threads');
const data = new Uint8Array(workerData);

// modify shared data
for (let i = 0; i < data.length; i++) data[i] = 255;

parentPort.postMessage('Pixels processed');
