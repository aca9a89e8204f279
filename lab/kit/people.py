"""The people of the lab and their throw-away passwords, which open nothing but a lab on loopback.

They can be set through LAB_ALICE_PASSWORD and its like.
"""

import hashlib
import os
import secrets


def password(username):
    return os.environ.get(f"LAB_{username.upper()}_PASSWORD", f"{username}-lab-password")


def password_hash(password, salt=None):
    salt = salt or secrets.token_hex(8)
    return salt + ":" + hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()


def matches(stored, password):
    """Takes as long for somebody unknown, whose stored hash is empty."""
    stored = stored or password_hash("")
    return secrets.compare_digest(stored, password_hash(password, stored.split(":")[0]))
