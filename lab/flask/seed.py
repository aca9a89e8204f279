"""Creates the tracker's tables and fills them: two people, their tickets and a comment each."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from kit.people import password, password_hash
from store import SETTINGS, Store

PEOPLE = (("alice", "Alice Archer"), ("bob", "Bob Baker"))

FIRST_SETTINGS = {
    "phone": "555-0300", "signature": "Kind regards", "avatar": "none", "density": "roomy", "digest": "off", "language": "en",
    "default_filter": "mine", "timezone": "UTC", "burndown_shared": "off", "timesheet_locked": "off", "board_pinned": "off",
    "roadmap_followed": "off", "releases_mailed": "off", "calendar_shared": "off", "guidelines_accepted": "off",
}


def seed(store):
    """Brings every table to its first state; people who exist are put back to how they began."""
    store.create_tables()
    for username, name in PEOPLE:
        settings = {**FIRST_SETTINGS, "email": f"{username}@tracker.example", "nickname": name.split()[0]}
        assert settings.keys() == SETTINGS
        store.put("users", {"username": username, "name": name, "password": password_hash(password(username)), **settings})
        store.add_ticket(username, "The loom squeaks", "Every second beat, on the left.", f"{username}-squeak")
        store.add_ticket(username, "Order more thread", "Blue, two spools.", f"{username}-thread")
        if not store.comments(username, f"{username}-squeak"):
            store.comment(username, f"{username}-squeak", "Oiled it once already.")


if __name__ == "__main__":
    tracker = Store()
    seed(tracker)
    print(json.dumps({"tables": tracker.tables()}))
