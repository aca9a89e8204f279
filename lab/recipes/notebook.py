"""What the notebooks of the three frameworks share: where their notes are, and who may log in.

A notebook has no sessions of its own. It is part of the lab's applications where
PRINCIPAL_KEY is set, and what the tests of the recipes ask.
"""

import os
import secrets

from kit.dynamo import Tables
from kit.people import password

KEYS = [key for key in (os.environ.get("PRINCIPAL_KEY"), os.environ.get("PRINCIPAL_KEY_BEFORE")) if key]
AUDIENCE = "notebook"
ORIGIN = os.environ.get("NOTEBOOK_ORIGIN", "http://notebook.localhost")
WRITABLE = {"text"}


class Notes(Tables):
    PREFIX = "notebook_"
    KEYS = {"notes": ("note_id",)}


def table():
    """A client, and the name of the table, which is there afterwards."""
    notes = Notes()
    notes.create_tables()
    return notes.db, notes.table("notes")


def knows(username, given):
    return username in ("alice", "bob") and secrets.compare_digest(password(username).encode(), str(given).encode())
