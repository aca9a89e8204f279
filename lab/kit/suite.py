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


class Suite(unittest.TestCase):
    def settled(self, endpoint, weakness, changed):
        """Holds what a forged request did against the truth. A safe row may be left out: nothing may happen then either."""
        self.assertEqual(changed, vulnerable(endpoint, weakness), f"{endpoint} {weakness}: forged request changed something: {changed}")

    def check_framing(self, visitor, **names):
        """Every page the truth speaks of, with {name} in its path filled in."""
        open_to_all = {row["endpoint"] for row in TRUTH
                       if row["truth"] == "vulnerable" and re.match("framing|clickjacking", row["weakness"])}
        for endpoint in sorted({row["endpoint"] for row in TRUTH if row["endpoint"].startswith("GET ")}):
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
