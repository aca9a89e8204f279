"""Numbers of things: eight digits, guessable, as such numbers are."""

import secrets


def number():
    return str(secrets.randbelow(9 * 10**7) + 10**7)
