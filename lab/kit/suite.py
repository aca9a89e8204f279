"""What the applications' own tests share.

    python test_app.py [URL] [TEST...]

The address may also stand in MANTLET_LAB_URL. It need not be the application's
own: Works, the class of tests that hold for both variants, has to pass through
whatever proxy stands in front, too.
"""

import json
import os
import re
import secrets
import sys
import unittest
from pathlib import Path

from kit.people import password
from kit.visitor import Visitor
from kit.websocket import Refused, WebSocketClient

_addresses = [argument for argument in sys.argv[1:] if "://" in argument]
BASE = (_addresses or [os.environ.get("MANTLET_LAB_URL", "http://127.0.0.1:8000")])[0].rstrip("/")
VARIANT = os.environ.get("MANTLET_LAB_VARIANT", "weak")
WEAK = VARIANT == "weak"
TRUTH = json.loads((Path(sys.argv[0]).resolve().parent / f"truth-{VARIANT}.json").read_text())["rows"]

# What another site's page sends along, and what it cannot help sending.
FOREIGN = {"Origin": "https://elsewhere.example", "Referer": "https://elsewhere.example/", "Sec-Fetch-Site": "cross-site"}


def marker():
    return "m" + secrets.token_hex(5)


def nobody():
    """A browser that nobody has logged in with."""
    return Visitor(BASE)


def member(username):
    return Visitor(BASE).log_in(username, password(username))


def vulnerable(endpoint, weakness):
    return any(row["truth"] == "vulnerable" for row in TRUTH if (row["endpoint"], row["weakness"]) == (endpoint, weakness))


def refuses_strangers(headers):
    """Whether the header lines keep the page out of a stranger's frame, as browsers read the ones sent here."""
    policies = ", ".join(headers.get_all("Content-Security-Policy") or [])
    if "frame-ancestors" in policies:
        return "frame-ancestors 'none'" in policies or "frame-ancestors https://partner.example" in policies
    return headers["X-Frame-Options"] in ("DENY", "SAMEORIGIN")


def strangers():
    """Origins of other people's pages, chosen to look like the application's where that is looked at badly."""
    host, _, port = BASE.partition("://")[2].partition(":")
    return ("https://elsewhere.example", "null", f"http://{host}.elsewhere.example:{port}", "http://partner.example",
            *(f"https://evil{name}.example" for name in ("bank", "tracker", "clinic")), f"http://{host}:1")


def first_message(visitor, path, origin):
    """What a socket says to a page of that origin, None if it does not open."""
    try:
        with WebSocketClient(BASE, path, {"Origin": origin, "Cookie": visitor.cookie_header()}) as socket:
            return socket.receive()
    except Refused:
        return None


def ask(visitor, path, message, origin=BASE):
    """What a socket answers to one message from a page of that origin."""
    with WebSocketClient(BASE, path, {"Origin": origin, "Cookie": visitor.cookie_header()}) as socket:
        socket.send(json.dumps(message))
        return json.loads(socket.receive())


class Suite(unittest.TestCase):
    def settled(self, endpoint, weakness, changed):
        """Holds what a forged request did against the truth. A safe row may be left out: nothing may happen then either."""
        self.assertEqual(changed, vulnerable(endpoint, weakness), f"{endpoint} {weakness}: forged request changed something: {changed}")

    def held(self, endpoint, weakness, happened):
        """The same for a row that has to be there."""
        self.assertIn((endpoint, weakness), {(row["endpoint"], row["weakness"]) for row in TRUTH})
        self.settled(endpoint, weakness, happened)

    def check_reads(self, endpoint, path, private, owner, other):
        """Whether another member reads what only its owner should."""
        self.assertIn(private, owner.get(path).text)
        self.held(endpoint, "bola-read", private in other.get(path).text)

    def check_open(self, endpoint, path, private, owner):
        """Whether nobody in particular reads it: without a session, or with one that nobody handed out."""
        self.assertIn(private, owner.get(path).text)
        made_up = nobody()
        made_up.cookies = {name: "A" * 32 for name in owner.cookies}
        self.held(endpoint, "auth-missing", private in nobody().get(path).text or private in made_up.get(path).text)

    def check_listening(self, visitor, paths, private):
        """Which sockets tell other sites' pages what is the visitor's. All tell the application's own."""
        for path in paths:
            with self.subTest(path):
                self.assertIn(private, first_message(visitor, path, BASE) or "")
                happened = any(private in (first_message(visitor, path, origin) or "") for origin in strangers())
                self.held(f"GET {path}", "cswsh", happened)
                self.assertIsNone(first_message(nobody(), path, BASE))

    def check_sharing(self, visitor, paths):
        """Which answers a browser would give to other sites' pages (Fetch, section 4.9)."""
        for path in paths:
            with self.subTest(path):
                answers = [(origin, visitor.get(path, headers={"Origin": origin}).headers) for origin in strangers()]
                self.held(f"GET {path}", "cors-read", any(
                    headers["Access-Control-Allow-Origin"] == origin and headers["Access-Control-Allow-Credentials"] == "true"
                    for origin, headers in answers))

    def check_framing(self, visitor, **names):
        """Every page the truth speaks of, with {name} in its path filled in."""
        open_to_all = {row["endpoint"] for row in TRUTH
                       if row["truth"] == "vulnerable" and re.match("framing|clickjacking", row["weakness"])}
        about = re.compile("framing|clickjacking|csrf-get")
        for endpoint in sorted({row["endpoint"] for row in TRUTH if row["endpoint"].startswith("GET ") and about.match(row["weakness"])}):
            with self.subTest(endpoint):
                path = endpoint.split(" ")[1].format(unknown=marker(), **names)
                self.assertEqual(refuses_strangers(visitor.get(path).headers), endpoint not in open_to_all)

    def check_switches(self, visitor, switches, now):
        """Each (page, action, setting) goes on and off by the page's button; the same button twice is the same as once."""
        for page, action, setting in switches:
            for wanted in ("on", "off"):
                with self.subTest(page, wanted=wanted):
                    form = visitor.get(page).form(action)
                    self.assertEqual(form["fields"]["value"], wanted)
                    for again in range(2):
                        answer = visitor.post(form["action"], form["fields"])
                        self.assertIn((answer.status, answer.headers["Location"]), ((303, page), (302, page)))
                        self.assertEqual(now()[setting], wanted)
                        self.assertIn(f"<dd>{wanted}</dd>", visitor.get(page).text)

    def check_foreign_switches(self, visitor, switches, now):
        for page, action, setting in switches:
            with self.subTest(action):
                before = now()[setting]
                visitor.post(action, {"value": "off" if before == "on" else "on"}, FOREIGN)
                self.settled(f"POST {action}", "csrf", now()[setting] != before)


def run():
    unittest.main(module="__main__", argv=[sys.argv[0], *(argument for argument in sys.argv[1:] if argument not in _addresses)])
