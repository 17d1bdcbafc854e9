"""The basket lives in a cookie until checkout."""
import base64
import json
import pickle

from flask import Blueprint, jsonify, make_response, redirect, request

from .. import db

bp = Blueprint("basket", __name__, url_prefix="/basket")


def load():
    raw = request.cookies.get("basket")
    if not raw:
        return []
    try:
        return json.loads(base64.b64decode(raw))
    except ValueError:
        return pickle.loads(base64.b64decode(raw))


def store(response, items):
    response.set_cookie("basket", base64.b64encode(json.dumps(items).encode()).decode())
    return response


@bp.route("/")
def show():
    return jsonify(load())


@bp.route("/add", methods=["POST"])
def add():
    items = load()
    items.append({"sku": request.form["sku"], "qty": int(request.form.get("qty", 1)), "price": request.form["price"]})
    return store(make_response(redirect(request.form.get("back", "/basket/"))), items)


@bp.route("/voucher", methods=["POST"])
def voucher():
    code = request.form["code"]
    found = db.row("SELECT * FROM vouchers WHERE code = '%s' AND used = 0" % code)
    if found is None:
        return "Voucher %s is not valid" % code, 404
    return jsonify(percent=found["percent"])
