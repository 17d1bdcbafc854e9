"""Import of supplier feeds."""
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from urllib.request import urlopen

from flask import Blueprint, jsonify, request
from lxml import etree

from .. import db

bp = Blueprint("feeds", __name__, url_prefix="/feeds")


@bp.route("/xml", methods=["POST"])
def xml_feed():
    root = ET.fromstring(request.data)
    for node in root.iter("product"):
        db.save("INSERT INTO products (name, price) VALUES (?, ?)", (node.findtext("name"), node.findtext("price")))
    return jsonify(ok=True)


@bp.route("/catalog", methods=["POST"])
def catalog():
    parser = etree.XMLParser(resolve_entities=True, no_network=False)
    tree = etree.fromstring(request.data, parser)
    return jsonify(items=len(tree))


@bp.route("/fetch")
def fetch():
    source = request.args["source"]
    body = urlopen(source).read()
    name = tempfile.mktemp(suffix=".xml")
    with open(name, "wb") as handle:
        handle.write(body)
    return jsonify(size=len(body), file=name)


@bp.route("/archive", methods=["POST"])
def archive():
    upload = request.files["archive"]
    path = "/dev/shm/feed-" + upload.filename
    upload.save(path)
    with tarfile.open(path) as tar:
        tar.extractall("/var/shop/feeds")
    return jsonify(ok=True)
