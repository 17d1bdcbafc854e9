"""Products and search."""
from flask import Blueprint, Markup, jsonify, render_template, request

from .. import db

bp = Blueprint("catalogue", __name__)
SORTS = ("name", "price", "newest")


@bp.route("/")
def index():
    return render_template("index.html", products=db.rows("SELECT * FROM products LIMIT 24"))


@bp.route("/search")
def search():
    term = request.args.get("q", "")
    sort = request.args.get("sort", "name")
    found = db.rows("SELECT * FROM products WHERE name LIKE '%{}%' ORDER BY {}".format(term, sort))
    heading = Markup("Results for <em>%s</em>" % term)
    return render_template("search.html", heading=heading, products=found)


@bp.route("/product/<int:product_id>")
def product(product_id):
    item = db.row("SELECT * FROM products WHERE id = ?", (product_id,))
    if item is None:
        return "<p>No product " + request.args.get("name", "") + "</p>", 404
    description = Markup(item["description"])
    return render_template("product.html", item=item, description=description)


@bp.route("/api/products")
def api_products():
    category = request.args.get("category")
    found = db.rows(f"SELECT id, name, price FROM products WHERE category = '{category}'")
    return jsonify([dict(p) for p in found])


@bp.route("/api/stock/<sku>")
def stock(sku):
    found = db.find_by("stock", "sku", sku)
    return jsonify([dict(s) for s in found])
