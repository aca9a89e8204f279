"""What the clinic remembers in DynamoDB: patients' settings, appointments, and sessions.

Who may log in is Django's own business and stands in its database.
"""

import secrets

from kit.dynamo import Tables

# What patients may write on their own record.
SETTINGS = {
    "email", "address", "phone", "nickname", "language", "reminder", "doctor", "diet", "pharmacy", "newsletter",
    "bills_by_mail", "records_shared", "results_seen", "route_texted", "house_calls", "donor", "privacy_agreed", "mood",
}


class Store(Tables):
    PREFIX = "clinic_"
    KEYS = {
        "patients": ("username",),
        "sessions": ("id_hash",),
        "appointments": ("owner", "appointment_id"),
        # Keyed by their numbers alone: whose they are stands inside.
        "prescriptions": ("prescription_id",),
        "measurements": ("measurement_id",),
        "referrals": ("referral_id",),
        "words": ("place",),
    }

    def patient(self, username):
        return self.must_get("patients", username=username)

    def change(self, username, name, value):
        if name not in SETTINGS:
            raise ValueError(f"{name} is not a setting")
        self.set("patients", {"username": username}, name, value)

    def words(self):
        """What the staff say to everybody."""
        return self.get("words", place="everywhere")

    def appointments(self, owner):
        return self.of("appointments", owner)

    def appointment(self, owner, appointment_id):
        return self.must_get("appointments", owner=owner, appointment_id=appointment_id)

    def book(self, owner, day, reason, appointment_id=None):
        appointment_id = appointment_id or secrets.token_hex(4)
        self.put("appointments", {"owner": owner, "appointment_id": appointment_id, "day": day, "reason": reason, "message": ""})
        return appointment_id

    def leave_message(self, owner, appointment_id, message):
        self.set("appointments", {"owner": owner, "appointment_id": appointment_id}, "message", message)

    def cancel(self, owner, appointment_id):
        self.appointment(owner, appointment_id)
        self.delete("appointments", owner=owner, appointment_id=appointment_id)


store = Store()
