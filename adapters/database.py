"""The one way to the database: `with transaction() as session`."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlmodel import Session

from adapters import postgres
from adapters.settings import settings
from domain.errors import Unavailable

ORDERS_CHANNEL = "packline_orders"
"""Notified when an order came in or a person answered: the dispatcher wakes."""
RUNS_CHANNEL = "packline_runs"
"""Notified when a flow run was started or resumed: the workers wake."""

EMBEDDED_FOLDER = "postgres"
_OVERFLOW = 4


class DatabaseAway(Unavailable):
    """Postgres does not answer."""

    def __init__(self, url: str, problem: object) -> None:
        reason = str(problem).strip().splitlines()[0]
        super().__init__(
            f"Postgres at {without_password(url)} does not answer ({reason}): start it, or correct"
            " PACKLINE_DATABASE_URL."
        )


class Occupied(Unavailable):
    """Another attempt is at the same thing outside the database."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Another attempt is at {what} now: this one looks again soon.")


@lru_cache(maxsize=1)
def database_url() -> str:
    """Where Packline's database is. Starts our own Postgres when no other is set."""
    if given := settings().database_url:
        return given
    server = postgres.start_embedded(settings().data_folder / EMBEDDED_FOLDER)
    url = postgres.url_of(server, "packline")
    create_database(url)
    return url


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The process's connections: as many as it has worker threads, and a few."""
    return create_engine(
        driver_url(database_url()),
        pool_size=settings().worker_threads,
        max_overflow=settings().worker_threads + _OVERFLOW,  # a thread may hold a turn as well
        pool_pre_ping=True,
    )


def driver_url(url: str) -> str:
    """The same address, spoken through psycopg 3."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def without_password(url: str) -> str:
    """The same address, to be shown."""
    return make_url(url).render_as_string(hide_password=True)


def sibling_url(url: str, database: str) -> str:
    """Another database on the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def forget() -> None:
    """Close all connections and read the settings anew, as after a change of environment."""
    if engine.cache_info().currsize:
        engine().dispose()
    for cached in (engine, database_url, settings):
        cached.cache_clear()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session whose work is committed at the end, or undone by an error.

    Raises `DatabaseAway` when Postgres cannot be reached at all.
    """
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        try:
            session.connection()
        except OperationalError as problem:
            raise DatabaseAway(database_url(), problem.orig) from problem
        yield session


@contextmanager
def exclusive(what: str) -> Iterator["Turn"]:
    """Be the only one at something that is outside the database, without an open transaction.

    Raises `Occupied` while another process is at it. A process that hangs loses its turn when it
    is taken for lost.
    """
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        turn = Turn(connection, what)
        turn.take()
        try:
            yield turn
        finally:
            turn.give_back()


class Turn:
    """The right to be at something, held by a connection."""

    def __init__(self, connection: Connection, what: str) -> None:
        self._connection, self._what = connection, what

    def take(self) -> None:
        """Raises `Occupied`."""
        milliseconds = int(settings().lost_after_seconds * 1000)
        taken = self._connection.scalar(
            text(
                "SELECT pg_try_advisory_lock(hashtextextended(:what, 0)),"
                " set_config('idle_session_timeout', :milliseconds, false)"
            ),
            {"what": self._what, "milliseconds": str(milliseconds)},
        )
        if not taken:
            raise Occupied(self._what)

    def check(self) -> None:
        """The last thing to do before acting. Raises `Occupied` if the turn was lost meanwhile."""
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError as lost:
            raise Occupied(self._what) from lost

    def give_back(self) -> None:
        """A connection that was lost has given its turn back already."""
        with suppress(SQLAlchemyError):
            self._connection.execute(
                text(
                    "SELECT pg_advisory_unlock_all(),"
                    " set_config('idle_session_timeout', '0', false)"
                )
            )


def notify(session: Session, channel: str, payload: str = "") -> None:
    """Wake whoever listens on `channel`, once this transaction commits."""
    session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


def create_database(url: str) -> None:
    """Create the database that `url` names, unless it is there. Raises `DatabaseAway`."""
    name = make_url(url).database
    try:
        with psycopg.connect(sibling_url(url, "postgres"), autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not there.fetchone():
                quoted = psycopg.sql.Identifier(name or "")
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(quoted))
    except psycopg.OperationalError as problem:
        raise DatabaseAway(url, problem) from problem
