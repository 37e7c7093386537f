"""Every wait has an end: how long a session waits, and how long it may keep others waiting.

Postgres watches over it, so that a process that stands still, or whose machine is gone, costs the
others seconds (docs/decisions/0027). It knows all of this since version 14.
"""

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from adapters.settings import settings

_CONNECT_SECONDS = 10
_UNANSWERED_SECONDS = 30
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""Seconds until a silent peer is asked for, seconds between questions, and how many there are."""

_LONG_WORK_SECONDS = 600


def connection_parameters(url: str) -> dict[str, str]:
    """What libpq is told for each connection beside its address; what that says itself is kept."""
    given = make_url(url).query
    ours = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _UNANSWERED_SECONDS * 1000,
        **_KEEPALIVES,
    }
    options = [_server_options(), *make_url(url).normalized_query.get("options", ())]
    missing = {name: str(value) for name, value in ours.items() if name not in given}
    return missing | {"options": " ".join(options)}


def allow_long_work(connection: Connection) -> None:
    """Let this transaction wait and stand still for minutes: only for what no order waits for."""
    for name in ("lock_timeout", "idle_in_transaction_session_timeout"):
        value = {"name": name, "value": f"{_LONG_WORK_SECONDS}s"}
        connection.execute(text("SELECT set_config(:name, :value, true)"), value)


def _server_options() -> str:
    """What the server does for a session: it ends waits, and sessions that others wait for."""
    given = settings()
    options = {
        "lock_timeout": _milliseconds(given.lock_timeout_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(given.idle_transaction_seconds),
        "tcp_user_timeout": _UNANSWERED_SECONDS * 1000,
        **{f"tcp_{name}": value for name, value in _KEEPALIVES.items()},
    }
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def _milliseconds(seconds: float) -> int:
    return max(int(seconds * 1000), 1)
