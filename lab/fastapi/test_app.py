"""Functional tests of the running bank, in either variant.

    MANTLET_LAB_VARIANT=weak python test_app.py [http://127.0.0.1:8000] [Works]

Works holds for both variants: everything can be done from the bank's own pages,
and what is sound refuses. Truth takes the truth file at its word: a row called
vulnerable has to be exploitable, a row called safe must not be.
"""

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

sys.path.append(str(Path(__file__).resolve().parent.parent))

from behind import Behind, alice, me, script  # Behind is among the tests that run
from kit.people import password
from kit.suite import BASE, FOREIGN, TRUTH, WEAK, Suite, marker, member, nobody, run, vulnerable
from kit.websocket import Refused, WebSocketClient

# How long a document the vault is given; 1024 is what a proxy in front is tried with.
UPLOAD_MB = int(os.environ.get("MANTLET_LAB_UPLOAD_MB", "3"))

# Forms that set one thing: endpoint, page, field.
SETTINGS = (
    ("/profile/email", "/profile", "email"),
    ("/profile/address", "/profile", "address"),
    ("/profile/phone", "/profile", "phone"),
    ("/profile/nickname", "/profile", "nickname"),
    ("/profile/language", "/profile", "language"),
    ("/settings/theme", "/settings/theme", "value"),
    ("/settings/paperless", "/settings/paperless", "paperless"),
    ("/settings/limits", "/settings/limits", "daily_limit"),
    ("/settings/statements", "/settings/statements", "statement_email"),
    ("/standing-order", "/standing-order", "standing_order"),
    ("/cards/limit", "/cards", "card_limit"),
    ("/cards/freeze", "/cards", "card_frozen"),
    ("/cards/nickname", "/cards", "card_nickname"),
    ("/savings/goal", "/savings", "savings_goal"),
)
# Pages with one button: page, where it posts to, what the account calls it.
SWITCHES = (
    ("/statements", "/statements", "paper_copies"),
    ("/activity", "/activity", "activity_read"),
    ("/branch", "/branch", "home_branch"),
    ("/offers", "/offers", "offer_accepted"),
    ("/mortgage", "/mortgage", "call_back"),
    ("/insights", "/insights", "insights_shared"),
    ("/tax", "/tax", "tax_reported"),
    ("/exchange", "/exchange", "rate_alerts"),
    ("/contract", "/contract", "contract_renewal"),
    ("/certificate", "/certificate", "certificate_public"),
    ("/reports/latest", "/reports/notice", "report_notice"),
)
SCRIPTED = (("/api/preferences", "currency"), ("/api/alerts", "alert_above"), ("/api/contact", "contact_time"), ("/api/note", "note"))


def memos(visitor):
    return visitor.get("/transfers").text


def payees(visitor):
    """The table alone: a proxy may put fresh tokens into the forms below it."""
    return visitor.get("/payees").text.partition("</table>")[0]


class Works(Suite):
    """The bank does its business, in both variants alike."""

    @classmethod
    def setUpClass(cls):
        cls.alice = alice()

    def test_a_visitor_is_sent_to_the_login_form(self):
        answer = nobody().get("/transfers")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/login"))
        self.assertEqual(nobody().get("/api/me").status, 401)

    def test_a_wrong_password_is_refused(self):
        visitor = nobody()
        self.assertEqual(visitor.submit("/login", "/login", username="alice", password="wrong").status, 401)
        self.assertEqual(visitor.get("/api/me").status, 401)

    def test_login_gives_a_new_session_and_logout_ends_it(self):
        visitor = alice()
        first = dict(visitor.cookies)
        visitor.log_in("alice", password("alice"))
        session = next(name for name in first if name.endswith("bank_session"))
        self.assertNotEqual(first[session], visitor.cookies[session])
        kept = dict(visitor.cookies)
        self.assertEqual(visitor.submit("/profile", "/logout").status, 303)
        visitor.cookies = kept
        self.assertEqual(visitor.get("/api/me").status, 401)

    def test_every_setting_can_be_changed_from_its_page_and_read_back(self):
        for action, page, field in SETTINGS:
            with self.subTest(action):
                value = marker()
                self.assertEqual(self.alice.submit(page, action, **{field: value}).status, 303)
                self.assertIn(value, json.dumps(me(self.alice)))
                self.assertIn(value, self.alice.get(page).text)

    def test_forms_are_prefilled_with_what_is_set(self):
        now = me(self.alice)
        for action, page, field in SETTINGS:
            if field not in ("value", "paperless"):
                with self.subTest(action):
                    self.assertEqual(self.alice.get(page).form(action)["fields"][field], now[field])

    def test_each_switch_goes_on_and_off_again_by_its_button(self):
        self.check_switches(self.alice, SWITCHES, lambda: me(self.alice))

    def test_the_xhtml_page_is_well_formed(self):
        answer = self.alice.get("/certificate")
        self.assertEqual(answer.headers.get_content_type(), "application/xhtml+xml")
        ElementTree.fromstring(answer.text)

    def test_a_picture_can_be_uploaded(self):
        form, caption = self.alice.get("/profile").form("/profile/picture"), marker()
        answer = self.alice.post_multipart("/profile/picture", {**form["fields"], "caption": caption}, ("picture", caption + ".png"))
        self.assertEqual(answer.status, 303)
        self.assertIn(f"{caption}.png {caption}", self.alice.get("/profile").text)

    def test_a_transfer_moves_money_and_shows_its_memo(self):
        bob, memo = member("bob"), marker()
        before, theirs = me(self.alice)["balance"], me(bob)["balance"]
        self.alice.submit("/transfer", "/transfer", recipient="bob", amount=7, memo=memo)
        self.assertEqual((me(self.alice)["balance"], me(bob)["balance"]), (before - 7, theirs + 7))
        self.assertIn(memo, memos(self.alice))
        self.assertIn(memo, self.alice.get(f"/search?q={memo}").text)

    def test_a_transfer_beyond_the_balance_is_refused_whole(self):
        memo = marker()
        self.assertEqual(self.alice.submit("/transfer", "/transfer", recipient="bob", amount=10**9, memo=memo).status, 409)
        self.assertNotIn(memo, memos(self.alice))

    def test_a_payee_can_be_made_and_deleted_by_its_owner_only(self):
        name, bob = marker(), member("bob")
        made = self.alice.submit("/payees", "/payees", name=name, account="1").headers["Location"]
        self.assertIn(name, self.alice.get(made).text)
        self.assertEqual(bob.get(made + "/delete").status, 404)
        self.assertEqual(self.alice.get(made + "/delete").status, 200)
        self.assertIn(name, self.alice.get("/payees").text, "looking at the question is not an answer")
        self.assertEqual(self.alice.submit(made + "/delete", made + "/delete").status, 303)
        self.assertNotIn(name, self.alice.get("/payees").text)

    def test_the_overdraft_takes_two_steps(self):
        before = me(self.alice)["overdraft"]
        asked = self.alice.submit("/overdraft", "/overdraft/review")
        self.assertEqual(me(self.alice)["overdraft"], before)
        form = asked.form("/overdraft/confirm")
        self.assertEqual(self.alice.post("/overdraft/confirm", {**form["fields"], "ticket": "guess"}).status, 409)
        self.assertEqual(self.alice.post("/overdraft/confirm", form["fields"]).status, 303)
        self.assertNotEqual(me(self.alice)["overdraft"], before)

    def test_the_pages_scripts_can_save(self):
        for form in self.alice.get("/preferences").forms():
            endpoint, value = form["attributes"]["data-endpoint"], marker()
            with self.subTest(endpoint):
                headers = json.loads(form["attributes"]["data-headers"])
                field = next(iter(form["fields"]))
                self.assertEqual(self.alice.post_json(endpoint, {field: value}, headers).status, 200)
                self.assertEqual(me(self.alice)[field], value)

    def test_a_large_document_can_be_handed_in_and_taken_out(self):
        name, part = marker() + ".bin", os.urandom(1 << 16)
        form = self.alice.get("/vault").form("/vault")
        answer = self.alice.post_file("/vault", {name: value for name, value in form["fields"].items() if name != "document"},
                                      "document", name, part, UPLOAD_MB * 16)
        self.assertEqual(answer.status, 303)
        digest = hashlib.sha256()
        for _ in range(UPLOAD_MB * 16):
            digest.update(part)
        page = self.alice.get("/vault")
        self.assertIn(f"<dt>{name}</dt><dd>{UPLOAD_MB << 20} bytes, SHA-256 {digest.hexdigest()}</dd>", page.text)
        for form in page.forms():
            if form["attributes"]["action"].endswith("/delete"):
                self.assertEqual(self.alice.post(form["action"], form["fields"]).status, 303)
        self.assertNotIn(name, self.alice.get("/vault").text)

    def test_rates_arrive_one_by_one(self):
        arrived = [(line, time.monotonic()) for line in self.alice.lines("/rates/events?count=4")]
        rates = [(line, when) for line, when in arrived if line.startswith("data: ")]
        self.assertEqual([line for line, _ in rates], ["data: 4.0 %", "data: 4.1 %", "data: 4.2 %", "data: 4.3 %", "data: that was all"])
        self.assertGreater(rates[-1][1] - rates[0][1], 0.4, "they came all at once")

    def test_the_chat_says_everything_back(self):
        with WebSocketClient(BASE, "/chat/socket", {"Origin": BASE, "Cookie": self.alice.cookie_header()}) as socket:
            self.assertEqual(socket.receive(), f"Hello, {me(self.alice)['nickname']}")
            for text in (marker(), "ä" * 300):
                socket.send(text)
                self.assertEqual(socket.receive(), text)

    def test_the_chat_is_for_customers(self):
        with self.assertRaises(Refused) as refusal:
            WebSocketClient(BASE, "/chat/socket", {"Origin": BASE})
        self.assertEqual(refusal.exception.status, 403)

    def test_programs_use_a_bearer_token(self):
        program = nobody()
        program.own = lambda extra=None: extra or {}
        token = program.post_json("/api/v1/token", {"username": "alice", "password": password("alice")}).json()["access_token"]
        memo, bearer = marker(), {"Authorization": f"Bearer {token}"}
        self.assertEqual(program.post_json("/api/v1/transfers", {"recipient": "bob", "amount": 1, "memo": memo}, bearer).status, 200)
        self.assertIn(memo, memos(self.alice))
        self.assertEqual(program.get("/api/v1/me", headers=bearer).json()["username"], "alice")
        self.assertEqual(program.get("/api/v1/me").status, 401)
        self.assertFalse(program.set_cookies)

    def test_a_cheque_is_cashed_once(self):
        drawer, before = marker(), me(self.alice)["balance"]
        path = self.alice.submit("/cheques", "/cheques", drawer=drawer).headers["Location"]
        self.assertIn(drawer, self.alice.get("/cheques").text)
        cash = self.alice.get(path).form(path + "/cash")["fields"]
        self.alice.post(path + "/cash", cash)
        self.assertEqual(self.alice.post(path + "/cash", cash).status, 409)
        self.assertEqual(me(self.alice)["balance"], before + 25)
        self.alice.submit(path, path + "/delete")
        self.assertEqual(self.alice.get(path).status, 404)

    def test_a_mandate_is_given_renamed_and_revoked(self):
        creditor = marker()
        page = self.alice.get("/mandates").forms()[0]["attributes"]
        made = self.alice.post_json("/api/mandates", {"creditor": creditor, "reference": "first"}, json.loads(page["data-headers"]))
        self.assertEqual(made.status, 201)
        path = f"/api/mandates/{made.json()['mandate_id']}"
        self.assertIn(creditor, self.alice.get("/mandates").text)
        self.assertEqual(script(self.alice, "PATCH", path, {"reference": "second"}).status, 200)
        self.assertEqual(self.alice.get(path).json(), {**made.json(), "reference": "second"})
        self.assertEqual(script(self.alice, "DELETE", path).status, 204)
        self.assertEqual(self.alice.get(path).status, 404)

    def test_a_letter_is_written_answered_and_deleted(self):
        subject, answer = marker(), marker()
        made = self.alice.submit("/letters", "/letters", subject=subject, text="t").headers["Location"]
        self.assertEqual(self.alice.submit(made, made + "/answer", answer=answer).status, 303)
        self.assertIn(answer, self.alice.get(made).text)
        self.assertEqual(self.alice.submit(made + "/archive", made + "/delete").status, 303)
        self.assertNotIn(subject, self.alice.get("/letters").text)

    def test_the_holder_writes_nickname_and_phone(self):
        value = marker()
        for path, name in (("/api/holder", "nickname"), ("/api/holder/phone", "phone")):
            self.assertEqual(script(self.alice, "PATCH", path, {name: value}).status, 200)
            self.assertEqual(self.alice.get("/api/holder").json()[name], value)

    def test_a_pass_opens_the_telephones_interface(self):
        bearer = {"Authorization": f"Bearer {self.alice.get('/api/v2/pass').json()['access_token']}"}
        for path in ("/api/v2/account", "/api/v2/address", "/api/v2/contact"):
            self.assertEqual(nobody().get(path, headers=bearer).json()["username"], "alice")
            self.assertEqual(nobody().get(path).status, 401)
        value = marker()
        nobody().request("PUT", "/api/v2/contact", json.dumps({"contact_time": value}).encode(), {"Content-Type": "application/json", **bearer})
        self.assertEqual(me(self.alice)["contact_time"], value)

    def test_the_alarm_is_set_over_a_socket(self):
        value = marker()
        with WebSocketClient(BASE, "/alarm/socket", {"Origin": BASE, "Cookie": self.alice.cookie_header()}) as socket:
            socket.send(json.dumps({"alert_above": value}))
            self.assertIn("true", socket.receive())
        self.assertEqual(me(self.alice)["alert_above"], value)

    def test_the_staff_hang_up_a_notice(self):
        text, staff = marker(), member("admin")
        self.assertEqual(staff.submit("/admin/notice", "/admin/notice", text=text).status, 303)
        self.assertIn(text, nobody().get("/branches").text)
        self.assertIn("Bob Baker", staff.get("/admin/audit").text)

    def test_the_partner_may_read_what_is_shared(self):
        answer = self.alice.get("/api/shared/partner", headers={"Origin": "https://partner.example"})
        self.assertEqual((answer.headers["Access-Control-Allow-Origin"], answer.json()["username"]), ("https://partner.example", "alice"))

    def test_only_staff_change_roles(self):
        self.assertEqual(self.alice.get("/admin/users").status, 403)
        staff = member("admin")
        for role in ("admin", "customer"):
            self.assertEqual(staff.submit("/admin/users", "/admin/users/bob/role", role=role).status, 303)
            self.assertEqual(me(member("bob"))["role"], role)

    def test_pages_change_nothing_when_looked_at(self):
        before = me(self.alice), memos(self.alice), payees(self.alice)
        for path, operations in self.alice.get("/openapi.json").json()["paths"].items():
            if "get" in operations:
                named = path.format(payee_id="alice-landlord", cheque_id="90010001", mandate_id="70010001", letter_id="80010001", branch_id="60010001")
                answer = self.alice.get(named)
                refused = re.match("/reports/latest|/admin/|/api/v[12]/(?!pass)", path)
                self.assertLess(answer.status, 400, path) if not refused else None
        self.assertEqual((me(self.alice), memos(self.alice), payees(self.alice)), before)

    def test_help_can_be_asked_for_without_logging_in(self):
        self.assertIn("a@b.example", nobody().submit("/login", "/login/help", email="a@b.example").text)


class Truth(Suite):
    """The rows of the truth file, each tried."""

    @classmethod
    def setUpClass(cls):
        cls.alice = alice()

    def test_every_row_names_an_endpoint_there_is(self):
        paths = self.alice.get("/openapi.json").json()["paths"]
        for row in TRUTH:
            method, path = row["endpoint"].split(" ")
            # Sockets are no part of OpenAPI. They are all opened below.
            if path != "/{unknown}" and row["weakness"] != "cswsh":
                self.assertIn(method.lower(), paths.get(path, {}), row)

    def test_forms_sent_from_another_site(self):
        for action, page, field in SETTINGS:
            if action != "/savings/goal":  # its cookie would not come along; see below
                with self.subTest(action):
                    value = marker()
                    self.alice.post(action, {field: value}, FOREIGN)
                    self.settled(f"POST {action}", "csrf", value in json.dumps(me(self.alice)))

    def test_switches_pressed_from_another_site(self):
        self.check_foreign_switches(self.alice, SWITCHES, lambda: me(self.alice))

    def test_a_transfer_from_another_site(self):
        memo = marker()
        self.alice.post("/transfer", {"recipient": "bob", "amount": 1, "memo": memo}, FOREIGN)
        self.settled("POST /transfer", "csrf", memo in memos(self.alice))

    def test_an_upload_from_another_site(self):
        caption = marker()
        self.alice.post_multipart("/profile/picture", {"caption": caption}, ("picture", "x.png"), FOREIGN)
        self.settled("POST /profile/picture", "csrf", me(self.alice)["caption"] == caption)

    def test_payees_made_and_deleted_from_another_site(self):
        name = marker()
        self.alice.post("/payees", {"name": name, "account": ""}, FOREIGN)
        self.settled("POST /payees", "csrf", name in self.alice.get("/payees").text)
        self.alice.post("/payees/alice-electric/delete", {}, FOREIGN)
        self.settled("POST /payees/{payee_id}/delete", "csrf", self.alice.get("/payees/alice-electric").status == 404)

    def test_json_sent_under_another_name(self):
        for endpoint, field in SCRIPTED:
            for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
                with self.subTest(endpoint, kind=kind):
                    value = marker()
                    self.alice.request("POST", endpoint, json.dumps({field: value}).encode(), {"Content-Type": kind, **FOREIGN})
                    self.settled(f"POST {endpoint}", "csrf-json", me(self.alice)[field] == value)

    def test_a_link_that_changes_something(self):
        value = marker()
        self.alice.get(f"/settings/theme?value={value}", headers=FOREIGN)
        self.settled("GET /settings/theme", "csrf-get", me(self.alice)["theme"] == value)

    def test_a_post_that_calls_itself_put(self):
        for path, extra in (("/settings/limits?_method=PUT", {}), ("/settings/limits", {"_method": "PUT"})):
            with self.subTest(path):
                value = marker()
                self.alice.post(path, {"daily_limit": value, **extra}, FOREIGN)
                self.settled("POST /settings/limits", "csrf-method-override", me(self.alice)["daily_limit"] == value)

    def test_tokens_of_another_session(self):
        bob = member("bob")
        for action, page, field in (row for row in SETTINGS if row[0] in ("/profile/address", "/profile/nickname", "/standing-order", "/cards/limit")):
            with self.subTest(action):
                form, value = bob.get(page).form(action), marker()
                self.alice.post(action, {**form["fields"], field: value})
                weakness = "csrf-token-constant" if action == "/profile/nickname" else "csrf-token-unbound"
                self.settled(f"POST {action}", weakness, value in json.dumps(me(self.alice)))

    def test_a_token_from_before_login(self):
        visitor = nobody()
        token = visitor.get("/login").form("/login/help")["fields"]["visitor_token"]
        visitor.log_in("alice", password("alice"))
        field = next(name for name in visitor.get("/profile").form("/profile/phone")["fields"] if "token" in name)
        value = marker()
        visitor.post("/profile/phone", {"phone": value, field: token})
        self.settled("POST /profile/phone", "csrf-token-before-login", me(visitor)["phone"] == value)

    def test_the_constant_token_is_constant(self):
        bob = member("bob")
        tokens = [[value for name, value in visitor.get("/profile").form("/profile/nickname")["fields"].items() if name != "nickname"]
                  for visitor in (self.alice, bob)]
        self.assertEqual(tokens[0] == tokens[1], vulnerable("POST /profile/nickname", "csrf-token-constant"))

    def test_the_token_in_the_url(self):
        action = self.alice.get("/settings/statements").form("/settings/statements")["action"]
        self.assertEqual("token" in action, vulnerable("POST /settings/statements", "csrf-token-in-url"))

    def test_origins_that_look_like_the_banks(self):
        for action, field in (("/profile/language", "language"), ("/cards/nickname", "card_nickname")):
            for origin in ("null", None, BASE + ".elsewhere.example"):
                with self.subTest(action, origin=origin):
                    value = marker()
                    self.alice.post(action, {field: value}, {"Origin": origin} if origin else {})
                    self.settled(f"POST {action}", "csrf-origin-check", value in json.dumps(me(self.alice)))

    def test_login_from_another_site(self):
        stranger = nobody()
        stranger.post("/login", {"username": "bob", "password": password("bob")}, FOREIGN)
        self.settled("POST /login", "csrf-login", stranger.get("/api/me").status == 200)

    def test_savings_have_only_their_cookies_samesite(self):
        value = marker()
        self.alice.post("/savings/goal", {"savings_goal": value}, {})
        self.settled("POST /savings/goal", "csrf-samesite-only", me(self.alice)["savings_goal"] == value)

    def test_the_chat_from_another_site(self):
        for origin in ("https://elsewhere.example", "null", BASE + ".elsewhere.example", None):
            with self.subTest(origin=origin):
                headers = {"Cookie": self.alice.cookie_header(), **({"Origin": origin} if origin else {})}
                try:
                    WebSocketClient(BASE, "/chat/socket", headers).close()
                    opened = True
                except Refused:
                    opened = False
                self.assertEqual(opened, WEAK)

    def test_a_document_from_another_site(self):
        name = marker()
        self.alice.post_multipart("/vault", {}, ("document", name), FOREIGN)
        self.settled("POST /vault", "csrf", name in self.alice.get("/vault").text)

    def test_cookies(self):
        sessions = {line.split("=")[0]: line.lower() for line in self.alice.set_cookies if "visitor" not in line and "double" not in line}
        found = {
            "cookie-samesite": any("samesite=none" in line for line in sessions.values()),
            "cookie-httponly": any("httponly" not in line for line in sessions.values()),
            "cookie-secure": any("; secure" not in line for line in sessions.values()),
        }
        for weakness, weak in found.items():
            self.settled("POST /login", weakness, weak)
        if not WEAK:
            self.assertEqual(list(sessions), ["__Host-bank_session"])

    def test_framing(self):
        self.check_framing(self.alice, payee_id="alice-landlord")


if __name__ == "__main__":
    run()
