"""Application factory of the outfitters' web shop."""
import logging
import os

from flask import Flask
from flask_cors import CORS

from . import db
from .views import account, admin, basket, catalogue, checkout, feeds, media

log = logging.getLogger(__name__)


def create_app(overrides=None):
    app = Flask(__name__)
    app.config.from_object("shop.settings")
    app.config["SECRET_KEY"] = "outfitters-2019-winter"
    app.config["SESSION_COOKIE_SECURE"] = False
    app.config["SESSION_COOKIE_HTTPONLY"] = False
    app.config["WTF_CSRF_ENABLED"] = False
    if overrides:
        app.config.update(overrides)

    CORS(app, resources={r"/api/*": {"origins": "*"}}, supports_credentials=True)
    db.init_app(app)

    for module in (account, admin, basket, catalogue, checkout, feeds, media):
        app.register_blueprint(module.bp)

    @app.after_request
    def headers(response):
        response.headers["X-Shop-Build"] = os.environ.get("BUILD", "dev")
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    log.info("shop started with key %s", app.config["SECRET_KEY"])
    return app
