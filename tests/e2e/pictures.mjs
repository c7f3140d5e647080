// Picture files for the tests. The two in fixtures/ were made with sharp: turned.jpg is 60 × 40 pixels,
// red in its top left quarter and blue elsewhere, with a note that it is to be turned right;
// half-transparent.webp is 60 × 40 pixels of green, opaque on the left and a fifth on the right.
import { readFileSync } from "node:fs";
import { crc32 } from "./crc32.mjs";
import { deflateSync } from "node:zlib";

const fixture = (name) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

export const turnedJpeg = fixture("turned.jpg");
export const halfTransparentWebp = fixture("half-transparent.webp");

/** A PNG of one colour. `claims` is the size in its header, if that is not the true one. */
export function png(width, height, [red, green, blue], claims = [width, height]) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claims[0], 0);
  header.writeUInt32BE(claims[1], 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + width * 3);
  for (let at = 1; at < row.length; at += 3) row.set([red, green, blue], at);
  const rows = Buffer.concat(Array.from({ length: height }, () => row));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), framed.length - 4);
  return framed;
}
