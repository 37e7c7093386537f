"""Tokens: random, given out once, and kept as a hash."""

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """A token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """As which a token is kept: it is random and long, so one round of a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
