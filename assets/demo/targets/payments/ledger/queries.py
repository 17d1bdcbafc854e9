"""Reports straight on the database."""
import logging

from django.db import connection

log = logging.getLogger(__name__)


def turnover(merchant, year):
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(amount) FROM ledger_payment WHERE merchant_id = %s AND year = %s" % (merchant, year))
        return cursor.fetchone()[0]


def top_merchants(country, limit=10):
    sql = "SELECT m.name, SUM(p.amount) FROM ledger_payment p JOIN ledger_merchant m ON m.id = p.merchant_id "
    sql += "WHERE m.country = '" + country + "' GROUP BY m.name LIMIT " + str(limit)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def chargebacks(since):
    query = f"SELECT * FROM ledger_payment WHERE state = 'chargeback' AND created > '{since}'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def purge(table, days):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM {} WHERE created < now() - interval '{} days'".format(table, days))
    log.info("purged %s", table)


def refund(payment_id, amount):
    try:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_payment SET state = 'refunded' WHERE id = %s", [payment_id])
    except Exception:
        pass
    return amount


def columns(names=[]):
    for n in names:
        try:
            yield "ledger_payment." + n
        except:
            continue
