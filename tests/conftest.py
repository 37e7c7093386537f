"""What many tests need: a Postgres of their own, a database cloned from a migrated template, a shop
with stock, and the real data that lies beside the project.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlmodel import Session

from adapters.database import embedded as postgres
from adapters.database import schema
from adapters.database import sessions as db
from tests.factories import make_product, make_tariffs
from tests.mailserver import MailServer

pytest_plugins = ["tests.live"]

hypothesis.settings.register_profile(  # how long an example takes is no outcome
    "packline", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("packline")

PROJECT = Path(__file__).parents[1]
_ROOM_BYTES = 2 * 1024**3


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An embedded server for this test session, with the template database `template_packline`."""
    with tempfile.TemporaryDirectory(prefix="packline-test-", dir=_in_memory()) as folder:
        server = postgres.start_embedded(Path(folder) / "postgres")
        url = postgres.url_of(server, "template_packline")
        db.create_database(url)
        _hurry(url)
        with using(url):
            schema.migrate(db.engine())
        yield url
        server.cleanup()


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """The address of a migrated, empty database of the test's own, made current."""
    with clone(postgres_url) as url, using(url):
        yield url


@pytest.fixture(scope="session")
def _scratch(postgres_url: str) -> Iterator[str]:
    """A database for `session`. Not the template: sequences move on although rows are undone."""
    with clone(postgres_url) as url:
        yield url


@pytest.fixture
def session(_scratch: str) -> Iterator[Session]:
    """A session in a transaction that is undone: for single steps."""
    with using(_scratch), db.engine().connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@contextmanager
def clone(template: str) -> Iterator[str]:
    """A database that is like the template, for a while; its address."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(db.sibling_url(template, "postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template_packline STRATEGY file_copy')
        yield db.sibling_url(template, name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class using:  # noqa: N801  (reads as a phrase)
    """Make a database the current one, for a while."""

    def __init__(self, url: str, **settings: str) -> None:
        self.settings = {"PACKLINE_DATABASE_URL": url, "PACKLINE_RETRY_SECONDS": "0.01"} | settings
        self.before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in self.settings}
        os.environ.update(self.settings)
        db.forget()

    def __exit__(self, *_: object) -> None:
        db.forget()
        for name, value in self.before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real SMTP server on a port of its own."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shop(database: str, mail_server: MailServer) -> Iterator[None]:
    """A shop with mugs, plates and a mail server."""
    with using(database, PACKLINE_SMTP_HOST="127.0.0.1", PACKLINE_SMTP_PORT=str(mail_server.port)):
        with db.transaction() as session:
            make_tariffs(session)
            make_product(session, "MUG", stock=10)
            make_product(session, "PLATE", stock=4, weight_grams=500, bin="A-10-1")
        yield


@pytest.fixture
def shared_data() -> Path:
    """Real orders, tariffs and taxes, kept beside the project."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        reason = f"needs the real data in {folder}: put it there, as its README describes"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def _hurry(url: str) -> None:
    """A test's data need not survive the machine."""
    with psycopg.connect(url, autocommit=True) as admin:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")


def _in_memory() -> str | None:
    """Where cloning a database costs milliseconds, on a machine that has the room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM_BYTES
    return str(memory) if roomy and os.access(memory, os.W_OK) else None
