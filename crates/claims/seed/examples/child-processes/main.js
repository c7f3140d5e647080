// main.js
const { fork } = require('child_process');

const scraper = fork('./scraper.js');
scraper.send({ url: 'https://example.com' });

scraper.on('message', data => console.log('Scraped data:', data));
