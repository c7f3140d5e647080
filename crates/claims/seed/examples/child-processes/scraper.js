// scraper.js
process.on('message', async ({ url }) => {
  const html = `<html> ... scraped content ... </html>`;
  process.send({ html });
  process.exit();
});
