"""The rows of the truth file about what lies behind the login, each tried: what belongs to whom, who may do
what, and which pages of others get through."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

from kit.people import password
from kit.suite import BASE, FOREIGN, WEAK, Suite, first_message, marker, member, nobody
from kit.websocket import Refused, WebSocketClient


def alice():
    return member("alice")


def me(visitor):
    return visitor.get("/api/me").json()


def script(visitor, method, path, body=None):
    """A request as the page of a mandate sends it."""
    mandate = re.search(r"/mandates/(\d+)", visitor.get("/mandates").text).group(1)
    extra = dict(re.findall(r'"(X-[\w-]+)": "([^"]*)"', visitor.get(f"/mandates/{mandate}").text))
    return visitor.request(method, path, json.dumps(body).encode() if body else None, {"Content-Type": "application/json", **visitor.own(), **extra})


class Behind(Suite):
    @classmethod
    def setUpClass(cls):
        cls.alice = alice()

    def test_cheques_at_the_same_moment(self):
        path = self.alice.submit("/cheques", "/cheques", drawer="a friend").headers["Location"]
        cash, before = self.alice.get(path).form(path + "/cash")["fields"], me(self.alice)["balance"]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self.alice.post(path + "/cash", cash), range(8)))
        self.held("POST /cheques/{cheque_id}/cash", "race-condition", me(self.alice)["balance"] != before + 25)
        bob, other = member("bob"), "/cheques/90010001"
        self.assertEqual(bob.get(other).status, 404)
        form = bob.get("/cheques/90010002").form("/cheques/90010002/cash")["fields"]
        bob.post(other + "/cash", form)
        self.held("POST /cheques/{cheque_id}/cash", "bola-write", "cashed" in self.alice.get(other).text)
        bob.post(other + "/delete", bob.get("/cheques/90010002").form("/cheques/90010002/delete")["fields"])
        self.held("POST /cheques/{cheque_id}/delete", "bola-write", self.alice.get(other).status == 404)

    def test_mandates_of_others(self):
        bob = member("bob")
        self.check_reads("GET /api/mandates/{mandate_id}", "/api/mandates/70010001", "meter 4471", self.alice, bob)
        self.check_reads("GET /mandates/{mandate_id}", "/mandates/70010001", "meter 4471", self.alice, bob)
        foreign, missing = bob.get("/mandates/70010001"), bob.get("/mandates/70010999")
        self.held("GET /mandates/{mandate_id}", "bola-existence", (foreign.status, foreign.text) != (missing.status, missing.text))
        value = marker()
        script(bob, "PATCH", "/api/mandates/70010002", {"reference": value})
        self.held("PATCH /api/mandates/{mandate_id}", "bola-write", value in self.alice.get("/mandates").text)
        script(bob, "DELETE", "/api/mandates/70010002")
        self.held("DELETE /api/mandates/{mandate_id}", "bola-write", self.alice.get("/mandates/70010002").status == 404)

    def test_mandates_from_another_site(self):
        value = marker()
        for method, path in (("POST", "/api/mandates"), ("PATCH", "/api/mandates/70010001"), ("DELETE", "/api/mandates/70010001")):
            for kind in ("text/plain", "application/json"):
                self.alice.request(method, path, json.dumps({"creditor": value, "reference": value}).encode(), {"Content-Type": kind, **FOREIGN})
        listed = self.alice.get("/mandates").text
        self.held("POST /api/mandates", "csrf", value in listed)
        self.held("PATCH /api/mandates/{mandate_id}", "csrf", value in listed)
        self.held("DELETE /api/mandates/{mandate_id}", "csrf", "70010001" not in listed)

    def test_payees_of_others(self):
        bob = member("bob")
        self.check_reads("GET /payees/{payee_id}", "/payees/alice-landlord", "DE02", self.alice, bob)
        form = bob.get("/payees/bob-landlord/delete").form("/payees/bob-landlord/delete")
        bob.post("/payees/alice-landlord/delete", form["fields"])
        self.held("POST /payees/{payee_id}/delete", "bola-write", self.alice.get("/payees/alice-landlord").status == 404)

    def test_letters_without_a_session(self):
        path = "/letters/80010001"
        self.check_open("GET /letters/{letter_id}", path, "12,400 EUR", self.alice)
        self.check_open("GET /letters/{letter_id}/archive", path + "/archive", "12,400 EUR", self.alice)
        self.check_reads("GET /letters/{letter_id}/archive", path + "/archive", "12,400 EUR", self.alice, member("bob"))
        value = marker()
        nobody().post(path + "/answer", {"answer": value})
        self.held("POST /letters/{letter_id}/answer", "auth-missing", value in self.alice.get(path).text)
        bob = member("bob")
        form = bob.get("/letters/80010002/archive").form("/letters/80010002/delete")
        bob.post(path + "/delete", form["fields"])
        self.held("POST /letters/{letter_id}/delete", "bola-write", self.alice.get(path).status == 404)

    def test_letters_from_another_site(self):
        subject = marker()
        self.alice.post("/letters", {"subject": subject, "text": ""}, FOREIGN)
        self.held("POST /letters", "csrf", subject in self.alice.get("/letters").text)
        made = self.alice.submit("/letters", "/letters", subject=subject, text="").headers["Location"]
        self.alice.post(made + "/delete", {}, FOREIGN)
        self.held("POST /letters/{letter_id}/delete", "csrf", self.alice.get(made + "/archive").status == 404)

    def test_functions_of_the_staff(self):
        for path in ("/admin/users", "/admin/audit", "/admin/notice"):
            self.held(f"GET {path}", "auth-function", self.alice.get(path).status == 200)
        text = marker()
        self.alice.post("/admin/notice", {**self.alice.get("/letters").form("/letters")["fields"], "text": text})
        self.held("POST /admin/notice", "auth-function", text in nobody().get("/branches").text)
        for weakness, text in (("csrf", marker()), ("chain", marker())):
            # The staff's page could be forged to as well: it is the same endpoint.
            (member("admin") if weakness == "csrf" else self.alice).post("/admin/notice", {"text": text}, FOREIGN)
            self.held("POST /admin/notice", weakness, text in nobody().get("/branches").text)
        self.alice.post("/admin/users/bob/role", {**self.alice.get("/letters").form("/letters")["fields"], "role": "admin"})
        self.held("POST /admin/users/{username}/role", "auth-function", me(member("bob"))["role"] == "admin")

    def test_properties(self):
        for path, extra in (("/api/holder", {"nickname": "A"}), ("/api/holder/phone", {"phone": "1"})):
            value = marker()
            script(self.alice, "PATCH", path, {**extra, "tier": value})
            self.held(f"PATCH {path}", "property-assignment", self.alice.get("/api/holder").json()["tier"] == value)
            self.alice.request("PATCH", path, json.dumps({"nickname": value, "phone": value}).encode(), {"Content-Type": "text/plain", **FOREIGN})
            self.held(f"PATCH {path}", "csrf", value in self.alice.get("/api/holder").json().values() and not WEAK)
        for path in ("/api/holder/card", "/api/holder", "/api/me"):
            self.held(f"GET {path}", "property-excess", "internal_note" in self.alice.get(path).text)

    def test_passes(self):
        given = self.alice.get("/api/v2/pass").json()
        head, claims, _ = given["access_token"].split(".")
        bad = [f"eyJhbGciOiJub25lIn0.{claims}.", f"{head}.{claims}.AAAA", *given["expired"]]
        for path in ("/api/v2/account", "/api/v2/address", "/api/v2/contact"):
            taken = [nobody().get(path, headers={"Authorization": f"Bearer {token}"}).status == 200 for token in bad]
            self.held(f"GET {path}", "auth-jwt", any(taken))
        value = marker()
        body = json.dumps({"contact_time": value}).encode()
        for token in bad:
            nobody().request("PUT", "/api/v2/contact", body, {"Authorization": f"Bearer {token}"})
        self.held("PUT /api/v2/contact", "auth-jwt", me(self.alice)["contact_time"] == value)
        self.alice.request("PUT", "/api/v2/contact", body, self.alice.own())
        self.held("PUT /api/v2/contact", "csrf", me(self.alice)["contact_time"] == value)
        self.held("GET /api/v2/account", "auth-missing", nobody().get("/api/v2/account").status == 200)
        self.held("GET /devices", "auth-token-storage", "localStorage.setItem" in self.alice.get("/devices").text)

    def test_sockets(self):
        self.check_listening(self.alice, ("/balance/socket", "/balance/partner", "/balance/own"), '"alice"')
        self.check_listening(self.alice, ("/chat/socket",), me(self.alice)["nickname"])
        value, saved = marker(), False
        try:
            with WebSocketClient(BASE, "/alarm/socket", {"Origin": "https://elsewhere.example", "Cookie": self.alice.cookie_header()}) as socket:
                socket.send(json.dumps({"alert_above": value}))
                socket.receive()
        except Refused:
            pass
        self.held("GET /alarm/socket", "cswsh", me(self.alice)["alert_above"] == value)
        self.held("GET /ticker/socket", "cswsh", "alice" in (first_message(self.alice, "/ticker/socket", BASE) or ""))

    def test_sharing(self):
        self.check_sharing(self.alice, [f"/api/shared/{name}" for name in ("balance", "statement", "limits", "outlook", "partner", "totals", "rates")] + ["/api/me"])

    def test_sessions(self):
        cookie = next(name for name in self.alice.cookies if name.endswith("bank_session"))
        planted = nobody()
        planted.cookies = {cookie: "chosen-by-somebody-else"}
        planted.log_in("alice", password("alice"))
        planted.cookies = {cookie: "chosen-by-somebody-else"}
        self.held("POST /login", "auth-session-fixation", planted.get("/api/me").status == 200)
        leaving = alice()
        kept = dict(leaving.cookies)
        leaving.submit("/profile", "/logout")
        leaving.cookies = kept
        self.held("POST /logout", "auth-session-logout", leaving.get("/api/me").status == 200)
