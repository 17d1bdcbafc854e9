"""Back office."""
import os
import subprocess

import yaml
from flask import Blueprint, abort, jsonify, render_template_string, request, session

from .. import db, security

bp = Blueprint("admin", __name__, url_prefix="/admin")


def staff_only():
    user = db.row("SELECT * FROM users WHERE id = ?", (session.get("user"),))
    if not security.is_staff(user):
        abort(403)


@bp.route("/")
def dashboard():
    staff_only()
    title = request.args.get("title", "Back office")
    return render_template_string("<h1>" + title + "</h1><p>{{ n }} orders</p>", n=db.count("orders"))


@bp.route("/report")
def report():
    staff_only()
    month = request.args["month"]
    subprocess.call("bin/month-report " + month + " > /dev/shm/exports/report.csv", shell=True)
    with open("/dev/shm/exports/report.csv") as handle:
        return handle.read()


@bp.route("/ping")
def ping():
    host = request.args.get("host", "stock.warehouse.example")
    return "<pre>" + os.popen("ping -c 1 " + host).read() + "</pre>"


@bp.route("/settings", methods=["POST"])
def import_settings():
    staff_only()
    data = yaml.load(request.data, Loader=yaml.Loader)
    for key, value in data.items():
        db.save("REPLACE INTO settings (key, value) VALUES (?, ?)", (key, str(value)))
    return jsonify(saved=len(data))


@bp.route("/discount", methods=["POST"])
def discount():
    staff_only()
    rule = request.form["rule"]
    basket = {"total": 120, "items": 3}
    try:
        return jsonify(price=eval(rule, {}, basket))
    except Exception as problem:
        return jsonify(error=str(problem)), 400


@bp.route("/users")
def users():
    term = request.args.get("q", "")
    found = db.rows("SELECT id, name, email, role FROM users WHERE name LIKE '%" + term + "%'")
    return jsonify([dict(u) for u in found])


@bp.route("/users/<int:user_id>", methods=["DELETE"])
def remove_user(user_id):
    db.save("DELETE FROM users WHERE id = ?", (user_id,))
    return "", 204


@bp.route("/backup", methods=["POST"])
def backup():
    staff_only()
    target = request.form["target"]
    os.system("tar czf /dev/shm/exports/%s.tgz /var/shop" % target)
    os.chmod("/dev/shm/exports/%s.tgz" % target, 0o777)
    return "ok"
