"""The one way to the database: `with transaction() as session`."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from adapters.database import embedded as postgres
from adapters.database.conflicts import is_lock_timeout
from adapters.database.timeouts import connection_parameters
from adapters.settings import settings
from domain.errors import Unavailable

EMBEDDED_FOLDER = "postgres"
_OVERFLOW = 4
_engines: dict[tuple[str, int, str], Engine] = {}
"""By address, number of worker threads and timeouts. A statement is compiled once for each."""


class DatabaseAway(Unavailable):
    """Postgres does not answer."""

    message = (
        "Postgres at {url} does not answer ({problem}): start it, or correct PACKLINE_DATABASE_URL."
    )

    def __init__(self, url: str, problem: object) -> None:
        first_line = str(problem).strip().splitlines()[0]
        super().__init__(url=without_password(url), problem=first_line)


class InUse(Unavailable):
    """Another transaction has locked for long what this one needs."""

    message = "Somebody is working on the same thing at this moment: try again in a few seconds."


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
    parameters = connection_parameters(database_url())
    threads = settings().worker_threads
    which = driver_url(database_url()), threads, parameters["options"]
    if which not in _engines:
        _engines[which] = create_engine(
            driver_url(database_url()),
            connect_args=parameters,
            pool_size=threads,
            max_overflow=threads + _OVERFLOW,  # a thread may hold a turn as well
            pool_pre_ping=True,
            hide_parameters=True,  # errors are logged
        )
    return _engines[which]


def most_connections() -> int:
    """So many threads can work with the database at once."""
    return 2 * settings().worker_threads + _OVERFLOW


def connect(url: str | None = None) -> psycopg.Connection:
    """A connection of its own, without transactions: to listen, and for what is no session's.

    Raises `psycopg.OperationalError`.
    """
    return psycopg.connect(_conninfo(url or database_url()), autocommit=True)


async def connect_async() -> psycopg.AsyncConnection:
    """As `connect`, for the worker's event loop."""
    return await psycopg.AsyncConnection.connect(_conninfo(database_url()), autocommit=True)


def _conninfo(url: str) -> str:
    return make_conninfo(url, **connection_parameters(url))


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
    for url, *_ in list(_engines):
        disconnect(url)
    reread()


def disconnect(url: str) -> None:
    """Close this process's connections to a database, whatever settings they were made under."""
    for which in [known for known in _engines if known[0] == driver_url(url)]:
        _engines.pop(which).dispose()
    engine.cache_clear()


def reread() -> None:
    """Read the settings anew, and with them where the database is. Connections stay open, for when
    the settings name the same database again.
    """
    for cached in (engine, database_url, settings):
        cached.cache_clear()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session whose work is committed at the end, or undone by an error.

    Raises `DatabaseAway` when Postgres cannot be reached at all, and `InUse` when what it needs
    stays locked for PACKLINE_LOCK_TIMEOUT_SECONDS.
    """
    with _locks_explained(), Session(engine(), expire_on_commit=False) as session, session.begin():
        try:
            session.connection()
        except OperationalError as problem:
            raise DatabaseAway(database_url(), problem.orig) from problem
        yield session


@contextmanager
def _locks_explained() -> Iterator[None]:
    try:
        yield
    except OperationalError as problem:
        if is_lock_timeout(problem):
            raise InUse from problem
        raise


def create_database(url: str) -> None:
    """Create the database that `url` names, unless it is there. Raises `DatabaseAway`."""
    name = make_url(url).database
    try:
        with connect(sibling_url(url, "postgres")) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not there.fetchone():
                quoted = psycopg.sql.Identifier(name or "")
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(quoted))
    except psycopg.OperationalError as problem:
        raise DatabaseAway(url, problem) from problem
