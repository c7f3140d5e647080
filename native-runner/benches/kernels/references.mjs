// Runs sharp and photon on request, as their documentation says. One JSON object a line:
//   in   {"library": "sharp", "filter": {"blur": {"sigma": 3}}, "threads": 2, "runs": 3, "keep": "FILE" or null}
//   out  {"times": [nanoseconds, …]} or {"error": "…"}
// The picture comes from a file of raw RGBA bytes; `keep` is where the last result goes, as such.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import photon from "@silvia-odwyer/photon-node";
import sharp from "sharp";

const [path, width, height] = process.argv.slice(2);
const size = { width: Number(width), height: Number(height) };
const rgba = readFileSync(path);
const rgb = Buffer.alloc((rgba.length / 4) * 3);
for (let pixel = 0; pixel * 4 < rgba.length; pixel++) rgba.copy(rgb, pixel * 3, pixel * 4, pixel * 4 + 3);

// Otherwise the second run of the same operation could be no run at all.
sharp.cache(false);

const bySharp = (pixels, channels) => ({ filter, threads }) => {
  sharp.concurrency(threads);
  let image = sharp(pixels, { raw: { ...size, channels } });
  if (filter.blur) image = image.blur({ sigma: filter.blur.sigma });
  // Back to as many channels as it had, like the lanes' results.
  else if (filter === "greyscale") image = image.greyscale().toColourspace("srgb");
  else if (filter.resize) image = image.resize({ ...filter.resize, fit: "fill", kernel: "lanczos3" });
  else throw new Error("the libraries have no such filter here");
  return image.raw().toBuffer();
};

const byPhoton = (image, filter) => {
  if (filter.blur) return photon.gaussian_blur(image, filter.blur.sigma);
  if (filter === "greyscale") return photon.grayscale_human_corrected(image);
  const { width, height } = filter.resize;
  return photon.resize(image, width, height, photon.SamplingFilter.Lanczos3);
};

const libraries = {
  sharp: bySharp(rgba, 4),
  "sharp-rgb": bySharp(rgb, 3),
  photon({ filter }) {
    const image = new photon.PhotonImage(rgba, size.width, size.height);
    const started = process.hrtime.bigint();
    const made = byPhoton(image, filter);
    const took = process.hrtime.bigint() - started;
    made?.free();
    image.free();
    return took;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { library, runs, keep, ...options } = JSON.parse(line);
  const times = [];
  try {
    let result;
    // The first run is the warm-up that every lane has too.
    for (let run = -1; run < runs; run++) {
      const started = process.hrtime.bigint();
      result = await libraries[library](options);
      // photon copies the picture into its own memory first, which it times apart.
      const took = typeof result === "bigint" ? result : process.hrtime.bigint() - started;
      if (run >= 0) times.push(Number(took));
    }
    if (keep) writeFileSync(keep, result);
    console.log(JSON.stringify({ times }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
}
