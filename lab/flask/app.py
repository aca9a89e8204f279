"""The tracker, put together."""

import os
import secrets

from flask import Flask
from werkzeug.exceptions import HTTPException

import account
import api
import boards
import exports
import live
import people
import profile
import reports
import shared
import snippets
import staff
import tickets
import times
from kit.dynamo import NotFound
from kit.variant import variant
from pages import failure
from people import LoginNeeded
from sessions import DynamoSessions
from store import Store

BLUEPRINTS = (people.blueprint, tickets.blueprint, account.blueprint, boards.blueprint, reports.blueprint, api.blueprint,
              times.blueprint, snippets.blueprint, exports.blueprint, staff.blueprint, profile.blueprint, shared.blueprint, live.blueprint)


def create():
    app = Flask(__name__, static_folder=None)
    # One process, one key: sessions survive a restart, open forms do not.
    app.config.from_mapping(SECRET_KEY=os.environ.get("MANTLET_LAB_KEY") or secrets.token_hex(32), **variant.CONFIG)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["tracker"] = store = Store()
    app.session_interface = DynamoSessions(store)
    variant.protect(app, BLUEPRINTS)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_error_handler(LoginNeeded, people.login_needed)
    app.register_error_handler(NotFound, lambda error: failure(404, "There is no such thing."))
    app.register_error_handler(HTTPException, lambda error: failure(error.code, error.description))
    return app


app = create()
