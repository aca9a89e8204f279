"""Creates the bank's tables and fills them: three people, their payees and a first transfer."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from kit.people import password, password_hash
from store import SETTINGS, Store

PEOPLE = (
    ("alice", "Alice Archer", "customer", 1_000_000),
    ("bob", "Bob Baker", "customer", 250_000),
    ("admin", "Ada Minster", "admin", 10_000),
)

MANDATES = (
    ("70010001", "alice", "Lindenhof Gas", "Alice Archer, meter 4471"),
    ("70010002", "alice", "Elmsworth Library", "Alice Archer, card 208"),
    ("70010003", "bob", "Quarry Water", "Bob Baker, meter 9020"),
)

LETTERS = (
    ("80010001", "alice", "Your loan, Alice", "The loan of 12,400 EUR on the house in Lindenhof ends in May"),
    ("80010002", "bob", "Your loan, Bob", "The loan of 3,100 EUR on the van from Quarry Steps ends in June"),
)

FIRST_SETTINGS = {
    "picture": "", "caption": "No picture yet", "address": "1 Mill Lane", "phone": "555-0100", "language": "en",
    "theme": "light", "paperless": "off", "daily_limit": "500", "overdraft": "off", "card_limit": "1000",
    "card_frozen": "no", "card_nickname": "Everyday card", "standing_order": "none", "savings_goal": "2000",
    "paper_copies": "off", "activity_read": "off", "home_branch": "off", "offer_accepted": "off", "call_back": "off",
    "insights_shared": "off", "tax_reported": "off", "rate_alerts": "off", "contract_renewal": "off",
    "certificate_public": "off", "report_notice": "off", "currency": "EUR", "alert_above": "100", "contact_time": "mornings", "note": "",
}


def seed(store):
    """Brings every table to its first state; people who exist are put back to how they began."""
    store.create_tables()
    for username, name, role, balance in PEOPLE:
        settings = {**FIRST_SETTINGS, "email": f"{username}@bank.example", "nickname": name.split()[0],
                    "statement_email": f"{username}@bank.example"}
        assert settings.keys() == SETTINGS
        store.add_user({"username": username, "name": name, "role": role, "balance": balance,
                        "password": password_hash(password(username)), **settings,
                        "tier": "basic", "verified": "no", "internal_note": f"{name} pays late"})
        store.add_payee(username, "Electric company", "DE02 1203 0000 0000 2020 51", payee_id=f"{username}-electric")
        store.add_payee(username, "Landlord", "DE02 5001 0517 0137 0750 30", payee_id=f"{username}-landlord")
        if not store.transfers(username):
            store.transfer(username, "Electric company", 80, "November")
    store.add_cheque("alice", "Robin Reed, for Alice", "90010001")
    store.add_cheque("bob", "Ursula Lind, for Bob", "90010002")
    for mandate_id, owner, creditor, reference in MANDATES:
        store.add_mandate(owner, creditor, reference, mandate_id)
    for letter_id, owner, subject, text in LETTERS:
        store.add_letter(owner, subject, text, letter_id)
    store.put("notices", {"notice_id": "now", "text": "All branches are open"})


if __name__ == "__main__":
    bank = Store()
    seed(bank)
    print(json.dumps({"tables": bank.tables()}))
