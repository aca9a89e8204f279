"""Everything the bank remembers, in DynamoDB: users, sessions, payees, transfers.

Handlers that call this are plain functions, which FastAPI runs in its thread
pool: boto3 blocks.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass

from botocore.exceptions import ClientError

from kit.dynamo import Tables, item, refused
from kit.numbers import number
from kit.people import matches

SESSION_SECONDS = 3600

# What a customer may write on their own record. Everything else (role, balance,
# password) has its own function or none.
SETTINGS = {
    "email", "picture", "caption", "address", "phone", "nickname", "language", "theme", "paperless", "daily_limit",
    "statement_email", "overdraft", "card_limit", "card_frozen", "card_nickname", "standing_order", "savings_goal",
    "paper_copies", "activity_read", "home_branch", "offer_accepted", "call_back", "insights_shared", "tax_reported",
    "rate_alerts", "contract_renewal", "certificate_public", "report_notice", "currency", "alert_above", "contact_time", "note",
}


CHEQUE = 25  # what every cheque is worth


class Cashed(Exception):
    """The cheque was cashed before."""


class NotEnough(Exception):
    """The balance does not cover the transfer."""


@dataclass(frozen=True)
class Session:
    id: str
    username: str
    token: str


class Store(Tables):
    PREFIX = "bank_"
    KEYS = {
        "users": ("username",),
        "sessions": ("id_hash",),
        "payees": ("owner", "payee_id"),
        "transfers": ("owner", "transfer_id"),
        "cheques": ("owner", "cheque_id"),
        "requests": ("request_id",),
        "documents": ("owner", "document_id"),
        # Keyed by their numbers alone: whose they are stands inside.
        "mandates": ("mandate_id",),
        "letters": ("letter_id",),
        "notices": ("notice_id",),
    }

    # Users

    def user(self, username):
        return self.get("users", username=username) if username else None

    def users(self):
        return sorted(self.all("users"), key=lambda user: user["username"])

    def add_user(self, values):
        self.put("users", values)

    def authenticate(self, username, password):
        user = self.user(username)
        correct = matches(user["password"] if user else "", password)
        return user if user and correct else None

    def change(self, username, name, value):
        """Writes one setting of a customer."""
        if name not in SETTINGS:
            raise ValueError(f"{name} is not a setting")
        self.set("users", {"username": username}, name, value)

    def change_role(self, username, role):
        self.set("users", {"username": username}, "role", role)

    # Sessions. The table holds hashes, so reading it does not give anybody a cookie.

    @staticmethod
    def _hash(session_id):
        return hashlib.sha256(session_id.encode()).hexdigest()

    def start_session(self, username, kind):
        session = Session(secrets.token_urlsafe(24), username, secrets.token_urlsafe(24))
        self.put("sessions", {
            "id_hash": self._hash(session.id), "username": username, "kind": kind, "token": session.token,
            "expires": int(time.time()) + SESSION_SECONDS,
        })
        return session

    def session(self, session_id, kind):
        """The live session of that kind, or None. An id the bank never issued is never adopted."""
        row = self.get("sessions", id_hash=self._hash(session_id)) if session_id else None
        # Expired rows may stay in the table for days: deletion by expiry is lazy.
        if not row or row["kind"] != kind or row["expires"] < time.time():
            return None
        return Session(session_id, row["username"], row["token"])

    def end_session(self, session_id):
        self.delete("sessions", id_hash=self._hash(session_id))

    # Payees

    def payees(self, owner):
        return self.of("payees", owner)

    def payee(self, owner, payee_id):
        return self.must_get("payees", owner=owner, payee_id=payee_id)

    def add_payee(self, owner, name, account, payee_id=None):
        payee_id = payee_id or secrets.token_hex(4)
        self.put("payees", {"owner": owner, "payee_id": payee_id, "name": name, "account": account})
        return payee_id

    def delete_payee(self, owner, payee_id):
        self.payee(owner, payee_id)
        self.delete("payees", owner=owner, payee_id=payee_id)

    # Transfers

    def transfers(self, owner):
        return self.of("transfers", owner, newest_first=True)

    def transfer(self, owner, recipient, amount, memo):
        """Moves money: the balance, the recipient's balance if they bank here, and the entry, or nothing at all."""
        row = {"owner": owner, "transfer_id": f"{time.time_ns():020d}-{secrets.token_hex(2)}",
               "recipient": recipient, "amount": amount, "memo": memo}
        writes = [self._moves(owner, -amount), {"Put": {"TableName": self.table("transfers"), "Item": item(row)}}]
        if recipient != owner and self.user(recipient):
            writes.append(self._moves(recipient, amount))
        try:
            self.db.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if refused(error):
                raise NotEnough from None
            raise
        return row["transfer_id"]

    def _moves(self, username, amount):
        return {"Update": {
            "TableName": self.table("users"), "Key": item({"username": username}),
            "UpdateExpression": "SET balance = balance + :a", "ConditionExpression": "balance >= :least",
            "ExpressionAttributeValues": item({":a": amount, ":least": max(0, -amount)}),
        }}

    # Cheques

    def cheques(self, owner):
        return self.of("cheques", owner)

    def cheque(self, owner, cheque_id):
        return self.must_get("cheques", owner=owner, cheque_id=cheque_id)

    def add_cheque(self, owner, drawer, cheque_id=None):
        cheque_id = cheque_id or number()
        self.put("cheques", {"owner": owner, "cheque_id": cheque_id, "drawer": drawer, "state": "open"})
        return cheque_id

    def cash_cheque(self, owner, cheque_id):
        """Marks the cheque if it is open, and pays it in, or does nothing at all."""
        self.cheque(owner, cheque_id)
        mark = {"Update": {
            "TableName": self.table("cheques"), "Key": item({"owner": owner, "cheque_id": cheque_id}),
            "UpdateExpression": "SET #s = :cashed", "ConditionExpression": "#s = :open", "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": item({":cashed": "cashed", ":open": "open"}),
        }}
        try:
            self.db.transact_write_items(TransactItems=[mark, self._moves(owner, CHEQUE)])
        except ClientError as error:
            if refused(error):
                raise Cashed from None
            raise

    def pay_in(self, owner):
        self.db.transact_write_items(TransactItems=[self._moves(owner, CHEQUE)])

    def delete_cheque(self, owner, cheque_id):
        self.cheque(owner, cheque_id)
        self.delete("cheques", owner=owner, cheque_id=cheque_id)

    # Requests for help, left by people who cannot log in

    def ask_for_help(self, email):
        self.put("requests", {"request_id": secrets.token_hex(8), "email": email})

    # Documents in the vault: what is known of them, not the documents

    def documents(self, owner):
        return self.of("documents", owner)

    def keep_document(self, owner, name, length, digest):
        self.put("documents", {"owner": owner, "document_id": secrets.token_hex(4), "name": name, "length": length, "digest": digest})

    def drop_document(self, owner, document_id):
        self.must_get("documents", owner=owner, document_id=document_id)
        self.delete("documents", owner=owner, document_id=document_id)

    # Mandates and letters, found by number

    def mandate(self, mandate_id):
        return self.must_get("mandates", mandate_id=mandate_id)

    def mandates(self, owner):
        return self.owned("mandates", owner)

    def add_mandate(self, owner, creditor, reference, mandate_id=None):
        row = {"mandate_id": mandate_id or number(), "owner": owner, "creditor": creditor, "reference": reference}
        self.put("mandates", row)
        return row

    def letter(self, letter_id):
        return self.must_get("letters", letter_id=letter_id)

    def letters(self, owner):
        return self.owned("letters", owner)

    def add_letter(self, owner, subject, text, letter_id=None):
        letter_id = letter_id or number()
        self.put("letters", {"letter_id": letter_id, "owner": owner, "subject": subject, "text": text, "answer": "none yet"})
        return letter_id

    # The notice that everybody sees on the page of branches

    def notice(self):
        return self.get("notices", notice_id="now")["text"]
