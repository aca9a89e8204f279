"""Creates the tracker's tables and fills them: three people, their tickets, and what else is theirs."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from kit.people import password, password_hash
from store import SETTINGS, Store

PEOPLE = (("alice", "Alice Archer", "member"), ("bob", "Bob Baker", "member"), ("admin", "Ada Minster", "admin"))

# table, and its rows
OWNED = (
    ("times", ({"entry_id": "20010001", "owner": "alice", "work": "The Lindenhof carpet, for Alice", "hours": "7"},
               {"entry_id": "20010002", "owner": "alice", "work": "Mending at Elmsworth", "hours": "2"},
               {"entry_id": "20010003", "owner": "bob", "work": "Sails for the quarry, for Bob", "hours": "5"})),
    ("snippets", ({"snippet_id": "30010001", "owner": "alice", "text": "Alice's key to the Lindenhof loom is 4471"},
                  {"snippet_id": "30010002", "owner": "alice", "text": "Alice's second key is 2208"},
                  {"snippet_id": "30010003", "owner": "bob", "text": "Bob's key to the quarry is 9020"})),
    ("exports", ({"export_id": "40010001", "owner": "alice", "label": "of May", "content": "Alice Archer, eleven hours at Lindenhof, 211 EUR"},
                 {"export_id": "40010002", "owner": "bob", "label": "of June", "content": "Bob Baker, five hours at the quarry, 87 EUR"})),
    ("words", ({"place": "everywhere", "banner": "The loom is open", "saying": "Warp first", "days": "30"},)),
)

FIRST_SETTINGS = {
    "phone": "555-0300", "signature": "Kind regards", "avatar": "none", "density": "roomy", "digest": "off", "language": "en",
    "default_filter": "mine", "timezone": "UTC", "burndown_shared": "off", "timesheet_locked": "off", "board_pinned": "off",
    "roadmap_followed": "off", "releases_mailed": "off", "calendar_shared": "off", "guidelines_accepted": "off", "pace": "steady",
}


def seed(store):
    """Brings every table to its first state; people who exist are put back to how they began."""
    store.create_tables()
    for username, name, role in PEOPLE:
        settings = {**FIRST_SETTINGS, "email": f"{username}@tracker.example", "nickname": name.split()[0]}
        assert settings.keys() == SETTINGS
        store.put("users", {"username": username, "name": name, "password": password_hash(password(username)), **settings,
                            "role": role, "plan": "free", "verified": "no", "motto": "Warp and weft", "internal_note": f"{name} pays late"})
        store.add_ticket(username, "The loom squeaks", "Every second beat, on the left.", f"{username}-squeak")
        store.add_ticket(username, "Order more thread", "Blue, two spools.", f"{username}-thread")
        if not store.comments(username, f"{username}-squeak"):
            store.comment(username, f"{username}-squeak", "Oiled it once already.")
    for table, rows in OWNED:
        for row in rows:
            store.put(table, row)


if __name__ == "__main__":
    tracker = Store()
    seed(tracker)
    print(json.dumps({"tables": tracker.tables()}))
