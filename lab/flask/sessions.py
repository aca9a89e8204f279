"""Flask's session, kept in DynamoDB. The cookie holds nothing but the key."""

import json
import secrets

from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from kit.session_rows import SESSION_SECONDS, SessionRows


class Session(CallbackDict, SessionMixin):
    def __init__(self, data=None, key=None):
        super().__init__(data or {}, on_update=lambda changed: setattr(changed, "modified", True))
        self.key, self.ended, self.chosen, self.modified = key, None, None, False

    def rotate(self, chosen=None):
        """To be called at login and logout: another key, and nothing carried over. A chosen key is taken if there was no session yet."""
        self.ended, self.key = self.ended or self.key, None
        self.chosen = None if self.ended else chosen
        self.clear()
        self.modified = True


class DynamoSessions(SessionInterface):
    def __init__(self, store):
        self.rows = SessionRows(store)

    def open_session(self, app, request):
        key = request.cookies.get(self.get_cookie_name(app))
        data = self.rows.load(key)
        # A key the tracker never issued is never adopted.
        return Session(json.loads(data), key) if data else Session()

    def save_session(self, app, session, response):
        if not session.modified:
            return
        self.rows.end(session.ended)
        data = json.dumps(dict(session))
        if session.key:
            self.rows.update(session.key, data)
            return
        if not session:
            self._cookie(app, response, "", 0)
            return
        session.key = session.chosen
        if not session.key or not self.rows.create(session.key, data):
            session.key = secrets.token_urlsafe(32)
            self.rows.create(session.key, data)
        self._cookie(app, response, session.key, SESSION_SECONDS)

    def _cookie(self, app, response, value, seconds):
        response.set_cookie(
            self.get_cookie_name(app), value, max_age=seconds, path=self.get_cookie_path(app), secure=self.get_cookie_secure(app),
            httponly=self.get_cookie_httponly(app), samesite=self.get_cookie_samesite(app))
