"""Functional tests of the running clinic, in either variant.

    MANTLET_LAB_VARIANT=weak python test_app.py [http://127.0.0.1:8000] [Works]

Works holds for both variants. Truth takes the truth file at its word: a row
called vulnerable has to be exploitable, a row called safe must not be.
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from kit.people import password
from kit.suite import BASE, FOREIGN, TRUTH, WEAK, Suite, ask, first_message, marker, member, nobody, refuses_strangers, run
from kit.websocket import Refused

# Forms that set one thing: where they post to, page, what the record calls it.
SETTINGS = (
    ("/profile/email", "/profile", "email"),
    ("/profile/address", "/profile", "address"),
    ("/profile/phone", "/profile", "phone"),
    ("/profile/nickname", "/profile", "nickname"),
    ("/profile/language", "/profile", "language"),
    ("/settings/reminder", "/settings/reminder", "reminder"),
)
SWITCHES = (
    ("/newsletter", "/newsletter", "newsletter"),
    ("/records", "/records", "records_shared"),
    ("/bills", "/bills", "bills_by_mail"),
    ("/results", "/results", "results_seen"),
    ("/directions", "/directions", "route_texted"),
    ("/house-calls", "/house-calls", "house_calls"),
    ("/donor", "/donor", "donor"),
    ("/privacy", "/privacy", "privacy_agreed"),
)
SCRIPTED = (("/api/doctor", "doctor"), ("/api/diet", "diet"), ("/api/pharmacy", "pharmacy"))
COUGH = "/appointments/alice-cough"
GROUPS = "/admin/auth/group/"


def me(visitor):
    return visitor.get("/api/me").json()


def administrator():
    """Logged in through the administration's own form."""
    visitor = nobody()
    form = visitor.get("/admin/login/").form("/admin/login/")
    visitor.post("/admin/login/", {**form["fields"], "username": "admin", "password": password("admin"), "next": "/admin/"})
    return visitor


def admin_form(visitor, page, **changed):
    """The page's form, whose action is the page itself, as its Save button sends it."""
    form = next(form for form in visitor.get(page).forms() if form["attributes"].get("id") == "group_form")
    fields = {name: value for name, value in form["fields"].items() if name not in ("_addanother", "_continue")}
    return visitor.post(page, {**fields, **changed})


class Works(Suite):
    """The clinic does its business, in both variants alike."""

    @classmethod
    def setUpClass(cls):
        cls.alice = member("alice")

    def test_a_visitor_is_sent_to_the_login_form(self):
        answer = nobody().get("/appointments")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/login"))
        self.assertEqual(nobody().get("/api/me").status, 401)

    def test_a_wrong_password_is_refused(self):
        visitor = nobody()
        self.assertEqual(visitor.submit("/login", "/login", username="alice", password="wrong").status, 401)
        self.assertEqual(visitor.get("/api/me").status, 401)

    def test_login_gives_a_new_session_and_logout_ends_it(self):
        visitor = member("alice")
        session = next(name for name in visitor.cookies if name.endswith("clinic_session"))
        first = visitor.cookies[session]
        visitor.log_in("alice", password("alice"))
        self.assertNotEqual(first, visitor.cookies[session])
        self.assertEqual(visitor.submit("/profile", "/logout").status, 303)
        self.assertNotIn(session, visitor.cookies)
        self.assertEqual(visitor.get("/api/me").status, 401)

    def test_a_session_the_clinic_did_not_start_is_not_adopted(self):
        visitor = nobody()
        name = next(name for name in self.alice.cookies if name.endswith("clinic_session"))
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

    def test_an_appointment_can_be_booked_and_cancelled_by_its_owner_only(self):
        reason, bob = marker(), member("bob")
        made = self.alice.submit("/appointments", "/appointments", day="Tuesday", reason=reason).headers["Location"]
        self.assertIn(reason, self.alice.get(made).text)
        self.assertIn(reason, self.alice.get("/search?q=" + reason).text)
        self.assertEqual(bob.get(made + "/cancel").status, 404)
        self.assertEqual(self.alice.get(made + "/cancel").status, 200)
        self.assertIn(reason, self.alice.get("/appointments").text, "looking at the question is not an answer")
        self.assertEqual(self.alice.submit(made + "/cancel", made + "/cancel").status, 303)
        self.assertNotIn(reason, self.alice.get("/appointments").text)

    def test_a_message_stands_on_its_appointment(self):
        text = marker()
        self.assertEqual(self.alice.submit(COUGH, COUGH + "/message", message=text).status, 303)
        self.assertIn(text, self.alice.get(COUGH).text)

    def test_the_pages_scripts_can_save(self):
        for form in self.alice.get("/preferences").forms():
            endpoint, value = form["attributes"]["data-endpoint"], marker()
            with self.subTest(endpoint):
                setting = next(iter(form["fields"]))
                answer = self.alice.post_json(endpoint, {setting: value}, {"X-CSRFToken": form["attributes"]["data-token"]})
                self.assertEqual(answer.status, 200)
                self.assertEqual(me(self.alice)[setting], value)

    def test_the_administration_works(self):
        staff, name = administrator(), marker()
        self.assertIn("Site administration", staff.get("/admin/").text)
        self.assertEqual(admin_form(staff, GROUPS + "add/", name=name).status, 302)
        row = staff.get(f"{GROUPS}?q={name}").text
        change = row.split(f'{GROUPS}')[1:]
        number = next(part.split("/")[0] for part in change if f">{name}<" in part)
        self.assertEqual(admin_form(staff, f"{GROUPS}{number}/change/", name=name + "-renamed").status, 302)
        self.assertIn(name + "-renamed", staff.get(GROUPS).text)
        form = next(form for form in staff.get(f"{GROUPS}{number}/delete/").forms() if form["fields"].get("post") == "yes")
        self.assertEqual(staff.post(f"{GROUPS}{number}/delete/", form["fields"]).status, 302)
        staff.get("/admin/")
        self.assertNotIn(name, staff.get(GROUPS).text)

    def test_the_administration_has_its_style_and_is_for_staff_only(self):
        self.assertEqual(nobody().get("/static/admin/css/base.css").headers.get_content_type(), "text/css")
        self.assertEqual(self.alice.get("/admin/").status, 302)
        self.assertEqual(self.alice.get(GROUPS).status, 302)

    def script(self, method, path, body=None, visitor=None):
        """A request as the pages' scripts send it."""
        visitor = visitor or self.alice
        token = visitor.get("/preferences").forms()[0]["attributes"]["data-token"]
        return visitor.request(method, path, json.dumps(body).encode() if body else None,
                               {"Content-Type": "application/json", "X-CSRFToken": token, **visitor.own()})

    def test_a_prescription_is_asked_for_changed_and_deleted(self):
        drug = marker()
        made = self.alice.submit("/prescriptions", "/prescriptions", drug=drug, dose="one").headers["Location"]
        self.assertEqual(self.alice.submit(made, made, dose="two " + drug).status, 303)
        self.assertIn("two " + drug, self.alice.get(made).text)
        self.assertEqual(self.alice.submit(made, made + "/delete").status, 303)
        self.assertNotIn(drug, self.alice.get("/prescriptions").text)

    def test_a_measurement_is_added_corrected_and_struck_out(self):
        kind = marker()
        made = self.script("POST", "/api/measurements", {"kind": kind, "value": "1"})
        self.assertEqual(made.status, 201)
        path = f"/api/measurements/{made.json()['measurement_id']}"
        self.assertIn(kind, self.alice.get("/measurements").text)
        self.assertEqual(self.script("PATCH", path, {"value": "2"}).json(), {**made.json(), "value": "2"})
        self.assertEqual(self.alice.get(path).json()["value"], "2")
        self.assertEqual(self.script("DELETE", path).status, 204)
        self.assertEqual(self.alice.get(path).status, 404)

    def test_a_referral_gets_a_remark(self):
        remark = marker()
        self.assertEqual(self.alice.submit("/referrals/40010001", "/referrals/40010001/remark", remark=remark).status, 303)
        self.assertIn(remark, self.alice.get("/referrals/40010001/print").text)

    def test_the_desk_speaks_to_everybody(self):
        staff = member("admin")
        for name in ("notice", "hours"):
            text = marker()
            self.assertEqual(staff.submit("/desk/words", f"/desk/{name}", value=text).status, 303)
            self.assertIn(text, self.alice.get("/board").text)
        self.check_switches(staff, (("/desk/closing", "/desk/closing", "closed"),),
                            lambda: {"closed": "on" if "<dt>Closed</dt><dd>on</dd>" in self.alice.get("/board").text else "off"})
        for path in ("/desk", "/desk/patients"):
            self.assertEqual(staff.get(path).status, 200)

    def test_nickname_and_motto_are_ones_own_to_write(self):
        nickname, motto = marker(), marker()
        self.alice.submit("/record", "/record", nickname=nickname, motto=motto)
        self.assertIn(nickname, self.alice.get("/record").text)
        self.script("POST", "/api/record", {"nickname": motto})
        self.script("POST", "/api/record/motto", {"motto": nickname})
        answer = self.alice.get("/api/record").json()
        self.assertEqual((answer["nickname"], answer["motto"]), (motto, nickname))

    def test_the_mood_is_told_over_a_socket(self):
        mood = marker()
        self.assertEqual(ask(self.alice, "/live/mood", {"mood": mood}), {"saved": True})
        self.assertEqual(me(self.alice)["mood"], mood)

    def test_pages_change_nothing_when_looked_at(self):
        before = me(self.alice)
        for path in ("/", "/about", "/login", "/appointments", COUGH, COUGH + "/cancel", "/search?q=a", "/profile", "/preferences",
                     "/settings/reminder", "/widget/hours", "/prescriptions", "/prescriptions/20010001", "/measurements", "/measurements/30010001",
                     "/api/measurements", "/referrals", "/referrals/40010001", "/record", "/board", "/doctors", "/doctors/50010001", "/connect",
                     "/window/card", "/window/pharmacy", "/window/seal", "/live", *(page for page, _, _ in SWITCHES)):
            self.assertEqual(self.alice.get(path).status, 200, path)
        self.assertEqual(me(self.alice), before)

    def test_what_is_not_there_answers_404(self):
        for path in ("/nowhere", "/appointments/nowhere", "/appointments/bob-cough"):
            self.assertEqual(self.alice.get(path).status, 404, path)


class Truth(Suite):
    """The rows of the truth file, each tried."""

    @classmethod
    def setUpClass(cls):
        cls.alice = member("alice")

    def test_every_row_names_an_endpoint_there_is(self):
        names = {"appointment_id": "alice-cough", "prescription_id": "20010001", "measurement_id": "30010001", "referral_id": "40010001", "doctor_id": "50010001"}
        for method, path in {tuple(row["endpoint"].split(" ")) for row in TRUTH} - {("GET", "/{unknown}")}:
            if path.startswith("/live/") or method == "DELETE":
                continue  # tried below
            answer = member("alice").request(method, path.format(**names), b"" if method == "POST" else None, self.alice.own())
            self.assertNotIn(answer.status, (404, 405), f"{method} {path}")
        self.assertIn("cough", self.alice.get("/appointments").text, "an empty POST cancelled the appointment")

    def test_forms_sent_from_another_site(self):
        for action, page, setting in SETTINGS:
            with self.subTest(action):
                value = marker()
                self.alice.post(action, {"value": value}, FOREIGN)
                self.settled(f"POST {action}", "csrf", me(self.alice)[setting] == value)

    def test_switches_pressed_from_another_site(self):
        self.check_foreign_switches(self.alice, SWITCHES, lambda: me(self.alice))

    def test_appointments_booked_and_cancelled_from_another_site(self):
        reason = marker()
        self.alice.post("/appointments", {"day": "Sunday", "reason": reason}, FOREIGN)
        self.settled("POST /appointments", "csrf", reason in self.alice.get("/appointments").text)
        self.alice.post("/appointments/alice-vaccination/cancel", {}, FOREIGN)
        gone = self.alice.get("/appointments/alice-vaccination").status == 404
        self.settled("POST /appointments/{appointment_id}/cancel", "csrf", gone)

    def test_messages_from_another_site(self):
        text = marker()
        self.alice.post(COUGH + "/message", {"message": text}, FOREIGN)
        self.settled("POST /appointments/{appointment_id}/message", "csrf", text in self.alice.get(COUGH).text)

    def test_logout_from_another_site(self):
        visitor = member("alice")
        visitor.post("/logout", {}, FOREIGN)
        self.settled("POST /logout", "csrf", visitor.get("/api/me").status == 401)

    def test_the_administration_from_another_site(self):
        staff, name = administrator(), marker()
        staff.post(GROUPS + "add/", {"name": name}, FOREIGN)
        self.settled("POST /admin/auth/group/add/", "csrf", name in staff.get(GROUPS).text)
        stranger = nobody()
        stranger.post("/admin/login/", {"username": "admin", "password": password("admin"), "next": "/admin/"}, FOREIGN)
        self.settled("POST /admin/login/", "csrf", stranger.get("/admin/").status == 200)

    def test_json_sent_under_another_name(self):
        for endpoint, setting in SCRIPTED:
            for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
                with self.subTest(endpoint, kind=kind):
                    value = marker()
                    self.alice.request("POST", endpoint, json.dumps({setting: value}).encode(), {"Content-Type": kind, **FOREIGN})
                    self.settled(f"POST {endpoint}", "csrf-json", me(self.alice)[setting] == value)

    def test_a_link_that_changes_something(self):
        value = marker()
        self.alice.get(f"/settings/reminder?value={value}", headers=FOREIGN)
        self.settled("GET /settings/reminder", "csrf-get", me(self.alice)["reminder"] == value)

    def test_tokens_of_another_session(self):
        bob = member("bob")
        for name, weakness in (("address", "csrf-token-unbound"), ("nickname", "csrf-token-constant"), ("language", "csrf-token-unbound")):
            with self.subTest(name):
                form, value = bob.get("/profile").form("/profile/" + name), marker()
                self.alice.post("/profile/" + name, {**form["fields"], "value": value})
                self.settled(f"POST /profile/{name}", weakness, me(self.alice)[name] == value)

    def test_the_constant_token_is_constant(self):
        tokens = {next(value for name, value in visitor.get("/profile").form("/profile/nickname")["fields"].items() if "token" in name)
                  for visitor in (self.alice, member("bob"))}
        self.assertEqual(len(tokens) == 1, WEAK)

    def test_origins_that_look_like_the_clinics(self):
        for name in ("phone", "language"):
            for origin in (None, "null", BASE + ".elsewhere.example"):
                with self.subTest(name, origin=origin):
                    value = marker()
                    self.alice.post("/profile/" + name, {"value": value}, {"Origin": origin} if origin else {})
                    self.settled(f"POST /profile/{name}", "csrf-origin-check", me(self.alice)[name] == value)

    def test_login_from_another_site(self):
        stranger = nobody()
        stranger.post("/login", {"username": "bob", "password": password("bob")}, FOREIGN)
        self.settled("POST /login", "csrf-login", stranger.get("/api/me").status == 200)

    def test_cookies(self):
        lines = [line.lower() for line in self.alice.set_cookies if "csrf" not in line]
        for weakness, weak in {
            "cookie-samesite": any("samesite=none" in line for line in lines),
            "cookie-httponly": any("httponly" not in line for line in lines),
            "cookie-secure": any("; secure" not in line for line in lines),
        }.items():
            self.settled("POST /login", weakness, weak)
        if not WEAK:
            self.assertEqual({line.split("=")[0] for line in self.alice.set_cookies}, {"__Host-clinic_session"})

    def test_prescriptions_of_others(self):
        bob = member("bob")
        self.check_reads("GET /prescriptions/{prescription_id}", "/prescriptions/20010001", "Lindenhof bedtime", self.alice, bob)
        value, own = marker(), "/prescriptions/20010003"
        bob.post("/prescriptions/20010002", {**bob.get(own).form(own)["fields"], "drug": value})
        self.held("POST /prescriptions/{prescription_id}", "bola-write", value in self.alice.get("/prescriptions").text)
        bob.post("/prescriptions/20010002/delete", bob.get(own).form(own + "/delete")["fields"])
        self.held("POST /prescriptions/{prescription_id}/delete", "bola-write", self.alice.get("/prescriptions/20010002").status == 404)
        self.held("GET /appointments/{appointment_id}", "bola-read", bob.get("/appointments/alice-cough").status == 200)
        foreign, missing = bob.get("/appointments/alice-cough"), bob.get("/appointments/alice-nothing")
        self.held("GET /appointments/{appointment_id}", "bola-existence", (foreign.status, foreign.text) != (missing.status, missing.text))

    def test_measurements_of_others(self):
        bob = member("bob")
        self.check_reads("GET /api/measurements/{measurement_id}", "/api/measurements/30010001", "72 beats", self.alice, bob)
        self.check_reads("GET /measurements/{measurement_id}", "/measurements/30010001", "72 beats", self.alice, bob)
        value = marker()
        Works.script(Works, "PATCH", "/api/measurements/30010002", {"value": value}, bob)
        self.held("PATCH /api/measurements/{measurement_id}", "bola-write", value in self.alice.get("/measurements").text)
        Works.script(Works, "DELETE", "/api/measurements/30010002", None, bob)
        self.held("DELETE /api/measurements/{measurement_id}", "bola-write", self.alice.get("/measurements/30010002").status == 404)

    def test_what_is_ones_own_from_another_site(self):
        value = marker()
        for method, path in (("POST", "/api/measurements"), ("PATCH", "/api/measurements/30010001"), ("DELETE", "/api/measurements/30010001")):
            self.alice.request(method, path, json.dumps({"kind": value, "value": value}).encode(), {"Content-Type": "text/plain", **FOREIGN})
        listed = self.alice.get("/measurements").text
        for endpoint in ("POST /api/measurements", "PATCH /api/measurements/{measurement_id}"):
            self.held(endpoint, "csrf", value in listed)
        self.held("DELETE /api/measurements/{measurement_id}", "csrf", "30010001" not in listed)
        for path in ("/prescriptions", "/prescriptions/20010001", "/prescriptions/20010001/delete"):
            self.alice.post(path, {"drug": value, "dose": "1"}, FOREIGN)
        listed = self.alice.get("/prescriptions").text
        for endpoint in ("POST /prescriptions", "POST /prescriptions/{prescription_id}"):
            self.held(endpoint, "csrf", value in listed)
        self.held("POST /prescriptions/{prescription_id}/delete", "csrf", "20010001" not in listed)

    def test_referrals_without_a_session(self):
        for end in ("", "/print"):
            self.check_open("GET /referrals/{referral_id}" + end, "/referrals/40010001" + end, "a murmur", self.alice)
        self.check_reads("GET /referrals/{referral_id}/print", "/referrals/40010001/print", "a murmur", self.alice, member("bob"))
        remark = marker()
        nobody().post("/referrals/40010001/remark", {"remark": remark})
        self.held("POST /referrals/{referral_id}/remark", "auth-missing", remark in self.alice.get("/referrals/40010001/print").text)
        for path in ("/doctors/50010001", "/api/doctors"):
            self.assertEqual(nobody().get(path).status, 200)

    def test_functions_of_the_staff(self):
        for path in ("/desk", "/desk/patients", "/desk/words", "/desk/closing"):
            self.held(f"GET {path}", "auth-function", self.alice.get(path).status == 200)
        token = self.alice.get("/prescriptions").form("/prescriptions")["fields"]
        for name in ("notice", "hours", "closing"):
            for visitor, fields, headers, weakness in ((self.alice, token, None, "auth-function"), (member("admin"), {}, FOREIGN, "csrf")):
                text = marker()
                visitor.post(f"/desk/{name}", {**fields, "value": text}, headers)
                self.held(f"POST /desk/{name}", weakness, text in self.alice.get("/board").text)
        text = marker()
        self.alice.post("/desk/notice", {"value": text}, FOREIGN)
        self.held("POST /desk/notice", "chain", text in self.alice.get("/board").text)
        closing = self.alice.get("/desk/closing")
        self.held("GET /desk/closing", "chain", closing.status == 200 and not refuses_strangers(closing.headers))

    def test_properties(self):
        for path in ("/api/record", "/api/record/motto"):
            value = marker()
            Works.script(Works, "POST", path, {"motto": "m", "plan": value}, self.alice)
            self.held(f"POST {path}", "property-assignment", self.alice.get("/api/record").json()["plan"] == value)
            self.alice.request("POST", path, json.dumps({"motto": value}).encode(), {"Content-Type": "text/plain", **FOREIGN})
            self.held(f"POST {path}", "csrf", self.alice.get("/api/record").json()["motto"] == value)
        value = marker()
        self.alice.post("/record", {**self.alice.get("/record").form("/record")["fields"], "plan": value})
        self.held("POST /record", "property-assignment", self.alice.get("/api/record").json()["plan"] == value)
        self.alice.post("/record", {"nickname": value}, FOREIGN)
        self.held("POST /record", "csrf", self.alice.get("/api/record").json()["nickname"] == value)
        self.held("GET /api/card", "property-excess", "internal_note" in self.alice.get("/api/card").text)
        self.held("GET /api/record", "property-excess", "internal_note" in self.alice.get("/api/record").text)

    def test_sessions(self):
        name = next(name for name in self.alice.cookies if name.endswith("clinic_session"))
        planted, chosen = nobody(), marker() + marker()
        planted.cookies[name] = chosen
        planted.log_in("alice", password("alice"))
        planted.cookies = {name: chosen}
        self.held("POST /login", "auth-session-fixation", planted.get("/api/me").status == 200)
        leaving = member("bob")
        kept = dict(leaving.cookies)
        leaving.submit("/profile", "/logout")
        leaving.cookies = kept
        self.held("POST /logout", "auth-session-logout", leaving.get("/api/me").status == 200)

    def test_sockets(self):
        self.check_listening(self.alice, ("/live/chart", "/live/room", "/live/desk"), '"alice"')
        mood, opened = marker(), None
        try:
            opened = ask(self.alice, "/live/mood", {"mood": mood}, "https://elsewhere.example")
        except Refused:
            pass
        self.held("GET /live/mood", "cswsh", bool(opened) and me(self.alice)["mood"] == mood)
        self.held("GET /live/clock", "cswsh", "alice" in (first_message(self.alice, "/live/clock", "https://elsewhere.example") or ""))

    def test_sharing(self):
        self.check_sharing(self.alice, [f"/api/chart/{name}" for name in ("reflected", "sandboxed", "lookalike", "partner", "open")] + ["/api/doctors", "/api/me"])

    def test_windows(self):
        for name in ("card", "pharmacy", "seal"):
            answer = self.alice.get(f"/window/{name}")
            text, opener = answer.text, answer.headers.get("Cross-Origin-Opener-Policy")
            self.assertEqual(opener, "unsafe-none", "whoever opens the window has to keep it")
            self.assertIn('addEventListener("message"', text)
            self.held(f"GET /window/{name}", "postmessage-origin", "event.origin" not in text)

    def test_framing(self):
        self.check_framing(self.alice, appointment_id="alice-cough")


if __name__ == "__main__":
    run()
