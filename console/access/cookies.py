"""Cookies and form tokens, signed so that nobody makes one of their own."""

import hmac
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeSerializer

from adapters.settings.secret_key import secret_keys

SESSION_COOKIE = "packline_session"
DEVICE_COOKIE = "packline_device"
NOTE_COOKIE = "packline_note"


def sealed(value: object, purpose: str) -> str:
    """A value as a cookie carries it, signed for one purpose."""
    return _serializer(purpose).dumps(value)


def unsealed(cookie: str, purpose: str) -> object | None:
    """The value of a cookie that we have signed; None for any other."""
    try:
        return _serializer(purpose).loads(cookie)
    except BadSignature:
        return None


def form_token(session_token: str) -> str:
    """What every form of a session carries: nobody else's page can know it."""
    return _form_token(session_token, secret_keys()[0])


def is_form_token(given: str, session_token: str) -> bool:
    """Whether a form was made for that session, under this key or a predecessor."""
    known = (_form_token(session_token, key) for key in secret_keys())
    return any(hmac.compare_digest(given.encode(), token.encode()) for token in known)


def _form_token(session_token: str, key: str) -> str:
    return hmac.new(key.encode(), session_token.encode(), sha256).hexdigest()


def _serializer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(secret_keys())), salt=purpose)
