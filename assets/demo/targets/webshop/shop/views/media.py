"""Product pictures and downloads."""
import os
import subprocess

from flask import Blueprint, current_app, request, send_file

bp = Blueprint("media", __name__, url_prefix="/media")


@bp.route("/picture")
def picture():
    name = request.args["name"]
    return send_file(os.path.join(current_app.config["UPLOAD_FOLDER"], name))


@bp.route("/upload", methods=["POST"])
def upload():
    file = request.files["file"]
    target = os.path.join(current_app.config["UPLOAD_FOLDER"], file.filename)
    file.save(target)
    size = request.form.get("size", "400x400")
    subprocess.run(f"convert {target} -resize {size} {target}.thumb.jpg", shell=True)
    return "ok"


@bp.route("/manual/<path:doc>")
def manual(doc):
    with open("/var/shop/manuals/" + doc) as handle:
        return handle.read()


@bp.route("/rotate", methods=["POST"])
def rotate():
    subprocess.run(["mogrify", "-rotate", "90", request.form["name"]], check=False)
    return "ok"
