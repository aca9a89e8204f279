"""What the recipes promise, tried on real servers and DynamoDB Local. There is one test file for each framework.

    AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8001 python test_fastapi.py

`go test ./internal/lab` runs all of them.
"""

import base64
import hashlib
import hmac
import http.client
import json
import logging
import os
import re
import secrets
import sys
import time
import unittest
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
sys.path.append(str(LAB))

# The vectors of the guard's own tests: what it signs, and what it never would.
VECTORS = json.loads((LAB.parent / "guard" / "testdata" / "principal.json").read_text())
os.environ["PRINCIPAL_KEY"], os.environ["PRINCIPAL_KEY_BEFORE"] = VECTORS["keys"]
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("MANTLET_LAB_TABLE_PREFIX", f"recipes_{secrets.token_hex(4)}_")

import boto3
import pydantic

from kit.dynamo import client, item
from kit.people import password
from kit.websocket import Refused, WebSocketClient
from recipes import notebook


def word(user, method="GET", key=VECTORS["keys"][0], audience=notebook.AUDIENCE, at=None):
    """The guard's header, made here as its documentation has it and not with the recipe."""
    issued = int(time.time() if at is None else at)
    text = f"1.{issued}.{issued + 600}.{base64.urlsafe_b64encode(user.encode()).decode().rstrip('=')}"
    message = b"mantlet/principal/1" + b"".join(len(part).to_bytes(2, "big") + part for part in (audience.encode(), method.encode(), text.encode()))
    return text + "." + base64.urlsafe_b64encode(hmac.new(key.encode(), message, hashlib.sha256).digest()).decode().rstrip("=")


class Recipe:
    """Mixed into a TestCase whose recipe is the module, and address where its notebook is served."""

    recipe = address = None

    def setUp(self):
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def ask(self, method, path, user=None, body=None, headers=()):
        """One request as it stands: the same header may come twice. Gives status, value and headers."""
        headers = list(headers)
        if user:
            headers.append(("Mantlet-Principal", word(user, method)))
        data = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            connection.putrequest(method, "/notebook" + path)
            for name, value in [*headers, ("Content-Length", str(len(data)))]:
                connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith((b"{", b"null")) else None, answer.headers
        finally:
            connection.close()

    # The documentation

    def test_what_the_documentation_shows_runs(self):
        class Note(pydantic.BaseModel):
            text: str

        class Credentials(pydantic.BaseModel):
            username: str
            password: str

        text = (LAB.parent / "docs" / "recipes" / f"{self.recipe.__name__.split('.')[-1].removesuffix('_guard')}.md").read_text()
        code = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
        self.assertEqual(len(code), 4)
        exec("\n".join(code), {"__name__": __name__, "os": os, "json": json, "boto3": boto3, "Note": Note, "Credentials": Credentials, "right": None, "application": None})

    # The header

    def test_vectors_of_the_guard(self):
        signed = self.recipe.Word(VECTORS["keys"], VECTORS["audience"])
        for vector in VECTORS["vectors"]:
            with self.subTest(vector["name"]):
                read = lambda: signed.read(vector["lines"] or [], vector["method"], VECTORS["now"])
                if vector["error"]:
                    self.assertRaises(self.recipe.BadPrincipal, read)
                else:
                    self.assertEqual(read(), vector["user"] or None)
        self.assertEqual(signed.login("alice", "POST", VECTORS["now"]), VECTORS["login"])
        self.assertEqual(signed.login("", "POST", VECTORS["now"]), VECTORS["logout"])

    def test_weak_keys_are_no_keys(self):
        for keys, audience in (([], "a"), (["short"], "a"), ([VECTORS["keys"][0], "short"], "a"), (VECTORS["keys"], "")):
            self.assertRaises(ValueError, self.recipe.Word, keys, audience)

    def test_only_the_guards_word_is_taken(self):
        def me(*lines, method="GET"):
            status, value, _ = self.ask(method, "/me", headers=[("Mantlet-Principal", line) for line in lines])
            return value["user"] if status == 200 else status

        good = word("alice")
        self.assertEqual(me(), None)
        self.assertEqual(me(good), "alice")
        self.assertEqual(me(word("zoë@exämple.org")), "zoë@exämple.org")
        self.assertEqual(me(word("alice", key=VECTORS["keys"][1])), "alice", "the previous key")
        self.assertEqual(me(word("alice", "POST"), method="POST"), "alice")
        for name, lines in {
            "bare": ["alice"], "empty": [""], "cut": [good[:-1]], "forged": ["1.0.9999999999.YWRtaW4." + "A" * 43],
            "foreign key": [word("alice", key="k" * 32)], "another application": [word("alice", audience="bank")],
            "expired": [word("alice", at=time.time() - 601)], "early": [word("alice", at=time.time() + 300)],
            "twice": [good, good], "two of them": [word("alice"), word("admin")], "joined": [good + "," + good],
            "another method": [word("alice", "POST")],
        }.items():
            with self.subTest(name):
                self.assertEqual(me(*lines), 401)

    def test_who_has_logged_in_is_said_to_the_guard(self):
        status, _, headers = self.ask("POST", "/login", body={"username": "alice", "password": password("alice")})
        self.assertEqual(status, 200)
        self.assertEqual(len(headers.get_all("Mantlet-Session")), 1)
        self.assertEqual(headers["Mantlet-Session"].split(".")[3], "YWxpY2U")
        status, _, headers = self.ask("POST", "/login", body={"username": "alice", "password": "wrong"})
        self.assertEqual((status, headers["Mantlet-Session"]), (401, None))
        self.assertEqual(self.ask("POST", "/logout")[2]["Mantlet-Session"].split(".")[3], "")

    # Items and their owners

    def test_a_note_is_its_owners(self):
        status, made, _ = self.ask("POST", "/notes", "alice", {"text": "one"})
        self.assertEqual(status, 201)
        note = "/notes/" + made["note_id"]
        self.assertEqual(self.ask("GET", note, "alice")[:2], (200, {"note_id": made["note_id"], "owner": "alice", "text": "one"}))
        self.assertEqual(self.ask("PUT", note, "alice", {"text": "two"})[0], 200)

        def answer(*arguments):
            status, value, headers = self.ask(*arguments)
            return status, value, sorted(name for name, _ in headers.items() if name not in ("Date", "Vary", "Cookie"))

        for method, body in (("GET", None), ("PUT", {"text": "bob's"}), ("DELETE", None)):
            with self.subTest(method):
                self.assertEqual(self.ask(method, note, None, body)[0], 401)
                foreign, missing = answer(method, note, "bob", body), answer(method, "/notes/none", "bob", body)
                self.assertEqual(foreign[0], 404)
                self.assertEqual(foreign, missing, "foreign and missing are told apart")
        self.assertEqual(self.ask("GET", note, "alice")[1]["text"], "two")
        self.assertEqual(self.ask("DELETE", note, "alice")[0], 200)
        self.assertEqual(self.ask("GET", note, "alice")[0], 404)

    def owned(self, in_key=False):
        """The recipe over a client and over a resource, on a table of their own, and the table's rows."""
        name = f"{os.environ['MANTLET_LAB_TABLE_PREFIX']}{secrets.token_hex(4)}"
        keys = (("owner", "HASH"), ("id", "RANGE")) if in_key else (("id", "HASH"),)
        db = client()
        db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
                        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys])
        self.addCleanup(db.delete_table, TableName=name)
        table = boto3.resource("dynamodb", endpoint_url=db.meta.endpoint_url, region_name=db.meta.region_name,
                               aws_access_key_id="lab", aws_secret_access_key="lab").Table(name)
        more = {"id": "id", "writable": {"text", "size"}, "owner_in_key": in_key}
        kinds = {"client": self.recipe.Owned(db, name=name, **more), "resource": self.recipe.Owned(table, **more)}
        return kinds, lambda: table.scan(ConsistentRead=True)["Items"], table

    def test_conditions_hold_whoever_asks(self):
        missing = self.recipe.NotFound
        for in_key in (False, True):
            kinds, rows, table = self.owned(in_key)
            for kind, items in kinds.items():
                with self.subTest(kind, owner_in_key=in_key):
                    made = items.create("alice", {"text": "one", "size": 1})
                    self.assertEqual(items.get("alice", made), {"id": made, "owner": "alice", "text": "one", "size": 1})
                    items.update("alice", made, {"text": "two", "size": 2})
                    before = rows()
                    self.assertRaises(missing, items.get, "bob", made)
                    self.assertRaises(missing, items.update, "bob", made, {"text": "bob's"})
                    self.assertRaises(missing, items.delete, "bob", made)
                    # An update of nothing makes nothing, and a deletion of nothing is told.
                    self.assertRaises(missing, items.update, "alice", "none", {"text": "x"})
                    self.assertRaises(missing, items.delete, "alice", "none")
                    self.assertRaises(self.recipe.Taken, items.create, "alice", {"text": "again"}, made)
                    self.assertEqual(rows(), before)
                    items.delete("alice", made)
                    self.assertEqual(rows(), [])

    def test_rows_of_nobody_are_nobodys(self):
        # A condition like owner <> :me would hold for each of these.
        kinds, rows, table = self.owned()
        for row in ({"id": "bare"}, {"id": "number", "owner": 7}, {"id": "null", "owner": None}, {"id": "empty", "owner": ""}, {"id": "set", "owner": {"alice"}}):
            table.put_item(Item=row)
        before = sorted(rows(), key=str)
        for kind, items in kinds.items():
            for row in before:
                for me in ("alice", "7", "None"):
                    with self.subTest(kind, row=row, me=me):
                        self.assertRaises(self.recipe.NotFound, items.get, me, row["id"])
                        self.assertRaises(self.recipe.NotFound, items.update, me, row["id"], {"text": "x"})
                        self.assertRaises(self.recipe.NotFound, items.delete, me, row["id"])
        self.assertEqual(sorted(rows(), key=str), before)

    def test_an_owner_who_changes_meanwhile(self):
        kinds, rows, table = self.owned()
        for kind, items in kinds.items():
            with self.subTest(kind):
                made = items.create("alice", {"text": "hers"})
                items.get("alice", made)
                table.update_item(Key={"id": made}, UpdateExpression="SET #o = :bob", ExpressionAttributeNames={"#o": "owner"}, ExpressionAttributeValues={":bob": "bob"})
                self.assertRaises(self.recipe.NotFound, items.update, "alice", made, {"text": "too late"})
                self.assertRaises(self.recipe.NotFound, items.delete, "alice", made)
                self.assertEqual(items.get("bob", made)["text"], "hers")

    def test_only_listed_attributes_are_written(self):
        kinds, rows, table = self.owned()
        for kind, items in kinds.items():
            made = items.create("alice", {"text": "one"})
            for name in ("owner", "id", "role", "text = :v0, #owner", "#owner", ""):
                with self.subTest(kind, name=name):
                    self.assertRaises(ValueError, items.update, "alice", made, {"text": "x", name: "bob"})
                    self.assertRaises(ValueError, items.create, "alice", {name: "bob"})
            self.assertRaises(ValueError, items.update, "alice", made, {})
            self.assertEqual(items.get("alice", made)["text"], "one")
        for bad in ({"owner"}, {"id", "text"}):
            self.assertRaises(ValueError, self.recipe.Owned, table, id="id", writable=bad)

    def test_nobody_asks_for_nothing(self):
        class Untouched:
            def __getattr__(self, name):
                raise AssertionError("DynamoDB was asked")

        items = self.recipe.Owned(Untouched(), id="id", writable={"text"})
        for me in (None, "", 0, ["alice"], {"S": "alice"}):
            with self.subTest(repr(me)):
                self.assertRaises(self.recipe.NoPrincipal, items.get, me, "x")
                self.assertRaises(self.recipe.NoPrincipal, items.create, me, {"text": "x"})
                self.assertRaises(self.recipe.NoPrincipal, items.update, me, "x", {"text": "x"})
                self.assertRaises(self.recipe.NoPrincipal, items.delete, me, "x")
        for item_id in (None, "", 0, "x" * 2000, {"S": "x"}):
            self.assertRaises(self.recipe.NotFound, items.get, "alice", item_id)

    def test_a_table_that_fails_is_503_and_says_no_more(self):
        self.assertRaises(self.recipe.Unavailable, self.recipe.Owned(client(), id="id", name="no_such_table").get, "alice", "x")
        status, message = self.recipe.refused(self.recipe.Unavailable())
        self.assertEqual(status, 503)
        self.assertRegex(message, "^try again shortly; reference [0-9a-f]{12}$")
        self.assertEqual(self.recipe.refused(self.recipe.NotFound()), (404, "not found"))
        name = notebook.Notes().table("notes")
        client().delete_table(TableName=name)
        self.addCleanup(notebook.table)
        status, value, headers = self.ask("GET", "/notes/x", "alice")
        self.assertEqual((status, headers["Retry-After"]), (503, "2"))
        self.assertNotIn("ynamo", json.dumps(value))
        self.assertNotIn(name, json.dumps(value))

    # Sockets

    def test_origins_are_exact(self):
        self.assertEqual(self.recipe.exact(["https://app.example", "http://127.0.0.1:8000"]), {"https://app.example", "http://127.0.0.1:8000"})
        for bad in ([], ["*"], ["null"], ["app.example"], ["https://"], ["https://app.example/"], ["https://*.app.example"], ["https://app.example:443"],
                    ["http://app.example:80"], ["HTTPS://app.example"], ["https://App.example"], ["ws://app.example"], ["https://a@app.example"], ["https://app.example?x"]):
            with self.subTest(bad):
                self.assertRaises(ValueError, self.recipe.exact, bad)

    def socket(self, path="/notebook/socket", **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return WebSocketClient("http://%s:%d" % self.address, path, sent)

    def test_sockets_are_for_own_pages(self):
        with self.socket(Origin=notebook.ORIGIN, Mantlet_Principal=word("alice")) as socket:
            self.assertEqual(socket.receive(), "hello alice")
            socket.send("over")
            self.assertEqual(socket.receive(), "over")
        for origin in (None, "null", "http://evil.example", notebook.ORIGIN + ".evil.example", notebook.ORIGIN + ":8000", notebook.ORIGIN.replace("http:", "https:"),
                       notebook.ORIGIN + "/", notebook.ORIGIN.replace("notebook", "sibling.notebook"), f"{notebook.ORIGIN}, {notebook.ORIGIN}", notebook.ORIGIN.upper()):
            with self.subTest(origin):
                with self.assertRaises(Refused) as refusal:
                    self.socket(**{"Mantlet_Principal": word("alice"), **({"Origin": origin} if origin else {})})
                self.assertEqual(refusal.exception.status, 403)

    def test_sockets_are_for_users(self):
        for lines in ({}, {"Mantlet_Principal": "alice"}, {"Mantlet_Principal": word("alice", key="k" * 32)}):
            with self.assertRaises(Refused) as refusal:
                self.socket(Origin=notebook.ORIGIN, **lines)
            self.assertIn(refusal.exception.status, (401, 403))


def uvicorn_serves(app):
    """Serves an ASGI application until the process ends, and gives its address."""
    import socket
    import threading

    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    deadline = time.monotonic() + 60
    while not server.started:
        if time.monotonic() > deadline:
            raise RuntimeError("uvicorn does not start")
        time.sleep(0.02)
    return listener.getsockname()
