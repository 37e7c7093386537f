"""What every answer of the console carries, and what no request may do."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1024 * 1024
"""What a request may bring: a form with all tasks of a departure is smaller."""
_DIGITS = 9

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), serial=(self)",
}
_YEAR = "max-age=31536000"


class Protection:
    """Security headers on every answer; requests that are too large, or that another site's page
    sends, are refused before anybody reads them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guarded = _with_headers(send, scope)
        given = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        if refusal := _refusal(scope, given):
            await refusal(scope, receive, guarded)
            return
        await self.app(scope, _limited(receive), guarded)


def _refusal(scope: Scope, given: Mapping[str, str]) -> PlainTextResponse | None:
    length = given.get("content-length", "0")
    if not length.isdecimal() or int(length[:_DIGITS]) > MOST_BYTES:
        return PlainTextResponse("This is larger than any form of ours: send less.", 413)
    site = given.get("sec-fetch-site", "same-origin")
    if scope["method"] not in ("GET", "HEAD") and site not in ("same-origin", "none"):
        return PlainTextResponse("Another site has sent this, so nothing was done.", 403)
    return None


def _limited(receive: Receive) -> Receive:
    """What a request brings, which ends where it is too much: the page sees a broken connection."""
    left = MOST_BYTES

    async def receive_some() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return receive_some


def _with_headers(send: Send, scope: Scope) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _headers(scope).items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


def _headers(scope: Scope) -> dict[str, Any]:
    """Pages are of one person, and are kept nowhere; what never changes may be."""
    more = {} if scope["path"].startswith("/static/") else {"Cache-Control": "no-store"}
    if scope.get("scheme") == "https":
        more["Strict-Transport-Security"] = _YEAR
    return HEADERS | more
