'use strict';
const mysql = require('mysql');
const { MongoClient } = require('mongodb');

const pool = mysql.createPool({
  host: 'db.booking.example',
  user: 'booking',
  password: 'Harbour-light-7',
  database: 'booking',
  multipleStatements: true,
});

const password = 'mongo-guest-2020';
const mongo = new MongoClient('mongodb://guests.booking.example:27017');

exports.query = (sql, done) => pool.query(sql, done);
exports.guests = () => mongo.db('guests').collection('guests');

exports.column = function (row, name) {
  return row[name];
};

exports.copy = function (target, source) {
  for (const key in source) {
    if (typeof source[key] === 'object') {
      target[key] = exports.copy(target[key] || {}, source[key]);
    } else {
      target[key] = source[key];
    }
  }
  return target;
};

exports.credentials = () => ({ user: 'booking', password });
