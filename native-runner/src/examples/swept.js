// The seed's scraper with a page of as many characters as it is asked for, and a second form beside its own.
const [form] = process.argv.slice(2);

process.on('message', async ({ bytes }) => {
  const html = 'x'.repeat(bytes);
  if (form === 'corrected') {
    // Sent means written: then it may go.
    process.send({ html }, () => process.exit());
  } else {
    process.send({ html });
    process.exit();
  }
});
