"use strict";
// Echoes frames: a header of 48 bytes (letters, kind, length of the body), and the body.
let bytes = Buffer.alloc(0);
process.stdin.on("data", (more) => {
  bytes = Buffer.concat([bytes, more]);
  while (bytes.length >= 48) {
    const end = 48 + Number(bytes.readBigUInt64LE(8));
    if (bytes.length < end) return;
    const header = Buffer.alloc(48);
    bytes.copy(header, 0, 0, 16);
    header.writeUInt32LE(6, 4);
    header.writeBigUInt64LE(process.hrtime.bigint(), 16);
    process.stdout.write(Buffer.concat([header, bytes.subarray(48, end)]));
    bytes = bytes.subarray(end);
  }
});
