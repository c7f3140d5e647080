// Starts the scraper over and over, with a page of some size, in the seed's form and in the corrected one, and counts
// the pages that arrive. Its words: how often, and the sizes. A line of JSON per size.
const { fork } = require('child_process');

const [tries, ...sizes] = process.argv.slice(2).map(Number);

/** How long the page took to arrive; undefined if it never did. */
const scrape = (bytes, form) =>
  new Promise((resolve) => {
    const began = process.hrtime.bigint();
    const scraper = fork(`${__dirname}/scraper.js`, [form]);
    let took;
    scraper.on('message', ({ html }) => {
      if (html.length === bytes) took = Number(process.hrtime.bigint() - began);
    });
    // Not at its exit: what was sent before may still be on its way.
    scraper.on('close', () => resolve(took));
    scraper.on('error', () => resolve());
    scraper.send({ url: 'https://example.com', bytes });
  });

async function main() {
  for (const bytes of sizes) {
    const arrived = { 'as-written': [], corrected: [] };
    for (let time = 0; time < tries; time++) {
      // In turns, so that both meet the machine in the same state.
      for (const form of Object.keys(arrived)) {
        const took = await scrape(bytes, form);
        if (took !== undefined) arrived[form].push(took);
      }
    }
    const times = arrived.corrected.sort((one, other) => one - other);
    console.log(
      JSON.stringify({
        bytes,
        tries,
        as_written: arrived['as-written'].length,
        corrected: times.length,
        took: times[times.length >> 1] ?? 0,
      }),
    );
  }
}

main();
