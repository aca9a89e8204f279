"""DynamoDB as the lab's applications use it: plain values in and out, tables under one prefix.

boto3 blocks, and its client is safe to share between threads. Where a row
belongs to somebody, the owner is part of the key, so naming another person's
row finds nothing.
"""

import os
from decimal import Decimal

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

_write, _read = TypeSerializer().serialize, TypeDeserializer().deserialize


def client():
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


def item(values):
    return {name: _write(value) for name, value in values.items()}


def values(item):
    read = {name: _read(value) for name, value in item.items()}
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in read.items()}


def refused(error):
    """Whether DynamoDB said no because a condition did not hold."""
    return error.response["Error"]["Code"] in ("ConditionalCheckFailedException", "TransactionCanceledException")


class NotFound(Exception):
    """There is no such thing, or it is somebody else's: the caller is not told which."""


class Tables:
    """An application's tables under one prefix, so that several applications can share one DynamoDB."""

    PREFIX = "lab_"
    KEYS = {}  # table: its key attributes, all of them text

    def __init__(self, prefix=None):
        self.prefix = prefix if prefix is not None else os.environ.get("MANTLET_LAB_TABLE_PREFIX", self.PREFIX)
        self.db = client()

    def table(self, name):
        return self.prefix + name

    def tables(self):
        return [self.table(name) for name in self.KEYS]

    def create_tables(self):
        """Creates what is not there yet."""
        for name, keys in self.KEYS.items():
            try:
                self.db.create_table(
                    TableName=self.table(name),
                    AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                    KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))],
                    BillingMode="PAY_PER_REQUEST",
                )
            except self.db.exceptions.ResourceInUseException:
                pass

    def get(self, table, **key):
        found = self.db.get_item(TableName=self.table(table), Key=item(key), ConsistentRead=True).get("Item")
        return values(found) if found else None

    def must_get(self, table, **key):
        found = self.get(table, **key)
        if not found:
            raise NotFound
        return found

    def put(self, table, row):
        self.db.put_item(TableName=self.table(table), Item=item(row))

    def delete(self, table, **key):
        self.db.delete_item(TableName=self.table(table), Key=item(key))

    def all(self, table):
        return [values(row) for row in self.db.scan(TableName=self.table(table), ConsistentRead=True)["Items"]]

    def owned(self, table, owner):
        """The rows of a table that is keyed by a number alone, and says inside whose they are."""
        return sorted((row for row in self.all(table) if row["owner"] == owner), key=lambda row: row[self.KEYS[table][0]])

    def of(self, table, owner, newest_first=False):
        """The rows whose first key is that one, in the order of the second."""
        found = self.db.query(
            TableName=self.table(table), KeyConditionExpression="#o = :o", ConsistentRead=True,
            ExpressionAttributeNames={"#o": self.KEYS[table][0]}, ExpressionAttributeValues=item({":o": owner}),
            ScanIndexForward=not newest_first, Limit=100,
        )
        return [values(row) for row in found["Items"]]

    def set(self, table, key, name, value):
        """Writes one attribute of a row that is there."""
        try:
            self.db.update_item(
                TableName=self.table(table), Key=item(key), UpdateExpression="SET #n = :v",
                ConditionExpression="attribute_exists(#k)",
                ExpressionAttributeNames={"#n": name, "#k": next(iter(key))}, ExpressionAttributeValues=item({":v": value}),
            )
        except self.db.exceptions.ConditionalCheckFailedException:
            raise NotFound from None
