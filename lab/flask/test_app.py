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
from kit.suite import BASE, FOREIGN, TRUTH, WEAK, Suite, ask, first_message, marker, member, nobody, run
from kit.websocket import Refused

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

    def script(self, method, path, body=None, visitor=None):
        """A request as the pages' scripts send it."""
        visitor = visitor or self.alice
        token = visitor.get("/preferences").forms()[0]["attributes"]["data-token"]
        return visitor.request(method, path, json.dumps(body).encode() if body else None,
                               {"Content-Type": "application/json", "X-CSRFToken": token, **visitor.own()})

    def test_an_entry_is_made_changed_and_deleted(self):
        work = marker()
        made = self.alice.submit("/times", "/times", work=work, hours="1").headers["Location"]
        self.assertEqual(self.alice.submit(made, made, hours="9 " + work).status, 303)
        self.assertIn("9 " + work, self.alice.get(made).text)
        self.assertEqual(self.alice.submit(made, made + "/delete").status, 303)
        self.assertNotIn(work, self.alice.get("/times").text)

    def test_a_snippet_is_kept_changed_shown_and_dropped(self):
        text = marker()
        made = self.script("POST", "/api/snippets", {"text": text})
        self.assertEqual(made.status, 201)
        number = made.json()["snippet_id"]
        self.assertIn(text, self.alice.get("/snippets").text)
        changed = {"snippet_id": number, "text": "changed " + text}
        self.assertEqual(self.script("PUT", f"/api/snippets/{number}", {"text": changed["text"]}).json(), changed)
        self.assertEqual(self.alice.get(f"/api/snippets/{number}").json(), changed)
        self.assertEqual(self.script("POST", "/api/snippets/show", {"snippet_id": number}).json(), changed)
        self.assertEqual(self.alice.get("/api/snippet", headers={"X-Snippet": number}).json(), changed)
        self.assertEqual(ask(self.alice, "/live/snippet", {"snippet_id": number}), changed)
        self.assertEqual(ask(self.alice, "/live/rewrite", {"snippet_id": number, "text": "rewritten"}), {"saved": True})
        self.assertEqual(self.alice.get(f"/api/snippets/{number}").json()["text"], "rewritten")
        self.assertEqual(self.script("DELETE", f"/api/snippets/{number}").status, 204)
        self.assertEqual(self.alice.get(f"/snippets/{number}").status, 404)

    def test_an_export_gets_a_label(self):
        label = marker()
        self.assertEqual(self.alice.submit("/exports/40010001", "/exports/40010001/label", label=label).status, 303)
        self.assertIn(label, self.alice.get("/exports/40010001/print").text)

    def test_the_staff_speak_to_everybody(self):
        staff = member("admin")
        for name in ("banner", "saying"):
            text = marker()
            self.assertEqual(staff.submit("/admin/words", f"/admin/{name}", text=text).status, 303)
            self.assertIn(text, self.alice.get("/news").text)
        for method in ("POST", "PUT"):
            days = marker()
            self.assertEqual(self.script(method, "/api/admin/retention", {"days": days}, staff).status, 200)
            self.assertEqual(staff.get("/api/admin/retention").json(), {"days": days})
        for path in ("/admin", "/admin/people", "/admin/log"):
            self.assertEqual(staff.get(path).status, 200)

    def test_nickname_and_motto_are_ones_own_to_write(self):
        nickname, motto = marker(), marker()
        self.alice.submit("/profile", "/profile", nickname=nickname, motto=motto)
        self.assertIn(nickname, self.alice.get("/profile").text)
        self.script("POST", "/api/profile", {"nickname": motto})
        self.script("POST", "/api/motto", {"motto": nickname})
        answer = self.alice.get("/api/profile").json()
        self.assertEqual((answer["nickname"], answer["motto"]), (motto, nickname))

    def test_the_pace_is_set_over_a_socket(self):
        pace = marker()
        self.assertEqual(ask(self.alice, "/live/pace", {"pace": pace}), {"saved": True})
        self.assertEqual(me(self.alice)["pace"], pace)

    def test_pages_change_nothing_when_looked_at(self):
        before = me(self.alice)
        for path in ("/", "/about", "/login", "/feed", "/tickets", SQUEAK, SQUEAK + "/delete", "/search?q=a", "/account", "/preferences",
                     "/settings/density", "/widget/status", "/times", "/times/20010001", "/snippets", "/snippets/30010001", "/exports",
                     "/exports/40010001", "/profile", "/news", "/patterns", "/patterns/50010001", "/live", "/connect", *(page for page, _, _ in SWITCHES)):
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
        names = {"ticket_id": "alice-squeak", "entry_id": "20010001", "snippet_id": "30010001", "export_id": "40010001", "pattern_id": "50010001"}
        for method, path in {tuple(row["endpoint"].split(" ")) for row in TRUTH} - {("GET", "/{unknown}")}:
            if path.startswith("/live/") or method == "DELETE":
                continue  # tried below
            headers = {**self.alice.own(), "X-Snippet": "30010001"}
            answer = member("alice").request(method, path.format(**names), b"" if method == "POST" else None, headers)
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

    def test_entries_of_others(self):
        bob = member("bob")
        self.check_reads("GET /times/{entry_id}", "/times/20010001", "Lindenhof carpet", self.alice, bob)
        value, fields = marker(), bob.get("/times/20010003").form("/times/20010003")["fields"]
        bob.post("/times/20010002", {**fields, "work": value})
        self.held("POST /times/{entry_id}", "bola-write", value in self.alice.get("/times").text)
        bob.post("/times/20010002/delete", bob.get("/times/20010003").form("/times/20010003/delete")["fields"])
        self.held("POST /times/{entry_id}/delete", "bola-write", self.alice.get("/times/20010002").status == 404)
        self.assertEqual(bob.get("/tickets/alice-thread").status, 404)
        self.held("GET /tickets/{ticket_id}", "bola-read", False)

    def test_snippets_of_others(self):
        bob, own = member("bob"), "4471"
        self.check_reads("GET /api/snippets/{snippet_id}", "/api/snippets/30010001", own, self.alice, bob)
        self.check_reads("GET /snippets/{snippet_id}", "/snippets/30010001", own, self.alice, bob)
        body = Works.script(Works, "POST", "/api/snippets/show", {"snippet_id": "30010001"}, bob)
        self.held("POST /api/snippets/show", "bola-read", own in body.text)
        self.held("GET /api/snippet", "bola-read", own in bob.get("/api/snippet", headers={"X-Snippet": "30010001"}).text)
        self.held("GET /live/snippet", "bola-read", own in json.dumps(ask(bob, "/live/snippet", {"snippet_id": "30010001"})))
        for path in ("/api/snippets", "/snippets"):
            foreign, missing = bob.get(path + "/30010001"), bob.get(path + "/30010999")
            self.held(f"GET {path}/{{snippet_id}}", "bola-existence", (foreign.status, foreign.text) != (missing.status, missing.text))
        value = marker()
        Works.script(Works, "PUT", "/api/snippets/30010002", {"text": value}, bob)
        self.held("PUT /api/snippets/{snippet_id}", "bola-write", value in self.alice.get("/snippets").text)
        ask(bob, "/live/rewrite", {"snippet_id": "30010002", "text": "over " + value})
        self.held("GET /live/rewrite", "bola-write", "over " + value in self.alice.get("/snippets").text)
        self.held("GET /live/rewrite", "cswsh", first_message(self.alice, "/live/rewrite", "https://elsewhere.example") is not None)
        Works.script(Works, "DELETE", "/api/snippets/30010002", None, bob)
        self.held("DELETE /api/snippets/{snippet_id}", "bola-write", self.alice.get("/snippets/30010002").status == 404)

    def test_snippets_and_entries_from_another_site(self):
        value = marker()
        for method, path in (("POST", "/api/snippets"), ("PUT", "/api/snippets/30010001"), ("DELETE", "/api/snippets/30010001")):
            self.alice.request(method, path, json.dumps({"text": value}).encode(), {"Content-Type": "text/plain", **FOREIGN})
        listed = self.alice.get("/snippets").text
        for endpoint in ("POST /api/snippets", "PUT /api/snippets/{snippet_id}"):
            self.held(endpoint, "csrf", value in listed)
        self.held("DELETE /api/snippets/{snippet_id}", "csrf", "30010001" not in listed)
        for path in ("/times", "/times/20010001", "/times/20010001/delete"):
            self.alice.post(path, {"work": value, "hours": "1"}, FOREIGN)
        listed = self.alice.get("/times").text
        for endpoint in ("POST /times", "POST /times/{entry_id}"):
            self.held(endpoint, "csrf", value in listed)
        self.held("POST /times/{entry_id}/delete", "csrf", "20010001" not in listed)

    def test_exports_without_a_session(self):
        for end in ("", "/raw", "/print"):
            self.check_open("GET /exports/{export_id}" + end, "/exports/40010001" + end, "eleven hours", self.alice)
        self.assertNotIn("eleven hours", nobody().get("/exports/40010001/raw").text)
        self.check_reads("GET /exports/{export_id}/print", "/exports/40010001/print", "eleven hours", self.alice, member("bob"))
        label = marker()
        nobody().post("/exports/40010001/label", {"label": label})
        self.held("POST /exports/{export_id}/label", "auth-missing", label in self.alice.get("/exports/40010001/print").text)
        for path in ("/patterns/50010001", "/api/patterns"):
            self.assertEqual(nobody().get(path).status, 200)

    def test_functions_of_the_staff(self):
        for path in ("/admin", "/admin/people", "/admin/log", "/admin/words", "/api/admin/retention"):
            self.held(f"GET {path}", "auth-function", self.alice.get(path).status == 200)
        token = self.alice.get("/times").form("/times")["fields"]["csrf_token"]
        for name in ("banner", "saying"):
            text = marker()
            self.alice.post(f"/admin/{name}", {"text": text, "csrf_token": token})
            self.held(f"POST /admin/{name}", "auth-function", text in self.alice.get("/news").text)
            text = marker()
            member("admin").post(f"/admin/{name}", {"text": text}, FOREIGN)
            self.held(f"POST /admin/{name}", "csrf", text in self.alice.get("/news").text)
        text = marker()
        self.alice.post("/admin/saying", {"text": text}, FOREIGN)
        self.held("POST /admin/saying", "chain", text in self.alice.get("/news").text)
        staff = member("admin")
        for method in ("POST", "PUT"):
            days = marker()
            Works.script(Works, method, "/api/admin/retention", {"days": days}, self.alice)
            self.held(f"{method} /api/admin/retention", "auth-function", staff.get("/api/admin/retention").json()["days"] == days)
            staff.request(method, "/api/admin/retention", json.dumps({"days": "f" + days}).encode(), {"Content-Type": "text/plain", **FOREIGN})
            self.held(f"{method} /api/admin/retention", "csrf", staff.get("/api/admin/retention").json()["days"] == "f" + days)

    def test_properties(self):
        for path in ("/api/profile", "/api/motto"):
            value = marker()
            Works.script(Works, "POST", path, {"motto": "m", "plan": value}, self.alice)
            self.held(f"POST {path}", "property-assignment", self.alice.get("/api/profile").json()["plan"] == value)
            self.alice.request("POST", path, json.dumps({"motto": value}).encode(), {"Content-Type": "text/plain", **FOREIGN})
            self.held(f"POST {path}", "csrf", self.alice.get("/api/profile").json()["motto"] == value)
        value = marker()
        self.alice.post("/profile", {**self.alice.get("/profile").form("/profile")["fields"], "plan": value})
        self.held("POST /profile", "property-assignment", self.alice.get("/api/profile").json()["plan"] == value)
        visitor, value = member("bob"), marker()
        visitor.post("/profile", {"nickname": value, "role": "admin"}, FOREIGN)
        self.held("POST /profile", "csrf", visitor.get("/api/profile").json()["nickname"] == value)
        self.held("POST /profile", "chain", visitor.get("/admin").status == 200)
        visitor.post("/profile", {"nickname": "Bob", "role": "member"}, FOREIGN)
        self.held("GET /api/card", "property-excess", "password" in self.alice.get("/api/card").text)
        self.held("GET /api/team", "property-excess", "bob@" in self.alice.get("/api/team").text)
        self.held("GET /api/profile", "property-excess", "password" in self.alice.get("/api/profile").text)

    def test_sessions(self):
        name = next(name for name in self.alice.cookies if name.endswith("tracker_session"))
        planted, chosen = nobody(), marker() + marker()
        planted.cookies[name] = chosen
        planted.log_in("alice", password("alice"))
        planted.cookies = {name: chosen}
        self.held("POST /login", "auth-session-fixation", planted.get("/api/me").status == 200)
        thief, leaving = nobody(), member("bob")
        thief.cookies = {name: leaving.cookies[name]}
        thief.log_in("alice", password("alice"))
        self.assertNotEqual(thief.cookies[name], leaving.cookies[name], "somebody's key was taken")
        leaving = member("bob")
        kept = dict(leaving.cookies)
        leaving.submit("/account", "/logout")
        leaving.cookies = kept
        self.held("POST /logout", "auth-session-logout", leaving.get("/api/me").status == 200)

    def test_sockets(self):
        self.check_listening(self.alice, ("/live/work", "/live/team", "/live/desk"), '"alice"')
        pace, opened = marker(), None
        try:
            opened = ask(self.alice, "/live/pace", {"pace": pace}, "https://elsewhere.example")
        except Refused:
            pass
        self.held("GET /live/pace", "cswsh", bool(opened) and me(self.alice)["pace"] == pace)
        self.held("GET /live/loom", "cswsh", "alice" in (first_message(self.alice, "/live/loom", "https://elsewhere.example") or ""))

    def test_sharing(self):
        self.check_sharing(self.alice, [f"/api/workload/{name}" for name in ("reflected", "sandboxed", "company", "partner", "open")] + ["/api/patterns", "/api/me"])

    def test_framing(self):
        self.check_framing(self.alice, ticket_id="alice-squeak")


if __name__ == "__main__":
    run()
