// main.js
const { Worker } = require('worker_threads');

const buffer = new SharedArrayBuffer(1024 * 1024); // 1MB shared buffer
const worker = new Worker('./worker.js', { workerData: buffer });

worker.on('message', msg => console.log('Worker done:', msg));
