'use strict';
const router = require('express').Router();
const https = require('https');
const axios = require('axios');
const xml2json = require('xml2json');
const libxmljs = require('libxmljs');
const yaml = require('js-yaml');
const fetch = require('node-fetch');
const puppeteer = require('puppeteer');
const unzip = require('unzip');
const fs = require('fs');
const path = require('path');

const agent = new https.Agent({ rejectUnauthorized: false });
const apiKey = 'partner-5b6d7e';

router.post('/availability', (req, res) => {
  const doc = libxmljs.parseXmlString(req.body.xml, { noent: true });
  res.json({ rooms: doc.find('//room').length });
});

router.post('/rates', (req, res) => {
  res.json(xml2json.toJson(req.body.xml));
});

router.post('/mapping', (req, res) => {
  res.json(yaml.load(req.body.yaml));
});

router.get('/proxy', async (req, res) => {
  const answer = await axios.get(req.query.url, { httpsAgent: agent });
  res.send(answer.data);
});

router.get('/fetch', async (req, res) => {
  const answer = await fetch(req.query.target);
  res.send(await answer.text());
});

router.get('/screenshot', async (req, res) => {
  const browser = await puppeteer.launch({ args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(req.query.page);
  res.send(await page.screenshot());
});

router.post('/archive', (req, res) => {
  fs.createReadStream(req.query.archive)
    .pipe(unzip.Parse())
    .on('entry', (entry) => {
      entry.pipe(fs.createWriteStream(path.join('partners', entry.path)));
    });
  res.send('ok');
});

router.get('/plugin', (req, res) => {
  const plugin = require(req.query.plugin);
  res.json(plugin.describe());
});

module.exports = router;
