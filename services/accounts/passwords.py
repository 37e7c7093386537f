"""Passwords: what one must be, and how it is kept (argon2id, RFC 9106)."""

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import FieldError

SHORTEST_PASSWORD = 10
"""Characters; NIST SP 800-63B asks for eight at least, and for nothing about their kinds."""
LONGEST_PASSWORD = 200
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4
_hasher = PasswordHasher()
_AT_ONCE = BoundedSemaphore(4)
"""Each takes 64 MiB of memory for as long as it takes."""
_NOBODYS = _hasher.hash(secrets.token_urlsafe())
"""Whoever gives a name that nobody has waits as long as the others."""


class WeakPassword(FieldError):
    """A password that is not taken, in words that follow its field."""

    messages = {
        "password-too-short": "must have at least {characters} characters",
        "password-too-long": "must have at most {characters} characters",
        "password-guessed": "must not be made of your name or of one character: choose another",
        "password-unchanged": "must be another than before",
    }


def generated_password() -> str:
    """A password to be given out once, easy to read aloud: four groups of four, about 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def check_password(password: str, *names: str) -> None:
    """Whether somebody of these names may have it. Raises `WeakPassword`."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword("password-too-short", characters=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise WeakPassword("password-too-long", characters=LONGEST_PASSWORD)
    plain = password.casefold()
    if len(set(plain)) == 1 or any(name and name.casefold() in plain for name in names):
        raise WeakPassword("password-guessed")


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Whether that is the password of which `kept` was made; None: nobody has that name."""
    try:
        with _AT_ONCE:
            right = _hasher.verify(kept or _NOBODYS, password[:LONGEST_PASSWORD])
        return right and kept is not None
    except (VerificationError, InvalidHashError):
        return False
