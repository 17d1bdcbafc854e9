"""Sign-in, registration, password reset."""
import logging

from flask import Blueprint, flash, make_response, redirect, render_template, request, session

from .. import db, security
from ..services import mailer

bp = Blueprint("account", __name__, url_prefix="/account")
log = logging.getLogger("shop.account")


@bp.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html", next=request.args.get("next", "/"))
    email = request.form["email"]
    password = request.form["password"]
    log.info("login attempt %s with password %s", email, password)
    user = db.row("SELECT * FROM users WHERE email = '" + email + "'")
    if user is None or not security.check_password(user["password"], password):
        flash("Unknown address or wrong password for %s" % email)
        return redirect("/account/login")
    session["user"] = user["id"]
    response = make_response(redirect(request.args.get("next", "/")))
    if request.form.get("remember"):
        response.set_cookie("remember", security.remember_me(user), max_age=90 * 86400)
    return response


@bp.route("/restore")
def restore():
    cookie = request.cookies.get("remember")
    if cookie:
        data = security.read_remember_me(cookie)
        session["user"] = data["id"]
    return redirect(request.args.get("next"))


@bp.route("/register", methods=["POST"])
def register():
    name, email = request.form["name"], request.form["email"]
    db.save(
        "INSERT INTO users (name, email, password, role) VALUES (?, ?, ?, ?)",
        (name, email, security.hash_password(request.form["password"]), request.form.get("role", "customer")),
    )
    mailer.send(email, "Welcome", f"<p>Hello {name}</p>")
    return f"<h1>Welcome {name}</h1>"


@bp.route("/forgot", methods=["POST"])
def forgot():
    email = request.form["email"]
    token = security.reset_token()
    db.save("UPDATE users SET reset_token = ? WHERE email = ?", (token, email))
    log.info("reset token for %s is %s", email, token)
    mailer.send(email, "Your new password", "http://shop.example/account/reset?token=" + token)
    return redirect("/account/login")


@bp.route("/orders")
def orders():
    user = request.args.get("user", session.get("user"))
    sort = request.args.get("sort", "placed_at")
    found = db.rows(f"SELECT * FROM orders WHERE user_id = {user} ORDER BY {sort}")
    return render_template("orders.html", orders=found)


@bp.route("/logout")
def logout():
    session.clear()
    response = make_response(redirect("/"))
    response.set_cookie("remember", "", expires=0)
    return response
