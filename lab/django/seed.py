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
    "route_texted": "off", "house_calls": "off", "donor": "off", "privacy_agreed": "off", "mood": "fair",
}

# table, and its rows
OWNED = (
    ("prescriptions", ({"prescription_id": "20010001", "owner": "alice", "drug": "Drops for Alice Archer", "dose": "three at Lindenhof bedtime"},
                       {"prescription_id": "20010002", "owner": "alice", "drug": "Alice's second drops", "dose": "one a day"},
                       {"prescription_id": "20010003", "owner": "bob", "drug": "Salve for Bob Baker", "dose": "after the quarry"})),
    ("measurements", ({"measurement_id": "30010001", "owner": "alice", "kind": "Alice's pulse", "value": "72 beats, sitting"},
                      {"measurement_id": "30010002", "owner": "alice", "kind": "Alice's weight", "value": "61 kg, in the morning"},
                      {"measurement_id": "30010003", "owner": "bob", "kind": "Bob's pulse", "value": "80 beats, standing"})),
    ("referrals", ({"referral_id": "40010001", "owner": "alice", "findings": "Alice Archer, a murmur heard on 4 May", "remark": "not urgent"},
                   {"referral_id": "40010002", "owner": "bob", "findings": "Bob Baker, a limp seen on 9 June", "remark": "urgent"})),
    ("words", ({"place": "everywhere", "notice": "Wash your hands", "hours": "eight to six", "closed": "off"},)),
)


def seed(store):
    """Brings every table to its first state; people who exist are put back to how they began."""
    store.create_tables()
    for username, first, last in PEOPLE:
        settings = {**FIRST_SETTINGS, "email": f"{username}@clinic.example", "nickname": first}
        assert settings.keys() == SETTINGS
        store.put("patients", {"username": username, "name": f"{first} {last}", **settings, "motto": "Early to bed",
                               "plan": "basic", "discount": "0", "verified": "no", "internal_note": f"{first} faints at needles"})
        store.book(username, "Monday", "A cough", f"{username}-cough")
        store.book(username, "Friday", "Vaccination", f"{username}-vaccination")
    for table, rows in OWNED:
        for row in rows:
            store.put(table, row)


if __name__ == "__main__":
    seed(store)
    print(json.dumps({"tables": store.tables()}))
