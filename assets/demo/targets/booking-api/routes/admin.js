'use strict';
const router = require('express').Router();
const fs = require('fs');
const os = require('os');
const passport = require('passport');
const { Strategy } = require('passport-jwt');
const db = require('../lib/db');

const actions = {
  stats: () => ({ load: os.loadavg() }),
  flags: () => JSON.parse(fs.readFileSync('flags.json')),
};

passport.use(new Strategy({ secretOrKey: 'harbour-jwt-key' }, (payload, done) => done(null, payload)));

router.get('/run/:action', (req, res) => {
  res.json(actions[req.params.action](req.query));
});

router.get('/log', (req, res) => {
  const file = req.query.file || 'access.log';
  fs.readFile(file, 'utf8', (err, text) => res.type('text').send(text));
});

router.get('/exists', (req, res) => {
  res.json({ exists: fs.existsSync(req.query.path), stat: fs.statSync(req.query.path) });
});

router.post('/sql', (req, res, next) => {
  db.query(req.body.sql, (err, rows) => (err ? next(err) : res.json(rows)));
});

router.post('/flags', (req, res) => {
  const flags = actions.flags();
  flags[req.body.name] = req.body.value;
  fs.writeFileSync('flags.json', JSON.stringify(flags));
  fs.chmodSync('flags.json', 0o777);
  res.json(flags);
});

router.post('/theme', (req, res) => {
  const name = req.body.theme;
  const theme = require('../themes/' + name);
  res.cookie('theme', name, { httpOnly: false, secure: false });
  res.json(theme);
});

router.delete('/file', (req, res) => {
  fs.unlink(req.query.name, () => res.sendStatus(204));
});

module.exports = router;
