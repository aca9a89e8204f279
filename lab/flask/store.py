"""Everything the tracker remembers, in DynamoDB: users, sessions, tickets, comments."""

import secrets
import time

from kit.dynamo import Tables
from kit.people import matches

# What people may write on their own record.
SETTINGS = {
    "email", "signature", "nickname", "phone", "avatar", "density", "digest", "language", "default_filter", "timezone",
    "burndown_shared", "timesheet_locked", "board_pinned", "roadmap_followed", "releases_mailed", "calendar_shared", "guidelines_accepted", "pace",
}


class Store(Tables):
    PREFIX = "tracker_"
    KEYS = {
        "users": ("username",),
        "sessions": ("id_hash",),
        "tickets": ("owner", "ticket_id"),
        "comments": ("thread", "comment_id"),
        # Keyed by their numbers alone: whose they are stands inside.
        "times": ("entry_id",),
        "snippets": ("snippet_id",),
        "exports": ("export_id",),
        "words": ("place",),
    }

    def user(self, username):
        return self.get("users", username=username) if username else None

    def authenticate(self, username, password):
        user = self.user(username)
        correct = matches(user["password"] if user else "", password)
        return user if user and correct else None

    def change(self, username, name, value):
        if name not in SETTINGS:
            raise ValueError(f"{name} is not a setting")
        self.set("users", {"username": username}, name, value)

    def words(self):
        """What the staff say to everybody."""
        return self.get("words", place="everywhere")

    # Tickets

    def tickets(self, owner):
        return self.of("tickets", owner)

    def ticket(self, owner, ticket_id):
        return self.must_get("tickets", owner=owner, ticket_id=ticket_id)

    def add_ticket(self, owner, title, text, ticket_id=None):
        ticket_id = ticket_id or secrets.token_hex(4)
        self.put("tickets", {"owner": owner, "ticket_id": ticket_id, "title": title, "text": text, "attachment": ""})
        return ticket_id

    def attach(self, owner, ticket_id, description):
        self.set("tickets", {"owner": owner, "ticket_id": ticket_id}, "attachment", description)

    def delete_ticket(self, owner, ticket_id):
        self.ticket(owner, ticket_id)
        for comment in self.comments(owner, ticket_id):
            self.delete("comments", thread=comment["thread"], comment_id=comment["comment_id"])
        self.delete("tickets", owner=owner, ticket_id=ticket_id)

    # Comments, in threads named after their ticket

    def comments(self, owner, ticket_id):
        return self.of("comments", f"{owner}/{ticket_id}")

    def comment(self, owner, ticket_id, text):
        self.ticket(owner, ticket_id)
        self.put("comments", {"thread": f"{owner}/{ticket_id}", "comment_id": f"{time.time_ns():020d}", "text": text})
