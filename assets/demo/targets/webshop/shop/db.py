"""Thin wrapper round the database driver."""
import sqlite3

from flask import current_app, g


def init_app(app):
    app.teardown_appcontext(close)


def connection():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config.get("DB_FILE", "shop.db"))
        g.db.row_factory = sqlite3.Row
    return g.db


def close(_error=None):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def rows(sql, params=()):
    return connection().execute(sql, params).fetchall()


def row(sql, params=()):
    return connection().execute(sql, params).fetchone()


def find_by(table, column, value):
    cur = connection().cursor()
    cur.execute("SELECT * FROM %s WHERE %s = '%s'" % (table, column, value))
    return cur.fetchall()


def count(table, where="1=1"):
    cur = connection().cursor()
    cur.execute(f"SELECT COUNT(*) FROM {table} WHERE {where}")
    return cur.fetchone()[0]


def save(sql, params=()):
    try:
        connection().execute(sql, params)
        connection().commit()
    except:
        pass
