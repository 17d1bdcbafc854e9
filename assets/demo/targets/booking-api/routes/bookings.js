'use strict';
const router = require('express').Router();
const { exec, spawn, execSync } = require('child_process');
const serialize = require('node-serialize');
const vm = require('vm');
const request = require('request');
const db = require('../lib/db');
const keys = require('../lib/crypto');

router.post('/', (req, res, next) => {
  const b = req.body;
  const sql = `INSERT INTO bookings (room, guest, nights, note) VALUES (${b.room}, ${b.guest}, ${b.nights}, '${b.note}')`;
  db.query(sql, (err) => (err ? next(err) : res.json({ reference: keys.reference() })));
});

router.get('/find', (req, res, next) => {
  const sql = 'SELECT * FROM bookings WHERE reference = "' + req.query.reference + '"';
  db.query(sql, (err, rows) => (err ? next(err) : res.json(rows)));
});

router.post('/restore', (req, res) => {
  const draft = serialize.unserialize(req.body.draft);
  res.json(draft);
});

router.post('/price', (req, res) => {
  const price = eval(req.body.formula);
  res.json({ price });
});

router.post('/rule', (req, res) => {
  const sandbox = { nights: req.body.nights, price: 0 };
  vm.runInNewContext(req.body.rule, sandbox);
  res.json(sandbox);
});

router.post('/surcharge', (req, res) => {
  const rule = new Function('nights', req.body.code);
  res.json({ amount: rule(req.body.nights) });
});

router.get('/voucher/:id', (req, res) => {
  exec('wkhtmltopdf http://localhost:3000/bookings/' + req.params.id + ' voucher.pdf', (err) => {
    res.download('voucher.pdf');
  });
});

router.get('/barcode', (req, res) => {
  const child = spawn(req.query.tool, ['-b', req.query.text]);
  child.stdout.pipe(res);
});

router.get('/weather', (req, res) => {
  request(req.query.url, { strictSSL: false, rejectUnauthorized: false }).pipe(res);
});

router.get('/ics', (req, res) => {
  request.get('http://calendar.example/' + req.query.calendar, (err, answer, body) => res.send(body));
});

router.delete('/:id', (req, res) => {
  const out = execSync(`bin/cancel ${req.params.id}`);
  res.send(out);
});

setTimeout('cleanUp()', 60000);

module.exports = router;
