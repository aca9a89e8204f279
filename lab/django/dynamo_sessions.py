"""A session engine for Django that keeps its sessions in DynamoDB."""

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from kit.session_rows import SessionRows
from store import store

rows = SessionRows(store)


class SessionStore(SessionBase):
    def load(self):
        data = rows.load(self.session_key)
        if data is None:
            # A key the clinic never issued is never adopted.
            self._session_key = None
            return {}
        return self.decode(data)

    def exists(self, session_key):
        return rows.load(session_key) is not None

    def create(self):
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create=False):
        if self.session_key is None:
            return self.create()
        data = self.encode(self._get_session(no_load=must_create))
        write = rows.create if must_create else rows.update
        if not write(self.session_key, data, self.get_expiry_age()):
            raise CreateError if must_create else UpdateError

    def delete(self, session_key=None):
        rows.end(session_key or self.session_key)

    @classmethod
    def clear_expired(cls):
        """The table's own expiry does it."""
