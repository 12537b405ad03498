"""Passwords: which ones are taken, and how they are kept (Argon2id, RFC 9106).

The hash is a plain Argon2 string: Flask-Security checks it as it is when told
SECURITY_PASSWORD_SINGLE_HASH.
"""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from surveyd.base.errors import Refused

LEAST = 12
MOST = 256
LEAST_DISTINCT = 5
RUNS = (
    "0123456789012345678901234567890",
    "abcdefghijklmnopqrstuvwxyzabcdef",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)
COMMON = (
    "password",
    "passwort",
    "passw0rd",
    "letmein",
    "welcome",
    "willkommen",
    "iloveyou",
    "changeme",
    "football",
    "sunshine",
    "princess",
    "baseball",
    "superman",
    "trustno1",
    "administrator",
    "admin",
    "qwerty",
    "qwertz",
    "dragon",
    "monkey",
    "master",
    "secret",
    "surveyd",
    "correcthorsebatterystaple",
)
"""Words that common passwords of twelve characters are made of, by repeating them or adding digits."""


def check_password(password: str, *, email: str = "") -> None:
    """Raise Refused, saying why, for a password that is short, common, or made of the own address."""
    if len(password) < LEAST:
        raise Refused(f"The password has {len(password)} characters; use at least {LEAST}.")
    if len(password) > MOST:
        raise Refused(f"The password has {len(password)} characters; use at most {MOST}.")
    plain = password.casefold()
    local = email.partition("@")[0].casefold()
    if len(set(plain)) < LEAST_DISTINCT or _is_run(plain) or _is_common(plain):
        raise Refused("The password is one of the common ones; use several words that nobody would guess.")
    if email and (plain == email.casefold() or (len(local) > 2 and _bare(plain) == _bare(local))):
        raise Refused("The password is made of the address; use something that nobody would guess.")


def hash_password(password: str) -> str:
    """What the table keeps of a password: its Argon2id hash with a salt of its own."""
    return PasswordHasher().hash(password)


def fits_password(kept: str | None, given: str) -> bool:
    """Whether `given` is the password whose hash is kept."""
    try:
        return kept is not None and PasswordHasher().verify(kept, given)
    except (VerificationError, InvalidHashError):
        return False


def make_password() -> str:
    """A password that nobody has used before: 120 random bits, 20 characters."""
    return secrets.token_urlsafe(15)


def _is_run(plain: str) -> bool:
    return any(plain in run or plain in run[::-1] for run in RUNS)


def _is_common(plain: str) -> bool:
    rest = _bare(plain)
    for word in sorted(COMMON, key=len, reverse=True):
        rest = rest.replace(word, "")
    return not rest


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())
