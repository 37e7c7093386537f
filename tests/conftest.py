"""What many tests need: a Postgres of their own, an empty database, a shop with stock, and the real
data that lies beside the project.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from sqlmodel import Session
from xdist.scheduler import LoadScopeScheduling

from adapters.database import embedded as postgres
from adapters.database import schema
from adapters.database import sessions as db
from tests.databases import TEMPLATE, Emptied, clone, using
from tests.factories import make_product, make_tariffs
from tests.mailserver import MailServer

pytest_plugins = ["tests.live"]

EXAMPLES = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
"""How long an example takes is no outcome."""
hypothesis.settings.register_profile("packline", **EXAMPLES)
hypothesis.settings.register_profile(  # the same few each time: a rare find holds nobody up
    "packline-quick", **EXAMPLES, max_examples=25, derandomize=True
)
hypothesis.settings.load_profile("packline-quick")

WITH_A_STACK = ("tests/e2e/", "tests/chaos/")
AT_A_SHOP = "tests/services/audit/"
"""Cases that look at shops in which much has happened, and which are dear to make."""
PROJECT = Path(__file__).parents[1]
_ROOM_BYTES = 2 * 1024**3


class StacksTogether(LoadScopeScheduling):
    """Cases are given to the process that is free; those with a whole stack, first of all and all
    to one. They share it, and two at once would be slow. Those that look at one shop are given to
    one process, too.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(WITH_A_STACK):
            return "stack"
        return "shops" if nodeid.startswith(AT_A_SHOP) else nodeid


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> StacksTogether:
    """By folder: xdist's own groups are lost on the way with pytest 9.2, without a word."""
    return StacksTogether(config, log)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An embedded server for this test session, with the template of all databases."""
    with tempfile.TemporaryDirectory(prefix="packline-test-", dir=_in_memory()) as folder:
        server = postgres.start_embedded(Path(folder) / "postgres")
        url = postgres.url_of(server, TEMPLATE)
        db.create_database(url)
        _hurry(url)
        with using(url):
            schema.migrate(db.engine())
        yield url
        server.cleanup()


@pytest.fixture(scope="session")
def _emptied(postgres_url: str) -> Iterator[Emptied]:
    emptied = Emptied(postgres_url)
    yield emptied
    emptied.drop()


@pytest.fixture
def database(_emptied: Emptied) -> Iterator[str]:
    """The address of a database that is as the migrations leave it, made current.

    It is this process's, for all cases one after the other. A case may do with it what it likes,
    also to the schema.
    """
    with using(url := _emptied.url()):
        yield url


@pytest.fixture(scope="session")
def _scratch(postgres_url: str) -> Iterator[str]:
    """A database for `session`. Not the template: sequences move on although rows are undone."""
    with clone(postgres_url, lasts=True) as url:
        yield url


@pytest.fixture
def session(_scratch: str) -> Iterator[Session]:
    """A session in a transaction that is undone: for single steps."""
    with using(_scratch), db.engine().connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture
def mail_server(_mail_server: MailServer) -> MailServer:
    """A real SMTP server on a port of this process's own, which takes everything."""
    _mail_server.start()
    _mail_server.reset()
    return _mail_server


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
    """A test's data need not survive the machine, and its tables are emptied by the next case."""
    with psycopg.connect(url, autocommit=True) as admin:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")


def _in_memory() -> str | None:
    """Where cloning a database costs milliseconds, on a machine that has the room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM_BYTES
    return str(memory) if roomy and os.access(memory, os.W_OK) else None
