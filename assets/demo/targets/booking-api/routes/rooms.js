'use strict';
const router = require('express').Router();
const db = require('../lib/db');

const SORTS = { price: 'price', size: 'square_metres' };

router.get('/', (req, res, next) => {
  const sort = SORTS[req.query.sort] || 'price';
  db.query('SELECT * FROM rooms ORDER BY ' + sort, (err, rows) => (err ? next(err) : res.json(rows)));
});

router.get('/search', (req, res, next) => {
  const sql = "SELECT * FROM rooms WHERE town = '" + req.query.town + "' AND beds >= " + req.query.beds;
  db.query(sql, (err, rows) => (err ? next(err) : res.json(rows)));
});

router.get('/match', (req, res) => {
  const wanted = new RegExp(req.query.pattern, 'i');
  res.json(['Sea view', 'Garden', 'Loft'].filter((n) => wanted.test(n)));
});

router.get('/postcode', (req, res) => {
  const ok = /^([a-zA-Z0-9]+\s?)+$/.test(req.query.code);
  const mail = /^([a-z0-9_.-]+)+@(([a-z0-9-]+)+\.)+[a-z]{2,}$/.test(req.query.mail);
  res.json({ ok, mail });
});

router.get('/:id', (req, res) => {
  const fields = {};
  for (const f of (req.query.fields || '').split(',')) fields[f] = db.column(req.params, f);
  res.send('<h2>Room ' + req.params.id + '</h2>' + JSON.stringify(fields));
});

router.get('/:id/calendar', (req, res) => {
  const days = parseInt(req.query.days);
  const slots = new Array(days);
  for (let i = 0; i < days; i++) slots[i] = { day: i, free: true };
  const picked = slots[req.query.day];
  res.json(picked || slots);
});

module.exports = router;
