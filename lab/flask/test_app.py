"""Functional tests of the running tracker, in either variant.

    MANTLET_LAB_VARIANT=weak python test_app.py [http://127.0.0.1:8000] [Works]

Works holds for both variants. Truth takes the truth file at its word: a row
called vulnerable has to be exploitable, a row called safe must not be.
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from kit.people import password
from kit.suite import BASE, FOREIGN, TRUTH, WEAK, Suite, marker, member, nobody, run

# Forms that set one thing: where they post to, page, what the account calls it.
SETTINGS = (
    ("/account/email", "/account", "email"),
    ("/account/phone", "/account", "phone"),
    ("/account/nickname", "/account", "nickname"),
    ("/account/signature", "/account", "signature"),
    ("/account/language", "/account", "language"),
    ("/settings/density", "/settings/density", "density"),
)
SWITCHES = (
    ("/digest", "/digest", "digest"),
    ("/reports/burndown", "/reports/burndown", "burndown_shared"),
    ("/reports/time", "/reports/time", "timesheet_locked"),
    ("/board", "/board", "board_pinned"),
    ("/roadmap", "/roadmap", "roadmap_followed"),
    ("/releases", "/releases", "releases_mailed"),
    ("/calendar", "/calendar", "calendar_shared"),
    ("/guidelines", "/guidelines", "guidelines_accepted"),
)
SCRIPTED = (("/api/preferences", "avatar"), ("/api/filters", "default_filter"), ("/api/timezone", "timezone"))
SQUEAK = "/tickets/alice-squeak"


def me(visitor):
    return visitor.get("/api/me").json()


class Works(Suite):
    """The tracker does its business, in both variants alike."""

    @classmethod
    def setUpClass(cls):
        cls.alice = member("alice")

    def test_a_visitor_is_sent_to_the_login_form(self):
        answer = nobody().get("/tickets")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/login"))
        self.assertEqual(nobody().get("/api/me").status, 401)

    def test_a_wrong_password_is_refused(self):
        visitor = nobody()
        self.assertEqual(visitor.submit("/login", "/login", username="alice", password="wrong").status, 401)
        self.assertEqual(visitor.get("/api/me").status, 401)

    def test_login_gives_a_new_session_and_logout_ends_it(self):
        visitor = member("alice")
        session = next(name for name in visitor.cookies if name.endswith("tracker_session"))
        first = visitor.cookies[session]
        visitor.log_in("alice", password("alice"))
        self.assertNotEqual(first, visitor.cookies[session])
        kept = dict(visitor.cookies)
        self.assertEqual(visitor.submit("/account", "/logout").status, 303)
        self.assertNotIn(session, visitor.cookies)
        visitor.cookies = kept
        self.assertEqual(visitor.get("/api/me").status, 401)

    def test_a_session_the_tracker_did_not_start_is_not_adopted(self):
        visitor = nobody()
        name = next(name for name in self.alice.cookies if name.endswith("tracker_session"))
        visitor.cookies[name] = planted = marker()
        visitor.log_in("alice", password("alice"))
        self.assertNotEqual(visitor.cookies[name], planted)

    def test_every_setting_can_be_changed_from_its_page_and_read_back(self):
        for action, page, setting in SETTINGS:
            with self.subTest(action):
                value = marker()
                self.assertEqual(self.alice.submit(page, action, value=value).status, 303)
                self.assertEqual(me(self.alice)[setting], value)
                self.assertEqual(self.alice.get(page).form(action)["fields"]["value"], value)

    def test_each_switch_goes_on_and_off_again_by_its_button(self):
        self.check_switches(self.alice, SWITCHES, lambda: me(self.alice))

    def test_a_ticket_can_be_made_and_deleted_by_its_owner_only(self):
        title, bob = marker(), member("bob")
        made = self.alice.submit("/tickets", "/tickets", title=title, text="new").headers["Location"]
        self.assertIn(title, self.alice.get(made).text)
        self.assertIn(title, self.alice.get("/search?q=" + title).text)
        self.assertEqual(bob.get(made + "/delete").status, 404)
        self.assertEqual(self.alice.get(made + "/delete").status, 200)
        self.assertIn(title, self.alice.get("/tickets").text, "looking at the question is not an answer")
        self.assertEqual(self.alice.submit(made + "/delete", made + "/delete").status, 303)
        self.assertNotIn(title, self.alice.get("/tickets").text)

    def test_a_comment_stands_on_its_ticket(self):
        text = marker()
        self.assertEqual(self.alice.submit(SQUEAK, SQUEAK + "/comments", text=text).status, 303)
        self.assertIn(text, self.alice.get(SQUEAK).text)

    def test_a_file_can_be_attached(self):
        form, name = self.alice.get(SQUEAK).form(SQUEAK + "/attachment"), marker() + ".png"
        form["fields"].pop("file")
        answer = self.alice.post_multipart(SQUEAK + "/attachment", form["fields"], ("file", name))
        self.assertEqual(answer.status, 303)
        self.assertIn(f"{name}, 10 bytes", self.alice.get(SQUEAK).text)

    def test_the_pages_scripts_can_save(self):
        for form in self.alice.get("/preferences").forms():
            endpoint, value = form["attributes"]["data-endpoint"], marker()
            with self.subTest(endpoint):
                setting = next(iter(form["fields"]))
                answer = self.alice.post_json(endpoint, {setting: value}, {"X-CSRFToken": form["attributes"]["data-token"]})
                self.assertEqual(answer.status, 200)
                self.assertEqual(me(self.alice)[setting], value)

    def test_pages_change_nothing_when_looked_at(self):
        before = me(self.alice)
        for path in ("/", "/about", "/login", "/feed", "/tickets", SQUEAK, SQUEAK + "/delete", "/search?q=a", "/account", "/preferences",
                     "/settings/density", "/widget/status", *(page for page, _, _ in SWITCHES)):
            self.assertEqual(self.alice.get(path).status, 200, path)
        self.assertEqual(me(self.alice), before)

    def test_what_is_not_there_answers_404(self):
        for path in ("/nowhere", "/tickets/nowhere", "/tickets/bob-squeak"):
            self.assertEqual(self.alice.get(path).status, 404, path)


class Truth(Suite):
    """The rows of the truth file, each tried."""

    @classmethod
    def setUpClass(cls):
        cls.alice = member("alice")

    def test_every_row_names_an_endpoint_there_is(self):
        for method, path in {tuple(row["endpoint"].split(" ")) for row in TRUTH} - {("GET", "/{unknown}")}:
            answer = member("alice").request(method, path.format(ticket_id="alice-squeak"), b"" if method == "POST" else None, self.alice.own())
            self.assertNotIn(answer.status, (404, 405), f"{method} {path}")
        if "squeak" not in self.alice.get("/tickets").text:
            self.fail("an empty POST deleted the ticket")

    def test_forms_sent_from_another_site(self):
        for action, page, setting in SETTINGS:
            with self.subTest(action):
                value = marker()
                self.alice.post(action, {"value": value}, FOREIGN)
                self.settled(f"POST {action}", "csrf", me(self.alice)[setting] == value)

    def test_switches_pressed_from_another_site(self):
        self.check_foreign_switches(self.alice, SWITCHES, lambda: me(self.alice))

    def test_tickets_made_and_deleted_from_another_site(self):
        title = marker()
        self.alice.post("/tickets", {"title": title, "text": ""}, FOREIGN)
        self.settled("POST /tickets", "csrf", title in self.alice.get("/tickets").text)
        self.alice.post("/tickets/alice-thread/delete", {}, FOREIGN)
        self.settled("POST /tickets/{ticket_id}/delete", "csrf", self.alice.get("/tickets/alice-thread").status == 404)

    def test_comments_and_files_from_another_site(self):
        text = marker()
        self.alice.post(SQUEAK + "/comments", {"text": text}, FOREIGN)
        self.settled("POST /tickets/{ticket_id}/comments", "csrf", text in self.alice.get(SQUEAK).text)
        self.alice.post_multipart(SQUEAK + "/attachment", {}, ("file", text + ".png"), FOREIGN)
        self.settled("POST /tickets/{ticket_id}/attachment", "csrf", text + ".png" in self.alice.get(SQUEAK).text)

    def test_logout_from_another_site(self):
        visitor = member("alice")
        visitor.post("/logout", {}, FOREIGN)
        self.settled("POST /logout", "csrf", visitor.get("/api/me").status == 401)

    def test_json_sent_under_another_name(self):
        for endpoint, setting in SCRIPTED:
            for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
                with self.subTest(endpoint, kind=kind):
                    value = marker()
                    self.alice.request("POST", endpoint, json.dumps({setting: value}).encode(), {"Content-Type": kind, **FOREIGN})
                    self.settled(f"POST {endpoint}", "csrf-json", me(self.alice)[setting] == value)

    def test_a_link_that_changes_something(self):
        value = marker()
        self.alice.get(f"/settings/density?value={value}", headers=FOREIGN)
        self.settled("GET /settings/density", "csrf-get", me(self.alice)["density"] == value)

    def test_tokens_of_another_session(self):
        bob = member("bob")
        for name, weakness in (("signature", "csrf-token-unbound"), ("nickname", "csrf-token-constant"), ("language", "csrf-token-unbound")):
            with self.subTest(name):
                form, value = bob.get("/account").form("/account/" + name), marker()
                self.alice.post("/account/" + name, {**form["fields"], "value": value})
                self.settled(f"POST /account/{name}", weakness, me(self.alice)[name] == value)

    def test_the_constant_token_is_constant(self):
        tokens = {visitor.get("/account").form("/account/nickname")["fields"]["csrf_token"] for visitor in (self.alice, member("bob"))}
        self.assertEqual(len(tokens) == 1, WEAK)

    def test_referers_that_look_like_the_trackers(self):
        host = BASE.split("://")[1]
        for name in ("phone", "language"):
            for referer in (None, f"https://elsewhere.example/{host}", f"https://elsewhere.example/?{host}"):
                with self.subTest(name, referer=referer):
                    value = marker()
                    self.alice.post("/account/" + name, {"value": value}, {"Referer": referer} if referer else {})
                    self.settled(f"POST /account/{name}", "csrf-origin-check", me(self.alice)[name] == value)

    def test_login_from_another_site(self):
        stranger = nobody()
        stranger.post("/login", {"username": "bob", "password": password("bob")}, FOREIGN)
        self.settled("POST /login", "csrf-login", stranger.get("/api/me").status == 200)

    def test_cookies(self):
        lines = [line.lower() for line in self.alice.set_cookies]
        for weakness, weak in {
            "cookie-samesite": any("samesite=none" in line for line in lines),
            "cookie-httponly": any("httponly" not in line for line in lines),
            "cookie-secure": any("; secure" not in line for line in lines),
        }.items():
            self.settled("POST /login", weakness, weak)
        if not WEAK:
            self.assertEqual({line.split("=")[0] for line in self.alice.set_cookies}, {"__Host-tracker_session"})

    def test_framing(self):
        self.check_framing(self.alice, ticket_id="alice-squeak")


if __name__ == "__main__":
    run()
