"""Creates the clinic's tables and fills them: three people with a record each, and their appointments."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from store import SETTINGS, store

PEOPLE = (("alice", "Alice", "Archer"), ("bob", "Bob", "Baker"), ("admin", "Ada", "Minster"))

FIRST_SETTINGS = {
    "address": "1 Mill Lane", "phone": "555-0400", "language": "en", "reminder": "evening", "doctor": "Dr Finch", "diet": "none",
    "pharmacy": "Market Street", "newsletter": "off", "bills_by_mail": "off", "records_shared": "off", "results_seen": "off",
    "route_texted": "off", "house_calls": "off", "donor": "off", "privacy_agreed": "off",
}


def seed(store):
    """Brings every table to its first state; people who exist are put back to how they began."""
    store.create_tables()
    for username, first, last in PEOPLE:
        settings = {**FIRST_SETTINGS, "email": f"{username}@clinic.example", "nickname": first}
        assert settings.keys() == SETTINGS
        store.put("patients", {"username": username, "name": f"{first} {last}", **settings})
        store.book(username, "Monday", "A cough", f"{username}-cough")
        store.book(username, "Friday", "Vaccination", f"{username}-vaccination")


if __name__ == "__main__":
    seed(store)
    print(json.dumps({"tables": store.tables()}))
