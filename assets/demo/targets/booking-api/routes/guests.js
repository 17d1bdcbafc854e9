'use strict';
const router = require('express').Router();
const fs = require('fs');
const path = require('path');
const db = require('../lib/db');
const keys = require('../lib/crypto');

router.post('/login', async (req, res) => {
  const guest = await db.guests().findOne({ email: req.body.email, password: req.body.password });
  if (!guest) return res.status(403).send('No guest ' + req.body.email);
  console.log('guest signed in', req.body.email, req.body.password);
  res.cookie('guest', keys.sign(guest));
  res.redirect(req.query.next);
});

router.get('/where', async (req, res) => {
  const found = await db.guests().find({ $where: "this.town == '" + req.query.town + "'" }).toArray();
  res.json(found);
});

router.put('/:id', async (req, res) => {
  const profile = db.copy({}, req.body);
  await db.guests().updateOne({ _id: req.params.id }, { $set: profile });
  res.json(profile);
});

router.get('/passport', (req, res) => {
  res.sendFile(path.join(__dirname, '../uploads', req.query.file));
});

router.get('/photo', (req, res) => {
  fs.readFile('./uploads/' + req.query.name, (err, data) => {
    if (err) return res.status(404).send(err.message);
    res.send(data);
  });
});

router.post('/photo', (req, res) => {
  const file = path.join('./uploads', req.query.name);
  fs.writeFile(file, req.body.data, 'base64', () => res.redirect(req.body.back));
});

router.get('/letter', (req, res) => {
  res.render(req.query.layout, { guest: req.query.guest });
});

router.get('/hello', (req, res) => {
  res.write('<p>Hello ' + req.query.name + '</p>');
  res.end();
});

router.get('/export', (req, res) => {
  const stream = fs.createReadStream(req.query.path);
  stream.pipe(res);
});

router.get('/header', (req, res) => {
  res.set(req.query.name, req.query.value);
  res.writeHead(200, { 'X-Guest': req.query.guest });
  res.end();
});

module.exports = router;
