"""Sessions of a framework, kept in DynamoDB: a key, a text the framework made, and when it ends."""

import hashlib
import time

from kit.dynamo import item

SESSION_SECONDS = 3600


class SessionRows:
    """The table holds hashes of keys, so reading it does not give anybody a cookie."""

    def __init__(self, tables, table="sessions"):
        self.tables, self.table = tables, table

    @staticmethod
    def _key(key):
        return {"id_hash": hashlib.sha256(key.encode()).hexdigest()}

    def load(self, key):
        """The text, or None. Expired rows may stay in the table for days: deletion by expiry is lazy."""
        row = self.tables.get(self.table, **self._key(key)) if key else None
        return row["data"] if row and row["expires"] > time.time() else None

    def save(self, key, data, condition, seconds=SESSION_SECONDS):
        """Writes the row if the condition holds ("attribute_exists(id_hash)" or its opposite), else says so."""
        row = {**self._key(key), "data": data, "expires": int(time.time()) + seconds}
        try:
            self.tables.db.put_item(TableName=self.tables.table(self.table), Item=item(row), ConditionExpression=condition)
        except self.tables.db.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def create(self, key, data, seconds=SESSION_SECONDS):
        return self.save(key, data, "attribute_not_exists(id_hash)", seconds)

    def update(self, key, data, seconds=SESSION_SECONDS):
        """False when the session has ended meanwhile: a late request does not bring it back."""
        return self.save(key, data, "attribute_exists(id_hash)", seconds)

    def end(self, key):
        if key:
            self.tables.delete(self.table, **self._key(key))
