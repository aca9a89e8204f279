"""Everything the bank remembers, in DynamoDB: users, sessions, payees, transfers.

Handlers that call this are plain functions, which FastAPI runs in its thread
pool: boto3 blocks. The client is safe to share between those threads. Where an
operation belongs to somebody, the owner is part of the key, so naming another
customer's payee finds nothing.
"""

import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from decimal import Decimal

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

SESSION_SECONDS = 3600

# What a customer may write on their own record. Everything else (role, balance,
# password) has its own function or none.
SETTINGS = {
    "email", "picture", "caption", "address", "phone", "nickname", "language", "theme", "paperless", "daily_limit",
    "statement_email", "overdraft", "card_limit", "card_frozen", "card_nickname", "standing_order", "savings_goal",
    "paper_copies", "activity_read", "home_branch", "offer_accepted", "call_back", "insights_shared", "tax_reported",
    "rate_alerts", "contract_renewal", "certificate_public", "report_notice", "currency", "alert_above", "contact_time", "note",
}

KEYS = {
    "users": ("username",),
    "sessions": ("id_hash",),
    "payees": ("owner", "payee_id"),
    "transfers": ("owner", "transfer_id"),
    "requests": ("request_id",),
}


class NotFound(Exception):
    """There is no such thing, or it is somebody else's: the caller is not told which."""


class NotEnough(Exception):
    """The balance does not cover the transfer."""


def _client():
    return boto3.client(
        "dynamodb",
        # Named explicitly because older boto3 releases do not read the variable.
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8001"),
        region_name=os.environ.get("AWS_REGION", "us-east-1"),
        # Throw-away credentials: DynamoDB Local wants some, and checks none.
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "lab"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "lab"),
        config=Config(max_pool_connections=50, retries={"max_attempts": 3}),
    )


_write, _read = TypeSerializer().serialize, TypeDeserializer().deserialize


def _item(values):
    return {name: _write(value) for name, value in values.items()}


def _values(item):
    read = {name: _read(value) for name, value in item.items()}
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in read.items()}


def _refused(error):
    """Whether DynamoDB said no because a condition did not hold."""
    return error.response["Error"]["Code"] in ("ConditionalCheckFailedException", "TransactionCanceledException")


def password_hash(password, salt=None):
    salt = salt or secrets.token_hex(8)
    return salt + ":" + hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()


@dataclass(frozen=True)
class Session:
    id: str
    username: str
    token: str


class Store:
    """The bank's tables under one prefix, so that several banks can share one DynamoDB."""

    def __init__(self, prefix=None):
        self.prefix = prefix if prefix is not None else os.environ.get("MANTLET_LAB_TABLE_PREFIX", "bank_")
        self.db = _client()

    def table(self, name):
        return self.prefix + name

    def tables(self):
        return [self.table(name) for name in KEYS]

    def create_tables(self):
        """Creates what is not there yet."""
        for name, keys in KEYS.items():
            try:
                self.db.create_table(
                    TableName=self.table(name),
                    AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                    KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))],
                    BillingMode="PAY_PER_REQUEST",
                )
            except self.db.exceptions.ResourceInUseException:
                pass

    def _get(self, table, **key):
        found = self.db.get_item(TableName=self.table(table), Key=_item(key), ConsistentRead=True).get("Item")
        return _values(found) if found else None

    def _put(self, table, values):
        self.db.put_item(TableName=self.table(table), Item=_item(values))

    def _owned(self, table, owner, newest_first=False):
        found = self.db.query(
            TableName=self.table(table), KeyConditionExpression="#o = :o", ConsistentRead=True,
            ExpressionAttributeNames={"#o": "owner"}, ExpressionAttributeValues=_item({":o": owner}),
            ScanIndexForward=not newest_first, Limit=100,
        )
        return [_values(item) for item in found["Items"]]

    # Users

    def user(self, username):
        return self._get("users", username=username) if username else None

    def users(self):
        found = self.db.scan(TableName=self.table("users"), ConsistentRead=True)["Items"]
        return sorted((_values(item) for item in found), key=lambda user: user["username"])

    def add_user(self, values):
        self._put("users", values)

    def authenticate(self, username, password):
        user = self.user(username)
        stored = user["password"] if user else password_hash("")
        correct = secrets.compare_digest(stored, password_hash(password, stored.split(":")[0]))
        return user if user and correct else None

    def change(self, username, name, value):
        """Writes one setting of a customer."""
        if name not in SETTINGS:
            raise ValueError(f"{name} is not a setting")
        self._change_user(username, name, value)

    def change_role(self, username, role):
        self._change_user(username, "role", role)

    def _change_user(self, username, name, value):
        try:
            self.db.update_item(
                TableName=self.table("users"), Key=_item({"username": username}), UpdateExpression="SET #n = :v",
                ConditionExpression="attribute_exists(username)",
                ExpressionAttributeNames={"#n": name}, ExpressionAttributeValues=_item({":v": value}),
            )
        except ClientError as error:
            if _refused(error):
                raise NotFound from None
            raise

    # Sessions. The table holds hashes, so reading it does not give anybody a cookie.

    @staticmethod
    def _hash(session_id):
        return hashlib.sha256(session_id.encode()).hexdigest()

    def start_session(self, username, kind):
        session = Session(secrets.token_urlsafe(24), username, secrets.token_urlsafe(24))
        self._put("sessions", {
            "id_hash": self._hash(session.id), "username": username, "kind": kind, "token": session.token,
            "expires": int(time.time()) + SESSION_SECONDS,
        })
        return session

    def session(self, session_id, kind):
        """The live session of that kind, or None. An id the bank never issued is never adopted."""
        row = self._get("sessions", id_hash=self._hash(session_id)) if session_id else None
        # Expired rows may stay in the table for days: deletion by expiry is lazy.
        if not row or row["kind"] != kind or row["expires"] < time.time():
            return None
        return Session(session_id, row["username"], row["token"])

    def end_session(self, session_id):
        self.db.delete_item(TableName=self.table("sessions"), Key=_item({"id_hash": self._hash(session_id)}))

    # Payees

    def payees(self, owner):
        return self._owned("payees", owner)

    def payee(self, owner, payee_id):
        found = self._get("payees", owner=owner, payee_id=payee_id)
        if not found:
            raise NotFound
        return found

    def add_payee(self, owner, name, account, payee_id=None):
        payee_id = payee_id or secrets.token_hex(4)
        self._put("payees", {"owner": owner, "payee_id": payee_id, "name": name, "account": account})
        return payee_id

    def delete_payee(self, owner, payee_id):
        self.payee(owner, payee_id)
        self.db.delete_item(TableName=self.table("payees"), Key=_item({"owner": owner, "payee_id": payee_id}))

    # Transfers

    def transfers(self, owner):
        return self._owned("transfers", owner, newest_first=True)

    def transfer(self, owner, recipient, amount, memo):
        """Moves money: the balance, the recipient's balance if they bank here, and the entry, or nothing at all."""
        row = {"owner": owner, "transfer_id": f"{time.time_ns():020d}-{secrets.token_hex(2)}",
               "recipient": recipient, "amount": amount, "memo": memo}
        writes = [self._moves(owner, -amount), {"Put": {"TableName": self.table("transfers"), "Item": _item(row)}}]
        if recipient != owner and self.user(recipient):
            writes.append(self._moves(recipient, amount))
        try:
            self.db.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if _refused(error):
                raise NotEnough from None
            raise
        return row["transfer_id"]

    def _moves(self, username, amount):
        return {"Update": {
            "TableName": self.table("users"), "Key": _item({"username": username}),
            "UpdateExpression": "SET balance = balance + :a", "ConditionExpression": "balance >= :least",
            "ExpressionAttributeValues": _item({":a": amount, ":least": max(0, -amount)}),
        }}

    # Requests for help, left by people who cannot log in

    def ask_for_help(self, email):
        self._put("requests", {"request_id": secrets.token_hex(8), "email": email})
