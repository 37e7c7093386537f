"""Bringing the database's schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

import models.migrations
from domain.errors import PacklineError

_MIGRATING = 7_225_463_01
"""Advisory lock: one process migrates, the others wait."""


class SchemaOutOfDate(PacklineError):
    """The database has another schema than this version of Packline."""

    message = (
        "The database is at schema {current} and this Packline needs {head}:"
        " run `packline up` or `packline migrate` once."
    )

    def __init__(self, current: str | None, head: str | None) -> None:
        super().__init__(current=current or "none", head=head)


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade the schema to `revision`."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        command.upgrade(_config(connection), revision)


def unmigrate(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`; `base` is empty."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def check_schema(engine: Engine) -> None:
    """Raise `SchemaOutOfDate` unless the database has this version's schema."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    if current != head:
        raise SchemaOutOfDate(current, head)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(models.migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config
